#include "tui/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/base/xalloc.h"

static const struct cell blank = { .ch = ' ' };

void grid_init(struct grid *g, int w, int h)
{
	*g = (struct grid){ .w = w, .h = h };
	g->cells = xcalloc((size_t)w * (size_t)h, sizeof(*g->cells));
	grid_clear(g);
}

void grid_release(struct grid *g)
{
	free(g->cells);
	*g = (struct grid){ 0 };
}

void grid_resize(struct grid *g, int w, int h)
{
	if (w != g->w || h != g->h) {
		g->w = w;
		g->h = h;
		g->cells = xreallocarray(g->cells, (size_t)w * (size_t)h, sizeof(*g->cells));
	}
	grid_clear(g);
}

void grid_clear(struct grid *g)
{
	size_t n = (size_t)g->w * (size_t)g->h;

	for (size_t i = 0; i < n; i++)
		g->cells[i] = blank;
	g->n_spots = 0;
}

struct cell *grid_at(const struct grid *g, int row, int col)
{
	return &g->cells[(size_t)row * (size_t)g->w + (size_t)col];
}

/* Turns the other half of a wide character, of which the half at `col` is about to go, into a
 * blank. */
static void uncouple(struct grid *g, int row, int col)
{
	struct cell *c = grid_at(g, row, col);

	if (c->ch == 0 && col > 0)
		c[-1].ch = ' ';
	if (col + 1 < g->w && c[1].ch == 0)
		c[1].ch = ' ';
}

void grid_put(struct grid *g, int row, int col, struct cell c, int width)
{
	struct cell *at = grid_at(g, row, col);

	if (width == 2 && col + 1 >= g->w) {
		c.ch = ' ';
		width = 1;
	}
	uncouple(g, row, col);
	*at = c;
	if (width == 2) {
		uncouple(g, row, col + 1);
		at[0] = c;
		at[1] = (struct cell){ .ch = 0, .style = c.style };
	}
}

static void print_char(char32_t ch, FILE *out)
{
	char bytes[UTF8_MAX];
	size_t n = utf8_put(ch, bytes);

	fwrite(bytes, 1, n, out);
}

static void print_cell(const struct cell *c, bool ascii, FILE *out)
{
	if (ascii) {
		fputc(c->ch < 0x80 ? (int)c->ch : '?', out);
		return;
	}
	print_char(c->ch, out);
	for (int i = 0; i < CELL_MARKS_MAX && c->marks[i]; i++)
		print_char(c->marks[i], out);
}

void grid_print(const struct grid *g, bool ascii, FILE *out)
{
	for (int row = 0; row < g->h; row++) {
		const struct cell *c = grid_at(g, row, 0);
		int end = g->w;

		while (end > 0 && c[end - 1].ch == ' ')
			end--;
		for (int col = 0; col < end; col++) {
			if (c[col].ch)
				print_cell(&c[col], ascii, out);
			else if (ascii)
				fputc(' ', out);
		}
		fputc('\n', out);
	}
}

void grid_add_spot(struct grid *g, struct grid_spot s)
{
	if (g->n_spots < GRID_SPOTS_MAX)
		g->spots[g->n_spots++] = s;
}

int grid_spot_at(const struct grid *g, int row, int col)
{
	for (int i = g->n_spots; i-- > 0;) {
		const struct grid_spot *s = &g->spots[i];

		if (s->row == row && col >= s->col && col < s->col + s->w)
			return s->key;
	}
	return 0;
}
