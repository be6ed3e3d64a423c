/* The model over what the target's own memory tells: Ps, Ms, the runtime's histograms, goroutines
 * by a better source, breakers and limiters found in the heap. */
#include "core/window.h"
#include "tests/unit/model_kit.h"

/* ---- histograms over a window ---- */

static const uint64_t bounds[] = { 0, 10, 20, 40, 80, UINT64_MAX };
enum { BUCKETS = COUNT(bounds) - 1 };

static void push(struct window *w, double at_s, const uint64_t *counts)
{
	struct histogram h = { bounds, counts, BUCKETS };

	window_push(w, &h, kit_ns(at_s));
}

static void assert_quantile(const struct window *w, double q, double lo, double hi)
{
	double got_lo, got_hi;

	window_quantile(w, q, &got_lo, &got_hi);
	assert_num(got_lo, lo);
	assert_num(got_hi, hi);
}

static void a_quantile_is_the_bucket_that_grew(void **state)
{
	struct window w = { .span_ns = 10 * NS_PER_S };

	(void)state;
	push(&w, 0, (uint64_t[BUCKETS]){ 1000, 0, 0, 0, 0 });
	assert_int_equal(w.length_ns, 0);
	assert_quantile(&w, 0.5, ABSENT, ABSENT);
	push(&w, 1, (uint64_t[BUCKETS]){ 1000, 98, 0, 2, 0 });
	assert_int_equal(w.total, 100);
	assert_int_equal(w.length_ns, NS_PER_S);
	assert_quantile(&w, 0.50, 10, 20);
	assert_quantile(&w, 0.98, 10, 20);
	assert_quantile(&w, 0.99, 40, 80);
	push(&w, 2, (uint64_t[BUCKETS]){ 1000, 98, 0, 2, 50 });
	assert_quantile(&w, 0.99, 80, INFINITY);
	window_release(&w);
}

static void what_is_older_than_the_window_does_not_count(void **state)
{
	struct window w = { .span_ns = 10 * NS_PER_S };
	uint64_t counts[BUCKETS] = { 0 };

	(void)state;
	for (int s = 0; s <= 5; s++) {
		counts[3] += 100;
		push(&w, s, counts);
	}
	for (int s = 6; s <= 17; s++) {
		counts[0] += 1;
		push(&w, s, counts);
	}
	assert_true(w.length_ns <= 12 * NS_PER_S);
	assert_quantile(&w, 0.99, 0, 10);
	window_release(&w);
}

static void counts_that_shrink_are_of_another_process(void **state)
{
	struct window w = { .span_ns = 10 * NS_PER_S };

	(void)state;
	push(&w, 0, (uint64_t[BUCKETS]){ 5, 5, 5, 5, 5 });
	push(&w, 1, (uint64_t[BUCKETS]){ 9, 1, 5, 5, 5 });
	assert_int_equal(w.total, 0);
	assert_quantile(&w, 0.5, ABSENT, ABSENT);
	push(&w, 2, (uint64_t[BUCKETS]){ 9, 1, 5, 6, 5 });
	assert_quantile(&w, 0.5, 40, 80);
	window_push(&w, &(struct histogram){ 0 }, kit_ns(3));
	assert_quantile(&w, 0.5, ABSENT, ABSENT);
	window_release(&w);
}

/* ---- Ps and Ms ---- */

static struct sched_sample sched_of(struct p_sample *ps, size_t n_ps, struct m_sample *ms,
				    size_t n_ms)
{
	return (struct sched_sample){
		.gomaxprocs = (int64_t)n_ps,
		.global_runq = 4,
		.idle_ps = -1,
		.idle_ms = 1,
		.spinning_ms = 0,
		.threads = (int64_t)n_ms,
		.ps = ps,
		.n_ps = n_ps,
		.ms = ms,
		.n_ms = n_ms,
		.goroutines_created = -1,
		.heap_live_bytes = 1000,
		.heap_goal_bytes = -1,
		.gomemlimit_bytes = -1,
		.gc_cycles = 7,
		.gogc_pct = 100,
		.gc_phase = 1,
	};
}

static void kit_sched(struct kit *k, double at_s, const struct sched_sample *sched)
{
	struct sample s = kit_sample(at_s, SOURCE_MEMORY);

	s.sched = sched;
	model_apply(k->m, &s);
}

static struct p_sample p_of(int32_t id, uint32_t runq, uint32_t runq_max, uint32_t tick)
{
	return (struct p_sample){
		.id = id,
		.status = P_RUNNING,
		.runq = runq,
		.runq_max = runq_max,
		.m = 3 + id,
		.g = 100 + id,
		.g_func = STR("main.handle"),
		.schedtick = tick,
		.syscalltick = tick / 2,
		.timers = 2,
		.known = true,
	};
}

static void ticks_become_rates_also_over_their_end(void **state)
{
	struct p_sample ps[2] = { p_of(0, 9, 31, UINT32_MAX - 9), p_of(1, 3, 3, 100) };
	struct sched_sample s = sched_of(ps, 2, NULL, 0);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_sched(&k, 1, &s);
	assert_int_equal(k.t->n_ps, 2);
	assert_text(k.t->ps[0].status, "running");
	assert_text(k.t->ps[0].g_func, "main.handle");
	assert_num(k.t->ps[0].runq_max, 31);
	assert_num(k.t->ps[0].sched_per_s, ABSENT);
	assert_num(k.t->facts.sched.runq_total, 12);
	assert_num(k.t->facts.sched.global_runq, 4);
	assert_num(k.t->facts.sched.idle_ps, ABSENT);
	assert_num(k.t->facts.memory.heap_live_bytes, 1000);
	assert_num(k.t->facts.memory.heap_goal_bytes, ABSENT);
	assert_text(k.t->gc_phase, "mark");
	ps[0] = p_of(0, 0, 5, 10);
	ps[1] = p_of(1, 0, 0, 140);
	s.gc_cycles = 8;
	kit_sched(&k, 3, &s);
	assert_num(k.t->ps[0].sched_per_s, 10);
	assert_num(k.t->ps[1].sched_per_s, 20);
	assert_num(k.t->ps[1].syscall_per_s, 10);
	assert_num(k.t->facts.memory.gc_per_min, 30);
	kit_end(&k);
}

static void a_torn_p_is_unknown_and_so_is_the_sum(void **state)
{
	struct p_sample ps[2] = { p_of(0, 9, 31, 1), { .id = 1, .m = -1, .g = -1 } };
	struct sched_sample s = sched_of(ps, 2, NULL, 0);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_sched(&k, 1, &s);
	assert_null(k.t->ps[1].status);
	assert_num(k.t->ps[1].runq, ABSENT);
	assert_int_equal(k.t->ps[1].runnext, -1);
	assert_num(k.t->ps[1].m, ABSENT);
	assert_num(k.t->facts.sched.runq_total, ABSENT);
	ps[1] = p_of(1, 1, 1, 50);
	kit_sched(&k, 2, &s);
	assert_num(k.t->ps[1].sched_per_s, ABSENT); /* its ticks before were not read */
	kit_end(&k);
}

static void depths_are_kept_and_silence_is_a_gap(void **state)
{
	struct p_sample ps[1] = { p_of(0, 0, 2, 1) };
	struct sched_sample s = sched_of(ps, 1, NULL, 0);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_sched(&k, 1, &s);
	ps[0].runq_max = 7;
	kit_sched(&k, 2, &s);
	kit_lost(&k, 3, SOURCE_MEMORY, SOURCE_FAILED);
	assert_int_equal(k.t->n_ps, 0);
	assert_num(k.t->facts.sched.global_runq, ABSENT);
	ps[0].runq_max = 1;
	kit_sched(&k, 4, &s);
	assert_int_equal(k.t->ps[0].n_depths, 4);
	assert_num(k.t->ps[0].depths[0], 2);
	assert_num(k.t->ps[0].depths[1], 7);
	assert_num(k.t->ps[0].depths[2], ABSENT);
	assert_num(k.t->ps[0].depths[3], 1);
	assert_int_equal(k.t->depth_t_ns[3], kit_ns(4));
	for (int i = 5; i < 900; i++)
		kit_sched(&k, i, &s);
	assert_int_equal(k.t->depth_t_ns[k.t->ps[0].n_depths - 1], kit_ns(899));
	kit_end(&k);
}

static void a_p_that_comes_later_has_gaps_before(void **state)
{
	struct p_sample ps[2] = { p_of(0, 0, 2, 1), p_of(1, 0, 3, 1) };
	struct sched_sample one = sched_of(ps, 1, NULL, 0), two = sched_of(ps, 2, NULL, 0);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_sched(&k, 1, &one);
	kit_sched(&k, 2, &two);
	assert_num(k.t->ps[1].depths[0], ABSENT);
	assert_num(k.t->ps[1].depths[1], 3);
	kit_sched(&k, 3, &one);
	assert_int_equal(k.t->n_ps, 1);
	kit_sched(&k, 4, &two);
	assert_num(k.t->ps[1].depths[2], ABSENT);
	kit_end(&k);
}

static void an_m_finds_its_thread(void **state)
{
	static const struct thread threads[] = { { 4182, 'S', 0 },
						 { 4183, 'R', 0 },
						 { 4190, 'S', 0 } };
	static const struct thread later[] = { { 4182, 'S', 0 },
					       { 4183, 'R', NS_PER_S / 2 },
					       { 4190, 'S', 0 } };
	struct m_sample ms[] = {
		{ .id = 0, .tid = 4182, .p = -1, .g = -1, .blocked = true, .locked = true },
		{ .id = 3, .tid = 4183, .p = 0, .g = 17, .g_func = STR("main.spin") },
		{ .id = 4, .tid = 0, .p = -1, .g = -1, .spinning = true },
	};
	struct process p = { .pid = 4182,
			     .name = STR("svc"),
			     .threads = threads,
			     .n_thread_rows = 3,
			     .n_fds = UINT64_MAX,
			     .throttled_ns = UINT64_MAX,
			     .cpu_quota = NAN };
	struct p_sample ps[1] = { p_of(0, 0, 0, 1) };
	struct sched_sample s = sched_of(ps, 1, ms, 3);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 1, &p);
	kit_sched(&k, 1, &s);
	p.threads = later;
	kit_process(&k, 2, &p);
	assert_num(k.t->ms[1].cpu_pct, 50);
	assert_num(k.t->ms[2].cpu_pct, ABSENT);
	assert_num(k.t->ms[2].tid, ABSENT);
	assert_int_equal(k.t->ms[0].locked, 1);
	assert_num(k.t->threads[0].tid, 4183); /* the busiest */
	assert_num(k.t->threads[0].m, 3);
	assert_num(k.t->threads[0].g, 17);
	assert_text(k.t->threads[0].m_state, "running");
	assert_text(k.t->threads[0].g_func, "main.spin");
	for (size_t i = 1; i < 3; i++) {
		if (k.t->threads[i].tid == 4182)
			assert_text(k.t->threads[i].m_state, "parked");
		else
			assert_num(k.t->threads[i].m, ABSENT); /* C's */
	}
	kit_lost(&k, 3, SOURCE_MEMORY, SOURCE_DENIED);
	assert_num(k.t->threads[0].m, ABSENT);
	assert_null(k.t->threads[0].m_state);
	kit_end(&k);
}

static void latency_is_a_range_over_the_last_seconds(void **state)
{
	uint64_t counts[BUCKETS] = { 0 };
	struct p_sample ps[1] = { p_of(0, 0, 0, 1) };
	struct sched_sample s = sched_of(ps, 1, NULL, 0);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	s.latency = (struct histogram){ bounds, counts, BUCKETS };
	kit_sched(&k, 1, &s);
	assert_num(k.t->facts.latency.p99_ns, ABSENT);
	counts[2] = 50;
	kit_sched(&k, 2, &s);
	assert_num(k.t->facts.latency.p50_lo_ns, 20);
	assert_num(k.t->facts.latency.p50_ns, 40);
	assert_num(k.t->facts.latency.window_s, 1);
	assert_int_equal(k.t->latency_source, SOURCE_MEMORY);
	kit_lost(&k, 3, SOURCE_MEMORY, SOURCE_FAILED);
	assert_num(k.t->facts.latency.p50_ns, ABSENT);
	kit_end(&k);
}

/* ---- goroutines: the better source ---- */

static void kit_memory_groups(struct kit *k, double at_s, struct goroutine_group *g, size_t n)
{
	struct sample s = kit_sample(at_s, SOURCE_MEMORY);
	struct goroutines gs = { .groups = g, .n_groups = n, .unknown = 1 };

	for (size_t i = 0; i < n; i++)
		gs.total += g[i].count;
	s.goroutines = &gs;
	model_apply(k->m, &s);
}

static void memory_tells_more_of_the_same_group(void **state)
{
	static const uint64_t ages[AGE_BUCKETS] = { 0, 2, 3 };
	static const struct state_count states[] = { { STR("runnable"), 2 },
						     { STR("chan receive"), 7 } };
	struct frame stack[3];
	struct goroutine_group g = {
		.count = 9,
		.state = STR("chan receive"),
		.stack = stack,
		.n_stack = 3,
		.created_by = { STR("main.start"), STR("/src/app/app.go"), 7 },
		.oldest_ns = 12 * NS_PER_S,
		.states = states,
		.n_states = 2,
		.ages = ages,
	};
	struct kit k;

	(void)state;
	stack[0] = kit_frame("runtime.gopark", 10);
	stack[1] = kit_frame("runtime.chanrecv1", 11);
	stack[2] = kit_frame("main.wait", 12);
	g.id = goroutine_group_id(stack, 3, NULL, 0);
	kit_start(&k, false);
	kit_groups(&k, 1, "8 chan receive: runtime.gopark < runtime.chanrecv1 < main.wait");
	assert_int_equal(k.t->groups_source, SOURCE_PPROF);
	assert_null(k.t->groups[0]->created_by);
	assert_int_equal(k.t->groups[0]->id, g.id);
	kit_memory_groups(&k, 2, &g, 1);
	assert_int_equal(k.t->groups_source, SOURCE_MEMORY);
	assert_int_equal(k.t->n_groups, 1);
	assert_num(k.t->groups[0]->count, 9);
	assert_num(k.t->groups[0]->oldest_s, 12);
	assert_text(k.t->groups[0]->started, "app.go:7 main.start");
	assert_int_equal(k.t->groups[0]->trend.seen, 2); /* its history goes on */
	assert_int_equal(k.t->groups[0]->first_ns, kit_ns(1));
	assert_int_equal(k.t->groups[0]->n_states, 2);
	assert_text(k.t->groups[0]->states[0].state, "chan receive");
	assert_num(k.t->groups[0]->ages[2], 3);
	assert_num(k.t->by_runnable, 2);
	assert_num(k.t->by_waiting, 7);
	assert_num(k.t->facts.goroutines.total, 9);
	assert_num(k.t->facts.goroutines.unknown, 1);
	/* The worse source is not mixed in, and takes over when the better one falls silent. */
	kit_groups(&k, 3, "5 chan receive: runtime.gopark < runtime.chanrecv1 < main.wait");
	assert_num(k.t->groups[0]->count, 9);
	assert_num(k.t->facts.goroutines.total, 9);
	kit_lost(&k, 4, SOURCE_MEMORY, SOURCE_FAILED);
	assert_int_equal(k.t->n_groups, 0);
	assert_num(k.t->facts.goroutines.total, 5);
	kit_groups(&k, 5, "6 chan receive: runtime.gopark < runtime.chanrecv1 < main.wait");
	assert_int_equal(k.t->groups_source, SOURCE_PPROF);
	assert_num(k.t->groups[0]->count, 6);
	assert_int_equal(k.t->groups[0]->n_states, 0);
	assert_false(k.t->groups[0]->has_ages);
	kit_end(&k);
}

static void a_state_that_becomes_the_commonest_is_the_groups(void **state)
{
	struct state_count states[] = { { STR("runnable"), 2 }, { STR("select"), 7 } };
	struct frame stack[1] = { kit_frame("main.wait", 12) };
	struct goroutine_group g = { .id = 5,
				     .count = 9,
				     .state = STR("select"),
				     .stack = stack,
				     .n_stack = 1,
				     .states = states,
				     .n_states = 2 };
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_memory_groups(&k, 1, &g, 1);
	assert_text(k.t->groups[0]->state, "select");
	states[0].count = 8;
	states[1].count = 1;
	kit_memory_groups(&k, 2, &g, 1);
	assert_text(k.t->groups[0]->state, "runnable");
	assert_num(k.t->by_runnable, 8);
	kit_end(&k);
}

/* ---- breakers and limiters in memory ---- */

static void kit_objects(struct kit *k, double at_s, const struct breaker_object *b, size_t n_b,
			const struct limiter_object *l, size_t n_l)
{
	struct sample s = kit_sample(at_s, SOURCE_MEMORY);
	struct objects_sample o = { b, l, n_b, n_l };

	s.objects = &o;
	model_apply(k->m, &s);
}

static struct breaker_object breaker(const char *name, enum object_state state)
{
	return (struct breaker_object){
		.id = 0xc000010000,
		.name = str_of(name),
		.library = STR("sony/gobreaker"),
		.holder = STR("main.app.breaker"),
		.state = state,
		.raw = 2,
		.requests = 10,
		.failures = 4,
		.successes = 6,
		.consecutive_failures = 3,
		.retry_in_ns = 12 * (int64_t)NS_PER_S,
		.since_ns = -1,
	};
}

static void a_breaker_is_followed_by_its_address(void **state)
{
	struct breaker_object b = breaker("payment", OBJECT_CLOSED);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_objects(&k, 1, &b, 1, NULL, 0);
	assert_int_equal(k.t->n_breakers, 1);
	assert_text(k.t->breakers[0].name, "payment");
	assert_text(k.t->breakers[0].state, "closed");
	assert_text(k.t->breakers[0].source, "memory");
	assert_num(k.t->breakers[0].failure_pct, 40);
	assert_num(k.t->breakers[0].retry_in_s, 12);
	assert_num(k.t->breakers[0].since_s, ABSENT); /* nobody saw it begin */
	b.state = OBJECT_OPEN;
	kit_objects(&k, 11, &b, 1, NULL, 0);
	kit_objects(&k, 14, &b, 1, NULL, 0);
	assert_text(k.t->breakers[0].state, "open");
	assert_num(k.t->breakers[0].since_s, 3);
	assert_num(k.t->breakers[0].flaps_per_h, ABSENT); /* too early to tell */
	b.state = OBJECT_CLOSED;
	kit_objects(&k, 60, &b, 1, NULL, 0);
	b.state = OBJECT_OPEN;
	kit_objects(&k, 121, &b, 1, NULL, 0);
	assert_num(k.t->breakers[0].flaps_per_h, 60);
	b.since_ns = 7 * (int64_t)NS_PER_S; /* the library knows better */
	kit_objects(&k, 122, &b, 1, NULL, 0);
	assert_num(k.t->breakers[0].since_s, 7);
	kit_lost(&k, 123, SOURCE_MEMORY, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 0);
	kit_end(&k);
}

static void metrics_complete_the_breaker_of_the_same_name(void **state)
{
	static const char page[] = "circuit_breaker_state{name=\"payment\"} 0\n"
				   "circuit_breaker_rejected_total{name=\"payment\"} 100\n"
				   "circuit_breaker_state{name=\"other\"} 1\n";
	static const char later[] = "circuit_breaker_state{name=\"payment\"} 0\n"
				    "circuit_breaker_rejected_total{name=\"payment\"} 150\n"
				    "circuit_breaker_state{name=\"other\"} 1\n";
	struct breaker_object b = breaker("payment", OBJECT_OPEN);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_objects(&k, 1, &b, 1, NULL, 0);
	kit_page(&k, 1, page);
	kit_page(&k, 2, later);
	assert_int_equal(k.t->n_breakers, 2);
	assert_text(k.t->breakers[1].name, "payment");
	assert_text(k.t->breakers[1].state, "open"); /* the object's own word */
	assert_text(k.t->breakers[1].source, "memory");
	assert_num(k.t->breakers[1].rejected_per_s, 50);
	assert_text(k.t->breakers[0].name, "other");
	assert_text(k.t->breakers[0].source, "metrics");
	kit_lost(&k, 3, SOURCE_METRICS, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 1);
	assert_num(k.t->breakers[0].rejected_per_s, ABSENT);
	kit_end(&k);
}

static void two_breakers_of_one_name_are_not_guessed_between(void **state)
{
	struct breaker_object b[] = { breaker("payment", OBJECT_OPEN),
				      breaker("payment", OBJECT_CLOSED) };
	struct kit k;

	(void)state;
	b[1].id++;
	kit_start(&k, false);
	kit_objects(&k, 1, b, 2, NULL, 0);
	kit_page(&k, 1, "circuit_breaker_state{name=\"payment\"} 0\n");
	assert_int_equal(k.t->n_breakers, 3);
	kit_end(&k);
}

static void a_nameless_limiter_is_known_by_limit_and_burst(void **state)
{
	static const char page[] = "rate_limit{name=\"api\"} 100\n"
				   "rate_limit_burst{name=\"api\"} 50\n"
				   "rate_limit{name=\"a\"} 7\n"
				   "rate_limit_burst{name=\"a\"} 7\n"
				   "rate_limit{name=\"b\"} 7\n"
				   "rate_limit_burst{name=\"b\"} 7\n";
	struct limiter_object l[] = {
		{ .id = 1,
		  .library = STR("x/time/rate"),
		  .limit_per_s = 100,
		  .burst = 50,
		  .tokens = 3 },
		{ .id = 2,
		  .library = STR("x/time/rate"),
		  .limit_per_s = 7,
		  .burst = 7,
		  .tokens = 5 },
		{ .id = 3,
		  .library = STR("x/time/rate"),
		  .limit_per_s = 7,
		  .burst = 7,
		  .tokens = 6 },
	};
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_objects(&k, 1, NULL, 0, l, 3);
	kit_page(&k, 1, page);
	assert_int_equal(k.t->n_limiters, 5); /* nobody knows which is a and which is b */
	assert_text(k.t->limiters[1].name, "api");
	assert_text(k.t->limiters[1].source, "memory");
	assert_num(k.t->limiters[1].tokens, 3);
	assert_text(k.t->limiters[0].name, "a");
	assert_text(k.t->limiters[2].name, "b");
	assert_null(k.t->limiters[3].name);
	kit_end(&k);
}

static void what_a_library_does_not_keep_is_absent(void **state)
{
	struct breaker_object b = { .id = 1,
				    .library = STR("mercari/go-circuitbreaker"),
				    .state = OBJECT_UNKNOWN,
				    .raw = 99,
				    .requests = -1,
				    .failures = -1,
				    .successes = -1,
				    .consecutive_failures = -1,
				    .retry_in_ns = -1,
				    .since_ns = -1 };
	struct limiter_object l[] = {
		{ .id = 1,
		  .holder = STR("main.apiLimit"),
		  .library = STR("x/time/rate"),
		  .limit_per_s = 100,
		  .burst = 50,
		  .tokens = 3.25 },
		{ .id = 2,
		  .library = STR("x/time/rate"),
		  .limit_per_s = INFINITY,
		  .burst = 0,
		  .tokens = NAN },
	};
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_objects(&k, 1, &b, 1, l, 2);
	assert_text(k.t->breakers[0].name, "mercari/go-circuitbreaker");
	assert_text(k.t->breakers[0].state, "unknown");
	assert_num(k.t->breakers[0].raw, 99);
	assert_num(k.t->breakers[0].requests, ABSENT);
	assert_num(k.t->breakers[0].failure_pct, ABSENT);
	assert_num(k.t->breakers[0].retry_in_s, ABSENT);
	assert_int_equal(k.t->n_limiters, 2);
	assert_text(k.t->limiters[0].name, "main.apiLimit");
	assert_num(k.t->limiters[0].tokens, 3.25);
	assert_int_equal(k.t->limiters[0].unlimited, 0);
	assert_null(k.t->limiters[1].name);
	assert_num(k.t->limiters[1].limit_per_s, ABSENT);
	assert_int_equal(k.t->limiters[1].unlimited, 1);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quantile_is_the_bucket_that_grew),
		cmocka_unit_test(what_is_older_than_the_window_does_not_count),
		cmocka_unit_test(counts_that_shrink_are_of_another_process),
		cmocka_unit_test(ticks_become_rates_also_over_their_end),
		cmocka_unit_test(a_torn_p_is_unknown_and_so_is_the_sum),
		cmocka_unit_test(depths_are_kept_and_silence_is_a_gap),
		cmocka_unit_test(a_p_that_comes_later_has_gaps_before),
		cmocka_unit_test(an_m_finds_its_thread),
		cmocka_unit_test(latency_is_a_range_over_the_last_seconds),
		cmocka_unit_test(memory_tells_more_of_the_same_group),
		cmocka_unit_test(a_state_that_becomes_the_commonest_is_the_groups),
		cmocka_unit_test(a_breaker_is_followed_by_its_address),
		cmocka_unit_test(metrics_complete_the_breaker_of_the_same_name),
		cmocka_unit_test(two_breakers_of_one_name_are_not_guessed_between),
		cmocka_unit_test(a_nameless_limiter_is_known_by_limit_and_burst),
		cmocka_unit_test(what_a_library_does_not_keep_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
