/* past.h - the hour before now, as a Prometheus server has kept it, asked for in one question. */
#ifndef PAST_H
#define PAST_H

#include "collectors/parse/prompast.h"
#include "collectors/promserver.h"

struct past {
	struct prompast values;
	struct prompast_grid grid;
	uint64_t t_ns[PROMPAST_POINTS_MAX];
};

/* `matchers`: which services, in PromQL. */
void past_ask(struct past *p, struct promserver *s, const char *matchers);

/* What an answer tells of one service; it borrows from `p`. False: nothing. */
bool past_fill(struct past *p, const struct promserver *s, const struct promapi_page_rows *rows,
	       struct past_sample *ret);

#endif
