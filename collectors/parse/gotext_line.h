/* parse/gotext_line.h - one line of a goroutine text. Pure; strings point into the line. */
#ifndef PARSE_GOTEXT_LINE_H
#define PARSE_GOTEXT_LINE_H

#include "core/base/arena.h"
#include "core/sample.h"

struct gotext_header {
	uint64_t goid;
	struct str state; /* "chan receive (nil chan)"; without the marks below */
	uint64_t minutes; /* blocked for at least; 0: not told */
	bool locked, leaked, durable, scan;
	struct str labels; /* what stands between its braces; empty: none */
};

/* "goroutine 12 gp=0x… m=0 mp=0x… [select, 5 minutes, locked to thread] {k: v}:" */
bool gotext_header(struct str line, struct gotext_header *ret);

/* Where in the line a header begins, when something stands before it (a log's prefix); -1: nowhere.
 */
long gotext_find_header(struct str line);

/* "main.(*T).m(0x1, {0x2, …})" or "main.f(...)": the function. False: it is no such line. */
bool gotext_func(struct str line, struct str *ret);

/* "created by main.f in goroutine 7": the function. */
bool gotext_creator(struct str line, struct str *ret);

/* A tab, "/src/a b.go:12 +0x1d" or "… fp=0x… sp=0x… pc=0x…". */
bool gotext_place(struct str line, struct str *ret_file, uint32_t *ret_line);

/* "#", tab, "0x45d4a3", tab, "main.f+0x23", tabs, "/src/a.go:12": a frame of debug=1. */
bool gotext_profile_frame(struct str line, struct frame *ret);

/* `"k":"v", k2: v2` into labels that live in the arena, sorted by name. How many, at most max. */
size_t gotext_labels(struct str text, struct arena *a, struct label *ret, size_t max);

#endif
