#!/bin/sh
# deps.sh build|test|all - installs what is missing for building, for testing, or for everything that
# .ci/run does; from Debian bookworm. SUDO is what to run apt-get with; empty for nothing.
set -eu

build="gcc libc6-dev make pkg-config libncurses-dev libcurl4-openssl-dev libcjson-dev libelf-dev libdw-dev zlib1g-dev
	libdeflate-dev libunistring-dev ca-certificates"
test="libcmocka-dev strace tmux python3 python3-jsonschema git procps"
check="clang clang-tidy clang-format cppcheck libclang-rt-14-dev"

case ${1:-all} in
build) want=$build ;;
test) want="$build $test" ;;
*) want="$build $test $check" ;;
esac

have() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

missing=
for p in $want; do
	have "$p" || missing="$missing $p"
done
command -v go >/dev/null || missing="$missing golang-go"
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || {
	echo "deps: apt-get: not found (install by hand:$missing)" >&2
	exit 1
}
if [ "$(id -u)" != 0 ] && [ -z "${SUDO:-}" ]; then
	echo "deps: neither root nor SUDO (install by hand:$missing)" >&2
	exit 1
fi
echo "deps: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { ${SUDO:-} env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >"$log" 2>&1; }
# The package lists may be old or empty: they are fetched when the first try fails.
apt install -y --no-install-recommends $missing ||
	{ apt update && apt install -y --no-install-recommends $missing; } || {
	tail -n 20 "$log" >&2
	echo "deps: apt-get could not install:$missing" >&2
	exit 1
}
