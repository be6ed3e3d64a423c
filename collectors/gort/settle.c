#include <errno.h>
#include <string.h>

#include "collectors/gort/sweep_impl.h"
#include "core/base/pages.h"

enum {
	DEEP_FIRST_BYTES = 16 << 10,
	DEEP_MAX_BYTES = 256 << 10,
	STARTS_MAX = 1 << 16, /* functions that goroutines begin in */
};

/* Whose goroutine it is, by the function it began in (runtime/traceback.go, isSystemGoroutine). */
enum start {
	START_USER,
	START_SYSTEM,
	START_CALLBACKS, /* the runtime's, but while it runs finalizers or cleanups the program's */
};

static enum start start_by_name(struct str func)
{
	static const char *const users[] = { "runtime.main", "runtime.corostart",
					     "runtime.handleAsyncEvent" };
	static const char *const callbacks[] = { "runtime.runfinq", "runtime.runFinalizers",
						 "runtime.runCleanups" };

	if (!str_starts(func, "runtime."))
		return START_USER;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (str_is(func, users[i]))
			return START_USER;
	}
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++) {
		if (str_is(func, callbacks[i]))
			return START_CALLBACKS;
	}
	return START_SYSTEM;
}

static enum start start_of(struct sweep *s, uint64_t pc)
{
	uint32_t kind;

	if (map64_get(&s->starts, pc, &kind))
		return (enum start)kind;
	kind = start_by_name(s->t.code->func_name(s->t.code->arg, pc));
	if (s->starts.n >= STARTS_MAX)
		map64_clear(&s->starts);
	map64_put(&s->starts, pc, kind);
	return (enum start)kind;
}

static uint8_t state_of(const struct sweep *s, const struct gview *v)
{
	switch (v->status) {
	case G_RUNNING:
		return GSTATE_RUNNING;
	case G_RUNNABLE:
		return GSTATE_RUNNABLE;
	case G_SYSCALL:
		return GSTATE_SYSCALL;
	case G_PREEMPTED:
		return GSTATE_PREEMPTED;
	case G_COPYSTACK:
		return GSTATE_COPYSTACK;
	default:
		return GSTATE_WAITING + (v->reason < s->t.n_wait_reasons ? v->reason : 0);
	}
}

/* Until Go 1.19 one that stops the world counts as waiting, for the reason that it last waited for
 * (runtime/proc.go, stopTheWorld). */
static uint8_t state_by_stack(const struct sweep *s, const struct gview *v)
{
	enum { GO_SAYS_STOPPING = 20 };
	const struct code *code = s->t.code;

	if (s->t.layout->minor < GO_SAYS_STOPPING && v->status == G_WAITING &&
	    str_is(code->func_name(code->arg, v->pc), "runtime.systemstack_switch"))
		return GSTATE_RUNNING;
	return state_of(s, v);
}

static bool is_system(struct sweep *s, const struct gview *v, uint64_t startpc)
{
	enum start kind = start_of(s, startpc);
	struct str word;

	if (kind != START_CALLBACKS)
		return kind == START_SYSTEM;
	if (v->status == G_SYSCALL)
		return false;
	word = s->words[state_of(s, v)];
	return v->status != G_WAITING || str_is(word, "finalizer wait") ||
	       str_is(word, "cleanup wait") || str_is(word, "waiting");
}

/* ---- ages ---- */

/* trackingSeq comes round after 256 stops, so once in 256 times a busy goroutine looks as if it had
 * not moved; twice in a row is needed. Since Go 1.26 it does not count system calls. */
static uint64_t age_of(struct sweep *s, const struct slot *slot, const struct gview *v)
{
	uint64_t since = 0;

	if (v->status != G_WAITING && v->status != G_SYSCALL && v->status != G_LEAKED)
		return AGE_UNKNOWN;
	if (slot->calm >= 2 && (v->status != G_SYSCALL || s->t.layout->minor < 26))
		since = slot->seen_ns;
	if (v->waitsince) {
		uint64_t sure = ages_since(&s->ages, v->waitsince);

		if (sure && (!since || sure < since))
			since = sure;
	}
	return since && since < s->now_ns ? s->now_ns - since : AGE_UNKNOWN;
}

static void remember(struct sweep *s, struct slot *slot, const struct gview *v)
{
	if (slot_same(slot, v)) {
		if (slot->calm < UINT8_MAX)
			slot->calm++;
		return;
	}
	slot->goid = v->goid;
	slot->sp = v->sp;
	slot->pc = v->pc;
	slot->seq = v->seq;
	slot->reason = v->reason;
	slot->status = v->status;
	slot->calm = 0;
	slot->seen_ns = s->now_ns;
}

/* ---- its cell ---- */

static void count(struct sweep *s, struct slot *slot, const struct gview *v)
{
	s->now.goroutines++;
	cells_add(&s->cells, slot->cell, age_of(s, slot, v));
}

static int count_new(struct sweep *s, const struct fresh *f, const uint8_t *g, struct cell_key key)
{
	struct gview_origin o;
	int r = 0;

	gview_origin(s->t.layout, g, &o);
	if (s->cells.list.n < CELLS_MAX)
		key.gopc = o.gopc;
	if (s->cells.list.n < CELLS_MAX)
		r = label_sets_read(&s->labels, s->t.remote, o.labels, &key.labels);
	if (r < 0)
		return r;
	remember(s, f->slot, &f->view);
	f->slot->cell = cells_find(&s->cells, &key);
	count(s, f->slot, &f->view);
	return 0;
}

/* The only frame that is known of a goroutine without a stack to read. */
static uint32_t start_stack(struct sweep *s, uint64_t startpc)
{
	return stacks_intern(&s->stacks, &startpc, startpc ? 1 : 0);
}

int settle_unknown(struct sweep *s, const struct fresh *f, const uint8_t *g)
{
	struct cell_key key = { .state = GSTATE_RUNNING }; /* so it does: it changed meanwhile */
	struct gview_origin o;
	int r;

	gview_origin(s->t.layout, g, &o);
	if (is_system(s, &f->view, o.startpc))
		return 0;
	s->now.unknown++;
	key.stack = start_stack(s, o.startpc);
	r = count_new(s, f, g, key);
	f->slot->cell = CELL_NONE;
	return r;
}

/* ---- its stack ---- */

/* A window grown until the stack is whole, read while the goroutine stood still. */
static enum unwind_end unwind_deep(struct sweep *s, const struct fresh *f,
				   const struct unwind_start *at)
{
	uint64_t have = f->view.stack_hi - at->sp;
	enum unwind_end end = UNWIND_SHORT;
	uint8_t g[1024];
	struct gview after;

	for (uint64_t n = DEEP_FIRST_BYTES; end == UNWIND_SHORT && n <= DEEP_MAX_BYTES; n *= 4) {
		struct unwind_window w = { at->sp, s->deep, n < have ? n : have };

		pages_ready_to(s->deep, &s->deep_ready, w.len);
		if (remote_read(s->t.remote, at->sp, s->deep, w.len) < 0 ||
		    remote_read(s->t.remote, f->slot->addr, g, s->span) < 0)
			return UNWIND_SHORT;
		gview_read(s->t.layout, g, &after);
		if (!gview_same(&f->view, &after))
			return UNWIND_SHORT;
		end = unwind(&s->unwinder, at, &w, &s->pcs);
		if (w.len == have)
			return end;
	}
	return end == UNWIND_SHORT ? UNWIND_CUT : end;
}

static int find_stack(struct sweep *s, const struct fresh *f, const struct unwind_window *w,
		      uint32_t *ret)
{
	struct unwind_start at = { f->view.pc, f->view.sp, f->view.lr };
	enum unwind_end end = unwind(&s->unwinder, &at, w, &s->pcs);

	s->now.stacks_read++;
	if (end == UNWIND_SHORT && w->len < f->view.stack_hi - at.sp)
		end = unwind_deep(s, f, &at);
	if (end == UNWIND_BAD_PC)
		s->now.bad_pc++;
	if (end != UNWIND_TOP && end != UNWIND_CUT)
		return TORN;
	if (end == UNWIND_CUT)
		s->now.cut++;
	*ret = stacks_intern(&s->stacks, s->pcs.pc, s->pcs.n);
	return SETTLED;
}

int settle(struct sweep *s, const struct fresh *f, const uint8_t *g, const struct unwind_window *w)
{
	struct cell_key key = { .state = state_by_stack(s, &f->view) };
	struct gview_origin o;

	gview_origin(s->t.layout, g, &o);
	if (is_system(s, &f->view, o.startpc)) {
		remember(s, f->slot, &f->view);
		if (start_of(s, o.startpc) == START_SYSTEM)
			f->slot->cell = CELL_SYSTEM;
		return SETTLED;
	}
	if (f->view.status == G_RUNNING)
		key.stack = start_stack(s, o.startpc);
	else if (find_stack(s, f, w, &key.stack) == TORN)
		return TORN;
	return count_new(s, f, g, key);
}

void settle_same(struct sweep *s, struct slot *slot, const struct gview *v)
{
	if (slot->calm < UINT8_MAX)
		slot->calm++;
	s->now.stacks_kept++;
	count(s, slot, v);
}
