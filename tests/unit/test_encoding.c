/* Which number means which breaker state, as HELP texts, linked libraries and words tell it. */
#include "tests/unit/model_kit.h"

#include "core/encoding.h"

/* ---- words ---- */

static void a_state_has_many_spellings(void **state)
{
	static const struct {
		const char *word;
		enum breaker_state is;
	} rows[] = {
		{ "closed", BREAKER_CLOSED },	    { "CLOSED", BREAKER_CLOSED },
		{ "StateClosed", BREAKER_CLOSED },  { "open", BREAKER_OPEN },
		{ "Open", BREAKER_OPEN },	    { "forced_open", BREAKER_OPEN },
		{ "half-open", BREAKER_HALF_OPEN }, { "half_open", BREAKER_HALF_OPEN },
		{ "HalfOpen", BREAKER_HALF_OPEN },  { "halfopen", BREAKER_HALF_OPEN },
		{ "HALF OPEN", BREAKER_HALF_OPEN }, { "", BREAKER_UNKNOWN },
		{ "unknown", BREAKER_UNKNOWN },	    { "opening", BREAKER_UNKNOWN },
		{ "not open", BREAKER_UNKNOWN },    { "disabled", BREAKER_UNKNOWN },
		{ "2", BREAKER_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (breaker_state_of_word(str_of(rows[i].word)) != rows[i].is)
			fail_msg("\"%s\"", rows[i].word);
	}
}

/* ---- HELP texts ---- */

struct said {
	const char *help;
	double closed, half_open, open;
};

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b;
}

static void check_help(const struct said *s, const char *help)
{
	struct encoding e = { .known = false };

	if (!encoding_from_help(str_of(help), &e))
		fail_msg("not understood: %s", help);
	if (!same(e.value[BREAKER_CLOSED], s->closed) ||
	    !same(e.value[BREAKER_HALF_OPEN], s->half_open) ||
	    !same(e.value[BREAKER_OPEN], s->open))
		fail_msg("closed %g, half-open %g, open %g: %s", e.value[BREAKER_CLOSED],
			 e.value[BREAKER_HALF_OPEN], e.value[BREAKER_OPEN], help);
	assert_true(e.known);
	assert_true(e.witness[0] != '\0');
}

static const struct said sayings[] = {
	{ "0=closed, 1=half-open, 2=open", 0, 1, 2 },
	{ "0=closed, 1=open, 2=half-open", 0, 2, 1 },
	{ "Circuit breaker state (0=closed, 1=open, 2=half-open)", 0, 2, 1 },
	{ "State of the circuit breaker: 0 = closed, 1 = half open, 2 = open.", 0, 1, 2 },
	{ "State of the breaker: closed (0), open (1), half-open (2)", 0, 2, 1 },
	{ "closed=0, half_open=1, open=2", 0, 1, 2 },
	{ "open=2 | half-open=1 | closed=0", 0, 1, 2 },
	{ "The state of the breaker. 0: closed; 1: half-open; 2: open", 0, 1, 2 },
	{ "closed: 0, open: 1, half-open: 2", 0, 2, 1 },
	{ "0 - Closed, 1 - Open, 2 - HalfOpen", 0, 2, 1 },
	{ "0/CLOSED 1/HALF_OPEN 2/OPEN", 0, 1, 2 },
	{ "Breaker: 0 is closed, 1 is half-open and 2 is open", 0, 1, 2 },
	{ "1 if open, 0 if closed", 0, NAN, 1 },
	{ "1 when the state is open, 0 when closed, 0.5 when half-open", 0, 0.5, 1 },
	{ "Circuit state (0=open, 1=closed)", 1, NAN, 0 },
	{ "-1=unknown, 0=closed, 1=half-open, 2=open", 0, 1, 2 },
	{ "0 closed, 1 half-open, 2 open, -1 unknown", 0, 1, 2 },
	{ "closed -1, open 1", -1, NAN, 1 },
	{ "[closed=0] [halfopen=1] [open=2]", 0, 1, 2 },
	{ "State per upstream (closed = 0, half open = 1, open = 2)", 0, 1, 2 },
	{ "0->closed 1->open 2->half-open", 0, 2, 1 },
	{ "closed (0), half-open (1) or open (2)", 0, 1, 2 },
	{ "10=closed, 20=half-open, 30=open", 10, 20, 30 },
};

static void a_help_text_tells_the_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sayings); i++)
		check_help(&sayings[i], sayings[i].help);
}

static void a_help_text_without_all_of_it_tells_nothing(void **state)
{
	static const char *const helps[] = {
		"",
		"The state of the circuit breaker",
		"closed, half-open or open",
		"open=1",
		"0=closed",
		"0, 1 or 2",
		"0=closed, 0=open",
		"0=closed, 1=closed, 2=open",
		"1 if the breaker is open",
		"state after 3 open calls",
		"\xff\xfe 0 \x80 1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(helps); i++) {
		struct encoding e;

		if (encoding_from_help(str_of(helps[i]), &e))
			fail_msg("understood: %s", helps[i]);
	}
}

static void a_long_help_text_is_read_to_its_limit_and_not_past_it(void **state)
{
	char help[4096] = "";
	struct encoding e;

	(void)state;
	for (int i = 0; i < 400; i++)
		strcat(help, "word 1 ");
	encoding_from_help(str_of(help), &e);
	encoding_from_help((struct str){ "0=closed, 1=open", 10 }, &e);
	assert_false(encoding_from_help((struct str){ "0=closed, 1=open", 10 }, &e));
}

/* ---- libraries ---- */

#define DEP(p)                                           \
	{                                                \
		.path = STR(p), .version = STR("v1.0.0") \
	}

static void the_one_breaker_library_that_is_linked_in_tells_the_numbers(void **state)
{
	static const struct {
		struct build_dep deps[2];
		const char *library;
		double closed, half_open, open;
	} rows[] = {
		{ { DEP("github.com/sony/gobreaker") }, "sony/gobreaker", 0, 1, 2 },
		{ { DEP("github.com/sony/gobreaker/v2") }, "sony/gobreaker", 0, 1, 2 },
		{ { DEP("github.com/sony/gobreaker"), DEP("github.com/sony/gobreaker/v2") },
		  "sony/gobreaker",
		  0,
		  1,
		  2 },
		{ { DEP("github.com/alibaba/sentinel-golang"), DEP("go.uber.org/zap") },
		  "alibaba/sentinel-golang",
		  0,
		  1,
		  2 },
		{ { DEP("github.com/exaring/hoglet") }, "exaring/hoglet", 0, 1, 2 },
		{ { DEP("github.com/failsafe-go/failsafe-go") }, "failsafe-go", 0, 2, 1 },
		{ { DEP("github.com/eapache/go-resiliency") }, "eapache/go-resiliency", 0, 2, 1 },
		{ { DEP("github.com/go-kratos/aegis") }, "go-kratos/aegis", 1, NAN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct build b = { .deps = rows[i].deps,
				   .n_deps = rows[i].deps[1].path.len ? 2 : 1 };
		struct encoding e;
		const char *library;

		assert_true(encoding_from_build(&b, &e, &library));
		assert_string_equal(library, rows[i].library);
		assert_true(same(e.value[BREAKER_CLOSED], rows[i].closed));
		assert_true(same(e.value[BREAKER_HALF_OPEN], rows[i].half_open));
		assert_true(same(e.value[BREAKER_OPEN], rows[i].open));
	}
}

static void two_breaker_libraries_or_none_tell_nothing(void **state)
{
	static const struct build_dep two[] = { DEP("github.com/sony/gobreaker"),
						DEP("github.com/failsafe-go/failsafe-go") };
	static const struct build_dep other[] = { DEP("github.com/sony/gobreakers"),
						  DEP("github.com/sony/sonyflake") };
	const struct build with_two = { .deps = two, .n_deps = 2 };
	const struct build with_other = { .deps = other, .n_deps = 2 };
	const struct build without = { .n_deps = 0 };
	struct encoding e;
	const char *library;

	(void)state;
	assert_false(encoding_from_build(&with_two, &e, &library));
	assert_false(encoding_from_build(&with_other, &e, &library));
	assert_false(encoding_from_build(&without, &e, &library));
	assert_false(encoding_from_build(NULL, &e, &library));
}

static void a_number_that_nobody_named_is_unknown(void **state)
{
	struct encoding e;
	static const double others[] = { 3, -1, 0.5, NAN, INFINITY };

	(void)state;
	assert_true(encoding_from_help(STR("0=closed, 1=half-open, 2=open"), &e));
	assert_int_equal(encoding_read(&e, 0), BREAKER_CLOSED);
	assert_int_equal(encoding_read(&e, 1), BREAKER_HALF_OPEN);
	assert_int_equal(encoding_read(&e, 2), BREAKER_OPEN);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(encoding_read(&e, others[i]), BREAKER_UNKNOWN);
	e.known = false;
	assert_int_equal(encoding_read(&e, 0), BREAKER_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_has_many_spellings),
		cmocka_unit_test(a_help_text_tells_the_numbers),
		cmocka_unit_test(a_help_text_without_all_of_it_tells_nothing),
		cmocka_unit_test(a_long_help_text_is_read_to_its_limit_and_not_past_it),
		cmocka_unit_test(the_one_breaker_library_that_is_linked_in_tells_the_numbers),
		cmocka_unit_test(two_breaker_libraries_or_none_tell_nothing),
		cmocka_unit_test(a_number_that_nobody_named_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
