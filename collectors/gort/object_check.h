/* gort/object_check.h - whether bytes can be an object of a type, by what its fields may hold: the
 * type's descriptor tells what they are. First by the bytes alone, then by what they point to. */
#ifndef GORT_OBJECT_CHECK_H
#define GORT_OBJECT_CHECK_H

#include "collectors/gort/types.h"

enum { OBJECT_CHECKS_MAX = 96 };

enum check_what {
	CHECK_BOOL,
	CHECK_FLOAT,
	CHECK_STRING,
	CHECK_SLICE,
	CHECK_POINTER,
	CHECK_FUNC,
	CHECK_INTERFACE, /* with methods or without */
	CHECK_TIME,
	CHECK_MUTEX,
	CHECK_PADDING, /* between fields: 0, since nobody writes it */
};

struct object_check {
	enum check_what what;
	uint32_t at, bytes;
	bool never_nil;
};

struct object_checks {
	struct object_check at[OBJECT_CHECKS_MAX];
	size_t n, bytes;
};

/* never_nil: fields of the type, separated by |; NULL. False: it is not a type of ours. */
bool object_checks_of(struct types *t, const struct type *type, const char *never_nil,
		      struct object_checks *ret);

/* Pure. One that is all zeros is none: every constructor sets something. */
bool object_checks_bytes(const struct object_checks *c, const uint8_t *object);

/* 1: its strings are readable, its functions are code, its interfaces hold a type; 0: not so;
 * -ESRCH, -EPERM. */
int object_checks_pointers(const struct object_checks *c, const uint8_t *object, struct types *t);

#endif
