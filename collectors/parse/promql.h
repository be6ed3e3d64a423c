/* parse/promql.h - the text of what a Prometheus server is asked: selectors, names of the metrics
 * that the model understands, addresses. Pure. */
#ifndef PARSE_PROMQL_H
#define PARSE_PROMQL_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/str.h"

/* Which series are meant, as people write it behind a #: "job=api,instance=~10[.].*", operators =,
 * !=,
 * =~ and !~. -EINVAL with a sentence. */
int promql_check(const char *wanted, struct err *e);
/* Adds them as matchers: job="api",instance=~"10[.].*" */
void promql_matchers(struct buf *b, const char *wanted);

/* name="value", or one more alternative for a regular expression that a pair of quotes is around.
 */
void promql_equal(struct buf *b, const char *name, struct str value);
void promql_literal(struct buf *b, struct str value);

/* The names of all metrics that core/tables.c reads, and of breakers, limiters and requests, as one
 * regular expression for __name__. */
void promql_names(struct buf *b);
/* Of the facts that are charted: what a server can tell of the time before gmptop came. */
void promql_charted_names(struct buf *b);

/* BASE PATH ?name=value&…, encoded. `params`: names and values in turn, NULL at the end. */
void promql_url(struct buf *b, const char *base, const char *path, const char *const *params);

#endif
