/* models.h - three models built by hand for tests of the screens: nothing known, a service on a
 * good day, and a storm whose names are hostile. Times are fixed; nothing is freed but by
 * models_free. */
#ifndef MODELS_H
#define MODELS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/field.h"
#include "core/model.h"
#include "core/site.h"

#define NOW_NS	     (1000 * NS_PER_S)
#define NOW_UNIX_NS  (1763992800ull * NS_PER_S) /* 2025-11-24 14:00:00 UTC */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Escape sequences, C1 as UTF-8 and raw, wide, combining, bidi, 300 columns, a torn sequence. */
#define LONG_50	 "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN"
#define LONG_300 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50
static const char *const hostile_names[] = {
	"\033[2J\033]0;owned\007",
	"\xc2\x9b"
	"31mred\x9b"
	"0m",
	"支払いサービス決済処理",
	"pay🙂ment👩‍👩‍👧‍👦",
	"e\xcc\x81\xcc\x82\xcc\x83\xcc\x84 zalgo",
	"abc\xe2\x80\xae"
	"fdp.exe\xe2\x80\xac",
	LONG_300,
	"torn\xe6\x94",
	"\xcc\x81leading mark",
	"tab\there\nand there %n %s",
	"",
};

static inline const char *hostile(size_t i)
{
	return hostile_names[i % COUNT(hostile_names)];
}

/* ---- stacks ---- */

static const struct frame stack_recv[] = {
	{ STR("runtime.gopark"), STR("/usr/lib/go/src/runtime/proc.go"), 424 },
	{ STR("runtime.chanrecv"), STR("/usr/lib/go/src/runtime/chan.go"), 639 },
	{ STR("runtime.chanrecv1"), STR("/usr/lib/go/src/runtime/chan.go"), 489 },
	{ STR("example.com/payment/client.(*Client).do"), STR("/src/payment/client/client.go"),
	  88 },
	{ STR("example.com/payment/client.(*Pool).Go.func1"), STR("/src/payment/client/client.go"),
	  61 },
};
static const struct frame stack_poll[] = {
	{ STR("runtime.gopark"), STR("/usr/lib/go/src/runtime/proc.go"), 424 },
	{ STR("internal/poll.runtime_pollWait"), STR("/usr/lib/go/src/runtime/netpoll.go"), 351 },
	{ STR("internal/poll.(*FD).Read"), STR("/usr/lib/go/src/internal/poll/fd_unix.go"), 165 },
	{ STR("net.(*conn).Read"), STR("/usr/lib/go/src/net/net.go"), 194 },
	{ STR("net/http.(*connReader).backgroundRead"), STR("/usr/lib/go/src/net/http/server.go"),
	  690 },
};
static const struct frame stack_mutex[] = {
	{ STR("sync.runtime_SemacquireMutex"), STR("/usr/lib/go/src/runtime/sema.go"), 95 },
	{ STR("sync.(*Mutex).lockSlow"), STR("/usr/lib/go/src/sync/mutex.go"), 173 },
	{ STR("main.(*ledger).post"), STR("/src/payment/ledger.go"), 140 },
	{ STR("main.main.func3"), STR("/src/payment/main.go"), 77 },
};
static const struct frame stack_tick[] = {
	{ STR("runtime.gopark"), STR("/usr/lib/go/src/runtime/proc.go"), 424 },
	{ STR("runtime.selectgo"), STR("/usr/lib/go/src/runtime/select.go"), 335 },
	{ STR("example.com/payment/metrics.(*Reporter).Run"),
	  STR("/src/payment/metrics/reporter.go"), 52 },
};
static const struct frame created_client = { STR("example.com/payment/client.(*Pool).Go"),
					     STR("/src/payment/client/client.go"), 61 };

static const struct group_spec {
	const struct frame *stack;
	uint32_t n_stack;
	const char *state;
	double count, delta, oldest;
} group_specs[] = {
	{ stack_poll, COUNT(stack_poll), "IO wait", 1024, 0, 10800 },
	{ stack_recv, COUNT(stack_recv), "chan receive", 412, 3.5, 2460 },
	{ stack_mutex, COUNT(stack_mutex), "sync.Mutex.Lock", 31, -2, NAN },
	{ stack_tick, COUNT(stack_tick), "select", 4, 0, 9.4 },
};

static inline struct group_row *new_group(const struct group_spec *spec, uint64_t id)
{
	struct group_row *g = xcalloc(1, sizeof(*g));

	row_clear(&table_groups, g);
	g->id = id;
	g->count = spec->count;
	g->delta_per_min = spec->delta;
	g->oldest_s = spec->oldest;
	g->state = spec->state;
	g->stack = spec->stack;
	g->n_stack = spec->n_stack;
	g->created_by = spec->stack == stack_recv ? &created_client : NULL;
	for (int i = 0; i < 40; i++) {
		g->trend.t_ns[i] = NOW_NS - (uint64_t)(40 - i) * NS_PER_S;
		g->trend.value[i] =
			(float)(spec->count * (spec->delta > 0 ? 0.3 + 0.7 * i / 39 : 1));
	}
	g->trend.n = 40;
	g->trend.seen = 40;
	group_name_sites(g);
	return g;
}

/* ---- the parts of a target ---- */

static inline struct model *new_test_model(size_t n)
{
	struct model *m = xcalloc(1, sizeof(*m));
	static const struct table *const facts[] = { &table_sched,   &table_goroutines,
						     &table_latency, &table_memory,
						     &table_process, &table_net,
						     &table_cost };

	m->targets = xcalloc(n, sizeof(*m->targets));
	m->n_targets = n;
	for (size_t i = 0; i < n; i++) {
		struct target *t = &m->targets[i];
		void *rows[] = { &t->facts.sched,  &t->facts.goroutines, &t->facts.latency,
				 &t->facts.memory, &t->facts.process,	 &t->facts.net,
				 &t->facts.cost };

		for (size_t f = 0; f < COUNT(facts); f++)
			row_clear(facts[f], rows[f]);
		for (int s = 0; s < SOURCE_COUNT; s++)
			t->sources[s].state = SOURCE_WAITING;
		t->goroutines_source = t->groups_source = t->latency_source = SOURCE_COUNT;
		t->by_running = t->by_runnable = t->by_waiting = t->by_syscall = NAN;
		t->now_ns = t->first_ns = NOW_NS;
		t->now_unix_ns = NOW_UNIX_NS;
		t->last_profile = PROFILE_KINDS;
	}
	return m;
}

static inline void set_source(struct target *t, enum source s, enum source_state state,
			      const char *detail)
{
	struct source_status *st = &t->sources[s];

	st->state = state;
	st->t_ns = NOW_NS - 400 * NS_PER_MS;
	st->ok_ns = state == SOURCE_OK ? st->t_ns : 0;
	snprintf(st->detail, sizeof(st->detail), "%s", detail);
}

static inline void fill_history(struct target *t, enum history h, double base, double swing)
{
	for (int i = 0; i < 120; i++)
		timeline_push(&t->history[h], NOW_NS - (uint64_t)(120 - i) * NS_PER_S,
			      i == 60 || i == 61 ? NAN
						 : base + swing * sin(i / 7.0) + swing * i / 120);
}

static inline void add_groups(struct target *t, size_t n)
{
	t->groups = xcalloc(n, sizeof(struct group_row *));
	for (size_t i = 0; i < n; i++) {
		struct group_spec spec = group_specs[i % COUNT(group_specs)];

		spec.count = i < COUNT(group_specs) ? spec.count : 3;
		t->groups[t->n_groups++] = new_group(&spec, i + 1);
	}
	t->stacks = t->groups;
	t->n_stacks = t->n_groups;
}

static inline void add_breaker(struct target *t, const char *name, const char *state,
			       double since_s)
{
	struct breaker_row *b;

	t->breakers = xreallocarray(t->breakers, t->n_breakers + 1, sizeof(*t->breakers));
	b = &t->breakers[t->n_breakers++];
	row_clear(&table_breakers, b);
	b->name = name;
	b->state = state;
	b->source = "metrics";
	b->since_s = since_s;
	b->requests = 120400;
	b->failure_pct = since_s < 1000 ? 41 : 0;
	b->rejected_per_s = since_s < 1000 ? 310 : 0;
	b->flaps_per_h = 3;
	b->library = "sony/gobreaker";
	b->detail = "circuit_breaker_state is 2; 0 closed, 1 half open, 2 open as its help says";
}

static inline void add_limiter(struct target *t, const char *name, double tokens, double denied)
{
	struct limiter_row *l;

	t->limiters = xreallocarray(t->limiters, t->n_limiters + 1, sizeof(*t->limiters));
	l = &t->limiters[t->n_limiters++];
	row_clear(&table_limiters, l);
	l->name = name;
	l->library = "x/time/rate";
	l->source = "metrics";
	l->limit_per_s = 100;
	l->burst = 50;
	l->tokens = tokens;
	l->allowed_per_s = 97;
	l->denied_per_s = denied;
}

static inline void add_request(struct target *t, const char *method, const char *route, double rate)
{
	struct request_row *r;

	t->requests = xreallocarray(t->requests, t->n_requests + 1, sizeof(*t->requests));
	r = &t->requests[t->n_requests++];
	row_clear(&table_requests, r);
	r->source = "metrics";
	r->method = method;
	r->route = route;
	r->rate_per_s = rate;
	r->p50_lo_ms = rate > 100 ? 0 : 2.5;
	r->p50_ms = 5;
	r->p99_lo_ms = rate > 100 ? 250 : 10000;
	r->p99_ms = rate > 100 ? 500 : INFINITY;
	r->status_2xx = rate * 0.97;
	r->status_4xx = rate * 0.01;
	r->status_5xx = rate > 100 ? rate * 0.02 : 0;
}

static inline void add_threads(struct target *t, size_t n)
{
	t->threads = xcalloc(n, sizeof(*t->threads));
	t->n_threads = n;
	for (size_t i = 0; i < n; i++) {
		row_clear(&table_threads, &t->threads[i]);
		t->threads[i].tid = 4182 + (double)i;
		t->threads[i].state = i % 4 ? "sleeping" : "running";
		t->threads[i].cpu_pct = i % 4 ? 0.1 : 71.3;
	}
}

static inline void add_leak(struct target *t, size_t group, const char *grade, const char *pattern)
{
	struct leak_row *l;

	t->leaks = xreallocarray(t->leaks, t->n_leaks + 1, sizeof(*t->leaks));
	l = &t->leaks[t->n_leaks++];
	row_clear(&table_leaks, l);
	l->grade = grade;
	l->row = t->groups[group];
	l->group = l->row->id;
	l->count = l->row->count;
	l->delta_per_min = 412;
	l->oldest_s = l->row->oldest_s;
	l->since_s = 840;
	l->score = 0.94;
	l->site = l->row->site;
	l->started = l->row->started;
	l->pattern = pattern;
	l->advice =
		"Nobody sends on or closes the channel any more. Close it when the sender ends, or "
		"select on ctx.Done() as well.";
	l->evidence[l->n_evidence++] = "grew in 14 of 14 windows of 1m, never shrank";
	l->evidence[l->n_evidence++] = "from 120 to 412 in 14m, +412/min";
}

static inline void add_finding(struct target *t, double score, const char *text, const char *view)
{
	struct finding_row *f;

	t->findings = xreallocarray(t->findings, t->n_findings + 1, sizeof(*t->findings));
	f = &t->findings[t->n_findings++];
	row_clear(&table_findings, f);
	f->onset_unix_ns = NOW_UNIX_NS - 130 * NS_PER_S;
	f->layer = t->n_findings % 2 ? "app" : "runtime";
	f->source = t->n_findings % 2 ? "breaker payment" : "goroutines";
	f->signal = t->n_findings % 2 ? "closed -> open" : "grows";
	f->value = t->n_findings % 2 ? "310/s rejected" : "+412/min";
	f->text = text;
	f->view = view;
	f->score = score;
}

/* ---- the three ---- */

static inline struct model *model_empty(void)
{
	struct model *m = new_test_model(1);

	m->targets[0].asked = m->targets[0].name = xstrdup("127.0.0.1:6060");
	set_source(&m->targets[0], SOURCE_MEMORY, SOURCE_OFF, "not in this build");
	set_source(
		&m->targets[0], SOURCE_PPROF, SOURCE_FAILED,
		"http://127.0.0.1:6060/debug/pprof/: connection refused (is the service running?)");
	return m;
}

static const struct build_dep test_deps[] = {
	{ STR("github.com/sony/gobreaker"), STR("v1.0.0"), { NULL, 0 } },
	{ STR("golang.org/x/time"), STR("v0.0.0-20240102150405-0123456789ab"), { NULL, 0 } },
	{ STR("example.com/ledger"), STR("v1.2.0"), STR("../ledger (devel)") },
};
static const struct build_setting test_settings[] = {
	{ STR("-buildmode"), STR("pie") },
	{ STR("CGO_ENABLED"), STR("0") },
	{ STR("GOARCH"), STR("amd64") },
};
static const struct build test_build = {
	.go = STR("go1.26.1 X:nogreenteagc"),
	.path = STR("example.com/payment/cmd/payment-api"),
	.module = STR("example.com/payment"),
	.version = STR("v1.4.2"),
	.vcs_revision = STR("9f3c2b7d11e04a6f8c5d2e1b0a9f8e7d6c5b4a39"),
	.vcs_time = STR("2025-11-20T09:12:44Z"),
	.vcs_modified = 1,
	.stripped = true,
	.cgo = 0,
	.deps = test_deps,
	.settings = test_settings,
	.n_deps = COUNT(test_deps),
	.n_settings = COUNT(test_settings),
};

static inline void set_facts(struct target *t)
{
	t->facts.sched.gomaxprocs = 8;
	t->facts.sched.threads = 24;
	t->facts.sched.created_per_s = 310;
	t->facts.goroutines.total = 14302;
	t->facts.memory.heap_live_bytes = 1.21 * (1 << 30);
	t->facts.memory.heap_goal_bytes = 1.9 * (1 << 30);
	t->facts.memory.heap_objects = 9.1e6;
	t->facts.memory.alloc_bytes_per_s = 310e6;
	t->facts.memory.allocs_per_s = 41000;
	t->facts.memory.gc_cpu_pct = 2.1;
	t->facts.memory.gc_per_min = 14;
	t->facts.memory.pause_max_ns = 90e3;
	t->facts.memory.gogc_pct = 100;
	t->facts.memory.rss_bytes = 2.4 * (1 << 30);
	t->facts.memory.stack_bytes = 31e6;
	t->facts.memory.sys_bytes = 2.6 * (1 << 30);
	t->facts.process = (struct process_facts){ 212, 4, 0, 88, 1024 };
	t->facts.cost = (struct cost_facts){ 0.3, 9e6, 0.2, NAN, 1 };
	t->by_running = 6;
	t->by_runnable = 41;
	t->by_waiting = 14201;
	t->by_syscall = 54;
	fill_history(t, HISTORY_GOROUTINES, 12000, 2000);
	fill_history(t, HISTORY_HEAP_LIVE, 0.9e9, 0.3e9);
	fill_history(t, HISTORY_HEAP_GOAL, 1.9e9, 0.05e9);
	fill_history(t, HISTORY_REQUESTS, 900, 300);
	fill_history(t, HISTORY_CPU, 150, 60);
	fill_history(t, HISTORY_RSS, 2.1e9, 0.3e9);
}

static inline void name_target(struct target *t, const char *name)
{
	t->asked = xstrdup("4182");
	t->name = xstrdup(name);
	t->url = xstrdup("http://127.0.0.1:6060");
	t->pid = 4182;
	t->start_unix_ns = NOW_UNIX_NS - (3 * 86400ull + 4 * 3600) * NS_PER_S;
	t->build = &test_build;
	t->first_ns = NOW_NS - 41 * NS_PER_S;
	t->leaks_looked = true;
	set_source(t, SOURCE_MEMORY, SOURCE_OFF, "not in this build");
	set_source(t, SOURCE_BPF, SOURCE_OFF, "not in this build");
	set_source(t, SOURCE_PROC, SOURCE_OK, "");
	set_source(t, SOURCE_PPROF, SOURCE_OK, "");
	set_source(t, SOURCE_METRICS, SOURCE_OK, "");
	set_source(t, SOURCE_EXPVAR, SOURCE_ABSENT, "http://127.0.0.1:6060/debug/vars: 404");
	set_source(t, SOURCE_HYSTRIX, SOURCE_ABSENT,
		   "no hystrix stream under http://127.0.0.1:6060");
	set_source(t, SOURCE_PROMETHEUS, SOURCE_OFF, "no server named (--prometheus)");
}

static inline struct model *model_normal(void)
{
	struct model *m = new_test_model(1);
	struct target *t = &m->targets[0];

	name_target(t, "payment-api");
	t->health = (struct health){ STR("/healthz"), 200, 1200000 };
	set_facts(t);
	add_groups(t, 26);
	add_leak(t, 1, "strong", "chan-receive-never-sent");
	add_leak(t, 2, "weak", "mutex-held");
	add_breaker(t, "payment", "open", 130);
	add_breaker(t, "fx", "half_open", 4);
	for (int i = 0; i < 8; i++)
		add_breaker(t, i % 2 ? "ledger" : "redis-session-cache", "closed", NAN);
	add_breaker(t, "legacy", "unknown", NAN);
	add_limiter(t, "api", 3.2, 18);
	add_limiter(t, "webhooks", 50, 0);
	add_request(t, "POST", "/pay", 1204);
	add_request(t, "GET", "/pay/{id}", 88);
	add_request(t, "GET", "/healthz", 0.2);
	add_threads(t, 24);
	add_finding(t, 0.94,
		    "LEAK strong: client.go:88 (*Client).do, 412 goroutines, +412/min, oldest 41m",
		    "leaks");
	add_finding(t, 0.88, "breaker payment OPEN for 2m10s, rejects 310/s", "breakers");
	add_finding(t, 0.5, "2.0% of POST /pay answer 5xx", "requests");
	return m;
}

/* ---- with the runtime's own memory ---- */

static inline void add_ps(struct target *t, int n)
{
	enum { DEPTHS = 120 };
	static const char *const status[] = { "running", "running", "idle", "syscall" };
	uint64_t *times = xcalloc(DEPTHS, sizeof(*times));

	t->ps = xcalloc((size_t)n, sizeof(*t->ps));
	t->n_ps = (size_t)n;
	t->depth_t_ns = times;
	for (int i = 0; i < DEPTHS; i++)
		times[i] = NOW_NS - (uint64_t)(DEPTHS - 1 - i) * NS_PER_S;
	for (int i = 0; i < n; i++) {
		struct p_row *p = &t->ps[i];
		float *depths = xcalloc(DEPTHS, sizeof(*depths));

		row_clear(&table_ps, p);
		for (int k = 0; k < DEPTHS; k++)
			depths[k] =
				k == 60 ? NAN : (float)(i == 3 ? 0 : fabs(sin(k / 9.0 + i)) * 31);
		p->depths = depths;
		p->n_depths = DEPTHS;
		p->id = i;
		if (i == 5) /* torn */
			continue;
		p->status = status[i % 4];
		p->runq = i == 3 ? 0 : 9 - i % 4;
		p->runq_max = 31;
		p->runnext = i == 0;
		p->m = i % 4 == 2 ? NAN : i + 3;
		p->g = i % 4 == 2 ? NAN : 8812 + i;
		p->g_func = i % 4 == 2 ? NULL : "example.com/payment/client.(*Client).do";
		p->sched_per_s = 1204;
		p->syscall_per_s = 88;
		p->timers = 12;
	}
}

static inline void add_ms(struct target *t)
{
	for (size_t i = 0; i < t->n_threads - 1; i++) { /* the last is no M */
		struct thread_row *th = &t->threads[i];

		th->m = (double)i;
		th->m_state = i % 4 ? "parked" : "running";
		th->p = i % 4 ? NAN : (double)(i / 4);
		th->g = i % 4 ? NAN : 8812 + (double)i;
		th->locked = i == 0 ? "locked" : NULL;
		th->g_func = i % 4 ? NULL : "main.handle";
	}
}

static inline void tell_more(struct group_row *g)
{
	static struct state_row states[] = { { "chan receive", 410 }, { "runnable", 2 } };
	static const double ages[AGE_BUCKETS] = { 12, 80, 0, 120, 180, 0, 0, 0 };

	g->states = states;
	g->n_states = COUNT(states);
	g->has_ages = true;
	memcpy(g->ages, ages, sizeof(ages));
}

static inline struct model *model_inside_with(int n_ps)
{
	struct model *m = model_normal();
	struct target *t = &m->targets[0];

	set_source(t, SOURCE_MEMORY, SOURCE_OK, "");
	t->goroutines_source = t->groups_source = t->latency_source = SOURCE_MEMORY;
	t->facts.sched.gomaxprocs = n_ps;
	t->facts.sched.global_runq = 14;
	t->facts.sched.idle_ps = 1;
	t->facts.sched.idle_ms = 9;
	t->facts.sched.spinning_ms = 1;
	t->facts.sched.runq_total = 26;
	t->facts.latency = (struct latency_facts){ 3584, 4096, 1.57e6, 1.84e6, 10 };
	t->facts.memory.pause_p99_lo_ns = 81920;
	t->facts.memory.pause_p99_ns = 90112;
	t->gc_phase = "mark";
	tell_more(t->groups[1]);
	fill_history(t, HISTORY_LATENCY, 1e6, 0.8e6);
	fill_history(t, HISTORY_GLOBAL_RUNQ, 14, 10);
	add_ps(t, n_ps);
	add_ms(t);
	return m;
}

static inline struct model *model_inside(void)
{
	return model_inside_with(8);
}

/* A large machine: more Ps than rows. */
static inline struct model *model_wide(void)
{
	return model_inside_with(96);
}

/* ---- with profiles taken, some of their names hostile ---- */

static inline void fill_site_row(struct site_row *r, size_t i, double flat_ns, double cum_ns)
{
	static const char *const funcs[] = { "crypto/internal/fips140/bigmod.addMulVVW2048",
					     "runtime.mallocgc",
					     "example.com/payment/client.(*Client).do",
					     "main.main" };
	static const int64_t values[4];

	row_clear(&table_sites, r);
	r->func = i < COUNT(funcs) ? funcs[i] : hostile(i - COUNT(funcs));
	r->place = i == 3 ? NULL : i < COUNT(funcs) ? "client.go:88" : hostile(i);
	r->flat_ns = flat_ns;
	r->flat_pct = flat_ns / 1e7;
	r->cum_ns = cum_ns;
	r->cum_pct = cum_ns / 1e7;
	r->by_type = values;
	r->id = i + 1;
}

static inline struct model *model_profiled(void)
{
	static struct site_row sites[14], heap_sites[14];
	static struct profile_type_row types[] = { { "samples", "count", 100 },
						   { "cpu", "nanoseconds", 1e9 },
						   { "inuse_space", "bytes", 1e9 } };
	static struct profile_row cpu, heap;
	struct model *m = model_normal();

	for (size_t i = 0; i < COUNT(sites); i++) {
		double part = i < 8 ? 3e8 / (double)(i + 1) : 0;

		fill_site_row(&sites[i], i, part, 1e9 - part);
		heap_sites[i] = sites[i];
		heap_sites[i].flat_bytes = sites[i].flat_ns;
		heap_sites[i].cum_bytes = sites[i].cum_ns;
		heap_sites[i].alloc_bytes_per_s = i == 1 ? NAN : 1e6 * (double)i;
		heap_sites[i].flat_ns = heap_sites[i].cum_ns = NAN;
	}
	row_clear(&table_profiles, &cpu);
	cpu.kind = "cpu";
	cpu.types = types;
	cpu.n_types = 2;
	cpu.type = types[1].name;
	cpu.taken_unix_ns = cpu.asked_unix_ns = NOW_UNIX_NS;
	cpu.functions = COUNT(sites);
	heap = cpu;
	cpu.total_ns = 1e9;
	cpu.duration_s = 5;
	cpu.dispatch_pct = 4.2;
	cpu.dispatch_leaf_pct = 1;
	cpu.sites = sites;
	heap.kind = "heap";
	heap.types = &types[2];
	heap.n_types = 1;
	heap.type = types[2].name;
	heap.total_bytes = 1e9;
	heap.sites = heap_sites;
	cpu.n_sites = heap.n_sites = COUNT(sites);
	m->targets[0].profiles[PROFILE_CPU] = &cpu;
	m->targets[0].profiles[PROFILE_HEAP] = &heap;
	m->targets[0].last_profile = PROFILE_CPU;
	return m;
}

static inline struct frame hostile_frame(size_t i)
{
	return (struct frame){ str_of(hostile(i)), str_of(hostile(i + 3)), 4294967295u };
}

static inline void storm_groups(struct target *t)
{
	static struct frame stacks[40][24];
	static struct label labels[3];

	for (size_t i = 0; i < 3; i++)
		labels[i] = (struct label){ str_of(hostile(i)), str_of(hostile(i + 5)) };
	t->groups = xcalloc(40, sizeof(struct group_row *));
	for (size_t i = 0; i < 40; i++) {
		struct group_spec spec = { stacks[i],  24,
					   hostile(i), 123456789e3 / (double)(i * i * i + 1),
					   1e7,	       1e9 };

		for (size_t f = 0; f < 24; f++)
			stacks[i][f] = hostile_frame(i + f);
		t->groups[i] = new_group(&spec, i + 1);
		t->groups[i]->labels = labels;
		t->groups[i]->n_labels = 3;
	}
	t->stacks = t->groups;
	t->n_stacks = t->n_groups = 40;
}

static inline struct model *model_storm(void)
{
	struct model *m = new_test_model(3);
	struct target *t = &m->targets[0];

	for (size_t i = 0; i < 3; i++)
		name_target(&m->targets[i], hostile(i));
	set_facts(t);
	t->facts.goroutines.total = 123456789012.0;
	t->facts.memory.heap_live_bytes = INFINITY;
	t->facts.process.cpu_pct = 98765;
	set_source(t, SOURCE_METRICS, SOURCE_FAILED, hostile(6));
	set_source(t, SOURCE_EXPVAR, SOURCE_DENIED, hostile(0));
	t->sources[SOURCE_PPROF].t_ns = NOW_NS - 20 * NS_PER_S;
	storm_groups(t);
	for (size_t i = 0; i < 11; i++) {
		add_leak(t, i, i % 3 ? "proven" : hostile(i), hostile(i + 1));
		add_breaker(t, hostile(i), i % 2 ? "open" : hostile(i), 1e9);
		add_limiter(t, hostile(i), 1e-9, 1e12);
		add_request(t, hostile(i), hostile(i + 2), 1e9);
		add_finding(t, 1 - (double)i / 10, hostile(i), hostile(i));
	}
	add_threads(t, 300);
	m->targets[1].gone_unix_ns = NOW_UNIX_NS - 33 * NS_PER_S;
	return m;
}

static inline void free_test_target(struct target *t)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		group_free_sites(t->groups[i]);
		free(t->groups[i]);
	}
	free(t->groups);
	free(t->leaks);
	free(t->breakers);
	free(t->limiters);
	free(t->requests);
	free(t->threads);
	free(t->findings);
	for (size_t i = 0; i < t->n_ps; i++)
		free((void *)(uintptr_t)t->ps[i].depths);
	free(t->ps);
	free((void *)(uintptr_t)t->depth_t_ns);
	if (t->asked != t->name)
		free(t->asked);
	free(t->name);
	free(t->url);
}

static inline void models_free(struct model *m)
{
	for (size_t i = 0; i < m->n_targets; i++)
		free_test_target(&m->targets[i]);
	free(m->targets);
	free(m);
}

#endif
