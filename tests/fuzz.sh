#!/bin/sh
# fuzz.sh FUZZER - one libFuzzer target for FUZZ_SECONDS, seeded from the fixtures of its name.
set -eu
name=$(basename "$1")
corpus=$1.corpus
mkdir -p "$corpus"
seeds=
for d in "tests/fixtures/$name" "tests/fuzz/corpus/$name"; do
	[ -d "$d" ] && seeds="$seeds $d"
done
log=$1.log
if "$1" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$1." "$corpus" $seeds >"$log" 2>&1; then
	printf '%-12s %s runs, nothing found\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
else
	tail -n 40 "$log"
	exit 1
fi
