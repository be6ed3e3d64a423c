/* grid.h - a screen as cells, before any terminal: what a view draws into, what --dump prints, what
 * the golden tests compare and what term.c paints. Drawing clips: nothing lands outside. */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <uchar.h>

enum style {
	STYLE_NORMAL,
	STYLE_DIM, /* labels, units, what matters less */
	STYLE_BOLD,
	STYLE_HEAD, /* column heads, bars: reverse */
	STYLE_OK,
	STYLE_WARN,
	STYLE_ALARM,	/* always with a word or sign: never by colour alone */
	STYLE_SELECTED, /* the row under the cursor: reverse */
	STYLE_CHART,
	STYLE_KEY, /* a key in the bottom line */
	STYLE_COUNT,
};

enum { CELL_MARKS_MAX = 2 };

struct cell {
	char32_t ch;			/* 0: the right half of a wide character */
	char32_t marks[CELL_MARKS_MAX]; /* combining marks, 0-filled */
	uint32_t style; /* enum style; fills the struct, so that rows compare bytewise */
};

enum { GRID_SPOTS_MAX = 256 };

/* A place for the mouse: what it stands for there, as a key (tui/keys.h). */
struct grid_spot {
	int row, col, w, key;
};

struct grid {
	int w, h;
	struct cell *cells; /* h rows of w */
	struct grid_spot spots[GRID_SPOTS_MAX];
	int n_spots;
};

void grid_init(struct grid *g, int w, int h); /* blank; w, h >= 1 */
void grid_release(struct grid *g);
void grid_resize(struct grid *g, int w, int h); /* blank again */
void grid_clear(struct grid *g);

/* A character of `width` columns (1 or 2) at a place inside the grid. A wide character that it cuts
 * in half becomes a blank, and so does a wide one that would stick out. */
void grid_put(struct grid *g, int row, int col, struct cell c, int width);
struct cell *grid_at(const struct grid *g, int row, int col);

/* Spots go when the grid is cleared; what was drawn last lies on top. Without room it is left out.
 */
void grid_add_spot(struct grid *g, struct grid_spot s);
int grid_spot_at(const struct grid *g, int row, int col); /* its key; 0: none there */

/* Prints exactly h lines of UTF-8 (ASCII when `ascii`), blanks at line ends cut off. */
void grid_print(const struct grid *g, bool ascii, FILE *out);

#endif
