#include <stdio.h>
#include <string.h>

#include "tui/pager.h"
#include "tui/view.h"

enum { KEY_COLS = 20, NAME_COLS = 16 };

static void draw_key(struct pager *p, const struct key_entry *k)
{
	char text[KEYS_PER_ENTRY * (KEY_NAME_MAX + 1)], name[KEY_NAME_MAX];
	struct draw d;
	size_t n = 0;
	int row = p->line - p->top;

	for (int i = 0; i < KEYS_PER_ENTRY && k->keys[i]; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
				      key_text(k->keys[i], name));
	if (row >= 0) {
		d = draw_box(&p->d, row, 0, 1, p->d.w);
		draw_text(&d, 0, 2, KEY_COLS - 3, STYLE_BOLD, text);
	}
	pager_wrap(p, KEY_COLS, STYLE_NORMAL, k->help);
}

static void draw_column(struct pager *p, const struct list_ops *l, const struct column *c)
{
	const struct field *f = field_find(l->table, c->key);
	int row = p->line - p->top;

	if (row >= 0)
		draw_text(&p->d, row, 2, KEY_COLS - 3, STYLE_BOLD,
			  c->title   ? c->title
			  : f->title ? f->title
				     : f->key);
	pager_wrap(p, KEY_COLS, STYLE_NORMAL, f->help);
}

static void draw(const struct view *v, struct draw *d)
{
	const struct view_ops *about = views[v->ui->back];
	struct pager p = { .d = draw_box(d, 0, 1, d->h, d->w - 2), .top = v->sel->detail_top };

	pager_textf(&p, STYLE_BOLD, "%s", about->title);
	pager_wrap(&p, 2, STYLE_NORMAL, about->help);
	if (about->list) {
		pager_gap(&p);
		pager_text(&p, STYLE_BOLD, "Its columns");
		for (size_t i = 0; about->list->columns[i].key; i++)
			draw_column(&p, about->list, &about->list->columns[i]);
	}
	pager_gap(&p);
	pager_text(&p, STYLE_BOLD, "Keys");
	for (size_t i = 0; i < n_keys; i++)
		draw_key(&p, &key_table[i]);
	pager_gap(&p);
	pager_text(&p, STYLE_BOLD, "Signs");
	pager_wrap(&p, 2, STYLE_NORMAL,
		   "Sources in the first line: ● fresh, ◐ stale, ○ absent, ✗ failed or denied. "
		   "\"-\" is not known, which is not 0. ▲ the worst finding.");
	pager_end(&p, &v->sel->detail_top);
}

const struct view_ops help_view = {
	.title = "Help",
	.help = "what the view shows, its columns, all keys",
	.draw = draw,
	.no_target = true,
};
