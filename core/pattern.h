/* pattern.h - the known ways to leak a goroutine, and what waits by design. Both are read off a
 * group's wait reason and stack. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>

#include "core/rows.h"

struct pattern {
	const char *name;   /* for scripts: "chan-receive-never-sent" */
	const char *advice; /* the usual cause and its remedy, one or two sentences */
};

/* Never NULL: the last pattern fits everything. */
const struct pattern *pattern_of(const struct group_row *r);

/* What servers keep waiting on purpose: accept loops, idle keep-alives, signal waits, GC workers.
 */
bool pattern_is_benign(const struct group_row *r);

#endif
