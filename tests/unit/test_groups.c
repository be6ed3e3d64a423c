/* Goroutine groups over time, and the folding of those that differ in labels only. */
#include "tests/unit/model_kit.h"

#define WAIT "runtime.gopark < runtime.chanrecv1 < main.wait"

static void groups_and_stacks_are_listed_by_count(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 1, "3 select: main.a; 9 chan send: main.b; 5 IO wait: main.c");
	assert_int_equal(k.t->n_groups, 3);
	assert_int_equal(k.t->n_stacks, 3);
	assert_num(k.t->groups[0]->count, 9);
	assert_num(k.t->groups[2]->count, 3);
	assert_text(k.t->stacks[0]->state, "chan send");
	assert_num(k.t->facts.goroutines.total, 17);
	assert_int_equal(k.t->goroutines_source, SOURCE_PPROF);
	kit_end(&k);
}

static void states_are_summed_in_four(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	assert_num(k.t->by_waiting, ABSENT);
	kit_groups(&k, 1,
		   "1 running: main.a; 2 runnable: main.b; 3 syscall: main.c; 4 select: main.d; "
		   "5 chan receive: main.e");
	assert_num(k.t->by_running, 1);
	assert_num(k.t->by_runnable, 2);
	assert_num(k.t->by_syscall, 3);
	assert_num(k.t->by_waiting, 9);
	kit_lost(&k, 2, SOURCE_PPROF, SOURCE_FAILED);
	assert_num(k.t->by_waiting, ABSENT);
	assert_int_equal(k.t->n_groups, 0);
	assert_int_equal(k.t->n_stacks, 0);
	assert_num(k.t->facts.goroutines.total, ABSENT);
	kit_end(&k);
}

static void an_empty_profile_has_no_groups(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 1, "");
	assert_int_equal(k.t->n_groups, 0);
	assert_num(k.t->by_waiting, 0);
	kit_groups(&k, 2, "1 running: main.main");
	kit_groups(&k, 3, "");
	assert_int_equal(k.t->n_groups, 0);
	kit_end(&k);
}

static void a_group_keeps_its_id_and_its_first_sight(void **state)
{
	struct kit k;
	uint64_t id;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 1, "3 select: main.a; 1 select: main.b");
	id = k.t->groups[0]->id;
	kit_groups(&k, 2, "1 select: main.b; 7 select: main.a");
	assert_true(k.t->groups[0]->id == id);
	assert_true(k.t->groups[0]->first_ns == kit_ns(1));
	assert_true(k.t->groups[0]->seen_ns == kit_ns(2));
	kit_groups(&k, 3, "1 select: main.b");
	kit_groups(&k, 4, "7 select: main.a"); /* gone for a sample: another group of the same id */
	assert_int_equal(k.t->n_groups, 1);
	assert_true(k.t->groups[0]->id == id);
	assert_true(k.t->groups[0]->first_ns == kit_ns(4));
	kit_end(&k);
}

static void a_change_is_a_minute_and_over_the_last_minute_at_most(void **state)
{
	struct kit k;
	char text[64];

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 0, "10 select: main.a");
	assert_num(k.t->groups[0]->delta_per_min, ABSENT);
	kit_groups(&k, 1, "12 select: main.a");
	assert_num(k.t->groups[0]->delta_per_min, 120);
	kit_groups(&k, 2, "10 select: main.a");
	assert_num(k.t->groups[0]->delta_per_min, 0);
	for (int i = 3; i <= 30; i++) { /* what was before is forgotten once it is level */
		snprintf(text, sizeof(text), "%d select: main.a", 500);
		kit_groups(&k, i, text);
	}
	assert_true(k.t->groups[0]->delta_per_min > 0);
	for (int i = 31; i <= 120; i++)
		kit_groups(&k, i, text);
	assert_num(k.t->groups[0]->delta_per_min, 0);
	kit_end(&k);
}

static void label_sets_of_one_stack_are_one_row_for_people(void **state)
{
	const struct group_row *r;
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 1,
		   "4 chan receive: " WAIT " {id=1,route=/a}; 6 chan receive: " WAIT
		   " {id=2,route=/a}; 1 running: main.main");
	assert_int_equal(k.t->n_groups, 3);
	assert_int_equal(k.t->n_stacks, 2);
	r = k.t->stacks[0];
	assert_num(r->count, 10);
	assert_int_equal(r->n_variants, 2);
	assert_text(r->labels_text, "id=* route=/a");
	assert_true(r->largest_id == k.t->groups[0]->id);
	assert_int_equal(k.t->stacks[1]->n_variants, 1);
	assert_null(k.t->stacks[1]->labels_text);
	kit_groups(&k, 2,
		   "4 chan receive: " WAIT " {id=1,route=/a}; 9 chan receive: " WAIT
		   " {id=3,route=/b}");
	r = k.t->stacks[0];
	assert_num(r->count, 13);
	assert_num(r->delta_per_min, 180);
	assert_text(r->labels_text, "id=* route=*");
	assert_text(k.t->groups[0]->labels_text, "id=3 route=/b");
	kit_end(&k);
}

static void a_stack_without_labels_is_its_group(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 1, "4 chan receive: " WAIT);
	assert_ptr_equal(k.t->stacks[0], k.t->groups[0]);
	assert_true(k.t->stacks[0]->largest_id == k.t->groups[0]->id);
	assert_true(k.t->stacks[0]->stack_id == k.t->groups[0]->id);
	kit_end(&k);
}

static void many_groups_that_come_and_go_leave_nothing_behind(void **state)
{
	struct kit k;
	char *text = malloc(1 << 17);

	(void)state;
	assert_non_null(text);
	kit_start(&k, true);
	for (int i = 0; i < 20; i++) {
		size_t at = 0;

		for (int g = 0; g < 300; g++)
			at += (size_t)snprintf(text + at, (1 << 17) - at,
					       "%d select: main.f%d {n=%d}; ", g + 1,
					       i % 3 * 100 + g, g);
		kit_groups(&k, i, text);
		assert_int_equal(k.t->n_groups, 300);
		assert_int_equal(k.t->n_stacks, 300);
		for (size_t g = 1; g < k.t->n_groups; g++)
			assert_true(k.t->groups[g - 1]->count >= k.t->groups[g]->count);
	}
	free(text);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_and_stacks_are_listed_by_count),
		cmocka_unit_test(states_are_summed_in_four),
		cmocka_unit_test(an_empty_profile_has_no_groups),
		cmocka_unit_test(a_group_keeps_its_id_and_its_first_sight),
		cmocka_unit_test(a_change_is_a_minute_and_over_the_last_minute_at_most),
		cmocka_unit_test(label_sets_of_one_stack_are_one_row_for_people),
		cmocka_unit_test(a_stack_without_labels_is_its_group),
		cmocka_unit_test(many_groups_that_come_and_go_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
