/* gort/gotime.h - time.Time as it stands in memory (time/time.go). Pure.
 * Time.Add moves its wall part as it moves its monotonic one, so the wall part of what time.Now
 * gave is right by the wall clock, which all processes share; the monotonic part counts from a
 * moment that only the program knows (time.startNano). The price: when the wall clock is set, times
 * that were stored before are off by the step until their owner stores new ones. */
#ifndef GORT_GOTIME_H
#define GORT_GOTIME_H

#include <stdbool.h>
#include <stdint.h>

enum { GOTIME_BYTES = 24 };

struct gotime {
	bool zero;	 /* Time.IsZero() */
	int64_t unix_ns; /* cut to what fits */
	uint64_t loc;	 /* address of its Location; 0: UTC */
};

/* False: this is no time.Time that a program would make of a clock. */
bool gotime_read(const void *bytes, struct gotime *ret);

#endif
