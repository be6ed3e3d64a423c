/* facts.h - one object of core/field.h as label and value pairs, in as many columns as fit. */
#ifndef TUI_FACTS_H
#define TUI_FACTS_H

#include "tui/draw.h"

int facts_height(const struct table *t, int w); /* rows that it takes at this width */
void facts_draw(struct draw *d, const struct table *t, const void *row);

#endif
