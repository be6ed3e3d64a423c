/* term.h - the terminal: the only file that knows curses. A frame leaves in one write, only what
 * changed; the terminal is restored at every end. There is one terminal, so there is no struct.
 *
 * Call setlocale(LC_CTYPE, "") before term_open. */
#ifndef TERM_H
#define TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "tui/grid.h"

enum term_color {
	TERM_COLOR_AUTO,
	TERM_COLOR_ALWAYS,
	TERM_COLOR_NEVER
}; /* auto: unless NO_COLOR */

/* Of the terminal's own palette, but for `mono`: whatever a colour says a word or sign says too. */
enum term_theme { TERM_THEME_DEFAULT, TERM_THEME_COLORBLIND, TERM_THEME_CONTRAST, TERM_THEME_MONO };
extern const char *const term_themes[]; /* their names, NULL at the end */

/* Takes the terminal of standard output, else that of standard input, else the controlling one. 0,
 * or a negative errno when there is none or none that can be drawn on. Restored by term_close, at
 * exit and on a crash. */
int term_open(enum term_color color, enum term_theme theme, bool mouse, struct err *e);
void term_close(void); /* also when it is not open */

int term_fd(void);			/* readable: call term_read_key until TERM_NO_KEY */
void term_size(int *ret_w, int *ret_h); /* now; each at least 1 */

enum { TERM_NO_KEY = -1, TERM_HANGUP = -2 };
/* The next enum key or character. TERM_HANGUP: nobody is there any more, end the program. */
int term_read_key(void);
void term_mouse(int *ret_row, int *ret_col); /* where the last K_MOUSE was */

/* Paints the grid, at its size. A frame that finds the line still busy with the last one is left
 * out: the next shows all. 0; 1 when something waits for the line (paint again when term_fd is
 * writable or a tick later); or -EIO when the terminal is gone. */
int term_paint(const struct grid *g);
void term_redraw(void); /* the next frame paints every cell */

/* Bytes of a command to the terminal that draw nothing; they leave with the next frame. */
void term_send(const char *bytes, size_t n);

void term_suspend(void); /* restores the terminal and stops the process group; returns after `fg` */

#endif
