/* window.h - how a histogram that only ever grows has grown over the last seconds: an answer to
 * "how long now" from counts that began with the process. */
#ifndef WINDOW_H
#define WINDOW_H

#include "core/sample.h"

enum { WINDOW_SLOTS = 12 };

struct window {
	uint64_t span_ns;	     /* set by the owner; what is older does not count */
	uint64_t t_ns[WINDOW_SLOTS]; /* oldest first */
	uint64_t *counts;	     /* of each slot, HISTOGRAM_BUCKETS_MAX apart */
	uint64_t *grown;	     /* since the oldest slot */
	size_t n;		     /* slots */
	size_t n_buckets;
	uint64_t total, length_ns; /* of grown; length 0: nothing to compare with yet */
	const uint64_t *bound_ns;  /* borrowed until the next push */
};

/* Counts that shrink, or another number of buckets, are those of another process: it starts anew.
 */
void window_push(struct window *w, const struct histogram *h, uint64_t t_ns);
void window_release(struct window *w);

/* The bucket that holds the quantile q (0..1): more than *ret_lo_ns, at most *ret_hi_ns. Both NAN
 * when nothing was counted; *ret_hi_ns is INFINITY in the last bucket. */
void window_quantile(const struct window *w, double q, double *ret_lo_ns, double *ret_hi_ns);

#endif
