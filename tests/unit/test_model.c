#include "tests/unit/model_kit.h"

static void a_source_waits_until_it_has_spoken_and_has_a_reason_ever_after(void **state)
{
	struct kit k;
	struct source_row row;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < SOURCE_COUNT; i++) {
		row = target_source_row(k.t, (enum source)i, kit_ns(0));
		assert_text(row.state, "absent");
		assert_non_null(row.detail);
		assert_num(row.age_ms, ABSENT);
	}
	kit_page(&k, 1, "go_goroutines 1\n");
	row = target_source_row(k.t, SOURCE_METRICS, kit_ns(1.25));
	assert_text(row.name, "metrics");
	assert_text(row.state, "ok");
	assert_null(row.detail);
	assert_num(row.age_ms, 250);
	kit_lost(&k, 2, SOURCE_METRICS, SOURCE_DENIED);
	row = target_source_row(k.t, SOURCE_METRICS, kit_ns(3));
	assert_text(row.state, "denied");
	assert_text(row.detail, "no answer within 2.0 s");
	kit_lost(&k, 3, SOURCE_BPF, SOURCE_OFF);
	row = target_source_row(k.t, SOURCE_BPF, kit_ns(4));
	assert_text(row.state, "off");
	assert_num(row.age_ms, ABSENT);
	kit_end(&k);
}

static void the_time_in_a_source_state_starts_at_its_change(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_lost(&k, 1, SOURCE_METRICS, SOURCE_FAILED);
	kit_lost(&k, 5, SOURCE_METRICS, SOURCE_FAILED);
	assert_true(k.t->sources[SOURCE_METRICS].since_ns == kit_ns(1));
	kit_page(&k, 6, "go_goroutines 1\n");
	assert_true(k.t->sources[SOURCE_METRICS].since_ns == kit_ns(6));
	assert_true(k.t->sources[SOURCE_METRICS].ok_ns == kit_ns(6));
	kit_end(&k);
}

static void a_url_is_reached_by_http_alone_and_a_process_by_either(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay") };
	struct kit k;

	(void)state;
	for (int is_url = 0; is_url < 2; is_url++) {
		kit_start(&k, is_url);
		assert_false(target_reached(k.t));
		kit_lost(&k, 0, SOURCE_METRICS, SOURCE_FAILED);
		assert_false(target_reached(k.t));
		kit_process(&k, 1, &p);
		assert_int_equal(target_reached(k.t), !is_url);
		kit_page(&k, 2, "go_goroutines 1\n");
		assert_true(target_reached(k.t));
		kit_lost(&k, 3, SOURCE_METRICS, SOURCE_FAILED);
		assert_true(target_reached(k.t)); /* it was */
		kit_end(&k);
	}
}

static void the_name_is_the_users_else_the_executables(void **state)
{
	struct process p = { .pid = 7, .name = STR("payment-api") };
	struct model *m = model_new();
	struct sample s = kit_sample(0, SOURCE_PROC);

	(void)state;
	model_add_target(m, "4182", NULL, false);
	model_add_target(m, "4182", "mine", false);
	s.process = &p;
	for (uint32_t i = 0; i < 2; i++) {
		s.target = i;
		model_apply(m, &s);
	}
	assert_text(m->targets[0].name, "payment-api");
	assert_text(m->targets[0].asked, "4182");
	assert_text(m->targets[1].name, "mine");
	assert_int_equal(m->targets[1].pid, 7);
	model_free(m);
}

static void samples_of_one_target_leave_the_others_alone(void **state)
{
	struct model *m = model_new();
	struct sample s = kit_sample(0, SOURCE_PPROF);
	struct goroutines g = { .total = 5 };

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(model_add_target(m, "x", NULL, true), i);
	s.goroutines = &g;
	s.target = 11;
	model_apply(m, &s);
	assert_num(m->targets[11].facts.goroutines.total, 5);
	assert_num(m->targets[12].facts.goroutines.total, ABSENT);
	assert_true(m->targets[12].first_ns == 0);
	model_free(m);
}

static void build_and_health_outlive_the_sample(void **state)
{
	char word[] = "github.com/sony/gobreaker", path[] = "/healthz";
	struct build_dep dep = { str_of(word), STR("v1"), STR("") };
	struct build_setting setting = { STR("-ldflags"), str_of(word) };
	struct build b = { .go = str_of(word),
			   .deps = &dep,
			   .n_deps = 1,
			   .settings = &setting,
			   .n_settings = 1,
			   .vcs_modified = -1,
			   .cgo = -1 };
	struct process p = { .pid = 7, .start_wall_ns = 5, .name = STR("pay"), .build = &b };
	struct health h = { str_of(path), 503, 5 * NS_PER_MS };
	struct sample s = kit_sample(1, SOURCE_COUNT);
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 0, &p);
	s.health = &h;
	model_apply(k.m, &s);
	memset(word, 'x', sizeof(word) - 1);
	memset(path, 'x', sizeof(path) - 1);
	assert_true(str_is(k.t->build->go, "github.com/sony/gobreaker"));
	assert_true(str_is(k.t->build->deps[0].path, "github.com/sony/gobreaker"));
	assert_true(str_is(k.t->build->settings[0].value, "github.com/sony/gobreaker"));
	assert_true(str_is(k.t->health.path, "/healthz"));
	assert_int_equal(k.t->health.status, 503);
	kit_end(&k);
}

static void another_process_has_another_build(void **state)
{
	struct build old = { .go = STR("go1.19.8"), .vcs_modified = -1, .cgo = -1 };
	struct build now = { .go = STR("go1.26.1"), .vcs_modified = -1, .cgo = -1 };
	struct process p = { .pid = 7, .start_wall_ns = 5, .name = STR("pay"), .build = &old };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_process(&k, 0, &p);
	p.build = NULL; /* told once */
	kit_process(&k, 1, &p);
	assert_true(str_is(k.t->build->go, "go1.19.8"));
	p.pid = 8;
	kit_process(&k, 2, &p);
	assert_null(k.t->build);
	p.build = &now;
	kit_process(&k, 3, &p);
	assert_true(str_is(k.t->build->go, "go1.26.1"));
	p.start_wall_ns = 99; /* the number of a process that ended was given again */
	p.build = &old;
	kit_process(&k, 4, &p);
	assert_true(str_is(k.t->build->go, "go1.19.8"));
	kit_end(&k);
}

static void threads_are_told_busiest_first(void **state)
{
	struct thread threads[] = { { 10, 'S', 0 }, { 11, 'R', NS_PER_S }, { 12, 'D', 5 } };
	struct process p = { .pid = 7, .name = STR("pay"), .threads = threads, .n_thread_rows = 3 };
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 0, &p);
	assert_int_equal(k.t->n_threads, 3);
	assert_num(k.t->threads[0].cpu_pct, ABSENT);
	threads[2].cpu_ns += NS_PER_S / 2;
	threads[1].cpu_ns = 7; /* its number was given to a new thread */
	kit_process(&k, 2, &p);
	assert_num(k.t->threads[0].tid, 12);
	assert_num(k.t->threads[0].cpu_pct, 25);
	assert_text(k.t->threads[0].state, "disk");
	assert_num(k.t->threads[1].tid, 10);
	assert_num(k.t->threads[2].cpu_pct, ABSENT);
	kit_lost(&k, 3, SOURCE_PROC, SOURCE_FAILED);
	assert_int_equal(k.t->n_threads, 0);
	kit_end(&k);
}

static void a_process_that_ended_is_gone_since_then(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay"), .start_wall_ns = KIT_UNIX_NS };
	struct sample s = kit_sample(2, SOURCE_PROC);
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_process(&k, 1, &p);
	s.state = SOURCE_FAILED;
	s.gone = true;
	model_apply(k.m, &s);
	assert_true(k.t->gone_unix_ns == s.unix_ns);
	s = kit_sample(3, SOURCE_PPROF);
	s.state = SOURCE_FAILED;
	s.gone = true;
	model_apply(k.m, &s);
	assert_true(k.t->gone_unix_ns == kit_sample(2, SOURCE_PROC).unix_ns);
	kit_end(&k);
}

static void what_a_silent_source_said_is_no_longer_told(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0,
		 "breaker_open{name=\"a\"} 1\nrate_limit_burst{name=\"a\"} 1\n"
		 "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 1\n");
	assert_int_equal(k.t->n_breakers, 1);
	assert_int_equal(k.t->n_limiters, 1);
	assert_int_equal(k.t->n_requests, 1);
	assert_int_equal(k.t->n_findings, 1); /* the open breaker */
	kit_lost(&k, 1, SOURCE_METRICS, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 0);
	assert_int_equal(k.t->n_limiters, 0);
	assert_int_equal(k.t->n_requests, 0);
	assert_int_equal(k.t->n_findings, 1);
	assert_text(k.t->findings[0].source, "metrics");
	kit_page(&k, 2, "breaker_open{name=\"a\"} 1\n");
	assert_int_equal(k.t->n_breakers, 1);
	assert_int_equal(k.t->n_findings, 1);
	kit_end(&k);
}

static void a_source_that_never_answered_is_no_finding(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_lost(&k, 1, SOURCE_METRICS, SOURCE_FAILED);
	assert_int_equal(k.t->n_findings, 0);
	kit_end(&k);
}

/* As when a process ends: all say the same. */
static void sources_that_stop_for_one_reason_are_one_finding(void **state)
{
	static const enum source sources[] = { SOURCE_PPROF, SOURCE_METRICS, SOURCE_EXPVAR };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (size_t i = 0; i < COUNT(sources); i++) {
		struct sample ok = kit_sample(0, sources[i]);

		model_apply(k.m, &ok);
	}
	for (size_t i = 0; i < COUNT(sources); i++) {
		struct sample failed = kit_sample(1, sources[i]);

		failed.state = SOURCE_FAILED;
		err_put(&failed.why, i == 1 ? "HTTP 500" : "process 7 exited at 14:00:01");
		model_apply(k.m, &failed);
	}
	assert_int_equal(k.t->n_findings, 2);
	assert_text(k.t->findings[0].signal, "2 sources stopped answering");
	assert_text(k.t->findings[0].text,
		    "2 sources stopped answering 0s ago: process 7 exited at 14:00:01");
	assert_text(k.t->findings[1].signal, "metrics stopped answering");
	kit_end(&k);
}

static void findings_stand_worst_first_with_their_onset(void **state)
{
	static const char page[] = "# HELP cb_state 0=closed, 1=half-open, 2=open\n"
				   "cb_state{name=\"a\"} %d\ncb_state{name=\"b\"} 1\n";
	char text[256];
	struct kit k;

	(void)state;
	kit_start(&k, true);
	snprintf(text, sizeof(text), page, 0);
	kit_page(&k, 0, text);
	snprintf(text, sizeof(text), page, 2);
	kit_page(&k, 10, text);
	kit_page(&k, 14, text);
	assert_int_equal(k.t->n_findings, 2);
	assert_text(k.t->findings[0].signal, "breaker a OPEN");
	assert_text(k.t->findings[0].view, "breakers");
	assert_true(k.t->findings[0].onset_unix_ns == KIT_UNIX_NS + 10 * NS_PER_S);
	assert_text(k.t->findings[1].signal, "breaker b HALF-OPEN");
	assert_true(k.t->findings[0].score > k.t->findings[1].score);
	kit_end(&k);
}

static void a_health_endpoint_that_fails_is_a_finding(void **state)
{
	struct health h = { STR("/healthz"), 503, 1 };
	struct sample s = kit_sample(0, SOURCE_COUNT);
	struct kit k;

	(void)state;
	kit_start(&k, true);
	s.health = &h;
	model_apply(k.m, &s);
	assert_int_equal(k.t->n_findings, 1);
	assert_text(k.t->findings[0].source, "health");
	h.status = 200;
	model_apply(k.m, &s);
	assert_int_equal(k.t->n_findings, 0);
	kit_end(&k);
}

static void histories_have_a_gap_where_nothing_was_known(void **state)
{
	struct kit k;
	const struct timeline *h;

	(void)state;
	kit_start(&k, true);
	h = &k.t->history[HISTORY_HEAP_LIVE];
	kit_page(&k, 0, "go_memstats_heap_alloc_bytes 5\n");
	kit_lost(&k, 1, SOURCE_METRICS, SOURCE_FAILED);
	kit_page(&k, 2, "go_memstats_heap_alloc_bytes 7\n");
	assert_num(timeline_at(h, 0), 7);
	assert_num(timeline_at(h, 1), ABSENT);
	assert_num(timeline_at(h, 2), 5);
	assert_num(timeline_at(h, 3), ABSENT);
	assert_true(timeline_time(h, 2) == kit_ns(0));
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_waits_until_it_has_spoken_and_has_a_reason_ever_after),
		cmocka_unit_test(the_time_in_a_source_state_starts_at_its_change),
		cmocka_unit_test(a_url_is_reached_by_http_alone_and_a_process_by_either),
		cmocka_unit_test(the_name_is_the_users_else_the_executables),
		cmocka_unit_test(samples_of_one_target_leave_the_others_alone),
		cmocka_unit_test(build_and_health_outlive_the_sample),
		cmocka_unit_test(another_process_has_another_build),
		cmocka_unit_test(threads_are_told_busiest_first),
		cmocka_unit_test(a_process_that_ended_is_gone_since_then),
		cmocka_unit_test(what_a_silent_source_said_is_no_longer_told),
		cmocka_unit_test(a_source_that_never_answered_is_no_finding),
		cmocka_unit_test(sources_that_stop_for_one_reason_are_one_finding),
		cmocka_unit_test(findings_stand_worst_first_with_their_onset),
		cmocka_unit_test(a_health_endpoint_that_fails_is_a_finding),
		cmocka_unit_test(histories_have_a_gap_where_nothing_was_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
