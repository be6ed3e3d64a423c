/* queues.h - the run queue of each P: rows with history, and the heat map of depth over time. */
#ifndef QUEUES_H
#define QUEUES_H

#include "core/model.h"
#include "tui/draw.h"

/* A head and a row for each P, at most the box; the last row counts those that do not fit. Returns
 * the rows taken. */
int queues_draw_rows(const struct target *t, struct draw *d);

/* Rows are Ps (or several, of which the deepest counts), columns are samples, shade is depth. */
int queues_draw_heat(const struct target *t, struct draw *d);

/* "P0 ████ 9 31": a bar each where there is room, else all Ps as one line of columns; the last row
 * is the global queue. */
void queues_draw_bars(const struct target *t, struct draw *d);

double queues_deepest(const struct target *t); /* of all that is drawn, at least 1 */

#endif
