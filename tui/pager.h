/* pager.h - text longer than its box: written from the top, shown from a line on. */
#ifndef PAGER_H
#define PAGER_H

#include "tui/draw.h"

struct pager {
	struct draw d;
	int top;  /* first line shown */
	int line; /* the next one to write; at the end: how many there are */
};

/* The box of the line that comes next, one row high: h is 0 while it is out of sight. */
struct draw pager_line(struct pager *p);
void pager_text(struct pager *p, enum style st, const char *s);
__attribute__((format(printf, 3, 4))) void pager_textf(struct pager *p, enum style st,
						       const char *fmt, ...);
void pager_wrap(struct pager *p, int indent, enum style st,
		const char *s); /* as many lines as it takes */
void pager_gap(struct pager *p);

/* Clamps *top for the next draw and says at the last row that there is more. */
void pager_end(struct pager *p, int *top);

#endif
