#!/bin/sh
# bench.sh - the figures of docs/performance.md: parsers and the reading of memory in process, then the
# program on the demo service, then what reading costs a busy target (some minutes; EFFECT=0 leaves it out).
set -eu
: "${B:=build}"
for b in "$B"/bench/*; do
	case $b in *.*) continue ;; esac
	"$b"
done

log=$(mktemp)
"$B/services/paymentd" -demo -listen 127.0.0.1:0 -for 2m -with-parent $$ >"$log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -f "$log"' EXIT
until url=$(sed -n 's/^paymentd: listening on http:\/\/\([^ ]*\) .*/\1/p' "$log") && [ -n "$url" ]; do sleep 0.1; done

/usr/bin/python3 tests/bench/fleet.py "$B/gmptop" "$B/services/fleet"
/usr/bin/python3 tests/bench/terminal.py "$B/gmptop" "$url"
[ "${EFFECT:-1}" = 0 ] || /usr/bin/python3 tests/bench/effect.py "$B/gmptop" "$B/services/load"
