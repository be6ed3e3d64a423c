#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "tui/view.h"

static uint64_t finding_key(const void *row)
{
	const struct finding_row *f = row;
	uint64_t h = hash_u64(HASH_START, f->onset_unix_ns);

	h = hash_str(h, str_of(f->source ? f->source : ""));
	return hash_str(h, str_of(f->signal ? f->signal : "")) | 1;
}

static enum style finding_style(const void *row, const struct field *f)
{
	const struct finding_row *fi = row;

	if (f->offset == offsetof(struct finding_row, score))
		return fi->score >= 0.8 ? STYLE_ALARM : fi->score >= 0.5 ? STYLE_WARN : STYLE_DIM;
	return STYLE_NORMAL;
}

static const struct column columns[] = {
	{ .key = "score", .width = 5 },
	{ .key = "layer", .width = 10, .rank = 2 },
	{ .key = "source", .width = 14, .share = 1 },
	{ .key = "signal", .width = 18, .share = 2 },
	{ .key = "value", .width = 14, .share = 1, .rank = 1 },
	{ .key = "view", .title = "view", .width = 10, .rank = 3 },
	{ .key = "text", .width = 40, .share = 4, .rank = 4 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table_findings,
	.columns = columns,
	.row_key = finding_key,
	.style = finding_style,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	for (size_t i = 0; i < t->n_findings; i++)
		list_add(l, &t->findings[i]);
}

static enum view_id leads_to(const struct view *v)
{
	const struct finding_row *f = list_selected(&v->ui->list);

	return f ? view_by_name(f->view) : VIEW_COUNT;
}

static void draw_detail(const struct finding_row *f, struct draw *d)
{
	char at[FMT_MAX];
	int row = draw_wrap(d, 0, 0, d->h - 1, d->w, STYLE_BOLD, f->text);

	draw_textf(d, row, 0, -1, STYLE_DIM, "since %s; Enter: %s", fmt_clock(at, f->onset_unix_ns),
		   f->view ? f->view : "-");
}

static void draw(const struct view *v, struct draw *d)
{
	enum { PANE_H = 4, PANE_FROM_H = 12 };
	const struct finding_row *f = list_selected(&v->ui->list);
	char buf[VIEW_EMPTY_MAX];
	int pane = f && d->h >= PANE_FROM_H ? PANE_H : 0;
	struct draw top = draw_box(d, 0, 0, d->h - pane, d->w);
	struct draw low = draw_box(d, d->h - pane, 1, pane, d->w - 2);

	list_draw(&v->ui->list, &top, view_empty_text(buf, v->t, "no findings", ~0u));
	if (pane)
		draw_detail(f, &low);
}

const struct view_ops why_view = {
	.title = "Why",
	.help = "all findings across layers, worst first; Enter goes to the view that shows more",
	.draw = draw,
	.list = &list,
	.collect = collect,
	.leads_to = leads_to,
};
