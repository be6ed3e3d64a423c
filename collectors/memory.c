/* The Go runtime's own memory: the scheduler at each round, its queues many times between, and all
 * goroutines as often as a small share of a core allows. */
#include <errno.h>

#include "collectors/collector.h"
#include "collectors/gort/gort.h"
#include "core/base/clock.h"

enum {
	QUEUES_EVERY_MS = 40, /* a burst of a few ms stands in a queue about so long */
	SLICE_MS = 3,
	BETWEEN_SLICES_MS = 1,
	SHARE_OF_CORE = 50,    /* a sweep is followed by a rest of so many times its CPU time */
	FIRST_REST_S_MAX = 10, /* the first sweep reads every stack and tells nothing of the next */
	RETRY_S = 5,
	TORN_MAX = 3, /* rounds in a row */
	PS_MAX = 4096,
};

struct memory_state {
	struct gort *gort; /* NULL: not attached */
	pid_t pid;	   /* the one attached to, or the last one tried */
	uint64_t retry_ns;
	enum source_state refused; /* why there is no gort */
	struct err why;
	struct loop_timer queues, sweep;
	uint64_t sweep_began_ns;
	bool sweeping;
	uint32_t sweeps, torn;
	uint16_t depths[PS_MAX];
};

static void push(struct collector *c, struct sample *sm)
{
	sm->target = c->site->target;
	sm->source = SOURCE_MEMORY;
	sm->t_ns = clock_mono_ns();
	sm->unix_ns = clock_wall_ns();
	c->sink->push(c->sink, sm);
}

static void push_state(struct collector *c, enum source_state state, const struct err *why)
{
	struct sample sm = { .state = state, .why = *why };

	push(c, &sm);
}

static void detach(struct collector *c)
{
	struct memory_state *s = c->state;

	loop_timer_stop(c->loop, &s->queues);
	loop_timer_stop(c->loop, &s->sweep);
	gort_close(s->gort);
	s->gort = NULL;
	s->sweeping = false;
	s->sweeps = s->torn = 0;
}

/* ---- between rounds ---- */

static void on_queues(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct memory_state *s = c->state;

	/* What is wrong is said by the next round. */
	if (gort_read_queues(s->gort, s->depths, PS_MAX) >= 0)
		loop_timer_set(c->loop, &s->queues, now_ns + QUEUES_EVERY_MS * NS_PER_MS);
}

/* So that all sweeps together take about 2 % of a core. */
static uint64_t next_sweep(const struct collector *c)
{
	const struct memory_state *s = c->state;
	struct gort_honesty h;
	uint64_t rest;

	gort_honesty(s->gort, &h);
	rest = h.sweep_ns * SHARE_OF_CORE;
	if (s->sweeps == 1 && rest > FIRST_REST_S_MAX * NS_PER_S)
		rest = FIRST_REST_S_MAX * NS_PER_S;
	return s->sweep_began_ns + (rest > c->interval_ns ? rest : c->interval_ns);
}

static void on_sweep(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct memory_state *s = c->state;
	struct sample sm = { .state = SOURCE_OK };
	int r;

	if (!s->sweeping)
		s->sweep_began_ns = now_ns;
	s->sweeping = true;
	r = gort_sweep(s->gort, now_ns, SLICE_MS * NS_PER_MS, NULL);
	if (r == 1) {
		loop_timer_set(c->loop, &s->sweep, now_ns + (SLICE_MS + BETWEEN_SLICES_MS) * NS_PER_MS);
		return;
	}
	s->sweeping = false;
	if (r < 0 && r != -EAGAIN)
		return; /* the next round says why */
	s->sweeps++;
	loop_timer_set(c->loop, &s->sweep, next_sweep(c));
	sm.goroutines = r == 0 ? gort_goroutines(s->gort) : NULL;
	if (sm.goroutines)
		push(c, &sm);
}

/* ---- rounds ---- */

static enum source_state state_of(int r)
{
	switch (r) {
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
		return SOURCE_DENIED;
	case -ENOEXEC: /* not a Go program, or one that we cannot read */
	case -ENOTSUP:
		return SOURCE_ABSENT;
	default:
		return SOURCE_FAILED;
	}
}

static void attach(struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;
	int r;

	if (s->pid == c->site->pid && now_ns < s->retry_ns)
		return;
	s->pid = c->site->pid;
	s->retry_ns = now_ns + RETRY_S * NS_PER_S;
	r = gort_open(s->pid, false, &s->gort, &s->why);
	if (r < 0) {
		s->refused = state_of(r);
		return;
	}
	s->queues = (struct loop_timer){ .fn = on_queues, .arg = c };
	s->sweep = (struct loop_timer){ .fn = on_sweep, .arg = c };
	loop_timer_set(c->loop, &s->queues, now_ns + QUEUES_EVERY_MS * NS_PER_MS);
	loop_timer_set(c->loop, &s->sweep, now_ns);
	s->sweeping = true; /* the first one is under way */
	s->sweep_began_ns = now_ns;
}

/* Another process, or another program in it: what was known is void. */
static void lose(struct collector *c, int r)
{
	struct memory_state *s = c->state;

	detach(c);
	s->refused = state_of(r);
	s->retry_ns = 0; /* at the next round; after exec there is something to attach to */
}

static void read_round(struct collector *c)
{
	struct memory_state *s = c->state;
	struct sample sm = { .state = SOURCE_OK };
	int r = gort_read_sched(s->gort, &sm.sched, &s->why);

	if (r == -EAGAIN && ++s->torn < TORN_MAX)
		return;
	if (r < 0) {
		lose(c, r);
		push_state(c, s->refused, &s->why);
		return;
	}
	s->torn = 0;
	push(c, &sm);
}

static void memory_tick(struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;

	if (s->gort && s->pid != c->site->pid)
		detach(c);
	if (!c->site->pid) {
		push_state(c, SOURCE_ABSENT, &c->site->no_pid);
		return;
	}
	if (!s->gort)
		attach(c, now_ns);
	if (s->gort)
		read_round(c);
	else
		push_state(c, s->refused, &s->why);
}

static bool memory_busy(const struct collector *c)
{
	const struct memory_state *s = c->state;

	return s->gort && s->sweeping;
}

const struct collector_ops memory_ops = {
	.name = "memory",
	.source = SOURCE_MEMORY,
	.state_size = sizeof(struct memory_state),
	.tick = memory_tick,
	.busy = memory_busy,
	.close = detach,
};
