#!/usr/bin/env bash
# Puts genesys-iam on the PATH: the release of this very source where there is one for this machine, or built from it.
#
#   REPOSITORY_URL      where the action comes from: https://github.com/owner/genesys-iam
#   RELEASE_REF         the tag, branch or commit that the workflow names
#   RELEASE_REPOSITORY  owner/name, and GH_TOKEN for gh: the attestation is verified too
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
# A folder of our own making: one that exists in a shared place may hold somebody else's binary.
folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/genesys-iam.XXXXXXXX")
binary=genesys-iam

# As the release workflow names its archives; empty where there is none for this machine.
target() {
    case "$(uname -sm)" in
        "Linux x86_64") echo x86_64-unknown-linux-musl ;;
        "Linux aarch64" | "Linux arm64") echo aarch64-unknown-linux-musl ;;
        "Darwin arm64") echo aarch64-apple-darwin ;;
        "Darwin x86_64") echo x86_64-apple-darwin ;;
        MINGW*x86_64 | MSYS*x86_64) echo x86_64-pc-windows-msvc ;;
    esac
}

# The tag of the release that was built from the commit that the workflow names. A workflow may name a tag, a branch or,
# as GitHub advises, a commit; only a commit that is the release's own has its binary.
release() {
    local version tag wanted of_tag refs
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source/Cargo.toml" | sed -n 1p)
    tag=v$version
    refs=$(git ls-remote "$REPOSITORY_URL" "refs/tags/$tag" "refs/tags/$tag^{}" "refs/tags/$RELEASE_REF" \
        "refs/tags/$RELEASE_REF^{}" "refs/heads/$RELEASE_REF" 2>/dev/null) || return 0
    # An annotated tag's commit is in the line that ends in ^{}, and that comes last.
    commit_of() { awk -v ref="$1" '$2 == ref || $2 == ref "^{}" { commit = $1 } END { print commit }' <<<"$refs"; }
    of_tag=$(commit_of "refs/tags/$tag")
    if [[ "$RELEASE_REF" =~ ^[0-9a-f]{40}$ ]]; then
        wanted=$RELEASE_REF
    else
        wanted=$(commit_of "refs/tags/$RELEASE_REF")
        if [ -z "$wanted" ]; then wanted=$(commit_of "refs/heads/$RELEASE_REF"); fi
    fi
    if [ -n "$of_tag" ] && [ "$of_tag" = "$wanted" ]; then echo "$tag"; fi
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

download() {
    curl --fail --silent --show-error --location --retry 3 "$1" --output "$2"
}

tag=
target=$(target)
if [ -n "$target" ] && [ -n "${REPOSITORY_URL:-}" ] && [ -n "${RELEASE_REF:-}" ]; then tag=$(release); fi
archive=${REPOSITORY_URL:-}/releases/download/$tag/genesys-iam-$target.tar.gz
if [ -n "$tag" ] && download "$archive" "$folder/archive.tar.gz"; then
    # The checksum guards against a broken download only: it comes from where the archive comes from. Where `gh` has a
    # token, the attestation says which workflow of which repository built it.
    download "$archive.sha256" "$folder/archive.sha256"
    if [ "$(cut -d ' ' -f 1 "$folder/archive.sha256")" != "$(sha256 "$folder/archive.tar.gz")" ]; then
        echo "the download of $archive is broken: its checksum is another" >&2
        exit 1
    fi
    if [ -n "${RELEASE_REPOSITORY:-}" ] && [ -n "${GH_TOKEN:-}" ]; then
        gh attestation verify "$folder/archive.tar.gz" --repo "$RELEASE_REPOSITORY" >/dev/null
    fi
    if [ "$target" = x86_64-pc-windows-msvc ]; then binary=genesys-iam.exe; fi
    tar -xzf "$folder/archive.tar.gz" -C "$folder" "$binary"
else
    cargo install --locked --path "$source" --root "$folder"
    if [ -e "$folder/bin/genesys-iam.exe" ]; then binary=genesys-iam.exe; fi
    mv "$folder/bin/$binary" "$folder/$binary"
fi
echo "$folder" >>"${GITHUB_PATH:-/dev/null}"
"$folder/$binary" --version
