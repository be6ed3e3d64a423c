/* gort/cells.h - counts goroutines of a sweep: first in cells (same stack, labels, creation site
 * and state; a goroutine remembers its cell), then the cells in groups (same frames and labels),
 * as a profile has them. Both go by steps, and the last whole result stays until the next is. */
#ifndef GORT_CELLS_H
#define GORT_CELLS_H

#include "collectors/gort/labels.h"
#include "collectors/gort/stacks.h"
#include "core/sample.h"

/* A goroutine's state in one byte: what its status says, or GSTATE_WAITING + its wait reason. */
enum {
	GSTATE_RUNNING,
	GSTATE_RUNNABLE,
	GSTATE_SYSCALL,
	GSTATE_PREEMPTED,
	GSTATE_COPYSTACK,
	GSTATE_WAITING = 64,
	GSTATES = 256,
};

struct cell_key {
	uint64_t gopc; /* of the go statement; 0: none */
	uint32_t stack, labels;
	uint8_t state;
};

struct cell {
	struct cell_key key;
	uint64_t id; /* goroutine_group_id; 0: not asked yet */
	uint64_t oldest_ns;
	uint32_t sweep, count, aged;
	uint32_t ages[AGE_BUCKETS];
};

struct cells {
	struct stacks *stacks; /* borrowed */
	struct label_sets *labels;
	const struct str *words; /* GSTATES of them */
	struct map64 by_key;
	struct chunks list; /* struct cell */
	size_t n_used;	    /* in this sweep */
	uint32_t sweep;
	struct fold *fold;
	struct group_result *ready, *next;
	struct goroutines out;
};

enum { AGE_UNKNOWN = 0 };

void cells_init(struct cells *c, struct stacks *s, struct label_sets *l, const struct str *words);
void cells_release(struct cells *c);
void cells_forget(struct cells *c); /* the cells: every number given out is void */

void cells_begin(struct cells *c); /* a sweep: all counts are 0 */
uint32_t cells_find(struct cells *c, const struct cell_key *k);
/* One goroutine, blocked at least this long. */
void cells_add(struct cells *c, uint32_t cell, uint64_t age_ns);

/* Works on the result of the sweep until about until_ns of clock_mono_ns; true when g->out is new,
 * which was valid until then. */
bool cells_fold(struct cells *c, uint64_t until_ns);

#endif
