/* The single numbers of a target, the states of its sources, its name, and whether it was reached.
 */
#include "tests/unit/model_kit.h"

static void a_rate_needs_two_samples_and_a_restart_is_none(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "process_cpu_seconds_total 10\ngo_gc_heap_allocs_bytes_total 1000\n");
	assert_num(k.t->facts.process.cpu_pct, ABSENT);
	assert_num(k.t->facts.memory.alloc_bytes_per_s, ABSENT);
	kit_page(&k, 3, "process_cpu_seconds_total 11\ngo_gc_heap_allocs_bytes_total 5000\n");
	assert_num(k.t->facts.process.cpu_pct, 50);
	assert_num(k.t->facts.memory.alloc_bytes_per_s, 2000);
	kit_page(&k, 4, "process_cpu_seconds_total 0.5\ngo_gc_heap_allocs_bytes_total 5000\n");
	assert_num(k.t->facts.process.cpu_pct, ABSENT);
	assert_num(k.t->facts.memory.alloc_bytes_per_s, 0);
	kit_page(&k, 5, "process_cpu_seconds_total 0.75\ngo_gc_heap_allocs_bytes_total 5000\n");
	assert_num(k.t->facts.process.cpu_pct, 25);
	kit_end(&k);
}

static void a_number_that_means_no_limit_is_absent(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 "go_gc_gomemlimit_bytes 9.223372036854776e+18\n"
		 "go_gc_gogc_percent 1.8446744073709552e+19\n"
		 "go_memstats_next_gc_bytes 1.8446744073709552e+19\n");
	assert_num(k.t->facts.memory.gomemlimit_bytes, ABSENT);
	assert_num(k.t->facts.memory.gogc_pct, ABSENT);
	assert_num(k.t->facts.memory.heap_goal_bytes, ABSENT);
	kit_page(&k, 2,
		 "go_gc_gomemlimit_bytes 1.073741824e+09\ngo_gc_gogc_percent 100\n"
		 "go_memstats_next_gc_bytes 4.194304e+06\n");
	assert_num(k.t->facts.memory.gomemlimit_bytes, 1 << 30);
	assert_num(k.t->facts.memory.gogc_pct, 100);
	assert_num(k.t->facts.memory.heap_goal_bytes, 4 << 20);
	kit_end(&k);
}

static void a_series_with_labels_is_a_part_and_not_the_whole(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "go_goroutines{pool=\"a\"} 5\ngo_goroutines{pool=\"b\"} 6\n");
	assert_num(k.t->facts.goroutines.total, ABSENT);
	kit_page(&k, 2, "go_goroutines{pool=\"a\"} 5\ngo_goroutines 11\n");
	assert_num(k.t->facts.goroutines.total, 11);
	kit_end(&k);
}

static void the_better_metric_wins(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 "go_goroutines 5\ngo_sched_goroutines_goroutines 6\n"
		 "go_memstats_alloc_bytes 1\ngo_memory_classes_heap_objects_bytes 2\n");
	assert_num(k.t->facts.goroutines.total, 6);
	assert_num(k.t->facts.memory.heap_live_bytes, 2);
	kit_end(&k);
}

static void the_better_source_wins_and_a_lost_one_is_forgotten(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay"), .rss_bytes = 4096, .n_threads = 9 };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 "process_resident_memory_bytes 1000\ngo_goroutines 5\nprocess_max_fds 64\n");
	assert_num(k.t->facts.memory.rss_bytes, 1000);
	assert_int_equal(k.t->goroutines_source, SOURCE_METRICS);
	kit_process(&k, 1, &p);
	kit_groups(&k, 1, "7 select: main.f");
	assert_num(k.t->facts.memory.rss_bytes, 4096);
	assert_num(k.t->facts.goroutines.total, 7);
	assert_int_equal(k.t->goroutines_source, SOURCE_PPROF);
	kit_lost(&k, 2, SOURCE_PROC, SOURCE_DENIED);
	kit_lost(&k, 2, SOURCE_PPROF, SOURCE_FAILED);
	assert_num(k.t->facts.memory.rss_bytes, 1000);
	assert_num(k.t->facts.sched.threads, ABSENT);
	assert_num(k.t->facts.goroutines.total, 5);
	kit_lost(&k, 3, SOURCE_METRICS, SOURCE_FAILED);
	assert_num(k.t->facts.memory.rss_bytes, ABSENT);
	assert_num(k.t->facts.process.max_fds, ABSENT);
	assert_int_equal(k.t->goroutines_source, SOURCE_COUNT);
	kit_end(&k);
}

static void what_a_process_used_is_told_over_the_interval(void **state)
{
	struct process p = { .pid = 7,
			     .name = STR("pay"),
			     .cpu_ns = 5 * NS_PER_S,
			     .n_fds = UINT64_MAX,
			     .throttled_ns = UINT64_MAX,
			     .cpu_quota = NAN };
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 1, &p);
	assert_num(k.t->facts.process.cpu_pct, ABSENT);
	p.cpu_ns += NS_PER_S / 2;
	kit_process(&k, 2, &p);
	assert_num(k.t->facts.process.cpu_pct, 50);
	assert_num(k.t->facts.process.fds, ABSENT);
	assert_num(k.t->facts.process.throttled_pct, ABSENT);
	assert_num(k.t->facts.process.cpu_quota_cores, ABSENT);
	p.pid = 8; /* started anew, and has used more already */
	p.cpu_ns += 100 * NS_PER_S;
	kit_process(&k, 3, &p);
	assert_num(k.t->facts.process.cpu_pct, ABSENT);
	assert_int_equal(k.t->pid, 8);
	kit_end(&k);
}

static void threads_are_listed_busiest_first(void **state)
{
	struct thread th[] = { { 10, 'S', 0 }, { 11, 'R', 0 }, { 12, 'S', 0 } };
	struct process p = { .pid = 7, .name = STR("pay"), .threads = th, .n_thread_rows = 3 };
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 1, &p);
	assert_num(k.t->threads[0].cpu_pct, ABSENT);
	th[1].cpu_ns = NS_PER_S / 4;
	th[2].cpu_ns = NS_PER_S;
	p.n_thread_rows = 3;
	kit_process(&k, 2, &p);
	assert_num(k.t->threads[0].tid, 12);
	assert_num(k.t->threads[0].cpu_pct, 100);
	assert_num(k.t->threads[1].tid, 11);
	assert_text(k.t->threads[1].state, "running");
	kit_lost(&k, 3, SOURCE_PROC, SOURCE_FAILED);
	assert_int_equal(k.t->n_threads, 0);
	kit_end(&k);
}

static void a_source_says_how_it_fares(void **state)
{
	struct source_row r;
	struct kit k;

	(void)state;
	kit_start(&k, true);
	r = target_source_row(k.t, SOURCE_METRICS, kit_ns(1));
	assert_text(r.name, "metrics");
	assert_text(r.state, "absent");
	assert_non_null(r.detail);
	assert_num(r.age_ms, ABSENT);
	kit_page(&k, 1, "up 1\n");
	r = target_source_row(k.t, SOURCE_METRICS, kit_ns(1.25));
	assert_text(r.state, "ok");
	assert_null(r.detail);
	assert_num(r.age_ms, 250);
	kit_lost(&k, 2, SOURCE_METRICS, SOURCE_FAILED);
	r = target_source_row(k.t, SOURCE_METRICS, kit_ns(2));
	assert_text(r.state, "failed");
	assert_text(r.detail, "no answer within 2.0 s");
	kit_lost(&k, 2, SOURCE_BPF, SOURCE_OFF);
	r = target_source_row(k.t, SOURCE_BPF, kit_ns(3));
	assert_text(r.state, "off");
	assert_num(r.age_ms, ABSENT);
	kit_end(&k);
}

static void an_address_is_reached_by_http_only_and_a_process_by_proc(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay") };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_process(&k, 1, &p);
	assert_false(target_reached(k.t));
	kit_lost(&k, 1, SOURCE_PPROF, SOURCE_FAILED);
	assert_false(target_reached(k.t));
	kit_page(&k, 2, "up 1\n");
	assert_true(target_reached(k.t));
	kit_lost(&k, 3, SOURCE_METRICS, SOURCE_FAILED);
	assert_true(target_reached(k.t)); /* it was */
	kit_end(&k);

	kit_start(&k, false);
	assert_false(target_reached(k.t));
	kit_process(&k, 1, &p);
	assert_true(target_reached(k.t));
	kit_end(&k);
}

static void a_name_that_the_user_gave_stays(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay") };
	struct kit k;
	struct sample s;
	uint32_t named;

	(void)state;
	kit_start(&k, true);
	assert_text(k.t->name, "asked");
	named = model_add_target(k.m, "127.0.0.1:1", "mine", true);
	k.t = &k.m->targets[0];
	kit_process(&k, 1, &p);
	assert_text(k.t->name, "pay");
	s = kit_sample(1, SOURCE_PROC);
	s.target = named;
	s.process = &p;
	model_apply(k.m, &s);
	assert_text(k.m->targets[named].name, "mine");
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_needs_two_samples_and_a_restart_is_none),
		cmocka_unit_test(a_number_that_means_no_limit_is_absent),
		cmocka_unit_test(a_series_with_labels_is_a_part_and_not_the_whole),
		cmocka_unit_test(the_better_metric_wins),
		cmocka_unit_test(the_better_source_wins_and_a_lost_one_is_forgotten),
		cmocka_unit_test(what_a_process_used_is_told_over_the_interval),
		cmocka_unit_test(threads_are_listed_busiest_first),
		cmocka_unit_test(a_source_says_how_it_fares),
		cmocka_unit_test(an_address_is_reached_by_http_only_and_a_process_by_proc),
		cmocka_unit_test(a_name_that_the_user_gave_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
