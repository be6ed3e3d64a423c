/* parse/gotext_line.h - one line of a goroutine text, without its end. Pure; strings point into
 * the line. */
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

/* goroutine 12 gp=0x… m=0 mp=0x… [select (scan), 5 minutes, locked to thread] {k: v}:
 * Go 1.26 has the labels within the brackets: [select labels:{"k": "v"}]. */
bool gotext_header(struct str line, struct gotext_header *ret);

/* "main.(*T).m(0x1, {0x2, …})" or "main.f(...)": the function. False: it is no such line. */
bool gotext_func(struct str line, struct str *ret);

/* Whether it is a name as gotext_func gives them. */
bool gotext_func_plain(struct str func);

/* "created by main.f in goroutine 7": the function. */
bool gotext_creator(struct str line, struct str *ret);

struct gotext_place {
	struct str key; /* file:line, the one way it can be written */
	uint32_t file_len, line;
};

/* "/src/a b.go:12 +0x1d" or "… fp=0x… sp=0x… pc=0x…", after its tab. */
bool gotext_place(struct str text, struct gotext_place *ret);

/* "...137 frames elided..." or "...additional frames elided..." */
bool gotext_elision(struct str line);

/* "goroutine profile: total 12", also of goroutineleak. False: it is no such line. */
bool gotext_profile_head(struct str line, uint64_t *ret_total);

/* "12 @ 0x43d2b6 0x44e5f1": how many, and the rest from the first pc on. */
bool gotext_record(struct str line, uint64_t *ret_count, struct str *ret_pcs);

/* The next of "0x43d2b6 0x44e5f1"; false at the end. */
bool gotext_next_pc(struct str *pcs, uint64_t *ret);

struct gotext_record_frame {
	uint64_t pc;
	struct str func; /* empty: a pc without a name */
	struct gotext_place place;
};

/* "#", tab, "0x45d4a3", tab, "main.f+0x23", tabs, "/src/a.go:12" */
bool gotext_record_frame(struct str line, struct gotext_record_frame *ret);

/* `"k":"v", k2: v2` into labels that live in the arena, sorted by name; at most max of them are
 * written. Returns how many there are, or more than max. */
size_t gotext_labels(struct str text, struct arena *a, struct label *ret, size_t max);

/* How much of a text that starts behind a '{' belongs to it, or -1 when its '}' does not come. */
long gotext_labels_end(struct str text);

#endif
