#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/chart.h"
#include "tui/draw.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- numbers ---- */

static const struct {
	double v;
	enum unit u;
	const char *want;
} numbers[] = {
	{ NAN, UNIT_COUNT, "-" },
	{ INFINITY, UNIT_COUNT, "inf" },
	{ 0, UNIT_COUNT, "0" },
	{ 999, UNIT_COUNT, "999" },
	{ 1000, UNIT_COUNT, "1,000" },
	{ 14302, UNIT_COUNT, "14,302" },
	{ -14302, UNIT_COUNT, "-14,302" },
	{ 999999, UNIT_COUNT, "999,999" },
	{ 999999.6, UNIT_COUNT, "1.00M" },
	{ 1e6, UNIT_COUNT, "1.00M" },
	{ 123456789012.0, UNIT_COUNT, "123G" },
	{ 1e30, UNIT_COUNT, "1.0e+12" },
	{ 0.94, UNIT_NONE, "0.94" },
	{ 2, UNIT_NONE, "2" },
	{ 0, UNIT_BYTES, "0B" },
	{ 999, UNIT_BYTES, "999B" },
	{ 1000, UNIT_BYTES, "0.98K" },
	{ 1024, UNIT_BYTES, "1.00K" },
	{ 1299227607, UNIT_BYTES, "1.21G" },
	{ 1023.4 * 1024, UNIT_BYTES, "1.00M" },
	{ 0, UNIT_NS, "0s" },
	{ 999, UNIT_NS, "999ns" },
	{ 999.6, UNIT_NS, "1.0µs" },
	{ 310000, UNIT_NS, "310µs" },
	{ 999.6e3, UNIT_NS, "1.0ms" },
	{ 1.8e6, UNIT_NS, "1.8ms" },
	{ 999.6e6, UNIT_NS, "1.0s" },
	{ 9.96e9, UNIT_NS, "10s" },
	{ 0.0005, UNIT_MS, "500ns" },
	{ 410, UNIT_MS, "410ms" },
	{ 0, UNIT_S, "0s" },
	{ 0.3, UNIT_S, "300ms" },
	{ 59.4, UNIT_S, "59s" },
	{ 59.6, UNIT_S, "1m00s" },
	{ 130, UNIT_S, "2m10s" },
	{ 599, UNIT_S, "9m59s" },
	{ 600, UNIT_S, "10m" },
	{ 3599, UNIT_S, "59m" },
	{ 3600, UNIT_S, "1h00m" },
	{ 86399, UNIT_S, "23h59m" },
	{ 86400, UNIT_S, "1d00h" },
	{ 273840, UNIT_S, "3d04h" },
	{ 8640000, UNIT_S, "100d" },
	{ 0, UNIT_PCT, "0.0%" },
	{ -0.01, UNIT_PCT, "0.0%" },
	{ 2.1, UNIT_PCT, "2.1%" },
	{ 99.94, UNIT_PCT, "99.9%" },
	{ 99.96, UNIT_PCT, "100%" },
	{ 98765, UNIT_PCT, "98,765%" },
	{ 0, UNIT_PER_S, "0/s" },
	{ 0.001, UNIT_PER_S, "<0.01/s" },
	{ 0.05, UNIT_PER_S, "0.05/s" },
	{ 9.94, UNIT_PER_S, "9.9/s" },
	{ 9.96, UNIT_PER_S, "10/s" },
	{ 1204, UNIT_PER_S, "1,204/s" },
	{ 14, UNIT_PER_MIN, "14/min" },
	{ 3, UNIT_PER_H, "3/h" },
	{ 1, UNIT_CORES, "1 core" },
	{ 2.5, UNIT_CORES, "2.5 cores" },
};

static void numbers_carry_their_unit_and_unknown_is_a_dash(void **state)
{
	char buf[FMT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		fmt_num(buf, numbers[i].v, numbers[i].u);
		if (strcmp(buf, numbers[i].want) != 0)
			fail_msg("%g in unit %d: got \"%s\", want \"%s\"", numbers[i].v,
				 (int)numbers[i].u, buf, numbers[i].want);
	}
}

static void changes_carry_their_sign(void **state)
{
	static const struct {
		double v;
		const char *want;
	} cases[] = { { 412, "+412" }, { -3, "-3" },	     { 0, "0" },
		      { 0.04, "0" },   { 3.5, "+3.5" },	     { -3.5, "-3.5" },
		      { NAN, "-" },    { 14302, "+14,302" }, { 1e7, "+10.0M" } };
	char buf[FMT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(fmt_delta(buf, cases[i].v), cases[i].want);
}

static void a_quantile_of_a_histogram_is_a_range(void **state)
{
	static const struct {
		double lo, hi;
		const char *want;
	} cases[] = {
		{ 50, 100, "50-100ms" }, { 0, 5, "≤5ms" },
		{ NAN, 5, "≤5ms" },	 { 10000, INFINITY, ">10s" },
		{ 10000, NAN, ">10s" },	 { NAN, NAN, "-" },
		{ NAN, INFINITY, "-" },	 { 500, 1000, "500ms-1s" },
		{ 2.5, 5, "2.5-5ms" },	 { 0.25, 0.5, "250-500µs" },
		{ 410, 410, "410ms" },	 { 60000, 120000, "60s-2min" },
	};
	char buf[FMT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(fmt_range_ms(buf, cases[i].lo, cases[i].hi), cases[i].want);
}

/* ---- cells ---- */

struct canvas {
	struct grid grid;
	struct draw d;
	char *text;
	size_t size;
};

static struct canvas new_canvas(int w, int h, enum glyphs glyphs)
{
	struct canvas c = { 0 };

	grid_init(&c.grid, w, h);
	c.d = (struct draw){ NULL, 0, 0, w, h, glyphs };
	return c;
}

/* The rows as text; "|" ends each, so that blanks show. */
static const char *text_of(struct canvas *c)
{
	FILE *out;

	free(c->text);
	out = open_memstream(&c->text, &c->size);
	grid_print(&c->grid, c->d.glyphs == GLYPHS_ASCII, out);
	fclose(out);
	return c->text;
}

static void free_canvas(struct canvas *c)
{
	free(c->text);
	grid_release(&c->grid);
}

static void text_is_clipped_to_its_columns_with_a_sign(void **state)
{
	static const struct {
		const char *text;
		int cols;
		const char *block, *ascii;
	} cases[] = {
		{ "abc", 5, "abc\n", "abc\n" },
		{ "abcde", 5, "abcde\n", "abcde\n" },
		{ "abcdef", 5, "abcd…\n", "abcd~\n" },
		{ "abc", 0, "\n", "\n" },
		{ "abc", 1, "…\n", "~\n" },
		{ "a", 1, "a\n", "a\n" },
		{ "中文字", 5, "中文…\n", "???\n" },
		{ "中文字", 4, "中…\n", "???\n" },
		{ "中", 1, "…\n", "?\n" },
		{ "a\033[1mb", 6, "a␛[1mb\n", "a?[1mb\n" },
		{ "e\xcc\x81x", 2, "e\xcc\x81x\n", "ex\n" },
		{ "5µs", 3, "5µs\n", "5us\n" },
		{ "≤5ms", 5, "≤5ms\n", "<=5ms\n" },
		{ NULL, 3, "-\n", "-\n" },
		{ "", 3, "\n", "\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int ascii = 0; ascii < 2; ascii++) {
			struct canvas c = new_canvas(8, 1, ascii ? GLYPHS_ASCII : GLYPHS_BLOCK);

			c.d.grid = &c.grid;
			draw_text(&c.d, 0, 0, cases[i].cols, STYLE_NORMAL, cases[i].text);
			assert_string_equal(text_of(&c), ascii ? cases[i].ascii : cases[i].block);
			free_canvas(&c);
		}
	}
}

static void what_is_cut_in_its_middle_shows_both_ends(void **state)
{
	static const struct {
		const char *text;
		int cols;
		const char *want;
	} cases[] = {
		{ "pay 10.0.0.1:80", 15, "pay 10.0.0.1:80\n" },
		{ "pay 10.0.0.1:80", 14, "pay 10….0.1:80\n" },
		{ "abcdefgh", 5, "ab…gh\n" },
		{ "abcdefgh", 2, "…h\n" },
		{ "abcdefgh", 1, "…\n" },
		{ "abcdefgh", 0, "\n" },
		{ "中中中中", 5, "中…中\n" },
		{ NULL, 3, "-\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct canvas c = new_canvas(20, 1, GLYPHS_BLOCK);

		c.d.grid = &c.grid;
		draw_middle(&c.d, 0, 0, cases[i].cols, STYLE_NORMAL, cases[i].text);
		assert_string_equal(text_of(&c), cases[i].want);
		free_canvas(&c);
	}
}

static void the_past_of_a_chart_is_dim(void **state)
{
	static struct timeline tl;
	static const uint64_t t_ns[] = { 1, 2, 3 };
	static const double values[] = { 5, NAN, 9 };
	struct canvas c = new_canvas(20, 1, GLYPHS_BLOCK);

	(void)state;
	timeline_push(&tl, 10, 9);
	timeline_push(&tl, 11, 9);
	timeline_put_past(&tl, t_ns, values, 3);
	c.d.grid = &c.grid;
	draw_spark(&c.d, 0, 0, 5, STYLE_CHART, &tl);
	assert_string_equal(text_of(&c), "▅ ███\n");
	for (int i = 0; i < 5; i++)
		assert_int_equal(c.grid.cells[i].style, i < 3 ? STYLE_DIM : STYLE_CHART);
	free_canvas(&c);
}

static void numbers_stand_right_and_a_cut_one_is_never_shown(void **state)
{
	static const struct {
		double v;
		int cols;
		const char *want;
	} cases[] = { { 14302, 8, "  14,302\n" }, { 14302, 6, "14,302\n" }, { 14302, 5, "14.3k\n" },
		      { 14302, 4, "   #\n" },	  { 14302, 1, "#\n" },	    { 7, 1, "7\n" },
		      { 14302, 0, "\n" },	  { NAN, 3, "  -\n" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct canvas c = new_canvas(8, 1, GLYPHS_BLOCK);

		c.d.grid = &c.grid;
		draw_num(&c.d, 0, 0, cases[i].cols, STYLE_NORMAL, cases[i].v, UNIT_COUNT);
		assert_string_equal(text_of(&c), cases[i].want);
		free_canvas(&c);
	}
}

static void nothing_lands_outside_its_box(void **state)
{
	struct canvas c = new_canvas(6, 3, GLYPHS_BLOCK);
	struct draw box;

	(void)state;
	c.d.grid = &c.grid;
	for (int row = 0; row < 3; row++)
		draw_fill(&c.d, row, 0, 6, STYLE_NORMAL, '.');
	box = draw_box(&c.d, 1, 2, 1, 3);
	for (int row = -2; row < 4; row++) {
		draw_text(&box, row, -3, 20, STYLE_NORMAL, "abcdefghijkl");
		draw_text(&box, row, 2, -1, STYLE_NORMAL, "中");
		draw_fill(&box, row, -5, 30, STYLE_NORMAL, 'x');
		draw_bar(&box, row, 0, 90, STYLE_NORMAL, 3, 2);
	}
	assert_string_equal(text_of(&c), "......\n..███.\n......\n");
	box = draw_box(&c.d, 2, 5, 10, 10);
	assert_int_equal(box.w, 1);
	assert_int_equal(box.h, 1);
	box = draw_box(&c.d, 5, 9, 10, 10);
	assert_int_equal(box.w, 0);
	free_canvas(&c);
}

static void half_a_wide_character_is_a_blank(void **state)
{
	struct canvas c = new_canvas(4, 1, GLYPHS_BLOCK);

	(void)state;
	c.d.grid = &c.grid;
	draw_text(&c.d, 0, 0, -1, STYLE_NORMAL, "中中");
	draw_text(&c.d, 0, 1, 1, STYLE_NORMAL, "x");
	assert_string_equal(text_of(&c), " x中\n");
	draw_text(&c.d, 0, 1, 2, STYLE_NORMAL, "文");
	assert_string_equal(text_of(&c), " 文\n");
	free_canvas(&c);
}

static void at_most_two_marks_stand_on_a_character(void **state)
{
	struct canvas c = new_canvas(3, 1, GLYPHS_BLOCK);

	(void)state;
	c.d.grid = &c.grid;
	assert_int_equal(draw_text(&c.d, 0, 0, -1, STYLE_NORMAL, "e\xcc\x81\xcc\x82\xcc\x83x"), 2);
	assert_string_equal(text_of(&c), "e\xcc\x81\xcc\x82x\n");
	free_canvas(&c);
}

static void long_text_breaks_at_blanks(void **state)
{
	struct canvas c = new_canvas(10, 4, GLYPHS_BLOCK);

	(void)state;
	c.d.grid = &c.grid;
	assert_int_equal(
		draw_wrap(&c.d, 0, 0, 4, 10, STYLE_NORMAL, "one two three fourteenletters"), 4);
	assert_string_equal(text_of(&c), "one two\nthree\nfourteenle\ntters\n");
	grid_clear(&c.grid);
	assert_int_equal(
		draw_wrap(&c.d, 0, 0, 2, 10, STYLE_NORMAL, "one two three fourteenletters"), 2);
	assert_string_equal(text_of(&c), "one two\nthree fou…\n\n\n");
	free_canvas(&c);
}

/* ---- charts ---- */

static void a_spark_scales_from_0_and_keeps_gaps(void **state)
{
	static const struct {
		enum glyphs glyphs;
		const char *want;
	} cases[] = { { GLYPHS_BLOCK, "▁▂ ▅█\n" }, { GLYPHS_ASCII, "_. =#\n" } };
	struct timeline tl = { 0 };
	static const double values[] = { 0, 0.1, NAN, 50, 100 };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		timeline_push(&tl, i * NS_PER_S, values[i]);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct canvas c = new_canvas(5, 1, cases[i].glyphs);

		c.d.grid = &c.grid;
		draw_spark(&c.d, 0, 0, 5, STYLE_CHART, &tl);
		assert_string_equal(text_of(&c), cases[i].want);
		free_canvas(&c);
	}
}

static void a_bar_is_full_at_its_maximum_and_absent_when_unknown(void **state)
{
	static const struct {
		double v, max;
		const char *want;
	} cases[] = {
		{ 0, 8, "\n" },	     { 8, 8, "████\n" }, { 4, 8, "██\n" }, { 1, 8, "▌\n" },
		{ 99, 8, "████\n" }, { NAN, 8, "\n" },	 { 1, 0, "\n" },   { 1e-9, 8, "▏\n" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct canvas c = new_canvas(4, 1, GLYPHS_BLOCK);

		c.d.grid = &c.grid;
		draw_bar(&c.d, 0, 0, 4, STYLE_CHART, cases[i].v, cases[i].max);
		assert_string_equal(text_of(&c), cases[i].want);
		free_canvas(&c);
	}
}

static void a_chart_has_its_maximum_its_zero_and_its_span(void **state)
{
	struct canvas c = new_canvas(20, 4, GLYPHS_BLOCK);
	struct timeline tl = { 0 };

	(void)state;
	c.d.grid = &c.grid;
	for (int i = 0; i < 12; i++)
		timeline_push(&tl, (uint64_t)i * 10 * NS_PER_S, i == 3 ? NAN : i * 100);
	draw_chart(&c.d, &tl, NULL, UNIT_COUNT);
	assert_string_equal(text_of(&c), "  1,100         ▁▄▆█\n"
					 "            ▁▃▅▇████\n"
					 "      0  ▂▄ ████████\n"
					 "        -1m50s   now\n");
	free_canvas(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_carry_their_unit_and_unknown_is_a_dash),
		cmocka_unit_test(changes_carry_their_sign),
		cmocka_unit_test(a_quantile_of_a_histogram_is_a_range),
		cmocka_unit_test(text_is_clipped_to_its_columns_with_a_sign),
		cmocka_unit_test(what_is_cut_in_its_middle_shows_both_ends),
		cmocka_unit_test(the_past_of_a_chart_is_dim),
		cmocka_unit_test(numbers_stand_right_and_a_cut_one_is_never_shown),
		cmocka_unit_test(nothing_lands_outside_its_box),
		cmocka_unit_test(half_a_wide_character_is_a_blank),
		cmocka_unit_test(at_most_two_marks_stand_on_a_character),
		cmocka_unit_test(long_text_breaks_at_blanks),
		cmocka_unit_test(a_spark_scales_from_0_and_keeps_gaps),
		cmocka_unit_test(a_bar_is_full_at_its_maximum_and_absent_when_unknown),
		cmocka_unit_test(a_chart_has_its_maximum_its_zero_and_its_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
