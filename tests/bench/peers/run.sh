#!/bin/sh
# run.sh PEER FILE... - builds a peer and runs it. What is missing is said in one line: "missing: why".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${B:-build}/bench.peers
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
peer=$1
shift
missing() { echo "missing: $*"; exit 0; }
build_go() { cd "$here/$peer" && go build -o "$dir/$peer" .; }
build_cc() {
	mkdir -p "$dir/$peer.pb" &&
		protoc -I "$here/$peer" --cpp_out="$dir/$peer.pb" "$here/$peer/metrics.proto" &&
		c++ -O2 -I "$dir/$peer.pb" -o "$dir/$peer" "$here/$peer/main.cc" "$dir/$peer.pb/metrics.pb.cc" -lprotobuf -lpthread
}
if [ -e "$here/$peer/main.cc" ]; then
	command -v protoc >/dev/null || missing "no protoc here (protobuf-compiler, libprotobuf-dev)"
	(build_cc) 2>"$dir/$peer.log" || missing "$(tail -n 1 "$dir/$peer.log")"
else
	command -v go >/dev/null || missing "no go here"
	(build_go) 2>"$dir/$peer.log" || missing "$(tail -n 1 "$dir/$peer.log")"
fi
exec "$dir/$peer" "$@"
