/* names.h - what a metric's name says: small tests that the readers of breakers, limiters and
 * requests share. Dots and dashes count as underscores, letters have no case. */
#ifndef NAMES_H
#define NAMES_H

#include "core/base/arena.h"
#include "core/sample.h"

bool name_has(struct str name, const char *part);
bool name_ends(struct str name, const char *tail);
bool name_is(struct str name, const char *want);

/* The first of the label names (NULL-terminated) that the series has, or an empty string. */
struct str label_of(const struct metrics_page *p, const struct series *s, const char *const *names);

/* Words of a series' labels that tell which row it is: all but those in `not_these` and "le". The
 * label named by `first` leads. Joined by "/"; without any: the metric's name
 * without `tail`. */
const char *row_name(struct arena *a, const struct metrics_page *p, const struct series *s,
		     const char *const *first, const char *const *not_these, const char *tail);

#endif
