/* gort/ages.h - since when a goroutine has been blocked for sure, by the garbage collector's notes.
 * A collection writes into g.waitsince of each goroutine that it finds blocked when the one before
 * it ended (runtime/mgcmark.go, markroot: work.tstart): that may be before the wait began. The end
 * of the collection that wrote it is after. Pure. */
#ifndef GORT_AGES_H
#define GORT_AGES_H

#include <stddef.h>
#include <stdint.h>

#include "collectors/gort/layout.h"

enum { AGES_ENDS = 256 }; /* as runtime.mstats.pause_end */

struct ages {
	uint64_t end_unix_ns[AGES_ENDS]; /* ascending */
	size_t n;
	uint64_t ours_ns,
		target_ns; /* wall clock less monotonic clock: here, and there at its end */
	uint64_t last_waitsince, last_since;
};

/* From a copy of runtime.mstats. our_unix_less_mono: our wall clock less our monotonic clock; when
 * it is another than the target's at its last collection, a clock was set and nothing is sure. */
void ages_read(struct ages *a, const struct layout *l, const uint8_t *mstats,
	       uint64_t our_unix_less_mono_ns);

/* A time of our monotonic clock at which it was blocked already; 0: not known. */
uint64_t ages_since(struct ages *a, uint64_t waitsince);

#endif
