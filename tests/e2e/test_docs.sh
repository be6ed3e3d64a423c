#!/bin/sh
# test_docs.sh - the committed man page, field reference and schema are what the program prints (make docs),
# and a package holds what it should. Prints TAP.
set -u
: "${GMPTOP:=build/gmptop}"
n=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

check() {
	n=$((n + 1))
	name=$1
	shift
	if "$@" >"$tmp/why" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$tmp/why" | head -n 20
		failed=1
	fi
}

same() { diff -u "$1" "$2"; }
lists() { # every option of --help stands in the man page
	for o in $("$GMPTOP" --help | grep -o -- '^  --[a-z-]*' | tr -d ' '); do
		grep -qF -- "$(printf '%s' "${o#--}" | sed 's/-/\\-/g')" docs/gmptop.1 || { echo "$o"; return 1; }
	done
}
fits() { [ "$("$GMPTOP" --help | wc -L)" -le 120 ]; }

"$GMPTOP" docs fields >"$tmp/fields.md"
"$GMPTOP" docs schema | python3 -m json.tool --indent 1 >"$tmp/schema.json"
"$GMPTOP" docs man docs/gmptop.1.in >"$tmp/gmptop.1"
check "docs/fields.md is what the tables say" same docs/fields.md "$tmp/fields.md"
check "docs/gmptop.schema.json is what the tables say" same docs/gmptop.schema.json "$tmp/schema.json"
check "docs/gmptop.1 is what the tables say" same docs/gmptop.1 "$tmp/gmptop.1"
check "every option stands in the man page" lists
check "--help fits a wide terminal" fits
check "--version names the program" sh -c "'$GMPTOP' --version | grep -q '^gmptop [0-9]'"
echo "1..$n"
exit $failed
