/* gort/locate.h - the addresses of the runtime's global variables: by symbol, else by the code that
 * refers to them, each candidate judged by what stands there. */
#ifndef GORT_LOCATE_H
#define GORT_LOCATE_H

#include "collectors/gort/image.h"

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
	uint64_t at[LOC_COUNT];       /* 0: not found */
	const char *how[LOC_COUNT];   /* "symbol", "code"; NULL */
};

/* May have to be tried again when it raced with the target: -EAGAIN. -ENOENT with a sentence that names
 * what is missing, when not even goroutines and Ps can be read. */
int locate(struct image *im, const struct layout *l, struct remote *r, struct locations *ret, struct err *e);

/* Checks the layout against the process, group by group (G, M, P, sched, GC, histograms): a bit for each
 * group that failed is set, so that its values count as unknown. Field groups as in check.c. */
enum layout_group { CHECK_G = 1, CHECK_M = 2, CHECK_P = 4, CHECK_SCHED = 8, CHECK_GC = 16, CHECK_HISTOGRAM = 32 };
unsigned layout_check(struct image *im, const struct layout *l, struct remote *r, const struct locations *at,
		      char *ret_why, size_t n);

#endif
