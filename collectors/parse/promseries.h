/* parse/promseries.h - the inside of promproto.c, which reads bytes and families: prommetric.c
 * reads metrics, promseries.c adds series under the name and the labels that text would
 * give them. */
#ifndef PARSE_PROMSERIES_H
#define PARSE_PROMSERIES_H

#include "collectors/parse/promnum.h"
#include "collectors/parse/promproto.h"

enum promseries_suffix { SUFFIX_BUCKET, SUFFIX_SUM, SUFFIX_COUNT, SUFFIX_NONE };

/* A number as text writes it in le and quantile. */
struct promproto_bound {
	uint64_t bits;
	struct promproto_bound *next; /* that came behind it the last time; or NULL */
	uint32_t len;
	char text[PROMNUM_SHORTEST_MAX];
};

/* The labels of the metric under way stand at p->out.labels + first. */
struct promseries_metric {
	size_t first;
	uint32_t n_labels;
	uint64_t hash; /* of the labels, and of which family it is */
};

/* Without a label of its own. */
void promseries_add(struct promproto *p, const struct promseries_metric *m,
		    enum promseries_suffix suffix, double v);
/* With one more label: le of SUFFIX_BUCKET, quantile of SUFFIX_NONE. */
void promseries_add_bound(struct promproto *p, const struct promseries_metric *m,
			  enum promseries_suffix suffix, double bound, double v);
void promseries_created(struct promproto *p, const struct promseries_metric *m, double unix_s);

/* ---- of prommetric.c ---- */

int prommetric_kind(int64_t type); /* of an enum MetricType: enum prom_kind, or -1 */
uint32_t prommetric_value_tag(int64_t type);
int prommetric_take(struct promproto *p, struct proto metric, struct err *e);
/* Series of p->family.type from its value. -errno; the sentence is in *e, or else it is damaged. */
int prommetric_add_value(struct promproto *p, const struct promseries_metric *m, struct proto value,
			 struct err *e);

/* ---- of promproto.c ---- */

char *promproto_room(struct promproto *p, size_t n); /* lives as long as the page */
int promproto_refuse(const struct promproto *p, struct err *e, int code, const char *why);
int promproto_damaged(const struct promproto *p, struct err *e);

static inline struct str promproto_str(struct proto bytes)
{
	return (struct str){ (const char *)bytes.p, (uint32_t)(bytes.end - bytes.p) };
}

static inline bool promproto_is_name(struct str s)
{
	return s.len && !memchr(s.p, '\0', s.len);
}

#endif
