#!/bin/sh
# lint.sh - format, direction of includes, forbidden functions, static analysis.
set -eu
sh tests/deps.sh all
sources=$(find core collectors tui -name '*.c' | sort)
headers=$(find core collectors tui -name '*.h' | sort)
fail=0
say() { echo "lint: $*" >&2; fail=1; }

sh tests/layers.sh || say "layers"
clang-format --dry-run --Werror $sources $headers $(find tests -name '*.c') || say "clang-format"
# Text reaches a screen through draw.c and standard output through out.c; these calls would go around them.
if grep -nE '\b(strcpy|strcat|sprintf|vsprintf|atoi|atof|strtok|gets|system|popen|printw|addstr)\(' $sources; then
	say "a function that is not used here"
fi
if grep -nE '(TODO|FIXME|XXX)' $sources $headers | grep -vE '(TODO|FIXME|XXX)\(#[0-9]+\)'; then
	say "a note without an issue number"
fi
if grep -nE 'newline-at-end|\s+$' $sources $headers; then say "blanks at a line's end"; fi
cppcheck -q -j 2 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE -I. core collectors tui || say "cppcheck"
printf '%s\n' $sources | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -DVERSION=\"lint\" -I. 2>/dev/null' sh ||
	say "clang-tidy"
exit $fail
