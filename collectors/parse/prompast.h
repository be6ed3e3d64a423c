/* parse/prompast.h - what a server has kept of one service, at even steps, as the values that are
 * charted. Pure: no I/O, no clock. */
#ifndef PARSE_PROMPAST_H
#define PARSE_PROMPAST_H

#include "collectors/parse/promapi_page.h"

enum { PROMPAST_POINTS_MAX = 256 };

struct prompast_grid {
	int64_t start_ms, step_ms; /* of a query_range */
	size_t n;		   /* points, at most PROMPAST_POINTS_MAX */
};

/* The arrays of a past_sample, in the grid's places. */
struct prompast {
	double values[PAST_COUNT][PROMPAST_POINTS_MAX]; /* NAN: the server does not know */
};

/* False: the server knows nothing of that time. */
bool prompast_build(struct prompast *p, const struct promapi_page_rows *r,
		    const struct prompast_grid *g);

#endif
