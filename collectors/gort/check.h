/* gort/check.h - does this address hold that variable of the runtime? Judged by what stands there,
 * in a process that goes on meanwhile: a no may be a race. */
#ifndef GORT_CHECK_H
#define GORT_CHECK_H

#include "collectors/gort/locate.h"

enum {
	CHECK_GS_MAX = 1 << 28, /* goroutines that a process may ever have had */
	CHECK_PS_MAX = 4096,
	CHECK_MS_MAX = 20000,
};

struct check {
	struct image *im;
	const struct layout *l;
	struct remote *r;
	struct locations *found; /* those already known */
	int error;		 /* the last one of reading */
};

/* The words at these fields of a structure, in one read; of an absent field 0. */
bool check_words(struct check *c, uint64_t base, const enum layout_field *fields, size_t n,
		 uint64_t *ret);
bool check_word(struct check *c, uint64_t addr, uint64_t *ret);

/* Whether `addr` looks like this variable. How well, when several may: 0 is not at all. */
unsigned check_location(struct check *c, enum location what, uint64_t addr);

/* Whether g points to a runtime.g that is or was a goroutine. */
bool check_g(struct check *c, uint64_t g, uint64_t *ret_goid);

#endif
