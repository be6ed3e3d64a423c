/* Where a judge of goroutine groups is easily led to a false statement: noise, restarts, lost
 * rounds, long runs. */
#include "core/json.h"

#include "tests/unit/model_kit.h"

#define WORKER "chan receive: runtime.gopark < runtime.chanrecv < main.wait < main.serve"

typedef double curve(double t_s, uint32_t *seed);

static void push_count(struct kit *k, double at_s, double count)
{
	char text[256];

	snprintf(text, sizeof(text), "%.0f " WORKER "; 1 running: main.main", fmax(count, 1));
	kit_groups(k, at_s, text);
}

static const char *grade(const struct kit *k)
{
	return k->t->n_leaks ? k->t->leaks[0].grade : "none";
}

/* From 0 to 1, the same each time. */
static double chance(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (double)(*seed >> 8) / (1 << 24);
}

/* Feeds a curve; tells whether it was ever called strong, and at which sample first. */
static int first_strong(curve *f, double interval_s, int samples, uint32_t seed)
{
	struct kit k;
	int first = 0;

	kit_start(&k, true);
	for (int i = 0; i < samples && !first; i++) {
		push_count(&k, i * interval_s, f(i * interval_s, &seed));
		if (strcmp(grade(&k), "strong") == 0)
			first = i + 1;
	}
	kit_end(&k);
	return first;
}

static double steady(double t_s, uint32_t *seed)
{
	(void)seed;
	return 20 + 4 * t_s;
}

static double sawtooth(double t_s, uint32_t *seed)
{
	(void)seed;
	return 50 + 10 * fmod(t_s, 7);
}

static double small_noise(double t_s, uint32_t *seed)
{
	(void)t_s;
	return 200 + 20 * (chance(seed) - 0.5);
}

static double large_noise(double t_s, uint32_t *seed)
{
	(void)t_s;
	return 2000 + 600 * (chance(seed) - 0.5);
}

static const struct group_row *row_of(struct group_row *const *rows, size_t n, const char *site)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i]->site && strstr(rows[i]->site, site))
			return rows[i];
	}
	fail_msg("no row is blocked at %s", site);
	return NULL;
}

static const struct group_row *group(const struct kit *k, const char *site)
{
	return row_of(k->t->groups, k->t->n_groups, site);
}

static const struct group_row *stack(const struct kit *k, const char *site)
{
	return row_of(k->t->stacks, k->t->n_stacks, site);
}

static void a_sawtooth_is_never_strong(void **state)
{
	(void)state;
	assert_int_equal(first_strong(sawtooth, 1, 1200, 1), 0);
}

static void noise_around_a_mean_is_never_strong(void **state)
{
	static curve *const curves[] = { small_noise, large_noise };
	int wrong = 0, of = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(curves); i++) {
		for (uint32_t seed = 1; seed <= 10; seed++, of++)
			wrong += first_strong(curves[i], 1, 900, seed * 7919) > 0;
	}
	if (wrong)
		fail_msg("in %d of %d runs of a quarter of an hour noise was called a strong leak",
			 wrong, of);
}

static void none_is_said_only_after_having_watched_long_enough_to_find_one(void **state)
{
	struct kit k;
	uint32_t seed = 1;

	(void)state;
	kit_start(&k, true);
	for (int n = 0; n < 60; n++) /* 1.2 s at the shortest interval */
		push_count(&k, n * 0.02, steady(100. * n, &seed));
	assert_false(k.t->leaks_looked);
	kit_end(&k);
}

static void one_lost_round_does_not_clear_a_suspect(void **state)
{
	struct kit k;
	int i;

	(void)state;
	kit_start(&k, true);
	for (i = 0; i < 60; i++)
		push_count(&k, i, 100 + 10 * i);
	for (; i < 200; i++)
		push_count(&k, i, 690 - (i % 2) * 20);
	assert_int_equal(k.t->n_leaks, 1);
	kit_lost(&k, i++, SOURCE_PPROF, SOURCE_FAILED);
	push_count(&k, i, 690);
	assert_int_equal(k.t->n_leaks, 1);
	kit_end(&k);
}

static void another_process_starts_without_suspects(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay") };
	struct kit k;
	int i;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 0, &p);
	for (i = 0; i < 60; i++)
		push_count(&k, i, 100 + 10 * i);
	assert_text(grade(&k), "strong");
	p.pid = 8;
	kit_process(&k, i, &p);
	push_count(&k, i, 600);
	assert_int_equal(k.t->n_leaks, 0);
	assert_false(k.t->leaks_looked);
	kit_end(&k);
}

static void the_change_is_still_told_after_hours(void **state)
{
	struct kit k;
	int missing = 0, wrong = 0, last = 4 * 3600;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i <= last; i++) {
		char text[128];

		snprintf(text, sizeof(text), "%d select: runtime.gopark < main.a", 100 + i);
		kit_groups(&k, i, text);
		if (i < last - 600)
			continue;
		missing += isnan(group(&k, "main.a")->delta_per_min);
		wrong += !same_num(group(&k, "main.a")->delta_per_min, 60);
	}
	if (missing)
		fail_msg("absent in %d of the last 600 samples of four hours, wrong in %d", missing,
			 wrong - missing);
	assert_int_equal(wrong, 0);
	kit_end(&k);
}

static void no_change_goes_over_a_restart(void **state)
{
	struct process p = { .pid = 7, .name = STR("pay") };
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 0, &p);
	kit_groups(&k, 0, "12000 select: runtime.gopark < main.a");
	p.pid = 8;
	kit_process(&k, 1, &p);
	kit_groups(&k, 1, "3 select: runtime.gopark < main.a");
	assert_num(group(&k, "main.a")->delta_per_min, ABSENT);
	kit_end(&k);
}

static void a_first_labelled_goroutine_does_not_cost_a_stack_its_past(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 0, "100 select: runtime.gopark < main.a");
	kit_groups(&k, 30,
		   "100 select: runtime.gopark < main.a; "
		   "10 select: runtime.gopark < main.a {user=1}");
	assert_int_equal(k.t->n_stacks, 1);
	assert_num(stack(&k, "main.a")->delta_per_min, 20);
	kit_end(&k);
}

static void a_build_without_module_information_has_no_module(void **state)
{
	struct build b = { .go = STR("go1.26.1"), .vcs_modified = -1, .cgo = -1 };
	struct process p = { .pid = 7, .name = STR("pay"), .build = &b };
	struct kit k;
	struct buf text;

	(void)state;
	kit_start(&k, false);
	kit_process(&k, 0, &p);
	buf_init(&text, JSON_MAX);
	json_model(&text, k.m, kit_ns(0), KIT_UNIX_NS);
	assert_non_null(strstr(buf_str(&text), "\"go\":\"go1.26.1\""));
	assert_null(strstr(buf_str(&text), "\"module\""));
	buf_release(&text);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sawtooth_is_never_strong),
		cmocka_unit_test(noise_around_a_mean_is_never_strong),
		cmocka_unit_test(none_is_said_only_after_having_watched_long_enough_to_find_one),
		cmocka_unit_test(one_lost_round_does_not_clear_a_suspect),
		cmocka_unit_test(another_process_starts_without_suspects),
		cmocka_unit_test(the_change_is_still_told_after_hours),
		cmocka_unit_test(no_change_goes_over_a_restart),
		cmocka_unit_test(a_first_labelled_goroutine_does_not_cost_a_stack_its_past),
		cmocka_unit_test(a_build_without_module_information_has_no_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
