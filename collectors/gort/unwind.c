#include "collectors/gort/unwind.h"

#include <string.h>

enum { WORD = 8 };

static bool word_at(const struct unwind_window *w, uint64_t addr, uint64_t *ret)
{
	if (addr < w->addr || w->len < WORD || addr - w->addr > w->len - WORD)
		return false;
	memcpy(ret, w->bytes + (addr - w->addr), WORD);
	return true;
}

/* Leaves a frame: *at becomes its caller's. False: the window does not reach. */
static bool leave(const struct unwinder *u, const struct unwind_window *w, int32_t delta,
		  struct unwind_start *at)
{
	uint64_t ra;

	if (!u->link_register) {
		if (!word_at(w, at->sp + (uint32_t)delta, &ra))
			return false;
		at->sp += (uint32_t)delta + WORD;
	} else if (delta == 0 && at->lr) { /* only the innermost can be without stack */
		ra = at->lr;
	} else {
		if (!word_at(w, at->sp, &ra))
			return false;
		at->sp += (uint32_t)delta;
	}
	at->lr = 0;
	at->pc = ra;
	return true;
}

enum unwind_end unwind(const struct unwinder *u, const struct unwind_start *at,
		       const struct unwind_window *w, struct unwind_pcs *ret)
{
	struct unwind_start now = *at;

	for (ret->n = 0; ret->n < u->max;) {
		bool top = false;
		int32_t delta = u->code->sp_delta(u->code->arg, now.pc, &top);

		if (delta < 0)
			return UNWIND_BAD_PC;
		ret->pc[ret->n++] = now.pc;
		if (top)
			return UNWIND_TOP;
		if (!leave(u, w, delta, &now))
			return UNWIND_SHORT;
	}
	return UNWIND_CUT;
}
