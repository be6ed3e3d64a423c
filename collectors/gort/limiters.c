#include <float.h>
#include <math.h>

#include "collectors/gort/object_libs.h"
#include "core/base/clock.h"

static const double sane_min = 1e-9, sane_max = 1e15; /* events per second, tokens */

static bool is_sane(double x)
{
	return x == 0 || (fabs(x) >= sane_min && fabs(x) <= sane_max);
}

/* x/time v0.0.0-20220210 to v0.16.0, rate/rate.go: advance(). Inf is math.MaxFloat64. One that was
 * never used has no time, so all tokens have come; in v0.5.0 and before its own count is 0 then. A
 * rate of 0 is a limiter that somebody has shut, but only where one was found before: too much
 * memory has a 0 there. */
bool limiter_rate(const struct object_values *v, struct limiter_object *ret)
{
	double limit = v->d[VAL_LIMIT], tokens = v->d[VAL_TOKENS], burst = v->d[VAL_BURST];
	int64_t last;
	bool used = val_time(v, VAL_LAST, &last);

	if (!val_has(v, VAL_LIMIT) || !val_has(v, VAL_TOKENS) || !val_has(v, VAL_BURST))
		return false;
	if (!(limit == DBL_MAX || (is_sane(limit) && limit >= 0)) || !is_sane(tokens) ||
	    burst < 0 || burst > sane_max || (v->strict && limit == 0))
		return false;
	if (!used && tokens != burst && tokens != 0)
		return false;
	if (!used && limit > 0)
		tokens = burst;
	else if (limit > 0 && last < v->now_ns)
		tokens += (double)val_less(v->now_ns, last) / (double)NS_PER_S * limit;
	ret->limit_per_s = limit == DBL_MAX ? INFINITY : limit;
	ret->burst = burst;
	ret->tokens = tokens > burst ? burst : tokens;
	return true;
}

/* juju/ratelimit v1.0.2, ratelimit.go: adjustavailableTokens(). */
bool limiter_juju(const struct object_values *v, struct limiter_object *ret)
{
	int64_t fill = val_or(v, VAL_INTERVAL, 0), start, tick;
	double burst = v->d[VAL_BURST], tokens = v->d[VAL_TOKENS], quantum = v->d[VAL_QUANTUM];

	if (fill <= 0 || !val_time(v, VAL_START, &start) || !val_has(v, VAL_TOKENS) ||
	    !(burst > 0 && burst <= sane_max) || !(quantum > 0 && quantum <= sane_max) ||
	    fabs(tokens) > sane_max || tokens > burst)
		return false;
	tick = val_less(v->now_ns, start) / fill;
	if (tick > val_or(v, VAL_AGE, 0))
		tokens += (double)val_less(tick, val_or(v, VAL_AGE, 0)) * quantum;
	ret->limit_per_s = (double)NS_PER_S * quantum / (double)fill;
	ret->burst = burst;
	ret->tokens = tokens > burst ? burst : tokens;
	return true;
}

/* go.uber.org/ratelimit v0.3.1, limiter_*.go: a leaky bucket. Its slack is how many requests may
 * catch up at once; the mutex and the atomic one keep it negative. It has no tokens. */
bool limiter_uber(const struct object_values *v, struct limiter_object *ret)
{
	int64_t interval = val_or(v, VAL_INTERVAL, 0);
	double slack = fabs(v->d[VAL_PERIOD]);

	if (interval <= 0 || !val_has(v, VAL_PERIOD) || slack / (double)interval > sane_max)
		return false;
	ret->limit_per_s = (double)NS_PER_S / (double)interval;
	ret->burst = slack / (double)interval;
	return true;
}

/* failsafe-go v0.6.0 and v0.9.8, ratelimiter/ratelimiterstats.go. A smooth one spaces requests out
 * and has no tokens; a bursty one has so many permits in each period. */
bool limiter_failsafe(const struct object_values *v, struct limiter_object *ret)
{
	int64_t interval = val_or(v, VAL_INTERVAL, 0), period = val_or(v, VAL_PERIOD, 0), start,
		now;
	double permits = v->d[VAL_BURST], left = v->d[VAL_TOKENS];

	if (interval > 0) {
		ret->limit_per_s = (double)NS_PER_S / (double)interval;
		ret->burst = 1;
		return true;
	}
	if (interval < 0 || period <= 0 || !(permits > 0 && permits <= sane_max))
		return false;
	ret->limit_per_s = permits * (double)NS_PER_S / (double)period;
	ret->burst = permits;
	if (!val_has(v, VAL_TOKENS) || !val_has(v, VAL_AGE) || !val_time(v, VAL_START, &start))
		return true;
	now = val_less(v->now_ns, start) / period;
	if (now > v->i[VAL_AGE])
		left = left < 0 ? left + (double)val_less(now, v->i[VAL_AGE]) * permits : permits;
	ret->tokens = left;
	return true;
}
