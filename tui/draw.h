/* draw.h - the one door through which anything reaches a screen: text is sanitised (control bytes,
 * C1, bidi controls, broken UTF-8 become visible harmless signs), measured in columns and
 * clipped to the box; numbers get their unit here and nowhere else; unknown is "-". */
#ifndef DRAW_H
#define DRAW_H

#include "core/base/str.h"
#include "core/field.h"
#include "tui/fmt.h"
#include "tui/grid.h"

enum glyphs { GLYPHS_ASCII, GLYPHS_BLOCK, GLYPHS_BRAILLE };

/* A box on a grid; rows and columns count from its corner. */
struct draw {
	struct grid *grid;
	int row, col, w, h;
	enum glyphs glyphs;
};

struct draw draw_box(const struct draw *d, int row, int col, int h,
		     int w); /* a part of it, clipped */

/* At most `cols` columns of foreign or own text, padded with blanks to `cols`; what does not fit
 * ends in "…" ("~" in ASCII). cols < 0: to the end of the box, without padding.
 * Returns the columns that the text took. */
int draw_text(struct draw *d, int row, int col, int cols, enum style st, const char *s);
int draw_str(struct draw *d, int row, int col, int cols, enum style st, struct str s);
/* As draw_text; what is too long is cut in its middle, so that both ends show. */
int draw_middle(struct draw *d, int row, int col, int cols, enum style st, const char *s);
int draw_right(struct draw *d, int row, int col, int cols, enum style st,
	       const char *s); /* right-aligned */
__attribute__((format(printf, 6, 7))) int draw_textf(struct draw *d, int row, int col, int cols,
						     enum style st, const char *fmt, ...);
/* Text over as many rows as it needs, at most `rows`, broken at blanks. Returns the rows taken. */
int draw_wrap(struct draw *d, int row, int col, int rows, int cols, enum style st, const char *s);

/* Columns that the text would take here. */
int draw_width(const struct draw *d, struct str s);
/* The first line of *s when it is broken at blanks to `cols`; *s becomes the rest. */
struct str draw_break(const struct draw *d, struct str *s, int cols);

/* A number in its unit, right-aligned: "14,302", "1.21G", "1.8ms", "41m", "2.1%"; "-" for NAN. Too
 * wide, it is shortened, and where nothing true fits there is a "#". */
void draw_num(struct draw *d, int row, int col, int cols, enum style st, double v, enum unit u);

void draw_fill(struct draw *d, int row, int col, int cols, enum style st, char32_t ch);
void draw_style(struct draw *d, int row, int col, int cols,
		enum style st); /* restyle, keep the text */

/* A click here is this key (tui/keys.h). */
void draw_spot(struct draw *d, int row, int col, int cols, int key);

#endif
