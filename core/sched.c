/* The scheduler as the target's memory shows it: rows of Ps and Ms, rates from their ticks, the
 * depth of each queue over time, quantiles of the runtime's own histograms over the last seconds.
 */
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/field.h"
#include "core/state.h"

enum {
	DEPTHS = 300, /* samples of each queue's depth that are kept */
	LATENCY_OVER_S = 10,
	PAUSES_OVER_S = 60,
};

struct p_ticks {
	uint32_t sched, syscall;
	bool known;
};

struct sched_state {
	struct p_row *ps;
	struct m_row *ms;
	size_t cap_ps, cap_ms;
	/* By P's id. */
	struct p_ticks *before;
	float *depths; /* DEPTHS of each */
	size_t n_ids;
	uint64_t depth_t_ns[DEPTHS];
	int n_depths;
	struct window latency, pause;
	uint64_t t_ns;
	int64_t created, gc_cycles; /* -1: not known */
	struct arena words;
};

struct sched_state *sched_new(void)
{
	struct sched_state *s = xcalloc(1, sizeof(*s));

	s->latency.span_ns = LATENCY_OVER_S * NS_PER_S;
	s->pause.span_ns = PAUSES_OVER_S * NS_PER_S;
	s->created = s->gc_cycles = -1;
	return s;
}

void sched_free(struct sched_state *s)
{
	if (!s)
		return;
	window_release(&s->latency);
	window_release(&s->pause);
	arena_release(&s->words);
	free(s->depths);
	free(s->before);
	free(s->ps);
	free(s->ms);
	free(s);
}

/* ---- depths over time ---- */

static float *depths_of(const struct sched_state *s, size_t id)
{
	return s->depths + id * DEPTHS;
}

static void reserve_ids(struct sched_state *s, size_t n)
{
	if (n <= s->n_ids)
		return;
	s->before = xreallocarray(s->before, n, sizeof(*s->before));
	s->depths = xreallocarray(s->depths, n * DEPTHS, sizeof(*s->depths));
	for (size_t id = s->n_ids; id < n; id++) {
		s->before[id] = (struct p_ticks){ .known = false };
		for (int i = 0; i < DEPTHS; i++)
			depths_of(s, id)[i] = NAN;
	}
	s->n_ids = n;
}

/* A new column for all of them, unknown until a P fills it. */
static void shift_depths(struct sched_state *s, uint64_t t_ns)
{
	size_t n = DEPTHS - 1;

	memmove(s->depth_t_ns, s->depth_t_ns + 1, n * sizeof(*s->depth_t_ns));
	s->depth_t_ns[n] = t_ns;
	for (size_t id = 0; id < s->n_ids; id++) {
		memmove(depths_of(s, id), depths_of(s, id) + 1, n * sizeof(*s->depths));
		depths_of(s, id)[n] = NAN;
	}
	if (s->n_depths < DEPTHS)
		s->n_depths++;
}

void sched_gap(struct sched_state *s, uint64_t t_ns)
{
	if (s->n_depths)
		shift_depths(s, t_ns);
}

/* ---- rows ---- */

static double known(int64_t v)
{
	return v >= 0 ? (double)v : NAN;
}

static const char *word(struct sched_state *s, struct str text)
{
	return text.len ? arena_str(&s->words, text).p : NULL;
}

static double tick_rate(uint32_t before, uint32_t now, double dt_s)
{
	return dt_s > 0 ? (double)(uint32_t)(now - before) / dt_s : NAN;
}

static void fill_p(struct sched_state *s, const struct p_sample *p, double dt_s, struct p_row *row)
{
	static const char *const names[] = {
		[P_IDLE] = "idle",     [P_RUNNING] = "running", [P_SYSCALL] = "syscall",
		[P_GCSTOP] = "gcstop", [P_DEAD] = "dead",
	};
	struct p_ticks *before = &s->before[p->id];

	row_clear(&table_ps, row);
	row->id = (double)p->id;
	row->depths = depths_of(s, (size_t)p->id) + DEPTHS - s->n_depths;
	row->n_depths = s->n_depths;
	if (p->known) {
		row->status = names[p->status];
		row->runq = (double)p->runq;
		row->runq_max = (double)p->runq_max;
		row->runnext = p->runnext;
		row->m = known(p->m);
		row->g = known(p->g);
		row->g_func = word(s, p->g_func);
		row->timers = (double)p->timers;
		depths_of(s, (size_t)p->id)[DEPTHS - 1] = (float)p->runq_max;
	}
	if (p->known && before->known) {
		row->sched_per_s = tick_rate(before->sched, p->schedtick, dt_s);
		row->syscall_per_s = tick_rate(before->syscall, p->syscalltick, dt_s);
	}
	*before = (struct p_ticks){ p->schedtick, p->syscalltick, p->known };
}

static void fill_ps(struct target *t, struct sched_state *s, const struct sched_sample *sm,
		    double dt_s)
{
	size_t ids = 0;

	for (size_t i = 0; i < sm->n_ps; i++) {
		if ((size_t)sm->ps[i].id >= ids)
			ids = (size_t)sm->ps[i].id + 1;
	}
	reserve_ids(s, ids);
	if (sm->n_ps > s->cap_ps) {
		s->cap_ps = sm->n_ps;
		s->ps = xreallocarray(s->ps, s->cap_ps, sizeof(*s->ps));
	}
	for (size_t i = 0; i < sm->n_ps; i++)
		fill_p(s, &sm->ps[i], dt_s, &s->ps[i]);
	t->ps = s->ps;
	t->n_ps = sm->n_ps;
	t->depth_t_ns = s->depth_t_ns + DEPTHS - s->n_depths;
}

/* What it is doing, in one word. */
static const char *m_state(const struct m_sample *m)
{
	if (m->in_cgo)
		return "cgo";
	if (m->in_syscall)
		return "syscall";
	if (m->p >= 0 && m->g >= 0)
		return "running";
	if (m->spinning)
		return "spinning";
	if (m->p >= 0)
		return "scheduler";
	return m->blocked ? "parked" : "idle";
}

static void fill_ms(struct target *t, struct sched_state *s, const struct sched_sample *sm)
{
	if (sm->n_ms > s->cap_ms) {
		s->cap_ms = sm->n_ms;
		s->ms = xreallocarray(s->ms, s->cap_ms, sizeof(*s->ms));
	}
	for (size_t i = 0; i < sm->n_ms; i++) {
		const struct m_sample *m = &sm->ms[i];
		struct m_row *row = &s->ms[i];

		row_clear(&table_ms, row);
		row->id = (double)m->id;
		row->tid = m->tid ? (double)m->tid : NAN;
		row->state = m_state(m);
		row->p = known(m->p);
		row->g = known(m->g);
		row->g_func = word(s, m->g_func);
		row->spinning = m->spinning;
		row->blocked = m->blocked;
		row->in_cgo = m->in_cgo;
		row->locked = m->locked;
	}
	t->ms = s->ms;
	t->n_ms = sm->n_ms;
	sched_join_threads(t);
}

/* ---- Ms and the kernel's threads ---- */

/* An M whose thread is not known comes first and is nobody's. */
static int by_tid(const void *a, const void *b)
{
	const struct m_row *x = *(struct m_row *const *)a, *y = *(struct m_row *const *)b;
	double tx = isnan(x->tid) ? -1 : x->tid, ty = isnan(y->tid) ? -1 : y->tid;

	return tx < ty ? -1 : tx > ty;
}

static void join(struct thread_row *th, struct m_row *m)
{
	th->m = th->p = th->g = NAN;
	th->m_state = th->locked = th->g_func = NULL;
	if (!m)
		return;
	m->cpu_pct = th->cpu_pct;
	th->m = m->id;
	th->p = m->p;
	th->g = m->g;
	th->m_state = m->state;
	th->locked = m->locked == 1 ? "locked" : NULL;
	th->g_func = m->g_func;
}

void sched_join_threads(struct target *t)
{
	struct m_row **ms = xcalloc(t->n_ms, sizeof(*ms));

	for (size_t i = 0; i < t->n_ms; i++) {
		ms[i] = &t->ms[i];
		ms[i]->cpu_pct = NAN;
	}
	qsort(ms, t->n_ms, sizeof(*ms), by_tid);
	for (size_t i = 0; i < t->n_threads; i++) {
		struct m_row key = { .tid = t->threads[i].tid }, *want = &key, **found;

		found = bsearch(&want, ms, t->n_ms, sizeof(*ms), by_tid);
		join(&t->threads[i], found ? *found : NULL);
	}
	free(ms);
}

/* ---- facts ---- */

static double grown_per(double unit_s, int64_t before, int64_t now, double dt_s)
{
	return before >= 0 && now >= before && dt_s > 0 ? (double)(now - before) * unit_s / dt_s
							: NAN;
}

static double sum_of_queues(const struct sched_sample *sm)
{
	double sum = 0;

	for (size_t i = 0; i < sm->n_ps; i++)
		sum += sm->ps[i].known ? (double)sm->ps[i].runq : NAN;
	return sm->n_ps ? sum : NAN;
}

static void fill_sched_facts(struct sched_facts *f, const struct sched_state *s,
			     const struct sched_sample *sm, double dt_s)
{
	f->gomaxprocs = known(sm->gomaxprocs);
	f->global_runq = known(sm->global_runq);
	f->idle_ps = known(sm->idle_ps);
	f->idle_ms = known(sm->idle_ms);
	f->spinning_ms = known(sm->spinning_ms);
	f->runq_total = sum_of_queues(sm);
	f->created_per_s = grown_per(1, s->created, sm->goroutines_created, dt_s);
}

static void fill_latency(struct latency_facts *f, const struct window *w)
{
	window_quantile(w, 0.50, &f->p50_lo_ns, &f->p50_ns);
	window_quantile(w, 0.99, &f->p99_lo_ns, &f->p99_ns);
	f->window_s = w->total ? (double)w->length_ns / 1e9 : NAN;
}

static void fill_memory_facts(struct memory_facts *f, const struct sched_state *s,
			      const struct sched_sample *sm, double dt_s)
{
	f->heap_live_bytes = known(sm->heap_live_bytes);
	f->heap_goal_bytes = known(sm->heap_goal_bytes);
	f->gogc_pct = sm->gogc_pct;
	f->gomemlimit_bytes = known(sm->gomemlimit_bytes);
	f->gc_per_min = grown_per(60, s->gc_cycles, sm->gc_cycles, dt_s);
	window_quantile(&s->pause, 0.99, &f->pause_p99_lo_ns, &f->pause_p99_ns);
}

static const char *phase_name(int phase)
{
	static const char *const names[] = { "off", "mark", "mark termination" };

	return phase >= 0 && phase < 3 ? names[phase] : NULL;
}

void sched_apply(struct target *t, struct sched_state *s, struct facts *f,
		 const struct sched_sample *sm, uint64_t t_ns)
{
	double dt_s = s->t_ns ? (double)(t_ns - s->t_ns) / 1e9 : NAN;

	arena_clear(&s->words);
	window_push(&s->latency, &sm->latency, t_ns);
	window_push(&s->pause, &sm->gc_pause, t_ns);
	shift_depths(s, t_ns);
	fill_ps(t, s, sm, dt_s);
	fill_ms(t, s, sm);
	fill_sched_facts(&f->sched, s, sm, dt_s);
	fill_latency(&f->latency, &s->latency);
	fill_memory_facts(&f->memory, s, sm, dt_s);
	t->gc_phase = phase_name(sm->gc_phase);
	s->created = sm->goroutines_created;
	s->gc_cycles = sm->gc_cycles;
	s->t_ns = t_ns;
}
