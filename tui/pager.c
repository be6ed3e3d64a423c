#include "tui/pager.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX = 512 };

struct draw pager_line(struct pager *p)
{
	int row = p->line++ - p->top;
	bool seen = row >= 0 && row < p->d.h;

	return draw_box(&p->d, seen ? row : 0, 0, seen ? 1 : 0, p->d.w);
}

void pager_text(struct pager *p, enum style st, const char *s)
{
	struct draw d = pager_line(p);

	draw_text(&d, 0, 0, -1, st, s);
}

void pager_textf(struct pager *p, enum style st, const char *fmt, ...)
{
	char buf[LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	pager_text(p, st, buf);
}

void pager_wrap(struct pager *p, int indent, enum style st, const char *s)
{
	struct str rest = str_of(s ? s : "-");

	if (p->d.w <= indent)
		return;
	do {
		struct str part = draw_break(&p->d, &rest, p->d.w - indent);
		struct draw d = pager_line(p);

		draw_str(&d, 0, indent, -1, st, part);
	} while (rest.len > 0);
}

void pager_gap(struct pager *p)
{
	p->line++;
}

void pager_end(struct pager *p, int *top)
{
	int last = p->line > p->d.h ? p->line - p->d.h : 0, below = p->line - p->top - p->d.h;

	if (*top > last)
		*top = last;
	if (below > 0 && p->d.h > 1) {
		draw_fill(&p->d, p->d.h - 1, 0, p->d.w, STYLE_DIM, ' ');
		draw_textf(&p->d, p->d.h - 1, 0, -1, STYLE_DIM, "↓ %d more lines", below + 1);
	}
}
