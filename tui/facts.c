#include "tui/facts.h"

enum { LABEL_COLS = 19, VALUE_COLS = 9, PAIR_COLS = LABEL_COLS + VALUE_COLS, GAP = 4 };

static int columns_at(int w)
{
	int n = (w + GAP) / (PAIR_COLS + GAP);

	return n < 1 ? 1 : n;
}

static int count_shown(const struct table *t)
{
	int n = 0;

	for (size_t i = 0; i < t->n_fields; i++)
		n += t->fields[i].title && t->fields[i].type == FIELD_NUM;
	return n;
}

int facts_height(const struct table *t, int w)
{
	int cols = columns_at(w);

	return (count_shown(t) + cols - 1) / cols;
}

void facts_draw(struct draw *d, const struct table *t, const void *row)
{
	int h = facts_height(t, d->w), n = 0;

	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		int col;

		if (!f->title || f->type != FIELD_NUM || h == 0)
			continue;
		col = n / h * (PAIR_COLS + GAP);
		draw_text(d, n % h, col, LABEL_COLS, STYLE_DIM, f->title);
		draw_num(d, n % h, col + LABEL_COLS, VALUE_COLS, STYLE_NORMAL, field_num(f, row),
			 f->unit);
		n++;
	}
}
