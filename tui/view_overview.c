#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/breaker_word.h"
#include "tui/chart.h"
#include "tui/queues.h"
#include "tui/view.h"

enum { LABEL_COLS = 12, SIDE_BY_SIDE_W = 140, TWO_COLUMNS_W = 70 };

/* ---- one quantity: label, value, a word beside it, its chart below, its details ---- */

static void draw_title(struct draw *d, int row, const char *label, double v, enum unit u)
{
	draw_text(d, row, 0, LABEL_COLS, STYLE_BOLD, label);
	draw_num(d, row, LABEL_COLS, 9, STYLE_BOLD, v, u);
}

/* "label value" at a fixed place, so that nothing jumps when digits come and go. */
static void draw_pair(struct draw *d, int row, int col, const char *label, double v, enum unit u)
{
	enum { PAIR_LABEL = 10, PAIR_VALUE = 8 };

	draw_text(d, row, col, PAIR_LABEL, STYLE_DIM, label);
	draw_num(d, row, col + PAIR_LABEL, PAIR_VALUE, STYLE_NORMAL, v, u);
}

/* From the oldest to the newest known value of the last minute. */
static double change_per_min(const struct timeline *tl)
{
	size_t newest = tl->n, oldest = tl->n;
	double dt_s;

	for (size_t ago = 0; ago < tl->n; ago++) {
		if (timeline_time(tl, 0) - timeline_time(tl, ago) > 60 * NS_PER_S)
			break;
		if (!isfinite(timeline_at(tl, ago)))
			continue;
		if (newest == tl->n)
			newest = ago;
		oldest = ago;
	}
	if (newest == oldest)
		return NAN;
	dt_s = (double)(timeline_time(tl, newest) - timeline_time(tl, oldest)) / 1e9;
	return dt_s > 0 ? (timeline_at(tl, newest) - timeline_at(tl, oldest)) * 60 / dt_s : NAN;
}

static void draw_goroutines(const struct target *t, struct draw *d)
{
	const struct sched_facts *s = &t->facts.sched;
	char delta[FMT_MAX];
	double total = t->facts.goroutines.total;
	/* The groups add up to the total; the runtime's own counts include system goroutines. */
	bool grouped = isfinite(t->by_waiting);
	double running = grouped ? t->by_running : s->running;
	double runnable = grouped ? t->by_runnable : s->runnable;
	double waiting = grouped ? t->by_waiting : s->waiting;
	double syscall = grouped ? t->by_syscall : s->not_in_go;

	draw_title(d, 0, "Goroutines", total, UNIT_COUNT);
	fmt_delta(delta, isfinite(total) ? change_per_min(&t->history[HISTORY_GOROUTINES]) : NAN);
	draw_right(d, 0, LABEL_COLS + 10, 7, STYLE_NORMAL, delta);
	draw_text(d, 0, LABEL_COLS + 17, 4, STYLE_DIM, "/min");
	draw_spark(d, 1, 1, d->w - 2, STYLE_CHART, &t->history[HISTORY_GOROUTINES]);
	draw_pair(d, 2, 1, "running", running, UNIT_COUNT);
	draw_pair(d, 2, 20, "runnable", runnable, UNIT_COUNT);
	draw_pair(d, 3, 1, "waiting", waiting, UNIT_COUNT);
	draw_pair(d, 3, 20, "syscall", syscall, UNIT_COUNT);
}

static void draw_cpu(const struct target *t, struct draw *d)
{
	const struct process_facts *p = &t->facts.process;

	draw_title(d, 0, "CPU", p->cpu_pct, UNIT_PCT);
	draw_text(d, 0, LABEL_COLS + 10, -1, STYLE_DIM, "of one core");
	draw_spark(d, 1, 1, d->w - 2, STYLE_CHART, &t->history[HISTORY_CPU]);
	draw_pair(d, 2, 1, "Ps", t->facts.sched.gomaxprocs, UNIT_COUNT);
	draw_pair(d, 2, 20, "threads", t->facts.sched.threads, UNIT_COUNT);
	draw_pair(d, 3, 1, "limit", p->cpu_quota_cores, UNIT_CORES);
	draw_pair(d, 3, 20, "throttled", p->throttled_pct, UNIT_PCT);
}

/* The scheduler from inside: each P's queue, or in one line the sum of them. */
static void draw_queues(const struct target *t, struct draw *d)
{
	const struct sched_facts *s = &t->facts.sched;
	struct draw bars = draw_box(d, 1, 1, d->h - 1, d->w - 2);

	draw_title(d, 0, "Run queues", s->runq_total, UNIT_COUNT);
	draw_text(d, 0, LABEL_COLS + 10, 7, STYLE_DIM, "global");
	draw_num(d, 0, LABEL_COLS + 17, 7, STYLE_NORMAL, s->global_runq, UNIT_COUNT);
	draw_right(d, 0, d->w - 4, 3, STYLE_DIM, "max");
	if (bars.h > 0)
		queues_draw_bars(t, &bars);
}

static void draw_wait(const struct target *t, struct draw *d)
{
	const struct latency_facts *l = &t->facts.latency;
	char p50[FMT_MAX], p99[FMT_MAX];

	draw_text(d, 0, 0, LABEL_COLS, STYLE_BOLD, "Sched wait");
	draw_textf(d, 0, LABEL_COLS, -1, STYLE_NORMAL, "p99 %s",
		   fmt_range_ms(p99, l->p99_lo_ns / 1e6, l->p99_ns / 1e6));
	draw_spark(d, 1, 1, d->w - 2, STYLE_CHART, &t->history[HISTORY_LATENCY]);
	draw_text(d, 2, 1, 4, STYLE_DIM, "p50");
	draw_right(d, 2, 5, 14, STYLE_NORMAL,
		   fmt_range_ms(p50, l->p50_lo_ns / 1e6, l->p50_ns / 1e6));
	draw_pair(d, 2, 20, "created", t->facts.sched.created_per_s, UNIT_PER_S);
	draw_pair(d, 3, 1, "idle Ps", t->facts.sched.idle_ps, UNIT_COUNT);
	draw_pair(d, 3, 20, "spinning", t->facts.sched.spinning_ms, UNIT_COUNT);
}

static void draw_heap(const struct target *t, struct draw *d)
{
	const struct memory_facts *m = &t->facts.memory;

	draw_title(d, 0, "Heap", m->heap_live_bytes, UNIT_BYTES);
	draw_text(d, 0, LABEL_COLS + 10, 7, STYLE_DIM, "of goal");
	draw_num(d, 0, LABEL_COLS + 17, 7, STYLE_NORMAL, m->heap_goal_bytes, UNIT_BYTES);
	draw_spark(d, 1, 1, d->w - 2, STYLE_CHART, &t->history[HISTORY_HEAP_LIVE]);
	draw_pair(d, 2, 1, "GC CPU", m->gc_cpu_pct, UNIT_PCT);
	draw_pair(d, 2, 20, "GCs", m->gc_per_min, UNIT_PER_MIN);
	draw_pair(d, 3, 1, "RSS", m->rss_bytes, UNIT_BYTES);
	draw_pair(d, 3, 20, "max pause", m->pause_max_ns, UNIT_NS);
}

struct request_totals {
	double rate, s4xx, s5xx;
	const struct request_row *slowest;
};

static double add_known(double sum, double v)
{
	return isnan(v) ? sum : isnan(sum) ? v : sum + v;
}

static struct request_totals sum_requests(const struct target *t)
{
	struct request_totals r = { NAN, NAN, NAN, NULL };

	for (size_t i = 0; i < t->n_requests; i++) {
		const struct request_row *q = &t->requests[i];

		r.rate = add_known(r.rate, q->rate_per_s);
		r.s4xx = add_known(r.s4xx, q->status_4xx);
		r.s5xx = add_known(r.s5xx, q->status_5xx);
		if (q->rate_per_s > 0 && (!r.slowest || q->p99_lo_ms > r.slowest->p99_lo_ms))
			r.slowest = q;
	}
	return r;
}

static void draw_requests(const struct target *t, struct draw *d)
{
	struct request_totals r = sum_requests(t);
	char range[FMT_MAX];

	draw_title(d, 0, "Requests", r.rate, UNIT_PER_S);
	draw_spark(d, 1, 1, d->w - 2, STYLE_CHART, &t->history[HISTORY_REQUESTS]);
	draw_pair(d, 2, 1, "5xx", r.s5xx, UNIT_PER_S);
	draw_pair(d, 2, 20, "4xx", r.s4xx, UNIT_PER_S);
	draw_text(d, 3, 1, 12, STYLE_DIM, "slowest p99");
	draw_text(d, 3, 13, 10, STYLE_NORMAL,
		  r.slowest ? fmt_range_ms(range, r.slowest->p99_lo_ms, r.slowest->p99_ms) : NULL);
	if (r.slowest)
		draw_text(d, 3, 24, -1, STYLE_NORMAL, r.slowest->route);
}

/* ---- the lower part: one line a subject, then the largest groups ---- */

static int state_rank(const struct breaker_row *b)
{
	static const char *const order[] = { "open", "half_open" };

	for (int i = 0; b->state && i < 2; i++) {
		if (strcmp(b->state, order[i]) == 0)
			return i;
	}
	return b->state && strcmp(b->state, "closed") == 0 ? 3 : 2;
}

static int draw_breaker(const struct breaker_row *b, struct draw *d, int row, int col)
{
	enum { NAME_MOST = 24 };
	char age[FMT_MAX];
	int w = draw_width(d, str_of(b->name ? b->name : "-"));

	w = draw_text(d, row, col, w < NAME_MOST ? w : NAME_MOST, STYLE_NORMAL, b->name) + 1;
	w += draw_text(d, row, col + w, -1, breaker_style(b->state), breaker_word(b->state)) + 1;
	if (isfinite(b->since_s))
		w += draw_text(d, row, col + w, -1, STYLE_DIM, fmt_num(age, b->since_s, UNIT_S)) +
		     1;
	return w + 1;
}

/* "payment OPEN! 2m10s" for what is not closed, worst first, as many as fit; the rest is counted.
 */
static void draw_breakers(const struct target *t, struct draw *d, int row)
{
	enum { TAIL_COLS = 20 };
	size_t closed = 0, more = 0;
	int col = LABEL_COLS;

	draw_text(d, row, 0, LABEL_COLS, STYLE_BOLD, "Breakers");
	for (int rank = 0; rank < 4; rank++) {
		for (size_t i = 0; i < t->n_breakers; i++) {
			if (state_rank(&t->breakers[i]) != rank)
				continue;
			if (rank == 3)
				closed++;
			else if (col + TAIL_COLS < d->w - 8)
				col += draw_breaker(&t->breakers[i], d, row, col);
			else
				more++;
		}
	}
	if (more)
		col += draw_textf(d, row, col, -1, STYLE_WARN, "+%zu more", more) + 2;
	if (t->n_breakers == 0)
		draw_text(d, row, col, -1, STYLE_DIM, "none seen");
	else
		draw_textf(d, row, col, -1, STYLE_DIM, "%zu closed", closed);
}

static void draw_limiters(const struct target *t, struct draw *d, int row)
{
	const struct limiter_row *worst = NULL;
	char denied[FMT_MAX];
	int col = LABEL_COLS;

	for (size_t i = 0; i < t->n_limiters; i++) {
		if (t->limiters[i].denied_per_s > 0 &&
		    (!worst || t->limiters[i].denied_per_s > worst->denied_per_s))
			worst = &t->limiters[i];
	}
	draw_text(d, row, 0, LABEL_COLS, STYLE_BOLD, "Limiters");
	if (t->n_limiters == 0) {
		draw_text(d, row, col, -1, STYLE_DIM, "none seen");
		return;
	}
	if (!worst) {
		draw_textf(d, row, col, -1, STYLE_DIM, "%zu, none denies", t->n_limiters);
		return;
	}
	draw_textf(d, row, col, -1, STYLE_WARN, "%s denied by %s",
		   fmt_num(denied, worst->denied_per_s, UNIT_PER_S),
		   worst->name ? worst->name : "-");
}

static size_t count_grade(const struct target *t, const char *grade)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_leaks; i++)
		n += t->leaks[i].grade && strcmp(t->leaks[i].grade, grade) == 0;
	return n;
}

static void draw_leaks(const struct target *t, struct draw *d, int row)
{
	char count[FMT_MAX];
	double sum = 0;

	draw_text(d, row, 0, LABEL_COLS, STYLE_BOLD, "Leaks");
	if (t->n_leaks == 0) {
		draw_text(d, row, LABEL_COLS, -1, STYLE_DIM,
			  t->leaks_looked ? "no suspects"
			  : t->n_stacks	  ? "no suspects yet: growth needs more samples"
					  : "not known: no goroutines are seen");
		return;
	}
	for (size_t i = 0; i < t->n_leaks; i++)
		sum += isfinite(t->leaks[i].count) ? t->leaks[i].count : 0;
	draw_textf(d, row, LABEL_COLS, -1, STYLE_WARN,
		   "%zu proven, %zu strong, %zu weak; %s goroutines in them",
		   count_grade(t, "proven"), count_grade(t, "strong"), count_grade(t, "weak"),
		   fmt_num(count, sum, UNIT_COUNT));
}

static void draw_findings(const struct target *t, struct draw *d, int row, int rows)
{
	draw_text(d, row, 0, LABEL_COLS, STYLE_BOLD, "Why");
	if (t->n_findings == 0)
		draw_text(d, row, LABEL_COLS, -1, STYLE_DIM, "no findings");
	for (int i = 0; i < rows && (size_t)i < t->n_findings; i++)
		draw_text(d, row + i, LABEL_COLS, d->w - LABEL_COLS,
			  t->findings[i].score >= 0.8 ? STYLE_ALARM : STYLE_WARN,
			  t->findings[i].text);
}

static void draw_groups(const struct target *t, struct draw *d, int row)
{
	char delta[FMT_MAX];

	if (row >= d->h || t->n_stacks == 0)
		return;
	draw_text(d, row, 0, LABEL_COLS, STYLE_BOLD, "Top groups");
	for (size_t i = 0; i < t->n_stacks && row + (int)i < d->h; i++) {
		const struct group_row *g = t->stacks[i];
		int r = row + (int)i;

		draw_num(d, r, LABEL_COLS, 8, STYLE_NORMAL, g->count, UNIT_COUNT);
		draw_right(d, r, LABEL_COLS + 9, 6, STYLE_DIM, fmt_delta(delta, g->delta_per_min));
		draw_text(d, r, LABEL_COLS + 16, 14, STYLE_NORMAL, g->state);
		draw_text(d, r, LABEL_COLS + 31, d->w - LABEL_COLS - 31, STYLE_NORMAL, g->site);
	}
}

/* ---- arrangements ---- */

typedef void draw_block(const struct target *t, struct draw *d);
/* In pairs: the left one, the right one. */
static draw_block *const blocks[] = { draw_goroutines, draw_cpu, draw_heap, draw_requests };
static draw_block *const inside[] = { draw_goroutines, draw_queues, draw_wait,
				      draw_cpu,	       draw_heap,   draw_requests };
enum { N_BLOCKS = sizeof(blocks) / sizeof(*blocks), N_INSIDE = sizeof(inside) / sizeof(*inside) };
enum { BLOCK_H = 5, LINES_H = 5 };

/* A block takes four lines and a blank one; fewer where all would not fit. */
static int block_height(const struct draw *d, int rows)
{
	for (int h = BLOCK_H; h > 1; h--) {
		if (h * rows + LINES_H <= d->h)
			return h;
	}
	return 1;
}

static int draw_blocks(const struct target *t, struct draw *d)
{
	draw_block *const *list = t->n_ps ? inside : blocks;
	int n = t->n_ps ? N_INSIDE : N_BLOCKS;
	int per_row = d->w >= TWO_COLUMNS_W ? 2 : 1, w = d->w / per_row;
	int h = block_height(d, n / per_row);

	for (int i = 0; i < n; i++) {
		/* The last line of a full block stays blank. */
		struct draw b = draw_box(d, i / per_row * h, i % per_row * (w + 1),
					 h == BLOCK_H ? h - 1 : h, w - 1);

		list[i](t, &b);
	}
	return n / per_row * h;
}

static void draw_lines(const struct target *t, struct draw *d)
{
	int findings = d->h >= 14 ? 6 : 3, row = 0;

	draw_breakers(t, d, row++);
	draw_limiters(t, d, row++);
	draw_leaks(t, d, row++);
	draw_findings(t, d, row, findings);
	row += t->n_findings == 0		  ? 1
	       : t->n_findings < (size_t)findings ? (int)t->n_findings
						  : findings;
	draw_groups(t, d, row + (d->h >= 14));
}

static void draw_overview(const struct target *t, struct draw *d)
{
	int row = draw_blocks(t, d);
	struct draw low = draw_box(d, row, 0, d->h - row, d->w);

	draw_lines(t, &low);
}

static void draw_sched(const struct view *v, struct draw *d)
{
	struct view sched = { v->m, v->t, v->ui, &v->ui->sel[VIEW_SCHED] };

	ui_collect(v->ui, v->m, VIEW_SCHED);
	v->ui->list.passive = true;
	views[VIEW_SCHED]->draw(&sched, d);
}

static void draw(const struct view *v, struct draw *d)
{
	struct draw left = draw_box(d, 0, 1, d->h, d->w - 2), right;

	if (d->w >= SIDE_BY_SIDE_W) {
		left = draw_box(d, 0, 1, d->h, d->w * 11 / 20);
		right = draw_box(d, 0, left.w + 3, d->h, d->w - left.w - 3);
		draw_sched(v, &right);
	}
	draw_overview(v->t, &left);
}

static enum view_id leads_to(const struct view *v)
{
	return v->t && v->t->n_findings ? view_by_name(v->t->findings[0].view) : VIEW_COUNT;
}

const struct view_ops overview_view = {
	.title = "Overview",
	.help = "is it healthy, and if not, which view next; Enter goes to the worst finding",
	.draw = draw,
	.leads_to = leads_to,
};
