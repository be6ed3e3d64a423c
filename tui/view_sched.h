/* view_sched.h - the part of Sched that a wide Overview shows too. */
#ifndef VIEW_SCHED_H
#define VIEW_SCHED_H

#include "core/model.h"
#include "tui/draw.h"

/* The scheduler's numbers, and a sentence where the memory source is missing. Returns the rows
 * taken. */
int sched_draw_facts(const struct target *t, struct draw *d);

#endif
