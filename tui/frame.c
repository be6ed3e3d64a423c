#include "tui/frame.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/view.h"

enum {
	LINE_PROCESS,
	LINE_FINDING,
	LINE_VIEWS,
	HEAD_LINES,
	FOOT_LINES = 1,
	SENTENCE_MAX = 512,
	CRUMB_MIN = 12,
	MESSAGE_ROWS_MAX = 4,
};

struct draw frame_body(const struct draw *d)
{
	return draw_box(d, HEAD_LINES, 0, d->h - HEAD_LINES - FOOT_LINES, d->w);
}

/* ---- line 1: the process ---- */

static const char *const source_short[SOURCE_COUNT] = {
	[SOURCE_MEMORY] = "mem",   [SOURCE_BPF] = "bpf",	 [SOURCE_PROC] = "proc",
	[SOURCE_PPROF] = "pprof",  [SOURCE_METRICS] = "metr",	 [SOURCE_EXPVAR] = "expv",
	[SOURCE_HYSTRIX] = "hyst", [SOURCE_PROMETHEUS] = "prom",
};

struct light {
	const char *sign;
	enum style style;
};

/* An answer older than three rounds, and than five seconds, is stale. */
static bool is_stale(const struct ui *ui, const struct source_status *s)
{
	uint64_t age = ui->now_ns > s->t_ns ? ui->now_ns - s->t_ns : 0;
	uint64_t every = s->every_ns > ui->interval_ns ? s->every_ns : ui->interval_ns;

	return age > 3 * every && age > 5 * NS_PER_S;
}

static struct light light_of(const struct ui *ui, const struct source_status *s)
{
	switch (s->state) {
	case SOURCE_OK:
		return is_stale(ui, s) ? (struct light){ "◐", STYLE_WARN }
				       : (struct light){ "●", STYLE_OK };
	case SOURCE_FAILED:
	case SOURCE_DENIED:
		return (struct light){ "✗", STYLE_ALARM };
	default:
		return (struct light){ "○", STYLE_DIM };
	}
}

static bool has_light(const struct source_status *s, bool absent_too)
{
	return s->state != SOURCE_OFF && (absent_too || s->state >= SOURCE_FAILED);
}

static int lights_width(const struct target *t, bool absent_too)
{
	int w = 0;

	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (has_light(&t->sources[i], absent_too))
			w += (int)strlen(source_short[i]) + 2;
	}
	return w;
}

static void draw_lights(const struct ui *ui, const struct target *t, struct draw *d, int col,
			bool absent_too)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct light l = light_of(ui, &t->sources[i]);

		if (!has_light(&t->sources[i], absent_too))
			continue;
		col += draw_text(d, 0, col, -1, STYLE_DIM, source_short[i]);
		draw_text(d, 0, col, 1, l.style, l.sign);
		col += 2;
	}
}

/* LIVE 1s, or in reverse how old the picture is. Returns the column where it starts. */
static int draw_clock(const struct ui *ui, struct draw *d)
{
	char text[96], at[FMT_MAX], age[FMT_MAX];
	int w;

	if (ui->paused) {
		fmt_clock(at, ui->paused_unix_ns);
		fmt_num(age, (double)(ui->now_unix_ns - ui->paused_unix_ns) / 1e9, UNIT_S);
		w = snprintf(text, sizeof(text), " PAUSED %s (-%s) ", at, age);
	} else {
		w = snprintf(text, sizeof(text), " LIVE %s ",
			     fmt_num(age, (double)ui->interval_ns / 1e9, UNIT_S));
	}
	draw_text(d, 0, d->w - w, w, ui->paused ? STYLE_HEAD : STYLE_OK, text);
	return d->w - w;
}

enum { ITEMS_MAX = 6, ITEM_MAX = 128 };

/* What stands at the left, most important first. */
struct items {
	char text[ITEMS_MAX][ITEM_MAX];
	int n;
};

__attribute__((format(printf, 2, 3))) static void add_item(struct items *it, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(it->text[it->n++], ITEM_MAX, fmt, ap);
	va_end(ap);
}

static void collect_items(struct items *it, const struct ui *ui, const struct target *t,
			  size_t n_targets)
{
	char up[FMT_MAX];

	it->n = 0;
	add_item(it, "%s", t->name ? t->name : t->asked);
	if (n_targets > 1)
		add_item(it, "%zu/%zu", ui->target + 1, n_targets);
	if (t->pid)
		add_item(it, "pid %d", (int)t->pid);
	if (t->build && t->build->go.len) {
		const char *blank = memchr(t->build->go.p, ' ', t->build->go.len);

		add_item(it, "%.*s", blank ? (int)(blank - t->build->go.p) : (int)t->build->go.len,
			 t->build->go.p);
	}
	if (isfinite(t->facts.sched.gomaxprocs))
		add_item(it, "%.0fP", t->facts.sched.gomaxprocs);
	if (t->start_unix_ns && !t->gone_unix_ns && ui->now_unix_ns > t->start_unix_ns)
		add_item(it, "up %s",
			 fmt_num(up, (double)(ui->now_unix_ns - t->start_unix_ns) / 1e9, UNIT_S));
}

static int items_width(const struct items *it, const struct draw *d)
{
	int w = 0;

	for (int i = 0; i < it->n; i++)
		w += draw_width(d, str_of(it->text[i])) + 2;
	return w;
}

/* The name, cut if it must be; then whatever fits whole. */
static void draw_items(const struct items *it, struct draw *d, int end)
{
	int col = 1, w = draw_width(d, str_of(it->text[0]));

	col += draw_text(d, 0, col, w < end - col ? w : end - col, STYLE_BOLD, it->text[0]) + 2;
	for (int i = 1; i < it->n; i++) {
		w = draw_width(d, str_of(it->text[i]));
		if (col + w > end)
			return;
		col += draw_text(d, 0, col, w, STYLE_NORMAL, it->text[i]) + 2;
	}
}

static void draw_process(const struct ui *ui, const struct target *t, struct draw *d,
			 size_t n_targets)
{
	struct items it;
	int right = draw_clock(ui, d);
	bool absent_too;

	collect_items(&it, ui, t, n_targets);
	absent_too = 1 + items_width(&it, d) + lights_width(t, true) <= right;
	right -= lights_width(t, absent_too);
	draw_lights(ui, t, d, right, absent_too);
	draw_items(&it, d, right - 1);
}

/* ---- line 2: the worst finding ---- */

static size_t known_numbers(const struct target *t)
{
	const struct {
		const struct table *table;
		const void *row;
	} facts[] = {
		{ &table_sched, &t->facts.sched },     { &table_goroutines, &t->facts.goroutines },
		{ &table_memory, &t->facts.memory },   { &table_net, &t->facts.net },
		{ &table_process, &t->facts.process },
	};
	size_t n = t->n_groups + t->n_breakers + t->n_limiters + t->n_requests;

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		for (size_t f = 0; f < facts[i].table->n_fields; f++)
			n += isfinite(field_num(&facts[i].table->fields[f], facts[i].row)) != 0;
	}
	return n;
}

/* The first source that should answer and does not; SOURCE_COUNT: none. */
static int failed_source(const struct target *t)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (t->sources[i].state == SOURCE_FAILED || t->sources[i].state == SOURCE_DENIED)
			return i;
	}
	return SOURCE_COUNT;
}

/* /proc alone tells too little to say that nothing is wrong. */
static bool is_judged(const struct target *t)
{
	static const enum source telling[] = { SOURCE_MEMORY, SOURCE_BPF, SOURCE_PPROF,
					       SOURCE_METRICS };

	if (t->metrics_source == SOURCE_PROMETHEUS)
		return true;
	for (size_t i = 0; i < sizeof(telling) / sizeof(*telling); i++) {
		if (t->sources[telling[i]].state == SOURCE_OK)
			return true;
	}
	return false;
}

static enum style no_finding(const struct target *t, const struct ui *ui, char *buf)
{
	char since[FMT_MAX], n[FMT_MAX];
	int failed = failed_source(t);
	bool any = false;

	for (int i = 0; i < SOURCE_COUNT; i++)
		any = any || t->sources[i].state == SOURCE_OK;
	if (!any && failed == SOURCE_COUNT) {
		snprintf(buf, SENTENCE_MAX, "waiting for the first answer");
		return STYLE_DIM;
	}
	if (!any) {
		snprintf(buf, SENTENCE_MAX, "▲ %s: %s", source_name((enum source)failed),
			 t->sources[failed].detail);
		return STYLE_ALARM;
	}
	if (t->is_server) {
		snprintf(buf, SENTENCE_MAX, "%s", t->sources[SOURCE_PROMETHEUS].note);
		return STYLE_DIM;
	}
	if (!is_judged(t)) {
		snprintf(buf, SENTENCE_MAX,
			 "nothing to judge by: memory %s, pprof %s, metrics %s (i tells why)",
			 source_state_name(t->sources[SOURCE_MEMORY].state),
			 source_state_name(t->sources[SOURCE_PPROF].state),
			 source_state_name(t->sources[SOURCE_METRICS].state));
		return STYLE_WARN;
	}
	fmt_num(n, (double)known_numbers(t), UNIT_COUNT);
	fmt_num(since, (double)(ui->now_ns - t->first_ns) / 1e9, UNIT_S);
	snprintf(buf, SENTENCE_MAX, "no findings; watching %s signals, %s of history", n, since);
	return STYLE_DIM;
}

static enum style worst_sentence(const struct ui *ui, const struct model *m, char *buf)
{
	const struct target *t = ui_target(ui, m);
	char at[FMT_MAX];

	if (!t) {
		snprintf(buf, SENTENCE_MAX, "no target");
		return STYLE_DIM;
	}
	if (t->gone_unix_ns) {
		snprintf(buf, SENTENCE_MAX, "▲ process %d exited at %s", (int)t->pid,
			 fmt_clock(at, t->gone_unix_ns));
		return STYLE_ALARM;
	}
	if (t->n_findings == 0)
		return no_finding(t, ui, buf);
	snprintf(buf, SENTENCE_MAX, "▲ %s", t->findings[0].text);
	return t->findings[0].score >= 0.8 ? STYLE_ALARM : STYLE_WARN;
}

static void draw_finding(const struct ui *ui, const struct model *m, struct draw *d)
{
	const struct target *t = ui_target(ui, m);
	char buf[SENTENCE_MAX], more[FMT_MAX] = "";
	enum style st = worst_sentence(ui, m, buf);
	int w = 0;

	if (t && !t->gone_unix_ns && t->n_findings > 1)
		w = snprintf(more, sizeof(more), " +%zu more", t->n_findings - 1);
	draw_text(d, LINE_FINDING, 1, d->w - 2 - w, st, buf);
	draw_spot(d, LINE_FINDING, 0, -1, '8');
	draw_right(d, LINE_FINDING, d->w - 1 - w, w, STYLE_DIM, more);
}

void frame_draw_alarm_only(const struct ui *ui, const struct model *m, struct draw *d)
{
	char buf[SENTENCE_MAX];
	enum style st = worst_sentence(ui, m, buf);

	draw_wrap(d, 0, 0, d->h, d->w, st, buf);
}

/* ---- line 3: the views ---- */

/* Those that have a number; the others' names stand at the end when they are shown. */
static bool has_tab(enum view_id id)
{
	return id >= VIEW_OVERVIEW && id <= VIEW_WHY;
}

static int draw_tab(const struct ui *ui, struct draw *d, int col, enum view_id id)
{
	bool here = ui->view == id;
	bool crowded = ui->sel[ui->view].open && d->w < 120; /* the crumb needs the room */
	bool fits = d->w >= 90 || (d->w >= 80 && has_tab(ui->view));
	bool named = here || (fits && !crowded);
	int w = draw_textf(d, LINE_VIEWS, col, -1, here ? STYLE_SELECTED : STYLE_KEY, "%d",
			   (int)id);

	if (named)
		w += draw_textf(d, LINE_VIEWS, col + w, -1, here ? STYLE_SELECTED : STYLE_DIM,
				" %s", views[id]->title);
	draw_spot(d, LINE_VIEWS, col, w, '0' + (int)id);
	return w + 1;
}

/* What a row is called: of its texts the one that people know it by. */
static const char *row_title(const struct list_ops *ops, const void *row)
{
	static const char *const keys[] = { "site", "name", "route", "func", "text", "m_state" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const struct field *f = field_find(ops->table, keys[i]);

		if (f && f->type == FIELD_TEXT && field_text(f, row))
			return field_text(f, row);
	}
	return NULL;
}

/* Where one is below a view: "› client.go:88 client.do". */
static void draw_crumb(const struct ui *ui, struct draw *d, int col)
{
	const struct list_ops *ops = views[ui->view]->list;
	const void *row = ops && ui->sel[ui->view].open ? list_selected(&ui->list) : NULL;
	const char *title = row ? row_title(ops, row) : NULL;

	if (!title || d->w - col < CRUMB_MIN)
		return;
	col += draw_text(d, LINE_VIEWS, col, -1, STYLE_DIM, "› ");
	draw_text(d, LINE_VIEWS, col, d->w - 1 - col, STYLE_BOLD, title);
}

static void draw_views(const struct ui *ui, struct draw *d)
{
	int col = 1;

	for (int id = VIEW_OVERVIEW; id <= VIEW_WHY; id++)
		col += draw_tab(ui, d, col, (enum view_id)id);
	if (!has_tab(ui->view))
		col += draw_text(d, LINE_VIEWS, col, -1, STYLE_SELECTED, views[ui->view]->title) +
		       1;
	draw_crumb(ui, d, col);
}

/* ---- last line: keys and cost ---- */

static int draw_cost(const struct target *t, struct draw *d, int row)
{
	char own[FMT_MAX], target[FMT_MAX], text[96];
	const struct cost_facts *c = t ? &t->facts.cost : NULL;
	int w;

	fmt_num(own, c ? c->own_cpu_pct : NAN, UNIT_PCT);
	fmt_num(target, c ? c->target_cpu_pct : NAN, UNIT_PCT);
	if (d->w >= 100)
		w = snprintf(text, sizeof(text), "cost: gmptop %5s  target %5s", own, target);
	else
		w = snprintf(text, sizeof(text), "cost %5s", own);
	draw_text(d, row, d->w - w, w, STYLE_DIM, text);
	return d->w - w;
}

static void draw_keys(const struct ui *ui, const struct target *t, struct draw *d, int row)
{
	int end = draw_cost(t, d, row) - 1, col = 1;
	const struct view_ops *ops = views[ui->view];
	bool open = ui->sel[ui->view].open, list = ops->list && !open;
	char name[KEY_NAME_MAX];

	for (size_t i = 0; i < n_keys; i++) {
		const struct key_entry *k = &key_table[i];
		bool lists_only = k->action == ACTION_PROMPT || k->action == ACTION_SORT;

		bool opens = !open && (ops->opens || ops->leads_to);

		if (!k->label || (lists_only && !list) || (k->action == ACTION_OPEN && !opens))
			continue;
		key_text(k->keys[0], name);
		if (col + draw_width(d, str_of(name)) + 1 + (int)strlen(k->label) > end)
			break;
		draw_spot(d, row, col, draw_width(d, str_of(name)) + 1 + (int)strlen(k->label),
			  k->keys[0]);
		col += draw_text(d, row, col, -1, STYLE_KEY, name) + 1;
		col += draw_text(d, row, col, -1, STYLE_NORMAL, k->label) + 2;
	}
}

/* Whole, over as many lines as it takes: what something costs is often told at its end. */
static void draw_message(struct draw *d, const char *message)
{
	struct str rest = str_of(message);
	int rows = 0, top;

	while (rest.len && rows < MESSAGE_ROWS_MAX) {
		draw_break(d, &rest, d->w - 2);
		rows++;
	}
	top = d->h - rows;
	for (int row = top; row < d->h; row++)
		draw_fill(d, row, 0, d->w, STYLE_NORMAL, ' ');
	draw_wrap(d, top, 1, rows, d->w - 2, STYLE_BOLD, message);
}

static void draw_foot(const struct ui *ui, const struct model *m, struct draw *d)
{
	int row = d->h - 1;

	if (ui->prompt != PROMPT_NONE) {
		static const char *const asks[] = { [PROMPT_SEARCH] = "search: ",
						    [PROMPT_FILTER] = "filter: ",
						    [PROMPT_COMMAND] = ": " };
		int col = draw_text(d, row, 1, -1, STYLE_KEY, asks[ui->prompt]);

		col += 1 + draw_text(d, row, col + 1, -1, STYLE_BOLD, ui->input);
		draw_fill(d, row, col, 1, STYLE_SELECTED, ' ');
		return;
	}
	if (ui->message[0])
		draw_message(d, ui->message);
	else
		draw_keys(ui, ui_target(ui, m), d, row);
}

void frame_draw(const struct ui *ui, const struct model *m, struct draw *d)
{
	const struct target *t = ui_target(ui, m);

	if (t)
		draw_process(ui, t, d, m->n_targets);
	else
		draw_text(d, LINE_PROCESS, 1, -1, STYLE_BOLD, "gmptop");
	draw_finding(ui, m, d);
	draw_views(ui, d);
	draw_foot(ui, m, d);
}
