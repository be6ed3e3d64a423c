/* stack.h - a goroutine group in full: numbers, labels, stack, history. */
#ifndef STACK_H
#define STACK_H

#include "core/rows.h"
#include "tui/pager.h"

void stack_draw_group(struct pager *p, const struct group_row *g);
void stack_draw_frames(struct pager *p,
		       const struct group_row *g); /* the stack alone, leaf first */
void stack_draw_trend(struct pager *p,
		      const struct trend *tr); /* the count since it was first seen */

#endif
