#!/usr/bin/env bash
# Makes a Debian package of a binary: with manual pages, completions for bash, zsh and fish, and the docs.
#
#   deb.sh BINARY FOLDER    writes FOLDER/genesys-iam_VERSION_ARCHITECTURE.deb, and prints its path
#   COMPRESSION             a faster one than the default of dpkg-deb, for a debug build
set -euo pipefail

binary=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
architecture=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
share=$root/usr/share
doc=$share/doc/genesys-iam
maintainer="The genesys-iam authors <genesys-iam@example.com>"

install -D --mode 755 "$binary" "$root/usr/bin/genesys-iam"
strip --strip-unneeded "$root/usr/bin/genesys-iam"
"$binary" --quiet man "$share/man/man1"
install -d "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
"$binary" completions bash >"$share/bash-completion/completions/genesys-iam"
"$binary" completions zsh >"$share/zsh/vendor-completions/_genesys-iam"
"$binary" completions fish >"$share/fish/vendor_completions.d/genesys-iam.fish"
install -D --mode 644 --target-directory "$doc" README.md SECURITY.md
install -D --mode 644 --target-directory "$doc/docs" docs/*.md docs/*.schema.json
install -D --mode 644 --target-directory "$doc/examples" examples/genesys.toml
install -D --mode 644 CHANGELOG.md "$doc/changelog"
date=$(git log -1 --format=%cD 2>/dev/null || date --rfc-email --reference CHANGELOG.md)
cat >"$doc/changelog.Debian" <<CHANGELOG
genesys-iam ($version-1) unstable; urgency=medium

  * Release $version: see changelog.gz.

 -- $maintainer  $date
CHANGELOG
cat >"$doc/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: genesys-iam

Files: *
Copyright: $(sed -n 's/^Copyright (c) //p' LICENSE-MIT)
License: Apache-2.0 or Expat

License: Apache-2.0
 On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0.

License: Expat
$(sed '/^Copyright/d; s/^$/./; s/^/ /' LICENSE-MIT)
COPYRIGHT
gzip --best --no-name "$doc/changelog" "$doc/changelog.Debian" "$share"/man/man1/*.1
# mktemp's folder is private, and a umask may be too.
find "$root" -type d -exec chmod 755 {} +
find "$share" -type f -exec chmod 644 {} +

# The libraries that the binary is linked with; a static one has none.
depends=
if glibc=$(objdump --private-headers "$root/usr/bin/genesys-iam" | grep -o 'GLIBC_[0-9.]*' | sort --version-sort | tail -n 1) && [ -n "$glibc" ]; then
    depends="Depends: libc6 (>= ${glibc#GLIBC_}), libgcc-s1"
fi
install -d "$root/DEBIAN"
sed '/^$/d' >"$root/DEBIAN/control" <<CONTROL
Package: genesys-iam
Version: $version-1
Architecture: $architecture
Maintainer: $maintainer
Section: admin
Priority: optional
Installed-Size: $(du --summarize --apparent-size --block-size 1024 "$root/usr" | cut -f 1)
$depends
Description: connect Genesys Cloud to AWS Lambda
 Keeps the IAM role of Genesys Cloud's Lambda data actions, and the
 integration in Genesys Cloud, in a checked-in file: shows what would change,
 applies it, and checks that Genesys Cloud, and no one else, can invoke the
 function.
CONTROL
(cd "$root" && find usr -type f -print0 | sort --zero-terminated | xargs --null md5sum) >"$root/DEBIAN/md5sums"
package=$folder/genesys-iam_$version-1_$architecture.deb
dpkg-deb --root-owner-group ${COMPRESSION:+"-Z$COMPRESSION" -z1} --build "$root" "$package" >/dev/null
echo "$package"
