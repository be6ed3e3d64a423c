/* gort/unwind.h - from a goroutine's saved registers to its return addresses, by the compiler's own
 * tables of stack depth by pc (pcsp). Frame pointers are no help: in a goroutine that was preempted
 * in a prologue they miss its caller. Pure but for the tables: the stack is a copy. */
#ifndef GORT_UNWIND_H
#define GORT_UNWIND_H

#include <stddef.h>
#include <stdint.h>

#include "collectors/gort/code.h"

enum { UNWIND_MAX = 160 }; /* frames: a profile of Go's keeps 128, wrappers not counted */

struct unwind_start {
	uint64_t pc, sp;
	uint64_t lr; /* where there is a link register: it holds for a frame without stack */
};

struct unwind_window {
	uint64_t addr; /* of bytes[0] in the target; the start's sp or below */
	const uint8_t *bytes;
	size_t len;
};

enum unwind_end {
	UNWIND_TOP,    /* whole */
	UNWIND_CUT,    /* max frames, and there are more */
	UNWIND_SHORT,  /* the window ends before the stack does */
	UNWIND_BAD_PC, /* what should be a return address is none */
};

struct unwind_pcs {
	uint64_t pc[UNWIND_MAX]; /* the first as saved, then return addresses */
	size_t n;
};

struct unwinder {
	const struct code *code; /* borrowed */
	bool link_register;	 /* arm64: the return address lies at SP, not above the frame */
	size_t max;		 /* frames, at most UNWIND_MAX */
};

enum unwind_end unwind(const struct unwinder *u, const struct unwind_start *at,
		       const struct unwind_window *w, struct unwind_pcs *ret);

#endif
