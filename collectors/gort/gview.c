#include "collectors/gort/gview.h"

#include <string.h>

enum { SCAN_BIT = 0x1000 }; /* the collector looks at it */

static const uint64_t STACK_BYTES_MAX = 2ull << 30;

uint32_t gview_span(const struct layout *l)
{
	static const enum layout_field last[] = {
		LAYOUT_G_STACK_HI,     LAYOUT_G_M,	   LAYOUT_G_SCHED_SP,	LAYOUT_G_SCHED_PC,
		LAYOUT_G_SCHED_LR,     LAYOUT_G_SYSCALLSP, LAYOUT_G_SYSCALLPC,	LAYOUT_G_GOID,
		LAYOUT_G_ATOMICSTATUS, LAYOUT_G_WAITSINCE, LAYOUT_G_WAITREASON, LAYOUT_G_GOPC,
		LAYOUT_G_TRACKINGSEQ,  LAYOUT_G_STARTPC,   LAYOUT_G_LABELS,
	};
	int32_t end = 0;

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		if (l->at[last[i]] + 8 > end)
			end = l->at[last[i]] + 8;
	}
	return (uint32_t)end;
}

static uint64_t word(const struct layout *l, const uint8_t *g, enum layout_field f)
{
	uint64_t v;

	if (l->at[f] < 0)
		return 0;
	memcpy(&v, g + l->at[f], sizeof(v));
	return v;
}

static uint8_t byte(const struct layout *l, const uint8_t *g, enum layout_field f)
{
	return l->at[f] < 0 ? 0 : g[l->at[f]];
}

static bool believable(const struct gview *v)
{
	if (v->status > G_DEAD_EXTRA)
		return false;
	if (!gview_alive(v))
		return true;
	if (v->goid == 0 || v->stack_lo >= v->stack_hi ||
	    v->stack_hi - v->stack_lo > STACK_BYTES_MAX)
		return false;
	return !gview_stopped(v) || (v->sp >= v->stack_lo && v->sp < v->stack_hi && v->sp % 8 == 0);
}

void gview_read(const struct layout *l, const uint8_t *g, struct gview *ret)
{
	uint64_t syscallsp = word(l, g, LAYOUT_G_SYSCALLSP);
	uint32_t status = (uint32_t)word(l, g, LAYOUT_G_ATOMICSTATUS) & ~(uint32_t)SCAN_BIT;

	ret->status = (uint8_t)(status < UINT8_MAX ? status : UINT8_MAX);
	ret->goid = word(l, g, LAYOUT_G_GOID);
	ret->stack_lo = word(l, g, LAYOUT_G_STACK_LO);
	ret->stack_hi = word(l, g, LAYOUT_G_STACK_HI);
	ret->sp = syscallsp ? syscallsp : word(l, g, LAYOUT_G_SCHED_SP);
	ret->pc = word(l, g, syscallsp ? LAYOUT_G_SYSCALLPC : LAYOUT_G_SCHED_PC);
	ret->lr = syscallsp ? 0 : word(l, g, LAYOUT_G_SCHED_LR);
	ret->waitsince = word(l, g, LAYOUT_G_WAITSINCE);
	ret->m = word(l, g, LAYOUT_G_M);
	ret->reason = byte(l, g, LAYOUT_G_WAITREASON);
	ret->seq = byte(l, g, LAYOUT_G_TRACKINGSEQ);
	/* On its way in or out of a system call. */
	if (ret->status == G_SYSCALL && !syscallsp)
		ret->status = G_RUNNING;
	ret->bad = !believable(ret);
}

void gview_origin(const struct layout *l, const uint8_t *g, struct gview_origin *ret)
{
	ret->gopc = word(l, g, LAYOUT_G_GOPC);
	ret->startpc = word(l, g, LAYOUT_G_STARTPC);
	ret->labels = word(l, g, LAYOUT_G_LABELS);
}

bool gview_same(const struct gview *a, const struct gview *b)
{
	return a->goid == b->goid && a->sp == b->sp && a->pc == b->pc && a->seq == b->seq &&
	       a->reason == b->reason && a->status == b->status;
}
