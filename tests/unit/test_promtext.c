#include "collectors/parse/promtext.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/xalloc.h"

#define FIXTURES "tests/fixtures/promtext/"

static const char *const fixtures[] = {
	FIXTURES "etcd.txt",
	FIXTURES "kubelike.txt",
	FIXTURES "node_exporter.txt",
	FIXTURES "openmetrics.txt",
};
enum { N_FIXTURES = sizeof(fixtures) / sizeof(fixtures[0]) };

static void read_fixture(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	if (!f)
		fail_msg("%s: not there (tests run at the top of the checkout)", path);
	buf_init(ret, 1 << 20);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		assert_int_equal(buf_add(ret, chunk, n), 0);
	fclose(f);
}

static int parse(struct promtext *p, struct str page, struct err *e)
{
	int r;

	*e = (struct err){ "" };
	promtext_begin(p);
	r = promtext_feed(p, page.p, page.len, e);
	return r < 0 ? r : promtext_end(p, e);
}

static void parse_good(struct promtext *p, struct str page)
{
	struct err e;

	if (parse(p, page, &e) < 0)
		fail_msg("%s", e.text);
}

static void assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", (int)got.len, got.p, want);
}

static void assert_same_str(struct str a, struct str b)
{
	if (!str_eq(a, b))
		fail_msg("\"%.*s\" is not \"%.*s\"", (int)a.len, a.p, (int)b.len, b.p);
}

static void assert_same_value(double got, double want, const char *where)
{
	if (memcmp(&got, &want, sizeof(got)) != 0 && !(isnan(got) && isnan(want)))
		fail_msg("%s: got %.17g, want %.17g", where, got, want);
}

static void assert_same_page(const struct metrics_page *a, const struct metrics_page *b)
{
	assert_int_equal(a->n_families, b->n_families);
	assert_int_equal(a->n_series, b->n_series);
	assert_int_equal(a->n_labels, b->n_labels);
	assert_int_equal(a->layout, b->layout);
	for (size_t i = 0; i < a->n_families; i++) {
		assert_same_str(a->families[i].name, b->families[i].name);
		assert_same_str(a->families[i].help, b->families[i].help);
		assert_int_equal(a->families[i].type, b->families[i].type);
	}
	for (size_t i = 0; i < a->n_series; i++) {
		assert_same_str(a->series[i].name, b->series[i].name);
		assert_int_equal(a->series[i].family, b->series[i].family);
		assert_int_equal(a->series[i].label, b->series[i].label);
		assert_int_equal(a->series[i].n_labels, b->series[i].n_labels);
		assert_same_value(a->series[i].value, b->series[i].value, a->series[i].name.p);
	}
	for (size_t i = 0; i < a->n_labels; i++) {
		assert_same_str(a->labels[i].name, b->labels[i].name);
		assert_same_str(a->labels[i].value, b->labels[i].value);
	}
}

/* The first series of that name whose label has that value, or NULL. */
static const struct series *find(const struct metrics_page *page, const char *name,
				 const char *label, const char *value)
{
	for (size_t i = 0; i < page->n_series; i++) {
		const struct series *s = &page->series[i];

		if (str_is(s->name, name) &&
		    (!label || str_is(series_label(page, s, label), value)))
			return s;
	}
	return NULL;
}

static const struct family *family_of(const struct metrics_page *page, const char *name)
{
	const struct series *s = find(page, name, NULL, NULL);

	if (!s)
		fail_msg("no series %s", name);
	return &page->families[s->family];
}

struct good_line {
	struct str line;
	const char *name, *labels; /* labels: name=value; for each */
	double value;
};

static const struct good_line good_lines[] = {
	{ STR("a 1"), "a", "", 1 },
	{ STR("a\t1\n"), "a", "", 1 },
	{ STR("  a  1  \r\n"), "a", "", 1 },
	{ STR("a:b_C9 1\n"), "a:b_C9", "", 1 },
	{ STR("a 1 1395066363000\n"), "a", "", 1 },
	{ STR("a 1 -3982045\t\n"), "a", "", 1 },
	{ STR("a 1 1395066363.125\n"), "a", "", 1 },
	{ STR("a{} 1\n"), "a", "", 1 },
	{ STR("a{}1\n"), "a", "", 1 },
	{ STR("a{ } 1\n"), "a", "", 1 },
	{ STR("a{b=\"c\"} 1\n"), "a", "b=c;", 1 },
	{ STR("a{b=\"c\",} 1\n"), "a", "b=c;", 1 },
	{ STR("a { b = \"c\" , d\t=\t\"\" , } 1\n"), "a", "b=c;d=;", 1 },
	{ STR("a{b=\"c\",d=\"long enough for two words\"} 1\n"), "a",
	  "b=c;d=long enough for two words;", 1 },
	{ STR("a{b=\"\\\\\\\"\\n\"} 1\n"), "a", "b=\\\"\n;", 1 },
	{ STR("a{b=\"C:\\\\DIR\\\\\"} 1\n"), "a", "b=C:\\DIR\\;", 1 },
	{ STR("a{b=\"\\t\\x\"} 1\n"), "a", "b=\\t\\x;", 1 },
	{ STR("a{b=\"} # , 2 {\"} 1\n"), "a", "b=} # , 2 {;", 1 },
	{ STR("a{b=\"\xff\xfe\",c=\"\xc3\xa9\"} 1\n"), "a", "b=\xff\xfe;c=\xc3\xa9;", 1 },
	{ STR("\xc3\xa9t\xe9 1\n"), "\xc3\xa9t\xe9", "", 1 },
	{ STR("{\"metric.name\"} 1\n"), "metric.name", "", 1 },
	{ STR("{\"metric.name\", \"label.x\"=\"y\"} 1\n"), "metric.name", "label.x=y;", 1 },
	{ STR("{\"m \\\"n\",a=\"y\",} 1\n"), "m \"n", "a=y;", 1 },
	{ STR("a{\"label.x\"=\"y\"} 1\n"), "a", "label.x=y;", 1 },
	{ STR("a 1 # {trace_id=\"x\"} 0.67 1520879607.789\n"), "a", "", 1 },
	{ STR("a_bucket{le=\"1\"} 8 1.5 # {} 0.4\n"), "a_bucket", "le=1;", 8 },
	{ STR("a NaN\n"), "a", "", NAN },
	{ STR("a nan\n"), "a", "", NAN },
	{ STR("a +Inf\n"), "a", "", INFINITY },
	{ STR("a inf\n"), "a", "", INFINITY },
	{ STR("a -INF\n"), "a", "", -INFINITY },
	{ STR("a +infinity 5\n"), "a", "", INFINITY },
	{ STR("a -0\n"), "a", "", -0.0 },
	{ STR("a 007\n"), "a", "", 7 },
	{ STR("a +.5\n"), "a", "", .5 },
	{ STR("a 5.\n"), "a", "", 5 },
	{ STR("a -1.5E+3\n"), "a", "", -1500 },
	{ STR("a 1e-400\n"), "a", "", 0 },
	{ STR("a 4.9e-324\n"), "a", "", 4.9e-324 },
	{ STR("a 1.7976931348623157e308\n"), "a", "", 1.7976931348623157e308 },
	{ STR("a 18446744073709551615\n"), "a", "", 18446744073709551615.0 },
	{ STR("a 123456789012345678901234567890\n"), "a", "", 123456789012345678901234567890.0 },
	{ STR("a 0.000000000000000000000000000001\n"), "a", "", 1e-30 },
	{ STR("a 9007199254740993\n"), "a", "", 9007199254740992.0 },
	{ STR("a 9007199254740993e1\n"), "a", "", 90071992547409930.0 },
	{ STR("a 0e99999999999999999999\n"), "a", "", 0 },
	{ STR("\n\r\n \t\n#\n# just words\n#a 2\n# HELP\n# TYPE\n# HELP 9 x\na 1\n# EOF\n"), "a",
	  "", 1 },
};

static void lines_of_the_format_are_read(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good_lines) / sizeof(good_lines[0]); i++) {
		const struct good_line *g = &good_lines[i];
		struct buf labels;

		parse_good(&p, g->line);
		assert_int_equal(p.page.n_series, 1);
		assert_str(p.page.series[0].name, g->name);
		assert_same_value(p.page.series[0].value, g->value, g->line.p);
		buf_init(&labels, 1024);
		for (size_t j = 0; j < p.page.n_labels; j++) {
			const struct label *l = &p.page.labels[j];

			buf_addf(&labels, "%.*s=%.*s;", (int)l->name.len, l->name.p,
				 (int)l->value.len, l->value.p);
		}
		assert_string_equal(buf_str(&labels), g->labels);
		buf_release(&labels);
	}
	promtext_release(&p);
}

static const struct {
	struct str page;
	const char *why; /* a part of the error */
} bad_pages[] = {
	{ STR("a\n"), "line 1: the value is missing: a" },
	{ STR("a"), "line 1: the value is missing: a" },
	{ STR("a 1\n\nb\r\n"), "line 3: the value is missing: b" },
	{ STR("a{b=\"c\"}\n"), "the value is missing" },
	{ STR("9a 1\n"), "a metric name was expected: 9a 1" },
	{ STR("a-b 1\n"), "a byte that is not allowed in a name" },
	{ STR("a\0b 1\n"), "a byte that is not allowed in a name: a?b 1" },
	{ STR("a.b{c=\"d\"} 1\n"), "a byte that is not allowed in a name" },
	{ STR("{\"a\0b\"} 1\n"), "a NUL byte in a name" },
	{ STR("a{\"b\0\"=\"c\"} 1\n"), "a NUL byte in a name" },
	{ STR("a 0x10\n"), "the value is not a number" },
	{ STR("a 0x1p3\n"), "the value is not a number" },
	{ STR("a 1_000\n"), "the value is not a number" },
	{ STR("a 1,5\n"), "the value is not a number" },
	{ STR("a .\n"), "the value is not a number" },
	{ STR("a -\n"), "the value is not a number" },
	{ STR("a 1e\n"), "the value is not a number" },
	{ STR("a 1e+\n"), "the value is not a number" },
	{ STR("a +NaN\n"), "the value is not a number" },
	{ STR("a infin\n"), "the value is not a number" },
	{ STR("a 1\r2\n"), "the value is not a number: a 1?2" },
	{ STR("a 1e400\n"), "the value is out of range" },
	{ STR("a 1 x\n"), "the timestamp is not a number" },
	{ STR("a 1 2 3\n"), "text after the timestamp" },
	{ STR("a{b=\"c\"\n"), "',' or '}' was expected" },
	{ STR("a{b=\"c\" d=\"e\"} 1\n"), "',' or '}' was expected" },
	{ STR("a{b=\"c} 1\n"), "a quote is not closed" },
	{ STR("a{b=\"c\\\"} 1\n"), "a quote is not closed" },
	{ STR("a{b=\"c\\"), "a quote is not closed" },
	{ STR("a{b=\"c\n\"} 1\n"), "line 1: a quote is not closed" },
	{ STR("a{b=c} 1\n"), "a label value was expected in quotes" },
	{ STR("a{b} 1\n"), "'=' was expected" },
	{ STR("a{,} 1\n"), "a label name was expected" },
	{ STR("a{b=\"c\",,} 1\n"), "a label name was expected" },
	{ STR("a{b:c=\"d\"} 1\n"), "'=' was expected" },
	{ STR("a{9=\"d\"} 1\n"), "a label name was expected" },
	{ STR("a{\"b\"} 1\n"), "'=' was expected" },
	{ STR("a 1\n{b=\"c\"} 1\n"), "line 2: no metric name" },
	{ STR("{\"\"} 1\n"), "a name is empty" },
	{ STR("# TYPE a gauge\na 1\n# TYPE a gauge\n"), "line 3: a second TYPE" },
	{ STR("# TYPE a gauge\n# TYPE a counter\n"), "line 2: a second TYPE" },
	{ STR("a 1\n# TYPE a gauge\n"), "line 2: a second TYPE" },
	{ STR(""), "no metrics: the page is empty" },
	{ STR("\n"), "no metrics: the page has no series" },
	{ STR("# HELP a b\n# TYPE a gauge\n"), "no metrics: the page has no series" },
	{ STR("<!DOCTYPE html>\n<html>\n"), "looks like HTML, not metrics" },
	{ STR("\n  <html><body>"), "line 2: looks like HTML, not metrics" },
	{ STR("{\n\"cmdline\": []\n}\n"), "looks like JSON, not metrics" },
	{ STR("{\"status\" : \"success\"}"), "looks like JSON, not metrics" },
	{ STR("[1]"), "looks like JSON, not metrics" },
	{ STR("{}"), "looks like JSON, not metrics" },
	{ STR("{\"metric.name\", x} 1\n"), "'=' was expected" },
	{ STR("404 page not found\n"), "a metric name was expected: 404 page not found" },
};

static void bad_pages_are_refused_with_the_reason(void **state)
{
	struct promtext p = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_pages) / sizeof(bad_pages[0]); i++) {
		int r = parse(&p, bad_pages[i].page, &e);

		if (r != -EBADMSG || !strstr(e.text, bad_pages[i].why))
			fail_msg("%s: got %d \"%s\", want \"%s\"", bad_pages[i].page.p, r, e.text,
				 bad_pages[i].why);
	}
	promtext_release(&p);
}

static void an_error_shows_forty_safe_bytes_of_the_line(void **state)
{
	struct promtext p = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(parse(&p,
			       STR("\x1b[2J\x7f"
				   "6789012345678901234567890123456789012345"),
			       &e),
			 -EBADMSG);
	assert_string_equal(e.text, "line 1: a metric name was expected: "
				    "?[2J?67890123456789012345678901234567890");
	promtext_release(&p);
}

static void a_page_is_the_same_at_every_split_point(void **state)
{
	static const struct str page = STR(
		"# HELP a \\\\ and\\nmore\r\n# TYPE a histogram\na_bucket{le=\"\\n\",b=\"c\"} 1e3 "
		"5\r\n"
		"a_sum{} -0.00001234567890123456789\na_count 3\n\n{\"x.y\",\"z\"=\"\\\"\"} NaN");
	struct promtext whole = { 0 }, split = { 0 };
	struct err e;

	(void)state;
	parse_good(&whole, page);
	assert_int_equal(whole.page.n_series, 4);
	for (uint32_t at = 0; at <= page.len; at++) {
		promtext_begin(&split);
		assert_int_equal(promtext_feed(&split, page.p, at, &e), 0);
		assert_int_equal(promtext_feed(&split, page.p + at, page.len - at, &e), 0);
		assert_int_equal(promtext_end(&split, &e), 0);
		assert_same_page(&whole.page, &split.page);
	}
	promtext_release(&whole);
	promtext_release(&split);
}

/* Parses `page` many times over as one page, cut at random. */
static void feed_in_pieces(struct promtext *p, struct str page, unsigned seed, size_t piece_max)
{
	struct err e;

	srandom(seed);
	promtext_begin(p);
	for (size_t at = 0, n; at < page.len; at += n) {
		n = (size_t)random() % piece_max + 1;
		if (n > page.len - at)
			n = page.len - at;
		if (promtext_feed(p, page.p + at, n, &e) < 0)
			fail_msg("%s", e.text);
	}
	assert_int_equal(promtext_end(p, &e), 0);
}

/* The series of a fixture without its comments, so often that it takes several blocks. */
static void repeat_series(struct str page, struct buf *ret)
{
	buf_init(ret, 16 << 20);
	while (ret->len < 5 << 20) {
		const char *nl;

		for (const char *at = page.p; at < page.p + page.len; at = nl + 1) {
			nl = memchr(at, '\n', (size_t)(page.p + page.len - at));
			if (*at != '#')
				buf_add(ret, at, (size_t)(nl + 1 - at));
		}
	}
}

static void a_big_page_is_the_same_with_random_splits(void **state)
{
	struct promtext whole = { 0 }, split = { 0 };

	(void)state;
	for (size_t i = 0; i < N_FIXTURES; i++) {
		struct buf small, big;
		struct str page;

		read_fixture(fixtures[i], &small);
		page = (struct str){ small.ptr, (uint32_t)small.len };
		parse_good(&whole, page);
		for (unsigned seed = 0; seed < 4; seed++) {
			feed_in_pieces(&split, page, seed, 1u << (seed * 4));
			assert_same_page(&whole.page, &split.page);
		}
		repeat_series(page, &big);
		page = (struct str){ big.ptr, (uint32_t)big.len };
		parse_good(&whole, page);
		feed_in_pieces(&split, page, 1, 100000);
		assert_same_page(&whole.page, &split.page);
		buf_release(&small);
		buf_release(&big);
	}
	promtext_release(&whole);
	promtext_release(&split);
}

static void every_line_of_a_real_page_that_is_no_comment_is_a_series(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	for (size_t i = 0; i < N_FIXTURES; i++) {
		size_t want = 0;
		struct buf b;

		read_fixture(fixtures[i], &b);
		for (size_t at = 0; at < b.len; at++)
			want += (at == 0 || b.ptr[at - 1] == '\n') && b.ptr[at] != '#';
		parse_good(&p, (struct str){ b.ptr, (uint32_t)b.len });
		assert_int_equal(p.page.n_series, want);
		assert_false(p.page.cut);
		buf_release(&b);
	}
	promtext_release(&p);
}

static const struct {
	const char *fixture, *series, *label, *label_value;
	double value;
	const char *family;
	enum metric_type type;
} real_series[] = {
	{ FIXTURES "etcd.txt", "go_gc_duration_seconds", "quantile", "0", 3.3679e-05,
	  "go_gc_duration_seconds", METRIC_SUMMARY },
	{ FIXTURES "etcd.txt", "go_gc_duration_seconds_count", NULL, NULL, 227,
	  "go_gc_duration_seconds", METRIC_SUMMARY },
	{ FIXTURES "etcd.txt", "etcd_disk_wal_fsync_duration_seconds_sum", NULL, NULL,
	  42.15783574300016, "etcd_disk_wal_fsync_duration_seconds", METRIC_HISTOGRAM },
	{ FIXTURES "etcd.txt", "go_info", "version", "go1.24.0", 1, "go_info", METRIC_GAUGE },
	{ FIXTURES "kubelike.txt", "container_cpu_usage_seconds_total", "pod",
	  "svc-001-8627225f-e818b", 2136.1544451482755, "container_cpu_usage_seconds_total",
	  METRIC_COUNTER },
	{ FIXTURES "kubelike.txt", "container_memory_working_set_bytes", "namespace",
	  "donn\xc3\xa9"
	  "es",
	  1.5101407e+09, "container_memory_working_set_bytes", METRIC_GAUGE },
	{ FIXTURES "node_exporter.txt", "node_scrape_collector_duration_seconds", "collector",
	  "dmi", 4.51e-07, "node_scrape_collector_duration_seconds", METRIC_GAUGE },
	{ FIXTURES "openmetrics.txt", "container_cpu_usage_seconds_total", NULL, NULL, NAN,
	  "container_cpu_usage_seconds", METRIC_COUNTER },
	{ FIXTURES "openmetrics.txt", "kube_pod_start_time", NULL, NULL, 1.700084755e+09,
	  "kube_pod_start_time", METRIC_GAUGE },
};

static void series_of_real_pages_have_their_value_and_family(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(real_series) / sizeof(real_series[0]); i++) {
		const struct series *s;
		struct buf b;

		read_fixture(real_series[i].fixture, &b);
		parse_good(&p, (struct str){ b.ptr, (uint32_t)b.len });
		s = find(&p.page, real_series[i].series, real_series[i].label,
			 real_series[i].label_value);
		if (!s)
			fail_msg("no series %s", real_series[i].series);
		if (!isnan(real_series[i].value))
			assert_same_value(s->value, real_series[i].value, real_series[i].series);
		assert_str(p.page.families[s->family].name, real_series[i].family);
		assert_int_equal(p.page.families[s->family].type, real_series[i].type);
		buf_release(&b);
	}
	promtext_release(&p);
}

static void series_with_a_suffix_belong_to_the_family_of_that_type(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	parse_good(&p, STR("# TYPE h histogram\n# TYPE s Summary \n# TYPE c counter\n"
			   "# TYPE g gauge\n# TYPE u unknown\n# TYPE \"q.t\" counter\n"
			   "h_bucket 1\nh_sum 1\nh_count 1\nh_created 1\nh_total 1\n"
			   "s_bucket 1\ns_sum 1\ns_count 1\nc_total 1\nc_created 1\nc_count 1\n"
			   "g_total 1\ng_sum 1\nu_count 1\n_total 1\n{\"q.t\"} 1\n"
			   "# TYPE h_max gauge\nh_max 1\n"));
	assert_str(family_of(&p.page, "h_bucket")->name, "h");
	assert_str(family_of(&p.page, "h_sum")->name, "h");
	assert_str(family_of(&p.page, "h_count")->name, "h");
	assert_str(family_of(&p.page, "h_created")->name, "h");
	assert_str(family_of(&p.page, "h_total")->name, "h_total");
	assert_str(family_of(&p.page, "s_bucket")->name, "s_bucket");
	assert_str(family_of(&p.page, "s_sum")->name, "s");
	assert_str(family_of(&p.page, "s_count")->name, "s");
	assert_str(family_of(&p.page, "c_total")->name, "c");
	assert_str(family_of(&p.page, "c_created")->name, "c");
	assert_str(family_of(&p.page, "c_count")->name, "c_count");
	assert_str(family_of(&p.page, "g_total")->name, "g_total");
	assert_str(family_of(&p.page, "g_sum")->name, "g_sum");
	assert_str(family_of(&p.page, "u_count")->name, "u_count");
	assert_int_equal(family_of(&p.page, "u_count")->type, METRIC_UNTYPED);
	assert_int_equal(family_of(&p.page, "s_sum")->type, METRIC_SUMMARY);
	assert_int_equal(family_of(&p.page, "q.t")->type, METRIC_COUNTER);
	assert_int_equal(family_of(&p.page, "h_max")->type, METRIC_GAUGE);
	promtext_release(&p);
}

static void a_declared_family_goes_before_a_suffix(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	parse_good(&p, STR("# TYPE h histogram\nh_sum 1\n# TYPE h_count gauge\nh_count 2\n"));
	assert_str(family_of(&p.page, "h_count")->name, "h_count");
	promtext_release(&p);
}

static void help_is_unescaped_and_the_first_one_stays(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	parse_good(&p, STR("# HELP a one\\ntwo \\\\n\n# HELP a other\n#\tHELP\tb\t c \n# HELP d\n"
			   "a 1\nb 1\nd 1\ne 1\n"));
	assert_str(family_of(&p.page, "a")->help, "one\ntwo \\n");
	assert_str(family_of(&p.page, "b")->help, "c ");
	assert_str(family_of(&p.page, "d")->help, "");
	assert_str(family_of(&p.page, "e")->help, "");
	promtext_release(&p);
}

static void families_that_are_not_together_are_found_again(void **state)
{
	struct promtext p = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3000; i++)
			buf_addf(&b, "family_%d{round=\"%d\"} %d\n", i, round, i);
	}
	parse_good(&p, (struct str){ b.ptr, (uint32_t)b.len });
	assert_int_equal(p.page.n_families, 3000);
	for (size_t i = 0; i < p.page.n_series; i++)
		assert_int_equal(p.page.series[i].family, i % 3000);
	buf_release(&b);
	promtext_release(&p);
}

static void a_label_that_is_not_there_is_empty(void **state)
{
	struct promtext p = { 0 };

	(void)state;
	parse_good(&p, STR("a{x=\"1\",y=\"2\"} 1\nb{x=\"3\"} 1\n"));
	assert_str(series_label(&p.page, &p.page.series[0], "y"), "2");
	assert_str(series_label(&p.page, &p.page.series[1], "x"), "3");
	assert_str(series_label(&p.page, &p.page.series[1], "y"), "");
	promtext_release(&p);
}

static const struct {
	const char *a, *b;
	bool same;
} layouts[] = {
	{ "a 1\nb{c=\"d\"} 2\n", "a 3 17\n\nb{c=\"d\"} NaN\n", true },
	{ "# HELP a x\na 1\n", "# HELP a y\na 1\n", true },
	{ "a 1\nb 1\n", "b 1\na 1\n", false },
	{ "a{b=\"c\"} 1\n", "a{b=\"d\"} 1\n", false },
	{ "a{b=\"c\"} 1\n", "a{d=\"c\"} 1\n", false },
	{ "a{b=\"c\"} 1\n", "a 1\n", false },
	{ "a 1\n", "a 1\na 1\n", false },
	{ "ab 1\nc 1\n", "a 1\nbc 1\n", false },
	{ "# TYPE a gauge\na 1\n", "# TYPE a counter\na 1\n", false },
	{ "a{b=\"0123456789abcdef\"} 1\n", "a{b=\"0123456789abcdeg\"} 1\n", false },
};

static void equal_layouts_mean_equal_rows(void **state)
{
	struct promtext a = { 0 }, b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		parse_good(&a, str_of(layouts[i].a));
		parse_good(&b, str_of(layouts[i].b));
		if ((a.page.layout == b.page.layout) != layouts[i].same)
			fail_msg("%s and %s", layouts[i].a, layouts[i].b);
	}
	promtext_release(&a);
	promtext_release(&b);
}

static void random_number(char *to, size_t size)
{
	double v = ldexp((double)random() * 0x1p31 + (double)random(), (int)(random() % 200) - 160);

	switch (random() % 5) {
	case 0:
		snprintf(to, size, "%.17g", v);
		break;
	case 1:
		snprintf(to, size, "%.*f", (int)(random() % 20), v);
		break;
	case 2:
		snprintf(to, size, "%.*e", (int)(random() % 22), v);
		break;
	case 3: /* near halfway between two doubles */
		snprintf(to, size, "%lu.%se-%ld",
			 (1ul << 53) + (unsigned long)random() % 64 * 2 + 1,
			 random() % 2 ? "" : "0001", random() % 24);
		break;
	default:
		snprintf(to, size, "%lu%lu", (unsigned long)random(), (unsigned long)random());
		break;
	}
}

static void values_are_rounded_as_strtod_does(void **state)
{
	struct promtext p = { 0 };
	struct buf b;

	(void)state;
	srandom(7);
	for (int round = 0; round < 20; round++) {
		double want[1000];

		buf_init(&b, 1 << 20);
		for (int i = 0; i < 1000; i++) {
			char number[512];

			random_number(number, sizeof(number));
			want[i] = strtod(number, NULL);
			buf_addf(&b, "a %s\n", number);
		}
		parse_good(&p, (struct str){ b.ptr, (uint32_t)b.len });
		for (int i = 0; i < 1000; i++)
			assert_same_value(p.page.series[i].value, want[i], "random number");
		buf_release(&b);
	}
	promtext_release(&p);
}

static void a_line_over_one_mebibyte_is_refused(void **state)
{
	struct promtext p = { 0 };
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 2 << 20);
	buf_adds(&b, "a{b=\"");
	while (b.len < PROMTEXT_LINE_MAX - 4)
		buf_adds(&b, "x");
	buf_adds(&b, "\"} 1\n");
	assert_int_equal(parse(&p, (struct str){ b.ptr, (uint32_t)b.len }, &e), 0);
	assert_int_equal(p.page.labels[0].value.len, PROMTEXT_LINE_MAX - 9);
	buf_clear(&b);
	while (b.len <= PROMTEXT_LINE_MAX)
		buf_adds(&b, "x");
	assert_int_equal(parse(&p, (struct str){ b.ptr, (uint32_t)b.len }, &e), -EFBIG);
	assert_non_null(strstr(e.text, "line 1: the line is longer than 1 MiB: xxx"));
	buf_adds(&b, " 1\n");
	assert_int_equal(parse(&p, (struct str){ b.ptr, (uint32_t)b.len }, &e), -EFBIG);
	buf_release(&b);
	promtext_release(&p);
}

static void more_than_256_labels_are_refused(void **state)
{
	struct promtext p = { 0 };
	struct err e;
	struct buf b;

	(void)state;
	for (int n = PROMTEXT_LABELS_MAX; n <= PROMTEXT_LABELS_MAX + 1; n++) {
		buf_init(&b, 1 << 20);
		buf_adds(&b, "a{");
		for (int i = 0; i < n; i++)
			buf_addf(&b, "l%d=\"\",", i);
		buf_adds(&b, "} 1\n");
		assert_int_equal(parse(&p, (struct str){ b.ptr, (uint32_t)b.len }, &e),
				 n == PROMTEXT_LABELS_MAX ? 0 : -EFBIG);
		buf_release(&b);
	}
	assert_non_null(strstr(e.text, "line 1: more than 256 labels: a{l0"));
	promtext_release(&p);
}

static void series_beyond_the_maximum_are_cut(void **state)
{
	struct promtext p = { 0 };
	struct err e;

	(void)state;
	promtext_begin(&p);
	for (size_t i = 0; i < PROMTEXT_SERIES_MAX; i++)
		assert_int_equal(promtext_feed(&p, "a 1\n", 4, &e), 0);
	assert_int_equal(promtext_end(&p, &e), 0);
	assert_false(p.page.cut);
	promtext_begin(&p);
	for (size_t i = 0; i < PROMTEXT_SERIES_MAX + 10; i++)
		assert_int_equal(promtext_feed(&p, "a 1\n", 4, &e), 0);
	assert_int_equal(promtext_end(&p, &e), 0);
	assert_true(p.page.cut);
	assert_int_equal(p.page.n_series, PROMTEXT_SERIES_MAX);
	promtext_release(&p);
}

static void a_page_over_its_memory_is_refused(void **state)
{
	struct promtext p = { 0 };
	struct err e;
	struct buf b;
	int r = 0, n = 0;

	(void)state;
	buf_init(&b, 2 << 20);
	buf_adds(&b, "#");
	while (b.len < PROMTEXT_LINE_MAX - 1)
		buf_adds(&b, "x");
	buf_adds(&b, "\n");
	promtext_begin(&p);
	for (; r == 0 && n < 1000; n++)
		r = promtext_feed(&p, b.ptr, b.len, &e);
	assert_int_equal(r, -EFBIG);
	assert_int_equal(n, PROMTEXT_PAGE_MAX / PROMTEXT_LINE_MAX + 1);
	assert_non_null(strstr(e.text, "line 257: the page needs more than 256 MiB"));
	buf_release(&b);
	promtext_release(&p);
}

static void the_next_page_uses_the_same_memory(void **state)
{
	struct promtext p = { 0 };
	struct metrics_page first;
	struct buf b;

	(void)state;
	read_fixture(FIXTURES "kubelike.txt", &b);
	buf_adds(&b, "escaped{a=\"\\n\"} 1\n");
	parse_good(&p, (struct str){ b.ptr, (uint32_t)b.len });
	first = p.page;
	for (int i = 0; i < 3; i++) {
		const char *text = first.labels[first.n_labels - 1].value.p;

		parse_good(&p, (struct str){ b.ptr, (uint32_t)b.len });
		assert_ptr_equal(p.page.families, first.families);
		assert_ptr_equal(p.page.series, first.series);
		assert_ptr_equal(p.page.labels, first.labels);
		assert_ptr_equal(p.page.labels[first.n_labels - 1].value.p, text);
	}
	buf_release(&b);
	promtext_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_the_format_are_read),
		cmocka_unit_test(bad_pages_are_refused_with_the_reason),
		cmocka_unit_test(an_error_shows_forty_safe_bytes_of_the_line),
		cmocka_unit_test(a_page_is_the_same_at_every_split_point),
		cmocka_unit_test(a_big_page_is_the_same_with_random_splits),
		cmocka_unit_test(every_line_of_a_real_page_that_is_no_comment_is_a_series),
		cmocka_unit_test(series_of_real_pages_have_their_value_and_family),
		cmocka_unit_test(series_with_a_suffix_belong_to_the_family_of_that_type),
		cmocka_unit_test(a_declared_family_goes_before_a_suffix),
		cmocka_unit_test(help_is_unescaped_and_the_first_one_stays),
		cmocka_unit_test(families_that_are_not_together_are_found_again),
		cmocka_unit_test(a_label_that_is_not_there_is_empty),
		cmocka_unit_test(equal_layouts_mean_equal_rows),
		cmocka_unit_test(values_are_rounded_as_strtod_does),
		cmocka_unit_test(a_line_over_one_mebibyte_is_refused),
		cmocka_unit_test(more_than_256_labels_are_refused),
		cmocka_unit_test(series_beyond_the_maximum_are_cut),
		cmocka_unit_test(a_page_over_its_memory_is_refused),
		cmocka_unit_test(the_next_page_uses_the_same_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
