/* timeline.h - the last values of one number, oldest first, at a fixed capacity. */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stddef.h>
#include <stdint.h>

enum { TIMELINE_CAP = 600 };

struct timeline {
	uint64_t t_ns[TIMELINE_CAP];
	double value[TIMELINE_CAP]; /* NAN: the source was asked and did not know: a gap */
	size_t n, next;
};

void timeline_push(struct timeline *s, uint64_t t_ns, double value); /* overwrites the oldest */
double timeline_at(const struct timeline *s, size_t ago); /* 0: the newest; NAN beyond the oldest */
uint64_t timeline_time(const struct timeline *s, size_t ago); /* 0 beyond the oldest */

#endif
