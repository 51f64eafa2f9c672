#!/usr/bin/env bash
# Prints the Homebrew formula of a release, from the checksums of its archives.
#
#   formula.sh VERSION FOLDER    FOLDER has genesys-iam-TARGET.tar.gz.sha256 of each target
set -euo pipefail

version=$1
folder=$2
url=https://github.com/OWNER/genesys-iam/releases/download/v$version

archive() {
    local name=genesys-iam-$1.tar.gz
    printf 'url "%s/%s"\n      sha256 "%s"' "$url" "$name" "$(cut -d ' ' -f 1 "$folder/$name.sha256")"
}

cat <<FORMULA
class GenesysIam < Formula
  desc "Connect Genesys Cloud to AWS Lambda from a checked-in file"
  homepage "https://github.com/OWNER/genesys-iam"
  version "$version"
  license any_of: ["Apache-2.0", "MIT"]

  on_macos do
    on_arm do
      $(archive aarch64-apple-darwin)
    end
    on_intel do
      $(archive x86_64-apple-darwin)
    end
  end
  on_linux do
    on_arm do
      $(archive aarch64-unknown-linux-musl)
    end
    on_intel do
      $(archive x86_64-unknown-linux-musl)
    end
  end

  def install
    bin.install "genesys-iam"
    system bin/"genesys-iam", "--quiet", "man", man1
    generate_completions_from_executable(bin/"genesys-iam", "completions")
  end

  test do
    assert_match "no fault", shell_output("#{bin}/genesys-iam --sandbox apply --yes")
  end
end
FORMULA
