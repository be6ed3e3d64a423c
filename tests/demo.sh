#!/bin/sh
# demo.sh GMPTOP PAYMENTD - starts the demo service, shows gmptop on it, and stops it again. Without a
# terminal it prints the screens as text.
set -eu
gmptop=$1 paymentd=$2
log=$(mktemp)
pid=
finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A port of its own choice; it ends with this script even if that is killed.
"$paymentd" -demo -listen 127.0.0.1:0 -with-parent $$ >"$log" 2>&1 &
pid=$!
i=0
until url=$(sed -n 's/^paymentd: listening on \(http[^ ]*\) .*/\1/p' "$log") && [ -n "$url" ]; do
	i=$((i + 1))
	if [ $i -gt 100 ] || ! kill -0 "$pid" 2>/dev/null; then
		echo "demo: the service did not start:" >&2
		cat "$log" >&2
		exit 1
	fi
	sleep 0.1
done

if [ -t 0 ] && [ -t 1 ]; then
	"$gmptop" "${url#http://}"
	exit
fi
# Enough samples for the leak to be seen; then one screen after the other, of the same look.
"$gmptop" --dump --count 32 --interval 500ms --keys 1 --keys 2 --keys 4 --keys 5 "${url#http://}"
