#include "tui/stack.h"

#include <math.h>
#include <stdio.h>

#include "tui/chart.h"

enum { PLACE_COLS = 26, PATHS_FROM_W = 100 };

static struct str file_base(struct str path)
{
	const char *slash = path.len ? memrchr(path.p, '/', path.len) : NULL;

	return slash ? (struct str){ slash + 1, path.len - (uint32_t)(slash + 1 - path.p) } : path;
}

/* "client.go:88   example.com/pay.(*Client).do", and the whole path where there is room. */
static void draw_frame(struct pager *p, const struct frame *f, enum style st, const char *sign)
{
	struct draw d = pager_line(p);
	struct str base = file_base(f->file);
	int col = 2 + PLACE_COLS;

	draw_text(&d, 0, 0, 2, st, sign);
	draw_textf(&d, 0, 2, PLACE_COLS - 1, STYLE_DIM, "%.*s:%u", (int)base.len,
		   base.len ? base.p : "", f->line);
	if (d.w >= PATHS_FROM_W) {
		int half = (d.w - col) / 2;

		draw_str(&d, 0, col, half - 1, st, f->func);
		draw_str(&d, 0, col + half, -1, STYLE_DIM, f->file);
		return;
	}
	draw_str(&d, 0, col, -1, st, f->func);
}

void stack_draw_frames(struct pager *p, const struct group_row *g)
{
	for (uint32_t i = 0; i < g->n_stack; i++) {
		bool site = &g->stack[i] == g->site_frame;

		draw_frame(p, &g->stack[i], site ? STYLE_BOLD : STYLE_NORMAL, site ? "▸" : "");
	}
	if (g->created_by)
		draw_frame(p, g->created_by, STYLE_NORMAL, "+");
	if (g->n_stack == 0 && !g->created_by)
		pager_text(p, STYLE_DIM, "  no stack known");
}

void stack_draw_trend(struct pager *p, const struct trend *tr)
{
	struct draw d = pager_line(p);
	char from[FMT_MAX], to[FMT_MAX], span[FMT_MAX];
	int n = tr->n;

	if (n < 2) {
		draw_text(&d, 0, 0, -1, STYLE_DIM, "history: too short yet");
		return;
	}
	fmt_num(from, (double)tr->value[0], UNIT_COUNT);
	fmt_num(to, (double)tr->value[n - 1], UNIT_COUNT);
	fmt_num(span, (double)(tr->t_ns[n - 1] - tr->t_ns[0]) / 1e9, UNIT_S);
	int w = draw_textf(&d, 0, 0, -1, STYLE_NORMAL, "%s → %s in %s ", from, to, span);
	int room = d.w - w < n ? d.w - w : n;

	draw_spark_values(&d, 0, w, room, STYLE_CHART, &(struct floats){ tr->value, n }, 0);
}

static void draw_labels(struct pager *p, const struct group_row *g)
{
	for (uint32_t i = 0; i < g->n_labels; i++) {
		struct draw d = pager_line(p);
		int col = draw_text(&d, 0, 0, -1, STYLE_DIM, "label ");

		col += draw_str(&d, 0, col, -1, STYLE_NORMAL, g->labels[i].name);
		col += draw_text(&d, 0, col, -1, STYLE_DIM, " = ");
		draw_str(&d, 0, col, -1, STYLE_NORMAL, g->labels[i].value);
	}
}

/* What they do, where not all do the same. */
static void draw_states(struct pager *p, const struct group_row *g)
{
	char n[FMT_MAX];

	for (uint32_t i = 0; i < g->n_states && g->n_states > 1; i++)
		pager_textf(p, STYLE_NORMAL, "%8s %s", fmt_num(n, g->states[i].count, UNIT_COUNT),
			    g->states[i].state);
}

/* A bar for each span of ages that has any; those that moved lately, or whose age nobody knows, are
 * the rest. */
static void draw_ages(struct pager *p, const struct group_row *g)
{
	static const char *const spans[AGE_BUCKETS] = { "below 1s", "1s-10s", "10s-1m", "1m-10m",
							"10m-1h",   "1h-6h",  "6h-1d",	"over 1d" };
	enum { LABEL = 16, NUM = 9, BAR = 40 };
	double known = 0;

	for (int i = 0; i < AGE_BUCKETS; i++)
		known += g->ages[i];
	if (!g->has_ages || known == 0)
		return;
	for (int i = 0; i <= AGE_BUCKETS; i++) {
		double n = i < AGE_BUCKETS ? g->ages[i] : g->count - known;
		struct draw d;

		if (!(n > 0))
			continue;
		d = pager_line(p);
		draw_text(&d, 0, 0, LABEL, STYLE_DIM, i < AGE_BUCKETS ? spans[i] : "age not known");
		draw_num(&d, 0, LABEL, NUM, STYLE_NORMAL, n, UNIT_COUNT);
		draw_bar(&d, 0, LABEL + NUM + 1,
			 d.w - LABEL - NUM - 1 < BAR ? d.w - LABEL - NUM - 1 : BAR,
			 i < AGE_BUCKETS ? STYLE_CHART : STYLE_DIM, n, g->count);
	}
}

void stack_draw_group(struct pager *p, const struct group_row *g)
{
	char count[FMT_MAX], delta[FMT_MAX], oldest[FMT_MAX];

	pager_textf(p, STYLE_BOLD, "%s %s  %s/min  %s", fmt_num(count, g->count, UNIT_COUNT),
		    g->count == 1 ? "goroutine" : "goroutines", fmt_delta(delta, g->delta_per_min),
		    g->state ? g->state : "state unknown");
	stack_draw_trend(p, &g->trend);
	if (isfinite(g->oldest_s))
		pager_textf(p, STYLE_NORMAL, "the oldest blocked at least %s",
			    fmt_num(oldest, g->oldest_s, UNIT_S));
	draw_states(p, g);
	draw_ages(p, g);
	draw_labels(p, g);
	pager_gap(p);
	pager_text(p, STYLE_DIM, "stack, leaf first; ▸ blocked here, + started there");
	stack_draw_frames(p, g);
	if (!g->created_by && g->n_stack)
		pager_text(p, STYLE_DIM, "the source does not tell who started it");
}

/* ---- what filters see ---- */

const char *const stack_names[] = { "func", "file", "pkg", "created", "waits", "label.", NULL };

/* "net/http" of "net/http.(*conn).serve". */
static struct str package_of(struct str func)
{
	const char *slash = func.len ? memrchr(func.p, '/', func.len) : NULL;
	uint32_t from = slash ? (uint32_t)(slash - func.p) : 0;
	const char *dot = func.len ? memchr(func.p + from, '.', func.len - from) : NULL;

	return dot ? (struct str){ func.p, (uint32_t)(dot - func.p) } : func;
}

/* "(*conn).serve", which is what people type. */
static struct str after_package(struct str func)
{
	uint32_t n = package_of(func).len;

	return n < func.len ? (struct str){ func.p + n + 1, func.len - n - 1 } : func;
}

static bool frame_any(const struct frame *f, struct str name, filter_test *test,
		      const void *test_arg)
{
	if (name.len == 0)
		return test(test_arg, f->func) || test(test_arg, f->file);
	if (str_is(name, "func") || str_is(name, "created"))
		return test(test_arg, f->func) || test(test_arg, after_package(f->func));
	if (str_is(name, "file"))
		return test(test_arg, f->file) || test(test_arg, file_base(f->file));
	return str_is(name, "pkg") && test(test_arg, package_of(f->func));
}

static bool label_any(const struct group_row *g, struct str name, filter_test *test,
		      const void *test_arg)
{
	struct str key = { name.p + sizeof("label.") - 1,
			   name.len - (uint32_t)(sizeof("label.") - 1) };

	for (uint32_t i = 0; i < g->n_labels; i++) {
		if (str_eq(g->labels[i].name, key) && test(test_arg, g->labels[i].value))
			return true;
	}
	return false;
}

bool stack_any(const struct group_row *g, struct str name, filter_test *test, const void *test_arg)
{
	if (str_starts(name, "label."))
		return label_any(g, name, test, test_arg);
	if (str_is(name, "created"))
		return g->created_by && frame_any(g->created_by, name, test, test_arg);
	if (str_is(name, "waits")) {
		for (uint32_t i = 0; i < g->n_states; i++) {
			if (test(test_arg, str_of(g->states[i].state)))
				return true;
		}
		return g->n_states == 0 && g->state && test(test_arg, str_of(g->state));
	}
	for (uint32_t i = 0; i < g->n_stack; i++) {
		if (frame_any(&g->stack[i], name, test, test_arg))
			return true;
	}
	return false;
}
