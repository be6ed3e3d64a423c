/* gort/object_kinds.h - the breakers and limiters that are known: how their types are called, which
 * field means what, and what their own State() or Tokens() would answer. A library is a row. Pure.
 */
#ifndef GORT_OBJECT_KINDS_H
#define GORT_OBJECT_KINDS_H

#include "core/sample.h"

/* What a field means. Durations are in ns, times in ns since 1970 (TIME_ZERO: not set). */
enum object_val {
	VAL_NAME,
	VAL_STATE, /* a number, or an interface whose type is the state */
	VAL_FORCED,
	VAL_REQUESTS,
	VAL_FAILURES,
	VAL_SUCCESSES,
	VAL_CONSECUTIVE,
	VAL_START,
	VAL_EXPIRY,
	VAL_LAST,
	VAL_INTERVAL,
	VAL_PERIOD,
	VAL_TIMEOUT,
	VAL_AGE,
	VAL_BUCKETS, /* length of a slice */
	VAL_LIMIT,
	VAL_BURST,
	VAL_TOKENS,
	VAL_QUANTUM,
	VALS,
};

#define TIME_ZERO INT64_MIN

struct object_values {
	int64_t now_ns;	 /* Unix time */
	bool strict;	 /* it is not known yet for such an object: doubt more */
	uint32_t set;	 /* bits by enum object_val: it is there and was read */
	int64_t i[VALS]; /* integers, bools, times, lengths */
	double d[VALS];	 /* the same as numbers, and what is a float */
	struct str name;
	struct str
		held; /* name of the type that VAL_STATE holds: "*circuitbreaker.openState[int]" */
};

struct object_kind {
	const char *type;    /* "gobreaker.CircuitBreaker" */
	const char *package; /* import path */
	const char *library; /* as a person calls it */
	bool generic;
	const char *never_nil; /* fields that every constructor sets, separated by | */
	/* Paths as types_path has them; of several spellings, separated by |, the first that is
	 * there. NULL: the library keeps no such thing. */
	const char *fields[VALS];
	/* One of the two. They set what the library knows; name, library, and "not kept" for all
	 * else are set before. False: no such object has these values. */
	bool (*breaker)(const struct object_values *v, struct breaker_object *ret);
	bool (*limiter)(const struct object_values *v, struct limiter_object *ret);
};

extern const struct object_kind object_kinds[];
extern const size_t object_kinds_n;

/* Everything but the id and the holder. */
bool object_breaker(const struct object_kind *k, const struct object_values *v,
		    struct breaker_object *ret);
bool object_limiter(const struct object_kind *k, const struct object_values *v,
		    struct limiter_object *ret);

#endif
