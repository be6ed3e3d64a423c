#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/models.h"
#include "tui/palette.h"
#include "tui/view.h"

/* A person before a screen: model, choices, cells. */
struct session {
	struct model *m;
	struct ui ui;
	struct grid g;
};

static void start(struct session *s, struct model *m)
{
	s->m = m;
	ui_init(&s->ui, m->n_targets);
	s->ui.now_ns = NOW_NS;
	s->ui.now_unix_ns = NOW_UNIX_NS;
	s->ui.interval_ns = NS_PER_S;
	grid_init(&s->g, 80, 24);
	ui_draw(&s->ui, m, &s->g);
}

static void end(struct session *s)
{
	grid_release(&s->g);
	ui_release(&s->ui);
	models_free(s->m);
}

static void press(struct session *s, const char *keys)
{
	for (int key; (key = key_parse(&keys)) > 0;) {
		ui_key(&s->ui, s->m, key);
		ui_draw(&s->ui, s->m, &s->g);
	}
}

/* The row of the screen that is under the cursor, -1: none. */
static int cursor_row(const struct session *s)
{
	for (int row = 4; row < s->g.h - 1; row++) {
		if (grid_at(&s->g, row, 0)->style == STYLE_SELECTED)
			return row;
	}
	return -1;
}

static const struct group_row *selected_group(struct session *s)
{
	ui_collect(&s->ui, s->m, VIEW_GOROUTINES);
	return list_selected(&s->ui.list);
}

static void swap_groups(struct target *t, size_t a, size_t b)
{
	struct group_row *g = t->stacks[a];

	t->stacks[a] = t->stacks[b];
	t->stacks[b] = g;
}

static void the_selection_follows_its_row_and_keeps_its_place_on_screen(void **state)
{
	struct session s;
	int row;

	(void)state;
	start(&s, model_normal());
	press(&s, "3jj");
	assert_int_equal(selected_group(&s)->id, 3);
	swap_groups(&s.m->targets[0], 2, 0); /* it moves up */
	ui_draw(&s.ui, s.m, &s.g);
	assert_int_equal(selected_group(&s)->id, 3);
	assert_int_equal(cursor_row(&s), 4);
	press(&s, "<End><Up><Up>");
	row = cursor_row(&s);
	assert_int_equal(selected_group(&s)->id, 24);
	swap_groups(&s.m->targets[0], 23, 20); /* three lines up; the list scrolls instead */
	ui_draw(&s.ui, s.m, &s.g);
	assert_int_equal(selected_group(&s)->id, 24);
	assert_int_equal(cursor_row(&s), row);
	end(&s);
}

static void without_a_choice_the_first_row_stays_selected(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3");
	swap_groups(&s.m->targets[0], 5, 0);
	ui_draw(&s.ui, s.m, &s.g);
	assert_int_equal(selected_group(&s)->id, 6);
	assert_int_equal(cursor_row(&s), 4);
	end(&s);
}

static void a_row_that_goes_hands_the_selection_to_its_neighbour(void **state)
{
	struct session s;
	struct target *t;

	(void)state;
	start(&s, model_normal());
	t = &s.m->targets[0];
	press(&s, "3G");
	assert_int_equal(selected_group(&s)->id, 26);
	t->n_stacks--;
	ui_draw(&s.ui, s.m, &s.g);
	assert_int_equal(selected_group(&s)->id, 25);
	end(&s);
}

static void keys_go_where_they_say(void **state)
{
	static const struct {
		const char *keys;
		enum view_id view;
	} cases[] = {
		{ "", VIEW_OVERVIEW },
		{ "3", VIEW_GOROUTINES },
		{ "<Tab>", VIEW_SCHED },
		{ "<Shift-Tab>", VIEW_WHY },
		{ "8<Tab>", VIEW_OVERVIEW },
		{ "i<Tab>", VIEW_OVERVIEW },
		{ "?", VIEW_HELP },
		{ "3??", VIEW_GOROUTINES },
		{ "3?<Esc>", VIEW_GOROUTINES },
		{ "3?5", VIEW_BREAKERS },
		{ "3?5<Esc>", VIEW_GOROUTINES },
		{ "<Enter>", VIEW_LEAKS },
		{ "<Enter><Esc>", VIEW_OVERVIEW },
		{ "8j<Enter>", VIEW_BREAKERS },
		{ "3<Enter><Esc>", VIEW_GOROUTINES },
		{ "3\\chan<Enter><Esc>", VIEW_GOROUTINES },
		{ "0", VIEW_TARGETS },
		{ "0<Enter>", VIEW_OVERVIEW },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session s;

		start(&s, model_normal());
		press(&s, cases[i].keys);
		if (s.ui.view != cases[i].view)
			fail_msg("\"%s\" led to %s", cases[i].keys, views[s.ui.view]->title);
		assert_false(s.ui.quit);
		end(&s);
	}
}

static void q_ends_it_from_help_and_detail_but_not_from_a_prompt(void **state)
{
	static const struct {
		const char *keys;
		bool quit;
	} cases[] = { { "q", true },
		      { "?q", true },
		      { "3<Enter>q", true },
		      { "3/q", false },
		      { "3\\q<Enter>", false } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session s;

		start(&s, model_normal());
		press(&s, cases[i].keys);
		assert_int_equal(s.ui.quit, cases[i].quit);
		end(&s);
	}
}

static void a_filter_shows_while_it_is_typed_and_esc_brings_back_what_was(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3\\CHAN");
	assert_int_equal(s.ui.list.n, 7);
	press(&s, "<Enter>");
	assert_int_equal(s.ui.list.n, 7);
	press(&s, "\\<Backspace><Backspace><Backspace><Backspace>mutex");
	assert_int_equal(s.ui.list.n, 6);
	press(&s, "<Esc>");
	assert_string_equal(s.ui.sel[VIEW_GOROUTINES].filter, "CHAN");
	press(&s, "<Esc>");
	assert_int_equal(s.ui.list.n, 26);
	end(&s);
}

static void a_filter_looks_into_the_stack(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3\\backgroundread<Enter>");
	assert_int_equal(s.ui.list.n, 7);
	end(&s);
}

static void search_goes_on_from_the_row_and_says_when_there_is_none(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3/ledger<Enter>");
	assert_int_equal(selected_group(&s)->id, 3);
	press(&s, "n");
	assert_int_equal(selected_group(&s)->id, 7);
	press(&s, "/nowhere<Enter>");
	assert_int_equal(selected_group(&s)->id, 7);
	assert_non_null(strstr(s.ui.message, "nowhere"));
	press(&s, "j");
	assert_string_equal(s.ui.message, "");
	end(&s);
}

static void sorting_puts_the_unknown_last_both_ways(void **state)
{
	struct session s;
	const struct group_row *g;

	(void)state;
	start(&s, model_normal());
	press(&s, "3ssss"); /* count, change, state, oldest */
	assert_true(((const struct group_row *)s.ui.list.rows[0])->oldest_s == 10800);
	g = s.ui.list.rows[s.ui.list.n - 1];
	assert_true(isnan(g->oldest_s));
	press(&s, "I");
	assert_true(((const struct group_row *)s.ui.list.rows[0])->oldest_s == 9.4);
	g = s.ui.list.rows[s.ui.list.n - 1];
	assert_true(isnan(g->oldest_s));
	end(&s);
}

static void sorting_comes_round_to_the_views_own_order(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3ssssssss");
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].sort, 0);
	assert_int_equal(((const struct group_row *)s.ui.list.rows[0])->id, 1);
	end(&s);
}

static void scrolling_past_the_end_of_text_stops_there(void **state)
{
	struct session s;
	int top;

	(void)state;
	start(&s, model_normal());
	press(&s, "?G");
	top = s.ui.sel[VIEW_HELP].detail_top;
	assert_in_range(top, 1, 200);
	press(&s, "<PgDn>j");
	assert_int_equal(s.ui.sel[VIEW_HELP].detail_top, top);
	press(&s, "g");
	assert_int_equal(s.ui.sel[VIEW_HELP].detail_top, 0);
	end(&s);
}

static void pause_keeps_the_moment(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, " ");
	assert_true(s.ui.paused);
	assert_true(s.ui.paused_unix_ns == NOW_UNIX_NS);
	press(&s, " ");
	assert_false(s.ui.paused);
	end(&s);
}

static void targets_are_chosen_by_row_and_by_bracket(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_storm());
	assert_int_equal(s.ui.view, VIEW_TARGETS);
	press(&s, "jj<Enter>");
	assert_int_equal(s.ui.target, 2);
	assert_int_equal(s.ui.view, VIEW_OVERVIEW);
	press(&s, "]");
	assert_int_equal(s.ui.target, 0);
	press(&s, "[");
	assert_int_equal(s.ui.target, 2);
	end(&s);
}

static void a_model_without_targets_is_drawn(void **state)
{
	struct session s;

	(void)state;
	start(&s, new_test_model(0));
	press(&s, "12345678i0?<Enter>jG/x<Enter>");
	end(&s);
}

static void what_costs_the_target_is_done_at_the_second_press(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "4L");
	assert_int_equal(s.ui.ask, PROFILE_KINDS);
	assert_non_null(strstr(s.ui.message, "L again"));
	press(&s, "jL"); /* another key between: it is asked anew */
	assert_int_equal(s.ui.ask, PROFILE_KINDS);
	press(&s, "L");
	assert_int_equal(s.ui.ask, PROFILE_LEAKS);
	s.ui.ask = PROFILE_KINDS;
	press(&s, "HC"); /* of another profile: likewise */
	assert_int_equal(s.ui.ask, PROFILE_KINDS);
	assert_non_null(strstr(s.ui.message, "1 to 2 %"));
	press(&s, "C");
	assert_int_equal(s.ui.ask, PROFILE_CPU);
	assert_int_equal(s.ui.view, VIEW_PROFILE);
	end(&s);
}

/* Whether a text stands anywhere on the screen (ASCII). */
static bool on_screen(struct session *s, const char *text)
{
	size_t n = strlen(text);

	for (int row = 0; row < s->g.h; row++) {
		for (int col = 0; col + (int)n <= s->g.w; col++) {
			size_t i = 0;

			while (i < n && grid_at(&s->g, row, col + (int)i)->ch == (char32_t)text[i])
				i++;
			if (i == n)
				return true;
		}
	}
	return false;
}

static void every_action_can_be_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		struct palette_hit hits[PALETTE_ROWS_MAX];

		assert_true(palette_find(key_table[i].name, hits, PALETTE_ROWS_MAX) > 0);
		assert_ptr_equal(hits[0].key, &key_table[i]);
	}
	for (size_t i = 0; i < n_palette_commands; i++) {
		struct palette_hit hits[PALETTE_ROWS_MAX];

		char typed[64];

		snprintf(typed, sizeof(typed), "%s x", palette_commands[i].name);
		assert_true(palette_find(typed, hits, PALETTE_ROWS_MAX) > 0);
		assert_ptr_equal(hits[0].command, &palette_commands[i]);
	}
}

static void the_palette_does_what_it_shows(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, ":leak suspects");
	assert_true(on_screen(&s, "no action has these words"));
	press(&s, "<Esc>:view-leaks<Enter>");
	assert_int_equal(s.ui.view, VIEW_LEAKS);
	press(&s, ":gorou");
	assert_true(on_screen(&s, "view-goroutines"));
	press(&s, "<Enter>");
	assert_int_equal(s.ui.view, VIEW_GOROUTINES);
	press(&s, ":sort-r<Enter>");
	assert_true(s.ui.sel[VIEW_GOROUTINES].reverse);
	press(&s, ":s<Down><Down><Up><Tab>");
	assert_string_equal(s.ui.input, "sort");
	press(&s, "<C-u>sort count<Enter>");
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].sort, 1);
	press(&s, ":sort nonsense<Enter>");
	assert_memory_equal(s.ui.message, "no column \"nonsense\": there are count", 37);
	press(&s, ":columns -state,-oldest_s<Enter>");
	assert_false(on_screen(&s, "oldest"));
	press(&s, ":columns +oldest_s<Enter>");
	assert_true(on_screen(&s, "oldest"));
	press(&s, ":columns<Enter>");
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].hidden, 0);
	press(&s, ":filter count>100000000<Enter>");
	assert_int_equal(s.ui.list.n, 0);
	press(&s, ":glyphs braille<Enter>");
	assert_int_equal(s.ui.glyphs, GLYPHS_BRAILLE);
	press(&s, ":xyzzy<Enter>");
	assert_string_equal(s.ui.message, "no action \"xyzzy\"");
	press(&s, ":quit<Enter>");
	assert_true(s.ui.quit);
	end(&s);
}

static void help_is_searched_and_does_what_it_shows(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3?/goroutines: groups");
	assert_true(on_screen(&s, "view-goroutines"));
	press(&s, "<Enter>");
	assert_int_equal(s.ui.view, VIEW_GOROUTINES);
	press(&s, "?/hold the pict<Enter>");
	assert_true(s.ui.paused);
	assert_int_equal(s.ui.view, VIEW_GOROUTINES);
	end(&s);
}

static void click(struct session *s, int row, int col)
{
	int key = grid_spot_at(&s->g, row, col);

	if (key)
		ui_key(&s->ui, s->m, key);
	ui_draw(&s->ui, s->m, &s->g);
}

static void tagged_rows_are_counted_shown_alone_and_copied(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "3X");
	assert_string_equal(s.ui.message, "no row is tagged (x tags one)");
	press(&s, "xx");
	assert_true(on_screen(&s, "2 tagged: 1,436"));
	assert_int_equal(selected_group(&s)->id, 3); /* it goes on */
	swap_groups(&s.m->targets[0], 0, 9);	     /* tags stay with their rows */
	press(&s, "X");
	assert_int_equal(s.ui.list.n, 2);
	press(&s, "y");
	assert_non_null(strstr(buf_str(&s.ui.copied), "1,024 goroutines: IO wait"));
	assert_non_null(strstr(buf_str(&s.ui.copied), "\n\n"));
	assert_non_null(strstr(buf_str(&s.ui.copied), "412 goroutines: chan receive"));
	press(&s, "gxx"); /* the last tag goes: nothing is hidden any more */
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].n_tags, 0);
	assert_int_equal(s.ui.list.n, s.m->targets[0].n_stacks);
	press(&s, "xU");
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].n_tags, 0);
	end(&s);
}

static void asking_is_said_until_the_answer_is_there(void **state)
{
	struct profile_row heap = { .kind = "heap" };
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "HH");
	assert_true(on_screen(&s, "asking for the heap profile"));
	heap.asked_unix_ns = NOW_UNIX_NS - 1; /* an older one */
	s.m->targets[0].profiles[PROFILE_HEAP] = &heap;
	ui_draw(&s.ui, s.m, &s.g);
	assert_true(on_screen(&s, "asking for the heap profile"));
	heap.asked_unix_ns = NOW_UNIX_NS + 1;
	ui_draw(&s.ui, s.m, &s.g);
	assert_false(on_screen(&s, "asking for the heap profile"));
	s.m->targets[0].profiles[PROFILE_HEAP] = NULL;
	end(&s);
}

static void what_something_costs_is_never_cut_off(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "D");
	assert_true(on_screen(&s, "D again: "));
	assert_true(on_screen(&s, "ms") || on_screen(&s, " parts"));
	press(&s, "C");
	assert_true(on_screen(&s, "and core")); /* the last words */
	end(&s);
}

static void labels_of_a_stack_can_stand_apart(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, "1f");
	assert_string_equal(s.ui.message, "Overview folds nothing");
	press(&s, "3f");
	assert_true(s.ui.sel[VIEW_GOROUTINES].unfolded);
	assert_int_equal(s.ui.list.n, s.m->targets[0].n_groups);
	press(&s, "f");
	assert_int_equal(s.ui.list.n, s.m->targets[0].n_stacks);
	end(&s);
}

static void a_click_goes_to_tabs_rows_columns_and_keys(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	click(&s, 2, 22); /* " 1 Overview 2 Sched 3 Goroutines" */
	assert_int_equal(s.ui.view, VIEW_GOROUTINES);
	click(&s, 3, 5); /* the head of count */
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].sort, 1);
	assert_false(s.ui.sel[VIEW_GOROUTINES].reverse);
	click(&s, 3, 5);
	assert_true(s.ui.sel[VIEW_GOROUTINES].reverse);
	s.ui.sel[VIEW_GOROUTINES] = (struct selection){ 0 };
	ui_draw(&s.ui, s.m, &s.g);
	click(&s, 6, 40);
	assert_int_equal(selected_group(&s)->id, 3);
	assert_false(s.ui.sel[VIEW_GOROUTINES].open);
	click(&s, 6, 40);
	assert_true(s.ui.sel[VIEW_GOROUTINES].open);
	press(&s, "<Esc>");
	click(&s, s.g.h - 1, 1);
	assert_int_equal(s.ui.view, VIEW_HELP);
	click(&s, 12, 79); /* nothing there */
	assert_int_equal(s.ui.view, VIEW_HELP);
	end(&s);
}

static void a_click_means_the_row_that_was_seen(void **state)
{
	struct session s;
	struct target *t;

	(void)state;
	start(&s, model_normal());
	t = &s.m->targets[0];
	press(&s, "3");
	swap_groups(t, 2, 9); /* between the drawing and the click */
	click(&s, 6, 40);
	assert_int_equal(selected_group(&s)->id, 3);
	assert_int_equal(s.ui.sel[VIEW_GOROUTINES].line, 9);
	t->n_stacks = 2;
	click(&s, 9, 40);
	assert_string_equal(s.ui.message, "that row is gone");
	end(&s);
}

static void the_palette_confirms_what_costs_the_target(void **state)
{
	struct session s;

	(void)state;
	start(&s, model_normal());
	press(&s, ":ask-leaks<Enter>");
	assert_int_equal(s.ui.ask, PROFILE_KINDS);
	press(&s, ":pause<Enter>:ask-leaks<Enter>");
	assert_int_equal(s.ui.ask, PROFILE_KINDS);
	press(&s, ":ask-leaks<Enter>");
	assert_int_equal(s.ui.ask, PROFILE_LEAKS);
	end(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_selection_follows_its_row_and_keeps_its_place_on_screen),
		cmocka_unit_test(without_a_choice_the_first_row_stays_selected),
		cmocka_unit_test(a_row_that_goes_hands_the_selection_to_its_neighbour),
		cmocka_unit_test(keys_go_where_they_say),
		cmocka_unit_test(q_ends_it_from_help_and_detail_but_not_from_a_prompt),
		cmocka_unit_test(a_filter_shows_while_it_is_typed_and_esc_brings_back_what_was),
		cmocka_unit_test(a_filter_looks_into_the_stack),
		cmocka_unit_test(search_goes_on_from_the_row_and_says_when_there_is_none),
		cmocka_unit_test(sorting_puts_the_unknown_last_both_ways),
		cmocka_unit_test(sorting_comes_round_to_the_views_own_order),
		cmocka_unit_test(scrolling_past_the_end_of_text_stops_there),
		cmocka_unit_test(pause_keeps_the_moment),
		cmocka_unit_test(targets_are_chosen_by_row_and_by_bracket),
		cmocka_unit_test(what_costs_the_target_is_done_at_the_second_press),
		cmocka_unit_test(every_action_can_be_found_by_its_name),
		cmocka_unit_test(the_palette_does_what_it_shows),
		cmocka_unit_test(help_is_searched_and_does_what_it_shows),
		cmocka_unit_test(tagged_rows_are_counted_shown_alone_and_copied),
		cmocka_unit_test(asking_is_said_until_the_answer_is_there),
		cmocka_unit_test(what_something_costs_is_never_cut_off),
		cmocka_unit_test(labels_of_a_stack_can_stand_apart),
		cmocka_unit_test(a_click_goes_to_tabs_rows_columns_and_keys),
		cmocka_unit_test(a_click_means_the_row_that_was_seen),
		cmocka_unit_test(the_palette_confirms_what_costs_the_target),
		cmocka_unit_test(a_model_without_targets_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
