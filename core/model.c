#include "core/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/xalloc.h"
#include "core/field.h"
#include "core/state.h"

static const enum source page_sources[PAGE_COUNT] = {
	[PAGE_METRICS] = SOURCE_METRICS,
	[PAGE_EXPVAR] = SOURCE_EXPVAR,
};

struct model *model_new(void)
{
	return xcalloc(1, sizeof(struct model));
}

static void state_free(struct target_state *s)
{
	facts_release(&s->facts);
	groups_release(&s->groups);
	for (int i = 0; i < PAGE_COUNT; i++) {
		breakers_release(&s->breakers[i]);
		limiters_release(&s->limiters[i]);
	}
	requests_release(&s->requests);
	circuits_release(&s->circuits);
	objects_release(&s->objects);
	sched_free(s->sched);
	arena_release(&s->build_arena);
	arena_release(&s->thread_arena);
	arena_release(&s->leak_arena);
	arena_release(&s->finding_arena);
	free(s->base_name);
	free(s->proven);
	free(s->threads);
	free(s->threads_before);
	free(s);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_targets; i++) {
		struct target *t = &m->targets[i];

		profiles_forget(t);
		free(t->name);
		free(t->asked);
		free(t->url);
		free(t->leaks);
		free(t->findings);
		state_free(t->state);
	}
	free(m->targets);
	free(m);
}

uint32_t model_add_target(struct model *m, const char *asked, const char *name, bool is_url)
{
	struct target *t;

	m->targets = xreallocarray(m->targets, m->n_targets + 1, sizeof(*m->targets));
	t = &m->targets[m->n_targets];
	*t = (struct target){ .is_url = is_url,
			      .goroutines_source = SOURCE_COUNT,
			      .groups_source = SOURCE_COUNT,
			      .latency_source = SOURCE_COUNT,
			      .metrics_source = SOURCE_COUNT,
			      .last_profile = PROFILE_KINDS };
	t->asked = xstrdup(asked);
	t->name = xstrdup(name ? name : asked);
	t->named = name != NULL;
	t->state = xcalloc(1, sizeof(*t->state));
	t->state->sched = sched_new();
	for (int i = 0; i < PAGE_COUNT; i++)
		t->state->breakers[i].source = t->state->limiters[i].source = page_sources[i];
	t->state->page_source = SOURCE_METRICS;
	for (int i = 0; i < SOURCE_COUNT; i++) {
		t->sources[i].state = SOURCE_WAITING;
		snprintf(t->sources[i].detail, sizeof(t->sources[i].detail), "no answer yet");
		facts_clear(&t->state->facts.now[i]);
	}
	row_clear(&table_cost, &t->state->facts.cost);
	facts_clear(&t->facts);
	t->by_running = t->by_runnable = t->by_waiting = t->by_syscall = NAN;
	return (uint32_t)m->n_targets++;
}

/* ---- the parts of a sample ---- */

static void take_status(struct target *t, const struct sample *s)
{
	struct source_status *st = &t->sources[s->source];

	if (st->state != s->state) {
		st->state = s->state;
		st->since_ns = s->t_ns;
	}
	st->t_ns = s->t_ns;
	st->every_ns = s->every_ns;
	if (s->state == SOURCE_OK) {
		st->ok_ns = s->t_ns;
		st->ok_count++;
	}
	snprintf(st->detail, sizeof(st->detail), "%s", s->state == SOURCE_OK ? "" : s->why.text);
	if (s->note.len || s->state != SOURCE_OK)
		snprintf(st->note, sizeof(st->note), "%.*s", (int)s->note.len, s->note.p);
}

static void set_text(char **at, struct str s)
{
	if (*at && str_is(s, *at))
		return;
	free(*at);
	*at = xasprintf("%.*s", (int)s.len, s.p);
}

/* The samples of a process live only as long as the call: its build is copied. */
static void copy_build(struct target_state *s, const struct build *b)
{
	struct arena *a = &s->build_arena;
	struct build_dep *deps;
	struct build_setting *settings;

	arena_clear(a);
	deps = arena_alloc(a, b->n_deps * sizeof(*deps));
	settings = arena_alloc(a, b->n_settings * sizeof(*settings));
	for (size_t i = 0; i < b->n_deps; i++)
		deps[i] = (struct build_dep){ arena_str(a, b->deps[i].path),
					      arena_str(a, b->deps[i].version),
					      arena_str(a, b->deps[i].replace) };
	for (size_t i = 0; i < b->n_settings; i++)
		settings[i] = (struct build_setting){ arena_str(a, b->settings[i].key),
						      arena_str(a, b->settings[i].value) };
	s->build = *b;
	s->build.go = arena_str(a, b->go);
	s->build.path = arena_str(a, b->path);
	s->build.module = arena_str(a, b->module);
	s->build.version = arena_str(a, b->version);
	s->build.vcs_revision = arena_str(a, b->vcs_revision);
	s->build.vcs_time = arena_str(a, b->vcs_time);
	s->build.deps = deps;
	s->build.settings = settings;
}

static void unmap_breakers(struct target_state *s)
{
	for (int i = 0; i < PAGE_COUNT; i++)
		s->breakers[i].map.valid = false;
}

static void take_build(struct target *t, const struct process *p)
{
	uint64_t key = hash_u64(hash_u64(HASH_START, (uint64_t)p->pid), p->start_wall_ns);

	if (!p->build || (t->build && t->state->build_key == key))
		return;
	copy_build(t->state, p->build);
	t->state->build_key = key;
	t->build = &t->state->build;
	unmap_breakers(t->state); /* the libraries linked in may explain their numbers */
}

static void take_threads(struct target *t, const struct process *p, uint64_t t_ns);

/* Another process: no rate, no growth and no suspect goes over the change. */
static void forget_process(struct target *t)
{
	struct target_state *s = t->state;

	s->facts.process_ns = 0;
	s->n_threads_before = 0;
	unmap_breakers(s); /* other libraries may explain their numbers */
	t->build = NULL;
	if (!t->pid) /* it only became known */
		return;
	sched_free(s->sched);
	s->sched = sched_new();
	t->n_ps = t->n_ms = 0;
	groups_release(&s->groups);
	s->groups = (struct groups_state){ 0 };
	t->n_groups = t->n_stacks = 0;
	t->groups = t->stacks = NULL;
	t->groups_source = SOURCE_COUNT;
	free(t->leaks);
	t->leaks = NULL;
	t->n_leaks = s->n_leaks_kept = 0;
	t->leaks_looked = false;
	s->n_proven = 0;
	t->leak_profile = (struct leak_profile){ 0 };
	profiles_forget(t);
}

static void take_process(struct target *t, const struct sample *s)
{
	const struct process *p = s->process;

	if (!t->named)
		set_text(&t->name, p->name);
	set_text(&t->state->base_name, p->name);
	if (t->pid != p->pid)
		forget_process(t);
	t->pid = p->pid;
	t->start_unix_ns = p->start_wall_ns;
	facts_from_process(&t->state->facts, p, s->t_ns);
	take_build(t, p);
	take_threads(t, p, s->t_ns);
}

static const char *thread_state(char c)
{
	switch (c) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk";
	case 'T':
	case 't':
		return "stopped";
	case 'Z':
		return "zombie";
	default:
		return "idle";
	}
}

static double thread_cpu(const struct target_state *s, const struct thread *th, uint64_t t_ns)
{
	for (size_t i = 0; i < s->n_threads_before; i++) {
		if (s->threads_before[i].tid != th->tid || th->cpu_ns < s->threads_before[i].cpu_ns)
			continue;
		return (double)(th->cpu_ns - s->threads_before[i].cpu_ns) * 100 /
		       (double)(t_ns - s->threads_ns);
	}
	return NAN;
}

static int busiest_first(const void *a, const void *b)
{
	const struct thread_row *x = a, *y = b;
	double cx = isnan(x->cpu_pct) ? -1 : x->cpu_pct, cy = isnan(y->cpu_pct) ? -1 : y->cpu_pct;

	if (cx != cy)
		return cx < cy ? 1 : -1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static void take_threads(struct target *t, const struct process *p, uint64_t t_ns)
{
	struct target_state *s = t->state;

	if (p->n_thread_rows > s->threads_cap) {
		s->threads_cap = p->n_thread_rows;
		s->threads = xreallocarray(s->threads, s->threads_cap, sizeof(*s->threads));
		s->threads_before = xreallocarray(s->threads_before, s->threads_cap,
						  sizeof(*s->threads_before));
	}
	for (size_t i = 0; i < p->n_thread_rows; i++) {
		s->threads[i].tid = p->threads[i].tid;
		s->threads[i].state = thread_state(p->threads[i].state);
		s->threads[i].cpu_pct = thread_cpu(s, &p->threads[i], t_ns);
	}
	for (size_t i = 0; i < p->n_thread_rows; i++) {
		s->threads_before[i].tid = p->threads[i].tid;
		s->threads_before[i].cpu_ns = p->threads[i].cpu_ns;
	}
	if (p->n_thread_rows)
		qsort(s->threads, p->n_thread_rows, sizeof(*s->threads), busiest_first);
	s->n_threads_before = p->n_thread_rows;
	s->threads_ns = t_ns;
	t->threads = s->threads;
	t->n_threads = p->n_thread_rows;
	sched_join_threads(t);
}

static void forget_rates(struct target_state *s)
{
	struct breakers_state *b = &s->breakers[PAGE_METRICS];
	struct limiters_state *l = &s->limiters[PAGE_METRICS];

	facts_forget_rates(&s->facts.pages[PAGE_METRICS]);
	s->requests.map.valid = b->map.valid = l->map.valid = false;
	s->requests.t_ns = b->t_ns = l->t_ns = 0;
}

/* Of the service's own page and a server's the better one counts; no rate goes from one to the
 * other. */
static bool takes_page(struct target *t, const struct sample *s)
{
	struct target_state *st = t->state;

	if (t->metrics_source < s->source)
		return false;
	t->metrics_source = s->source;
	if (st->page_source != s->source)
		forget_rates(st);
	st->page_source = st->breakers[PAGE_METRICS].source = st->limiters[PAGE_METRICS].source =
		st->requests.source = s->source;
	return true;
}

static void take_metrics(struct target *t, const struct sample *s)
{
	struct target_state *st = t->state;
	enum page page = s->source == SOURCE_EXPVAR ? PAGE_EXPVAR : PAGE_METRICS;

	if (page == PAGE_METRICS && !takes_page(t, s))
		return;
	facts_from_page(&st->facts.now[s->source], &st->facts.pages[page], s->metrics, s->t_ns);
	breakers_apply(t, &st->breakers[page], s->metrics, s->t_ns);
	limiters_apply(&st->limiters[page], s->metrics, s->t_ns);
	if (page == PAGE_METRICS) /* expvar has no histograms of requests */
		requests_apply(t, &st->requests, s->metrics, s->t_ns);
	objects_join(t);
}

static void take_circuits(struct target *t, const struct sample *s)
{
	circuits_apply(t, &t->state->circuits, s->circuits, s->t_ns);
	objects_join(t);
}

static void take_past(struct target *t, const struct past_sample *p)
{
	static const enum history charts[PAST_COUNT] = {
		[PAST_GOROUTINES] = HISTORY_GOROUTINES,
		[PAST_HEAP_LIVE] = HISTORY_HEAP_LIVE,
		[PAST_HEAP_GOAL] = HISTORY_HEAP_GOAL,
		[PAST_RSS] = HISTORY_RSS,
		[PAST_CPU] = HISTORY_CPU,
	};

	for (int i = 0; i < PAST_COUNT; i++) {
		if (p->values[i])
			timeline_put_past(&t->history[charts[i]], p->t_ns, p->values[i], p->n);
	}
}

static void take_objects(struct target *t, const struct sample *s)
{
	t->objects_looked = true;
	objects_apply(&t->state->objects, s->objects, s->t_ns);
	objects_join(t);
}

static void take_sched(struct target *t, const struct sample *s)
{
	sched_apply(t, t->state->sched, &t->state->facts.now[s->source], s->sched, s->t_ns);
	t->latency_source = s->source;
}

/* Sources stand in order of trust; the worse one is not mixed in. */
static void take_goroutines(struct target *t, const struct sample *s)
{
	struct goroutine_facts *f = &t->state->facts.now[s->source].goroutines;

	f->total = (double)s->goroutines->total;
	f->unknown = s->source == SOURCE_MEMORY ? (double)s->goroutines->unknown : NAN;
	if (t->groups_source < s->source)
		return;
	t->groups_source = s->source;
	groups_apply(t, &t->state->groups, s->goroutines, s->t_ns);
	leaks_apply(t, &t->state->leak_arena, s->t_ns);
}

static void take_leak_profile(struct target *t, const struct sample *s)
{
	leaks_prove(t, s->leak_profile, s->unix_ns);
	if (t->n_stacks)
		leaks_apply(t, &t->state->leak_arena, s->t_ns);
}

static void take_health(struct target *t, const struct health *h)
{
	snprintf(t->state->health_path, sizeof(t->state->health_path), "%.*s", (int)h->path.len,
		 h->path.p);
	t->health = *h;
	t->health.path = str_of(t->state->health_path);
}

static void forget_groups(struct target *t)
{
	t->groups_source = SOURCE_COUNT;
	t->n_groups = t->n_stacks = 0;
	if (t->n_leaks) /* hidden as long as nothing is seen of them, not forgotten */
		t->state->n_leaks_kept = t->n_leaks;
	t->n_leaks = 0;
	t->leaks_looked = false;
	t->by_running = t->by_runnable = t->by_waiting = t->by_syscall = NAN;
}

static void forget_memory(struct target *t, uint64_t t_ns)
{
	struct objects_state *o = &t->state->objects;

	sched_gap(t->state->sched, t_ns);
	t->n_ps = t->n_ms = 0;
	t->gc_phase = NULL;
	sched_join_threads(t);
	t->latency_source = SOURCE_COUNT;
	t->objects_looked = false;
	o->n_breakers = o->n_limiters = 0;
	objects_join(t);
}

static void forget_page(struct target *t, enum page page)
{
	t->state->breakers[page].n_live = t->state->limiters[page].n_live = 0;
	objects_join(t);
}

/* What a source that fell silent said last is no longer true. */
static void forget(struct target *t, enum source source, uint64_t t_ns)
{
	struct target_state *s = t->state;

	facts_clear(&s->facts.now[source]);
	if (source == t->groups_source)
		forget_groups(t);
	switch (source) {
	case SOURCE_MEMORY:
		forget_memory(t, t_ns);
		break;
	case SOURCE_METRICS:
	case SOURCE_PROMETHEUS:
		if (t->metrics_source != source)
			break;
		t->metrics_source = SOURCE_COUNT;
		t->n_requests = 0;
		forget_page(t, PAGE_METRICS);
		break;
	case SOURCE_EXPVAR:
		forget_page(t, PAGE_EXPVAR);
		break;
	case SOURCE_HYSTRIX:
		s->circuits.n_live = 0;
		objects_join(t);
		break;
	case SOURCE_PROC:
		t->n_threads = 0;
		sched_join_threads(t);
		break;
	default:
		break;
	}
}

static double requests_per_s(const struct target *t)
{
	double sum = NAN;

	for (size_t i = 0; i < t->n_requests; i++) {
		double v = t->requests[i].rate_per_s;

		if (!isnan(v))
			sum = isnan(sum) ? v : sum + v;
	}
	return sum;
}

/* A page of metrics, or a round that should have brought one. */
static bool is_page_round(const struct target *t, const struct sample *s)
{
	return s->source == t->state->page_source && (s->metrics || s->state != SOURCE_OK);
}

/* The heap is charted in the rhythm of the best source that knows it. */
static bool knows_heap(const struct target *t, const struct sample *s)
{
	static const enum source by_page[] = { SOURCE_METRICS, SOURCE_EXPVAR };
	const struct facts *now = t->state->facts.now;

	if (!isnan(now[SOURCE_MEMORY].memory.heap_live_bytes))
		return s->source == SOURCE_MEMORY && s->sched;
	for (size_t i = 0; i < sizeof(by_page) / sizeof(*by_page); i++) {
		if (!isnan(now[by_page[i]].memory.heap_live_bytes))
			return s->source == by_page[i];
	}
	return is_page_round(t, s);
}

/* /proc tells CPU time and memory in its own rhythm; of a service elsewhere only its metrics do. */
static bool knows_process(const struct target *t, const struct sample *s)
{
	if (t->sources[SOURCE_PROC].state == SOURCE_OK)
		return s->source == SOURCE_PROC;
	return is_page_round(t, s);
}

static void push_history(struct target *t, const struct sample *s)
{
	const struct facts *f = &t->facts;

	if (knows_process(t, s)) {
		timeline_push(&t->history[HISTORY_CPU], s->t_ns, f->process.cpu_pct);
		timeline_push(&t->history[HISTORY_RSS], s->t_ns, f->memory.rss_bytes);
	}
	if (is_page_round(t, s))
		timeline_push(&t->history[HISTORY_REQUESTS], s->t_ns, requests_per_s(t));
	if (knows_heap(t, s)) {
		timeline_push(&t->history[HISTORY_HEAP_LIVE], s->t_ns, f->memory.heap_live_bytes);
		timeline_push(&t->history[HISTORY_HEAP_GOAL], s->t_ns, f->memory.heap_goal_bytes);
	}
	if (s->source == SOURCE_MEMORY && !s->goroutines && !s->objects) {
		timeline_push(&t->history[HISTORY_LATENCY], s->t_ns, f->latency.p99_ns);
		timeline_push(&t->history[HISTORY_GLOBAL_RUNQ], s->t_ns, f->sched.global_runq);
	}
	if (s->source == t->goroutines_source && (s->goroutines || s->metrics))
		timeline_push(&t->history[HISTORY_GOROUTINES], s->t_ns, f->goroutines.total);
}

static enum source who_knows_goroutines(const struct target *t)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (t->sources[i].state == SOURCE_OK &&
		    !isnan(t->state->facts.now[i].goroutines.total))
			return (enum source)i;
	}
	return SOURCE_COUNT;
}

void model_apply(struct model *m, const struct sample *s)
{
	struct target *t = &m->targets[s->target];

	if (s->t_ns > t->now_ns) { /* what a server tells is of the time it was scraped */
		t->now_ns = s->t_ns;
		t->now_unix_ns = s->unix_ns;
	}
	if (!t->first_ns)
		t->first_ns = s->t_ns;
	if (s->source < SOURCE_COUNT) {
		take_status(t, s);
		if (s->state != SOURCE_OK)
			forget(t, s->source, s->t_ns);
	}
	if (s->gone && !t->gone_unix_ns)
		t->gone_unix_ns = s->unix_ns;
	if (s->state == SOURCE_OK && s->url.len)
		set_text(&t->url, s->url);
	if (s->process)
		take_process(t, s);
	if (s->metrics)
		take_metrics(t, s);
	if (s->circuits)
		take_circuits(t, s);
	if (s->sched)
		take_sched(t, s);
	if (s->objects)
		take_objects(t, s);
	if (s->goroutines)
		take_goroutines(t, s);
	if (s->leak_profile)
		take_leak_profile(t, s);
	if (s->profile)
		profiles_apply(t, s->profile, s->unix_ns);
	if (s->health)
		take_health(t, s->health);
	if (s->past)
		take_past(t, s->past);
	if (s->cost)
		facts_from_cost(&t->state->facts, s->cost, s->t_ns);
	facts_merge(t, &t->state->facts, &t->facts);
	t->goroutines_source = who_knows_goroutines(t);
	push_history(t, s);
	findings_apply(t, &t->state->finding_arena);
}

bool target_reached(const struct target *t)
{
	static const enum source http[] = { SOURCE_PPROF, SOURCE_METRICS, SOURCE_EXPVAR,
					    SOURCE_HYSTRIX };

	/* What a server has kept of the past is no answer of the target's. */
	if (t->is_server || t->by_server)
		return t->sources[SOURCE_PROMETHEUS].ok_ns;
	for (size_t i = 0; i < sizeof(http) / sizeof(*http); i++) {
		if (t->sources[http[i]].ok_ns)
			return true;
	}
	return !t->is_url && (t->sources[SOURCE_PROC].ok_ns || t->sources[SOURCE_MEMORY].ok_ns ||
			      t->sources[SOURCE_BPF].ok_ns);
}

struct source_row target_source_row(const struct target *t, enum source s, uint64_t now_ns)
{
	const struct source_status *st = &t->sources[s];
	uint64_t at_ns = st->state == SOURCE_OK ? st->ok_ns : st->t_ns;

	return (struct source_row){
		.name = source_name(s),
		.state = source_state_name(st->state),
		.age_ms = st->t_ns && st->state != SOURCE_OFF && now_ns >= at_ns
				  ? (double)(now_ns - at_ns) / 1e6
				  : NAN,
		.every_ms =
			st->state == SOURCE_OK && st->every_ns ? (double)st->every_ns / 1e6 : NAN,
		.detail = st->detail[0] ? st->detail : NULL,
	};
}
