#include "tui/copy.h"

#include <math.h>
#include <string.h>

#include "core/base/utf8.h"
#include "tui/view.h"

static void add_visible(struct buf *b, struct str s)
{
	while (s.len) {
		char bytes[UTF8_MAX];

		buf_add(b, bytes, utf8_put(utf8_visible(utf8_next(&s)), bytes));
	}
}

static void add_frame(struct buf *b, const struct frame *f, const char *before)
{
	buf_adds(b, before);
	add_visible(b, f->func);
	buf_adds(b, "\n\t");
	add_visible(b, f->file);
	buf_addf(b, ":%u\n", f->line);
}

static void add_stack(struct buf *b, const struct group_row *g)
{
	char count[FMT_MAX], oldest[FMT_MAX];

	buf_addf(b, "%s goroutines: ", fmt_num(count, g->count, UNIT_COUNT));
	add_visible(b, str_of(g->state ? g->state : "?"));
	if (isfinite(g->oldest_s))
		buf_addf(b, ", oldest %s", fmt_num(oldest, g->oldest_s, UNIT_S));
	if (g->labels_text) {
		buf_adds(b, ", labels ");
		add_visible(b, str_of(g->labels_text));
	}
	buf_adds(b, "\n");
	for (uint32_t i = 0; i < g->n_stack; i++)
		add_frame(b, &g->stack[i], "");
	if (g->created_by && g->created_by->func.len)
		add_frame(b, g->created_by, "created by ");
}

static void add_fields(struct buf *b, const struct table *t, const void *row)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		char num[FMT_MAX];
		const char *text = NULL;

		if (f->type == FIELD_NUM && isfinite(field_num(f, row)))
			text = fmt_num(num, field_num(f, row), f->unit);
		else if (f->type == FIELD_TEXT)
			text = field_text(f, row);
		if (!text)
			continue;
		buf_addf(b, "%s: ", f->title ? f->title : f->key);
		add_visible(b, str_of(text));
		buf_adds(b, "\n");
	}
}

static void add_row(struct buf *b, const struct list_ops *ops, const void *row)
{
	const struct leak_row *leak = ops->table == &table_leaks ? row : NULL;

	if (ops->table == &table_groups)
		add_stack(b, row);
	else if (leak && leak->row)
		add_stack(b, leak->row);
	else
		add_fields(b, ops->table, row);
}

static void add_tagged(struct buf *b, const struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!list_is_tagged(l->sel, l->ops->row_key(l->rows[i])))
			continue;
		if (b->len)
			buf_adds(b, "\n");
		add_row(b, l->ops, l->rows[i]);
	}
}

bool copy_row(struct ui *ui, const struct model *m, struct buf *ret)
{
	const struct target *t = ui_target(ui, m);
	const struct view_ops *ops = views[ui->view];
	const void *row;

	ui_collect(ui, m, ui->view);
	row = ops->list ? list_selected(&ui->list) : NULL;
	if (row && ui->sel[ui->view].n_tags && !ui->sel[ui->view].open)
		add_tagged(ret, &ui->list);
	else if (row)
		add_row(ret, ops->list, row);
	else if (t && t->n_findings)
		add_visible(ret, str_of(t->findings[0].text));
	return ret->len > 0;
}

/* ---- commands ---- */

/* For a shell, whatever stands in it. */
static void add_quoted(struct buf *b, const char *s)
{
	buf_adds(b, "'");
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(b, "'\\''");
		else if ((unsigned char)*s >= ' ' && *s != 0x7f)
			buf_add(b, s, 1);
	}
	buf_adds(b, "'");
}

static void add_curl(struct buf *b, const char *base, const char *path)
{
	char url[1024];

	snprintf(url, sizeof(url), "%s%s", base, path);
	buf_adds(b, "curl -sS ");
	add_quoted(b, url);
}

static void add_once(struct buf *b, const struct target *t, const char *what)
{
	buf_adds(b, "gmptop once --json ");
	add_quoted(b, t->asked);
	buf_addf(b, " | jq '.targets[0]%s'", what);
}

bool copy_command(struct ui *ui, const struct model *m, struct buf *ret)
{
	static const char *const parts[VIEW_COUNT] = {
		[VIEW_SCHED] = ".sched",       [VIEW_GOROUTINES] = ".goroutines",
		[VIEW_LEAKS] = ".leaks",       [VIEW_BREAKERS] = " | .breakers, .limiters",
		[VIEW_REQUESTS] = ".requests", [VIEW_MEMORY] = ".memory",
		[VIEW_WHY] = ".findings",      [VIEW_INFO] = ".build",
	};
	const struct target *t = ui_target(ui, m);
	const char *base = t && t->url && strncmp(t->url, "http", 4) == 0 ? t->url : NULL;

	if (!t)
		return false;
	if (base && ui->view == VIEW_GOROUTINES && t->groups_source == SOURCE_PPROF)
		add_curl(ret, base, "/debug/pprof/goroutine?debug=1");
	else if (base && ui->view == VIEW_REQUESTS && t->sources[SOURCE_METRICS].ok_ns)
		add_curl(ret, base, "/metrics");
	else
		add_once(ret, t, parts[ui->view] ? parts[ui->view] : "");
	return true;
}
