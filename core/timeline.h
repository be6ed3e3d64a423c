/* timeline.h - the last values of one number, oldest first, at a fixed capacity. */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMELINE_CAP = 600 };

struct timeline {
	uint64_t t_ns[TIMELINE_CAP];
	double value[TIMELINE_CAP]; /* NAN: the source was asked and did not know: a gap */
	size_t n, next;
	uint64_t past_ns; /* up to here it is another source's, at its own step; 0: nothing is */
};

void timeline_push(struct timeline *s, uint64_t t_ns, double value); /* overwrites the oldest */
double timeline_at(const struct timeline *s, size_t ago); /* 0: the newest; NAN beyond the oldest */
uint64_t timeline_time(const struct timeline *s, size_t ago); /* 0 beyond the oldest */

/* Puts values before the oldest that it has, as many as there is room for; what is not older is
 * left out, and so are gaps before the first value. `t_ns` ascends. */
void timeline_put_past(struct timeline *s, const uint64_t *t_ns, const double *values, size_t n);
bool timeline_is_past(const struct timeline *s, size_t ago);

#endif
