#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/sched.h"
#include "core/base/xalloc.h"

enum {
	PS_MAX = 4096,
	RUNQ_MAX = 256, /* entries of p.runq */
	P_HEAD_BYTES = 64,
	P_PIECES = 5,
};

struct p_bytes {
	uint8_t head[P_HEAD_BYTES]; /* id, status, ticks */
	uint32_t runq[2];	    /* head and tail */
	uint64_t runnext, created;
	uint32_t timers;
};

void p_list_release(struct p_list *l)
{
	map64_release(&l->ids);
	free(l->addrs);
	free(l->bytes);
	free(l->ps);
	free(l->parts);
	free(l->runq_max);
}

static void reserve(struct p_list *l, size_t n)
{
	if (n <= l->cap)
		return;
	l->addrs = xreallocarray(l->addrs, n, sizeof(*l->addrs));
	l->bytes = xreallocarray(l->bytes, n, sizeof(*l->bytes));
	l->ps = xreallocarray(l->ps, n, sizeof(*l->ps));
	l->parts = xreallocarray(l->parts, n * P_PIECES, sizeof(*l->parts));
	l->runq_max = xreallocarray(l->runq_max, n, sizeof(*l->runq_max));
	memset(l->runq_max + l->cap, 0, (n - l->cap) * sizeof(*l->runq_max));
	l->cap = n;
}

static size_t pieces_of(const struct p_list *l, size_t i, struct remote_part *to)
{
	const int32_t *at = l->layout->at;
	struct p_bytes *b = &l->bytes[i];
	uint64_t p = l->addrs[i];
	size_t n = 0;

	to[n++] = (struct remote_part){ p, b->head, P_HEAD_BYTES, false };
	to[n++] = (struct remote_part){ p + (uint64_t)at[LAYOUT_P_RUNQHEAD], b->runq, 8, false };
	to[n++] = (struct remote_part){ p + (uint64_t)at[LAYOUT_P_RUNNEXT], &b->runnext, 8, false };
	to[n++] =
		(struct remote_part){ p + (uint64_t)at[LAYOUT_P_TIMERS_LEN], &b->timers, 4, false };
	b->created = 0;
	if (at[LAYOUT_P_GOROUTINESCREATED] >= 0)
		to[n++] = (struct remote_part){ p + (uint64_t)at[LAYOUT_P_GOROUTINESCREATED],
						&b->created, 8, false };
	return n;
}

static uint32_t runq_depth(const uint32_t runq[2])
{
	return runq[1] - runq[0];
}

/* Head and tail move while they are read: one more look. */
static bool read_runq(struct p_list *l, size_t i)
{
	uint32_t *runq = l->bytes[i].runq;

	if (runq_depth(runq) <= RUNQ_MAX)
		return true;
	return remote_read(l->remote, l->addrs[i] + (uint64_t)l->layout->at[LAYOUT_P_RUNQHEAD],
			   runq, 8) == 0 &&
	       runq_depth(runq) <= RUNQ_MAX;
}

static uint32_t half(const struct p_list *l, const uint8_t *from, enum layout_field f)
{
	uint32_t v;

	memcpy(&v, from + l->layout->at[f], sizeof(v));
	return v;
}

static void put_p(struct p_list *l, size_t i, bool ok)
{
	const struct p_bytes *b = &l->bytes[i];
	uint32_t status = half(l, b->head, LAYOUT_P_STATUS);
	struct p_sample *p = &l->ps[i];

	*p = (struct p_sample){ .id = (int32_t)i, .m = -1, .g = -1 };
	p->known = ok && half(l, b->head, LAYOUT_P_ID) == i && status <= P_DEAD && read_runq(l, i);
	if (!p->known)
		return;
	p->status = (enum p_status)status;
	p->runq = runq_depth(b->runq);
	p->runq_max = l->runq_max[i] > p->runq ? l->runq_max[i] : p->runq;
	p->runnext = b->runnext != 0;
	p->schedtick = half(l, b->head, LAYOUT_P_SCHEDTICK);
	p->syscalltick = half(l, b->head, LAYOUT_P_SYSCALLTICK);
	p->timers = b->timers;
	l->runq_max[i] = 0;
}

int p_list_read(struct p_list *l, const uint64_t allp[2])
{
	size_t n = allp[1], pieces = 0, each = 0;
	int r;

	l->n = 0;
	if (n == 0 || n > PS_MAX)
		return -EAGAIN;
	reserve(l, n);
	r = remote_read(l->remote, allp[0], l->addrs, n * sizeof(*l->addrs));
	if (r < 0)
		return r == -EFAULT ? -EAGAIN : r;
	for (size_t i = 0; i < n; i++, pieces += each)
		each = pieces_of(l, i, &l->parts[pieces]);
	r = remote_gather(l->remote, l->parts, pieces);
	if (r < 0)
		return r;
	map64_clear(&l->ids);
	l->created = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t twice;

		put_p(l, i, l->parts[i * each].ok && l->parts[i * each + 1].ok);
		l->created += l->bytes[i].created;
		if (!map64_get(&l->ids, l->addrs[i], &twice))
			map64_put(&l->ids, l->addrs[i], (uint32_t)i);
	}
	l->n = n;
	return 0;
}

int p_list_queues(struct p_list *l, uint16_t *depth, size_t max)
{
	size_t n = l->n < max ? l->n : max;
	int r;

	for (size_t i = 0; i < n; i++)
		l->parts[i] =
			(struct remote_part){ l->addrs[i] +
						      (uint64_t)l->layout->at[LAYOUT_P_RUNQHEAD],
					      l->bytes[i].runq, 8, false };
	r = remote_gather(l->remote, l->parts, n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		uint32_t d = runq_depth(l->bytes[i].runq);

		depth[i] = l->parts[i].ok && d <= RUNQ_MAX ? (uint16_t)d : UINT16_MAX;
		if (depth[i] != UINT16_MAX && d > l->runq_max[i])
			l->runq_max[i] = d;
	}
	return (int)n;
}
