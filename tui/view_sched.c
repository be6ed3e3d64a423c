#include <math.h>
#include <string.h>

#include "tui/chart.h"
#include "tui/facts.h"
#include "tui/view.h"
#include "tui/view_sched.h"

static uint64_t thread_key(const void *row)
{
	const struct thread_row *th = row;

	return (uint64_t)th->tid | 1ull << 32;
}

static enum style thread_style(const void *row, const struct field *f)
{
	const struct thread_row *th = row;

	if (f->offset == offsetof(struct thread_row, state) && th->state &&
	    strcmp(th->state, "running") == 0)
		return STYLE_OK;
	return STYLE_NORMAL;
}

/* A tid is a name: no separators. */
static const char *thread_text(const void *row, const struct field *f, char *buf)
{
	const struct thread_row *th = row;

	if (f->offset != offsetof(struct thread_row, tid))
		return NULL;
	snprintf(buf, LIST_TEXT_MAX, "%.0f", th->tid);
	return buf;
}

static const struct column columns[] = {
	{ .key = "tid", .width = 8 },
	{ .key = "state", .width = 12 },
	{ .key = "cpu_pct", .width = 8 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table_threads,
	.columns = columns,
	.row_key = thread_key,
	.text = thread_text,
	.style = thread_style,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	for (size_t i = 0; i < t->n_threads; i++)
		list_add(l, &t->threads[i]);
}

int sched_draw_facts(const struct target *t, struct draw *d)
{
	const struct source_status *mem = &t->sources[SOURCE_MEMORY];
	int row = facts_height(&table_sched, d->w);

	facts_draw(d, &table_sched, &t->facts.sched);
	if (mem->state == SOURCE_OK)
		return row;
	row += 1;
	return row + draw_wrap(d, row, 0, 2, d->w, STYLE_DIM,
			       "The run queue of each P can only be read from the target's memory, "
			       "and that "
			       "source is not there; what metrics and /proc tell stands here.");
}

static void draw(const struct view *v, struct draw *d)
{
	struct draw top = draw_box(d, 0, 1, d->h, d->w - 2), low;
	char buf[VIEW_EMPTY_MAX];
	int row = sched_draw_facts(v->t, &top) + 1;

	if (d->h - row > 5 && v->t->history[HISTORY_CPU].n > 1) {
		int chart_h = d->h >= 40 ? 10 : 0;

		if (chart_h) {
			struct draw chart = draw_box(&top, row + 1, 0, chart_h - 2, top.w);

			draw_text(&top, row, 0, -1, STYLE_DIM,
				  "CPU of the process, in per cent of one core");
			draw_chart(&chart, &v->t->history[HISTORY_CPU], NULL, UNIT_PCT);
			row += chart_h;
		}
	}
	low = draw_box(d, row, 0, d->h - row, d->w);
	list_draw(&v->ui->list, &low,
		  view_empty_text(buf, v->t, "no threads seen", 1u << SOURCE_PROC));
}

const struct view_ops sched_view = {
	.title = "Sched",
	.help = "the scheduler: how many goroutines wait for a P, and what the threads do",
	.draw = draw,
	.list = &list,
	.collect = collect,
};
