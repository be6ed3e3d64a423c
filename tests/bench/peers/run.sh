#!/bin/sh
# run.sh PEER FILE... - builds a peer and runs it. What is missing is said in one line: "missing: why".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${B:-build}/bench.peers
command -v go >/dev/null || { echo "missing: no go here"; exit 0; }
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
peer=$1
shift
(cd "$here" && go build -o "$dir/$peer" "./$peer") 2>"$dir/$peer.log" ||
	{ echo "missing: $(tail -n 1 "$dir/$peer.log")"; exit 0; }
exec "$dir/$peer" "$@"
