/* Answers of the Prometheus HTTP API: as two servers really send them, and as they may go wrong. */
#include "tests/unit/model_kit.h"

#include <errno.h>

#include "collectors/parse/promapi.h"
#include "collectors/services.h"
#include "core/base/buf.h"

#define FIXTURES "tests/fixtures/promapi/"

static struct promapi api; /* kept, as a reader keeps its own */

static int parse(const char *text, size_t len, size_t piece, struct err *e)
{
	int r = 0;

	promapi_begin(&api);
	for (size_t at = 0; at < len && r == 0; at += piece)
		r = promapi_feed(&api, text + at, len - at < piece ? len - at : piece, e);
	return r < 0 ? r : promapi_end(&api, e);
}

static void read_fixture(const char *name, struct buf *ret)
{
	char path[200], chunk[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s%s", FIXTURES, name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: not there (tests run at the top of the checkout)", path);
	buf_init(ret, 1 << 20);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		assert_int_equal(buf_add(ret, chunk, n), 0);
	fclose(f);
}

static void parse_fixture(const char *name, size_t piece)
{
	struct err e = { "" };
	struct buf b;

	read_fixture(name, &b);
	if (parse(b.ptr, b.len, piece, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	buf_release(&b);
}

#define assert_str(got, want) assert_text(arena_str(&words, (got)).p, (want))
static struct arena words;

static void up_of_two_servers_is_read_alike(void **state)
{
	static const char *const names[] = { "prometheus-up.json", "victoriametrics-up.json" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
			parse_fixture(names[i], piece);
			assert_int_equal(api.n_rows, 6);
			assert_int_equal(api.n_complete, 6);
			assert_false(api.is_vector);
			for (size_t k = 0; k < api.n_rows; k++) {
				const struct promapi_row *r = &api.rows[k];
				struct str job = promapi_label(&api, r, "job");

				assert_str(r->name, "up");
				assert_true(r->n_points >= 1);
				for (uint32_t p = 0; p < r->n_points; p++)
					assert_num(api.points[r->point + p].value,
						   str_is(job, "gone") ? 0 : 1);
			}
		}
	}
}

static void a_sample_keeps_its_own_time_to_the_millisecond(void **state)
{
	static const char text[] =
		"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{"
		"\"metric\":{"
		"\"__name__\":\"a\"},\"values\":[[1795520856.882,\"1\"],[1795520858,\"-2.5e3\"],"
		"[1795520859.001,\"NaN\"],[1795520860,\"+Inf\"],[1795520861,\"-Inf\"],[0,\"0\"]]}]}"
		"}";
	static const struct promapi_point want[] = {
		{ 1795520856882, 1 },	     { 1795520858000, -2500 },	   { 1795520859001, NAN },
		{ 1795520860000, INFINITY }, { 1795520861000, -INFINITY }, { 0, 0 },
	};
	struct err e = { "" };

	(void)state;
	assert_int_equal(parse(text, strlen(text), 5, &e), 0);
	assert_int_equal(api.n_points, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_true(api.points[i].t_ms == want[i].t_ms);
		assert_num(api.points[i].value, want[i].value);
	}
}

#define OK_HEAD "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
#define OK_TAIL "]}}"

static void what_is_no_answer_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *why;
	} rows[] = {
		{ "<html><body>Welcome</body></html>", -EBADMSG, "looks like HTML" },
		{ "# HELP go_goroutines\ngo_goroutines 1\n", -EBADMSG, "page of metrics" },
		{ "", -EBADMSG, "ends in the middle" },
		{ "{}", -EBADMSG, "no status" },
		{ "[]", -EBADMSG, "no status" },
		{ "{\"status\":\"success\"}", -EBADMSG, "no result" },
		{ "{\"status\":\"success\",\"data\":null}", -EBADMSG, "no result" },
		{ "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]"
		  "}}",
		  -EBADMSG, "neither a vector nor a matrix" },
		{ "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no \\\"x\\\"\"}",
		  -EREMOTEIO, "the server refuses: bad_data: no \"x\"" },
		{ "{\"status\":\"error\"}", -EREMOTEIO, "the server refuses" },
		{ OK_HEAD "{\"metric\":{\"a\":1}}" OK_TAIL, -EBADMSG, "a word is missing" },
		{ OK_HEAD "{\"metric\":{},\"value\":[\"1\",\"1\"]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1,1]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1,\"x\"]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1,\"1\",\"1\"]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1,[2]]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"values\":[1,2]}" OK_TAIL, -EBADMSG,
		  "a word is missing" },
		{ OK_HEAD "{\"metric\":{},\"values\":[{}]}" OK_TAIL, -EBADMSG,
		  "not a time and a value" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1e300,\"1\"]}" OK_TAIL, -EBADMSG,
		  "time is none" },
		{ OK_HEAD "{\"metric\":{},\"value\":[-5,\"1\"]}" OK_TAIL, -EBADMSG,
		  "time is none" },
		{ OK_HEAD "{\"metric\":{},\"value\":[1,\"1\"]}", -EBADMSG, "ends in the middle" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t piece = 1; piece < 300; piece += 100) {
			struct err e = { "" };

			if (parse(rows[i].text, strlen(rows[i].text), piece, &e) != rows[i].code)
				fail_msg("%s: another code (%s)", rows[i].text, e.text);
			if (!strstr(e.text, rows[i].why))
				fail_msg("%s: got \"%s\", want \"%s\"", rows[i].text, e.text,
					 rows[i].why);
		}
	}
}

static void what_is_not_known_is_read_past(void **state)
{
	static const char text[] =
		"{\"infos\":[\"i\"],\"warnings\":[\"part of the stores did not "
		"answer\",\"b\"],\"data\":{"
		"\"stats\":{\"a\":[{\"metric\":{\"x\":1}}]},\"result\":[{\"histogram\":[1,{"
		"\"count\":"
		"\"3\"}],\"metric\":{\"__name__\":\"a\",\"l\":\"\\u00e9\"},\"group\":\"g\"},{"
		"\"metric\":{"
		"\"l\":\"\\u00e9\"},\"value\":[3,\"4\"]}],\"resultType\":\"vector\"},\"status\":"
		"\"success\"}";
	struct err e = { "" };

	(void)state;
	assert_int_equal(parse(text, strlen(text), 11, &e), 0);
	assert_true(api.is_vector);
	assert_str(api.warning, "part of the stores did not answer");
	assert_int_equal(api.n_rows, 2);
	assert_int_equal(api.n_histograms, 1);
	assert_int_equal(api.rows[0].n_points, 0);
	assert_int_equal(api.rows[1].n_points, 1);
	assert_str(promapi_label(&api, &api.rows[1], "l"), "\xc3\xa9");
	assert_int_equal(api.rows[1].name.len, 0);
}

static void an_empty_list_is_an_answer(void **state)
{
	struct err e = { "" };

	(void)state;
	assert_int_equal(parse(OK_HEAD OK_TAIL, strlen(OK_HEAD OK_TAIL), 9, &e), 0);
	assert_int_equal(api.n_rows, 0);
}

static void a_refusal_and_the_targets_are_read_as_servers_send_them(void **state)
{
	struct err e = { "" };
	struct buf b;

	(void)state;
	read_fixture("refused.json", &b);
	assert_int_equal(parse(b.ptr, b.len, 64, &e), -EREMOTEIO);
	assert_non_null(strstr(e.text, "parse error"));
	buf_release(&b);
	parse_fixture("targets.json", 100);
	assert_int_equal(api.n_rows, 2);
	for (size_t i = 0; i < api.n_rows; i++) {
		bool gone = str_is(promapi_label(&api, &api.rows[i], "job"), "gone");

		assert_int_equal(api.rows[i].down, gone);
		assert_int_equal(str_has(api.rows[i].text, "connection refused"), gone);
	}
}

static void what_a_metric_means_is_read(void **state)
{
	static const char text[] = "{\"status\":\"success\",\"data\":{\"a_rather_long_name_of_a_"
				   "circuit_breaker_state\":[{"
				   "\"type\":\"gauge\",\"help\":\"0=closed, "
				   "2=open\",\"unit\":\"\"},{\"type\":\"counter\","
				   "\"help\":\"of another target\"}],\"b\":[{\"type\":\"info\"}]}}";
	struct err e = { "" };

	(void)state;
	for (size_t piece = 1; piece < 300; piece += 13) {
		assert_int_equal(parse(text, strlen(text), piece, &e), 0);
		assert_int_equal(api.n_rows, 3);
		assert_str(api.rows[0].name, "a_rather_long_name_of_a_circuit_breaker_state");
		assert_str(api.rows[0].text, "0=closed, 2=open");
		assert_int_equal(api.rows[0].type, METRIC_GAUGE);
		assert_int_equal(api.rows[1].type, METRIC_COUNTER);
		assert_str(api.rows[2].name, "b");
		assert_int_equal(api.rows[2].type, METRIC_UNTYPED);
	}
}

static void a_series_with_too_many_labels_is_refused(void **state)
{
	struct err e = { "" };
	struct buf b;

	(void)state;
	for (int n = PROMAPI_LABELS_MAX; n <= PROMAPI_LABELS_MAX + 1; n++) {
		buf_init(&b, 1 << 20);
		buf_adds(&b, OK_HEAD "{\"metric\":{\"__name__\":\"a\"");
		for (int i = 0; i < n; i++)
			buf_addf(&b, ",\"l%d\":\"v\"", i);
		buf_adds(&b, "},\"value\":[1,\"1\"]}" OK_TAIL);
		assert_int_equal(parse(b.ptr, b.len, 500, &e), n > PROMAPI_LABELS_MAX ? -EFBIG : 0);
		buf_release(&b);
	}
}

/* ---- services ---- */

static struct service *service_named(const struct services *s, const char *instance)
{
	for (size_t i = 0; i < s->n; i++) {
		if (str_is(s->at[i].instance, instance))
			return &s->at[i];
	}
	fail_msg("%s: not among the services", instance);
	return NULL;
}

static void services_are_known_by_their_up_series(void **state)
{
	struct services s = { 0 };
	struct service *sv;

	(void)state;
	parse_fixture("prometheus-up.json", 1000);
	assert_true(services_take_up(&s, &api));
	assert_int_equal(s.n, 6);
	assert_int_equal(s.n_double, 0);
	assert_true(s.scraped_ms >= 1990 && s.scraped_ms <= 2010);
	sv = service_named(&s, "127.0.0.1:19480");
	assert_true(sv->up && sv->seen && sv->due);
	assert_int_equal(sv->n_added, 4);
	sv = service_named(&s, "127.0.0.1:19999");
	assert_true(!sv->up && sv->seen && !sv->due);
	parse_fixture("targets.json", 1000);
	services_take_targets(&s, &api);
	assert_non_null(strstr(sv->why_down, "connection refused"));

	sv = service_named(&s, "127.0.0.1:19480");
	sv->due = false;
	parse_fixture("prometheus-up.json", 1000); /* nothing new */
	assert_true(services_take_up(&s, &api));
	assert_int_equal(s.n, 6);
	assert_false(sv->due);
	services_release(&s);
}

static void a_service_that_is_gone_or_stands_twice_is_counted(void **state)
{
#define UP(instance, replica)                                                     \
	"{\"metric\":{\"__name__\":\"up\",\"job\":\"j\",\"instance\":\"" instance \
	"\",\"replica\":\"" replica "\"},\"values\":[[100,\"1\"],[115,\"1\"]]}"
	static const char two[] =
		"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
		"\"result\":[" UP("a", "1") "," UP("a", "2") "," UP("b", "1") "]}}";
	static const char one[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
				  "\"result\":[" UP("b", "1") "]}}";
	struct services s = { 0 };
	struct err e = { "" };

	(void)state;
	assert_int_equal(parse(two, strlen(two), 99, &e), 0);
	assert_true(services_take_up(&s, &api));
	assert_int_equal(s.n, 2);
	assert_int_equal(s.n_double, 1);
	assert_true(s.scraped_ms == 15000);
	assert_int_equal(parse(one, strlen(one), 99, &e), 0);
	assert_true(services_take_up(&s, &api));
	assert_false(service_named(&s, "a")->seen);
	assert_true(service_named(&s, "b")->seen);
	services_release(&s);
}

static void many_services_are_found_again(void **state)
{
	struct services s = { 0 };
	struct err e = { "" };
	struct buf b;

	(void)state;
	buf_init(&b, 8 << 20);
	buf_adds(&b, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[");
	for (int i = 0; i < 3000; i++)
		buf_addf(&b,
			 "%s{\"metric\":{\"job\":\"j%d\",\"instance\":\"i%d\"},\"values\":[[%d,"
			 "\"1\"]]}",
			 i ? "," : "", i % 7, i, i);
	buf_adds(&b, "]}}");
	assert_int_equal(parse(b.ptr, b.len, 4096, &e), 0);
	assert_true(services_take_up(&s, &api));
	assert_int_equal(s.n, 3000);
	for (size_t i = 0; i < api.n_rows; i++) {
		const struct service *sv = services_of_row(&s, &api, &api.rows[i]);

		assert_non_null(sv);
		assert_true(sv->up_ms == (int64_t)i * 1000);
	}
	buf_release(&b);
	services_release(&s);
}

static int release(void **state)
{
	(void)state;
	promapi_release(&api);
	arena_release(&words);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_of_two_servers_is_read_alike),
		cmocka_unit_test(a_sample_keeps_its_own_time_to_the_millisecond),
		cmocka_unit_test(what_is_no_answer_is_refused_with_a_sentence),
		cmocka_unit_test(what_is_not_known_is_read_past),
		cmocka_unit_test(an_empty_list_is_an_answer),
		cmocka_unit_test(a_refusal_and_the_targets_are_read_as_servers_send_them),
		cmocka_unit_test(what_a_metric_means_is_read),
		cmocka_unit_test(a_series_with_too_many_labels_is_refused),
		cmocka_unit_test(services_are_known_by_their_up_series),
		cmocka_unit_test(a_service_that_is_gone_or_stands_twice_is_counted),
		cmocka_unit_test(many_services_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
