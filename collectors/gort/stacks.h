/* gort/stacks.h - call stacks, each kept once: interned by their return addresses, and named only
 * when somebody looks. What comes out is what a profile of the same goroutine holds
 * (runtime/traceback.go tracebackPCs, runtime/pprof/proto.go): runtime frames included, wrappers
 * and goexit left out, cut after so many frames, but never within inlined ones. */
#ifndef GORT_STACKS_H
#define GORT_STACKS_H

#include "collectors/gort/code.h"
#include "collectors/gort/map64.h"
#include "core/base/arena.h"
#include "core/base/chunks.h"

struct stack {
	const uint64_t *pcs;
	uint32_t n_pcs, n_frames;
	const struct frame *frames; /* NULL: not named yet; leaf first */
	uint64_t hash;		    /* of the frames, as goroutine_group_id begins */
};

struct stacks {
	const struct code *code; /* borrowed */
	size_t max;		 /* frames, goexit's among them */
	struct map64 by_hash, by_pc;
	struct chunks list;	 /* struct stack */
	struct pc_frames *named; /* of each instruction */
	size_t n_named, cap_named;
	struct arena arena;
};

void stacks_init(struct stacks *s, const struct code *code, size_t max);
void stacks_clear(struct stacks *s); /* every number given out is void */
void stacks_release(struct stacks *s);

/* The number of this stack, new or known. */
uint32_t stacks_intern(struct stacks *s, const uint64_t *pcs, size_t n);

/* Finds the frames of its instructions one by one, until about until_ns of clock_mono_ns: true when
 * stacks_named has nothing left to look up. */
bool stacks_look_up(struct stacks *s, uint32_t i, uint64_t until_ns);

/* With frames and hash. Borrowed until the next clear. */
const struct stack *stacks_named(struct stacks *s, uint32_t i);

/* Of a goroutine's creator as Go's traceback prints it: the function that is not inlined, with the
 * innermost line. func.len == 0: a traceback would not print it either. */
struct frame stacks_creator(struct stacks *s, uint64_t gopc);

#endif
