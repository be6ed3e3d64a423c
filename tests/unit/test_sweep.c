/* The sweep over a small runtime in this test's own memory, and the pure parts of the fast read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "collectors/gort/ages.h"
#include "collectors/gort/gcstate.h"
#include "collectors/gort/gview.h"
#include "collectors/gort/histogram.h"
#include "collectors/gort/slots.h"
#include "collectors/gort/sweep.h"
#include "core/base/clock.h"

enum { STACK_WORDS = 1024, GS_MAX = 2000 };
enum { GOEXIT = 0x1000, PARK = 0x2000, WORKER = 0x3000, SYSTEM = 0x4000, MAKER = 0x5000 };

/* As runtime.g, but for what is not looked at. */
struct fake_g {
	uint64_t lo, hi, m, sp, pc, syscallsp, syscallpc, goid, waitsince, gopc, startpc, labels;
	uint32_t status;
	uint8_t reason, seq;
	uint64_t stack[STACK_WORDS];
};

struct fake_label {
	const char *name;
	uint64_t name_len;
	const char *value;
	uint64_t value_len;
};

struct fake_slice {
	const void *p;
	uint64_t len, cap;
};

struct world {
	struct remote remote;
	struct layout layout;
	struct locations at;
	struct fake_g *gs[GS_MAX];
	uint64_t allglen, allgptr;
	struct sweep *sweep;
	uint64_t now_ns;
};

/* ---- its code: parked in park, called by worker, called by goexit ---- */

static bool slow; /* each look takes longer than a step may */

static int32_t sp_delta(void *arg, uint64_t pc, bool *ret_top)
{
	uint64_t end = slow ? clock_mono_ns() + 2 * NS_PER_MS : 0;

	(void)arg;
	while (clock_mono_ns() < end)
		;
	*ret_top = (pc & ~0xffull) == GOEXIT;
	return pc >= GOEXIT && pc < MAKER ? 16 : -1;
}

static size_t frames(void *arg, uint64_t pc, struct frame *ret, size_t max)
{
	static const struct frame all[] = {
		{ { "runtime.goexit", 14 }, { "asm.s", 5 }, 1 },
		{ { "runtime.gopark", 14 }, { "proc.go", 7 }, 2 },
		{ { "main.worker", 11 }, { "main.go", 7 }, 3 },
		{ { "runtime.bgsweep", 15 }, { "mgc.go", 6 }, 4 },
		{ { "main.main", 9 }, { "main.go", 7 }, 5 },
	};

	(void)arg;
	(void)max;
	if (pc < GOEXIT || pc >= MAKER + 0x1000)
		return 0;
	*ret = all[(pc >> 12) - 1];
	return 1;
}

static uint64_t func_start(void *arg, uint64_t pc)
{
	(void)arg;
	return pc & ~0xfffull;
}

static struct str func_name(void *arg, uint64_t pc)
{
	struct frame f = { 0 };

	frames(arg, pc, &f, 1);
	return f.func;
}

static const struct code code = { NULL, sp_delta, frames, func_start, func_name };

/* ---- making it ---- */

#define PUT(w, field, member) (w)->layout.at[LAYOUT_G_##field] = offsetof(struct fake_g, member)

static void init_layout(struct world *w)
{
	for (int i = 0; i < LAYOUT_FIELDS; i++)
		w->layout.at[i] = LAYOUT_ABSENT;
	PUT(w, STACK_LO, lo);
	PUT(w, STACK_HI, hi);
	PUT(w, M, m);
	PUT(w, SCHED_SP, sp);
	PUT(w, SCHED_PC, pc);
	PUT(w, SYSCALLSP, syscallsp);
	PUT(w, SYSCALLPC, syscallpc);
	PUT(w, GOID, goid);
	PUT(w, WAITSINCE, waitsince);
	PUT(w, GOPC, gopc);
	PUT(w, STARTPC, startpc);
	PUT(w, LABELS, labels);
	PUT(w, ATOMICSTATUS, status);
	PUT(w, WAITREASON, reason);
	PUT(w, TRACKINGSEQ, seq);
	w->layout.minor = 24;
	w->layout.labels_list = true;
	w->layout.at[LAYOUT_MSTATS_SIZE] = 0;
}

static struct fake_g *add_g(struct world *w, uint32_t status)
{
	struct fake_g *g = calloc(1, sizeof(*g));
	size_t top = STACK_WORDS - 8;

	g->goid = w->allglen + 1;
	g->status = status;
	g->reason = 1;
	g->lo = (uint64_t)(uintptr_t)g->stack;
	g->hi = g->lo + sizeof(g->stack);
	g->sp = (uint64_t)(uintptr_t)&g->stack[top];
	g->pc = PARK + 0x21;
	g->stack[top + 2] = WORKER + 0x41;
	g->stack[top + 5] = GOEXIT + 1;
	g->startpc = WORKER;
	g->gopc = MAKER + 0x11;
	w->gs[w->allglen++] = g;
	return g;
}

static struct world *world_new(void)
{
	static const struct str reasons[] = { { "", 0 }, { "chan receive", 12 }, { "select", 6 } };
	struct world *w = calloc(1, sizeof(*w));
	struct sweep_target t = {
		.remote = &w->remote,
		.layout = &w->layout,
		.locations = &w->at,
		.code = &code,
		.wait_reasons = reasons,
		.n_wait_reasons = 3,
	};

	w->remote.pid = getpid();
	init_layout(w);
	w->allgptr = (uint64_t)(uintptr_t)w->gs;
	w->at.at[LOC_ALLGLEN] = (uint64_t)(uintptr_t)&w->allglen;
	w->at.at[LOC_ALLGPTR] = (uint64_t)(uintptr_t)&w->allgptr;
	w->now_ns = 1000 * NS_PER_S;
	w->sweep = sweep_new(&t);
	return w;
}

static void world_free(struct world *w)
{
	sweep_free(w->sweep);
	for (size_t i = 0; i < GS_MAX; i++)
		free(w->gs[i]);
	free(w);
}

static const struct goroutines *sweep(struct world *w)
{
	int r;

	do {
		r = sweep_step(w->sweep, w->now_ns);
	} while (r == 1);
	assert_int_equal(r, 0);
	w->now_ns += NS_PER_S;
	return sweep_goroutines(w->sweep);
}

static struct sweep_counts counts_of(const struct world *w)
{
	struct sweep_counts c;

	sweep_counts(w->sweep, &c);
	return c;
}

static const struct goroutine_group *group_with(const struct goroutines *all, size_t n_stack)
{
	for (size_t i = 0; i < all->n_groups; i++) {
		if (all->groups[i].n_stack == n_stack)
			return &all->groups[i];
	}
	return NULL;
}

/* ---- claims ---- */

static void goroutines_of_one_stack_are_one_group(void **state)
{
	static const struct frame stack[] = {
		{ { "runtime.gopark", 14 }, { "proc.go", 7 }, 2 },
		{ { "main.worker", 11 }, { "main.go", 7 }, 3 },
	};
	struct world *w = world_new();
	const struct goroutines *all;

	(void)state;
	for (int i = 0; i < 1500; i++)
		add_g(w, G_WAITING);
	all = sweep(w);
	assert_int_equal(all->total, 1500);
	assert_int_equal(all->n_groups, 1);
	assert_int_equal(all->groups[0].count, 1500);
	assert_int_equal(all->groups[0].id, goroutine_group_id(stack, 2, NULL, 0));
	assert_true(str_is(all->groups[0].state, "chan receive"));
	assert_true(str_is(all->groups[0].created_by.func, "main.main"));
	world_free(w);
}

static void the_dead_and_the_runtimes_own_do_not_count(void **state)
{
	struct world *w = world_new();

	(void)state;
	add_g(w, G_WAITING);
	add_g(w, G_DEAD);
	add_g(w, G_DEAD_EXTRA);
	add_g(w, G_WAITING)->startpc = SYSTEM;
	assert_int_equal(sweep(w)->total, 1);
	assert_int_equal(sweep(w)->total, 1);
	world_free(w);
}

static void a_group_tells_its_states(void **state)
{
	struct world *w = world_new();
	const struct goroutine_group *g;
	uint64_t chan = 0, select = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		add_g(w, G_WAITING);
	add_g(w, G_WAITING)->reason = 2;
	g = &sweep(w)->groups[0];
	assert_int_equal(g->count, 4);
	assert_true(str_is(g->state, "chan receive"));
	assert_int_equal(g->n_states, 2);
	for (uint32_t i = 0; i < 2; i++) {
		if (str_is(g->states[i].state, "select"))
			select = g->states[i].count;
		else
			chan = g->states[i].count;
	}
	assert_int_equal(chan, 3);
	assert_int_equal(select, 1);
	world_free(w);
}

static void a_running_goroutine_is_known_by_its_start(void **state)
{
	struct world *w = world_new();
	const struct goroutines *all;

	(void)state;
	add_g(w, G_RUNNING)->sp = 0;
	all = sweep(w);
	assert_int_equal(all->total, 1);
	assert_int_equal(all->groups[0].n_stack, 1);
	assert_true(str_is(all->groups[0].stack[0].func, "main.worker"));
	assert_true(str_is(all->groups[0].state, "running"));
	assert_int_equal(counts_of(w).unknown, 0);
	world_free(w);
}

static void a_system_call_leaves_its_own_place(void **state)
{
	struct world *w = world_new();
	struct fake_g *g = add_g(w, G_SYSCALL);
	const struct goroutines *all;

	(void)state;
	g->syscallsp = g->sp;
	g->syscallpc = g->pc;
	g->sp = 8; /* what the scheduler saved last is of no use */
	all = sweep(w);
	assert_int_equal(all->groups[0].n_stack, 2);
	assert_true(str_is(all->groups[0].state, "syscall"));
	world_free(w);
}

static void a_stack_is_read_once_while_nothing_changes(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 100; i++)
		add_g(w, G_WAITING);
	sweep(w);
	assert_int_equal(counts_of(w).stacks_read, 100);
	sweep(w);
	assert_int_equal(counts_of(w).stacks_read, 0);
	assert_int_equal(counts_of(w).stacks_kept, 100);
	w->gs[7]->seq++; /* it ran, and waits again in the same place */
	sweep(w);
	assert_int_equal(counts_of(w).stacks_read, 1);
	assert_int_equal(counts_of(w).goroutines, 100);
	world_free(w);
}

static void new_goroutines_are_found_and_old_ones_reused(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 10; i++)
		add_g(w, G_WAITING);
	assert_int_equal(sweep(w)->total, 10);
	for (int i = 0; i < 900; i++)
		add_g(w, G_WAITING);
	w->gs[0]->status = G_DEAD;
	assert_int_equal(sweep(w)->total, 909);
	w->gs[0]->status = G_WAITING;
	w->gs[0]->goid = 5000;
	assert_int_equal(sweep(w)->total, 910);
	world_free(w);
}

static void what_cannot_be_counts_as_unknown_by_its_start(void **state)
{
	struct world *w = world_new();
	const struct goroutines *all;

	(void)state;
	add_g(w, G_WAITING)->sp = 0x10;			     /* outside its stack */
	add_g(w, G_WAITING)->pc = 0xdead00;		     /* no code */
	add_g(w, G_WAITING)->stack[STACK_WORDS - 6] = 0xbad; /* no return address */
	add_g(w, G_WAITING)->lo = 8;			     /* larger than any stack */
	add_g(w, G_WAITING);
	all = sweep(w);
	assert_int_equal(all->total, 5);
	assert_int_equal(counts_of(w).unknown, 4);
	assert_int_equal(counts_of(w).torn, 8); /* each was read twice */
	assert_int_equal(group_with(all, 1)->count, 4);
	assert_int_equal(group_with(all, 2)->count, 1);
	world_free(w);
}

static void a_deep_stack_is_read_whole(void **state)
{
	struct world *w = world_new();
	struct fake_g *g = add_g(w, G_WAITING);
	const struct goroutines *all;

	(void)state;
	g->sp = g->lo + 64; /* 100 calls need 2400 bytes, more than a first window */
	memset(g->stack, 0, sizeof(g->stack));
	for (size_t i = 0; i < 100; i++)
		g->stack[8 + 2 + 3 * i] = WORKER + 0x41;
	g->stack[8 + 2 + 3 * 100] = GOEXIT + 1;
	all = sweep(w);
	assert_int_equal(all->groups[0].n_stack, 101);
	assert_int_equal(counts_of(w).unknown, 0);
	world_free(w);
}

static void what_takes_long_is_done_in_several_steps(void **state)
{
	struct world *w = world_new();
	int steps = 0, r;

	(void)state;
	for (int i = 0; i < 5; i++)
		add_g(w, G_WAITING);
	add_g(w, G_WAITING)->pc = 0xdead00; /* to be tried again, then given up */
	slow = true;
	do {
		r = sweep_step(w->sweep, w->now_ns);
		steps++;
	} while (r == 1);
	slow = false;
	assert_int_equal(r, 0);
	assert_true(steps > 6);
	assert_int_equal(sweep_goroutines(w->sweep)->total, 6);
	assert_int_equal(counts_of(w).unknown, 1);
	assert_int_equal(counts_of(w).torn, 2);
	world_free(w);
}

static void labels_make_groups_of_their_own(void **state)
{
	static const struct fake_label labels[] = { { "route", 5, "/pay", 4 }, { "a", 1, "", 0 } };
	static const struct fake_slice two = { labels, 2, 2 }, one = { labels, 1, 1 };
	struct world *w = world_new();
	const struct goroutines *all;
	size_t n_labels = 0;

	(void)state;
	add_g(w, G_WAITING)->labels = (uint64_t)(uintptr_t)&two;
	add_g(w, G_WAITING)->labels = (uint64_t)(uintptr_t)&one;
	add_g(w, G_WAITING)->labels = (uint64_t)(uintptr_t)&one;
	add_g(w, G_WAITING);
	all = sweep(w);
	assert_int_equal(all->n_groups, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct goroutine_group *g = &all->groups[i];

		n_labels += g->n_labels;
		assert_int_equal(g->id,
				 goroutine_group_id(g->stack, g->n_stack, g->labels, g->n_labels));
		assert_int_equal(g->count, g->n_labels == 1 ? 2 : 1);
		if (g->n_labels == 2) /* sorted by name */
			assert_true(str_is(g->labels[0].name, "a"));
	}
	assert_int_equal(n_labels, 3);
	world_free(w);
}

static void labels_that_cannot_be_are_left_out(void **state)
{
	static const struct fake_slice much = { &much, 1 << 20, 1 << 20 };
	struct world *w = world_new();
	const struct goroutines *all;

	(void)state;
	add_g(w, G_WAITING)->labels = (uint64_t)(uintptr_t)&much;
	add_g(w, G_WAITING)->labels = 0x10;
	all = sweep(w);
	assert_int_equal(all->n_groups, 1);
	assert_int_equal(all->groups[0].n_labels, 0);
	assert_int_equal(counts_of(w).labels_failed, 2);
	world_free(w);
}

/* All of them may point to the same text: what is small there would be large here. */
static void labels_that_are_too_much_in_all_are_left_out(void **state)
{
	enum { LABELS = 32, SETS = 40, VALUE = 64 << 10 };
	struct fake_label(*labels)[LABELS] = calloc(SETS, sizeof(*labels));
	struct fake_slice slices[SETS];
	char *text = calloc(1, VALUE);
	struct world *w = world_new();

	(void)state;
	for (uint64_t i = 0; i < SETS; i++) {
		for (int k = 0; k < LABELS; k++)
			labels[i][k] = (struct fake_label){ text, i + 1, text, VALUE };
		slices[i] = (struct fake_slice){ labels[i], LABELS, LABELS };
		add_g(w, G_WAITING)->labels = (uint64_t)(uintptr_t)&slices[i];
	}
	assert_int_equal(sweep(w)->total, SETS);
	assert_in_range(counts_of(w).labels_failed, 1, SETS - 1);
	world_free(w);
	free(text);
	free(labels);
}

static void an_age_needs_two_sweeps_without_a_change(void **state)
{
	struct world *w = world_new();
	const struct goroutine_group *g;

	(void)state;
	add_g(w, G_WAITING);
	g = &sweep(w)->groups[0];
	assert_int_equal(g->oldest_ns, 0);
	assert_null(g->ages);
	assert_int_equal(sweep(w)->groups[0].oldest_ns, 0);
	g = &sweep(w)->groups[0];
	assert_int_equal(g->oldest_ns, 2 * NS_PER_S);
	assert_int_equal(g->ages[1], 1); /* 1 s to 10 s */
	w->gs[0]->seq++;
	assert_int_equal(sweep(w)->groups[0].oldest_ns, 0);
	world_free(w);
}

static void a_list_that_shrank_is_of_another_process(void **state)
{
	struct world *w = world_new();

	(void)state;
	add_g(w, G_WAITING);
	add_g(w, G_WAITING);
	sweep(w);
	w->allglen = 1;
	assert_int_equal(sweep_step(w->sweep, w->now_ns), -EAGAIN);
	w->allglen = 2;
	world_free(w);
}

static void a_process_that_is_gone_is_no_such_process(void **state)
{
	struct world *w = world_new();

	(void)state;
	add_g(w, G_WAITING);
	w->remote.pid = 0x3ffffff;
	assert_int_equal(sweep_step(w->sweep, w->now_ns), -ESRCH);
	world_free(w);
}

static void addresses_stay_sorted_within_a_chunk(void **state)
{
	struct slots s = { 0 };
	uint64_t addrs[1000];

	(void)state;
	for (uint64_t round = 0; round < 20; round++) {
		for (uint64_t i = 0; i < 1000; i++)
			addrs[i] = (i * 7919 + round * 104729) % 1000003;
		slots_add(&s, addrs, 1000);
	}
	assert_int_equal(s.n, 20000);
	for (size_t i = 1; i < s.n; i++) {
		if (i % SLOTS_CHUNK)
			assert_true(slot_at(&s, i - 1)->addr <= slot_at(&s, i)->addr);
	}
	slots_release(&s);
}

/* ---- since when, by the collector's notes ---- */

enum { NUMGC_AT = 0, LAST_UNIX_AT = 8, LAST_MONO_AT = 16, ENDS_AT = 24 };

static void init_mstats(struct layout *l)
{
	l->at[LAYOUT_MSTATS_NUMGC] = NUMGC_AT;
	l->at[LAYOUT_MSTATS_LAST_GC_UNIX] = LAST_UNIX_AT;
	l->at[LAYOUT_MSTATS_LAST_GC_NANOTIME] = LAST_MONO_AT;
	l->at[LAYOUT_MSTATS_PAUSE_END] = ENDS_AT;
}

/* Collections of a second each; the wall clock is `less` ahead. */
static void fill_mstats(uint64_t *m, uint32_t numgc, uint64_t less)
{
	m[0] = numgc;
	m[1] = less + numgc * NS_PER_S;
	m[2] = numgc * NS_PER_S;
	for (uint32_t i = numgc > 256 ? numgc - 256 : 0; i < numgc; i++)
		m[3 + i % 256] = less + (i + 1) * NS_PER_S;
}

static void a_wait_is_as_old_as_the_collection_that_saw_it(void **state)
{
	static uint64_t m[3 + 256];
	const uint64_t less = 1700000000ull * NS_PER_S;
	struct layout l = { 0 };
	struct ages a;

	(void)state;
	init_mstats(&l);
	fill_mstats(m, 300, less);
	ages_read(&a, &l, (const uint8_t *)m, less);
	/* Written down just before the 280th ended: the 281st saw it. */
	assert_int_equal(ages_since(&a, 280 * NS_PER_S - 1000), 281 * NS_PER_S);
	assert_int_equal(ages_since(&a, 300 * NS_PER_S - 1000), 0); /* it has not ended yet */
	assert_int_equal(ages_since(&a, 0), 0);
	assert_int_equal(ages_since(&a, 5 * NS_PER_S), 46 * NS_PER_S); /* as far as it is kept */
}

static void a_clock_that_was_set_makes_ages_unsure(void **state)
{
	static uint64_t m[3 + 256];
	const uint64_t less = 1700000000ull * NS_PER_S;
	struct layout l = { 0 };
	struct ages a;

	(void)state;
	init_mstats(&l);
	fill_mstats(m, 10, less);
	ages_read(&a, &l, (const uint8_t *)m, less + 3600 * NS_PER_S);
	assert_int_equal(ages_since(&a, 5 * NS_PER_S), 0);
	m[3 + 6] = less; /* set back between the sixth and the seventh */
	ages_read(&a, &l, (const uint8_t *)m, less);
	assert_int_equal(a.n, 4);
}

/* ---- histograms and the pacer ---- */

static void histogram_bounds_are_those_of_runtime_metrics(void **state)
{
	struct layout old = { .histogram_counts = 720,
			      .histogram_sub = 16,
			      .histogram_min_bits = 4 };
	struct layout now = { .histogram_counts = 160,
			      .histogram_sub = 4,
			      .histogram_min_bits = 8 };
	struct time_buckets b;

	(void)state;
	old.at[LAYOUT_HISTOGRAM_OVERFLOW] = LAYOUT_ABSENT;
	time_buckets_init(&b, &old);
	assert_int_equal(b.n, 720);
	assert_int_equal(b.bound_ns[15], 15);
	assert_int_equal(b.bound_ns[16], 16);
	assert_int_equal(b.bound_ns[32], 32);
	assert_int_equal(b.bound_ns[33], 34);
	assert_int_equal(b.bound_ns[720], UINT64_MAX);
	time_buckets_init(&b, &now);
	assert_int_equal(b.n, 161);
	assert_int_equal(b.bound_ns[1], 64);
	assert_int_equal(b.bound_ns[4], 256);
	assert_int_equal(b.bound_ns[8], 512);
	assert_int_equal(b.bound_ns[9], 640);
	assert_int_equal(b.bound_ns[160], 1ull << 47);
	assert_int_equal(b.bound_ns[161], UINT64_MAX);
}

enum { GC_WORDS = 12 };

static void init_gc(struct layout *l)
{
	static const enum layout_field fields[] = {
		LAYOUT_GC_GCPERCENT,  LAYOUT_GC_MEMORYLIMIT, LAYOUT_GC_GCPERCENTHEAPGOAL,
		LAYOUT_FIELDS, /* sweepDistMinTrigger */
		LAYOUT_GC_TRIGGERED,  LAYOUT_GC_HEAPMARKED,  LAYOUT_GC_HEAPFREE,
		LAYOUT_GC_TOTALALLOC, LAYOUT_GC_TOTALFREE,   LAYOUT_GC_MAPPEDREADY,
	};

	for (int i = 0; i < (int)(sizeof(fields) / sizeof(fields[0])); i++) {
		if (fields[i] != LAYOUT_FIELDS)
			l->at[fields[i]] = 8 * i;
	}
}

#define MB (1ull << 20)

static void the_goal_is_the_smaller_of_percent_and_limit(void **state)
{
	static const struct {
		uint64_t words[GC_WORDS]; /* in the order of init_gc */
		int64_t goal, limit;
	} cases[] = {
		{ { 100, INT64_MAX, 80 * MB, 0, UINT64_MAX, 40 * MB, MB, 60 * MB, 10 * MB,
		    90 * MB },
		  80 * MB,
		  -1 },
		/* 100 MB less 39 MB that is not heap is 61 MB, less 3 % (less than 1 MiB counts as
		   1) */
		{ { 100, 100 * MB, 80 * MB, 0, UINT64_MAX, 40 * MB, MB, 60 * MB, 10 * MB, 90 * MB },
		  61 * MB - 61 * MB / 100 * 3,
		  100 * MB },
		/* not below what is live */
		{ { 100, 50 * MB, 80 * MB, 0, UINT64_MAX, 40 * MB, MB, 60 * MB, 10 * MB, 90 * MB },
		  40 * MB,
		  50 * MB },
		/* GOGC=off without a limit: nothing starts a collection */
		{ { UINT32_MAX, INT64_MAX, UINT64_MAX, 0, UINT64_MAX, MB, 0, 2 * MB, 0, 9 * MB },
		  -1,
		  -1 },
		/* a collection that began late */
		{ { 100, INT64_MAX, 80 * MB, 0, 90 * MB, 40 * MB, MB, 60 * MB, 10 * MB, 90 * MB },
		  90 * MB + 65536,
		  -1 },
	};
	struct layout l = { .minor = 24 };

	(void)state;
	init_gc(&l);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sched_sample s;

		gcstate_read(&l, (const uint8_t *)cases[i].words, &s);
		if (s.heap_goal_bytes != cases[i].goal || s.gomemlimit_bytes != cases[i].limit)
			fail_msg("case %zu: goal %lld, want %lld", i, (long long)s.heap_goal_bytes,
				 (long long)cases[i].goal);
		assert_int_equal(s.heap_live_bytes, i == 3 ? 2 * MB : 50 * MB);
		assert_int_equal(isnan(s.gogc_pct), i == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goroutines_of_one_stack_are_one_group),
		cmocka_unit_test(the_dead_and_the_runtimes_own_do_not_count),
		cmocka_unit_test(a_group_tells_its_states),
		cmocka_unit_test(a_running_goroutine_is_known_by_its_start),
		cmocka_unit_test(a_system_call_leaves_its_own_place),
		cmocka_unit_test(a_stack_is_read_once_while_nothing_changes),
		cmocka_unit_test(new_goroutines_are_found_and_old_ones_reused),
		cmocka_unit_test(what_cannot_be_counts_as_unknown_by_its_start),
		cmocka_unit_test(a_deep_stack_is_read_whole),
		cmocka_unit_test(what_takes_long_is_done_in_several_steps),
		cmocka_unit_test(labels_make_groups_of_their_own),
		cmocka_unit_test(labels_that_cannot_be_are_left_out),
		cmocka_unit_test(labels_that_are_too_much_in_all_are_left_out),
		cmocka_unit_test(an_age_needs_two_sweeps_without_a_change),
		cmocka_unit_test(a_list_that_shrank_is_of_another_process),
		cmocka_unit_test(a_process_that_is_gone_is_no_such_process),
		cmocka_unit_test(addresses_stay_sorted_within_a_chunk),
		cmocka_unit_test(a_wait_is_as_old_as_the_collection_that_saw_it),
		cmocka_unit_test(a_clock_that_was_set_makes_ages_unsure),
		cmocka_unit_test(histogram_bounds_are_those_of_runtime_metrics),
		cmocka_unit_test(the_goal_is_the_smaller_of_percent_and_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
