/* parse/gotext.h - goroutines as Go prints them: debug=2 and the tracebacks of SIGQUIT, panics and
 * fatal errors (runtime/traceback.go, Go 1.17 to 1.27), and the text of debug=1 (runtime/pprof).
 * Fed as it arrives; memory follows distinct stacks, not bytes. Pure: no I/O, no clock.
 *
 * debug=1 tells no state, which is then read off the leaf or "unknown".
 * debug=2 hides most frames of the runtime, so a group's id is not that of a profile's group; ages
 * come in whole minutes, and those below one are not told. */
#ifndef PARSE_GOTEXT_H
#define PARSE_GOTEXT_H

#include "core/base/arena.h"
#include "core/sample.h"

enum {
	GOTEXT_LINE_MAX = 64 << 10, /* of a longer line the rest is not looked at */
	GOTEXT_FRAMES_MAX = 512,    /* of one stack: Go elides beyond 100 */
	GOTEXT_GROUPS_MAX = 200000,
	GOTEXT_LABELS_MAX = 64, /* of one goroutine */
};

struct gotext_counts {
	uint64_t headers;  /* goroutines that the text speaks of, also those left out below */
	uint64_t system;   /* the runtime's own, which NumGoroutine does not count; left out */
	uint64_t no_stack; /* running on other threads: counted, but no frame is printed */
	uint64_t elided;   /* stacks whose middle is not printed */
	uint64_t locked, leaked, durable;
	uint64_t not_understood; /* lines within a goroutine */
	bool cut;		 /* the text ends within a goroutine */
};

struct gotext_state;

struct gotext {
	struct goroutines goroutines; /* after gotext_end; borrowed until the next begin */
	struct gotext_counts counts;
	struct gotext_state *state;
};

void gotext_begin(struct gotext *g); /* a zeroed one, or one that was used before */
/* -E2BIG with a sentence: more distinct stacks than are looked at. */
int gotext_feed(struct gotext *g, const char *data, size_t n, struct err *e);
/* -EBADMSG with a sentence: there is no goroutine in it. */
int gotext_end(struct gotext *g, struct err *e);
void gotext_release(struct gotext *g);

/* Whether a text that begins so is worth feeding: a goroutine's header, or the head of debug=1. */
bool gotext_looks_like(const char *data, size_t n);

#endif
