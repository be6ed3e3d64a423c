/* gort/typefind.h - the descriptors of struct types by name, out of all types of a program: first
 * the places of the names, then the descriptors that refer to these places. From the file, so that
 * no page is touched in the target. */
#ifndef GORT_TYPEFIND_H
#define GORT_TYPEFIND_H

#include "collectors/gort/types.h"

enum { TYPEFIND_MAX = 128 }; /* types found, instances of generic ones among them */

struct type_wanted {
	const char *name; /* "rate.Limiter" */
	bool generic; /* "gobreaker.CircuitBreaker" stands for each "gobreaker.CircuitBreaker[...]"
		       */
};

struct type_found {
	const struct type *type;
	size_t wanted; /* which of them */
};

struct typefind {
	struct types *types; /* borrowed, as `wanted` */
	const struct type_wanted *wanted;
	size_t n_wanted;
	bool descriptors; /* the second part */
	uint64_t at, to;
	uint32_t names[TYPEFIND_MAX]; /* offsets */
	size_t n_names;
	uint64_t filter; /* of names, so that most descriptors need not be compared */
	struct type_found found[TYPEFIND_MAX];
	size_t n_found;
	uint8_t *chunk;
};

void typefind_init(struct typefind *f, struct types *t, const struct type_wanted *w, size_t n);
void typefind_release(struct typefind *f);

/* Some of it. 1: there is more; 0: `found` is complete; -ENOTSUP: what should be there cannot be
 * read. */
int typefind_step(struct typefind *f);

#endif
