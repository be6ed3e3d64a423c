/* Circuit breakers as metrics pages show them: names, states, and what follows from counters. */
#include "tests/unit/model_kit.h"

#define HELP_GOBREAKER "# HELP circuit_breaker_state 0=closed, 1=half-open, 2=open\n"

static const struct breaker_row *breaker(const struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->t->n_breakers; i++) {
		if (strcmp(k->t->breakers[i].name, name) == 0)
			return &k->t->breakers[i];
	}
	fail_msg("no breaker \"%s\" among %zu", name, k->t->n_breakers);
	return NULL;
}

/* ---- state ---- */

static void a_state_is_read_from_the_best_witness_on_the_page(void **state)
{
	static const struct {
		const char *page, *name, *is;
	} rows[] = {
		{ HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 0\n", "pay", "closed" },
		{ HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 1\n", "pay", "half_open" },
		{ HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 2\n", "pay", "open" },
		{ HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 3\n", "pay", "unknown" },
		{ HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} NaN\n", "pay", "unknown" },
		{ "# HELP app_circuitbreaker_state closed (0), open (1), half-open (2)\n"
		  "app_circuitbreaker_state{service=\"db\"} 1\n",
		  "db", "open" },
		{ "circuit_breaker_state{name=\"pay\",state=\"closed\"} 0\n"
		  "circuit_breaker_state{name=\"pay\",state=\"open\"} 1\n"
		  "circuit_breaker_state{name=\"pay\",state=\"half_open\"} 0\n",
		  "pay", "open" },
		{ "# HELP dapr_resiliency_cb_state 0 closed, 1 half-open, 2 open, -1 unknown\n"
		  "dapr_resiliency_cb_state{name=\"cb\",status=\"closed\"} 0\n"
		  "dapr_resiliency_cb_state{name=\"cb\",status=\"half-open\"} 1\n"
		  "dapr_resiliency_cb_state{name=\"cb\",status=\"open\"} 0\n"
		  "dapr_resiliency_cb_state{name=\"cb\",status=\"unknown\"} 0\n",
		  "cb", "half_open" },
		{ "resilience4j_circuitbreaker_state{name=\"a\",state=\"forced_open\"} 0\n"
		  "resilience4j_circuitbreaker_state{name=\"a\",state=\"closed\"} 1\n"
		  "resilience4j_circuitbreaker_state{name=\"a\",state=\"disabled\"} 0\n",
		  "a", "closed" },
		{ "circuit_breaker_state{name=\"pay\",state=\"closed\"} 1\n"
		  "circuit_breaker_state{name=\"pay\",state=\"open\"} 1\n",
		  "pay", "unknown" },
		{ "circuit_breaker_is_open{name=\"pay\"} 1\n", "pay", "open" },
		{ "circuit_breaker_is_open{name=\"pay\"} 0\n", "pay", "closed" },
		{ "envoy_cluster_circuit_breakers_default_cx_open{cluster_name=\"c\"} 1\n", "c",
		  "open" },
		{ "circuit_breaker_rejected_total{name=\"pay\"} 7\n", "pay", "unknown" },
		{ HELP_GOBREAKER "circuit_breaker_state 2\n", "circuit_breaker", "open" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit k;
		const struct breaker_row *r;

		kit_start(&k, true);
		kit_page(&k, 1, rows[i].page);
		assert_int_equal(k.t->n_breakers, 1);
		r = breaker(&k, rows[i].name);
		if (strcmp(r->state, rows[i].is) != 0)
			fail_msg("%s, not %s: %s", r->state, rows[i].is, rows[i].page);
		assert_text(r->source, "metrics");
		assert_non_null(r->detail);
		kit_end(&k);
	}
}

static void without_a_witness_the_number_is_shown_and_the_state_unknown(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "circuit_breaker_state{name=\"pay\"} 2\n");
	assert_text(breaker(&k, "pay")->state, "unknown");
	assert_num(breaker(&k, "pay")->raw, 2);
	assert_null(breaker(&k, "pay")->library);
	kit_end(&k);
}

#define DEP(p)                                           \
	{                                                \
		.path = STR(p), .version = STR("v1.0.0") \
	}

static void the_library_that_is_linked_in_explains_the_number(void **state)
{
	static const struct {
		struct build_dep deps[2];
		const char *library, *of_1, *of_2;
	} rows[] = {
		{ { DEP("github.com/sony/gobreaker/v2"), DEP("go.uber.org/zap") },
		  "sony/gobreaker",
		  "half_open",
		  "open" },
		{ { DEP("github.com/failsafe-go/failsafe-go"), DEP("go.uber.org/zap") },
		  "failsafe-go",
		  "open",
		  "half_open" },
		{ { DEP("github.com/failsafe-go/failsafe-go"), DEP("github.com/sony/gobreaker") },
		  NULL,
		  "unknown",
		  "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct build b = { .go = STR("go1.26.1"), .deps = rows[i].deps, .n_deps = 2 };
		struct process p = { .pid = 7, .name = STR("pay"), .build = &b };
		struct kit k;

		kit_start(&k, true);
		kit_process(&k, 1, &p);
		kit_page(&k, 1,
			 "circuit_breaker_state{name=\"a\"} 1\n"
			 "circuit_breaker_state{name=\"b\"} 2\n");
		assert_text(breaker(&k, "a")->state, rows[i].of_1);
		assert_text(breaker(&k, "b")->state, rows[i].of_2);
		if (rows[i].library)
			assert_text(breaker(&k, "a")->library, rows[i].library);
		else
			assert_null(breaker(&k, "a")->library);
		kit_end(&k);
	}
}

static void a_help_text_wins_over_the_library(void **state)
{
	static const struct build_dep deps[] = { DEP("github.com/sony/gobreaker") };
	struct build b = { .go = STR("go1.26.1"), .deps = deps, .n_deps = 1 };
	struct process p = { .pid = 7, .name = STR("pay"), .build = &b };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_process(&k, 1, &p);
	kit_page(&k, 1,
		 "# HELP circuit_breaker_state 0=closed, 1=open, 2=half-open\n"
		 "circuit_breaker_state{name=\"a\"} 1\n");
	assert_text(breaker(&k, "a")->state, "open");
	kit_end(&k);
}

static void what_only_sounds_like_a_breaker_is_none(void **state)
{
	static const char *const pages[] = {
		"go_goroutines 5\n",
		"process_open_fds 5\n",
		"http_requests_total{state=\"open\"} 5\n",
		"door_state{name=\"front\"} 1\n",
		"connections_open 3\n",
		"circuit_breaker_timeout_seconds{name=\"pay\"} 60\n",
		"circuit_breaker_max_requests{name=\"pay\"} 60\n",
		"circuit_breaker_state_changes_total{name=\"pay\",to=\"elsewhere\"} 1\n",
		"circuit_breaker_state{name=\"pay\",state=\"disabled\"} 1\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct kit k;

		kit_start(&k, true);
		kit_page(&k, 1, pages[i]);
		if (k.t->n_breakers)
			fail_msg("a breaker: %s", pages[i]);
		kit_end(&k);
	}
}

static void the_last_change_counted_tells_the_state(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"open\"} 3\n"
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"closed\"} 3\n");
	assert_text(breaker(&k, "pay")->state, "unknown");
	kit_page(&k, 2,
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"open\"} 4\n"
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"closed\"} 3\n");
	assert_text(breaker(&k, "pay")->state, "open");
	kit_page(&k, 3,
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"open\"} 4\n"
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"closed\"} 3\n"
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"half_open\"} 1\n");
	assert_text(breaker(&k, "pay")->state, "half_open");
	kit_page(&k, 4,
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"open\"} 5\n"
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"closed\"} 4\n"
		 "circuit_breaker_state_changes_total{name=\"pay\",to=\"half_open\"} 2\n");
	assert_text(breaker(&k, "pay")->state, "unknown"); /* which was the last? */
	kit_end(&k);
}

/* ---- time ---- */

static void the_time_in_a_state_is_told_from_the_first_change_seen(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 2\n");
	kit_page(&k, 2, HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 2\n");
	assert_num(breaker(&k, "pay")->since_s, ABSENT);
	kit_page(&k, 3, HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 1\n");
	assert_num(breaker(&k, "pay")->since_s, 0);
	kit_page(&k, 5.5, HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 1\n");
	assert_num(breaker(&k, "pay")->since_s, 2.5);
	kit_page(&k, 6,
		 HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 0\n"
				"circuit_breaker_state{name=\"new\"} 0\n");
	assert_num(breaker(&k, "pay")->since_s, 0);
	assert_num(breaker(&k, "new")->since_s, ABSENT);
	kit_end(&k);
}

static void flaps_are_told_after_a_minute(void **state)
{
	struct kit k;
	int open = 0;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i <= 60; i++) {
		open = i % 20 >= 10; /* opens at 10, 30 and 50 s */
		kit_page(&k, 1 + i,
			 open ? HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 2\n"
			      : HELP_GOBREAKER "circuit_breaker_state{name=\"pay\"} 0\n");
		if (i < 60)
			assert_num(breaker(&k, "pay")->flaps_per_h, ABSENT);
	}
	assert_num(breaker(&k, "pay")->flaps_per_h, 180);
	kit_end(&k);
}

/* ---- counters ---- */

static void counters_find_their_breaker_by_its_name_label(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 HELP_GOBREAKER "circuit_breaker_state{name=\"a\",pod=\"x\"} 0\n"
				"circuit_breaker_state{name=\"b\",pod=\"x\"} 2\n"
				"circuit_breaker_rejected_total{breaker=\"b\"} 10\n"
				"circuit_breaker_failures_total{name=\"a\"} 3\n"
				"circuit_breaker_requests_total{name=\"a\"} 100\n");
	kit_page(&k, 3,
		 HELP_GOBREAKER "circuit_breaker_state{name=\"a\",pod=\"x\"} 0\n"
				"circuit_breaker_state{name=\"b\",pod=\"x\"} 2\n"
				"circuit_breaker_rejected_total{breaker=\"b\"} 30\n"
				"circuit_breaker_failures_total{name=\"a\"} 8\n"
				"circuit_breaker_requests_total{name=\"a\"} 120\n");
	assert_int_equal(k.t->n_breakers, 2);
	assert_num(breaker(&k, "b/x")->rejected_per_s, 10);
	assert_num(breaker(&k, "a/x")->rejected_per_s, ABSENT);
	assert_num(breaker(&k, "a/x")->failures, 8);
	assert_num(breaker(&k, "a/x")->requests, 120);
	assert_num(breaker(&k, "a/x")->failure_pct, 25);
	kit_end(&k);
}

static void results_by_label_are_counted_apart(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 "circuit_breaker_calls_total{name=\"a\",result=\"success\"} 10\n"
		 "circuit_breaker_calls_total{name=\"a\",result=\"failure\"} 10\n"
		 "circuit_breaker_calls_total{name=\"a\",result=\"rejected\"} 0\n");
	assert_num(breaker(&k, "a")->failure_pct, ABSENT);
	kit_page(&k, 2,
		 "circuit_breaker_calls_total{name=\"a\",result=\"success\"} 40\n"
		 "circuit_breaker_calls_total{name=\"a\",result=\"failure\"} 20\n"
		 "circuit_breaker_calls_total{name=\"a\",result=\"rejected\"} 5\n");
	assert_num(breaker(&k, "a")->requests, 60);
	assert_num(breaker(&k, "a")->failures, 20);
	assert_num(breaker(&k, "a")->failure_pct, 25);
	assert_num(breaker(&k, "a")->rejected_per_s, 5);
	kit_page(&k, 3,
		 "circuit_breaker_calls_total{name=\"a\",result=\"success\"} 40\n"
		 "circuit_breaker_calls_total{name=\"a\",result=\"failure\"} 20\n"
		 "circuit_breaker_calls_total{name=\"a\",result=\"rejected\"} 5\n");
	assert_num(breaker(&k, "a")->failure_pct, ABSENT); /* no calls, no share */
	assert_num(breaker(&k, "a")->rejected_per_s, 0);
	kit_end(&k);
}

static void a_counter_that_appears_later_was_zero_before(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, HELP_GOBREAKER "circuit_breaker_state{name=\"a\"} 0\n");
	kit_page(&k, 3,
		 HELP_GOBREAKER "circuit_breaker_state{name=\"a\"} 2\n"
				"circuit_breaker_rejected_total{name=\"a\"} 8\n");
	assert_num(breaker(&k, "a")->rejected_per_s, 4);
	assert_num(breaker(&k, "a")->since_s, 0);
	kit_end(&k);
}

static void a_counter_that_falls_gives_no_rate(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "circuit_breaker_rejected_total{name=\"a\"} 100\n");
	kit_page(&k, 2, "circuit_breaker_rejected_total{name=\"a\"} 5\n");
	assert_num(breaker(&k, "a")->rejected_per_s, ABSENT);
	kit_page(&k, 4, "circuit_breaker_rejected_total{name=\"a\"} 7\n");
	assert_num(breaker(&k, "a")->rejected_per_s, 1);
	kit_end(&k);
}

static void a_page_that_is_lost_takes_its_breakers_along(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "circuit_breaker_rejected_total{name=\"a\"} 100\n");
	kit_lost(&k, 2, SOURCE_METRICS, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 0);
	kit_page(&k, 3, "circuit_breaker_rejected_total{name=\"a\"} 110\n");
	assert_num(breaker(&k, "a")->rejected_per_s, 5);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_is_read_from_the_best_witness_on_the_page),
		cmocka_unit_test(without_a_witness_the_number_is_shown_and_the_state_unknown),
		cmocka_unit_test(the_library_that_is_linked_in_explains_the_number),
		cmocka_unit_test(a_help_text_wins_over_the_library),
		cmocka_unit_test(what_only_sounds_like_a_breaker_is_none),
		cmocka_unit_test(the_last_change_counted_tells_the_state),
		cmocka_unit_test(the_time_in_a_state_is_told_from_the_first_change_seen),
		cmocka_unit_test(flaps_are_told_after_a_minute),
		cmocka_unit_test(counters_find_their_breaker_by_its_name_label),
		cmocka_unit_test(results_by_label_are_counted_apart),
		cmocka_unit_test(a_counter_that_appears_later_was_zero_before),
		cmocka_unit_test(a_counter_that_falls_gives_no_rate),
		cmocka_unit_test(a_page_that_is_lost_takes_its_breakers_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
