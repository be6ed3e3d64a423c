/* The Go runtime's own memory: the scheduler at each round, its queues many times between, all
 * goroutines as often as a small share of a core allows, and now and then a look through the heap
 * for breakers and limiters, which are then read at each round. */
#include <errno.h>
#include <stdio.h>

#include "collectors/collector.h"
#include "collectors/gort/gort.h"
#include "collectors/procfs.h"
#include "core/base/clock.h"

enum {
	QUEUES_EVERY_MS = 40, /* a burst of a few ms stands in a queue about so long */
	SLICE_MS = 2,	      /* and one more step, which may take as long */
	BETWEEN_SLICES_MS = 1,
	FIRST_REST_S_MAX =
		10,	     /* the first sweep reads every stack and tells nothing of the next: */
	FIRST_FREE_MS = 100, /* if it was no longer than this, the second one need not wait */
	RETRY_S = 5,
	TORN_MAX = 3, /* rounds in a row */
	SCAN_EVERY_S = 10,
	PS_MAX = 4096,
};

struct memory_state {
	struct gort *gort; /* NULL: not attached, nor attaching */
	bool attached;
	pid_t pid; /* the one attached to, or the last one tried */
	uint64_t retry_ns;
	enum source_state refused; /* why there is no gort */
	struct err why;
	char note[ERR_TEXT_MAX]; /* what was attached to, and how the last sweep went */
	struct loop_timer attach, queues, sweep, scan;
	bool scanning, scanned; /* the heap: now; at least once, to the end */
	uint64_t sweep_began_ns, sweep_due_ns;
	uint64_t fast_since_ns, fast_cpu_ns; /* what is not sweeps, since then */
	uint64_t queues_cpu_ns;		     /* of the last reading of queues */
	bool sweeping;
	uint32_t sweeps, torn;
	uint16_t depths[PS_MAX];
};

static void push(struct collector *c, struct sample *sm)
{
	const struct memory_state *s = c->state;

	sm->note = str_of(sm->state == SOURCE_OK ? s->note : "");
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

	loop_timer_stop(c->loop, &s->attach);
	loop_timer_stop(c->loop, &s->queues);
	loop_timer_stop(c->loop, &s->sweep);
	loop_timer_stop(c->loop, &s->scan);
	gort_close(s->gort);
	s->gort = NULL;
	s->attached = false;
	c->site->goroutines = 0;
	s->sweeping = s->scanning = s->scanned = false;
	s->sweeps = s->torn = 0;
}

/* What all of it may take of a core of ours, 2 % by default; the queues at most a half of that,
 * sweeps at least, scans of the heap a quarter beside. */
static double share_of_core(const struct collector *c)
{
	double share = 2 * c->budget_pct / 100;

	return share < 1 ? share : 1;
}

/* ---- between rounds ---- */

static void set_queues(struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;
	uint64_t rest = (uint64_t)((double)s->queues_cpu_ns * 2 / share_of_core(c));

	if (rest < QUEUES_EVERY_MS * NS_PER_MS)
		rest = QUEUES_EVERY_MS * NS_PER_MS;
	loop_timer_set(c->loop, &s->queues, now_ns + rest);
}

static void on_queues(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct memory_state *s = c->state;
	uint64_t cpu = clock_cpu_ns();

	if (gort_read_queues(s->gort, s->depths, PS_MAX) < 0)
		return; /* what is wrong is said by the next round */
	s->queues_cpu_ns = clock_cpu_ns() - cpu;
	s->fast_cpu_ns += s->queues_cpu_ns;
	set_queues(c, now_ns);
}

/* When the next sweep is due, so that with what else was read since the last one they take their
 * share of a core. */
static uint64_t next_sweep(const struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;
	double since_ns = (double)(now_ns - s->fast_since_ns) + 1;
	double share = share_of_core(c), left = share - (double)s->fast_cpu_ns / since_ns;
	struct gort_honesty h;
	uint64_t rest;

	gort_honesty(s->gort, &h);
	if (left < share / 2)
		left = share / 2;
	rest = (uint64_t)((double)h.sweep_ns / left);
	s->fast_since_ns = now_ns;
	s->fast_cpu_ns = 0;
	if (s->sweeps == 1 && rest > FIRST_REST_S_MAX * NS_PER_S)
		rest = FIRST_REST_S_MAX * NS_PER_S;
	if (s->sweeps == 1 && h.sweep_ns < FIRST_FREE_MS * NS_PER_MS)
		rest = 0;
	return s->sweep_began_ns + rest;
}

static void say_how(struct memory_state *s)
{
	struct gort_honesty h;

	gort_honesty(s->gort, &h);
	snprintf(s->note, sizeof(s->note),
		 "%.180s; last sweep %.1f ms of CPU, %llu readings torn, %llu goroutines unknown%s",
		 gort_provenance(s->gort), (double)h.sweep_ns / 1e6, (unsigned long long)h.torn,
		 (unsigned long long)h.unknown,
		 h.scan_cut ? "; not all breakers and limiters are looked at" : "");
}

static void on_sweep(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct memory_state *s = c->state;
	struct sample sm = { .state = SOURCE_OK };
	int r;

	r = gort_sweep(s->gort, now_ns, SLICE_MS * NS_PER_MS, NULL);
	if (r == 1) {
		loop_timer_set(c->loop, &s->sweep,
			       now_ns + (SLICE_MS + BETWEEN_SLICES_MS) * NS_PER_MS);
		return;
	}
	s->sweeping = false;
	if (r < 0 && r != -EAGAIN)
		return; /* the next round says why */
	s->sweeps++;
	s->sweep_due_ns = next_sweep(c, now_ns);
	sm.goroutines = r == 0 ? gort_goroutines(s->gort) : NULL;
	if (!sm.goroutines)
		return;
	c->site->goroutines = sm.goroutines->total;
	say_how(s);
	push(c, &sm);
}

static void begin_sweep(struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;

	s->sweeping = true;
	s->sweep_began_ns = now_ns;
	loop_timer_set(c->loop, &s->sweep, now_ns);
}

/* ---- breakers and limiters ---- */

static void push_objects(struct collector *c)
{
	struct memory_state *s = c->state;
	struct sample sm = { .state = SOURCE_OK };

	if (gort_read_objects(s->gort, clock_wall_ns(), &sm.objects) == 0)
		push(c, &sm);
}

static void on_scan(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct memory_state *s = c->state;
	int r = gort_scan_objects(s->gort, now_ns, SLICE_MS * NS_PER_MS, NULL);
	struct gort_honesty h;
	uint64_t rest;

	s->scanning = r == 1;
	if (r == 1) {
		loop_timer_set(c->loop, &s->scan,
			       now_ns + (SLICE_MS + BETWEEN_SLICES_MS) * NS_PER_MS);
		return;
	}
	if (r == -ENOTSUP) { /* nothing to find, now or later */
		static const struct objects_sample none;
		struct sample sm = { .state = SOURCE_OK, .objects = &none };

		push(c, &sm);
		return;
	}
	if (r < 0 && r != -EAGAIN)
		return; /* the next round says why */
	gort_honesty(s->gort, &h);
	rest = (uint64_t)((double)h.scan_ns * 4 / share_of_core(c));
	if (rest < SCAN_EVERY_S * NS_PER_S)
		rest = SCAN_EVERY_S * NS_PER_S;
	loop_timer_set(c->loop, &s->scan, now_ns + rest);
	s->scanned = s->scanned || r == 0;
	if (r == 0)
		push_objects(c);
}

/* ---- the fast reading ---- */

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

/* Another process, or another program in it: what was known is void. */
static void lose(struct collector *c, int r)
{
	struct memory_state *s = c->state;

	detach(c);
	s->refused = state_of(r);
	s->retry_ns = 0; /* at the next round; after exec there is something to attach to */
}

/* Not only another program in it: then nobody needs /proc beside to know. */
static bool has_ended(struct collector *c, int r)
{
	uint64_t ticks = 0;

	if (r != -ESRCH ||
	    (procfs_start_ticks(c->site->pid, &ticks, NULL) == 0 && ticks == c->site->start_ticks))
		return false;
	site_ended(c->site, clock_wall_ns());
	return true;
}

static void read_round(struct collector *c)
{
	struct memory_state *s = c->state;
	struct sample sm = { .state = SOURCE_OK };
	uint64_t cpu = clock_cpu_ns();
	int r = gort_read_sched(s->gort, &sm.sched, &s->why);

	s->fast_cpu_ns += clock_cpu_ns() - cpu;
	if (r == -EAGAIN && ++s->torn < TORN_MAX)
		return;
	if (r < 0) {
		lose(c, r);
		if (!has_ended(c, r))
			push_state(c, s->refused, &s->why);
		return;
	}
	s->torn = 0;
	if (sm.sched->heap_live_bytes >= 0)
		c->site->heap_told_ns = clock_mono_ns();
	push(c, &sm);
	if (s->scanned && !s->scanning)
		push_objects(c);
}

/* ---- attaching, by steps ---- */

static void refuse(struct collector *c, int r, uint64_t now_ns)
{
	struct memory_state *s = c->state;

	detach(c);
	s->refused = state_of(r);
	s->retry_ns = r == -EAGAIN ? 0 : now_ns + RETRY_S * NS_PER_S; /* it is only starting */
	if (!has_ended(c, r))
		push_state(c, s->refused, &s->why);
}

static void on_attach(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct memory_state *s = c->state;
	int r = gort_attach(s->gort, SLICE_MS * NS_PER_MS, &s->why);

	if (r < 0) {
		refuse(c, r, now_ns);
		return;
	}
	if (r == 1) {
		loop_timer_set(c->loop, &s->attach,
			       now_ns + (SLICE_MS + BETWEEN_SLICES_MS) * NS_PER_MS);
		return;
	}
	s->attached = true;
	snprintf(s->note, sizeof(s->note), "%s", gort_provenance(s->gort));
	s->fast_since_ns = now_ns;
	s->fast_cpu_ns = 0;
	s->scanning = true;
	set_queues(c, now_ns);
	loop_timer_set(c->loop, &s->scan, now_ns);
	read_round(c);
	if (s->attached)
		begin_sweep(c, now_ns);
}

static void begin_attach(struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;

	s->pid = c->site->pid;
	s->gort = gort_begin(s->pid, false);
	s->attach = (struct loop_timer){ .fn = on_attach, .arg = c };
	s->queues = (struct loop_timer){ .fn = on_queues, .arg = c };
	s->sweep = (struct loop_timer){ .fn = on_sweep, .arg = c };
	s->scan = (struct loop_timer){ .fn = on_scan, .arg = c };
	loop_timer_set(c->loop, &s->attach, now_ns);
}

/* ---- rounds ---- */

static void memory_tick(struct collector *c, uint64_t now_ns)
{
	struct memory_state *s = c->state;

	if (s->gort && s->pid != c->site->pid)
		detach(c);
	if (!c->site->pid) {
		push_state(c, SOURCE_ABSENT, &c->site->no_pid);
		return;
	}
	if (s->attached) {
		read_round(c);
		if (s->attached && !s->sweeping && now_ns >= s->sweep_due_ns)
			begin_sweep(c, now_ns);
	} else if (!s->gort && (s->pid != c->site->pid || now_ns >= s->retry_ns)) {
		begin_attach(c, now_ns);
	} else if (!s->gort) {
		push_state(c, s->refused, &s->why);
	}
}

static bool memory_busy(const struct collector *c)
{
	const struct memory_state *s = c->state;

	return s->gort && (!s->attached || s->sweeping || (s->scanning && !s->scanned));
}

const struct collector_ops memory_ops = {
	.name = "memory",
	.source = SOURCE_MEMORY,
	.state_size = sizeof(struct memory_state),
	.tick = memory_tick,
	.busy = memory_busy,
	.close = detach,
};
