/* parse/gotext.h - goroutines as Go prints them: debug=2 and the tracebacks of SIGQUIT, panics and
 * fatal errors (runtime/traceback.go, Go 1.17 to 1.27, also with a log's prefix before each line),
 * and the text of debug=1 (runtime/pprof). Fed as it arrives; memory follows distinct stacks, not
 * bytes. Pure: no I/O, no clock. Everything in the text is hostile, and limited.
 *
 * Frames are those that the text shows. Without GOTRACEBACK=system Go hides the runtime's own, so
 * that a group's id is then not that of a profile's group; where frames are left out in the middle
 * of a stack, GOTEXT_ELIDED stands for them. Ages come in whole minutes; those below one are not
 * told. */
#ifndef PARSE_GOTEXT_H
#define PARSE_GOTEXT_H

#include "core/base/err.h"
#include "core/sample.h"

#define GOTEXT_ELIDED "...frames elided..."

enum {
	GOTEXT_LINE_MAX = 64 << 10,  /* a longer line is passed over, as one not understood */
	GOTEXT_STACK_MAX = 512,	     /* frames kept of one stack, leaf first */
	GOTEXT_GROUPS_MAX = 1 << 20, /* distinct stacks and labels */
	GOTEXT_FRAMES_MAX = 4 << 20, /* frames of all groups together */
	GOTEXT_NODES_MAX = 2 << 20,  /* frames that differ in what lies above them */
	GOTEXT_TABLE_MAX = 1 << 20,  /* functions, places and sets of labels, each */
	GOTEXT_TEXT_MAX = 64 << 20,  /* bytes of them */
	GOTEXT_LABELS_MAX = 32,	     /* of one goroutine */
	GOTEXT_KINDS_MAX = 256,	     /* wait reasons; Go has about 50 */
	GOTEXT_PREFIX_MAX = 256,     /* of a log, before each line */
	GOTEXT_BODY_MAX = 64 << 20,  /* where Go itself cuts a body of debug=2 */
	GOTEXT_COUNT_MAX = 1 << 30,  /* goroutines of one record: Go itself cannot have as many */
};

/* headers = goroutines.total + system + repeated */
struct gotext_counts {
	uint64_t headers;  /* goroutines that the text speaks of */
	uint64_t system;   /* the runtime's own, which NumGoroutine does not count; left out */
	uint64_t repeated; /* GOTRACEBACK=crash prints those of other threads again; left out */
	uint64_t mains;	   /* of goroutine 1: more than one means several dumps in one text */
	uint64_t no_stack; /* counted, but no frame is printed: they ran on other threads */
	uint64_t elided;   /* stacks of which frames are left out */
	uint64_t locked, leaked, durable;
	uint64_t not_understood; /* lines within a goroutine */
	uint64_t declared;	 /* what debug=1 says its total is */
	uint64_t bytes;
	bool cut; /* the text ends within a goroutine, or has fewer than declared */
};

struct gotext_state;

/* Zeroed is valid. */
struct gotext {
	struct goroutines goroutines; /* after gotext_end; borrowed until the next begin */
	struct gotext_counts counts;
	struct gotext_state *state; /* private; NULL until the first begin */
};

void gotext_begin(struct gotext *g);
/* -EFBIG: over a limit; -EBADMSG: made to be slow; the line says which. After a failure only
 * gotext_begin and gotext_release are allowed. */
int gotext_feed(struct gotext *g, const char *data, size_t n, struct err *e);
/* -EBADMSG: there is no goroutine in it. */
int gotext_end(struct gotext *g, struct err *e);
void gotext_release(struct gotext *g);

/* Whether a text that begins so is worth feeding: a goroutine's header, or the head of debug=1. */
bool gotext_looks_like(const char *data, size_t n);

#endif
