/* What the user may write as a target, and what it means. */
#include "tests/unit/model_kit.h"

#include <errno.h>

#include "collectors/target.h"

static void a_target_is_what_it_looks_like(void **state)
{
	static const struct {
		const char *arg;
		enum target_kind kind;
		const char *name, *base;
		int only; /* enum source */
		const char *exact;
	} rows[] = {
		{ "4182", TARGET_PID, "", "", SOURCE_COUNT, "" },
		{ "pay=4182", TARGET_PID, "pay", "", SOURCE_COUNT, "" },
		{ "payment-api", TARGET_NAME, "", "", SOURCE_COUNT, "" },
		{ "web=payment-api", TARGET_NAME, "web", "", SOURCE_COUNT, "" },
		{ "4182x", TARGET_NAME, "", "", SOURCE_COUNT, "" },
		{ "host:6060", TARGET_URL, "", "http://host:6060", SOURCE_COUNT, "" },
		{ "host:6060/", TARGET_URL, "", "http://host:6060", SOURCE_COUNT, "" },
		{ "[::1]:6060", TARGET_URL, "", "http://[::1]:6060", SOURCE_COUNT, "" },
		{ "pay=host:6060", TARGET_URL, "pay", "http://host:6060", SOURCE_COUNT, "" },
		{ "https://host/base/", TARGET_URL, "", "https://host/base", SOURCE_COUNT, "" },
		{ "http://host:1/?a=b", TARGET_URL, "", "http://host:1", SOURCE_COUNT, "" },
		{ "http://host:9090/metrics", TARGET_URL, "", "http://host:9090", SOURCE_METRICS,
		  "http://host:9090/metrics" },
		{ "host:9090/metrics?name[]=up", TARGET_URL, "", "http://host:9090", SOURCE_METRICS,
		  "http://host:9090/metrics?name[]=up" },
		{ "http://host:1/app/debug/vars", TARGET_URL, "", "http://host:1", SOURCE_EXPVAR,
		  "http://host:1/app/debug/vars" },
		{ "http://host:1/hystrix.stream", TARGET_URL, "", "http://host:1", SOURCE_HYSTRIX,
		  "http://host:1/hystrix.stream" },
		{ "http://host:1/x/debug/pprof/heap?gc=1", TARGET_URL, "", "http://host:1",
		  SOURCE_PPROF, "http://host:1/x/debug/pprof/heap?debug=0" },
		{ "http://host:1/debug/pprof/profile?seconds=7", TARGET_URL, "", "http://host:1",
		  SOURCE_PPROF, "http://host:1/debug/pprof/profile?seconds=7" },
		{ "http://host:1/debug/pprof/profile", TARGET_URL, "", "http://host:1",
		  SOURCE_PPROF, "http://host:1/debug/pprof/profile?seconds=5" },
		{ "http://host:1/debug/pprof/", TARGET_URL, "", "http://host:1", SOURCE_PPROF,
		  "http://host:1/debug/pprof/goroutine?debug=0" },
		{ "http://host:1/x/debug/pprof/goroutine?debug=2", TARGET_URL, "", "http://host:1",
		  SOURCE_PPROF, "http://host:1/x/debug/pprof/goroutine?debug=0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target_spec s;
		struct err e = { "" };

		if (target_parse(rows[i].arg, &s, &e) < 0)
			fail_msg("%s: %s", rows[i].arg, e.text);
		if (s.kind != rows[i].kind || (int)s.only != rows[i].only)
			fail_msg("%s: kind %d, only %d", rows[i].arg, s.kind, s.only);
		assert_string_equal(s.name, rows[i].name);
		assert_string_equal(s.base.url, rows[i].base);
		assert_string_equal(s.exact_url, rows[i].exact);
		assert_string_equal(s.base.unix_path, "");
	}
}

static void a_pid_is_its_number_and_a_name_is_kept_apart(void **state)
{
	struct target_spec s;
	struct err e;

	(void)state;
	assert_int_equal(target_parse("pay=4182", &s, &e), 0);
	assert_int_equal(s.pid, 4182);
	assert_string_equal(s.asked, "4182");
	assert_int_equal(target_parse("host:6060/base", &s, &e), 0);
	assert_string_equal(s.host_port, "host:6060");
}

static void a_unix_socket_is_a_path(void **state)
{
	struct target_spec s;
	struct err e;

	(void)state;
	assert_int_equal(target_parse("app=unix:/run/app.sock", &s, &e), 0);
	assert_int_equal(s.kind, TARGET_URL);
	assert_string_equal(s.name, "app");
	assert_string_equal(s.base.unix_path, "/run/app.sock");
	assert_string_equal(s.base.url, "http://localhost");
	assert_int_equal(s.only, SOURCE_COUNT);
}

static void a_prometheus_server_is_told_from_a_host_of_that_name(void **state)
{
	static const struct {
		const char *arg;
		enum target_kind kind;
		const char *base, *unix_path, *wanted;
	} rows[] = {
		{ "prometheus:9090", TARGET_URL, "http://prometheus:9090", "", "" },
		{ "prometheus:9090/metrics", TARGET_URL, "http://prometheus:9090", "", "" },
		{ "prometheus", TARGET_NAME, "", "", "" },
		{ "prometheus:host:9090", TARGET_PROMETHEUS, "http://host:9090", "", "" },
		{ "prometheus:http://host:9090/", TARGET_PROMETHEUS, "http://host:9090", "", "" },
		{ "prometheus:https://host/prometheus/", TARGET_PROMETHEUS,
		  "https://host/prometheus", "", "" },
		{ "prometheus:host:9090#job=api", TARGET_PROMETHEUS, "http://host:9090", "",
		  "job=api" },
		{ "all=prometheus:http://[::1]:9090/select/0?x=1#job=a,instance=h:1",
		  TARGET_PROMETHEUS, "http://[::1]:9090/select/0", "", "job=a,instance=h:1" },
		{ "prometheus:unix:/run/p.sock#job=a", TARGET_PROMETHEUS, "http://localhost",
		  "/run/p.sock", "job=a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target_spec s;
		struct err e = { "" };

		if (target_parse(rows[i].arg, &s, &e) < 0)
			fail_msg("%s: %s", rows[i].arg, e.text);
		if (s.kind != rows[i].kind)
			fail_msg("%s: kind %d", rows[i].arg, s.kind);
		assert_string_equal(s.base.url, rows[i].base);
		assert_string_equal(s.base.unix_path, rows[i].unix_path);
		assert_string_equal(s.wanted, rows[i].wanted);
		if (s.kind == TARGET_PROMETHEUS)
			assert_int_equal(s.only, SOURCE_COUNT);
	}
}

static void what_cannot_be_a_target_is_refused_with_a_sentence(void **state)
{
	static const char *const args[] = {
		"",
		"pay=",
		"0",
		"00",
		"9999999999",
		"99999999999999999999999999",
		"ftp://host/",
		"pay=gopher://host/",
		"http://",
		"http:///metrics",
		"user:secret@host:6060",
		"http://user:secret@host/",
		"http://user@host/",
		"http://host/with blank",
		"host:6060/\"",
		"prometheus:ftp://host/",
		"prometheus:http://host:9090#job",
		"prometheus:http://user:secret@host:9090",
		"prometheus:unix:p.sock",
		"unix:",
		"unix:app.sock",
		("unix:/0123456789012345678901234567890123456789012345678901234567890123456789"
		 "0123456789012345678901234567890123456789"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(args); i++) {
		struct target_spec s;
		struct err e = { "" };

		if (target_parse(args[i], &s, &e) != -EINVAL)
			fail_msg("taken: \"%s\"", args[i]);
		assert_true(e.text[0] != '\0');
		assert_null(strstr(e.text, "secret"));
	}
}

static void an_address_that_is_too_long_is_refused(void **state)
{
	char arg[2048] = "http://";
	struct target_spec s;
	struct err e = { "" };

	(void)state;
	for (size_t n = 260; n < 2000; n += 150) {
		memset(arg + 7, 'a', n);
		arg[7 + n] = '\0';
		assert_int_equal(target_parse(arg, &s, &e), -EINVAL);
		assert_true(e.text[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_is_what_it_looks_like),
		cmocka_unit_test(a_pid_is_its_number_and_a_name_is_kept_apart),
		cmocka_unit_test(a_unix_socket_is_a_path),
		cmocka_unit_test(a_prometheus_server_is_told_from_a_host_of_that_name),
		cmocka_unit_test(what_cannot_be_a_target_is_refused_with_a_sentence),
		cmocka_unit_test(an_address_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
