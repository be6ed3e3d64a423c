#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "tui/keys.h"
#include "tui/view.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void every_action_has_a_key_a_name_and_help(void **state)
{
	bool seen[ACTION_COUNT] = { [ACTION_NONE] = true };

	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		const struct key_entry *k = &key_table[i];

		seen[k->action] = true;
		assert_non_null(k->name);
		assert_non_null(k->help);
		assert_true(strlen(k->name) > 0 && strlen(k->help) > 0 && k->keys[0] != 0);
	}
	for (int a = 0; a < ACTION_COUNT; a++)
		assert_true(seen[a]);
}

static void no_key_and_no_name_stands_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		for (int k = 0; k < KEYS_PER_ENTRY && key_table[i].keys[k]; k++)
			assert_ptr_equal(key_find(key_table[i].keys[k]), &key_table[i]);
		for (size_t j = i + 1; j < n_keys; j++)
			assert_string_not_equal(key_table[i].name, key_table[j].name);
	}
}

static void each_view_but_help_has_its_key(void **state)
{
	(void)state;
	for (int v = 0; v < VIEW_HELP; v++) {
		bool found = false;

		for (size_t i = 0; i < n_keys; i++)
			found |= key_table[i].action == ACTION_VIEW && key_table[i].arg == v;
		assert_true(found);
		assert_int_equal(view_by_name(views[v]->title), v);
	}
	assert_int_equal(view_by_name("leaks"), VIEW_LEAKS);
	assert_int_equal(view_by_name("nonsense"), VIEW_COUNT);
	assert_int_equal(view_by_name(NULL), VIEW_COUNT);
}

static void a_script_is_read_key_by_key(void **state)
{
	static const struct {
		const char *script;
		int want[8]; /* up to the 0 or -1 that ends it */
	} cases[] = {
		{ "", { 0 } },
		{ "a", { 'a', 0 } },
		{ "g/x<Enter>", { 'g', '/', 'x', K_ENTER, 0 } },
		{ "<F1><f12><F13>", { K_F1, K_F12, -1 } },
		{ "<lt><Lt>>", { '<', '<', '>', 0 } },
		{ "<space><TAB><Shift-Tab>", { ' ', K_TAB, K_BACKTAB, 0 } },
		{ "<C-l><c-Z>", { K_CTRL('L'), K_CTRL('Z'), 0 } },
		{ "<Nope>", { -1 } },
		{ "<", { -1 } },
		{ "<>", { -1 } },
		{ "\n\t\033", { K_ENTER, K_TAB, K_ESC, 0 } },
		{ "é中", { 0xe9, 0x4e2d, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *s = cases[i].script;
		int got, n = 0;

		do {
			got = key_parse(&s);
			if (got != cases[i].want[n])
				fail_msg("\"%s\", key %d: got %#x, want %#x", cases[i].script, n,
					 (unsigned)got, (unsigned)cases[i].want[n]);
			n++;
		} while (got > 0);
	}
}

static void every_key_has_a_name_that_a_script_can_use(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		for (int k = 0; k < KEYS_PER_ENTRY && key_table[i].keys[k]; k++) {
			int key = key_table[i].keys[k];
			char name[KEY_NAME_MAX], script[KEY_NAME_MAX + 4];
			const char *s = script;

			key_text(key, name);
			assert_true(strlen(name) > 0);
			if (name[0] == '^' && name[1])
				snprintf(script, sizeof(script), "<C-%c>", name[1]);
			else
				snprintf(script, sizeof(script), strlen(name) > 1 ? "<%s>" : "%s",
					 name);
			assert_int_equal(key_parse(&s), key);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_has_a_key_a_name_and_help),
		cmocka_unit_test(no_key_and_no_name_stands_twice),
		cmocka_unit_test(each_view_but_help_has_its_key),
		cmocka_unit_test(a_script_is_read_key_by_key),
		cmocka_unit_test(every_key_has_a_name_that_a_script_can_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
