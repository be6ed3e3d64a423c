/* stack.h - a goroutine group in full: numbers, labels, stack, history. */
#ifndef STACK_H
#define STACK_H

#include "core/rows.h"
#include "tui/filter.h"
#include "tui/pager.h"

void stack_draw_group(struct pager *p, const struct group_row *g);
void stack_draw_frames(struct pager *p,
		       const struct group_row *g); /* the stack alone, leaf first */
void stack_draw_trend(struct pager *p,
		      const struct trend *tr); /* the count since it was first seen */

/* What filters may name of a group: func, file and pkg of any frame, created (where it was
 * started), waits (any of its states), label.NAME; for list_ops. */
extern const char *const stack_names[];
bool stack_any(const struct group_row *g, struct str name, filter_test *test, const void *test_arg);

#endif
