#include "collectors/gort/object_kinds.h"

#include <math.h>

#include "collectors/gort/object_libs.h"

/* A TwoStepCircuitBreaker and a DistributedCircuitBreaker of gobreaker's hold a CircuitBreaker,
 * which is found for itself. streadway/handy keeps its state in a goroutine's variables. */
const struct object_kind object_kinds[] = {
	{
		.type = "gobreaker.CircuitBreaker",
		.package = "github.com/sony/gobreaker",
		.library = "sony/gobreaker",
		.never_nil = "readyToTrip",
		.fields = {
			[VAL_NAME] = "name",
			[VAL_STATE] = "state",
			[VAL_REQUESTS] = "counts.Requests",
			[VAL_FAILURES] = "counts.TotalFailures",
			[VAL_SUCCESSES] = "counts.TotalSuccesses",
			[VAL_CONSECUTIVE] = "counts.ConsecutiveFailures",
			[VAL_EXPIRY] = "expiry",
			[VAL_INTERVAL] = "interval",
			[VAL_TIMEOUT] = "timeout",
		},
		.breaker = breaker_gobreaker,
	},
	{
		.type = "gobreaker.CircuitBreaker",
		.package = "github.com/sony/gobreaker/v2",
		.library = "sony/gobreaker",
		.generic = true,
		.never_nil = "readyToTrip",
		.fields = {
			[VAL_NAME] = "name",
			[VAL_STATE] = "state",
			[VAL_REQUESTS] = "counts.Requests|counts.Counts.Requests",
			[VAL_FAILURES] = "counts.TotalFailures|counts.Counts.TotalFailures",
			[VAL_SUCCESSES] = "counts.TotalSuccesses|counts.Counts.TotalSuccesses",
			[VAL_CONSECUTIVE] =
				"counts.ConsecutiveFailures|counts.Counts.ConsecutiveFailures",
			[VAL_START] = "start",
			[VAL_EXPIRY] = "expiry",
			[VAL_INTERVAL] = "interval",
			[VAL_PERIOD] = "bucketPeriod",
			[VAL_TIMEOUT] = "timeout",
			[VAL_AGE] = "counts.age",
			[VAL_BUCKETS] = "counts.buckets",
		},
		.breaker = breaker_gobreaker,
	},
	{
		.type = "circuitbreaker.circuitBreaker",
		.package = "github.com/failsafe-go/failsafe-go/circuitbreaker",
		.library = "failsafe-go",
		.generic = true,
		.never_nil = "state",
		.fields = {
			[VAL_STATE] = "state",
			/* An open one keeps the closed or half-open one before it for its counts. */
			[VAL_FAILURES] = "state.ExecutionStats.failures|"
					 "state.ExecutionStats.BucketedWindow.Summary.failures|"
					 "state.ExecutionStats.ExecutionStats.failures|"
					 "state.ExecutionStats.ExecutionStats.BucketedWindow.Summary.failures|"
					 "state.stats.failures|state.stats.summary.failures",
			[VAL_SUCCESSES] = "state.ExecutionStats.successes|"
					  "state.ExecutionStats.BucketedWindow.Summary.successes|"
					  "state.ExecutionStats.ExecutionStats.successes|"
					  "state.ExecutionStats.ExecutionStats.BucketedWindow.Summary.successes|"
					  "state.stats.successes|state.stats.summary.successes",
			[VAL_START] = "state.startTime",
			[VAL_TIMEOUT] = "state.delay",
		},
		.breaker = breaker_failsafe,
	},
	{
		.type = "hystrix.CircuitBreaker",
		.package = "github.com/afex/hystrix-go/hystrix",
		.library = "afex/hystrix-go",
		.never_nil = "mutex|executorPool|metrics",
		.fields = {
			[VAL_NAME] = "Name",
			[VAL_STATE] = "open",
			[VAL_FORCED] = "forceOpen",
			[VAL_LAST] = "openedOrLastTestedTime",
		},
		.breaker = breaker_hystrix,
	},
	{
		.type = "breaker.Breaker",
		.package = "github.com/eapache/go-resiliency/breaker",
		.library = "eapache/go-resiliency",
		.fields = {
			[VAL_STATE] = "state",
			[VAL_FAILURES] = "errors",
			[VAL_SUCCESSES] = "successes",
			[VAL_LAST] = "lastError",
			[VAL_TIMEOUT] = "timeout",
			[VAL_LIMIT] = "errorThreshold",
			[VAL_QUANTUM] = "successThreshold",
		},
		.breaker = breaker_resiliency,
	},
	{
		.type = "circuitbreaker.CircuitBreaker",
		.package = "github.com/mercari/go-circuitbreaker",
		.library = "mercari/go-circuitbreaker",
		.never_nil = "state",
		.fields = {
			[VAL_STATE] = "state",
			[VAL_FAILURES] = "cnt.Failures",
			[VAL_SUCCESSES] = "cnt.Successes",
			[VAL_CONSECUTIVE] = "cnt.ConsecutiveFailures",
		},
		.breaker = breaker_mercari,
	},
	{
		.type = "circuitbreaker.CircuitBreaker",
		.package = "github.com/mercari/go-circuitbreaker/v2",
		.library = "mercari/go-circuitbreaker",
		.generic = true,
		.never_nil = "state",
		.fields = {
			[VAL_STATE] = "state",
			[VAL_FAILURES] = "cnt.Failures",
			[VAL_SUCCESSES] = "cnt.Successes",
			[VAL_CONSECUTIVE] = "cnt.ConsecutiveFailures",
		},
		.breaker = breaker_mercari,
	},
	{
		.type = "circuit.Breaker",
		.package = "github.com/rubyist/circuitbreaker",
		.library = "rubyist/circuitbreaker",
		.never_nil = "BackOff|Clock|counts",
		.fields = {
			[VAL_STATE] = "tripped",
			[VAL_FORCED] = "broken",
			[VAL_CONSECUTIVE] = "consecFailures",
			[VAL_LAST] = "lastFailure",
			[VAL_TIMEOUT] = "nextBackOff",
			[VAL_AGE] = "halfOpens",
		},
		.breaker = breaker_rubyist,
	},
	{
		.type = "rate.Limiter",
		.package = "golang.org/x/time/rate",
		.library = "x/time/rate",
		.fields = {
			[VAL_LIMIT] = "limit",
			[VAL_BURST] = "burst",
			[VAL_TOKENS] = "tokens",
			[VAL_LAST] = "last",
		},
		.limiter = limiter_rate,
	},
	{
		.type = "ratelimiter.rateLimiter",
		.package = "github.com/failsafe-go/failsafe-go/ratelimiter",
		.library = "failsafe-go",
		.generic = true,
		.never_nil = "stats",
		.fields = {
			[VAL_INTERVAL] = "config.interval",
			[VAL_PERIOD] = "config.period",
			[VAL_BURST] = "config.periodPermits",
			[VAL_TOKENS] = "stats.availablePermits",
			[VAL_AGE] = "stats.currentPeriod",
			[VAL_START] = "stats.stopwatch.startTime",
		},
		.limiter = limiter_failsafe,
	},
	{
		.type = "ratelimit.Bucket",
		.package = "github.com/juju/ratelimit",
		.library = "juju/ratelimit",
		.never_nil = "clock",
		.fields = {
			[VAL_START] = "startTime",
			[VAL_BURST] = "capacity",
			[VAL_QUANTUM] = "quantum",
			[VAL_INTERVAL] = "fillInterval",
			[VAL_TOKENS] = "availableTokens",
			[VAL_AGE] = "latestTick",
		},
		.limiter = limiter_juju,
	},
#define UBER(name)                                       \
	{                                                \
		.type = "ratelimit." name,             \
		.package = "go.uber.org/ratelimit",    \
		.library = "uber-go/ratelimit",        \
		.never_nil = "clock",                  \
		.fields = {                            \
			[VAL_INTERVAL] = "perRequest", \
			[VAL_PERIOD] = "maxSlack",     \
		},                                     \
		.limiter = limiter_uber, \
	}
	UBER("atomicInt64Limiter"),
	UBER("atomicLimiter"),
	UBER("mutexLimiter"),
#undef UBER
};
const size_t object_kinds_n = sizeof(object_kinds) / sizeof(object_kinds[0]);

bool object_breaker(const struct object_kind *k, const struct object_values *v,
		    struct breaker_object *ret)
{
	*ret = (struct breaker_object){
		.name = v->name,
		.library = str_of(k->library),
		.state = OBJECT_UNKNOWN,
		.raw = val_or(v, VAL_STATE, -1),
		.requests = val_or(v, VAL_REQUESTS, -1),
		.failures = val_or(v, VAL_FAILURES, -1),
		.successes = val_or(v, VAL_SUCCESSES, -1),
		.consecutive_failures = val_or(v, VAL_CONSECUTIVE, -1),
		.retry_in_ns = -1,
		.since_ns = -1,
	};
	return k->breaker(v, ret);
}

bool object_limiter(const struct object_kind *k, const struct object_values *v,
		    struct limiter_object *ret)
{
	*ret = (struct limiter_object){
		.name = v->name,
		.library = str_of(k->library),
		.limit_per_s = NAN,
		.burst = NAN,
		.tokens = NAN,
	};
	return k->limiter(v, ret);
}
