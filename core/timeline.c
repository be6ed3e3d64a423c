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

void timeline_put_past(struct timeline *s, const uint64_t *t_ns, const double *values, size_t n)
{
	size_t from = 0;

	while (from < n && isnan(values[from]))
		from++;
	for (size_t i = n; i-- > from && s->n < TIMELINE_CAP;) {
		if (s->n && t_ns[i] >= timeline_time(s, s->n - 1))
			continue;
		if (!s->past_ns)
			s->past_ns = t_ns[i];
		s->n++;
		s->t_ns[slot(s, s->n - 1)] = t_ns[i];
		s->value[slot(s, s->n - 1)] = values[i];
	}
}

bool timeline_is_past(const struct timeline *s, size_t ago)
{
	return ago < s->n && timeline_time(s, ago) <= s->past_ns;
}
