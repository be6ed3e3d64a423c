/* The questions that a Prometheus server is asked. */
#include "tests/unit/model_kit.h"

#include <errno.h>
#include <regex.h>

#include "collectors/parse/promql.h"

static void what_is_wanted_becomes_matchers(void **state)
{
	static const struct {
		const char *wanted, *matchers;
	} rows[] = {
		{ "", "" },
		{ "job=api", "job=\"api\"" },
		{ "job=api,instance=~10[.].*", "job=\"api\",instance=~\"10[.].*\"" },
		{ "env!=dev,zone!~b|c", "env!=\"dev\",zone!~\"b|c\"" },
		{ "job=", "job=\"\"" },
		{ "job=a=b", "job=\"a=b\"" },
		{ "job=a\"} or vector(1)", "job=\"a\\\"} or vector(1)\"" },
		{ "job=~a\\.b", "job=~\"a\\\\.b\"" },
		{ "job=a\nb", "job=\"a\\x0ab\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { "" };
		struct buf b;

		if (promql_check(rows[i].wanted, &e) < 0)
			fail_msg("%s: %s", rows[i].wanted, e.text);
		buf_init(&b, 4096);
		promql_matchers(&b, rows[i].wanted);
		assert_string_equal(buf_str(&b), rows[i].matchers);
		buf_release(&b);
	}
}

static void what_names_no_label_is_refused(void **state)
{
	static const char *const rows[] = { "api",    "=api",	    "1a=b",
					    "job=a,", "job=a,,b=c", "job~a",
					    "job!a",  "jo b=c",	    "job=a,instance" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { "" };
		int want = strcmp(rows[i], "job=a,") == 0 ? 0 : -EINVAL; /* a comma too many */

		if (promql_check(rows[i], &e) != want)
			fail_msg("%s: got %s", rows[i], e.text);
		assert_int_equal(want == 0, e.text[0] == '\0');
	}
}

static void a_word_in_a_regular_expression_means_itself(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	promql_literal(&b, STR("10.0.0.1:80"));
	buf_adds(&b, " ");
	promql_literal(&b, STR("a|b\"(\\"));
	assert_string_equal(buf_str(&b), "10\\\\.0\\\\.0\\\\.1:80 a\\\\|b\\\"\\\\(\\\\\\\\");
	buf_release(&b);
}

static void an_address_is_encoded(void **state)
{
	static const char *const params[] = { "query", "up{a=\"b c\"}[5m]&+", "x", "1", NULL };
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	promql_url(&b, "http://h:9090/p", "/api/v1/query", params);
	assert_string_equal(
		buf_str(&b),
		"http://h:9090/p/api/v1/query?query=up%7Ba%3D%22b%20c%22%7D%5B5m%5D%26%2B&x=1");
	buf_release(&b);
}

static void the_names_asked_for_are_those_that_the_model_reads(void **state)
{
	static const struct {
		const char *name;
		bool asked;
	} rows[] = {
		{ "go_goroutines", true },
		{ "go_sched_goroutines_goroutines", true },
		{ "process_cpu_seconds_total", true },
		{ "go_gc_duration_seconds", true },
		{ "circuit_breaker_state", true },
		{ "myapp_circuitbreaker_requests_total", true },
		{ "breaker_state", true },
		{ "rate_limit_denied_total", true },
		{ "http_request_duration_seconds_bucket", true },
		{ "http_request_duration_seconds_count", true },
		{ "http_request_duration_seconds_sum", false },
		{ "grpc_server_handled_total", true },
		{ "http_requests_total", true },
		{ "requests_total", true },
		{ "node_cpu_seconds_total", false },
		{ "go_info", false },
		{ "icebreaker_count", false },
	};
	struct buf b, anchored;
	regex_t re;

	(void)state;
	buf_init(&b, 16 << 10);
	buf_init(&anchored, 16 << 10);
	promql_names(&b);
	buf_addf(&anchored, "^(%s)$", buf_str(&b));
	assert_int_equal(regcomp(&re, buf_str(&anchored), REG_EXTENDED | REG_NOSUB), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if ((regexec(&re, rows[i].name, 0, NULL, 0) == 0) != rows[i].asked)
			fail_msg("%s: should%s be asked for", rows[i].name,
				 rows[i].asked ? "" : " not");
	}
	regfree(&re);
	assert_true(b.len < 4000); /* with the services, an address of 8 kB */
	buf_release(&b);
	buf_release(&anchored);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_becomes_matchers),
		cmocka_unit_test(what_names_no_label_is_refused),
		cmocka_unit_test(a_word_in_a_regular_expression_means_itself),
		cmocka_unit_test(an_address_is_encoded),
		cmocka_unit_test(the_names_asked_for_are_those_that_the_model_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
