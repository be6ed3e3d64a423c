#include "tui/list.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/utf8.h"
#include "core/base/xalloc.h"
#include "tui/keys.h"

enum { GAP = 1 };

void text_edit(char *line, size_t size, int key)
{
	size_t n = strlen(line);

	if (key == K_CTRL('U'))
		n = 0;
	else if (key == K_BACKSPACE || key == K_CTRL('H') || key == 0x7f)
		while (n > 0 && ((unsigned char)line[--n] & 0xc0) == 0x80)
			;
	else if (key >= ' ' && key < K_ENTER && n + UTF8_MAX < size)
		n += utf8_put((char32_t)key, line + n);
	line[n] = '\0';
}

static const struct field *column_field(const struct list_ops *ops, size_t i)
{
	return field_find(ops->table, ops->columns[i].key);
}

/* The text of a cell that is not a plain number; NULL for one that is. */
static const char *cell_text(const struct list_ops *ops, const void *row, const struct field *f,
			     char *buf)
{
	const char *s = ops->text ? ops->text(row, f, buf) : NULL;

	if (s || f->type != FIELD_TEXT)
		return s;
	s = field_text(f, row);
	return s ? s : "-";
}

/* A word may stand in any column; numbers are looked into only for one that has a digit. */
static bool any_column(const struct filter_row *r, filter_test *test, const void *test_arg)
{
	const struct list *l = r->arg;
	const struct filter_term *t = test_arg;
	char buf[LIST_TEXT_MAX];
	bool digits = false;

	for (uint32_t i = 0; i < t->value.len && !digits; i++)
		digits = isdigit((unsigned char)t->value.p[i]);
	for (size_t i = 0; l->fields[i]; i++) {
		const struct field *f = l->fields[i];
		const char *s;

		if (f->type != FIELD_TEXT && !digits)
			continue;
		s = cell_text(l->ops, r->row, f, buf);
		if (s && test(test_arg, str_of(s)))
			return true;
		s = f->type == FIELD_TEXT ? field_text(f, r->row) : NULL;
		if (s && test(test_arg, str_of(s)))
			return true;
	}
	return false;
}

static bool row_any(const struct filter_row *r, struct str name, filter_test *test,
		    const void *test_arg)
{
	const struct list *l = r->arg;

	if (name.len == 0 && any_column(r, test, test_arg))
		return true;
	return l->ops->any && l->ops->any(r->row, name, test, test_arg);
}

static bool passes(const struct list *l, const struct filter *f, const void *row)
{
	return filter_passes(f, &(struct filter_row){ row_any, l, row });
}

void list_start(struct list *l, const struct list_ops *ops, struct selection *sel)
{
	l->ops = ops;
	l->sel = sel;
	l->passive = false;
	l->n = l->total = 0;
	filter_set(&l->filter, sel->filter, ops->table, ops->names);
	for (size_t i = 0; i < LIST_COLUMNS_MAX; i++) {
		l->fields[i] = ops->columns[i].key ? column_field(ops, i) : NULL;
		if (!l->fields[i])
			break;
	}
}

void list_add(struct list *l, const void *row)
{
	l->total++;
	if ((l->sel->only_tagged && !list_is_tagged(l->sel, l->ops->row_key(row))) ||
	    !passes(l, &l->filter, row))
		return;
	GROW(l->rows, l->n, l->cap);
	l->rows[l->n++] = row;
}

void list_release(struct list *l)
{
	free(l->rows);
	filter_release(&l->filter);
	*l = (struct list){ 0 };
}

/* What is not known comes last, whichever way the list is sorted. */
static int compare_known(bool a, bool b)
{
	return (int)b - (int)a;
}

struct sorting {
	const struct list_ops *ops;
	const struct field *field;
	bool reverse;
};

static int compare_field(const struct sorting *so, const void *a, const void *b)
{
	const struct field *f = so->field;
	int r;

	if (f->type == FIELD_NUM) {
		double x = field_num(f, a), y = field_num(f, b);

		if (isnan(x) || isnan(y))
			return compare_known(!isnan(x), !isnan(y));
		r = (x < y) - (x > y); /* numbers: the largest first */
	} else {
		char xbuf[LIST_TEXT_MAX], ybuf[LIST_TEXT_MAX];

		r = strcasecmp(cell_text(so->ops, a, f, xbuf), cell_text(so->ops, b, f, ybuf));
	}
	return so->reverse ? -r : r;
}

static int compare_rows(const void *pa, const void *pb, void *arg)
{
	const struct sorting *so = arg;
	const void *a = *(const void *const *)pa, *b = *(const void *const *)pb;
	uint64_t x, y;
	int r = compare_field(so, a, b);

	if (r)
		return r;
	x = so->ops->row_key(a);
	y = so->ops->row_key(b);
	return (x > y) - (x < y);
}

static void reverse(struct list *l)
{
	for (size_t i = 0; i < l->n / 2; i++) {
		const void *swap = l->rows[i];

		l->rows[i] = l->rows[l->n - 1 - i];
		l->rows[l->n - 1 - i] = swap;
	}
}

static void sort(struct list *l)
{
	struct sorting so = { .ops = l->ops, .reverse = l->sel->reverse };

	if (l->sel->sort == 0) {
		if (l->sel->reverse)
			reverse(l);
		return;
	}
	so.field = column_field(l->ops, (size_t)l->sel->sort - 1);
	if (l->n)
		qsort_r(l->rows, l->n, sizeof(*l->rows), compare_rows, &so);
}

static void select_line(struct list *l, int line)
{
	if (line >= (int)l->n)
		line = (int)l->n - 1;
	l->sel->line = line < 0 ? 0 : line;
	l->sel->key = l->n ? l->ops->row_key(l->rows[l->sel->line]) : l->sel->key;
}

/* The line of the selected row, or -1; mostly it stands where it stood. */
static int find_line(const struct list *l)
{
	const struct selection *sel = l->sel;

	if (sel->line < (int)l->n && l->ops->row_key(l->rows[sel->line]) == sel->key)
		return sel->line;
	for (size_t i = 0; i < l->n; i++) {
		if (l->ops->row_key(l->rows[i]) == sel->key)
			return (int)i;
	}
	return -1;
}

void list_finish(struct list *l)
{
	struct selection *sel = l->sel;
	int on_screen = sel->line - sel->top, line;

	sort(l);
	if (sel->key == 0 || l->n == 0) {
		sel->line = sel->top = 0;
		return;
	}
	line = find_line(l);
	if (line < 0)
		select_line(l, sel->line);
	else
		sel->line = line;
	/* It keeps its place on the screen: the rows around it move, not the one looked at. */
	sel->top = sel->line > on_screen ? sel->line - on_screen : 0;
}

const void *list_selected(const struct list *l)
{
	return l->n ? l->rows[l->sel->line] : NULL;
}

void list_move(struct list *l, int by)
{
	long line = (long)l->sel->line + by;

	select_line(l, line < 0 ? 0 : line > (long)l->n ? (int)l->n : (int)line);
}

/* ---- tags ---- */

static int tag_at(const struct selection *sel, uint64_t key)
{
	for (int i = 0; i < sel->n_tags; i++) {
		if (sel->tags[i] == key)
			return i;
	}
	return -1;
}

bool list_is_tagged(const struct selection *sel, uint64_t key)
{
	return tag_at(sel, key) >= 0;
}

bool list_tag(struct list *l)
{
	struct selection *sel = l->sel;
	uint64_t key = l->n ? l->ops->row_key(l->rows[sel->line]) : 0;
	int at = tag_at(sel, key);

	if (!key)
		return true;
	if (at >= 0)
		sel->tags[at] = sel->tags[--sel->n_tags];
	else if (sel->n_tags == LIST_TAGS_MAX)
		return false;
	else
		sel->tags[sel->n_tags++] = key;
	if (sel->n_tags == 0)
		sel->only_tagged = false;
	list_move(l, 1);
	return true;
}

void list_untag_all(struct selection *sel)
{
	sel->n_tags = 0;
	sel->only_tagged = false;
}

bool list_select_drawn(struct list *l, int line)
{
	int at = line - l->drawn_top;

	for (size_t i = 0; at >= 0 && at < l->n_drawn && i < l->n; i++) {
		if (l->ops->row_key(l->rows[i]) == l->drawn[at]) {
			select_line(l, (int)i);
			return true;
		}
	}
	return false;
}

bool list_search(struct list *l, const char *what, bool from_next)
{
	struct filter f = { 0 };
	bool found = false;

	filter_set(&f, what, l->ops->table, l->ops->names);
	for (size_t i = 0; i < l->n && !found; i++) {
		size_t at = ((size_t)l->sel->line + i + from_next) % l->n;

		found = passes(l, &f, l->rows[at]);
		if (found)
			select_line(l, (int)at);
	}
	filter_release(&f);
	return found;
}

/* ---- drawing ---- */

struct layout {
	const struct field *fields[LIST_COLUMNS_MAX];
	int col[LIST_COLUMNS_MAX], width[LIST_COLUMNS_MAX];
	size_t index[LIST_COLUMNS_MAX]; /* in ops->columns */
	size_t n;
};

static int column_width(const struct list_ops *ops, size_t i)
{
	return ops->columns[i].width ? ops->columns[i].width : column_field(ops, i)->width;
}

static bool any_has(const struct list *l, const struct field *f)
{
	for (size_t i = 0; i < l->n; i++) {
		if (f->type == FIELD_NUM ? !isnan(field_num(f, l->rows[i]))
					 : field_text(f, l->rows[i]) != NULL)
			return true;
	}
	return false;
}

/* Bit i: column i has a place in a width of w. The first of the lowest rank always has. */
static unsigned columns_that_fit(const struct list *l, int w)
{
	const struct list_ops *ops = l->ops;
	unsigned in = 0;
	int used = -GAP;
	size_t n = 0;

	for (; n < LIST_COLUMNS_MAX && ops->columns[n].key; n++) {
		if (l->sel->hidden & 1u << n ||
		    (ops->columns[n].optional && !any_has(l, l->fields[n])))
			continue;
		in |= 1u << n;
		used += column_width(ops, n) + GAP;
	}
	while (used > w && in & (in - 1)) {
		size_t out = 0;

		for (size_t i = 0; i < n; i++) {
			bool later =
				!(in & 1u << out) || ops->columns[i].rank >= ops->columns[out].rank;

			if (in & 1u << i && later)
				out = i;
		}
		in &= ~(1u << out);
		used -= column_width(ops, out) + GAP;
	}
	return in;
}

/* Gives what is left of the width to the columns that share it, and each its place. */
static void spread(struct layout *lo, const struct list_ops *ops, int w)
{
	int left = w + GAP, shares = 0, col = 0;

	for (size_t i = 0; i < lo->n; i++) {
		left -= lo->width[i] + GAP;
		shares += ops->columns[lo->index[i]].share;
	}
	for (size_t i = 0; i < lo->n; i++) {
		int share = ops->columns[lo->index[i]].share;
		int more = share && left > 0 ? left * share / shares : 0;

		lo->width[i] += more;
		left -= more;
		shares -= share;
		lo->col[i] = col;
		col += lo->width[i] + GAP;
	}
}

static void lay_out(struct layout *lo, const struct list *l, int w)
{
	const struct list_ops *ops = l->ops;
	unsigned in = columns_that_fit(l, w);

	lo->n = 0;
	for (size_t i = 0; i < LIST_COLUMNS_MAX && in >> i; i++) {
		if (!(in & 1u << i))
			continue;
		lo->fields[lo->n] = column_field(ops, i);
		lo->width[lo->n] = column_width(ops, i);
		lo->index[lo->n++] = i;
	}
	spread(lo, ops, w);
}

static void draw_head(const struct list *l, const struct layout *lo, struct draw *d)
{
	draw_fill(d, 0, 0, d->w, STYLE_HEAD, ' ');
	for (size_t i = 0; i < lo->n; i++) {
		const struct field *f = lo->fields[i];
		const struct column *c = &l->ops->columns[lo->index[i]];
		const char *title = c->title ? c->title : f->title;
		bool sorted = l->sel->sort == (int)lo->index[i] + 1;
		bool down = (f->type == FIELD_NUM) != l->sel->reverse;
		char head[LIST_TEXT_MAX];

		snprintf(head, sizeof(head), "%s%s", title ? title : f->key,
			 !sorted ? ""
			 : down	 ? "↓"
				 : "↑");
		if (f->type == FIELD_NUM)
			draw_right(d, 0, lo->col[i], lo->width[i], STYLE_HEAD, head);
		else
			draw_text(d, 0, lo->col[i], lo->width[i], STYLE_HEAD, head);
		if (!l->passive)
			draw_spot(d, 0, lo->col[i], lo->width[i], K_COLUMN + (int)lo->index[i]);
	}
}

static void draw_cell(struct draw *d, int row, const struct list *l, const void *r,
		      const struct layout *lo, size_t i)
{
	const struct field *f = lo->fields[i];
	enum style st = l->ops->style ? l->ops->style(r, f) : STYLE_NORMAL;
	char buf[LIST_TEXT_MAX];
	const char *s = cell_text(l->ops, r, f, buf);

	if (f->type == FIELD_NUM && s)
		draw_right(d, row, lo->col[i], lo->width[i], st, s);
	else if (f->type == FIELD_NUM)
		draw_num(d, row, lo->col[i], lo->width[i], st, field_num(f, r), f->unit);
	else if (l->ops->columns[lo->index[i]].both_ends)
		draw_middle(d, row, lo->col[i], lo->width[i], st, s);
	else
		draw_text(d, row, lo->col[i], lo->width[i], st, s);
}

/* "3 tagged: 1,234", the sum of what the rows count. */
static int draw_tags(const struct list *l, struct draw *d, int row)
{
	const struct field *count = field_find(l->ops->table, "count");
	char sum[FMT_MAX];
	double v = 0;
	int col;

	if (l->sel->n_tags == 0)
		return 0;
	for (size_t i = 0; count && i < l->n; i++) {
		if (list_is_tagged(l->sel, l->ops->row_key(l->rows[i])))
			v += field_num(count, l->rows[i]);
	}
	col = draw_textf(d, row, 0, -1, STYLE_BOLD, "%d tagged", l->sel->n_tags);
	if (count)
		col += draw_textf(d, row, col, -1, STYLE_BOLD, ": %s",
				  fmt_num(sum, v, count->unit));
	return col + draw_text(d, row, col, -1, STYLE_DIM,
			       l->sel->only_tagged ? ", the others hidden  " : "  ");
}

static void draw_foot(const struct list *l, struct draw *d, int row, int shown)
{
	int col = draw_tags(l, d, row);

	if (l->sel->filter[0]) {
		col += draw_textf(d, row, col, -1, STYLE_BOLD, "filter \"%s\"", l->sel->filter);
		col += draw_textf(d, row, col, -1, STYLE_DIM, ": %zu of %zu rows; Esc drops it  ",
				  l->n, l->total);
		if (l->filter.why.text[0])
			col += draw_textf(d, row, col, -1, STYLE_WARN, "%s  ", l->filter.why.text);
	}
	if (shown < (int)l->n)
		draw_textf(d, row, col, -1, STYLE_DIM, "rows %d-%d of %zu", l->sel->top + 1,
			   l->sel->top + shown, l->n);
}

int list_height(const struct list *l)
{
	return 1 + (l->n ? (int)l->n : 2) + (l->sel->filter[0] || l->sel->n_tags);
}

static void scroll_to_selection(struct list *l, int rows)
{
	struct selection *sel = l->sel;
	int last_top = (int)l->n > rows ? (int)l->n - rows : 0;

	if (sel->line < sel->top)
		sel->top = sel->line;
	if (sel->line >= sel->top + rows)
		sel->top = sel->line - rows + 1;
	if (sel->top > last_top)
		sel->top = last_top;
}

void list_draw(struct list *l, struct draw *d, const char *empty)
{
	bool foot = l->sel->filter[0] || l->sel->n_tags || (int)l->n > d->h - 1;
	int rows = d->h - 1 - foot, shown;
	struct layout lo;

	if (d->h < 1 || d->w < 1)
		return;
	lay_out(&lo, l, d->w);
	draw_head(l, &lo, d);
	l->page_rows = rows > 0 ? rows : 1;
	if (l->total == 0) {
		draw_wrap(d, 2, 1, d->h - 2, d->w - 2, STYLE_DIM, empty);
		return;
	}
	scroll_to_selection(l, l->page_rows);
	shown = (int)l->n - l->sel->top < rows ? (int)l->n - l->sel->top : rows;
	l->drawn_top = l->sel->top;
	l->n_drawn = shown < LIST_DRAWN_MAX ? shown : LIST_DRAWN_MAX;
	for (int i = 0; i < l->n_drawn; i++)
		l->drawn[i] = l->ops->row_key(l->rows[l->sel->top + i]);
	for (int i = 0; i < shown; i++) {
		int line = l->sel->top + i;

		for (size_t c = 0; c < lo.n; c++)
			draw_cell(d, 1 + i, l, l->rows[line], &lo, c);
		if (list_is_tagged(l->sel, l->ops->row_key(l->rows[line])))
			draw_text(d, 1 + i, 0, 1, STYLE_BOLD, "*");
		if (!l->passive)
			draw_spot(d, 1 + i, 0, -1, K_LINE + line);
		if (line == l->sel->line && !l->passive)
			draw_style(d, 1 + i, 0, d->w, STYLE_SELECTED);
	}
	if (foot)
		draw_foot(l, d, d->h - 1, shown);
}
