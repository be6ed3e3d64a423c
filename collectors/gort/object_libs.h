/* gort/object_libs.h - what each library makes of its fields. Pure. */
#ifndef GORT_OBJECT_LIBS_H
#define GORT_OBJECT_LIBS_H

#include "collectors/gort/object_kinds.h"

/* breakers.c */
bool breaker_gobreaker(const struct object_values *v, struct breaker_object *ret);
bool breaker_failsafe(const struct object_values *v, struct breaker_object *ret);
bool breaker_hystrix(const struct object_values *v, struct breaker_object *ret);
bool breaker_resiliency(const struct object_values *v, struct breaker_object *ret);
bool breaker_mercari(const struct object_values *v, struct breaker_object *ret);
bool breaker_rubyist(const struct object_values *v, struct breaker_object *ret);

/* limiters.c */
bool limiter_rate(const struct object_values *v, struct limiter_object *ret);
bool limiter_juju(const struct object_values *v, struct limiter_object *ret);
bool limiter_uber(const struct object_values *v, struct limiter_object *ret);
bool limiter_failsafe(const struct object_values *v, struct limiter_object *ret);

static inline bool val_has(const struct object_values *v, enum object_val w)
{
	return v->set >> w & 1;
}

static inline int64_t val_or(const struct object_values *v, enum object_val w, int64_t otherwise)
{
	return val_has(v, w) ? v->i[w] : otherwise;
}

/* a - b, cut to what fits: both are what the target says. */
static inline int64_t val_less(int64_t a, int64_t b)
{
	int64_t ret;

	return !__builtin_sub_overflow(a, b, &ret) ? ret : b < 0 ? INT64_MAX : INT64_MIN;
}

/* A time that is there and set. */
static inline bool val_time(const struct object_values *v, enum object_val w, int64_t *ret)
{
	*ret = v->i[w];
	return val_has(v, w) && v->i[w] != TIME_ZERO;
}

#endif
