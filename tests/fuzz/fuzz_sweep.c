/* A whole runtime in memory from KIT_BASE on: first the words that the variables hold, then
 * whatever they point to. Goroutines with their stacks and labels are swept twice, and the
 * scheduler is read. The first byte says which Go. */
#include "collectors/gort/sched.h"
#include "collectors/gort/sweep.h"

#include "tests/fuzz/gort_kit.h"

enum {
	AT_ALLGLEN = 0,
	AT_ALLGPTR = 8,
	AT_ALLP = 16,
	AT_ALLM = 40,
	AT_GOMAXPROCS = 48,
	AT_GCPHASE = 56,
	AT_SCHED = 64,
	AT_GC = 8 << 10,
	AT_MEMSTATS = 9 << 10,
	STEPS_MAX = 100000,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct layout *layout_of(uint8_t byte)
{
	static const char *const versions[] = { "go1.26.8", "go1.19.13", "go1.27.0", "go1.22.1" };
	enum layout_match match;

	return layout_find(versions[byte % 4], ARCH_AMD64, &match, NULL);
}

/* ---- its code: functions of 256 bytes, each with a frame by its number ---- */

static int32_t sp_delta(void *arg, uint64_t pc, bool *ret_top)
{
	(void)arg;
	*ret_top = (pc >> 8 & 15) == 1;
	return pc >> 16 ? -1 : (int32_t)(pc >> 8 & 15) * 8;
}

static size_t frames(void *arg, uint64_t pc, struct frame *ret, size_t max)
{
	static const char *const names[] = { "main.a", "runtime.goexit", "runtime.gopark",
					     "runtime.bgsweep" };

	(void)arg;
	if (pc >> 16)
		return 0;
	for (size_t i = 0; i < (pc & 3) + 1 && i < max; i++)
		ret[i] = (struct frame){ str_of(names[(pc >> 8) % 4]), STR("a.go"),
					 (uint32_t)pc & 0xff };
	return (pc & 3) + 1;
}

static uint64_t func_start(void *arg, uint64_t pc)
{
	(void)arg;
	return pc >> 16 ? 0 : pc & ~0xffull;
}

static struct str func_name(void *arg, uint64_t pc)
{
	struct frame f = { 0 };

	(void)frames(arg, pc & ~3ull, &f, 1);
	return f.func;
}

static const struct code code = { NULL, sp_delta, frames, func_start, func_name };

/* ---- what comes out holds together ---- */

static void check_goroutines(const struct goroutines *g)
{
	uint64_t total = 0;

	for (size_t i = 0; i < g->n_groups; i++) {
		const struct goroutine_group *gr = &g->groups[i];

		kit_check(gr->count > 0 && gr->n_states > 0);
		kit_touch(gr->state);
		kit_touch(gr->created_by.func);
		for (uint32_t k = 0; k < gr->n_stack; k++)
			kit_touch(gr->stack[k].func);
		for (uint32_t k = 0; k < gr->n_labels; k++) {
			kit_touch(gr->labels[k].name);
			kit_touch(gr->labels[k].value);
		}
		kit_check(gr->id ==
			  goroutine_group_id(gr->stack, gr->n_stack, gr->labels, gr->n_labels));
		total += gr->count;
	}
	kit_check(total == g->total);
}

static void sweep_all(struct sweep *s)
{
	uint64_t now = 1000000000000;

	for (int round = 0; round < 2; round++, now += 1000000000) {
		int r = 1;

		for (int i = 0; r == 1; i++) {
			r = sweep_step(s, now);
			kit_check(i < STEPS_MAX);
		}
		if (r == 0)
			check_goroutines(sweep_goroutines(s));
	}
}

static void read_sched(const struct sched_target *t)
{
	struct sched_reader *s = sched_reader_new(t);
	const struct sched_sample *o;
	uint16_t depth[8];

	for (int round = 0; round < 2; round++) {
		if (sched_read(s, &o) < 0)
			continue;
		for (size_t i = 0; i < o->n_ms; i++)
			kit_touch(o->ms[i].g_func);
		for (size_t i = 0; i < o->n_ps; i++)
			kit_touch(o->ps[i].g_func);
		sched_read_queues(s, depth, 8);
	}
	sched_reader_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct str reasons[] = { { "", 0 }, { "chan receive", 12 }, { "select", 6 } };
	struct remote r = { .pid = getpid() };
	struct locations at = { .at = {
					[LOC_ALLGLEN] = KIT_BASE + AT_ALLGLEN,
					[LOC_ALLGPTR] = KIT_BASE + AT_ALLGPTR,
					[LOC_ALLP] = KIT_BASE + AT_ALLP,
					[LOC_ALLM] = KIT_BASE + AT_ALLM,
					[LOC_GOMAXPROCS] = KIT_BASE + AT_GOMAXPROCS,
					[LOC_GCPHASE] = KIT_BASE + AT_GCPHASE,
					[LOC_SCHED] = KIT_BASE + AT_SCHED,
					[LOC_GC_CONTROLLER] = KIT_BASE + AT_GC,
					[LOC_MEMSTATS] = KIT_BASE + AT_MEMSTATS,
				} };
	struct sched_target sched = { .remote = &r, .locations = &at, .code = &code };
	struct sweep_target t = {
		.remote = &r,
		.locations = &at,
		.code = &code,
		.wait_reasons = reasons,
		.n_wait_reasons = 3,
	};
	struct sweep *s;

	if (n < 1 || n - 1 > KIT_BYTES)
		return 0;
	kit_memory(data + 1, n - 1);
	t.layout = sched.layout = layout_of(data[0]);
	s = sweep_new(&t);
	sweep_all(s);
	sweep_free(s);
	read_sched(&sched);
	return 0;
}
