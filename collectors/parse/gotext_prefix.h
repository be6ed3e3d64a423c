/* parse/gotext_prefix.h - what a log put before each line of a traceback: "svc-1  | ", a time.
 * Pure. */
#ifndef PARSE_GOTEXT_PREFIX_H
#define PARSE_GOTEXT_PREFIX_H

#include "collectors/parse/gotext.h"

struct gotext_prefix {
	uint32_t len; /* 0: none */
	char text[GOTEXT_PREFIX_MAX];
};

/* Where in the line a goroutine's header or the head of debug=1 begins; -1: nowhere. */
long gotext_prefix_find(struct str line);

/* None when it is too long. */
void gotext_prefix_set(struct gotext_prefix *p, struct str text);

/* Takes the prefix off a line that has it; its numbers may differ. False: the line has not. */
bool gotext_prefix_strip(const struct gotext_prefix *p, struct str *line);

#endif
