#include "collectors/gort/histogram.h"

#include <string.h>

void time_buckets_init(struct time_buckets *b, const struct layout *l)
{
	size_t counts = (size_t)l->histogram_counts, sub = (size_t)l->histogram_sub;
	bool overflow = l->at[LAYOUT_HISTOGRAM_OVERFLOW] >= 0;
	uint64_t width = sub ? (1ull << l->histogram_min_bits) / sub : 0, bound = 0;

	b->n = 0;
	if (l->histogram_counts <= 0 || width == 0 || counts + 1 > HISTOGRAM_BUCKETS_MAX)
		return;
	for (size_t i = 0; i < counts; i++) {
		if (i >= 2 * sub && i % sub == 0)
			width *= 2;
		b->bound_ns[i] = bound;
		bound += width;
	}
	b->bound_ns[counts] = overflow ? bound : UINT64_MAX; /* 1.19 puts the rest into the last */
	b->bound_ns[counts + 1] = UINT64_MAX;
	b->n = counts + overflow;
}

void histogram_read(const struct time_buckets *b, const struct layout *l, const uint8_t *from,
		    uint64_t *count, struct histogram *ret)
{
	size_t counts = (size_t)l->histogram_counts;

	*ret = (struct histogram){ 0 };
	if (b->n == 0)
		return;
	memcpy(count, from + l->at[LAYOUT_HISTOGRAM_COUNTS], counts * sizeof(*count));
	if (b->n > counts)
		memcpy(&count[counts], from + l->at[LAYOUT_HISTOGRAM_OVERFLOW], sizeof(*count));
	*ret = (struct histogram){ .bound_ns = b->bound_ns, .count = count, .n = b->n };
}
