#include "collectors/gort/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/sweep_impl.h"
#include "core/base/clock.h"
#include "core/base/pages.h"
#include "core/base/xalloc.h"

enum {
	GAP_BYTES = 2048, /* between structures: cheaper read than another piece */
	BATCH_BYTES = 1 << 20,
	SPAN_MAX = 1024,
	DEEP_BYTES = 256 << 10,
	CELLS_SPARE = 1 << 16,
	GO_DEEP_PROFILES = 23, /* Go 1.23 keeps 128 frames of a stack, earlier ones 32 */
	WRAPPERS_SPARE = 16,   /* frames that no profile shows */
	STEP_NS = 1000000,
	GIVE_UP = 2, /* the round of a batch after the last try */
};

/* ---- life ---- */

static void init_words(struct sweep *s)
{
	static const struct str fixed[] = {
		[GSTATE_RUNNING] = { "running", 7 },	 [GSTATE_RUNNABLE] = { "runnable", 8 },
		[GSTATE_SYSCALL] = { "syscall", 7 },	 [GSTATE_PREEMPTED] = { "preempted", 9 },
		[GSTATE_COPYSTACK] = { "copystack", 9 },
	};

	for (size_t i = 0; i < GSTATES; i++)
		s->words[i] = STR("waiting");
	memcpy(s->words, fixed, sizeof(fixed));
	for (size_t i = 0; i < s->t.n_wait_reasons; i++) {
		if (s->t.wait_reasons[i].len)
			s->words[GSTATE_WAITING + i] = s->t.wait_reasons[i];
	}
}

static size_t mstats_bytes(const struct layout *l)
{
	int32_t n = l->at[LAYOUT_MSTATS_SIZE];

	return n > 0 ? (size_t)n : 0;
}

struct sweep *sweep_new(const struct sweep_target *t)
{
	struct sweep *s = pages_calloc(sizeof(*s));
	size_t max = t->layout->minor >= GO_DEEP_PROFILES ? 128 : 32;

	s->t = *t;
	if (s->t.n_wait_reasons > GSTATES - GSTATE_WAITING)
		s->t.n_wait_reasons = GSTATES - GSTATE_WAITING;
	s->span = gview_span(t->layout);
	if (s->span > SPAN_MAX)
		s->span = SPAN_MAX;
	init_words(s);
	/* Not zeroed: of these only what is used is ever touched. */
	s->addrs = xreallocarray(NULL, SLOTS_CHUNK, sizeof(*s->addrs));
	s->batch.a = xreallocarray(NULL, 1, BATCH_BYTES + SPAN_MAX);
	s->batch.b = xreallocarray(NULL, 1, BATCH_BYTES + SPAN_MAX);
	s->batch.stacks = xreallocarray(NULL, BATCH_GS, WINDOW_BYTES);
	s->deep = xreallocarray(NULL, 1, DEEP_BYTES);
	s->batch.max = BATCH_NEW_GS;
	s->mstats = pages_calloc(mstats_bytes(t->layout) + sizeof(uint64_t));
	s->unwinder =
		(struct unwinder){ t->code, t->layout->arch == ARCH_ARM64, max + WRAPPERS_SPARE };
	stacks_init(&s->stacks, t->code, max);
	label_sets_init(&s->labels, t->layout, !t->layout->labels_list);
	cells_init(&s->cells, &s->stacks, &s->labels, s->words);
	return s;
}

void sweep_free(struct sweep *s)
{
	if (!s)
		return;
	cells_release(&s->cells);
	label_sets_release(&s->labels);
	stacks_release(&s->stacks);
	slots_release(&s->slots);
	map64_release(&s->starts);
	free(s->mstats);
	free(s->deep);
	free(s->batch.stacks);
	free(s->batch.b);
	free(s->batch.a);
	free(s->addrs);
	free(s);
}

const struct goroutines *sweep_goroutines(const struct sweep *s)
{
	return s->has_result ? &s->cells.out : NULL;
}

void sweep_counts(const struct sweep *s, struct sweep_counts *ret)
{
	*ret = s->last;
}

/* ---- the list of all goroutines ---- */

/* Stacks and labels that no goroutine has any more are kept until there are too many. */
static void forget_the_old(struct sweep *s)
{
	if (s->cells.list.n < 2 * s->cells.n_used + CELLS_SPARE)
		return;
	cells_forget(&s->cells);
	stacks_clear(&s->stacks);
	label_sets_clear(&s->labels);
	slots_look_anew(&s->slots);
	s->has_result = false;
}

/* The length first: the list is copied to a larger one before it grows (runtime/proc.go, allgadd).
 */
static int begin(struct sweep *s)
{
	const uint64_t *at = s->t.locations->at;
	size_t stats = at[LOC_MEMSTATS] ? mstats_bytes(s->t.layout) : 0;
	struct remote_part parts[] = {
		{ at[LOC_ALLGLEN] ? at[LOC_ALLGLEN] : at[LOC_ALLGS] + 8, &s->allglen, 8, false },
		{ at[LOC_ALLGPTR] ? at[LOC_ALLGPTR] : at[LOC_ALLGS], &s->allgptr, 8, false },
		{ at[LOC_MEMSTATS], s->mstats, (uint32_t)stats, false },
	};
	int r = remote_gather(s->t.remote, parts, stats ? 3 : 2);

	if (r < 0)
		return r;
	if (!parts[0].ok || !parts[1].ok || !s->allgptr || s->allglen > SLOTS_MAX ||
	    s->allglen < s->slots.n)
		return -EAGAIN;
	s->ages = (struct ages){ 0 };
	if (stats && parts[2].ok)
		ages_read(&s->ages, s->t.layout, s->mstats, clock_wall_ns() - clock_mono_ns());
	forget_the_old(s);
	cells_begin(&s->cells);
	s->now = (struct sweep_counts){ 0 };
	s->labels.failed = 0;
	s->next = 0;
	s->state = SWEEP_GROW;
	return 1;
}

static int add_addresses(struct sweep *s)
{
	uint64_t n = s->allglen - s->slots.n;
	int r;

	if (n == 0) {
		s->state = SWEEP_WALK;
		return 1;
	}
	if (n > SLOTS_CHUNK)
		n = SLOTS_CHUNK;
	pages_ready_to(s->addrs, &s->addrs_ready, 8 * n);
	r = remote_read(s->t.remote, s->allgptr + 8 * s->slots.n, s->addrs, 8 * n);
	if (r < 0)
		return r == -EFAULT ? -EAGAIN : r;
	slots_add(&s->slots, s->addrs, n);
	return 1;
}

/* ---- one batch ---- */

/* Neighbours that are close make one run. How many slots from the next on it takes. */
static size_t plan(struct sweep *s)
{
	struct batch *b = &s->batch;
	struct remote_part *run = NULL;
	uint32_t used = 0;
	size_t n = 0;

	b->n_runs = 0;
	while (n < b->max && s->next + n < s->slots.n &&
	       used <= BATCH_BYTES - GAP_BYTES - SPAN_MAX) {
		uint64_t addr = slot_at(&s->slots, s->next + n)->addr;

		/* Where a chunk of slots ends, the next may begin below the end of the run. */
		if (run && addr - run->addr <= run->len + GAP_BYTES &&
		    addr - run->addr + s->span >= run->len) {
			b->at[n] = used - run->len + (uint32_t)(addr - run->addr);
			used = b->at[n] + s->span;
			run->len = (uint32_t)(addr - run->addr) + s->span;
		} else {
			run = &b->runs[b->n_runs++];
			*run = (struct remote_part){ addr, b->a + used, s->span, false };
			b->at[n] = used;
			used += s->span;
		}
		n++;
	}
	pages_ready_to(b->a, &b->a_ready, used);
	pages_ready_to(b->b, &b->b_ready, used);
	return n;
}

/* The run that holds the structure at this place was not read. */
static bool missing(const struct batch *b, uint32_t at, size_t *run)
{
	while (*run + 1 < b->n_runs && (const uint8_t *)b->runs[*run + 1].to <= b->a + at)
		(*run)++;
	return !b->runs[*run].ok;
}

static bool known(const struct slot *slot, const struct gview *v)
{
	if (slot->cell == CELL_SYSTEM)
		return slot->goid == v->goid;
	return slot->cell != CELL_NONE && v->status != G_RUNNING && !v->bad && slot_same(slot, v);
}

/* Counts those that have not changed; the others are b->fresh. */
static void pick_fresh(struct sweep *s, size_t n)
{
	struct batch *b = &s->batch;
	size_t run = 0;

	b->n_fresh = 0;
	for (size_t i = 0; i < n; i++) {
		struct slot *slot = slot_at(&s->slots, s->next + i);
		struct fresh *f = &b->fresh[b->n_fresh];

		if (missing(b, b->at[i], &run)) {
			*f = (struct fresh){ slot, b->at[i], { .bad = true } };
			b->n_fresh++;
			continue;
		}
		gview_read(s->t.layout, b->a + b->at[i], &f->view);
		if (!gview_alive(&f->view)) {
			slot->cell = CELL_NONE;
			slot->goid = 0;
		} else if (!known(slot, &f->view)) {
			f->slot = slot;
			f->at = b->at[i];
			b->n_fresh++;
		} else if (slot->cell != CELL_SYSTEM) {
			settle_same(s, slot, &f->view);
		}
	}
}

static int read_windows(struct sweep *s)
{
	struct batch *b = &s->batch;
	size_t used = 0;

	for (size_t i = 0; i < b->n_fresh; i++) {
		const struct gview *v = &b->fresh[i].view;
		uint64_t have = gview_stopped(v) && !v->bad ? v->stack_hi - v->sp : 0;

		b->windows[i] = (struct remote_part){
			.addr = v->sp,
			.to = b->stacks + used,
			.len = (uint32_t)(have < WINDOW_BYTES ? have : WINDOW_BYTES),
		};
		used += b->windows[i].len;
		b->again[i] = (struct remote_part){
			.addr = b->fresh[i].slot->addr,
			.to = b->b + b->fresh[i].at,
			.len = s->span,
		};
	}
	pages_ready_to(b->stacks, &b->stacks_ready, used);
	return remote_gather(s->t.remote, b->windows, b->n_fresh);
}

/* The second reading; whole runs when most have changed. */
static int read_again(struct sweep *s)
{
	struct batch *b = &s->batch;
	size_t n = b->n_fresh;
	int r;

	if (b->n_runs == 0 || n < 2 * b->n_runs)
		return remote_gather(s->t.remote, b->again, n);
	for (size_t i = 0; i < b->n_runs; i++)
		b->runs[i].to = b->b + ((uint8_t *)b->runs[i].to - b->a);
	r = remote_gather(s->t.remote, b->runs, b->n_runs);
	for (size_t i = 0; i < n; i++) {
		b->again[i].ok = true;
		for (size_t k = 0; k < b->n_runs; k++) { /* few, as is checked above */
			if (!b->runs[k].ok && b->again[i].addr - b->runs[k].addr < b->runs[k].len)
				b->again[i].ok = false;
		}
	}
	return r;
}

static int settle_one(struct sweep *s, size_t i)
{
	struct batch *b = &s->batch;
	struct fresh *f = &b->fresh[i];
	const uint8_t *g = b->b + f->at;
	struct unwind_window w = { f->view.sp, b->windows[i].to, b->windows[i].len };
	struct gview after;

	if (f->view.bad || f->view.status == G_COPYSTACK || !b->windows[i].ok || !b->again[i].ok)
		return TORN;
	gview_read(s->t.layout, g, &after);
	if (f->view.status == G_RUNNING ? after.goid != f->view.goid
					: !gview_same(&f->view, &after))
		return TORN;
	return settle(s, f, g, &w);
}

/* The labels of all that are to be settled, in few calls. */
static int read_labels(struct sweep *s)
{
	struct batch *b = &s->batch;
	uint64_t addrs[BATCH_GS];
	struct gview_origin o;
	size_t n = 0;

	for (size_t i = 0; i < b->n_fresh && s->cells.list.n < CELLS_MAX; i++) {
		if (!b->again[i].ok)
			continue;
		gview_origin(s->t.layout, b->b + b->fresh[i].at, &o);
		if (o.labels)
			addrs[n++] = o.labels;
	}
	return n ? label_sets_gather(&s->labels, s->t.remote, addrs, n) : 0;
}

static int read_fresh(struct sweep *s)
{
	int r = read_windows(s);

	if (r == 0)
		r = read_again(s);
	return r == 0 ? read_labels(s) : r;
}

/* A new first reading of what was torn. The runs are not whole in b->a any more. */
static int reread_fresh(struct sweep *s)
{
	struct batch *b = &s->batch;
	size_t left = 0;
	int r;

	for (size_t i = 0; i < b->n_fresh; i++)
		b->again[i] = (struct remote_part){ b->fresh[i].slot->addr, b->a + b->fresh[i].at,
						    s->span, false };
	r = remote_gather(s->t.remote, b->again, b->n_fresh);
	for (size_t i = 0; r == 0 && i < b->n_fresh; i++) {
		struct fresh *f = &b->fresh[i];

		if (!b->again[i].ok)
			continue; /* not mapped twice: it is no goroutine */
		gview_read(s->t.layout, b->a + f->at, &f->view);
		if (gview_alive(&f->view))
			b->fresh[left++] = *f;
	}
	b->n_fresh = left;
	b->n_runs = 0; /* what is left lies singly */
	return r;
}

static int end_batch(struct sweep *s)
{
	s->state = s->next < s->slots.n ? SWEEP_WALK : SWEEP_FOLD;
	return 1;
}

/* Those that were torn are tried once more, then given up. */
static int next_round(struct sweep *s)
{
	struct batch *b = &s->batch;
	int r = 0;

	b->n_fresh = b->n_torn;
	b->next = b->n_torn = 0;
	if (b->round < GIVE_UP)
		s->now.torn += b->n_fresh;
	b->round++;
	if (b->n_fresh && b->round < GIVE_UP)
		r = reread_fresh(s);
	if (r == 0 && b->n_fresh && b->round < GIVE_UP)
		r = read_fresh(s);
	if (r < 0)
		return r;
	return b->n_fresh ? 1 : end_batch(s);
}

static int settle_fresh(struct sweep *s)
{
	struct batch *b = &s->batch;

	while (b->next < b->n_fresh) {
		size_t i = b->next++;
		int r;

		if (b->round < GIVE_UP)
			r = settle_one(s, i);
		else
			r = settle_unknown(s, &b->fresh[i], b->a + b->fresh[i].at);
		if (r < 0)
			return r;
		if (r == TORN)
			b->fresh[b->n_torn++] = b->fresh[i];
		if (clock_mono_ns() >= s->until_ns)
			return 1;
	}
	return next_round(s);
}

static int walk(struct sweep *s)
{
	struct batch *b = &s->batch;
	size_t n = plan(s);
	int r = remote_gather(s->t.remote, b->runs, b->n_runs);

	if (r < 0)
		return r;
	label_sets_moment(&s->labels);
	pick_fresh(s, n);
	s->next += n;
	b->max = b->n_fresh > n / 4 ? BATCH_NEW_GS : BATCH_GS;
	if (!b->n_fresh)
		return end_batch(s);
	b->next = b->n_torn = b->round = 0;
	s->state = SWEEP_SETTLE;
	r = read_fresh(s);
	if (r < 0)
		return r;
	return clock_mono_ns() < s->until_ns ? settle_fresh(s) : 1;
}

static int fold(struct sweep *s)
{
	if (!cells_fold(&s->cells, s->until_ns))
		return 1;
	s->now.labels_failed = s->labels.failed;
	s->last = s->now;
	s->cells.out.unknown = s->now.unknown;
	s->has_result = true;
	s->state = SWEEP_IDLE;
	return 0;
}

int sweep_step(struct sweep *s, uint64_t now_ns)
{
	int r;

	s->now_ns = now_ns;
	s->until_ns = clock_mono_ns() + STEP_NS;
	switch (s->state) {
	case SWEEP_IDLE:
		r = begin(s);
		break;
	case SWEEP_GROW:
		r = add_addresses(s);
		break;
	case SWEEP_WALK:
		r = walk(s);
		break;
	case SWEEP_SETTLE:
		r = settle_fresh(s);
		break;
	default:
		r = fold(s);
	}
	if (r < 0)
		s->state = SWEEP_IDLE;
	return r;
}
