#include "tests/unit/model_kit.h"

static const struct limiter_row *limiter(const struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->t->n_limiters; i++) {
		if (strcmp(k->t->limiters[i].name, name) == 0)
			return &k->t->limiters[i];
	}
	fail_msg("there is no limiter %s among %zu; the first is %s", name, k->t->n_limiters,
		 k->t->n_limiters ? k->t->limiters[0].name : "none");
	return NULL;
}

static void a_limiter_is_put_together_from_its_metrics(void **state)
{
	static const char page[] = "rate_limiter_limit{name=\"api\"} 100\n"
				   "rate_limiter_burst{name=\"api\"} 50\n"
				   "rate_limiter_tokens{name=\"api\"} 3.25\n"
				   "rate_limiter_allowed_total{name=\"api\"} %d\n"
				   "rate_limiter_denied_total{name=\"api\"} %d\n";
	char text[512];
	struct kit k;

	(void)state;
	kit_start(&k, true);
	snprintf(text, sizeof(text), page, 1000, 10);
	kit_page(&k, 0, text);
	assert_int_equal(k.t->n_limiters, 1);
	assert_num(limiter(&k, "api")->limit_per_s, 100);
	assert_num(limiter(&k, "api")->burst, 50);
	assert_num(limiter(&k, "api")->tokens, 3.25);
	assert_num(limiter(&k, "api")->denied_per_s, ABSENT); /* a rate needs two samples */
	snprintf(text, sizeof(text), page, 1180, 19);
	kit_page(&k, 2, text);
	assert_num(limiter(&k, "api")->allowed_per_s, 90);
	assert_num(limiter(&k, "api")->denied_per_s, 4.5);
	snprintf(text, sizeof(text), page, 3, 1); /* a restart */
	kit_page(&k, 3, text);
	assert_num(limiter(&k, "api")->allowed_per_s, ABSENT);
	assert_num(limiter(&k, "api")->denied_per_s, ABSENT);
	kit_end(&k);
}

static void no_limit_is_absent(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0, "rate_limiter_limit{name=\"api\"} +Inf\n");
	assert_num(limiter(&k, "api")->limit_per_s, ABSENT); /* rate.Inf */
	kit_end(&k);
}

static void a_denial_is_known_by_its_name_or_by_its_label(void **state)
{
	static const struct {
		const char *series;
		double allowed_per_s, denied_per_s;
	} cases[] = {
		{ "rate_limit_allowed_total{name=\"a\"}", 2, ABSENT },
		{ "rate_limit_exceeded_total{name=\"a\"}", ABSENT, 2 },
		{ "requests_rate_limited_total{name=\"a\"}", ABSENT, 2 },
		{ "rate_limit_rejected_total{name=\"a\"}", ABSENT, 2 },
		{ "rate_limit_requests_total{name=\"a\",result=\"allowed\"}", 2, ABSENT },
		{ "rate_limit_requests_total{name=\"a\",result=\"denied\"}", ABSENT, 2 },
		{ "ratelimit_service_rate_limit_over_limit{domain=\"a\"}", ABSENT, 2 },
		{ "ratelimit_service_rate_limit_within_limit{domain=\"a\"}", 2, ABSENT },
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char page[256];
		struct kit k;

		kit_start(&k, true);
		for (int t = 0; t < 2; t++) {
			snprintf(page, sizeof(page), "%s %d\n", cases[i].series, 5 + 2 * t);
			kit_page(&k, t, page);
		}
		if (!same_num(limiter(&k, "a")->allowed_per_s, cases[i].allowed_per_s) ||
		    !same_num(limiter(&k, "a")->denied_per_s, cases[i].denied_per_s)) {
			print_error("%s: allowed %g, denied %g\n", cases[i].series,
				    limiter(&k, "a")->allowed_per_s,
				    limiter(&k, "a")->denied_per_s);
			wrong++;
		}
		kit_end(&k);
	}
	assert_int_equal(wrong, 0);
}

static void the_metrics_of_one_limiter_without_labels_are_one_row(void **state)
{
	static const char *const pages[] = {
		"api_rate_limit_burst 5\napi_rate_limit_tokens 2\napi_rate_limit_denied_total 1\n",
		"api_rate_limiter_burst 5\napi_rate_limiter_tokens 2\n",
		"api_ratelimit_burst 5\napi_ratelimit_tokens 2\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct kit k;

		kit_start(&k, true);
		kit_page(&k, 0, pages[i]);
		if (k.t->n_limiters != 1)
			fail_msg("%zu rows, the second is %s: %s", k.t->n_limiters,
				 k.t->limiters[1].name, pages[i]);
		kit_end(&k);
	}
}

static void a_new_series_elsewhere_on_the_page_leaves_the_rates(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 0, "rate_limit_denied_total{name=\"a\"} 5\n");
	kit_page(&k, 1, "rate_limit_denied_total{name=\"a\"} 8\n");
	assert_num(limiter(&k, "a")->denied_per_s, 3);
	kit_page(&k, 2,
		 "http_requests_total{code=\"503\"} 1\nrate_limit_denied_total{name=\"a\"} 12\n");
	assert_num(limiter(&k, "a")->denied_per_s, 4);
	kit_end(&k);
}

static void what_is_no_limiter_is_left_out(void **state)
{
	static const char *const pages[] = {
		"memory_limit 5\n",
		"go_memory_limit_bytes 1e9\n",
		"# TYPE rest_client_rate_limiter_duration_seconds histogram\n"
		"rest_client_rate_limiter_duration_seconds_bucket{le=\"+Inf\"} 1\n"
		"rest_client_rate_limiter_duration_seconds_sum 1\n"
		"rest_client_rate_limiter_duration_seconds_count 1\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct kit k;

		kit_start(&k, true);
		kit_page(&k, 0, pages[i]);
		assert_int_equal(k.t->n_limiters, 0);
		kit_end(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limiter_is_put_together_from_its_metrics),
		cmocka_unit_test(no_limit_is_absent),
		cmocka_unit_test(a_denial_is_known_by_its_name_or_by_its_label),
		cmocka_unit_test(the_metrics_of_one_limiter_without_labels_are_one_row),
		cmocka_unit_test(a_new_series_elsewhere_on_the_page_leaves_the_rates),
		cmocka_unit_test(what_is_no_limiter_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
