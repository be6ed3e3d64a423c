/* Requests by route as a service's own histograms and counters tell them. */
#include "tests/unit/model_kit.h"

#define H "http_request_duration_seconds"
#define T "# TYPE " H " histogram\n"
#define ROW(code, a, b, c)                                                     \
	H "_bucket{handler=\"/pay\",code=\"" code "\",le=\"0.01\"} " #a "\n" H \
	  "_bucket{handler=\"/pay\",code=\"" code "\",le=\"0.1\"} " #b "\n" H  \
	  "_bucket{handler=\"/pay\",code=\"" code "\",le=\"+Inf\"} " #c "\n" H \
	  "_count{handler=\"/pay\",code=\"" code "\"} " #c "\n"

static const struct request_row *only(const struct kit *k)
{
	assert_int_equal(k->t->n_requests, 1);
	return &k->t->requests[0];
}

static void a_quantile_is_the_range_of_its_bucket(void **state)
{
	static const struct {
		const char *before, *after;
		double p50_lo, p50, p99_lo, p99;
	} rows[] = {
		{ T ROW("200", 0, 0, 0), T ROW("200", 100, 100, 100), 0, 10, 0, 10 },
		{ T ROW("200", 0, 0, 0), T ROW("200", 60, 100, 100), 0, 10, 10, 100 },
		{ T ROW("200", 0, 0, 0), T ROW("200", 0, 98, 100), 10, 100, 100, ABSENT },
		{ T ROW("200", 0, 0, 0), T ROW("200", 0, 0, 100), 100, ABSENT, 100, ABSENT },
		{ T ROW("200", 900, 900, 900), T ROW("200", 900, 910, 910), 10, 100, 10, 100 },
		{ T ROW("200", 5, 6, 7), T ROW("200", 5, 6, 7), ABSENT, ABSENT, ABSENT, ABSENT },
		{ T ROW("200", 5, 6, 7), T ROW("200", 1, 2, 3), ABSENT, ABSENT, ABSENT, ABSENT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit k;

		kit_start(&k, true);
		kit_page(&k, 1, rows[i].before);
		assert_num(only(&k)->p50_ms, ABSENT);
		assert_num(only(&k)->rate_per_s, ABSENT);
		kit_page(&k, 2, rows[i].after);
		assert_num(only(&k)->p50_lo_ms, rows[i].p50_lo);
		assert_num(only(&k)->p50_ms, rows[i].p50);
		assert_num(only(&k)->p99_lo_ms, rows[i].p99_lo);
		assert_num(only(&k)->p99_ms, rows[i].p99);
		kit_end(&k);
	}
}

static void rates_and_status_classes_are_over_the_interval(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, T ROW("200", 10, 10, 10) ROW("404", 0, 0, 0) ROW("503", 0, 0, 5));
	kit_page(&k, 3, T ROW("200", 30, 30, 30) ROW("404", 2, 2, 2) ROW("503", 0, 0, 9));
	assert_num(only(&k)->rate_per_s, 13);
	assert_num(only(&k)->status_2xx, 10);
	assert_num(only(&k)->status_3xx, 0);
	assert_num(only(&k)->status_4xx, 1);
	assert_num(only(&k)->status_5xx, 2);
	assert_text(only(&k)->route, "/pay");
	assert_null(only(&k)->method);
	kit_end(&k);
}

static void a_restart_gives_no_rate(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, T ROW("200", 100, 100, 100));
	kit_page(&k, 2, T ROW("200", 3, 3, 3));
	assert_num(only(&k)->rate_per_s, ABSENT);
	assert_num(only(&k)->status_2xx, ABSENT);
	kit_page(&k, 3, T ROW("200", 7, 7, 7));
	assert_num(only(&k)->rate_per_s, 4);
	kit_end(&k);
}

/* As native histograms have it: what lies between the bounds of one is known to be between, no
 * more. */
static void histograms_of_other_bounds_are_not_mixed_up(void **state)
{
#define OTHER(n1, n2, n3, m1, m2)                                                                \
	"http_request_duration_seconds_bucket{handler=\"/pay\",code=\"200\",le=\"0.1\"} " #n1    \
	"\nhttp_request_duration_seconds_bucket{handler=\"/pay\",code=\"200\",le=\"0.2\"} " #n2  \
	"\nhttp_request_duration_seconds_bucket{handler=\"/pay\",code=\"200\",le=\"+Inf\"} " #n3 \
	"\nhttp_request_duration_seconds_bucket{handler=\"/pay\",code=\"503\",le=\"0.15\"} " #m1 \
	"\nhttp_request_duration_seconds_bucket{handler=\"/pay\",code=\"503\",le=\"+Inf\"} " #m2 \
	"\n"
	static const struct {
		const char *page;
		double p50_lo, p50, p99_lo, p99;
	} t[] = {
		{ T OTHER(100, 100, 100, 0, 0), 0, 100, 0, 100 },
		{ T OTHER(0, 100, 100, 0, 0), 100, 200, 100, 200 },
		{ T OTHER(0, 0, 0, 10, 10), 0, 150, 0, 150 },
		/* 90 below 0.1 s, 10 of others below 0.15 s: the last is there or lower */
		{ T OTHER(90, 90, 90, 10, 10), 0, 100, 0, 150 },
		{ T OTHER(0, 90, 90, 10, 10), 100, 200, 100, 200 },
		{ T OTHER(90, 90, 90, 0, 10), 0, 100, 150, ABSENT },
	};
	struct kit k;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		kit_start(&k, true);
		kit_page(&k, 1, T OTHER(0, 0, 0, 0, 0));
		kit_page(&k, 2, t[i].page);
		assert_num(only(&k)->p50_lo_ms, t[i].p50_lo);
		assert_num(only(&k)->p50_ms, t[i].p50);
		assert_num(only(&k)->p99_lo_ms, t[i].p99_lo);
		assert_num(only(&k)->p99_ms, t[i].p99);
		kit_end(&k);
	}
}

static void a_series_that_appears_keeps_the_rates(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, T ROW("200", 10, 10, 10));
	kit_page(&k, 2, T ROW("200", 20, 20, 20) ROW("503", 0, 0, 1));
	assert_num(only(&k)->rate_per_s, 11);
	assert_num(only(&k)->status_5xx, 1);
	kit_end(&k);
}

static void counters_count_only_where_there_are_no_histograms(void **state)
{
	static const char counters[] =
		"# TYPE http_requests_total counter\n"
		"http_requests_total{path=\"/a\",method=\"GET\",status=\"2xx\"} ";
	char text[4096];
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s%d\n", counters, 10 * i);
		kit_page(&k, 1 + i, text);
	}
	assert_num(only(&k)->rate_per_s, 10);
	assert_num(only(&k)->status_2xx, 10);
	assert_num(only(&k)->p99_ms, ABSENT);
	assert_text(only(&k)->method, "GET");
	assert_text(only(&k)->route, "/a");
	kit_end(&k);

	kit_start(&k, true);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s%d\n%s", counters, 10 * i,
			 i ? T ROW("200", 5, 5, 5) : T ROW("200", 0, 0, 0));
		kit_page(&k, 1 + i, text);
	}
	assert_num(only(&k)->rate_per_s, 5);
	assert_text(only(&k)->route, "/pay");
	kit_end(&k);
}

static void calls_to_others_are_no_requests(void **state)
{
	static const char *const pages[] = {
		"# TYPE http_client_request_duration_seconds histogram\n"
		"http_client_request_duration_seconds_bucket{le=\"+Inf\"} 1\n"
		"http_client_request_duration_seconds_count 1\n",
		"# TYPE client_api_requests_total counter\nclient_api_requests_total 1\n",
		"# TYPE grpc_client_handled_total counter\ngrpc_client_handled_total 1\n",
		"# TYPE promhttp_requests_total counter\npromhttp_requests_total 1\n",
		"# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds_count 1\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct kit k;

		kit_start(&k, true);
		kit_page(&k, 1, pages[i]);
		if (k.t->n_requests)
			fail_msg("a request: %s", pages[i]);
		kit_end(&k);
	}
}

static void bounds_are_in_the_unit_of_the_name(void **state)
{
	static const struct {
		const char *name;
		double p50_ms;
	} rows[] = {
		{ "http_request_duration_seconds", 5000 },
		{ "http_request_latency_ms", 5 },
		{ "http_request_duration_milliseconds", 5 },
		{ "http_request_latency_us", 0.005 },
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit k;

		kit_start(&k, true);
		for (int n = 0; n < 2; n++) {
			snprintf(text, sizeof(text),
				 "# TYPE %s histogram\n%s_bucket{le=\"5\"} %d\n"
				 "%s_bucket{le=\"+Inf\"} %d\n%s_count %d\n",
				 rows[i].name, rows[i].name, n, rows[i].name, n, rows[i].name, n);
			kit_page(&k, 1 + n, text);
		}
		assert_num(only(&k)->p50_ms, rows[i].p50_ms);
		assert_null(only(&k)->route);
		kit_end(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quantile_is_the_range_of_its_bucket),
		cmocka_unit_test(rates_and_status_classes_are_over_the_interval),
		cmocka_unit_test(a_restart_gives_no_rate),
		cmocka_unit_test(histograms_of_other_bounds_are_not_mixed_up),
		cmocka_unit_test(a_series_that_appears_keeps_the_rates),
		cmocka_unit_test(counters_count_only_where_there_are_no_histograms),
		cmocka_unit_test(calls_to_others_are_no_requests),
		cmocka_unit_test(bounds_are_in_the_unit_of_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
