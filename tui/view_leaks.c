#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/pager.h"
#include "tui/stack.h"
#include "tui/view.h"

enum { PANE_FROM_H = 14, STACK_BESIDE_W = 140 };

static uint64_t leak_key(const void *row)
{
	const struct leak_row *l = row;

	return l->group ? l->group : 1;
}

static const char *grade_word(const char *grade)
{
	static const char *const words[][2] = { { "proven", "PROVEN" },
						{ "strong", "STRONG" },
						{ "weak", "weak" } };

	for (size_t i = 0; grade && i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i][0], grade) == 0)
			return words[i][1];
	}
	return grade ? grade : "-";
}

static const char *leak_text(const void *row, const struct field *f, char *buf)
{
	const struct leak_row *l = row;

	if (f->offset == offsetof(struct leak_row, grade))
		return grade_word(l->grade);
	if (f->offset == offsetof(struct leak_row, delta_per_min))
		return fmt_delta(buf, l->delta_per_min);
	return NULL;
}

static enum style leak_style(const void *row, const struct field *f)
{
	const struct leak_row *l = row;
	bool weak = l->grade && strcmp(l->grade, "weak") == 0;

	if (f->offset == offsetof(struct leak_row, grade))
		return weak ? STYLE_WARN : STYLE_ALARM;
	return STYLE_NORMAL;
}

static bool leak_any(const void *row, struct str name, filter_test *test, const void *test_arg)
{
	const struct leak_row *l = row;

	return l->row && stack_any(l->row, name, test, test_arg);
}

static const struct column columns[] = {
	{ .key = "grade" },
	{ .key = "count" },
	{ .key = "delta_per_min", .width = 6 },
	{ .key = "oldest_s", .width = 6, .rank = 1 },
	{ .key = "site", .width = 18, .share = 2 },
	{ .key = "pattern", .width = 22, .share = 2, .rank = 2 },
	{ .key = "since_s", .title = "growing", .width = 7, .rank = 3 },
	{ .key = "score", .title = "score", .width = 5, .rank = 3 },
	{ .key = "started", .title = "created by", .width = 26, .share = 2, .rank = 3 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table_leaks,
	.columns = columns,
	.row_key = leak_key,
	.text = leak_text,
	.style = leak_style,
	.names = stack_names,
	.any = leak_any,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	for (size_t i = 0; i < t->n_leaks; i++)
		list_add(l, &t->leaks[i]);
}

static void labelled(struct pager *p, const char *label, const char *text)
{
	enum { LABEL_COLS = 10 };
	int row = p->line - p->top;

	if (row >= 0)
		draw_text(&p->d, row, 0, LABEL_COLS, STYLE_DIM, label);
	pager_wrap(p, LABEL_COLS, STYLE_NORMAL, text);
}

static void draw_summary(struct pager *p, const struct leak_row *l)
{
	labelled(p, "pattern", l->pattern);
	labelled(p, "remedy", l->advice);
	for (uint32_t i = 0; i < l->n_evidence; i++)
		labelled(p, i == 0 ? "evidence" : "", l->evidence[i]);
	if (l->row) {
		labelled(p, "started", l->started);
		stack_draw_trend(p, &l->row->trend);
	}
}

/* Evidence first, then the stack; beside each other where there is room. */
static void draw_leak(const struct view *v, struct draw *d)
{
	const struct leak_row *l = list_selected(&v->ui->list);
	struct pager p = { .d = *d, .top = v->sel->detail_top };

	if (!l)
		return;
	if (d->w >= STACK_BESIDE_W && l->row) {
		struct pager stack = { .d = draw_box(d, 0, d->w / 2 + 2, d->h, d->w - d->w / 2 - 2),
				       .top = v->sel->detail_top };

		p.d = draw_box(d, 0, 0, d->h, d->w / 2);
		p.top = 0;
		draw_summary(&p, l);
		stack_draw_frames(&stack, l->row);
		pager_end(&stack, &v->sel->detail_top);
		return;
	}
	draw_summary(&p, l);
	if (l->row) {
		pager_text(&p, STYLE_DIM, "stack, leaf first");
		stack_draw_frames(&p, l->row);
	}
	pager_end(&p, &v->sel->detail_top);
}

static void draw_list(const struct view *v, struct draw *d)
{
	char buf[VIEW_EMPTY_MAX];

	list_draw(&v->ui->list, d,
		  view_empty_text(buf, v->t,
				  v->t->leaks_looked
					  ? "no leak suspects: no group grows without shrinking"
					  : "no leak suspects yet: growth needs more samples",
				  1u << SOURCE_MEMORY | 1u << SOURCE_PPROF));
}

/* What Go itself said, or how to ask it; the view's last line. */
static void draw_profile(const struct target *t, struct draw *d, int row)
{
	const struct leak_profile *p = &t->leak_profile;
	char at[FMT_MAX], n[FMT_MAX];

	if (!p->unix_ns)
		draw_text(d, row, 0, d->w, STYLE_DIM,
			  "Go's own leak profile was not asked for (L asks)");
	else if (isnan(p->found))
		draw_textf(d, row, 0, d->w, STYLE_WARN, "Go's own leak profile, %s: %s",
			   fmt_clock(at, p->unix_ns), p->why);
	else
		draw_textf(d, row, 0, d->w, p->found > 0 ? STYLE_ALARM : STYLE_OK,
			   "Go's own leak profile, %s: %s goroutines can never wake again",
			   fmt_clock(at, p->unix_ns), fmt_num(n, p->found, UNIT_COUNT));
}

static void draw_body(const struct view *v, struct draw *d)
{
	int want = list_height(&v->ui->list), most = d->h / 3 > 5 ? d->h / 3 : 5;
	struct draw top, pane;

	if (v->sel->open && v->ui->list.n > 0) {
		pane = draw_box(d, 0, 1, d->h, d->w - 2);
		draw_leak(v, &pane);
		return;
	}
	if (d->h < PANE_FROM_H || v->ui->list.n == 0) {
		draw_list(v, d);
		return;
	}
	top = draw_box(d, 0, 0, want < most ? want : most, d->w);
	pane = draw_box(d, top.h + 1, 1, d->h - top.h - 1, d->w - 2);
	draw_list(v, &top);
	draw_leak(v, &pane);
}

static void draw(const struct view *v, struct draw *d)
{
	struct draw body = draw_box(d, 0, 0, d->h - 1, d->w);
	struct draw foot = draw_box(d, d->h - 1, 1, 1, d->w - 2);

	draw_body(v, &body);
	draw_profile(v->t, &foot, 0);
}

const struct view_ops leaks_view = {
	.title = "Leaks",
	.help = "goroutine groups that grow and do not shrink, with the evidence; Enter shows all "
		"of it",
	.draw = draw,
	.list = &list,
	.collect = collect,
	.opens = true,
};
