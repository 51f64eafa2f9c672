#!/usr/bin/env bash
# Puts genesys-iam on the PATH: the release of this version where there is one, or built from this source.
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
folder=${RUNNER_TEMP:-/tmp}/genesys-iam
mkdir -p "$folder"
# The archive is for one kind of machine.
if [ "$(uname -sm)" = "Linux x86_64" ] && [ -n "${RELEASE_URL:-}" ] && curl --fail --silent --show-error --location "$RELEASE_URL" --output "$folder/archive.tar.gz"; then
    curl --fail --silent --show-error --location "$RELEASE_URL.sha256" --output "$folder/archive.sha256"
    echo "$(cut -d ' ' -f 1 "$folder/archive.sha256")  $folder/archive.tar.gz" | sha256sum --check --quiet
    tar --extract --gzip --file "$folder/archive.tar.gz" --directory "$folder" genesys-iam
else
    cargo install --locked --path "$source" --root "$folder"
    mv "$folder/bin/genesys-iam" "$folder/genesys-iam"
fi
echo "$folder" >>"${GITHUB_PATH:-/dev/null}"
"$folder/genesys-iam" --version
