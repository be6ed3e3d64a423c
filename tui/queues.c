#include "tui/queues.h"

#include <math.h>

#include "core/base/clock.h"
#include "tui/chart.h"

/* ---- rows ---- */

struct layout {
	int history, rates, func; /* columns; 0: left out */
};

enum { P_COLS = 4, STATUS_COLS = 8, M_COLS = 6, RUNQ_COLS = 5, MAX_COLS = 5, NEXT_COLS = 5 };
enum { FIXED_COLS = P_COLS + STATUS_COLS + M_COLS + RUNQ_COLS + MAX_COLS + NEXT_COLS + 3 };
enum { RATE_COLS = 9, G_COLS = 9, HISTORY_LEAST = 12, HISTORY_MOST = 120, FUNC_LEAST = 14 };

static struct layout layout_of(int w)
{
	struct layout l = { .history = w - FIXED_COLS - 1 };

	if (l.history > HISTORY_LEAST + G_COLS + FUNC_LEAST) {
		l.func = (l.history - HISTORY_LEAST) / 2;
		l.func = l.func > 48 ? 48 : l.func;
		l.history -= l.func + 1;
	}
	if (l.history > 40 + 2 * RATE_COLS) {
		l.rates = 2 * RATE_COLS;
		l.history -= l.rates;
	}
	if (l.history > HISTORY_MOST)
		l.history = HISTORY_MOST;
	if (l.history < 1)
		l.history = 0;
	return l;
}

static void draw_head(struct draw *d, const struct layout *l)
{
	int col = 0;

	draw_fill(d, 0, 0, d->w, STYLE_HEAD, ' ');
	draw_right(d, 0, col, P_COLS - 1, STYLE_HEAD, "P");
	col += P_COLS;
	draw_text(d, 0, col, STATUS_COLS, STYLE_HEAD, "status");
	col += STATUS_COLS;
	draw_right(d, 0, col, M_COLS - 1, STYLE_HEAD, "M");
	col += M_COLS;
	draw_right(d, 0, col, RUNQ_COLS, STYLE_HEAD, "runq");
	draw_right(d, 0, col + RUNQ_COLS, MAX_COLS, STYLE_HEAD, "max");
	col += RUNQ_COLS + MAX_COLS + 1;
	draw_text(d, 0, col, l->history, STYLE_HEAD, "deepest over time");
	col += l->history + 1;
	draw_text(d, 0, col, NEXT_COLS, STYLE_HEAD, "next");
	col += NEXT_COLS;
	if (l->rates) {
		draw_right(d, 0, col, RATE_COLS, STYLE_HEAD, "sched");
		draw_right(d, 0, col + RATE_COLS, RATE_COLS, STYLE_HEAD, "syscalls");
		col += l->rates;
	}
	if (l->func)
		draw_text(d, 0, col + 1, l->func, STYLE_HEAD, "g now");
}

/* A number that is a name: no separators. */
static void draw_name(struct draw *d, int row, int col, int cols, double v)
{
	char buf[FMT_MAX];

	snprintf(buf, sizeof(buf), "%.0f", v);
	draw_right(d, row, col, cols, isnan(v) ? STYLE_DIM : STYLE_NORMAL, isnan(v) ? "-" : buf);
}

static void draw_now(struct draw *d, int row, int col, int cols, const struct p_row *p)
{
	char buf[FMT_MAX];
	int w = 0;

	if (isfinite(p->g)) {
		snprintf(buf, sizeof(buf), "%.0f ", p->g);
		w = draw_text(d, row, col, -1, STYLE_NORMAL, buf);
	}
	draw_text(d, row, col + w, cols - w, STYLE_DIM, p->g_func ? p->g_func : "");
}

static void draw_p(struct draw *d, int row, const struct layout *l, const struct p_row *p,
		   double max)
{
	enum style busy = p->runq_max > 0 ? STYLE_BOLD : STYLE_NORMAL;
	int col = 0;

	draw_name(d, row, col, P_COLS - 1, p->id);
	col += P_COLS;
	draw_text(d, row, col, STATUS_COLS, p->status ? STYLE_NORMAL : STYLE_WARN,
		  p->status ? p->status : "?");
	col += STATUS_COLS;
	draw_name(d, row, col, M_COLS - 1, p->m);
	col += M_COLS;
	draw_num(d, row, col, RUNQ_COLS, busy, p->runq, UNIT_COUNT);
	draw_num(d, row, col + RUNQ_COLS, MAX_COLS, busy, p->runq_max, UNIT_COUNT);
	col += RUNQ_COLS + MAX_COLS + 1;
	draw_spark_values(d, row, col, l->history, STYLE_CHART,
			  &(struct floats){ p->depths, p->n_depths }, max);
	col += l->history + 1;
	draw_text(d, row, col, NEXT_COLS, STYLE_NORMAL,
		  p->runnext < 0   ? "?"
		  : p->runnext > 0 ? "yes"
				   : "");
	col += NEXT_COLS;
	if (l->rates) {
		draw_num(d, row, col, RATE_COLS, STYLE_NORMAL, p->sched_per_s, UNIT_PER_S);
		draw_num(d, row, col + RATE_COLS, RATE_COLS, STYLE_NORMAL, p->syscall_per_s,
			 UNIT_PER_S);
		col += l->rates;
	}
	if (l->func)
		draw_now(d, row, col + 1, l->func, p);
}

static double deepest_from(const struct target *t, size_t from)
{
	double max = 0;

	for (size_t i = from; i < t->n_ps; i++)
		max = t->ps[i].runq_max > max ? t->ps[i].runq_max : max;
	return max;
}

int queues_draw_rows(const struct target *t, struct draw *d)
{
	struct layout l = layout_of(d->w);
	double max = queues_deepest(t);
	int room = d->h - 1;
	size_t shown = t->n_ps;

	if (room < 1)
		return 0;
	if (shown > (size_t)room)
		shown = (size_t)room - 1;
	draw_head(d, &l);
	for (size_t i = 0; i < shown; i++)
		draw_p(d, 1 + (int)i, &l, &t->ps[i], max);
	if (shown == t->n_ps)
		return 1 + (int)shown;
	draw_textf(d, 1 + (int)shown, 0, -1, STYLE_DIM, "↓ %zu more Ps, the deepest of them %.0f",
		   t->n_ps - shown, deepest_from(t, shown));
	return 2 + (int)shown;
}

/* ---- heat map ---- */

enum { LABEL_COLS = 8, DEPTHS_MAX = 512 };

static double max_depth(const struct p_row *p, int n)
{
	double max = 0;

	for (int i = p->n_depths > n ? p->n_depths - n : 0; i < p->n_depths; i++)
		max = (double)p->depths[i] > max ? (double)p->depths[i] : max;
	return max;
}

double queues_deepest(const struct target *t)
{
	double max = 1;

	for (size_t i = 0; i < t->n_ps; i++)
		max = fmax(max, max_depth(&t->ps[i], DEPTHS_MAX));
	return max;
}

/* The deepest of Ps from..to at each moment; unknown only where it is for all. */
static int fold(const struct target *t, size_t from, size_t to, float *ret)
{
	int n = t->ps[from].n_depths < DEPTHS_MAX ? t->ps[from].n_depths : DEPTHS_MAX;

	for (int k = 0; k < n; k++) {
		ret[k] = NAN;
		for (size_t i = from; i < to; i++) {
			const struct p_row *p = &t->ps[i];
			float v = p->depths[p->n_depths - n + k];

			if (!(ret[k] >= v))
				ret[k] = isnan(v) ? ret[k] : v;
		}
	}
	return n;
}

static void draw_axis(const struct target *t, struct draw *d, int row, int cols)
{
	int n = t->ps[0].n_depths;
	uint64_t newest, oldest;
	char span[FMT_MAX];

	if (n < 2)
		return;
	if (cols > n)
		cols = n;
	newest = t->depth_t_ns[n - 1];
	oldest = t->depth_t_ns[n - cols];
	draw_textf(d, row, d->w - cols, -1, STYLE_DIM, "-%s",
		   fmt_num(span, (double)(newest - oldest) / 1e9, UNIT_S));
	draw_right(d, row, d->w - 4, 4, STYLE_DIM, "now");
}

int queues_draw_heat(const struct target *t, struct draw *d)
{
	float depths[DEPTHS_MAX];
	int rows = d->h - 2, cols = d->w - LABEL_COLS, n_rows;
	double max = queues_deepest(t);
	size_t each;

	if (rows < 1 || cols < 8 || t->n_ps == 0)
		return 0;
	each = (t->n_ps + (size_t)rows - 1) / (size_t)rows;
	n_rows = (int)((t->n_ps + each - 1) / each);
	draw_textf(d, 0, 0, -1, STYLE_DIM,
		   "run queue over time: rows are Ps, darkest is %.0f waiting", max);
	for (int r = 0; r < n_rows; r++) {
		size_t from = (size_t)r * each, to = from + each < t->n_ps ? from + each : t->n_ps;
		int n = fold(t, from, to, depths);

		if (to - from == 1)
			draw_textf(d, 1 + r, 0, LABEL_COLS, STYLE_DIM, "P%.0f", t->ps[from].id);
		else
			draw_textf(d, 1 + r, 0, LABEL_COLS, STYLE_DIM, "P%.0f-%.0f", t->ps[from].id,
				   t->ps[to - 1].id);
		draw_heat(d, 1 + r, LABEL_COLS, cols, &(struct floats){ depths, n }, max);
	}
	draw_axis(t, d, 1 + n_rows, cols);
	return 2 + n_rows;
}

/* ---- bars ---- */

static void draw_bar_row(struct draw *d, int row, const char *label, double now, double most,
			 double max)
{
	enum { LABEL = 7, NUM = 6 };
	int bar = d->w - LABEL - 2 * NUM - 1;

	draw_text(d, row, 0, LABEL, STYLE_DIM, label);
	draw_bar(d, row, LABEL, bar, STYLE_CHART, now, max);
	draw_num(d, row, LABEL + bar, NUM, STYLE_NORMAL, now, UNIT_COUNT);
	draw_num(d, row, LABEL + bar + NUM, NUM, STYLE_DIM, most, UNIT_COUNT);
}

/* One column a P, or several of which the deepest counts. */
static void draw_profile(const struct target *t, struct draw *d, int row, bool most, double max)
{
	float depth[DEPTHS_MAX];
	int cols = d->w - LABEL_COLS, n = 0;
	size_t each;

	if (cols > DEPTHS_MAX)
		cols = DEPTHS_MAX;
	if (cols < 1)
		return;
	each = (t->n_ps + (size_t)cols - 1) / (size_t)cols;
	for (size_t from = 0; from < t->n_ps; from += each, n++) {
		depth[n] = NAN;
		for (size_t i = from; i < from + each && i < t->n_ps; i++) {
			double v = most ? t->ps[i].runq_max : t->ps[i].runq;

			if (!((double)depth[n] >= v) && isfinite(v))
				depth[n] = (float)v;
		}
	}
	draw_text(d, row, 0, LABEL_COLS, STYLE_DIM, most ? "deepest" : "each P");
	draw_spark_values(d, row, LABEL_COLS, n, STYLE_CHART, &(struct floats){ depth, n }, max);
}

void queues_draw_bars(const struct target *t, struct draw *d)
{
	double max = fmax(queues_deepest(t), t->facts.sched.global_runq);
	int room = d->h - 1, rows = (int)t->n_ps;
	char label[FMT_MAX];

	if (room >= rows) {
		for (int i = 0; i < rows; i++) {
			snprintf(label, sizeof(label), "P%.0f", t->ps[i].id);
			draw_bar_row(d, i, label, t->ps[i].runq, t->ps[i].runq_max, max);
		}
	} else {
		rows = room < 2 ? room : 2;
		for (int i = 0; i < rows; i++)
			draw_profile(t, d, i, i == rows - 1, max);
	}
	draw_bar_row(d, rows, "global", t->facts.sched.global_runq, NAN, max);
}
