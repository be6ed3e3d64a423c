#include <math.h>
#include <stdio.h>

#include "tui/chart.h"
#include "tui/pager.h"
#include "tui/stack.h"
#include "tui/view.h"

enum { SIDE_BY_SIDE_W = 140 };

static uint64_t group_key(const void *row)
{
	const struct group_row *g = row;

	return g->id ? g->id : 1;
}

static const char *group_text(const void *row, const struct field *f, char *buf)
{
	const struct group_row *g = row;

	if (f->offset == offsetof(struct group_row, delta_per_min))
		return fmt_delta(buf, g->delta_per_min);
	return NULL;
}

static enum style group_style(const void *row, const struct field *f)
{
	const struct group_row *g = row;

	if (f->offset == offsetof(struct group_row, delta_per_min))
		return g->delta_per_min >= 1 ? STYLE_WARN : STYLE_DIM;
	if (f->offset == offsetof(struct group_row, count))
		return STYLE_BOLD;
	return STYLE_NORMAL;
}

static bool group_any(const void *row, struct str name, filter_test *test, const void *test_arg)
{
	return stack_any(row, name, test, test_arg);
}

static const struct column columns[] = {
	{ .key = "count" },
	{ .key = "delta_per_min", .width = 6, .rank = 1 },
	{ .key = "state", .width = 15 },
	{ .key = "oldest_s", .width = 6, .rank = 2 },
	{ .key = "started", .width = 18, .share = 3, .rank = 3 },
	{ .key = "site", .width = 16, .share = 4 },
	{ .key = "labels_text", .width = 40, .share = 1, .rank = 4 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table_groups,
	.columns = columns,
	.row_key = group_key,
	.text = group_text,
	.style = group_style,
	.names = stack_names,
	.any = group_any,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	/* A row stands for all sets of labels of a stack, unless these are to be told apart. */
	bool apart = l->sel->unfolded || filter_names(&l->filter, "label.");
	size_t n = apart ? t->n_groups : t->n_stacks;

	(void)m;
	for (size_t i = 0; i < n; i++)
		list_add(l, apart ? t->groups[i] : t->stacks[i]);
}

static void draw_list(const struct view *v, struct draw *d)
{
	char buf[VIEW_EMPTY_MAX];

	list_draw(&v->ui->list, d,
		  view_empty_text(buf, v->t, "no goroutine groups seen",
				  1u << SOURCE_MEMORY | 1u << SOURCE_PPROF));
}

static void draw_group(const struct view *v, struct draw *d)
{
	const struct group_row *g = list_selected(&v->ui->list);
	struct pager p = { .d = *d, .top = v->sel->detail_top };

	if (!g)
		return;
	stack_draw_group(&p, g);
	pager_end(&p, &v->sel->detail_top);
}

static void draw(const struct view *v, struct draw *d)
{
	struct draw left, right;

	if (v->sel->open && v->ui->list.n > 0) {
		struct draw in = draw_box(d, 0, 1, d->h, d->w - 2);

		draw_group(v, &in);
		return;
	}
	if (d->w < SIDE_BY_SIDE_W) {
		draw_list(v, d);
		return;
	}
	left = draw_box(d, 0, 0, d->h, d->w * 11 / 20);
	right = draw_box(d, 0, left.w + 2, d->h, d->w - left.w - 3);
	draw_list(v, &left);
	draw_group(v, &right);
}

const struct view_ops goroutines_view = {
	.title = "Goroutines",
	.help = "what all goroutines wait for, grouped by stack; Enter shows the stack",
	.draw = draw,
	.list = &list,
	.collect = collect,
	.opens = true,
	.folds = "rows of the same stack with other labels",
};
