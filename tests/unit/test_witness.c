#include "collectors/witness.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/procfs.h"

static struct sample page_of(struct series *s, struct metrics_page *p, double start_s)
{
	*s = (struct series){ .name = STR("process_start_time_seconds"), .value = start_s };
	*p = (struct metrics_page){ .series = s, .n_series = 1 };
	return (struct sample){ .source = SOURCE_METRICS, .metrics = p };
}

static void a_start_time_tells_one_process_from_another(void **state)
{
	static const struct {
		double off_s;
		enum verdict want;
	} cases[] = {
		{ 0, VERDICT_SAME },	{ 0.01, VERDICT_SAME },	 { -0.01, VERDICT_SAME },
		{ 1, VERDICT_SAME },	{ -1, VERDICT_SAME },	 { 0.4, VERDICT_NONE },
		{ -2.5, VERDICT_NONE }, { 3.5, VERDICT_OTHER },	 { -86400, VERDICT_OTHER },
		{ NAN, VERDICT_NONE },	{ -1e12, VERDICT_NONE },
	};
	double start_s;

	(void)state;
	assert_int_equal(procfs_start_s(getpid(), &start_s, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct metrics_page page;
		struct series series;
		struct sample sm = page_of(&series, &page, start_s + cases[i].off_s);
		struct witness w;

		witness_init(&w);
		witness_hear(&w, &sm);
		assert_int_equal(w.heard, 1u << SOURCE_METRICS);
		if (witness_judge(&w, getpid()) != cases[i].want)
			fail_msg("%g s off: %d", cases[i].off_s, witness_judge(&w, getpid()));
		assert_int_equal(witness_judge(&w, getpid()), cases[i].want);
	}
}

static void what_is_told_anew_is_judged_anew(void **state)
{
	struct metrics_page page;
	struct series series;
	struct sample sm;
	struct witness w;
	double start_s;

	(void)state;
	assert_int_equal(procfs_start_s(getpid(), &start_s, NULL), 0);
	witness_init(&w);
	assert_int_equal(witness_judge(&w, getpid()), VERDICT_NONE);
	sm = page_of(&series, &page, start_s);
	witness_hear(&w, &sm);
	assert_int_equal(witness_judge(&w, getpid()), VERDICT_SAME);
	sm = page_of(&series, &page, start_s + 100);
	witness_hear(&w, &sm);
	assert_int_equal(witness_judge(&w, getpid()), VERDICT_OTHER);
	assert_int_equal(witness_judge(&w, -1), VERDICT_NONE);
}

static void a_page_of_several_programs_is_no_witness(void **state)
{
	struct metrics_page page;
	struct series series;
	struct sample sm = page_of(&series, &page, 1), refused = { .source = SOURCE_PPROF };
	struct witness w;

	(void)state;
	series.n_labels = 1;
	witness_init(&w);
	witness_hear(&w, &sm);
	witness_hear(&w, &refused);
	assert_true(isnan(w.start_s));
	assert_int_equal(w.heard, 1u << SOURCE_METRICS | 1u << SOURCE_PPROF);
	assert_int_equal(witness_judge(&w, getpid()), VERDICT_NONE);
}

static void another_program_is_another_process(void **state)
{
	static const struct {
		struct str path;
		enum verdict want;
	} cases[] = {
		{ STR(""), VERDICT_NONE },
		{ STR("[vdso]"), VERDICT_NONE },
		{ STR("/srv/build/witness"), VERDICT_NONE }, /* of the same name */
		{ STR("/elsewhere/witness (deleted)"), VERDICT_NONE },
		{ STR("/usr/bin/api"), VERDICT_OTHER },
		{ STR("/witness/"), VERDICT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct goroutines g = { .program = cases[i].path };
		struct sample sm = { .source = SOURCE_PPROF, .goroutines = &g };
		struct witness w;

		witness_init(&w);
		assert_int_equal(witness_judge(&w, getpid()), VERDICT_NONE);
		witness_hear(&w, &sm);
		if (witness_judge(&w, getpid()) != cases[i].want)
			fail_msg("%s: %d", cases[i].path.p, witness_judge(&w, getpid()));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_time_tells_one_process_from_another),
		cmocka_unit_test(what_is_told_anew_is_judged_anew),
		cmocka_unit_test(another_program_is_another_process),
		cmocka_unit_test(a_page_of_several_programs_is_no_witness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
