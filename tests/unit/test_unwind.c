/* The walk over a stack, on stacks and tables of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/gort/stacks.h"
#include "collectors/gort/unwind.h"

enum { SP = 0x7000, GOEXIT = 0x1000, OUTER = 0x2000, MIDDLE = 0x3000, LEAF = 0x4000 };

/* Functions of 0x100 bytes; in their first 0x10 the frame is not set up yet. */
static int32_t sp_delta(void *arg, uint64_t pc, bool *ret_top)
{
	uint64_t func = pc & ~0xffull, at = pc & 0xff;

	(void)arg;
	*ret_top = func == GOEXIT;
	switch (func) {
	case GOEXIT:
		return 0;
	case OUTER:
	case MIDDLE:
	case LEAF:
		return at < 0x10 ? 0 : (int32_t)(func >> 8); /* 0x20, 0x30, 0x40 bytes */
	default:
		return -1;
	}
}

/* MIDDLE has another function inlined from 0x80 on; OUTER is all wrapper from 0x80 on. */
static size_t frames(void *arg, uint64_t pc, struct frame *ret, size_t max)
{
	uint64_t func = pc & ~0xffull, at = pc & 0xff;
	size_t n = 0;

	(void)arg;
	(void)max;
	if (func == GOEXIT)
		ret[n++] = (struct frame){ STR("runtime.goexit"), STR("asm.s"), 1 };
	if (func == MIDDLE && at >= 0x80)
		ret[n++] = (struct frame){ STR("main.inlined"), STR("a.go"), 7 };
	if (func == MIDDLE)
		ret[n++] = (struct frame){ STR("main.middle"), STR("a.go"), (uint32_t)at };
	if (func == OUTER && at < 0x80)
		ret[n++] = (struct frame){ STR("main.outer"), STR("a.go"), (uint32_t)at };
	if (func == LEAF)
		ret[n++] = (struct frame){ STR("runtime.leaf"), STR("b.go"), (uint32_t)at };
	return n;
}

static uint64_t func_start(void *arg, uint64_t pc)
{
	(void)arg;
	return pc & ~0xffull;
}

static const struct code code = { NULL, sp_delta, frames, func_start, NULL };

struct stack_case {
	const char *name;
	struct unwind_start at;
	uint64_t words[40]; /* from SP on */
	size_t n_words;
	bool link_register;
	enum unwind_end want;
	uint64_t want_pcs[8];
	size_t n_want;
};

#define AT(pc)              \
	{                   \
		(pc), SP, 0 \
	}
#define LR(p, l)             \
	{                    \
		(p), SP, (l) \
	}

static const struct stack_case cases[] = {
	{
		.name = "return addresses lie above each frame",
		.at = AT(LEAF + 0x20),
		.words = { [8] = MIDDLE + 0x40, [15] = OUTER + 0x40, [20] = GOEXIT + 1 },
		.n_words = 21,
		.want = UNWIND_TOP,
		.want_pcs = { LEAF + 0x20, MIDDLE + 0x40, OUTER + 0x40, GOEXIT + 1 },
		.n_want = 4,
	},
	{
		.name = "a goroutine that has not run yet returns to goexit",
		.at = AT(OUTER),
		.words = { GOEXIT + 1 },
		.n_words = 1,
		.want = UNWIND_TOP,
		.want_pcs = { OUTER, GOEXIT + 1 },
		.n_want = 2,
	},
	{
		.name = "a caller is found from a prologue as well",
		.at = AT(LEAF + 0x8),
		.words = { OUTER + 0x40, [5] = GOEXIT + 1 },
		.n_words = 6,
		.want = UNWIND_TOP,
		.want_pcs = { LEAF + 0x8, OUTER + 0x40, GOEXIT + 1 },
		.n_want = 3,
	},
	{
		.name = "a window that ends early is short",
		.at = AT(LEAF + 0x20),
		.words = { [8] = MIDDLE + 0x40 },
		.n_words = 15,
		.want = UNWIND_SHORT,
		.want_pcs = { LEAF + 0x20, MIDDLE + 0x40 },
		.n_want = 2,
	},
	{
		.name = "what is no code is no return address",
		.at = AT(LEAF + 0x20),
		.words = { [8] = 0xdead },
		.n_words = 9,
		.want = UNWIND_BAD_PC,
		.want_pcs = { LEAF + 0x20 },
		.n_want = 1,
	},
	{
		.name = "a stack pointer near the end of memory does not wrap",
		.at = { LEAF + 0x20, UINT64_MAX - 0x10, 0 },
		.n_words = 8,
		.want = UNWIND_SHORT,
		.want_pcs = { LEAF + 0x20 },
		.n_want = 1,
	},
	{
		.name = "with a link register the return address lies at the stack pointer",
		.at = LR(LEAF + 0x20, 0),
		.words = { [0] = OUTER + 0x40, [8] = GOEXIT + 1 },
		.n_words = 9,
		.link_register = true,
		.want = UNWIND_TOP,
		.want_pcs = { LEAF + 0x20, OUTER + 0x40, GOEXIT + 1 },
		.n_want = 3,
	},
	{
		.name = "with a link register a function without frame returns to it",
		.at = LR(LEAF, OUTER + 0x40),
		.words = { [0] = GOEXIT + 1 },
		.n_words = 1,
		.link_register = true,
		.want = UNWIND_TOP,
		.want_pcs = { LEAF, OUTER + 0x40, GOEXIT + 1 },
		.n_want = 3,
	},
};

static void stacks_are_walked_by_depth_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct stack_case *c = &cases[i];
		struct unwinder u = { &code, c->link_register, UNWIND_MAX };
		struct unwind_window w = { SP, (const uint8_t *)c->words, 8 * c->n_words };
		struct unwind_pcs pcs;
		enum unwind_end got = unwind(&u, &c->at, &w, &pcs);

		if (got != c->want || pcs.n != c->n_want ||
		    memcmp(pcs.pc, c->want_pcs, 8 * pcs.n) != 0)
			fail_msg("%s: got end %d after %zu frames, want %d after %zu", c->name,
				 (int)got, pcs.n, (int)c->want, c->n_want);
	}
}

static void a_stack_without_end_is_cut(void **state)
{
	uint64_t words[64];
	struct unwinder u = { &code, false, 5 };
	struct unwind_start at = AT(OUTER);
	struct unwind_window w = { SP, (const uint8_t *)words, sizeof(words) };
	struct unwind_pcs pcs;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		words[i] = OUTER; /* returns to its own entry for ever */
	assert_int_equal(unwind(&u, &at, &w, &pcs), UNWIND_CUT);
	assert_int_equal(pcs.n, 5);
}

/* ---- names ---- */

static void frames_are_those_of_a_profile(void **state)
{
	static const uint64_t pcs[] = { LEAF + 0x21, MIDDLE + 0x91, OUTER + 0x91, OUTER + 0x41,
					GOEXIT + 1 };
	static const struct frame want[] = {
		{ { "runtime.leaf", 12 }, { "b.go", 4 }, 0x20 }, /* the call, not what follows */
		{ { "main.inlined", 12 }, { "a.go", 4 }, 7 },
		{ { "main.middle", 11 }, { "a.go", 4 }, 0x90 },
		{ { "main.outer", 10 }, { "a.go", 4 }, 0x40 }, /* the wrapper is left out */
	};
	const struct stack *st;
	struct stacks s;

	(void)state;
	stacks_init(&s, &code, 128);
	st = stacks_named(&s, stacks_intern(&s, pcs, 5));
	assert_int_equal(st->n_frames, 4);
	assert_int_equal(st->hash, goroutine_group_id(want, 4, NULL, 0));
	assert_int_equal(stacks_intern(&s, pcs, 5), 0);
	assert_int_equal(stacks_intern(&s, pcs, 4), 1);
	stacks_release(&s);
}

static void a_stack_is_cut_between_calls_only(void **state)
{
	uint64_t pcs[40];
	const struct stack *st;
	struct stacks s;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		pcs[i] = MIDDLE + 0x91; /* two frames each */
	stacks_init(&s, &code, 33);
	st = stacks_named(&s, stacks_intern(&s, pcs, 40));
	assert_int_equal(st->n_frames, 34);
	stacks_release(&s);
}

static void goexit_counts_but_is_not_shown(void **state)
{
	static const uint64_t pcs[] = { LEAF + 0x21, OUTER + 0x41, GOEXIT + 1 };
	struct stacks s;

	(void)state;
	stacks_init(&s, &code, 3);
	assert_int_equal(stacks_named(&s, stacks_intern(&s, pcs, 3))->n_frames, 2);
	stacks_release(&s);
}

static void a_function_not_entered_is_at_its_first_line(void **state)
{
	static const uint64_t pcs[] = { OUTER, GOEXIT + 1 };
	const struct stack *st;
	struct stacks s;

	(void)state;
	stacks_init(&s, &code, 128);
	st = stacks_named(&s, stacks_intern(&s, pcs, 2));
	assert_int_equal(st->n_frames, 1);
	assert_true(str_is(st->frames[0].func, "main.outer"));
	assert_int_equal(st->frames[0].line, 0);
	stacks_release(&s);
}

static void a_creator_is_told_as_a_traceback_does(void **state)
{
	struct stacks s;
	struct frame f;

	(void)state;
	stacks_init(&s, &code, 128);
	f = stacks_creator(&s, MIDDLE + 0x91); /* the outer function with the inlined line */
	assert_true(str_is(f.func, "main.middle"));
	assert_int_equal(f.line, 7);
	f = stacks_creator(&s, LEAF + 0x21); /* the runtime's own are not shown */
	assert_int_equal(f.func.len, 0);
	f = stacks_creator(&s, 0);
	assert_int_equal(f.func.len, 0);
	stacks_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_are_walked_by_depth_tables),
		cmocka_unit_test(a_stack_without_end_is_cut),
		cmocka_unit_test(frames_are_those_of_a_profile),
		cmocka_unit_test(a_stack_is_cut_between_calls_only),
		cmocka_unit_test(goexit_counts_but_is_not_shown),
		cmocka_unit_test(a_function_not_entered_is_at_its_first_line),
		cmocka_unit_test(a_creator_is_told_as_a_traceback_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
