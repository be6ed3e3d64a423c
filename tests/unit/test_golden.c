/* Golden screens: each view of a model built by hand, as text, compared with a file that a person
 * has looked at. GOLDEN_WRITE=1 writes the files anew; the diff is the review. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "core/base/utf8.h"
#include "tests/unit/models.h"
#include "tui/view.h"
#include "tui/view_picker.h"

enum { SCREEN_MAX = 1 << 18 };

static const char *const view_names[VIEW_COUNT] = {
	[VIEW_TARGETS] = "targets",   [VIEW_OVERVIEW] = "overview",
	[VIEW_SCHED] = "sched",	      [VIEW_GOROUTINES] = "goroutines",
	[VIEW_LEAKS] = "leaks",	      [VIEW_BREAKERS] = "breakers",
	[VIEW_REQUESTS] = "requests", [VIEW_MEMORY] = "memory",
	[VIEW_WHY] = "why",	      [VIEW_INFO] = "info",
	[VIEW_PROFILE] = "profile",   [VIEW_HELP] = "help",
};

static struct ui new_ui(const struct model *m, enum view_id view, enum glyphs glyphs)
{
	struct ui ui;

	ui_init(&ui, m->n_targets);
	ui.glyphs = glyphs;
	ui.now_ns = NOW_NS;
	ui.now_unix_ns = NOW_UNIX_NS;
	ui.interval_ns = NS_PER_S;
	ui_show(&ui, view);
	return ui;
}

/* ---- one screen against its file ---- */

static char *read_file(const char *path)
{
	char *text = xcalloc(1, SCREEN_MAX);
	FILE *f = fopen(path, "r");

	if (f) {
		text[fread(text, 1, SCREEN_MAX - 1, f)] = '\0';
		fclose(f);
	}
	return text;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void compare(const struct grid *g, bool ascii, const char *path)
{
	char *got = NULL, *want = read_file(path);
	size_t size;
	FILE *out = open_memstream(&got, &size);
	const char *write = getenv("GOLDEN_WRITE");

	grid_print(g, ascii, out);
	fclose(out);
	if (write && *write)
		write_file(path, got);
	else if (strcmp(got, want) != 0)
		fail_msg("%s differs (GOLDEN_WRITE=1 rewrites it); got:\n%s", path, got);
	free(got);
	free(want);
}

struct screen {
	const char *name; /* of the model */
	struct model *(*model)(void);
	enum view_id view;
	int w, h;
	enum glyphs glyphs;
	const char *keys,
		*what; /* pressed before it is drawn, and how the file calls that; NULL: none */
};

static void check(const struct screen *s)
{
	struct model *m = s->model();
	struct ui ui = new_ui(m, s->view, s->glyphs);
	bool ascii = s->glyphs == GLYPHS_ASCII;
	const char *keys = s->keys ? s->keys : "";
	struct grid g;
	char path[256];

	grid_init(&g, s->w, s->h);
	ui_draw(&ui, m, &g);
	for (int key; (key = key_parse(&keys)) > 0;)
		ui_key(&ui, m, key);
	ui_draw(&ui, m, &g);
	snprintf(path, sizeof(path), "tests/golden/%s%s%s-%s-%dx%d-%s.txt", view_names[s->view],
		 s->what ? "-" : "", s->what ? s->what : "", s->name, s->w, s->h,
		 ascii ? "ascii" : "block");
	compare(&g, ascii, path);
	grid_release(&g);
	ui_release(&ui);
	models_free(m);
}

static void each_view(struct screen s)
{
	for (int v = 0; v < VIEW_COUNT; v++) {
		s.view = (enum view_id)v;
		check(&s);
	}
}

static void views_look_as_agreed_at_80x24(void **state)
{
	(void)state;
	each_view((struct screen){ "normal", model_normal, 0, 80, 24, GLYPHS_BLOCK, NULL, NULL });
	each_view((struct screen){ "empty", model_empty, 0, 80, 24, GLYPHS_BLOCK, NULL, NULL });
	each_view((struct screen){ "storm", model_storm, 0, 80, 24, GLYPHS_BLOCK, NULL, NULL });
}

/* What the target's own memory adds. */
static void views_show_the_scheduler_from_inside(void **state)
{
	static const struct screen screens[] = {
		{ "inside", model_inside, VIEW_OVERVIEW, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "inside", model_inside, VIEW_SCHED, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "inside", model_inside, VIEW_SCHED, 80, 24, GLYPHS_ASCII, NULL, NULL },
		{ "inside", model_inside, VIEW_SCHED, 40, 10, GLYPHS_BLOCK, NULL, NULL },
		{ "inside", model_inside, VIEW_OVERVIEW, 200, 60, GLYPHS_BLOCK, NULL, NULL },
		{ "inside", model_inside, VIEW_SCHED, 200, 60, GLYPHS_BLOCK, NULL, NULL },
		{ "inside", model_inside, VIEW_SCHED, 200, 60, GLYPHS_ASCII, NULL, NULL },
		{ "inside", model_inside, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, "j<Enter>",
		  "stack" },
		{ "inside", model_inside, VIEW_MEMORY, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "wide", model_wide, VIEW_OVERVIEW, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "wide", model_wide, VIEW_SCHED, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "wide", model_wide, VIEW_SCHED, 200, 60, GLYPHS_BLOCK, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(screens); i++)
		check(&screens[i]);
}

static void views_look_as_agreed_at_200x60(void **state)
{
	(void)state;
	each_view((struct screen){ "normal", model_normal, 0, 200, 60, GLYPHS_BLOCK, NULL, NULL });
}

static void views_look_as_agreed_at_40x10(void **state)
{
	(void)state;
	each_view((struct screen){ "normal", model_normal, 0, 40, 10, GLYPHS_BLOCK, NULL, NULL });
}

static void views_look_as_agreed_in_ascii(void **state)
{
	(void)state;
	each_view((struct screen){ "normal", model_normal, 0, 80, 24, GLYPHS_ASCII, NULL, NULL });
	each_view((struct screen){ "storm", model_storm, 0, 80, 24, GLYPHS_ASCII, NULL, NULL });
}

static void keys_lead_to_the_screens_agreed(void **state)
{
	static const struct screen screens[] = {
		{ "normal", model_normal, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, "j<Enter>",
		  "stack" },
		{ "normal", model_normal, VIEW_GOROUTINES, 200, 60, GLYPHS_BLOCK, "j<Enter>",
		  "stack" },
		{ "normal", model_normal, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, "\\chan",
		  "filtering" },
		{ "normal", model_normal, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, "\\chan<Enter>",
		  "filtered" },
		{ "normal", model_normal, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, "ss", "sorted" },
		{ "normal", model_normal, VIEW_LEAKS, 80, 24, GLYPHS_BLOCK, "<Enter>", "open" },
		{ "storm", model_storm, VIEW_LEAKS, 80, 24, GLYPHS_BLOCK, "<Enter>", "open" },
		{ "normal", model_normal, VIEW_OVERVIEW, 80, 24, GLYPHS_BLOCK, " ", "paused" },
		{ "storm", model_storm, VIEW_OVERVIEW, 80, 24, GLYPHS_BLOCK, "]", "gone" },
		{ "normal", model_normal, VIEW_OVERVIEW, 30, 5, GLYPHS_BLOCK, NULL, "small" },
		{ "normal", model_normal, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, "?G", "help-end" },
		{ "normal", model_normal, VIEW_GOROUTINES, 80, 24, GLYPHS_BLOCK, ":sort",
		  "palette" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(screens); i++)
		check(&screens[i]);
}

static void profiles_look_as_agreed(void **state)
{
	static const struct screen screens[] = {
		{ "profiled", model_profiled, VIEW_PROFILE, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "profiled", model_profiled, VIEW_PROFILE, 80, 24, GLYPHS_ASCII, NULL, NULL },
		{ "profiled", model_profiled, VIEW_PROFILE, 40, 10, GLYPHS_BLOCK, NULL, NULL },
		{ "profiled", model_profiled, VIEW_PROFILE, 200, 60, GLYPHS_BLOCK, NULL, NULL },
		{ "profiled", model_profiled, VIEW_MEMORY, 80, 24, GLYPHS_BLOCK, NULL, NULL },
		{ "profiled", model_profiled, VIEW_MEMORY, 200, 60, GLYPHS_BLOCK, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(screens); i++)
		check(&screens[i]);
}

static void the_picker_looks_as_agreed(void **state)
{
	static const struct picker_row rows[] = {
		{ 4182, "payment-api", "go1.26.1", 273840, 212, 2.4 * (1 << 30) },
		{ 901, "prometheus", "go1.19.8", 8640000, 3.1, 310e6 },
		{ 77, "\033]0;x\007evil", NULL, 4, NAN, 8e6 },
	};
	struct picker p;
	struct grid g;

	(void)state;
	picker_init(&p);
	grid_init(&g, 80, 24);
	p.note = "others' processes are not listed: run as root to see them";
	picker_draw(&p, &g);
	compare(&g, false, "tests/golden/picker-empty-80x24-block.txt");
	p.rows = rows;
	p.n_rows = COUNT(rows);
	picker_draw(&p, &g);
	compare(&g, false, "tests/golden/picker-normal-80x24-block.txt");
	picker_key(&p, 'j');
	picker_key(&p, K_ENTER);
	assert_int_equal(p.chosen, 901);
	grid_release(&g);
	picker_release(&p);
}

/* ---- what holds for every screen ---- */

static void assert_sound(const struct grid *g, const char *view)
{
	for (int row = 0; row < g->h; row++) {
		for (int col = 0; col < g->w; col++) {
			const struct cell *c = grid_at(g, row, col);
			bool wide = col + 1 < g->w && c[1].ch == 0;

			if (c->ch == 0 && (col == 0 || c[-1].ch == 0 || utf8_width(c[-1].ch) != 2))
				fail_msg("%s %dx%d: half a character at %d,%d", view, g->w, g->h,
					 row, col);
			if (c->ch != 0 && utf8_width(c->ch) != 1 + wide)
				fail_msg("%s %dx%d: U+%04X at %d,%d has the wrong width", view,
					 g->w, g->h, (unsigned)c->ch, row, col);
			if (c->ch != 0 && utf8_visible(c->ch) != c->ch)
				fail_msg("%s %dx%d: control character at %d,%d", view, g->w, g->h,
					 row, col);
		}
	}
}

static void draw_at_all_sizes(struct ui *ui, const struct model *m, const char *view)
{
	for (int h = 1; h <= 30; h += h < 12 ? 1 : 6) {
		for (int w = 1; w <= 90; w += w < 6 ? 1 : 7) {
			struct grid g;

			grid_init(
				&g, w,
				h); /* its own block, so that a sanitizer sees every cell outside */
			ui_draw(ui, m, &g);
			assert_sound(&g, view);
			grid_release(&g);
		}
	}
}

static void no_view_writes_outside_or_tears_a_line_at_any_size(void **state)
{
	static const char *const key_scripts[] = { "",		 "<Enter>", "jjj<PgDn>", "G",
						   "\\e<Enter>", "s",	    "<Enter>G" };
	struct model *m = model_storm();

	(void)state;
	for (int v = 0; v < VIEW_COUNT; v++) {
		for (size_t k = 0; k < 2 * COUNT(key_scripts); k++) {
			const char *keys = key_scripts[k / 2];
			struct ui ui =
				new_ui(m, (enum view_id)v, k % 2 ? GLYPHS_ASCII : GLYPHS_BRAILLE);

			for (int key; (key = key_parse(&keys)) > 0;)
				ui_key(&ui, m, key);
			draw_at_all_sizes(&ui, m, view_names[v]);
			ui_release(&ui);
		}
	}
	models_free(m);
}

static void ascii_screens_hold_ascii_only(void **state)
{
	struct model *m = model_storm();
	struct grid g;

	(void)state;
	grid_init(&g, 120, 40);
	for (int v = 0; v < VIEW_COUNT; v++) {
		struct ui ui = new_ui(m, (enum view_id)v, GLYPHS_ASCII);

		ui_draw(&ui, m, &g);
		for (int i = 0; i < g.w * g.h; i++)
			assert_in_range(g.cells[i].ch, ' ', '~');
		ui_release(&ui);
	}
	grid_release(&g);
	models_free(m);
}

static void the_same_model_and_ui_give_the_same_cells(void **state)
{
	struct model *m = model_storm();
	struct grid a, b;

	(void)state;
	grid_init(&a, 200, 60);
	grid_init(&b, 200, 60);
	for (int v = 0; v < VIEW_COUNT; v++) {
		struct ui ui = new_ui(m, (enum view_id)v, GLYPHS_BLOCK);

		ui_draw(&ui, m, &a);
		ui_draw(&ui, m, &b);
		assert_memory_equal(a.cells, b.cells, 200 * 60 * sizeof(*a.cells));
		ui_release(&ui);
	}
	grid_release(&a);
	grid_release(&b);
	models_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_look_as_agreed_at_80x24),
		cmocka_unit_test(views_show_the_scheduler_from_inside),
		cmocka_unit_test(views_look_as_agreed_at_200x60),
		cmocka_unit_test(views_look_as_agreed_at_40x10),
		cmocka_unit_test(views_look_as_agreed_in_ascii),
		cmocka_unit_test(keys_lead_to_the_screens_agreed),
		cmocka_unit_test(profiles_look_as_agreed),
		cmocka_unit_test(the_picker_looks_as_agreed),
		cmocka_unit_test(no_view_writes_outside_or_tears_a_line_at_any_size),
		cmocka_unit_test(ascii_screens_hold_ascii_only),
		cmocka_unit_test(the_same_model_and_ui_give_the_same_cells),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
