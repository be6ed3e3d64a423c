#include "core/timeline.h"

#include <math.h>

void timeline_push(struct timeline *s, uint64_t t_ns, double value)
{
	s->t_ns[s->next] = t_ns;
	s->value[s->next] = value;
	s->next = (s->next + 1) % TIMELINE_CAP;
	if (s->n < TIMELINE_CAP)
		s->n++;
}

static size_t slot(const struct timeline *s, size_t ago)
{
	return (s->next + TIMELINE_CAP - 1 - ago) % TIMELINE_CAP;
}

double timeline_at(const struct timeline *s, size_t ago)
{
	return ago < s->n ? s->value[slot(s, ago)] : NAN;
}

uint64_t timeline_time(const struct timeline *s, size_t ago)
{
	return ago < s->n ? s->t_ns[slot(s, ago)] : 0;
}
