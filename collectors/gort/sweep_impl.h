/* gort/sweep_impl.h - shared by sweep.c (which goroutines, when) and settle.c (what one of them is
 * doing). */
#ifndef GORT_SWEEP_IMPL_H
#define GORT_SWEEP_IMPL_H

#include "collectors/gort/ages.h"
#include "collectors/gort/cells.h"
#include "collectors/gort/gview.h"
#include "collectors/gort/slots.h"
#include "collectors/gort/sweep.h"
#include "collectors/gort/unwind.h"

enum {
	BATCH_GS = 256,
	BATCH_NEW_GS = 64,   /* while most are new, of which each may take 20 us */
	WINDOW_BYTES = 2048, /* of a stack: whole for most, and one page to pin */
};

/* A goroutine that is looked at anew. */
struct fresh {
	struct slot *slot;
	uint32_t at; /* of its structure in batch.a and batch.b */
	struct gview view;
};

struct batch {
	size_t max; /* goroutines of the next one */
	size_t n_fresh, n_runs;
	size_t next, n_torn; /* of the fresh: the next to settle, and those to try again */
	unsigned round;	     /* of settling the same goroutines */
	uint32_t at[BATCH_GS];
	struct fresh fresh[BATCH_GS];
	struct remote_part runs[BATCH_GS], again[BATCH_GS], windows[BATCH_GS];
	uint8_t *a, *b;			       /* structures, first and second reading */
	uint8_t *stacks;		       /* windows */
	size_t a_ready, b_ready, stacks_ready; /* pages_ready_to */
};

enum sweep_state { SWEEP_IDLE, SWEEP_GROW, SWEEP_WALK, SWEEP_SETTLE, SWEEP_FOLD };

struct sweep {
	struct sweep_target t;
	uint32_t span; /* bytes of a g that are read */
	enum sweep_state state;
	uint64_t now_ns, until_ns; /* of this step; until_ns by our own clock */
	uint64_t allglen, allgptr;
	uint64_t *addrs;
	size_t addrs_ready;
	size_t next; /* slot */
	struct slots slots;
	struct batch batch;
	struct unwinder unwinder;
	struct stacks stacks;
	struct label_sets labels;
	struct cells cells;
	struct ages ages;
	uint8_t *mstats;
	struct map64 starts; /* by start pc: enum start */
	struct str words[GSTATES];
	uint8_t *deep; /* a stack larger than a window */
	size_t deep_ready;
	struct unwind_pcs pcs;
	bool has_result;
	struct sweep_counts now, last;
};

enum {
	SETTLED,
	TORN,
	CELLS_MAX = 1 << 17, /* beyond, labels and creation sites are no longer told apart */
};

/* The goroutine of f, whose structure stands in g and whose stack, if it has one, in w: finds its
 * cell and counts it. -ESRCH, -EPERM. */
int settle(struct sweep *s, const struct fresh *f, const uint8_t *g, const struct unwind_window *w);
/* It could not be read whole: counts it by its start function. */
int settle_unknown(struct sweep *s, const struct fresh *f, const uint8_t *g);
/* Nothing changed: counts it again. */
void settle_same(struct sweep *s, struct slot *slot, const struct gview *v);

static inline bool slot_same(const struct slot *s, const struct gview *v)
{
	return s->goid == v->goid && s->sp == v->sp && s->pc == v->pc && s->seq == v->seq &&
	       s->reason == v->reason && s->status == v->status;
}

#endif
