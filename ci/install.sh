#!/usr/bin/env bash
# Puts genesys-iam on the PATH: the release of this version where there is one, or built from this source.
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
# A folder of our own making: one that exists in a shared place may hold somebody else's binary.
folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/genesys-iam.XXXXXXXX")
# The archive is for one kind of machine.
if [ "$(uname -sm)" = "Linux x86_64" ] && [ -n "${RELEASE_URL:-}" ] && curl --fail --silent --show-error --location "$RELEASE_URL" --output "$folder/archive.tar.gz"; then
    # The checksum guards against a broken download only: it comes from where the archive comes from. Where `gh` has a
    # token, the attestation says which workflow of which repository built it.
    curl --fail --silent --show-error --location "$RELEASE_URL.sha256" --output "$folder/archive.sha256"
    echo "$(cut -d ' ' -f 1 "$folder/archive.sha256")  $folder/archive.tar.gz" | sha256sum --check --quiet
    if [ -n "${RELEASE_REPOSITORY:-}" ] && [ -n "${GH_TOKEN:-}" ]; then
        gh attestation verify "$folder/archive.tar.gz" --repo "$RELEASE_REPOSITORY" >/dev/null
    fi
    tar --extract --gzip --file "$folder/archive.tar.gz" --directory "$folder" genesys-iam
else
    cargo install --locked --path "$source" --root "$folder"
    mv "$folder/bin/genesys-iam" "$folder/genesys-iam"
fi
echo "$folder" >>"${GITHUB_PATH:-/dev/null}"
"$folder/genesys-iam" --version
