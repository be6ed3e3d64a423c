/* parse/promnative.h - a native histogram (buckets that grow by 2^(2^-schema), most of them not
 * there) as cumulative buckets with upper bounds, as a classic one has them, few enough for a
 * screen. (prometheus.io/docs/specs/native_histograms.) Pure. */
#ifndef PARSE_PROMNATIVE_H
#define PARSE_PROMNATIVE_H

#include <stddef.h>

#include "collectors/parse/proto.h"

#define PROTO_FIXED(field) ((field) << 3 | PROTO_FIXED64)

/* Over that many neighbours are put together, until it is enough: half as many for each step. */
enum { PROMNATIVE_MAX = 60 };

struct promnative {
	double le[PROMNATIVE_MAX], count[PROMNATIVE_MAX]; /* ascending; cumulative; without +Inf */
	size_t n;
};

/* Whether the fields of an io.prometheus.client.Histogram are those of a native one, even if empty.
 */
bool promnative_is(struct proto histogram);
/* 0, or -EBADMSG with the reason. A schema that is not of the exponential ones (-4 to 8) gives no
 * buckets: its bounds are not on the page. */
int promnative_read(struct proto histogram, struct promnative *ret, const char **ret_why);

#endif
