#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "tui/view.h"

/* Targets are no rows of core/tables.c; the columns are this screen's alone. */
#define COLUMN(member, kind, u, head, text)                                            \
	{                                                                              \
		.key = #member, .title = (head), .help = (text), .type = FIELD_##kind, \
		.unit = UNIT_##u, .offset = offsetof(struct target, member),           \
	}

static const struct field fields[] = {
	COLUMN(name, TEXT, NONE, "target", "its name"),
	COLUMN(state, TEXT, NONE, "worst finding", "the worst finding, or why nothing is known"),
	COLUMN(facts.goroutines.total, NUM, COUNT, "goroutines", "goroutines"),
	COLUMN(by_runnable, NUM, COUNT, "runnable", "goroutines that wait for a P"),
	COLUMN(facts.sched.runq_total, NUM, COUNT, "queued",
	       "goroutines in the Ps' local run queues"),
	COLUMN(facts.process.cpu_pct, NUM, PCT, "cpu", "CPU time, in per cent of one core"),
	COLUMN(facts.memory.heap_live_bytes, NUM, BYTES, "heap",
	       "bytes in live and not yet swept objects"),
	COLUMN(facts.memory.rss_bytes, NUM, BYTES, "rss", "memory in RAM"),
	COLUMN(breakers, TEXT, NONE, "breakers", "how many breakers are open, of how many"),
};

static const struct table table = {
	.key = "targets",
	.title = "Targets",
	.help = "all targets",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(*fields),
	.row_size = sizeof(struct target),
	.rows = true,
};

static uint64_t target_key(const void *row)
{
	const struct target *t = row;

	return hash_str(HASH_START, str_of(t->asked ? t->asked : t->name ? t->name : "")) | 1;
}

static const char *worst(const struct target *t, char *buf)
{
	char at[FMT_MAX];

	if (t->gone_unix_ns) {
		snprintf(buf, LIST_TEXT_MAX, "exited at %s", fmt_clock(at, t->gone_unix_ns));
		return buf;
	}
	if (t->n_findings)
		return t->findings[0].text;
	if (target_reached(t))
		return "ok";
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (t->sources[i].state == SOURCE_FAILED || t->sources[i].state == SOURCE_DENIED)
			return t->sources[i].detail;
	}
	return "waiting for the first answer";
}

static const char *open_breakers(const struct target *t, char *buf)
{
	size_t open = 0;

	for (size_t i = 0; i < t->n_breakers; i++)
		open += t->breakers[i].state && strcmp(t->breakers[i].state, "open") == 0;
	if (t->n_breakers == 0)
		return "-";
	snprintf(buf, LIST_TEXT_MAX, open ? "%zu OPEN!/%zu" : "%zu/%zu", open, t->n_breakers);
	return buf;
}

static const char *target_text(const void *row, const struct field *f, char *buf)
{
	const struct target *t = row;

	if (f->offset == offsetof(struct target, name))
		return t->name ? t->name : t->asked;
	if (f->offset == offsetof(struct target, state))
		return worst(t, buf);
	if (f->offset == offsetof(struct target, breakers))
		return open_breakers(t, buf);
	return NULL;
}

static enum style target_style(const void *row, const struct field *f)
{
	const struct target *t = row;

	if (f->offset != offsetof(struct target, state))
		return STYLE_NORMAL;
	if (t->gone_unix_ns || !target_reached(t))
		return STYLE_ALARM;
	if (t->n_findings == 0)
		return STYLE_OK;
	return t->findings[0].score >= 0.8 ? STYLE_ALARM : STYLE_WARN;
}

static const struct column columns[] = {
	{ .key = "name", .width = 14, .share = 1, .both_ends = true },
	{ .key = "facts.goroutines.total", .width = 10, .rank = 2 },
	{ .key = "facts.sched.runq_total", .width = 6, .rank = 3, .optional = true },
	{ .key = "facts.process.cpu_pct", .width = 6, .rank = 3 },
	{ .key = "facts.memory.heap_live_bytes", .width = 6, .rank = 4 },
	{ .key = "breakers", .width = 10, .rank = 1 },
	{ .key = "state", .width = 24, .share = 4 },
	{ .key = "facts.memory.rss_bytes", .width = 6, .rank = 5 },
	{ .key = "by_runnable", .width = 8, .rank = 5 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table,
	.columns = columns,
	.row_key = target_key,
	.text = target_text,
	.style = target_style,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)t;
	for (size_t i = 0; i < m->n_targets; i++)
		list_add(l, &m->targets[i]);
}

static enum view_id leads_to(const struct view *v)
{
	const struct target *t = list_selected(&v->ui->list);

	if (!t)
		return VIEW_COUNT;
	v->ui->target = (size_t)(t - v->m->targets);
	return VIEW_OVERVIEW;
}

static void draw(const struct view *v, struct draw *d)
{
	list_draw(&v->ui->list, d, "no targets: start gmptop with a PID, a process name or a URL");
}

const struct view_ops targets_view = {
	.title = "Targets",
	.help = "one row for each target, its worst finding first; Enter opens it",
	.draw = draw,
	.list = &list,
	.collect = collect,
	.leads_to = leads_to,
	.no_target = true,
};
