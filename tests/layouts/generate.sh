#!/bin/sh
# Writes collectors/gort/layout_table.c anew from the DWARF of the smallest program, built by many Go
# toolchains for amd64 and arm64. Rerun it ("make layouts") when there is a new minor version of Go, or a
# patch that moves a field: add it to the list below, and see what the diff says. Needs a go that may
# download toolchains through its module proxy (GOTOOLCHAIN), and the first time 4 GB of disk and some
# minutes of each core; what was built once comes from Go's cache.
set -eu

cd "$(dirname "$0")/../.."
out=collectors/gort/layout_table.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# Version, and the experiments it is built with ("-": the default ones). Oldest first. The first of a
# minor version stands for all its patches up to the next in the list: so an experiment has to be listed
# with each patch that moves fields, too. Those are, so far, 1.23.4 (workType, wait reasons), 1.23.12 and
# 1.24.6 (m). 1.26.11 and noallocheaders are there since they should move nothing.
builds='
1.19.13 -
1.20.14 -
1.21.13 -
1.22.12 - noallocheaders
1.23.0  -
1.23.4  -
1.23.12 -
1.24.4  - nospinbitmutex
1.24.6  - nospinbitmutex
1.25.12 - greenteagc
1.26.8  - nogreenteagc staticlockranking
1.26.11 - nogreenteagc
1.27.4  - nogreenteagc
'

build() { # VERSION EXPERIMENT ARCH
	name=$work/$1-$2-$3
	echo "go$1 $2 $3" >&2
	GOTOOLCHAIN=go$1 GOEXPERIMENT=${2#-} GOARCH=$3 GOOS=linux CGO_ENABLED=0 GOFLAGS= \
		go build -o "$name" tests/layouts/probe/main.go
	echo "$1 $2 $3 $name" >>"$work/builds"
}

echo "$builds" | while read -r version experiments; do
	for experiment in $experiments; do
		build "$version" "$experiment" amd64
		build "$version" "$experiment" arm64
	done
done

go run tests/layouts/table.go tests/layouts/print.go collectors/gort/layout_fields.h \
	<"$work/builds" >"$work/table.c"
mv "$work/table.c" $out
