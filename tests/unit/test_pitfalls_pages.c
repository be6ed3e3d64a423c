/* Where a reader of metrics pages is easily led to a false statement: breakers, requests and rates
 * whose numbers, names or restarts mislead. */
#include "core/encoding.h"

#include "tests/unit/model_kit.h"

static const struct breaker_row *find_breaker(const struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->t->n_breakers; i++) {
		if (strcmp(k->t->breakers[i].name, name) == 0)
			return &k->t->breakers[i];
	}
	return NULL;
}

static const struct breaker_row *breaker(const struct kit *k, const char *name)
{
	const struct breaker_row *b = find_breaker(k, name);

	if (!b)
		fail_msg("there is no breaker %s among %zu; the first is %s", name,
			 k->t->n_breakers, k->t->n_breakers ? k->t->breakers[0].name : "none");
	return b;
}

static void push_library(struct kit *k, double at_s, pid_t pid, const char *module)
{
	struct build_dep dep = { .path = str_of(module), .version = STR("v1.0.0") };
	struct build b = { .go = STR("go1.26.1"), .deps = &dep, .n_deps = 1 };
	struct process p = { .pid = pid, .name = STR("payment"), .build = module[0] ? &b : NULL };

	kit_process(k, at_s, &p);
}

static const struct request_row *request(const struct kit *k, const char *route)
{
	for (size_t i = 0; i < k->t->n_requests; i++) {
		const char *have = k->t->requests[i].route;

		if (strcmp(have ? have : "", route) == 0)
			return &k->t->requests[i];
	}
	fail_msg("there is no route %s among %zu", route, k->t->n_requests);
	return NULL;
}

/* The same words read one step off give three wrong states: unknown is far better. */
static void numbers_are_never_paired_with_the_state_of_their_neighbour(void **state)
{
	static const struct {
		const char *help;
		double want[BREAKER_UNKNOWN];
	} cases[] = {
		{ "0 if the circuit is closed, 1 if it is open, 2 if it is half-open",
		  { 0, 2, 1 } },
		{ "0: CLOSED, 1: OPEN, 2: HALF_OPEN, 3: DISABLED, 4: FORCED_OPEN", { 0, 2, 1 } },
		{ "0=closed, 1=open, 2=open", { ABSENT, ABSENT, ABSENT } },
		{ "1 = the breaker is open, 0 = it is closed, 2 = half-open", { 0, 2, 1 } },
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct encoding e = { 0 };

		if (!encoding_from_help(str_of(cases[i].help), &e))
			continue;
		for (int k = 0; k < BREAKER_UNKNOWN; k++) {
			if (same_num(e.value[k], cases[i].want[k]))
				continue;
			print_error("closed %g, half-open %g, open %g: %s\n", e.value[0],
				    e.value[1], e.value[2], cases[i].help);
			wrong++;
			break;
		}
	}
	assert_int_equal(wrong, 0);
}

static void learning_what_a_number_means_is_no_change_of_state(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0, "cb_state{name=\"a\"} 0\n");
	push_library(&k, 0.5, 10, "github.com/sony/gobreaker");
	kit_page(&k, 1, "cb_state{name=\"a\"} 0\n");
	assert_text(breaker(&k, "a")->state, "closed");
	assert_text(breaker(&k, "a")->library, "sony/gobreaker");
	assert_num(breaker(&k, "a")->since_s, ABSENT);
	kit_end(&k);
}

static void another_process_without_the_library_makes_the_number_unknown(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, false);
	push_library(&k, 0, 10, "github.com/sony/gobreaker");
	kit_page(&k, 0, "cb_state{name=\"a\"} 1\n");
	assert_text(breaker(&k, "a")->state, "half_open");
	push_library(&k, 1, 11, "");
	kit_page(&k, 1, "cb_state{name=\"a\"} 1\n");
	assert_text(breaker(&k, "a")->state, "unknown");
	assert_null(breaker(&k, "a")->library);
	kit_end(&k);
}

static void after_a_restart_no_rate_goes_over_the_change(void **state)
{
	static const char page[] = "circuit_breaker_requests_total{name=\"a\"} %d\n"
				   "circuit_breaker_failures_total{name=\"a\"} %d\n"
				   "circuit_breaker_rejected_total{name=\"a\"} %d\n";
	char text[512];
	struct kit k;

	(void)state;
	kit_start(&k, true);
	snprintf(text, sizeof(text), page, 1000, 1, 500);
	kit_page(&k, 0, text);
	snprintf(text, sizeof(text), page, 10, 2, 3);
	kit_page(&k, 1, text);
	assert_num(breaker(&k, "a")->rejected_per_s, ABSENT);
	assert_num(breaker(&k, "a")->failure_pct, ABSENT);
	snprintf(text, sizeof(text), page, 20, 3, 5);
	kit_page(&k, 2, text);
	assert_num(breaker(&k, "a")->rejected_per_s, 2);
	assert_num(breaker(&k, "a")->failure_pct, 10);
	kit_end(&k);
}

static void a_restart_between_success_and_failure_counters_is_seen(void **state)
{
	static const char page[] = "circuit_breaker_success_total{name=\"a\"} %d\n"
				   "circuit_breaker_failures_total{name=\"a\"} %d\n";
	char text[512];
	struct kit k;

	(void)state;
	kit_start(&k, true);
	snprintf(text, sizeof(text), page, 1000, 1);
	kit_page(&k, 0, text);
	snprintf(text, sizeof(text), page, 90, 3);
	kit_page(&k, 1, text);
	assert_num(breaker(&k, "a")->failure_pct, ABSENT);
	kit_end(&k);
}

static void the_metrics_of_one_breaker_without_labels_are_one_row(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0,
		 "# HELP payments_circuit_breaker_state 0=closed, 1=open\n"
		 "payments_circuit_breaker_state 1\n"
		 "payments_circuit_breaker_trips_total 3\n"
		 "payments_circuit_breaker_failures_total 12\n");
	assert_int_equal(k.t->n_breakers, 1);
	assert_text(k.t->breakers[0].name, "payments_circuit_breaker");
	assert_num(k.t->breakers[0].failures, 12);
	kit_end(&k);
}

static void what_only_sounds_like_a_breaker_is_none(void **state)
{
	static const char *const pages[] = {
		"http_requests_total{breaker=\"on\"} 3\n",
		"sql_client_requests_error_total{command=\"get\",error=\"breaker\"} 1\n",
		"golaris_open_circuit_breakers{subscriptionId=\"7\"} 3\n",
		"circuit_breaker_build_info{version=\"1\"} 1\n",
		"circuit_breaker_state_duration_seconds{name=\"a\"} 3\n",
		"resilience4j_circuitbreaker_failure_rate{name=\"a\"} -1.0\n",
		"process_open_fds 12\n",
		"connection_state{state=\"open\"} 4\n",
		"raft_tiebreaker_state 1\n",
		"# TYPE circuit_breaker_call_seconds histogram\n"
		"circuit_breaker_call_seconds_bucket{le=\"+Inf\"} 2\n"
		"circuit_breaker_call_seconds_sum 1\ncircuit_breaker_call_seconds_count 2\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct kit k;

		kit_start(&k, true);
		kit_page(&k, 0, pages[i]);
		if (k.t->n_breakers)
			fail_msg("taken for breaker %s: %s", k.t->breakers[0].name, pages[i]);
		kit_end(&k);
	}
}

static void a_grpc_failure_is_not_told_as_no_failure(void **state)
{
	static const char page[] =
		"# TYPE grpc_server_handled_total counter\n"
		"grpc_server_handled_total{grpc_method=\"Pay\",grpc_code=\"OK\"} %d\n"
		"grpc_server_handled_total{grpc_method=\"Pay\",grpc_code="
		"\"Unavailable\"} %d\n";
	char text[512];
	struct kit k;

	(void)state;
	kit_start(&k, true);
	snprintf(text, sizeof(text), page, 1, 1);
	kit_page(&k, 0, text);
	snprintf(text, sizeof(text), page, 2, 9);
	kit_page(&k, 1, text);
	assert_num(request(&k, "Pay")->rate_per_s, 9);
	if (request(&k, "Pay")->status_5xx == 0)
		fail_msg("8 calls a second end in Unavailable, and 5xx says 0");
	kit_end(&k);
}

static void a_counter_beside_a_histogram_does_not_change_its_rate(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 2; i++) {
		char page[1024];

		snprintf(page, sizeof(page),
			 "# TYPE http_request_duration_seconds histogram\n"
			 "http_request_duration_seconds_bucket{handler=\"/a\",le=\"+Inf\"} %d\n"
			 "http_request_duration_seconds_count{handler=\"/a\"} %d\n"
			 "# TYPE http_requests_total counter\n"
			 "http_requests_total{handler=\"/a\"} %d\n",
			 9 * i, 9 * i, 9 * i);
		kit_page(&k, i, page);
	}
	assert_num(request(&k, "/a")->rate_per_s, 9);
	kit_end(&k);
}

static void two_histograms_of_one_route_are_not_counted_twice(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 2; i++) {
		char page[2048];

		snprintf(page, sizeof(page),
			 "# TYPE apiserver_request_duration_seconds histogram\n"
			 "apiserver_request_duration_seconds_bucket{verb=\"GET\",le=\"0.1\"} %d\n"
			 "apiserver_request_duration_seconds_bucket{verb=\"GET\",le=\"1\"} %d\n"
			 "apiserver_request_duration_seconds_bucket{verb=\"GET\",le=\"+Inf\"} %d\n"
			 "apiserver_request_duration_seconds_count{verb=\"GET\"} %d\n"
			 "# TYPE apiserver_request_sli_duration_seconds histogram\n"
			 "apiserver_request_sli_duration_seconds_bucket{verb=\"GET\",le=\"0.5\"} "
			 "%d\n"
			 "apiserver_request_sli_duration_seconds_bucket{verb=\"GET\",le=\"+Inf\"} "
			 "%d\n"
			 "apiserver_request_sli_duration_seconds_count{verb=\"GET\"} %d\n",
			 100 * i, 100 * i, 100 * i, 100 * i, 100 * i, 100 * i, 100 * i);
		kit_page(&k, i, page);
	}
	for (size_t i = 0; i < k.t->n_requests; i++) {
		assert_num(k.t->requests[i].rate_per_s, 100);
		assert_true(k.t->requests[i].p99_ms <= 500);
	}
	kit_end(&k);
}

static void a_counter_that_was_away_has_no_rate_at_once(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0, "go_memstats_mallocs_total 1000\n");
	kit_page(&k, 9, "go_goroutines 4\n");
	assert_num(k.t->facts.memory.allocs_per_s, ABSENT);
	kit_page(&k, 10, "go_memstats_mallocs_total 2000\n");
	/* It grew by 1000 in ten seconds, not in one. */
	if (k.t->facts.memory.allocs_per_s > 100)
		fail_msg("got %g a second", k.t->facts.memory.allocs_per_s);
	kit_end(&k);
}

static void a_rate_is_not_taken_between_two_different_metrics(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0, "go_memstats_mallocs_total 1000\n");
	kit_page(&k, 1, "go_gc_heap_allocs_objects_total 90000\ngo_memstats_mallocs_total 1010\n");
	assert_true(isnan(k.t->facts.memory.allocs_per_s) || k.t->facts.memory.allocs_per_s < 11);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_never_paired_with_the_state_of_their_neighbour),
		cmocka_unit_test(learning_what_a_number_means_is_no_change_of_state),
		cmocka_unit_test(another_process_without_the_library_makes_the_number_unknown),
		cmocka_unit_test(after_a_restart_no_rate_goes_over_the_change),
		cmocka_unit_test(a_restart_between_success_and_failure_counters_is_seen),
		cmocka_unit_test(the_metrics_of_one_breaker_without_labels_are_one_row),
		cmocka_unit_test(what_only_sounds_like_a_breaker_is_none),
		cmocka_unit_test(a_grpc_failure_is_not_told_as_no_failure),
		cmocka_unit_test(a_counter_beside_a_histogram_does_not_change_its_rate),
		cmocka_unit_test(two_histograms_of_one_route_are_not_counted_twice),
		cmocka_unit_test(a_counter_that_was_away_has_no_rate_at_once),
		cmocka_unit_test(a_rate_is_not_taken_between_two_different_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
