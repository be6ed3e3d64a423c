#include "collectors/gort/gotime.h"

#include <string.h>

#include "core/base/clock.h"

#define HAS_MONOTONIC (1ull << 63)

enum {
	NSEC_BITS = 30,
	YEARS_MAX = 200, /* from 1970 on; 292 fit into int64_t */
};

static const uint64_t nsec_mask = (1u << NSEC_BITS) - 1;
static const uint64_t wall_sec_mask = (1ull << 33) - 1;
static const int64_t year_1885 = -2682288000; /* wallToInternal, as Unix time */
static const int64_t year_1 = -62135596800;   /* unixToInternal */
static const int64_t years_s = 31556952;
static const int64_t mono_max = 1ll << 60;

bool gotime_read(const void *bytes, struct gotime *ret)
{
	struct {
		uint64_t wall;
		int64_t ext;
		uint64_t loc;
	} t;
	uint64_t nsec;
	int64_t sec;

	_Static_assert(sizeof(t) == GOTIME_BYTES, "time.Time");
	memcpy(&t, bytes, sizeof(t));
	nsec = t.wall & nsec_mask;
	*ret = (struct gotime){ .loc = t.loc };
	if (nsec >= NS_PER_S)
		return false;
	if (!(t.wall & HAS_MONOTONIC)) {
		if (t.wall & ~nsec_mask)
			return false;
		if (t.ext == 0 && nsec == 0) {
			ret->zero = true;
			return true;
		}
		if (t.ext <= 0 || t.ext > -year_1 + YEARS_MAX * years_s)
			return false;
		sec = t.ext + year_1;
	} else {
		if (t.ext > mono_max || t.ext < -mono_max)
			return false;
		sec = (int64_t)(t.wall >> NSEC_BITS & wall_sec_mask) + year_1885;
	}
	if (sec < -YEARS_MAX * years_s || sec > YEARS_MAX * years_s)
		return false;
	ret->unix_ns = sec * (int64_t)NS_PER_S + (int64_t)nsec;
	return true;
}
