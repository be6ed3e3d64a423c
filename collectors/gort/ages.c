#include "collectors/gort/ages.h"

#include <string.h>

#include "core/base/clock.h"

static uint64_t word(const uint8_t *from, int32_t at)
{
	uint64_t v;

	memcpy(&v, from + at, sizeof(v));
	return v;
}

static bool close_by(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) < NS_PER_S;
}

void ages_read(struct ages *a, const struct layout *l, const uint8_t *mstats,
	       uint64_t our_unix_less_mono_ns)
{
	uint64_t last_unix = word(mstats, l->at[LAYOUT_MSTATS_LAST_GC_UNIX]);
	uint64_t last_mono = word(mstats, l->at[LAYOUT_MSTATS_LAST_GC_NANOTIME]);
	uint32_t numgc, n;

	*a = (struct ages){ .ours_ns = our_unix_less_mono_ns, .target_ns = last_unix - last_mono };
	memcpy(&numgc, mstats + l->at[LAYOUT_MSTATS_NUMGC], sizeof(numgc));
	if (numgc == 0 || !close_by(a->target_ns, a->ours_ns))
		return;
	n = numgc < AGES_ENDS ? numgc : AGES_ENDS;
	for (uint32_t i = numgc - n; i != numgc; i++) {
		uint64_t end =
			word(mstats, l->at[LAYOUT_MSTATS_PAUSE_END] + 8 * (int32_t)(i % AGES_ENDS));

		if (a->n && end <= a->end_unix_ns[a->n - 1])
			a->n = 0; /* the wall clock was set back: only what follows is in order */
		a->end_unix_ns[a->n++] = end;
	}
}

uint64_t ages_since(struct ages *a, uint64_t waitsince)
{
	uint64_t unix_ns = waitsince + a->target_ns;
	size_t i = 0;

	if (!waitsince || waitsince == a->last_waitsince)
		return waitsince ? a->last_since : 0;
	while (i < a->n && a->end_unix_ns[i] < unix_ns)
		i++; /* then i is the collection that waitsince belongs to, i + 1 the one after */
	a->last_waitsince = waitsince;
	a->last_since = i + 1 < a->n ? a->end_unix_ns[i + 1] - a->ours_ns : 0;
	return a->last_since;
}
