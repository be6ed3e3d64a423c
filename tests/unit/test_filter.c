#include "tui/filter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/rows.h"
#include "tui/stack.h"

#define N(a) (sizeof(a) / sizeof(*(a)))

static const struct frame stack[] = {
	{ STR("runtime.gopark"), STR("/go/src/runtime/proc.go"), 402 },
	{ STR("example.com/pay.(*Client).do"), STR("/src/pay/client.go"), 88 },
	{ STR("net/http.(*conn).serve"), STR("/go/src/net/http/server.go"), 2009 },
};
static const struct label labels[] = { { STR("route"), STR("/pay") },
				       { STR("tenant"), STR("a b") } };
static struct state_row states[] = { { "chan receive", 70 }, { "select", 30 } };

static const struct group_row group = {
	.count = 1500,
	.delta_per_min = NAN,
	.oldest_s = 5400,
	.state = "chan receive",
	.site = "client.go:88 (*Client).do",
	.stack = stack,
	.labels = labels,
	.n_stack = N(stack),
	.n_labels = N(labels),
	.created_by = &stack[2],
	.states = states,
	.n_states = N(states),
};

/* As list.c does, of the columns state and site only. */
static bool any(const struct filter_row *r, struct str name, filter_test *test,
		const void *test_arg)
{
	const struct group_row *g = r->row;

	if (name.len == 0 && (test(test_arg, str_of(g->state)) || test(test_arg, str_of(g->site))))
		return true;
	return stack_any(g, name, test, test_arg);
}

static void terms_mean_what_they_say(void **state)
{
	static const struct {
		const char *text;
		bool passes;
	} cases[] = {
		{ "", true },
		{ "   ", true },
		{ "chan", true },
		{ "CHAN Client", true },
		{ "client chan", true },
		{ "chan mutex", false },
		{ "\"chan receive\"", true },
		{ "\"receive chan\"", false },
		{ "!mutex", true },
		{ "!chan", false },
		{ "!!chan", true },
		{ "!\"chan receive\"", false },
		{ "proc.go", true }, /* in the stack */

		{ "state=chan*", true },
		{ "state=chan", false },
		{ "state=*RECEIVE", true },
		{ "state=chan?receive", true },
		{ "state=\"chan receive\"", true },
		{ "state!=select", true },
		{ "state!=chan*", false },
		{ "!state=chan*", false },
		{ "!state!=chan*", true },
		{ "state~^chan|^select", true },
		{ "state~receive$", true },
		{ "state!~receive", false },
		{ "waits=select", true },
		{ "waits=sleep", false },

		{ "count>1000", true },
		{ "count>1.5k", false },
		{ "count>=1.5k", true },
		{ "count=1500", true },
		{ "count!=1500", false },
		{ "count<2000", true },
		{ "count<=1499", false },
		{ "!count>1000", false },
		{ "age>10m", true },
		{ "age>1h29m", true },
		{ "age>1h31m", false },
		{ "oldest>90m", false },
		{ "oldest_s<=5400", true },
		{ "age>1d", false },
		{ "delta>0", false }, /* unknown never matches */
		{ "delta<=0", false },
		{ "!delta>0", true },
		{ "\xce\x94/min>0", false }, /* by its title */

		{ "func~client", true },
		{ "func=(*Client).do", true },
		{ "func=example.com/pay.(*Client).do", true },
		{ "func=do", false },
		{ "file=client.go", true },
		{ "file=/src/pay/*", true },
		{ "pkg=net/http", true },
		{ "pkg=net", false },
		{ "!pkg=net/http", false },
		{ "!pkg=database/sql", true },
		{ "pkg!=database/sql", true },
		{ "pkg!=net/http", false },
		{ "created~conn", true },
		{ "created~client", false },
		{ "label.route=/pay", true },
		{ "label.route=/p?y", true },
		{ "label.route=/refund", false },
		{ "label.tenant=\"a b\"", true },
		{ "label.none=x", false },
		{ "!label.none=x", true },

		{ "state=chan* age>10m count>100 label.route=/pay func~client", true },
		{ "state=chan* age>10m count>100 label.route=/pay !pkg=net/http func~client",
		  false },

		{ "nothing=of this", false }, /* no such name: words */
		{ "state=", true },	      /* still being typed */
	};
	struct filter f = { 0 };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct filter_row row = { .any = any, .row = &group };

		filter_set(&f, cases[i].text, &table_groups, stack_names);
		if (f.why.text[0])
			fail_msg("%s: %s", cases[i].text, f.why.text);
		if (filter_passes(&f, &row) != cases[i].passes)
			fail_msg("%s: %d", cases[i].text, !cases[i].passes);
	}
	filter_release(&f);
}

static void what_cannot_be_meant_is_said_and_left_out(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "count>many", "many: not a number that fits" },
		{ "count>5m", "5m: not a number that fits" },
		{ "age>5k", "5k: not a number that fits" },
		{ "count~5", "5: not a number that fits" },
		{ "state>5", "state: a text, for which there are = != ~ !~" },
		{ "func~(", "(: not a regular expression" },
		{ "count>x func~[", "x: not a number that fits" },
	};
	struct filter f = { 0 };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct filter_row row = { .any = any, .row = &group };

		filter_set(&f, cases[i].text, &table_groups, stack_names);
		assert_string_equal(f.why.text, cases[i].why);
		assert_true(filter_passes(&f, &row));
	}
	filter_release(&f);
}

static void bytes_and_spans_go_by_the_fields_unit(void **state)
{
	static const struct {
		const char *text;
		bool passes;
	} cases[] = {
		{ "p99>1s", true },	  { "p99>1600", false },  { "p99_ms>1500ms", false },
		{ "p99>=1.5s", true },	  { "p99>1500us", true }, { "rate>1k", true },
		{ "rate>1500/s", false }, { "route=/pay", true },
	};
	struct request_row row = { .route = "/pay", .rate_per_s = 1500, .p99_ms = 1500 };
	struct filter f = { 0 };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		filter_set(&f, cases[i].text, &table_requests, NULL);
		assert_string_equal(f.why.text, "");
		if (filter_passes(&f, &(struct filter_row){ .row = &row }) != cases[i].passes)
			fail_msg("%s: %d", cases[i].text, !cases[i].passes);
	}
	filter_release(&f);
}

static void a_text_has_a_needle_in_any_case(void **state)
{
	static const struct {
		const char *text, *needle;
		bool has;
	} cases[] = {
		{ "", "", true },	    { "abc", "", true },       { "", "a", false },
		{ "abc", "C", true },	    { "aab", "AB", true },     { "ABAB", "bab", true },
		{ "aaaaaaab", "ab", true }, { "xAxaXab", "ab", true }, { "ab", "abc", false },
		{ "-_-", "_-", true },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		if (text_has(str_of(cases[i].text), cases[i].needle) != cases[i].has)
			fail_msg("%s in %s", cases[i].needle, cases[i].text);
	}
}

static void more_terms_than_there_may_be_are_left_out(void **state)
{
	char text[FILTER_TEXT_MAX] = "";
	struct filter f = { 0 };

	(void)state;
	for (size_t i = 0; i < FILTER_TEXT_MAX / 2 - 1; i++)
		strcat(text, "c ");
	filter_set(&f, text, &table_groups, stack_names);
	assert_int_equal(f.n, FILTER_TERMS_MAX);
	assert_string_equal(f.why.text, "c: too many terms, left out");
	assert_true(filter_passes(&f, &(struct filter_row){ .any = any, .row = &group }));
	filter_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_mean_what_they_say),
		cmocka_unit_test(what_cannot_be_meant_is_said_and_left_out),
		cmocka_unit_test(bytes_and_spans_go_by_the_fields_unit),
		cmocka_unit_test(a_text_has_a_needle_in_any_case),
		cmocka_unit_test(more_terms_than_there_may_be_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
