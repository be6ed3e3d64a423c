/* OpenMetrics 1.0 ("Text format" and "Metric types" of its specification), table by table. */
#include "tests/unit/prom_kit.h"

#define EOFL "# EOF\n"

static const struct {
	const char *page, *want;
} good[] = {
	{ EOFL, "" },
	{ "# EOF", "" },
	{ "a 1\n" EOFL, "a 1|" },
	{ "# TYPE a unknown\n# HELP a b\n# UNIT a \na 1\n" EOFL, "a 1|" },
	{ "# TYPE a_s gauge\n# UNIT a_s s\n# HELP a_s  two  blanks \na_s 1\n" EOFL, "a_s 1|" },
	/* counters: _total is the value, _created tells when it began */
	{ "# TYPE a counter\na_total 1\na_created 1520872607.123\n" EOFL, "a_total 1|" },
	{ "# TYPE a counter\na_total{b=\"1\"} 1\na_created{b=\"1\"} 5\na_total{b=\"2\"} 2\n" EOFL,
	  "a_total{b=1} 1|a_total{b=2} 2|" },
	{ "# TYPE a counter\na_total 1 # {} 1\n" EOFL, "a_total 1|" },
	{ "# TYPE a counter\na_total 1 1.5 # {t=\"x\"} 0.67 1520879607.789\n" EOFL, "a_total 1|" },
	{ "# TYPE a counter\na_total 1 # {t=\"}\\\"# \"} +Inf\n" EOFL, "a_total 1|" },
	/* histograms */
	{ "# TYPE a histogram\na_bucket{le=\"0.5\"} 1\na_bucket{le=\"1.0\"} "
	  "2\na_bucket{le=\"+Inf\"} "
	  "3\na_count 3\na_sum 2.5\na_created 5\n" EOFL,
	  "a_bucket{le=0.5} 1|a_bucket{le=1} 2|a_bucket{le=+Inf} 3|a_count 3|a_sum 2.5|" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 3 # {a=\"b\"} 1 2\n" EOFL,
	  "a_bucket{le=+Inf} 3|" },
	{ "# TYPE a histogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 3\n" EOFL,
	  "a_bucket{le=-1} 1|a_bucket{le=+Inf} 3|" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 3\na_gcount "
	  "3\na_gsum -2.5\n" EOFL,
	  "a_bucket{le=-1} 1|a_bucket{le=+Inf} 3|a_gcount 3|a_gsum -2.5|" },
	/* summaries */
	{ "# TYPE a summary\na{quantile=\"0.5\"} NaN\na{quantile=\"0.95\"} 2\na_sum 5\na_count "
	  "2\na_created 5\n" EOFL,
	  "a{quantile=0.5} nan|a{quantile=0.95} 2|a_sum 5|a_count 2|" },
	/* info, stateset */
	{ "# TYPE a info\na_info{v=\"1\"} 1\n" EOFL, "a_info{v=1} 1|" },
	{ "# TYPE a stateset\na{a=\"on\"} 1\na{a=\"off\"} 0.0\n" EOFL, "a{a=on} 1|a{a=off} 0|" },
	/* timestamps in seconds; of several points of a series the last counts */
	{ "# TYPE a gauge\na 1 1.25\na 2 1.5\nb 3 -1\n" EOFL, "a 2|b 3|" },
	{ "a 1 1520879607.789\n" EOFL, "a 1|" },
	/* escapes, UTF-8, quoted names */
	{ "# HELP a \\\\ \\n \\\"\na{b=\"\\\\\\n\\\"\",c=\"é\"} 1\n" EOFL, "a{b=\\\n\";c=é} 1|" },
	{ "# TYPE \"a.b\" gauge\n{\"a.b\",\"c.d\"=\"e\"} 1\n" EOFL, "a.b{c.d=e} 1|" },
	{ "a{b=\"\"} 1\na{} 2\n" EOFL, NULL }, /* an empty label is none: twice the same */
	/* numbers */
	{ "a 0x1\n" EOFL, NULL },
	{ "a NaN\nb +Inf\nc -inf\nd Infinity\ne 1E+3\nf .5\ng 5.\nh +7\n" EOFL,
	  "a nan|b inf|c -inf|d inf|e 1000|f 0.5|g 5|h 7|" },
};

static void pages_of_the_standard_are_read(void **state)
{
	struct prombody b = { 0 };
	struct buf got;

	(void)state;
	buf_init(&got, 1 << 20);
	for (size_t i = 0; i < COUNT(good); i++) {
		int r = read_body(&b, OPENMETRICS, str_of(good[i].page), 1 << 20, &got);

		if (good[i].want ? r < 0 || strcmp(buf_str(&got), good[i].want) != 0 : r == 0)
			fail_msg("%s\ngot %s, want %s", good[i].page, buf_str(&got),
				 good[i].want ? good[i].want : "a refusal");
	}
	prombody_release(&b);
	buf_release(&got);
}

static const struct {
	const char *page, *why;
} bad[] = {
	/* half a page */
	{ "", "the page is cut: OpenMetrics ends with # EOF, this one after 0 lines" },
	{ "a 1\n", "the page is cut" },
	{ "a 1\n# EO", "neither TYPE, UNIT, HELP nor EOF" },
	{ "a 1\n" EOFL "b 1\n", "line 3: text after # EOF" },
	{ "a 1\n" EOFL "\n", "text after # EOF" },
	{ "a 1\n" EOFL EOFL, "text after # EOF" },
	/* lines */
	{ "\n" EOFL, "an empty line" },
	{ "# words\n" EOFL, "neither TYPE, UNIT, HELP nor EOF" },
	{ "#TYPE a gauge\n" EOFL, "neither TYPE" },
	{ "#  TYPE a gauge\n" EOFL, "neither TYPE" },
	{ "# TYPE  a gauge\n" EOFL, "neither TYPE" },
	{ "# TYPE a\n" EOFL, "neither TYPE" },
	{ "# TYPE a  gauge\n" EOFL, "a TYPE that is not known" },
	{ "# TYPE a Gauge\n" EOFL, "a TYPE that is not known" },
	{ "# TYPE a untyped\n" EOFL, "a TYPE that is not known" },
	{ " a 1\n" EOFL, "a metric name was expected" },
	{ "a  1\n" EOFL, "one blank was expected before the value" },
	{ "a\t1\n" EOFL, "a byte that is not allowed in a name" },
	{ "a 1 \n" EOFL, "one blank was expected after the value" },
	{ "a 1\r\n" EOFL, "not a number" },
	{ "a{b=\"c\",} 1\n" EOFL, "a label name was expected" },
	{ "é 1\n" EOFL, "a byte that is not allowed in a name" },
	{ "a{é=\"c\"} 1\n" EOFL, "a byte that is not allowed in a label name" },
	{ "a{b=\"1\",b=\"2\"} 1\n" EOFL, "a label name twice" },
	/* numbers */
	{ "a 0x1p3\n" EOFL, "the value is not a number" },
	{ "a 1_0\n" EOFL, "the value is not a number" },
	{ "a 1e\n" EOFL, "the value is not a number" },
	{ "a 1 x\n" EOFL, "the timestamp is not a number" },
	{ "a 1 NaN\n" EOFL, "the timestamp is not a number" },
	/* metadata */
	{ "# TYPE a gauge\n# TYPE a gauge\n" EOFL, "a second TYPE" },
	{ "# HELP a b\n# HELP a b\n" EOFL, "the same metadata a second time" },
	{ "# UNIT a_s s\n# UNIT a_s s\n" EOFL, "the same metadata a second time" },
	{ "# UNIT a s\n" EOFL, "a UNIT that its name does not end in" },
	{ "# UNIT as s\n" EOFL, "a UNIT that its name does not end in" },
	{ "# TYPE a_s info\n# UNIT a_s s\n" EOFL, "a UNIT for what can have none" },
	{ "a 1\n# HELP a b\n" EOFL, "metadata behind the samples" },
	{ "a 1\n# TYPE a gauge\n" EOFL, "a second TYPE" },
	{ "a 1\n# HELP a b\nb 1\n" EOFL, "line 3: metadata behind the samples" },
	{ "a 1\n# HELP a b\n# TYPE b gauge\n" EOFL, "line 3: metadata behind the samples" },
	{ "a 1\n# TYPE a counter\nb 1\na_total 1\n" EOFL, "does not fit its TYPE" },
	{ "# TYPE a counter\n# TYPE a_total gauge\n" EOFL,
	  "its name is also one of another metric" },
	{ "# TYPE a_count gauge\n# TYPE a summary\n" EOFL,
	  "its name is also one of another metric" },
	/* families and metrics are not mixed */
	{ "a 1\nb 1\na{x=\"1\"} 1\n" EOFL, "its metric was there before another one" },
	{ "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 1\na{x=\"1\"} 1\n" EOFL, "not together" },
	{ "a 1\na 2\n" EOFL, "the same series twice" },
	{ "a 1 2\na 2\n" EOFL, "the same series twice" },
	{ "a 1 2\na 2 1\n" EOFL, "a timestamp before the last one" },
	/* types and suffixes */
	{ "# TYPE a counter\na 1\n" EOFL, "a name that does not fit its TYPE" },
	{ "# TYPE a info\na 1\n" EOFL, "a name that does not fit its TYPE" },
	{ "# TYPE a histogram\na 1\n" EOFL, "a name that does not fit its TYPE" },
	{ "# TYPE a stateset\na{b=\"x\"} 1\n" EOFL, "a state without the label that names it" },
	{ "# TYPE a summary\na{quantile=\"x\"} 1\n" EOFL, "a quantile that is not in 0 to 1" },
	{ "# TYPE a summary\na{quantile=\"1.5\"} 1\n" EOFL, "a quantile that is not in 0 to 1" },
	{ "# TYPE a summary\na 1\n" EOFL, "a quantile that is not in 0 to 1" },
	{ "# TYPE a histogram\na_bucket{le=\"1\"} 1\n" EOFL, "no +Inf bucket" },
	{ "# TYPE a histogram\na_bucket 1\n" EOFL, "a bucket without an le that is a number" },
	{ "# TYPE a histogram\na_bucket{le=\"NaN\"} 1\n" EOFL, "a bucket without an le" },
	{ "# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\n" EOFL,
	  "not in the order of le" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n" EOFL,
	  "only one of sum and count" },
	{ "# TYPE a histogram\na_bucket{le=\"-1\"} 0\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count "
	  "1\n" EOFL,
	  "a sum and negative buckets" },
	/* values */
	{ "# TYPE a counter\na_total -1\n" EOFL, "a_total is negative" },
	{ "# TYPE a counter\na_total NaN\n" EOFL, "a_total is NaN" },
	{ "# TYPE a counter\na_total 1\na_created NaN\n" EOFL, "a _created that is no time" },
	{ "# TYPE a info\na_info 2\n" EOFL, "is an info and not 1" },
	{ "# TYPE a stateset\na{a=\"x\"} 0.5\n" EOFL, "is a state and neither 0 nor 1" },
	{ "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n" EOFL,
	  "a bucket below the one before" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1\n" EOFL,
	  "is not its +Inf bucket" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} -1\n" EOFL, "is negative" },
	{ "# TYPE a summary\na_sum -1\na_count 1\n" EOFL, "is negative" },
	/* exemplars */
	{ "# TYPE a gauge\na 1 # {b=\"c\"} 1\n" EOFL, "an exemplar where none may be" },
	{ "# TYPE a counter\na_total 1 # {b=\"c\"}\n" EOFL, "an exemplar is not of the form" },
	{ "# TYPE a counter\na_total 1 # {b=\"c\"} x\n" EOFL, "the value is not a number" },
	{ "# TYPE a counter\na_total 1 # b 1\n" EOFL, "an exemplar is not of the form" },
	{ "# TYPE a counter\na_total 1 #{} 1\n" EOFL, "an exemplar is not of the form" },
	{ "# TYPE a counter\na_total 1 # {} 1 2 3\n" EOFL, "text after an exemplar" },
	{ "# TYPE a counter\na_total 1 # {} 1 x\n" EOFL, "the timestamp is not a number" },
	{ "# TYPE a counter\na_total 1\na_created 1 # {} 1\n" EOFL,
	  "an exemplar where none may be" },
};

static void what_breaks_the_standard_is_refused_with_the_reason(void **state)
{
	struct prombody b = { 0 };
	struct buf got;

	(void)state;
	buf_init(&got, 1 << 20);
	for (size_t i = 0; i < COUNT(bad); i++) {
		int r = read_body(&b, OPENMETRICS, str_of(bad[i].page), 1 << 20, &got);

		if (r != -EBADMSG || !strstr(buf_str(&got), bad[i].why))
			fail_msg("%s\ngot %d \"%s\", want \"%s\"", bad[i].page, r, buf_str(&got),
				 bad[i].why);
	}
	prombody_release(&b);
	buf_release(&got);
}

static void an_exemplar_has_at_most_128_characters(void **state)
{
	struct prombody b = { 0 };
	struct buf page, got;

	(void)state;
	buf_init(&page, 1 << 20);
	buf_init(&got, 1 << 20);
	for (int n = 127; n <= 128; n++) { /* and one of the name; é is one character */
		buf_clear(&page);
		buf_adds(&page, "# TYPE a counter\na_total 1 # {b=\"");
		for (int i = 0; i < n; i++)
			buf_adds(&page, "é");
		buf_adds(&page, "\"} 1\n" EOFL);
		assert_int_equal(read_body(&b, OPENMETRICS, str_of(buf_str(&page)), 1 << 20, &got),
				 n == 127 ? 0 : -EFBIG);
	}
	prombody_release(&b);
	buf_release(&page);
	buf_release(&got);
}

/* What expfmt writes against the standard, and is read for that. */
static void pages_of_expfmt_are_read(void **state)
{
	static const struct {
		const char *page, *want;
	} t[] = {
		{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 2\na_sum 1.0\na_count 2\n" EOFL,
		  "a_bucket{le=+Inf} 2|a_sum 1|a_count 2|" },
		{ "# HELP a b\n# TYPE a gauge\na 1\n# HELP a c\n# TYPE a counter\na_total "
		  "2\na_created "
		  "1\na_total{b=\"c\"} 3\n" EOFL,
		  "a 1|a_total 2|a_total{b=c} 3|" },
		{ "# TYPE a unknown\na 1.0 # {t=\"x\"} 1.0\n" EOFL, "a 1|" },
		{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 2.5\na_sum 1.0\na_count 2.5\n" EOFL,
		  "a_bucket{le=+Inf} 2.5|a_sum 1|a_count 2.5|" },
	};
	struct prombody b = { 0 };
	struct buf got;

	(void)state;
	buf_init(&got, 1 << 20);
	for (size_t i = 0; i < COUNT(t); i++) {
		read_body(&b, OPENMETRICS, str_of(t[i].page), 1 << 20, &got);
		assert_string_equal(buf_str(&got), t[i].want);
	}
	prombody_release(&b);
	buf_release(&got);
}

static void following_pages_are_as_if_they_were_first(void **state)
{
	struct str pages[COUNT(good) + COUNT(bad)];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		pages[i] = str_of(good[i].page);
	for (size_t i = 0; i < COUNT(bad); i++)
		pages[COUNT(good) + i] = str_of(bad[i].page);
	check_following(OPENMETRICS, pages, COUNT(pages));
	check_following("text/plain", pages, COUNT(pages));
}

static bool restarted_by(struct prombody *b, const char *page)
{
	struct buf got;

	buf_init(&got, 1 << 20);
	if (read_body(b, OPENMETRICS, str_of(page), 1 << 20, &got) < 0)
		fail_msg("%s", buf_str(&got));
	buf_release(&got);
	return b->page->restarted;
}

static void a_later_created_is_a_restart(void **state)
{
	struct prombody b = { 0 };

	(void)state;
	assert_false(restarted_by(&b, "# TYPE a counter\na_total 1\na_created 5\n" EOFL));
	assert_false(restarted_by(&b, "# TYPE a counter\na_total 2\na_created 5\n" EOFL));
	assert_true(restarted_by(&b, "# TYPE a counter\na_total 3\na_created 6\n" EOFL));
	assert_false(restarted_by(&b, "# TYPE a counter\na_total 4\na_created 6\n" EOFL));
	/* a child that is new began later, and nothing else did */
	assert_false(restarted_by(&b, "# TYPE a counter\na_total 4\na_created 6\na_total{b=\"1\"} "
				      "1\na_created{b=\"1\"} 9\n" EOFL));
	/* all are new */
	assert_true(restarted_by(&b, "# TYPE a counter\na_total 9\na_created 10\n" EOFL));
	/* a clock that was set back made it anew, too */
	assert_true(restarted_by(&b, "# TYPE a counter\na_total 9\na_created 4\n" EOFL));
	prombody_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_the_standard_are_read),
		cmocka_unit_test(what_breaks_the_standard_is_refused_with_the_reason),
		cmocka_unit_test(an_exemplar_has_at_most_128_characters),
		cmocka_unit_test(pages_of_expfmt_are_read),
		cmocka_unit_test(following_pages_are_as_if_they_were_first),
		cmocka_unit_test(a_later_created_is_a_restart),
	};

	return cmocka_run_group_tests_name("openmetrics", tests, NULL, NULL);
}
