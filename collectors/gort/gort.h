/* gort/gort.h - the Go runtime of another process, from outside: attach, fast reads of the
 * scheduler, and sweeps over all goroutines in slices. */
#ifndef GORT_H
#define GORT_H

#include "collectors/gort/locate.h"
#include "core/sample.h"

struct gort;

/* Attaches in steps: image, layout, locations, checks. Nothing else may be asked before gort_attach
 * has returned 0. ignore_symbols: as if stripped. */
struct gort *gort_begin(pid_t pid, bool ignore_symbols);
void gort_close(struct gort *g); /* NULL is fine; at any time */

/* Goes on with it for about budget_ns, and some milliseconds more at most. 1: there is more to do;
 * 0: attached; -errno with a sentence that says what is missing and what would fix it; -EAGAIN: the
 * target is only starting. */
int gort_attach(struct gort *g, uint64_t budget_ns, struct err *e);

/* All of it at once. */
int gort_open(pid_t pid, bool ignore_symbols, struct gort **ret, struct err *e);
const char *gort_provenance(
	const struct gort *g); /* "layout go1.26 exact; 12 of 12 by symbol; checks passed" */

/* The scheduler, Ps, Ms, GC and histograms: below 0.1 ms. Borrowed until the next call.
 * -ESRCH: gone; -EAGAIN: torn, try at the next tick. */
int gort_read_sched(struct gort *g, const struct sched_sample **ret, struct err *e);

/* Run-queue depth of every P alone, for 20 Hz and more: one gather. Fills depth[n]; returns n or
 * -errno. */
int gort_read_queues(struct gort *g, uint16_t *depth, size_t max);

/* Goes on with a sweep for about budget_ns; returns 1 while it is not over, 0 when gort_goroutines
 * is new, -errno. */
int gort_sweep(struct gort *g, uint64_t now_ns, uint64_t budget_ns, struct err *e);
const struct goroutines *gort_goroutines(const struct gort *g); /* of the last whole sweep */

/* Goes on with a scan for breakers and limiters for about budget_ns from now_ns on; 1 while it is
 * not over, 0 when gort_read_objects has new ones, -ENOTSUP: no library that is known is linked in.
 */
int gort_scan_objects(struct gort *g, uint64_t now_ns, uint64_t budget_ns, struct err *e);
/* Those of the last whole scan, read anew. Borrowed until the next call of either; -errno. */
int gort_read_objects(struct gort *g, uint64_t unix_ns, const struct objects_sample **ret);

struct gort_honesty {
	uint64_t goroutines, unknown, torn, bad_pc, cut; /* of the last sweep */
	uint64_t sweep_ns, stacks_read,
		stacks_kept;	      /* CPU time; read anew, and taken from the cache */
	uint64_t scan_ns, scan_bytes; /* of the last scan for objects */
	bool scan_cut;		      /* there was more than it looks through */
};
void gort_honesty(const struct gort *g, struct gort_honesty *ret);

#endif
