#!/usr/bin/env bash
# Makes a release commit and its tag: the version in every file that names it, and the changelog's section.
# Nothing is pushed.
#
#   release.sh VERSION
set -euo pipefail

fail() {
    echo "release: $1" >&2
    exit 1
}

cd "$(dirname "$0")/.."
version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "usage: release.sh VERSION, such as 1.2.3"
old=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
[ "$version" != "$old" ] || fail "Cargo.toml is at $version already"
[ "$(printf '%s\n' "$old" "$version" | sort --version-sort | tail -n 1)" = "$version" ] || fail "$version is older than $old"
[ -z "$(git status --porcelain)" ] || fail "there are uncommitted changes or new files: commit or remove them"
! git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null || fail "the tag v$version exists"
! git grep --quiet --fixed-strings 'OWNER/genesys-iam' -- ':!ci/release.sh' ':!tests' ':!docs/releasing.md' ||
    fail "replace OWNER by the owner of the repository: git grep OWNER/genesys-iam"
# The pages say so until the first one; then they have to say where it is.
! git grep --quiet 'no published release\|no release yet' -- README.md docs ':!docs/releasing.md' ||
    fail "say where to get the release: git grep 'no published release\|no release yet' -- README.md docs"
[ -n "$(awk '/^## \[Unreleased\]/ { on = 1; next } /^## \[/ { on = 0 } on && NF' CHANGELOG.md)" ] ||
    fail "CHANGELOG.md has nothing under [Unreleased]"

dots=${old//./\\.}
sed -i "0,/^version = \"$dots\"/s//version = \"$version\"/" Cargo.toml
# The package's own entry, not that of a dependency of the same version.
sed -i "/^name = \"genesys-iam\"\$/{n;s/^version = \"$dots\"/version = \"$version\"/}" Cargo.lock
mapfile -t pages < <(git grep --files-with-matches "v$dots" -- README.md 'docs/*.md')
sed -i "s/\bv$dots\b/v$version/g" "${pages[@]}"
sed -i "s/^## \[Unreleased\]\$/&\n\n## [$version] - $(date --utc +%F)/" CHANGELOG.md

ci/notes.sh "$version" >/dev/null
for file in Cargo.toml Cargo.lock CHANGELOG.md; do
    ! git diff --quiet -- "$file" || fail "$file did not change (git restore . takes the others back)"
done
git commit --quiet --all --message "Release $version"
git tag --annotate "v$version" --message "genesys-iam $version"
echo "v$version is committed and tagged. Look at it (git show), then: git push origin HEAD v$version"
