#!/bin/sh
# run.sh - every test: the unit tests (cmocka), then the end-to-end scripts. Each prints TAP; this adds
# up. Last line: N passed, N failed, N skipped.
set -u
: "${B:=build}"
passed=0 failed=0 skipped=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Runs one test program and counts its TAP lines.
run() {
	name=$1
	shift
	"$@" >"$out" 2>&1
	count "$name" $? "$out"
}

# What a program printed that ended with rc; one that dies, or that runs no test, failed.
count() {
	name=$1 rc=$2 out=$3
	ok=$(grep -c '^ok ' "$out")
	skip=$(grep -ciE '^(not )?ok .*# skip' "$out") # cmocka says "not ok"
	bad=$(grep '^not ok ' "$out" | grep -vci '# skip')
	ok=$((ok + $(grep -ci '^not ok .*# skip' "$out")))
	if [ "$bad" = 0 ] && { [ $rc -ne 0 ] || [ "$ok" = 0 ]; }; then
		bad=1
		echo "not ok - $name ended with $rc" >>"$out"
	fi
	passed=$((passed + ok - skip))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
	grep -iE '^(not )?ok .*# skip' "$out"
	if [ "$bad" != 0 ]; then
		echo "--- $name"
		grep -v '^ok ' "$out" | head -n 200
	fi
	printf '%-28s %d passed, %d failed, %d skipped\n' "$name" $((ok - skip)) "$bad" "$skip"
}

# Unit tests two at a time: they wait for nobody.
ls "$B"/unit | grep -v '[.]' | CMOCKA_MESSAGE_OUTPUT=TAP xargs -P 2 -I{} sh -c \
	'"$1/unit/$2" >"$3/$2" 2>&1; echo $? >"$3/$2.rc"' sh "$B" {} "$dir"
for t in "$dir"/*.rc; do
	name=$(basename "$t" .rc)
	count "$name" "$(cat "$t")" "$dir/$name"
done
out=$dir/e2e
if [ -z "${UNIT_ONLY:-}" ]; then
	for t in tests/e2e/test_*.py tests/e2e/test_*.sh; do
		case $t in
		*'*'*) ;;
		*.py) run "$(basename "$t" .py)" env B="$B" GMPTOP="$B/gmptop" /usr/bin/python3 "$t" ;;
		*.sh) run "$(basename "$t" .sh)" env B="$B" GMPTOP="$B/gmptop" sh "$t" ;;
		esac
	done
fi
echo "$passed passed, $failed failed, $skipped skipped" | tee "$B/summary"
[ "$failed" = 0 ]
