#!/bin/sh
# deb.sh - the program as a Debian package in the top folder; dependencies from the libraries it links.
set -eu
: "${B:=build}" "${VERSION:?}"
command -v dpkg-shlibdeps >/dev/null || {
	echo "deb: dpkg-shlibdeps: not found (apt-get install dpkg-dev)" >&2
	exit 1
}
root=$B/deb
rm -rf "$root" "$B/shlibs"
mkdir -p "$root/DEBIAN" "$B/shlibs/debian"
touch "$B/shlibs/debian/control"
make --no-print-directory install DESTDIR="$root" PREFIX=/usr >/dev/null
sed -i 's|/usr/local/bin|/usr/bin|' "$root/usr/lib/systemd/system/gmptop@.service"
gzip -9nf "$root/usr/share/man/man1/gmptop.1"
strip "$root/usr/bin/gmptop"
depends=$(cd "$B/shlibs" && dpkg-shlibdeps -O "../deb/usr/bin/gmptop" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
arch=$(dpkg --print-architecture)
cat >"$root/DEBIAN/control" <<CONTROL
Package: gmptop
Version: $VERSION
Architecture: $arch
Maintainer: gmptop authors <gmptop@example.com>
Section: admin
Priority: optional
Depends: $depends
Description: terminal dashboard for live Go services
 Goroutine-leak suspects, circuit breakers, rate limiters, requests, heap and
 collector of Go services, live, without set-up in the service.
CONTROL
dpkg-deb --build --root-owner-group "$root" "gmptop_${VERSION}_$arch.deb"
