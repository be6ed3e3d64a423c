#include "collectors/gort/object_libs.h"

static const int64_t counts_max = 1ll << 53;
static const int64_t threshold_max = 1 << 30;

static bool is_count(int64_t n)
{
	return n >= 0 && n < counts_max;
}

static int64_t not_negative(int64_t ns)
{
	return ns > 0 ? ns : 0;
}

/* ---- sony/gobreaker v0.5.0, v1.0.0, v2.0.0, v2.4.0: gobreaker.go, v2 also counter.go ---- */

enum { GB_CLOSED, GB_HALF_OPEN, GB_OPEN };

static bool gobreaker_can_be(const struct object_values *v)
{
	int64_t state = val_or(v, VAL_STATE, -1), expiry;

	if (state < GB_CLOSED || state > GB_OPEN || val_or(v, VAL_TIMEOUT, 0) <= 0 ||
	    val_or(v, VAL_INTERVAL, -1) < 0)
		return false;
	if (state == GB_OPEN && !val_time(v, VAL_EXPIRY, &expiry))
		return false;
	return is_count(val_or(v, VAL_REQUESTS, 0)) && is_count(val_or(v, VAL_FAILURES, 0)) &&
	       is_count(val_or(v, VAL_SUCCESSES, 0));
}

/* Since v2.3 the closed state may count in a ring of buckets, which a look at the breaker rolls on.
 * What falls out bucket by bucket is not followed here, only when all of it has. */
static bool ring_is_over(const struct object_values *v)
{
	int64_t start, period = val_or(v, VAL_PERIOD, 0), buckets = val_or(v, VAL_BUCKETS, 0);

	if (buckets < 2 || period <= 0 || !val_time(v, VAL_START, &start))
		return false;
	return val_less(val_less(v->now_ns, start) / period, val_or(v, VAL_AGE, 0)) >= buckets;
}

static void gobreaker_closed(const struct object_values *v, struct breaker_object *ret,
			     bool expired)
{
	int64_t start;
	bool one_generation = val_or(v, VAL_INTERVAL, 0) == 0 || val_or(v, VAL_BUCKETS, 0) >= 2;

	ret->state = OBJECT_CLOSED;
	if (expired || ring_is_over(v))
		ret->requests = ret->failures = ret->successes = ret->consecutive_failures = 0;
	if (one_generation && val_time(v, VAL_START, &start))
		ret->since_ns = not_negative(val_less(v->now_ns, start));
}

/* As currentState(): it moves on when somebody asks, and we count as somebody. */
bool breaker_gobreaker(const struct object_values *v, struct breaker_object *ret)
{
	int64_t expiry, start;
	bool has_expiry = val_time(v, VAL_EXPIRY, &expiry);
	bool expired = has_expiry && expiry < v->now_ns;

	switch (ret->raw) {
	case GB_CLOSED:
		gobreaker_closed(v, ret, expired);
		break;
	case GB_HALF_OPEN:
		ret->state = OBJECT_HALF_OPEN;
		if (val_time(v, VAL_START, &start))
			ret->since_ns = not_negative(val_less(v->now_ns, start));
		break;
	case GB_OPEN:
		ret->state = expired ? OBJECT_HALF_OPEN : OBJECT_OPEN;
		if (expired) {
			ret->since_ns = val_less(v->now_ns, expiry);
		} else if (has_expiry) {
			ret->retry_in_ns = val_less(expiry, v->now_ns);
			ret->since_ns =
				not_negative(val_less(val_or(v, VAL_TIMEOUT, 0), ret->retry_in_ns));
		}
		break;
	default:
		ret->state = OBJECT_UNKNOWN;
	}
	return gobreaker_can_be(v);
}

/* ---- libraries whose state is an object of its own ---- */

/* Whether the state is of this type: "*pkg.openState" or "*pkg.openState[int]". */
static bool held_is(const struct object_values *v, const char *type)
{
	const char *bracket = v->held.len ? memchr(v->held.p, '[', v->held.len) : NULL;
	struct str name = { v->held.p, bracket ? (uint32_t)(bracket - v->held.p) : v->held.len };
	size_t n = strlen(type);

	return str_ends(name, type) && name.len > n && name.p[name.len - n - 1] == '.';
}

static enum object_state held_state(const struct object_values *v, const char *const names[3])
{
	for (int s = OBJECT_CLOSED; s <= OBJECT_OPEN; s++) {
		if (held_is(v, names[s]))
			return (enum object_state)s;
	}
	return OBJECT_UNKNOWN;
}

/* failsafe-go v0.6.0 and v0.9.8, circuitbreaker/circuitstates.go. An open one stays so until
 * somebody asks for a permit. */
bool breaker_failsafe(const struct object_values *v, struct breaker_object *ret)
{
	static const char *const names[] = { "closedState", "halfOpenState", "openState" };
	static const int64_t raws[] = { 0, 2, 1, -1 }; /* ClosedState, OpenState, HalfOpenState */
	int64_t start;

	ret->state = held_state(v, names);
	ret->raw = raws[ret->state];
	if (is_count(ret->successes) && is_count(ret->failures))
		ret->requests = ret->successes + ret->failures;
	if (ret->state == OBJECT_OPEN && val_time(v, VAL_START, &start)) {
		ret->since_ns = not_negative(val_less(v->now_ns, start));
		ret->retry_in_ns = not_negative(val_less(val_or(v, VAL_TIMEOUT, 0), ret->since_ns));
	}
	return ret->state != OBJECT_UNKNOWN;
}

/* mercari/go-circuitbreaker, breaker.go and state.go, v1 and v2. Timers change its state. */
bool breaker_mercari(const struct object_values *v, struct breaker_object *ret)
{
	static const char *const names[] = { "stateClosed", "stateHalfOpen", "stateOpen" };

	ret->state = held_state(v, names);
	ret->raw = ret->state == OBJECT_UNKNOWN ? -1 : (int64_t)ret->state;
	return ret->state != OBJECT_UNKNOWN && is_count(val_or(v, VAL_FAILURES, 0)) &&
	       is_count(val_or(v, VAL_SUCCESSES, 0));
}

/* ---- the others ---- */

/* afex/hystrix-go fa1af6a, hystrix/circuit.go: there is no half-open state. IsOpen() also opens one
 * whose rolling counts are bad enough, which are in maps and not looked at: the next request does.
 */
bool breaker_hystrix(const struct object_values *v, struct breaker_object *ret)
{
	bool open = val_or(v, VAL_STATE, 0) || val_or(v, VAL_FORCED, 0);

	ret->state = open ? OBJECT_OPEN : OBJECT_CLOSED;
	return val_has(v, VAL_STATE) && v->name.len > 0 && val_or(v, VAL_LAST, 0) >= 0;
}

/* eapache/go-resiliency v1.7.0, breaker/breaker.go: a goroutine that sleeps ends the open state. */
bool breaker_resiliency(const struct object_values *v, struct breaker_object *ret)
{
	static const enum object_state states[] = { OBJECT_CLOSED, OBJECT_OPEN, OBJECT_HALF_OPEN };
	int64_t last, timeout = val_or(v, VAL_TIMEOUT, 0), errors = val_or(v, VAL_LIMIT, 0);
	int64_t successes = val_or(v, VAL_QUANTUM, 0);

	if (ret->raw < 0 || ret->raw > 2)
		return false;
	ret->state = states[ret->raw];
	if (val_time(v, VAL_LAST, &last) && last < val_less(v->now_ns, timeout))
		ret->failures = 0; /* an error-free period has passed */
	return timeout > 0 && errors > 0 && errors < threshold_max && successes > 0 &&
	       successes < threshold_max && is_count(val_or(v, VAL_FAILURES, -1)) &&
	       is_count(val_or(v, VAL_SUCCESSES, -1)) && val_or(v, VAL_FAILURES, 0) <= errors &&
	       val_or(v, VAL_SUCCESSES, 0) <= successes;
}

/* rubyist/circuitbreaker v2.2.1, circuitbreaker.go, state(). */
bool breaker_rubyist(const struct object_values *v, struct breaker_object *ret)
{
	int64_t since = val_less(v->now_ns, val_or(v, VAL_LAST, 0)),
		backoff = val_or(v, VAL_TIMEOUT, -1);
	int64_t broken = val_or(v, VAL_FORCED, -1), tests = val_or(v, VAL_AGE, -1);

	if (ret->raw < 0 || ret->raw > 1 || broken < 0 || broken > 1 || tests < 0 || tests > 1)
		return false;
	ret->state = ret->raw ? OBJECT_OPEN : OBJECT_CLOSED;
	if (ret->raw && !broken && backoff >= 0) { /* -1 is backoff.Stop */
		if (since > backoff && tests == 0)
			ret->state = OBJECT_HALF_OPEN;
		else if (since <= backoff)
			ret->retry_in_ns = val_less(backoff, since);
	}
	return is_count(val_or(v, VAL_CONSECUTIVE, -1));
}
