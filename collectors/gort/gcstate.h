/* gort/gcstate.h - the collector's numbers as runtime/mgcpacer.go computes them from its state.
 * Pure. */
#ifndef GORT_GCSTATE_H
#define GORT_GCSTATE_H

#include "collectors/gort/layout.h"
#include "core/sample.h"

/* Sets heap_live_bytes, heap_goal_bytes, gomemlimit_bytes and gogc_pct of *ret from a copy of
 * runtime.gcController. */
void gcstate_read(const struct layout *l, const uint8_t *gc, struct sched_sample *ret);

#endif
