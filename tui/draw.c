#include "tui/draw.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/utf8.h"

enum { TEXTF_MAX = 1024 };

/* gmptop's own signs where only ASCII is to be had; anything else is a "?". */
static const char *ascii_of(char32_t c)
{
	static const struct {
		char32_t c;
		const char *ascii;
	} signs[] = {
		{ U'Δ', "d" }, { U'µ', "u" }, { U'…', "~" }, { U'≤', "<=" },
		{ U'●', "*" }, { U'◐', "o" }, { U'○', "." }, { U'✗', "x" },
		{ U'▲', "!" }, { U'▸', ">" }, { U'·', "." }, { U'→', ">" },
		{ U'↑', "^" }, { U'↓', "v" }, { U'─', "-" }, { U'│', "|" },
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		if (signs[i].c == c)
			return signs[i].ascii;
	}
	return "?";
}

/* One character with its combining marks, as it stands on screen. */
struct sign {
	struct cell cell;
	int width;
	const char *ascii; /* further characters of an ASCII stand-in; NULL: none */
};

static bool is_mark(char32_t c)
{
	return c >= 0x300 && utf8_visible(c) == c && utf8_width(c) == 0;
}

static struct sign next_sign(const struct draw *d, struct str *s)
{
	char32_t c = utf8_visible(utf8_next(s));
	struct sign sg = { .cell.ch = c, .width = utf8_width(c) };
	int marks = 0;

	if (sg.width == 0) { /* a mark that has nothing to stand on */
		sg.cell.ch = UTF8_BAD;
		sg.width = 1;
	}
	for (struct str rest = *s; rest.len > 0; *s = rest) {
		char32_t mark = (unsigned char)*rest.p < 0x80 ? 0 : utf8_next(&rest);

		if (!is_mark(mark))
			break;
		if (marks < CELL_MARKS_MAX)
			sg.cell.marks[marks++] = mark;
	}
	if (d->glyphs == GLYPHS_ASCII && c >= 0x80) {
		const char *a = ascii_of(c);

		sg = (struct sign){ .cell.ch = (unsigned char)a[0], .width = 1 };
		if (a[1]) {
			sg.ascii = a + 1;
			sg.width = 2;
		}
	} else if (d->glyphs == GLYPHS_ASCII) {
		sg.cell.marks[0] = sg.cell.marks[1] = 0;
	}
	return sg;
}

struct draw draw_box(const struct draw *d, int row, int col, int h, int w)
{
	struct draw b = { d->grid, d->row + row, d->col + col, w, h, d->glyphs };

	if (col + w > d->w)
		b.w = d->w - col;
	if (row + h > d->h)
		b.h = d->h - row;
	if (row < 0 || col < 0 || b.w < 0 || b.h < 0)
		b.w = b.h = 0;
	return b;
}

/* True when the cell is inside both box and grid. */
static bool inside(const struct draw *d, int row, int col)
{
	return row >= 0 && row < d->h && col >= 0 && col < d->w && d->row + row < d->grid->h &&
	       d->col + col < d->grid->w;
}

static void put(struct draw *d, int row, int col, const struct sign *sg)
{
	if (!inside(d, row, col))
		return;
	if (sg->ascii) {
		struct cell more = { .ch = (unsigned char)sg->ascii[0], .style = sg->cell.style };

		grid_put(d->grid, d->row + row, d->col + col, sg->cell, 1);
		if (inside(d, row, col + 1))
			grid_put(d->grid, d->row + row, d->col + col + 1, more, 1);
		return;
	}
	if (sg->width == 2 && !inside(d, row, col + 1)) {
		grid_put(d->grid, d->row + row, d->col + col,
			 (struct cell){ ' ', { 0 }, sg->cell.style }, 1);
		return;
	}
	grid_put(d->grid, d->row + row, d->col + col, sg->cell, sg->width);
}

void draw_fill(struct draw *d, int row, int col, int cols, enum style st, char32_t ch)
{
	struct sign sg = { .cell = { .ch = ch, .style = st }, .width = 1 };

	for (int i = 0; i < cols; i++)
		put(d, row, col + i, &sg);
}

void draw_style(struct draw *d, int row, int col, int cols, enum style st)
{
	for (int i = col; i < col + cols; i++) {
		if (inside(d, row, i))
			grid_at(d->grid, d->row + row, d->col + i)->style = st;
	}
}

int draw_width(const struct draw *d, struct str s)
{
	int w = 0;

	while (s.len > 0)
		w += next_sign(d, &s).width;
	return w;
}

/* True when s takes at most `cols` columns; looks no further than that. */
static bool fits(const struct draw *d, struct str s, int cols)
{
	while (s.len > 0 && cols >= 0)
		cols -= next_sign(d, &s).width;
	return cols >= 0;
}

int draw_str(struct draw *d, int row, int col, int cols, enum style st, struct str s)
{
	int end = cols < 0 || cols > d->w - col ? d->w : col + cols, at = col;
	bool whole = fits(d, s, end - col);
	int last = whole ? end : end - 1;

	if (end <= col)
		return 0;
	while (s.len > 0) {
		struct sign sg = next_sign(d, &s);

		if (at + sg.width > last)
			break;
		sg.cell.style = st;
		put(d, row, at, &sg);
		at += sg.width;
	}
	if (!whole) {
		draw_fill(d, row, at++, 1, st, d->glyphs == GLYPHS_ASCII ? '~' : U'…');
	}
	if (cols >= 0)
		draw_fill(d, row, at, col + cols - at, st, ' ');
	return at - col;
}

int draw_text(struct draw *d, int row, int col, int cols, enum style st, const char *s)
{
	return draw_str(d, row, col, cols, st, str_of(s ? s : "-"));
}

int draw_middle(struct draw *d, int row, int col, int cols, enum style st, const char *s)
{
	struct str all = str_of(s ? s : "-"), end = all;
	int w;

	if (cols < 0 || fits(d, all, cols))
		return draw_str(d, row, col, cols, st, all);
	while ((w = draw_width(d, end)) > cols / 2)
		next_sign(d, &end);
	return draw_str(d, row, col, cols - w, st, all) +
	       draw_str(d, row, col + cols - w, w, st, end);
}

int draw_right(struct draw *d, int row, int col, int cols, enum style st, const char *s)
{
	struct str text = str_of(s ? s : "-");
	int w = fits(d, text, cols) ? draw_width(d, text) : cols;

	draw_fill(d, row, col, cols - w, st, ' ');
	return draw_str(d, row, col + cols - w, w, st, text);
}

int draw_textf(struct draw *d, int row, int col, int cols, enum style st, const char *fmt, ...)
{
	char buf[TEXTF_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return draw_text(d, row, col, cols, st, buf);
}

struct str draw_break(const struct draw *d, struct str *s, int cols)
{
	struct str line = { s->p, 0 }, rest = *s;
	uint32_t blank = 0;
	int w = 0;

	while (rest.len > 0) {
		uint32_t at = s->len - rest.len;

		if (*rest.p == ' ')
			blank = at;
		w += next_sign(d, &rest).width;
		if (w > cols && *(s->p + at) != ' ') {
			line.len = blank > 0 ? blank : at > 0 ? at : s->len - rest.len;
			break;
		}
		line.len = s->len - rest.len;
	}
	s->p += line.len;
	s->len -= line.len;
	while (s->len > 0 && *s->p == ' ') {
		s->p++;
		s->len--;
	}
	while (line.len > 0 && line.p[line.len - 1] == ' ')
		line.len--;
	return line;
}

int draw_wrap(struct draw *d, int row, int col, int rows, int cols, enum style st, const char *s)
{
	struct str rest = str_of(s ? s : "-");
	int used = 0;

	if (cols <= 0)
		return 0;
	while (rest.len > 0 && used < rows) {
		struct str line = used + 1 < rows ? draw_break(d, &rest, cols) : rest;

		draw_str(d, row + used, col, cols, st, line);
		if (used + 1 == rows)
			rest.len = 0;
		used++;
	}
	return used;
}

void draw_num(struct draw *d, int row, int col, int cols, enum style st, double v, enum unit u)
{
	char buf[FMT_MAX];

	if (!fits(d, str_of(fmt_num(buf, v, u)), cols) &&
	    !fits(d, str_of(fmt_short(buf, v, u)), cols)) {
		draw_right(d, row, col, cols, st, "#");
		return;
	}
	draw_right(d, row, col, cols, st, buf);
}

void draw_spot(struct draw *d, int row, int col, int cols, int key)
{
	int end = cols < 0 || col + cols > d->w ? d->w : col + cols;

	if (row >= 0 && row < d->h && col >= 0 && end > col)
		grid_add_spot(d->grid,
			      (struct grid_spot){ d->row + row, d->col + col, end - col, key });
}
