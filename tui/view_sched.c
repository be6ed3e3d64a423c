#include <math.h>
#include <string.h>

#include "tui/chart.h"
#include "tui/facts.h"
#include "tui/queues.h"
#include "tui/view.h"

/* ---- threads: what the kernel and Go's scheduler say of each ---- */

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
	if (f->offset == offsetof(struct thread_row, m_state) && th->m_state &&
	    strcmp(th->m_state, "running") == 0)
		return STYLE_OK;
	return STYLE_NORMAL;
}

/* Numbers of a thread, an M, a P and a G are names: no separators. */
static const char *thread_text(const void *row, const struct field *f, char *buf)
{
	const struct thread_row *th = row;
	double v;

	if (f->offset == offsetof(struct thread_row, locked) ||
	    f->offset == offsetof(struct thread_row, g_func))
		return field_text(f, th) ? NULL : "";
	if (f->type != FIELD_NUM || f->offset == offsetof(struct thread_row, cpu_pct))
		return NULL;
	v = field_num(f, row);
	if (isnan(v))
		return NULL;
	snprintf(buf, LIST_TEXT_MAX, "%.0f", v);
	return buf;
}

static const struct column columns[] = {
	{ .key = "tid", .width = 7 },
	{ .key = "m", .width = 4, .rank = 1, .optional = true },
	{ .key = "m_state", .width = 9, .optional = true },
	{ .key = "p", .width = 4, .optional = true },
	{ .key = "g", .width = 9, .rank = 2, .optional = true },
	{ .key = "cpu_pct", .width = 7 },
	{ .key = "state", .title = "kernel", .width = 9 },
	{ .key = "locked", .width = 6, .rank = 4, .optional = true },
	{ .key = "g_func", .width = 16, .share = 1, .rank = 3, .optional = true },
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

/* ---- the scheduler's numbers ---- */

static int pair(struct draw *d, int row, int col, const char *label, double v, enum unit u)
{
	int w = draw_text(d, row, col, -1, STYLE_DIM, label) + 1;
	char buf[FMT_MAX];

	return w + draw_text(d, row, col + w, -1, STYLE_NORMAL, fmt_num(buf, v, u)) + 3;
}

static void draw_latency(const struct target *t, struct draw *d, int row)
{
	const struct latency_facts *l = &t->facts.latency;
	char p50[FMT_MAX], p99[FMT_MAX], window[FMT_MAX];
	int col = draw_text(d, row, 0, -1, STYLE_DIM, "runnable before it ran  p50 ");

	if (isnan(l->window_s)) {
		draw_text(d, row, 0, -1, STYLE_DIM,
			  "runnable before it ran: nothing was scheduled yet, or it is not known");
		return;
	}
	col += draw_textf(d, row, col, -1, STYLE_NORMAL, "%s",
			  fmt_range_ms(p50, l->p50_lo_ns / 1e6, l->p50_ns / 1e6));
	col += draw_text(d, row, col, -1, STYLE_DIM, "  p99 ");
	col += draw_textf(d, row, col, -1, STYLE_BOLD, "%s",
			  fmt_range_ms(p99, l->p99_lo_ns / 1e6, l->p99_ns / 1e6));
	col += draw_textf(d, row, col, -1, STYLE_DIM, "  over %s ",
			  fmt_num(window, round(l->window_s), UNIT_S));
	draw_spark(d, row, col + 1, d->w - col - 1 < 60 ? d->w - col - 1 : 60, STYLE_CHART,
		   &t->history[HISTORY_LATENCY]);
}

static int draw_numbers(const struct target *t, struct draw *d)
{
	const struct sched_facts *s = &t->facts.sched;
	int col = 0;

	col += pair(d, 0, col, "GOMAXPROCS", s->gomaxprocs, UNIT_COUNT);
	col += pair(d, 0, col, "idle Ps", s->idle_ps, UNIT_COUNT);
	col += pair(d, 0, col, "in local queues", s->runq_total, UNIT_COUNT);
	col += pair(d, 0, col, "in the global queue", s->global_runq, UNIT_COUNT);
	if (d->w - col > 12)
		draw_spark(d, 0, col, d->w - col < 60 ? d->w - col : 60, STYLE_CHART,
			   &t->history[HISTORY_GLOBAL_RUNQ]);
	col = pair(d, 1, 0, "Ms", t->n_ms ? (double)t->n_ms : NAN, UNIT_COUNT);
	col += pair(d, 1, col, "parked", s->idle_ms, UNIT_COUNT);
	col += pair(d, 1, col, "spinning", s->spinning_ms, UNIT_COUNT);
	col += pair(d, 1, col, "threads", s->threads, UNIT_COUNT);
	pair(d, 1, col, "goroutines created", s->created_per_s, UNIT_PER_S);
	draw_latency(t, d, 2);
	return 3;
}

/* Without the memory source: what metrics and /proc tell. */
static int draw_without_memory(const struct target *t, struct draw *d)
{
	int row = facts_height(&table_sched, d->w) + 1;

	facts_draw(d, &table_sched, &t->facts.sched);
	row += draw_wrap(
		d, row, 0, 2, d->w, STYLE_DIM,
		"The run queue of each P can only be read from the target's memory, and that "
		"source is not there; what metrics and /proc tell stands here.");
	if (t->sources[SOURCE_MEMORY].detail[0])
		row += draw_wrap(d, row, 0, 3, d->w, STYLE_WARN, t->sources[SOURCE_MEMORY].detail);
	row++;
	if (d->h >= 40 && t->history[HISTORY_CPU].n > 1) {
		struct draw chart = draw_box(d, row + 1, 0, 8, d->w);

		draw_text(d, row, 0, -1, STYLE_DIM, "CPU of the process, in per cent of one core");
		draw_chart(&chart, &t->history[HISTORY_CPU], NULL, UNIT_PCT);
		row += 10;
	}
	return row;
}

enum { SHARED_ROWS = 10 }; /* fewer are for the Ps alone */

static int draw_with_memory(const struct target *t, struct draw *d)
{
	int row = draw_numbers(t, d) + 1, rest = d->h - row;
	int heat_h = d->h >= 30 ? (int)t->n_ps + 2 : 0;
	struct draw box;

	if (heat_h > rest / 3)
		heat_h = rest / 3;
	box = draw_box(d, row, 0, rest >= SHARED_ROWS ? (rest - heat_h) / 2 : rest, d->w);
	row += queues_draw_rows(t, &box) + 1;
	if (heat_h < 3)
		return row;
	box = draw_box(d, row, 0, heat_h, d->w);
	return row + queues_draw_heat(t, &box) + 1;
}

static void draw(const struct view *v, struct draw *d)
{
	struct draw top = draw_box(d, 0, 1, d->h, d->w - 2), low;
	char buf[VIEW_EMPTY_MAX];
	int row = v->t->n_ps ? draw_with_memory(v->t, &top) : draw_without_memory(v->t, &top);

	low = draw_box(d, row, 0, d->h - row, d->w);
	list_draw(&v->ui->list, &low,
		  view_empty_text(buf, v->t, "no threads seen", 1u << SOURCE_PROC));
}

const struct view_ops sched_view = {
	.title = "Sched",
	.help = "the scheduler: the run queue of each P over time, and what each M does",
	.draw = draw,
	.list = &list,
	.collect = collect,
};
