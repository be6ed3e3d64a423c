/* gort/histogram.h - runtime.timeHistogram (runtime/histogram.go): durations in buckets of ever
 * larger width. Go 1.19: 45 doublings of 16 from 1 ns on; since 1.20 40 of 4 from 64 ns on, and
 * what is beyond. Negative durations, which only a broken clock makes, are left out. Pure. */
#ifndef GORT_HISTOGRAM_H
#define GORT_HISTOGRAM_H

#include "collectors/gort/layout.h"
#include "core/sample.h"

struct time_buckets {
	uint64_t bound_ns[HISTOGRAM_BUCKETS_MAX + 1];
	size_t n; /* 0: this layout is not understood */
};

void time_buckets_init(struct time_buckets *b, const struct layout *l);

/* From a copy of a timeHistogram into count, which has room for b->n. */
void histogram_read(const struct time_buckets *b, const struct layout *l, const uint8_t *from,
		    uint64_t *count, struct histogram *ret);

#endif
