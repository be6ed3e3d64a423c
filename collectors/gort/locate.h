/* gort/locate.h - the addresses of the runtime's global variables: by symbol, else by the code that
 * refers to them, each candidate judged by what stands there. */
#ifndef GORT_LOCATE_H
#define GORT_LOCATE_H

#include "collectors/gort/image.h"
#include "core/base/arena.h"

enum location {
	LOC_ALLGS,
	LOC_ALLGLEN,
	LOC_ALLGPTR,
	LOC_ALLP,
	LOC_ALLM,
	LOC_SCHED,
	LOC_GOMAXPROCS,
	LOC_GC_CONTROLLER,
	LOC_MEMSTATS,
	LOC_GCPHASE,
	LOC_WAIT_REASONS,
	LOC_MHEAP,
	LOC_COUNT,
};

struct locations {
	uint64_t at[LOC_COUNT];	    /* 0: not found */
	const char *how[LOC_COUNT]; /* "symbol", "code"; NULL */
};

const char *location_name(enum location i); /* "runtime.allgs" */

/* The symbols that image_find_symbols is to look for. */
enum { LOCATION_SYMBOLS = LOC_COUNT + 1 };
size_t location_symbols(const char *ret[LOCATION_SYMBOLS]);

/* A search in steps; borrows all. */
struct locator *locator_new(struct image *im, const struct layout *l,
			    struct remote *r); /* locator_free */
void locator_free(struct locator *s);	       /* NULL is fine */

/* Goes on until about until_ns of clock_mono_ns. 1: there is more to do. 0: *ret is filled.
 * -EAGAIN: it raced with the target, or the target is only starting; the next step tries again.
 * -ENOENT with a sentence that names what is missing, when not even goroutines and Ps can be read.
 * -ESRCH, -EPERM.
 */
int locator_step(struct locator *s, uint64_t until_ns, struct locations *ret, struct err *e);

/* The target's own words for why a goroutine waits, by number, into ret[max]; strings live in the
 * arena. Returns how many there are, of which the last may be foreign; 0: not found, use
 * layout->wait_reasons. */
size_t locate_wait_reasons(struct remote *r, const struct locations *at, struct arena *a,
			   struct str *ret, size_t max);

/* Checks the layout against the process, group by group: a bit for each group that failed is set,
 * so that its values count as unknown. ret_why says what failed first, for a person; "" when
 * nothing. */
enum layout_group {
	CHECK_G = 1,	      /* goroutines */
	CHECK_M = 2,	      /* threads */
	CHECK_P = 4,	      /* processors and their queues */
	CHECK_SCHED = 8,      /* the scheduler's own counts */
	CHECK_GC = 16,	      /* pacer and memory statistics */
	CHECK_HISTOGRAM = 32, /* latencies and pauses */
};
unsigned layout_check(struct image *im, const struct layout *l, struct remote *r,
		      const struct locations *at, char *ret_why, size_t n);

#endif
