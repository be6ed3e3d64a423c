/* parse/promopen.h - what OpenMetrics 1.0 asks of a page beyond the form of its lines: metadata
 * before samples and once, families and metrics not mixed, names that fit their type, values that
 * can be. (github.com/prometheus/OpenMetrics, "Text format".)
 *
 * What Prometheus' own expfmt writes against it is taken all the same: _sum, _count and _created of
 * a gaugehistogram, counts that are not whole, exemplars of what has no type, and a counter that
 * has the name of another metric before it. */
#ifndef PARSE_PROMOPEN_H
#define PARSE_PROMOPEN_H

#include "collectors/parse/promline.h"

struct promopen;

enum promopen_what {
	PROMOPEN_SERIES,
	PROMOPEN_CREATED, /* when its metric began to count: no series */
	PROMOPEN_AGAIN,	  /* a later point of the series before */
};

struct promopen *promopen_new(void);
void promopen_free(struct promopen *o); /* NULL is fine */
void promopen_begin(struct promopen *o);

/* 0, or -EBADMSG with the reason in l->why. */
int promopen_comment(struct promopen *o, struct prompage *out, struct line *l,
		     const struct comment *c);
/* A counter that has the name of a metric before it, as Go's go_memstats_alloc_bytes: `s` is its
 * family, under its name with _total. */
int promopen_again(struct promopen *o, struct prompage *out, struct line *l,
		   const struct prompage_slot *s, struct str name);
/* `row` is not in `out` yet; *ret_family is the index of its family. */
int promopen_series(struct promopen *o, struct prompage *out, struct line *l, const struct row *row,
		    uint32_t *ret_family, enum promopen_what *ret_what);
/* The last family is complete. */
int promopen_end(struct promopen *o, struct line *l);

/* Values of all series: 0, or -EBADMSG with the sentence in *e. */
int promopen_values(const struct promopen *o, const struct prompage *out, struct err *e);
bool promopen_allows_exemplar(const struct promopen *o, uint32_t series);

#endif
