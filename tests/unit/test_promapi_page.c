/* A service's page and past out of what a server has kept of it. */
#include "tests/unit/model_kit.h"

#include <errno.h>

#include "collectors/parse/prompast.h"
#include "core/base/buf.h"

static struct promapi api;
static struct promapi_page page;
static uint32_t order[64];

static const struct label added[] = { { STR("job"), STR("j") }, { STR("instance"), STR("i") } };

static struct promapi_page_rows parse(const char *result)
{
	struct err e = { "" };
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_addf(&b,
		 "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[%s]}}",
		 result);
	promapi_begin(&api);
	if (promapi_feed(&api, b.ptr, b.len, &e) < 0 || promapi_end(&api, &e) < 0)
		fail_msg("the test's answer is none: %s", e.text);
	buf_release(&b);
	for (size_t i = 0; i < api.n_rows; i++)
		order[i] = (uint32_t)i;
	return (struct promapi_page_rows){ .answer = &api,
					   .rows = order,
					   .n = api.n_rows,
					   .added = added,
					   .n_added = COUNT(added),
					   .slack_ms = 1000 };
}

#define ROW(name, labels, values)                                                        \
	"{\"metric\":{\"__name__\":\"" name "\",\"job\":\"j\",\"instance\":\"i\"" labels \
	"},\"values\":[" values "]}"

static const struct series *series_named(const char *name)
{
	for (size_t i = 0; i < page.page.n_series; i++) {
		if (str_is(page.page.series[i].name, name))
			return &page.page.series[i];
	}
	return NULL;
}

static void what_the_server_added_is_taken_off(void **state)
{
	struct promapi_page_rows r =
		parse(ROW("b", ",\"code\":\"200\"", "[10,\"1\"]") "," ROW("a", "", "[10,\"2\"]"));

	(void)state;
	assert_true(promapi_page_newest_ms(&r, INT64_MAX) == 10000);
	assert_true(promapi_page_build(&page, &r, 10000));
	assert_int_equal(page.page.n_series, 2);
	assert_int_equal(page.page.series[0].n_labels, 0); /* sorted: a, b */
	assert_num(page.page.series[0].value, 2);
	assert_int_equal(page.page.series[1].n_labels, 1);
	assert_true(str_is(series_label(&page.page, &page.page.series[1], "code"), "200"));
}

static void a_label_that_the_service_changed_is_its_own(void **state)
{
	struct promapi_page_rows r =
		parse("{\"metric\":{\"__name__\":\"a\",\"job\":\"x\",\"instance\":"
		      "\"i\"},\"values\":[[10,\"1\"]]}");

	(void)state;
	assert_true(promapi_page_build(&page, &r, 10000));
	assert_int_equal(page.page.series[0].n_labels, 1);
}

static void a_page_is_of_one_moment(void **state)
{
	struct promapi_page_rows r = parse(ROW("a", "", "[10,\"1\"],[25,\"2\"],[40,\"3\"]") "," ROW(
		"b", "", "[10.2,\"4\"],[25.2,\"5\"]") "," ROW("c", "", "[40.5,\"6\"]"));

	(void)state;
	assert_true(promapi_page_newest_ms(&r, INT64_MAX) == 40500);
	assert_true(promapi_page_newest_ms(&r, 39499) == 25200);
	assert_true(promapi_page_build(&page, &r, 40500));
	assert_int_equal(page.page.n_series, 2); /* b is gone: absent is not its last value */
	assert_num(series_named("a")->value, 3);
	assert_null(series_named("b"));
	assert_true(promapi_page_build(&page, &r, 25200));
	assert_num(series_named("a")->value, 2);
	assert_num(series_named("b")->value, 5);
	assert_null(series_named("c"));
	assert_false(promapi_page_build(&page, &r, 100000));
}

static void the_layout_depends_on_names_not_on_order_or_values(void **state)
{
	static const char ab[] =
		ROW("a", "", "[10,\"1\"]") "," ROW("b", ",\"x\":\"y\"", "[10,\"1\"]");
	static const char ba[] =
		ROW("b", ",\"x\":\"y\"", "[10,\"7\"]") "," ROW("a", "", "[10,\"8\"]");
	static const char other[] =
		ROW("a", "", "[10,\"1\"]") "," ROW("b", ",\"x\":\"z\"", "[10,\"1\"]");
	struct promapi_page_rows r = parse(ab);
	uint64_t layout;

	(void)state;
	assert_true(promapi_page_build(&page, &r, 10000));
	layout = page.page.layout;
	r = parse(ba);
	assert_true(promapi_page_build(&page, &r, 10000));
	assert_true(page.page.layout == layout);
	r = parse(other);
	assert_true(promapi_page_build(&page, &r, 10000));
	assert_true(page.page.layout != layout);
}

static void families_and_types_are_read_off_the_names(void **state)
{
	static const struct {
		const char *series, *family;
		enum metric_type type;
	} want[] = {
		{ "h_bucket", "h", METRIC_HISTOGRAM }, { "h_count", "h", METRIC_HISTOGRAM },
		{ "h_sum", "h", METRIC_HISTOGRAM },    { "s", "s", METRIC_SUMMARY },
		{ "s_count", "s", METRIC_SUMMARY },    { "r_total", "r_total", METRIC_COUNTER },
		{ "g", "g", METRIC_UNTYPED },	       { "x_bucket", "x_bucket", METRIC_UNTYPED },
	};
	struct promapi_page_rows r = parse(ROW("h_count", "", "[10,\"1\"]") "," ROW("g", "", "[10,\"1\"]") "," ROW(
		"h_bucket", ",\"le\":\"+Inf\"",
		"[10,\"1\"]") "," ROW("h_sum", "",
				      "[10,\"1\"]") "," ROW("s", ",\"quantile\":\"0.5\"",
							    "[10,\"1\"]") "," ROW("s_count", "",
										  "[10,\"1"
										  "\"]") "," ROW("r"
												 "_"
												 "t"
												 "o"
												 "t"
												 "a"
												 "l",
												 "",
												 "["
												 "1"
												 "0"
												 ","
												 "\"1\"]") "," ROW("x_bucket",
														   "",
														   "[10,\"1\"]"));

	(void)state;
	assert_true(promapi_page_build(&page, &r, 10000));
	assert_int_equal(page.page.n_series, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct series *s = series_named(want[i].series);
		const struct family *f = &page.page.families[s->family];

		if (!str_is(f->name, want[i].family) || f->type != want[i].type)
			fail_msg("%s: family %.*s, type %d", want[i].series, (int)f->name.len,
				 f->name.p, f->type);
	}
}

static void a_help_says_what_a_number_means(void **state)
{
	static const struct promhelp helps[] = {
		{ STR("circuit_breaker_state"), STR("0=closed, 1=half-open, 2=open"), METRIC_GAUGE }
	};
	struct promapi_page_rows r =
		parse(ROW("circuit_breaker_state", ",\"name\":\"pay\"", "[10,\"2\"]"));
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 2; i++) {
		struct sample s = kit_sample(i, SOURCE_PROMETHEUS);

		assert_true(promapi_page_build(&page, &r, 10000));
		s.metrics = &page.page;
		model_apply(k.m, &s);
		assert_text(k.t->breakers[0].state, i ? "open" : "unknown");
		r.helps = helps; /* it may become known later */
		r.n_helps = COUNT(helps);
	}
	kit_end(&k);
}

static void a_page_gives_the_model_what_the_service_itself_would(void **state)
{
	static const char text[] = ROW("go_goroutines", "", "[10,\"5\"],[20,\"7\"]") "," ROW(
		"process_cpu_seconds_total", "",
		"[10,\"1\"],[20,\"3.5\"]") "," ROW("http_requests_total",
						   ",\"code\":\"500\",\"handler\":\"/x\"",
						   "[10,\"100\"],[20,\"150\"]");
	struct promapi_page_rows r = parse(text);
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 2; i++) {
		struct sample s = kit_sample(10 * i, SOURCE_PROMETHEUS);

		assert_true(promapi_page_build(&page, &r, 10000 + 10000 * i));
		s.metrics = &page.page;
		model_apply(k.m, &s);
	}
	assert_num(k.t->facts.goroutines.total, 7);
	assert_num(k.t->facts.process.cpu_pct, 25);
	assert_int_equal(k.t->goroutines_source, SOURCE_PROMETHEUS);
	assert_int_equal(k.t->n_requests, 1);
	assert_num(k.t->requests[0].rate_per_s, 5);
	assert_num(k.t->requests[0].status_5xx, 5);
	assert_text(k.t->requests[0].source, "prometheus");
	assert_num(timeline_at(&k.t->history[HISTORY_CPU], 0), 25);
	kit_lost(&k, 30, SOURCE_PROMETHEUS, SOURCE_FAILED);
	assert_num(k.t->facts.goroutines.total, ABSENT);
	assert_int_equal(k.t->n_requests, 0);
	assert_num(timeline_at(&k.t->history[HISTORY_CPU], 0), ABSENT);
	kit_end(&k);
}

static void no_rate_goes_from_one_source_to_another(void **state)
{
	struct promapi_page_rows r = parse(ROW("process_cpu_seconds_total", "", "[10,\"1000\"]"));
	struct sample s = kit_sample(0, SOURCE_PROMETHEUS);
	struct kit k;

	(void)state;
	kit_start(&k, true);
	assert_true(promapi_page_build(&page, &r, 10000));
	s.metrics = &page.page;
	model_apply(k.m, &s);
	kit_page(&k, 1, "process_cpu_seconds_total 2000\n");
	assert_num(k.t->facts.process.cpu_pct, ABSENT);
	kit_page(&k, 2, "process_cpu_seconds_total 2000.5\n");
	assert_num(k.t->facts.process.cpu_pct, 50);
	s.t_ns = kit_ns(3);
	model_apply(k.m, &s); /* the better source has its page: this one is not mixed in */
	assert_num(k.t->facts.process.cpu_pct, 50);
	assert_int_equal(k.t->metrics_source, SOURCE_METRICS);
	kit_end(&k);
}

/* ---- the past ---- */

static const struct prompast_grid grid = { .start_ms = 1000000, .step_ms = 30000, .n = 5 };

static void a_past_has_its_points_in_place_and_gaps_between(void **state)
{
	static struct prompast past;
	struct promapi_page_rows r =
		parse(ROW("go_goroutines", "", "[1000,\"5\"],[1060,\"7\"],[1120,\"9\"]") "," ROW(
			"process_cpu_seconds_total", "",
			"[1000,\"10\"],[1030,\"25\"],[1060,\"26.5\"],[1090,\"1\"],[1120,"
			"\"4\"]") "," ROW("go_memstats_next_gc_bytes", "",
					  "[1030,\"1.8446744073709552e+19\"],[1060,"
					  "\"64\"]"));
	static const struct {
		enum past_value value;
		double want[5];
	} rows[] = {
		{ PAST_GOROUTINES, { 5, NAN, 7, NAN, 9 } },
		{ PAST_CPU, { NAN, 50, 5, NAN, 10 } }, /* it started anew before the fourth */
		{ PAST_HEAP_GOAL, { NAN, NAN, 64, NAN, NAN } },
		{ PAST_RSS, { NAN, NAN, NAN, NAN, NAN } },
	};

	(void)state;
	assert_true(prompast_build(&past, &r, &grid));
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int k = 0; k < 5; k++)
			assert_num(past.values[rows[i].value][k], rows[i].want[k]);
	}
}

static void a_past_of_nothing_is_none(void **state)
{
	static struct prompast past;
	struct promapi_page_rows r = parse(ROW("go_goroutines", ",\"part\":\"x\"", "[1000,\"5\"]"));

	(void)state;
	assert_false(prompast_build(&past, &r, &grid)); /* a part of a whole is not the whole */
	r = parse(ROW("go_goroutines", "", "[1000,\"NaN\"],[99000,\"5\"],[10,\"5\"]"));
	assert_false(prompast_build(&past, &r, &grid));
	r = parse("");
	assert_false(prompast_build(&past, &r, &grid));
}

static void the_past_stands_before_what_was_seen(void **state)
{
	static const double goroutines[] = { NAN, 3, NAN, 4, 90 };
	uint64_t t_ns[] = { kit_ns(-100), kit_ns(-70), kit_ns(-40), kit_ns(-10), kit_ns(1.5) };
	struct past_sample p = { .t_ns = t_ns, .n = 5, .values[PAST_GOROUTINES] = goroutines };
	struct sample s = kit_sample(3, SOURCE_PROMETHEUS);
	const struct timeline *h;
	struct kit k;

	(void)state;
	kit_start(&k, true);
	h = &k.t->history[HISTORY_GOROUTINES];
	kit_page(&k, 1, "go_goroutines 10\n");
	kit_page(&k, 2, "go_goroutines 11\n");
	s.past = &p;
	model_apply(k.m, &s);
	assert_num(timeline_at(h, 0), 11);
	assert_num(timeline_at(h, 1), 10);
	assert_num(timeline_at(h, 2), 4); /* 90 is not older than what was seen */
	assert_num(timeline_at(h, 3), ABSENT);
	assert_num(timeline_at(h, 4), 3);
	assert_int_equal(h->n, 5); /* nothing before the first value */
	assert_false(timeline_is_past(h, 1));
	assert_true(timeline_is_past(h, 2));
	assert_true(timeline_time(h, 4) == kit_ns(-70));
	assert_int_equal(k.t->history[HISTORY_CPU].n, 2); /* two rounds that did not know it */
	kit_page(&k, 4, "go_goroutines 12\n");
	assert_num(timeline_at(h, 0), 12);
	assert_num(timeline_at(h, 3), 4);
	kit_end(&k);
}

static void the_past_never_pushes_out_what_was_seen(void **state)
{
	static struct timeline tl;
	uint64_t t_ns[300];
	double values[300];

	(void)state;
	for (int i = 0; i < 300; i++) {
		t_ns[i] = (uint64_t)(i + 1);
		values[i] = i;
	}
	for (int i = 0; i < TIMELINE_CAP - 10; i++)
		timeline_push(&tl, 1000 + (uint64_t)i, 1000 + i);
	timeline_put_past(&tl, t_ns, values, 300);
	assert_int_equal(tl.n, TIMELINE_CAP);
	assert_num(timeline_at(&tl, 0), 1000 + TIMELINE_CAP - 11);
	assert_num(timeline_at(&tl, TIMELINE_CAP - 11), 1000);
	assert_num(timeline_at(&tl, TIMELINE_CAP - 10), 299);
	assert_num(timeline_at(&tl, TIMELINE_CAP - 1), 290);
	assert_true(timeline_is_past(&tl, TIMELINE_CAP - 1));
}

static int release(void **state)
{
	(void)state;
	promapi_page_release(&page);
	promapi_release(&api);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_server_added_is_taken_off),
		cmocka_unit_test(a_label_that_the_service_changed_is_its_own),
		cmocka_unit_test(a_page_is_of_one_moment),
		cmocka_unit_test(the_layout_depends_on_names_not_on_order_or_values),
		cmocka_unit_test(families_and_types_are_read_off_the_names),
		cmocka_unit_test(a_help_says_what_a_number_means),
		cmocka_unit_test(a_page_gives_the_model_what_the_service_itself_would),
		cmocka_unit_test(no_rate_goes_from_one_source_to_another),
		cmocka_unit_test(a_past_has_its_points_in_place_and_gaps_between),
		cmocka_unit_test(a_past_of_nothing_is_none),
		cmocka_unit_test(the_past_stands_before_what_was_seen),
		cmocka_unit_test(the_past_never_pushes_out_what_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
