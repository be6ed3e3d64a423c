/* gort/gview.h - one goroutine's structure (runtime/runtime2.go, type g) in a copy of its bytes,
 * and whether what stands there can be believed. Pure. */
#ifndef GORT_GVIEW_H
#define GORT_GVIEW_H

#include "collectors/gort/layout.h"

enum gstatus {
	G_IDLE,
	G_RUNNABLE,
	G_RUNNING,
	G_SYSCALL,
	G_WAITING,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_PREEMPTED,
	G_LEAKED,     /* since 1.26: waits for ever, says the collector */
	G_DEAD_EXTRA, /* since 1.26 */
};

struct gview {
	uint64_t goid, stack_lo, stack_hi;
	uint64_t sp, pc, lr; /* where it left off: by the system call, else by the scheduler */
	uint64_t waitsince, m;
	uint8_t status; /* enum gstatus, without the collector's scan bit */
	uint8_t reason, seq;
	bool bad; /* this cannot be, so it was read while it changed */
};

/* What is asked only of a goroutine that has changed. */
struct gview_origin {
	uint64_t gopc, startpc, labels;
};

/* How many bytes from the structure's start are needed. */
uint32_t gview_span(const struct layout *l);

void gview_read(const struct layout *l, const uint8_t *g, struct gview *ret);
void gview_origin(const struct layout *l, const uint8_t *g, struct gview_origin *ret);

/* It left off somewhere: sp and pc tell where. */
static inline bool gview_stopped(const struct gview *v)
{
	return v->status != G_RUNNING && v->status != G_COPYSTACK;
}

static inline bool gview_alive(const struct gview *v)
{
	return v->status != G_IDLE && v->status != G_DEAD && v->status != G_DEAD_EXTRA;
}

/* It has not run between two readings, as far as that can be seen: trackingSeq counts how often a
 * goroutine stopped running, modulo 256. */
bool gview_same(const struct gview *a, const struct gview *b);

#endif
