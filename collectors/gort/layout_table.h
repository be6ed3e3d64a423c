/* gort/layout_table.h - the rows that layout.c searches: sorted by version, then experiment, then
 * architecture. */
#ifndef GORT_LAYOUT_TABLE_H
#define GORT_LAYOUT_TABLE_H

#include <stddef.h>

#include "collectors/gort/layout.h"

extern const struct layout layout_table[];
extern const size_t layout_table_rows;

#endif
