#!/bin/sh
# layers.sh - an #include points to its own layer or to a lower one, never up:
#   core/base < core < collectors/parse < collectors < tui;  curses only in tui/term.c.
awk '
function layer(p) {
	if (p ~ /^tui\//) return 4
	if (p ~ /^collectors\/parse\//) return 2
	if (p ~ /^collectors\//) return 3
	if (p ~ /^core\/base\//) return 0
	if (p ~ /^core\//) return 1
	return -1
}
function bad(why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0; fail = 1 }
/^#include <.*curses|^#include <term.h>/ && FILENAME != "tui/term.c" { bad("curses outside tui/term.c") }
/^#include "/ {
	split($0, q, "\"")
	if (layer(q[2]) < 0) bad("not a path from the top")
	if (layer(q[2]) > layer(FILENAME)) bad("include points up")
}
END { exit fail }' $(find core collectors tui -name '*.[ch]')
