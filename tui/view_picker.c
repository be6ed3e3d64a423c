#include "tui/view_picker.h"

#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "tui/keys.h"

#define COLUMN(member, kind, u, w, head, text)                                                 \
	{                                                                                      \
		.key = #member, .title = (head), .help = (text), .type = FIELD_##kind,         \
		.unit = UNIT_##u, .offset = offsetof(struct picker_row, member), .width = (w), \
	}

static const struct field fields[] = {
	COLUMN(pid, NUM, COUNT, 8, "pid", "process id"),
	COLUMN(name, TEXT, NONE, 20, "name", "the executable's base name"),
	COLUMN(go, TEXT, NONE, 10, "go", "the Go version it was built with"),
	COLUMN(age_s, NUM, S, 7, "age", "since it was started"),
	COLUMN(cpu_pct, NUM, PCT, 6, "cpu",
	       "CPU time over the last interval, in per cent of one core"),
	COLUMN(rss_bytes, NUM, BYTES, 6, "rss", "memory in RAM"),
};

static const struct table table = {
	.key = "processes",
	.title = "Processes",
	.help = "the Go processes of this host",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(*fields),
	.row_size = sizeof(struct picker_row),
	.rows = true,
};

static uint64_t picker_row_key(const void *row)
{
	return (uint64_t)((const struct picker_row *)row)->pid | 1ull << 32;
}

/* A pid is a name: no separators. */
static const char *picker_text(const void *row, const struct field *f, char *buf)
{
	if (f->offset != offsetof(struct picker_row, pid))
		return NULL;
	snprintf(buf, LIST_TEXT_MAX, "%.0f", ((const struct picker_row *)row)->pid);
	return buf;
}

static const struct column columns[] = {
	{ .key = "pid", .width = 8 },
	{ .key = "name", .width = 16, .share = 3 },
	{ .key = "cpu_pct", .width = 6, .rank = 1 },
	{ .key = "rss_bytes", .width = 6, .rank = 2 },
	{ .key = "age_s", .width = 7, .rank = 3 },
	{ .key = "go", .width = 10, .share = 1, .rank = 3 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table,
	.columns = columns,
	.row_key = picker_row_key,
	.text = picker_text,
};

void picker_init(struct picker *p)
{
	*p = (struct picker){ .glyphs = GLYPHS_BLOCK };
}

void picker_release(struct picker *p)
{
	list_release(&p->list);
}

static void collect(struct picker *p)
{
	list_start(&p->list, &list, &p->sel);
	for (size_t i = 0; i < p->n_rows; i++)
		list_add(&p->list, &p->rows[i]);
	list_finish(&p->list);
}

static void choose(struct picker *p)
{
	const struct picker_row *r = list_selected(&p->list);

	if (r)
		p->chosen = (pid_t)r->pid;
}

static void act(struct picker *p, const struct key_entry *k)
{
	int page = p->list.page_rows > 1 ? p->list.page_rows - 1 : 1;

	switch (k->action) {
	case ACTION_QUIT:
		p->quit = true;
		break;
	case ACTION_MOVE:
		list_move(&p->list, k->arg);
		break;
	case ACTION_PAGE:
		list_move(&p->list, k->arg * page);
		break;
	case ACTION_OPEN:
		choose(p);
		break;
	case ACTION_BACK:
		p->sel.filter[0] = '\0';
		break;
	case ACTION_PROMPT:
		p->filtering = k->arg != PROMPT_COMMAND;
		break;
	case ACTION_SORT:
		if (k->arg)
			p->sel.reverse = !p->sel.reverse;
		else
			p->sel.sort = columns[p->sel.sort].key ? p->sel.sort + 1 : 0;
		break;
	case ACTION_REDRAW:
		p->redraw_all = true;
		break;
	case ACTION_SUSPEND:
		p->suspend = true;
		break;
	default:
		break;
	}
}

/* A click on the row under the cursor opens it. */
static void click_line(struct picker *p, int line)
{
	uint64_t before = p->sel.key;

	if (list_select_drawn(&p->list, line) && p->sel.key == before)
		choose(p);
}

void picker_key(struct picker *p, int key)
{
	const struct key_entry *k = key_find(key);

	collect(p);
	if (key >= K_LINE && key < K_COLUMN) {
		click_line(p, key - K_LINE);
		return;
	}
	if (p->filtering && key != K_UP && key != K_DOWN) {
		p->filtering = key != K_ENTER && key != K_ESC;
		if (key == K_ESC)
			p->sel.filter[0] = '\0';
		else if (p->filtering)
			text_edit(p->sel.filter, sizeof(p->sel.filter), key);
		return;
	}
	if (k)
		act(p, k);
}

void picker_draw(struct picker *p, struct grid *g)
{
	struct draw all = { g, 0, 0, g->w, g->h, p->glyphs };
	struct draw body = draw_box(&all, 2, 0, g->h - (p->note ? 4 : 3), g->w);
	int last = g->h - 1;

	grid_clear(g);
	collect(p);
	draw_text(&all, 0, 1, -1, STYLE_BOLD, "gmptop: the Go processes of this host");
	list_draw(
		&p->list, &body,
		"no Go processes seen; looked in /proc. gmptop takes a URL, too: gmptop host:6060");
	if (p->note && g->h > 4)
		draw_text(&all, last - 1, 1, g->w - 1, STYLE_DIM, p->note);
	if (p->filtering) {
		int col = 9 +
			  draw_textf(&all, last, 1, -1, STYLE_KEY, "filter: %s", p->sel.filter) - 8;

		draw_fill(&all, last, col, 1, STYLE_SELECTED, ' ');
	} else {
		draw_text(&all, last, 1, g->w - 1, STYLE_NORMAL,
			  "Enter open  \\ filter  s sort  q quit");
	}
}
