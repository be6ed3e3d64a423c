#include "collectors/gort/gcstate.h"

#include <math.h>
#include <string.h>

enum {
	HEADROOM_BYTES = 1 << 20,
	HEADROOM_PCT = 3, /* since Go 1.20 */
	RUNWAY_BYTES = 64 << 10,
};

struct gcstate {
	uint64_t heap, free, ready, marked; /* bytes */
	uint64_t limit, percent_goal, sweep_trigger, triggered;
};

static uint64_t word(const struct layout *l, const uint8_t *gc, enum layout_field f)
{
	uint64_t v;

	memcpy(&v, gc + l->at[f], sizeof(v));
	return v;
}

/* memoryLimitHeapGoal. False: the values do not fit together. */
static bool limit_goal(const struct gcstate *s, int go_minor, uint64_t *ret)
{
	uint64_t other, over, goal, headroom = HEADROOM_BYTES;

	if (s->free + s->heap > s->ready)
		return false;
	other = s->ready - s->free - s->heap;
	over = s->ready > s->limit ? s->ready - s->limit : 0;
	*ret = s->marked;
	if (other + over >= s->limit)
		return true;
	goal = s->limit - (other + over);
	if (go_minor > 19 && goal / 100 * HEADROOM_PCT > headroom)
		headroom = goal / 100 * HEADROOM_PCT;
	goal = goal < 2 * headroom ? headroom : goal - headroom;
	if (goal > s->marked)
		*ret = goal;
	return true;
}

/* heapGoalInternal; -1 when nothing will start a collection, or it cannot be told. */
static int64_t heap_goal(const struct gcstate *s, int go_minor)
{
	uint64_t goal = s->percent_goal, limited;

	if (!limit_goal(s, go_minor, &limited))
		return -1;
	if (limited < goal)
		return s->limit == INT64_MAX ? -1 : (int64_t)limited;
	if (s->sweep_trigger > goal)
		goal = s->sweep_trigger;
	if (s->triggered != UINT64_MAX && goal < s->triggered + RUNWAY_BYTES)
		goal = s->triggered + RUNWAY_BYTES;
	return goal < INT64_MAX ? (int64_t)goal : -1;
}

void gcstate_read(const struct layout *l, const uint8_t *gc, struct sched_sample *ret)
{
	struct gcstate s = {
		.heap = word(l, gc, LAYOUT_GC_TOTALALLOC) - word(l, gc, LAYOUT_GC_TOTALFREE),
		.free = word(l, gc, LAYOUT_GC_HEAPFREE),
		.ready = word(l, gc, LAYOUT_GC_MAPPEDREADY),
		.marked = word(l, gc, LAYOUT_GC_HEAPMARKED),
		.limit = word(l, gc, LAYOUT_GC_MEMORYLIMIT),
		.percent_goal = word(l, gc, LAYOUT_GC_GCPERCENTHEAPGOAL),
		.triggered = word(l, gc, LAYOUT_GC_TRIGGERED),
	};
	int32_t percent;

	/* sweepDistMinTrigger, which stands between these two in every version. */
	memcpy(&s.sweep_trigger, gc + l->at[LAYOUT_GC_TRIGGERED] - 8, sizeof(s.sweep_trigger));
	memcpy(&percent, gc + l->at[LAYOUT_GC_GCPERCENT], sizeof(percent));
	ret->heap_live_bytes = (int64_t)s.heap >= 0 ? (int64_t)s.heap : -1;
	ret->heap_goal_bytes = heap_goal(&s, l->minor);
	ret->gomemlimit_bytes = s.limit < INT64_MAX ? (int64_t)s.limit : -1;
	ret->gogc_pct = percent >= 0 ? percent : NAN;
}
