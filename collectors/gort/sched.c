#include "collectors/gort/sched.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/gcstate.h"
#include "collectors/gort/gview.h"
#include "collectors/gort/histogram.h"
#include "collectors/gort/map64.h"
#include "collectors/gort/tids.h"
#include "core/base/xalloc.h"

enum {
	PS_MAX = 4096,
	RUNQ_MAX = 256, /* entries of p.runq */
	P_HEAD_BYTES = 64,
	P_PIECES = 5,
};

struct p_bytes {
	uint8_t head[P_HEAD_BYTES]; /* id, status, ticks, m */
	uint32_t runq[2];	    /* head and tail */
	uint64_t runnext, created;
	uint32_t timers;
};

struct sched_reader {
	struct sched_target t;
	uint64_t allp[3], allm; /* allp is a slice */
	uint32_t gomaxprocs, gcphase, numgc;
	uint8_t *sched, *gc, *pauses; /* copies of schedt, gcController and a histogram */
	uint64_t *p_addrs;
	struct p_bytes *p_bytes;
	struct p_sample *ps;
	struct m_sample *ms;
	struct remote_part *parts;
	uint64_t *curg; /* status and goid of each M's curg */
	uint32_t *runq_max;
	size_t n_ps, cap_ps, cap_ms;
	struct m_list m_list;
	struct map64 p_ids; /* by address */
	struct tids tids;
	struct time_buckets buckets;
	uint64_t latency[HISTOGRAM_BUCKETS_MAX], pause[HISTOGRAM_BUCKETS_MAX];
	struct sched_sample out;
};

static size_t size_of(const struct sched_reader *s, enum layout_field f)
{
	int32_t n = s->t.layout->at[f];

	return n > 0 ? (size_t)n : 0;
}

struct sched_reader *sched_reader_new(const struct sched_target *t)
{
	struct sched_reader *s = xcalloc(1, sizeof(*s));

	s->t = *t;
	s->sched = xcalloc(1, size_of(s, LAYOUT_SCHED_SIZE));
	s->gc = xcalloc(1, size_of(s, LAYOUT_GC_SIZE));
	s->pauses = xcalloc(1, size_of(s, LAYOUT_HISTOGRAM_SIZE));
	s->m_list.remote = t->remote;
	s->m_list.layout = t->layout;
	tids_init(&s->tids, t->remote->pid);
	time_buckets_init(&s->buckets, t->layout);
	return s;
}

void sched_reader_free(struct sched_reader *s)
{
	if (!s)
		return;
	tids_release(&s->tids);
	map64_release(&s->p_ids);
	m_list_release(&s->m_list);
	free(s->runq_max);
	free(s->curg);
	free(s->parts);
	free(s->ms);
	free(s->ps);
	free(s->p_bytes);
	free(s->p_addrs);
	free(s->pauses);
	free(s->gc);
	free(s->sched);
	free(s);
}

static uint64_t word(const struct sched_reader *s, const uint8_t *from, enum layout_field f)
{
	uint64_t v;

	if (s->t.layout->at[f] < 0)
		return 0;
	memcpy(&v, from + s->t.layout->at[f], sizeof(v));
	return v;
}

static uint32_t half(const struct sched_reader *s, const uint8_t *from, enum layout_field f)
{
	return (uint32_t)word(s, from, f);
}

static bool byte(const struct sched_reader *s, const uint8_t *from, enum layout_field f)
{
	return s->t.layout->at[f] >= 0 && from[s->t.layout->at[f]];
}

static bool good(const struct sched_reader *s, enum layout_group g)
{
	return !(s->t.failed & g);
}

/* ---- one variable each ---- */

static int read_globals(struct sched_reader *s)
{
	const struct layout *l = s->t.layout;
	const uint64_t *at = s->t.locations->at;
	bool old_pauses = at[LOC_MEMSTATS] && l->at[LAYOUT_MSTATS_GCPAUSEDIST] >= 0;
	struct remote_part parts[] = {
		{ at[LOC_SCHED], s->sched, (uint32_t)size_of(s, LAYOUT_SCHED_SIZE), false },
		{ at[LOC_ALLP], s->allp, sizeof(s->allp), false },
		{ at[LOC_ALLM], &s->allm, sizeof(s->allm), false },
		{ at[LOC_GOMAXPROCS], &s->gomaxprocs, 4, false },
		{ at[LOC_GC_CONTROLLER], s->gc, (uint32_t)size_of(s, LAYOUT_GC_SIZE), false },
		{ at[LOC_GCPHASE], &s->gcphase, 4, false },
		{ at[LOC_MEMSTATS] + (uint64_t)l->at[LAYOUT_MSTATS_NUMGC], &s->numgc, 4, false },
		{ at[LOC_MEMSTATS] + (uint64_t)l->at[LAYOUT_MSTATS_GCPAUSEDIST], s->pauses,
		  old_pauses ? (uint32_t)size_of(s, LAYOUT_HISTOGRAM_SIZE) : 0, false },
	};
	int r = remote_gather(s->t.remote, parts, sizeof(parts) / sizeof(parts[0]));

	if (r < 0)
		return r;
	return parts[0].ok && parts[1].ok && parts[2].ok ? 0 : -EAGAIN;
}

static int64_t counter(const struct sched_reader *s, enum layout_field f)
{
	int32_t v = (int32_t)half(s, s->sched, f);

	return v >= 0 && good(s, CHECK_SCHED) ? v : -1;
}

static void put_sched(struct sched_reader *s)
{
	struct sched_sample *o = &s->out;
	int32_t pauses = s->t.layout->at[LAYOUT_SCHED_STWTOTALTIMEGC];

	o->gomaxprocs = s->t.locations->at[LOC_GOMAXPROCS] ? s->gomaxprocs : (int64_t)s->allp[1];
	o->global_runq = counter(s, LAYOUT_SCHED_RUNQ_SIZE);
	o->idle_ps = counter(s, LAYOUT_SCHED_NPIDLE);
	o->idle_ms = counter(s, LAYOUT_SCHED_NMIDLE);
	o->spinning_ms = counter(s, LAYOUT_SCHED_NMSPINNING);
	o->goroutines_created = -1;
	o->latency = o->gc_pause = (struct histogram){ 0 };
	if (!good(s, CHECK_HISTOGRAM))
		return;
	histogram_read(&s->buckets, s->t.layout,
		       s->sched + s->t.layout->at[LAYOUT_SCHED_TIMETORUN], s->latency, &o->latency);
	if (pauses >= 0 || s->t.layout->at[LAYOUT_MSTATS_GCPAUSEDIST] >= 0)
		histogram_read(&s->buckets, s->t.layout,
			       pauses >= 0 ? s->sched + pauses : s->pauses, s->pause,
			       &o->gc_pause);
}

static void put_gc(struct sched_reader *s)
{
	struct sched_sample *o = &s->out;
	const uint64_t *at = s->t.locations->at;

	o->heap_live_bytes = o->heap_goal_bytes = o->gomemlimit_bytes = o->gc_cycles = -1;
	o->gogc_pct = NAN;
	o->gc_phase = at[LOC_GCPHASE] && s->gcphase <= 2 ? (int)s->gcphase : -1;
	if (!good(s, CHECK_GC))
		return;
	if (at[LOC_GC_CONTROLLER])
		gcstate_read(s->t.layout, s->gc, o);
	if (at[LOC_MEMSTATS])
		o->gc_cycles = s->numgc;
}

/* ---- Ps ---- */

static void reserve_ps(struct sched_reader *s, size_t n)
{
	if (n <= s->cap_ps)
		return;
	s->p_addrs = xreallocarray(s->p_addrs, n, sizeof(*s->p_addrs));
	s->p_bytes = xreallocarray(s->p_bytes, n, sizeof(*s->p_bytes));
	s->ps = xreallocarray(s->ps, n, sizeof(*s->ps));
	s->parts = xreallocarray(s->parts, n * P_PIECES, sizeof(*s->parts));
	s->runq_max = xreallocarray(s->runq_max, n, sizeof(*s->runq_max));
	memset(s->runq_max + s->cap_ps, 0, (n - s->cap_ps) * sizeof(*s->runq_max));
	s->cap_ps = n;
}

static size_t pieces_of_p(const struct sched_reader *s, size_t i, struct remote_part *to)
{
	const int32_t *at = s->t.layout->at;
	struct p_bytes *b = &s->p_bytes[i];
	uint64_t p = s->p_addrs[i];
	size_t n = 0;

	to[n++] = (struct remote_part){ p, b->head, P_HEAD_BYTES, false };
	to[n++] = (struct remote_part){ p + (uint64_t)at[LAYOUT_P_RUNQHEAD], b->runq, 8, false };
	to[n++] = (struct remote_part){ p + (uint64_t)at[LAYOUT_P_RUNNEXT], &b->runnext, 8, false };
	to[n++] = (struct remote_part){ p + (uint64_t)at[LAYOUT_P_TIMERS_LEN], &b->timers, 4,
					false };
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
static bool read_runq(struct sched_reader *s, size_t i)
{
	uint32_t *runq = s->p_bytes[i].runq;

	if (runq_depth(runq) <= RUNQ_MAX)
		return true;
	return remote_read(s->t.remote,
			   s->p_addrs[i] + (uint64_t)s->t.layout->at[LAYOUT_P_RUNQHEAD], runq,
			   8) == 0 &&
	       runq_depth(runq) <= RUNQ_MAX;
}

static void put_p(struct sched_reader *s, size_t i, bool ok)
{
	const struct p_bytes *b = &s->p_bytes[i];
	uint32_t status = half(s, b->head, LAYOUT_P_STATUS);
	struct p_sample *p = &s->ps[i];

	*p = (struct p_sample){ .id = (int32_t)i, .m = -1, .g = -1 };
	p->known = ok && half(s, b->head, LAYOUT_P_ID) == i && status <= P_DEAD && read_runq(s, i);
	if (!p->known)
		return;
	p->status = (enum p_status)status;
	p->runq = runq_depth(b->runq);
	p->runq_max = s->runq_max[i] > p->runq ? s->runq_max[i] : p->runq;
	p->runnext = b->runnext != 0;
	p->schedtick = half(s, b->head, LAYOUT_P_SCHEDTICK);
	p->syscalltick = half(s, b->head, LAYOUT_P_SYSCALLTICK);
	p->timers = b->timers;
	s->runq_max[i] = 0;
}

static int read_ps(struct sched_reader *s)
{
	size_t n = s->allp[1], pieces = 0, each = 0;
	int64_t created = (int64_t)word(s, s->sched, LAYOUT_SCHED_GOROUTINESCREATED);
	int r;

	if (n == 0 || n > PS_MAX)
		return -EAGAIN;
	reserve_ps(s, n);
	s->n_ps = 0;
	r = remote_read(s->t.remote, s->allp[0], s->p_addrs, n * sizeof(*s->p_addrs));
	if (r < 0)
		return r == -EFAULT ? -EAGAIN : r;
	for (size_t i = 0; i < n; i++, pieces += each)
		each = pieces_of_p(s, i, &s->parts[pieces]);
	r = remote_gather(s->t.remote, s->parts, pieces);
	if (r < 0)
		return r;
	map64_clear(&s->p_ids);
	for (size_t i = 0; i < n; i++) {
		uint32_t twice;

		put_p(s, i, s->parts[i * each].ok && s->parts[i * each + 1].ok);
		created += (int64_t)s->p_bytes[i].created;
		if (!map64_get(&s->p_ids, s->p_addrs[i], &twice))
			map64_put(&s->p_ids, s->p_addrs[i], (uint32_t)i);
	}
	s->n_ps = n;
	if (s->t.layout->at[LAYOUT_SCHED_GOROUTINESCREATED] >= 0 && good(s, CHECK_SCHED))
		s->out.goroutines_created = created;
	return 0;
}

/* ---- Ms, and what they tell of Ps ---- */

static int read_curg(struct sched_reader *s)
{
	const int32_t *at = s->t.layout->at;
	size_t n = 0;

	for (size_t i = 0; i < s->m_list.n; i++) {
		uint64_t g = word(s, m_list_at(&s->m_list, i), LAYOUT_M_CURG);

		s->curg[2 * i] = G_DEAD;
		s->curg[2 * i + 1] = 0;
		if (!g)
			continue;
		s->m_list.parts[n++] = (struct remote_part){
			g + (uint64_t)at[LAYOUT_G_ATOMICSTATUS], &s->curg[2 * i], 4, false
		};
		s->m_list.parts[n++] = (struct remote_part){ g + (uint64_t)at[LAYOUT_G_GOID],
							     &s->curg[2 * i + 1], 8, false };
	}
	return remote_gather(s->t.remote, s->m_list.parts, n);
}

/* The P that an M has, or in a system call the one that it will want back. */
static int64_t p_of(const struct sched_reader *s, const uint8_t *m, bool in_syscall)
{
	uint64_t p = word(s, m, LAYOUT_M_P);
	uint32_t id;

	if (p)
		return map64_get(&s->p_ids, p, &id) ? (int64_t)id : -1;
	if (!in_syscall || !map64_get(&s->p_ids, word(s, m, LAYOUT_M_OLDP), &id))
		return -1;
	return s->ps[id].status == P_SYSCALL ? (int64_t)id : -1;
}

static void put_m(struct sched_reader *s, size_t i, struct m_sample *to)
{
	const uint8_t *m = m_list_at(&s->m_list, i);
	uint32_t status = (uint32_t)s->curg[2 * i] & 0xff;
	bool in_syscall = status == G_SYSCALL;
	int64_t p = p_of(s, m, in_syscall);

	*to = (struct m_sample){
		.id = (int64_t)word(s, m, LAYOUT_M_ID),
		.tid = tids_outer(&s->tids, word(s, m, LAYOUT_M_PROCID)),
		.p = word(s, m, LAYOUT_M_P) ? p : -1,
		.g = s->curg[2 * i + 1] && status != G_DEAD ? (int64_t)s->curg[2 * i + 1] : -1,
		.spinning = byte(s, m, LAYOUT_M_SPINNING),
		.blocked = byte(s, m, LAYOUT_M_BLOCKED),
		.in_cgo = byte(s, m, LAYOUT_M_INCGO),
		.locked = word(s, m, LAYOUT_M_LOCKEDG) != 0,
	};
	if (p < 0 || !s->ps[p].known)
		return;
	s->ps[p].m = to->id;
	s->ps[p].g = to->g;
	/* Go 1.26 has no status for this. */
	if (in_syscall && s->ps[p].status == P_RUNNING)
		s->ps[p].status = P_SYSCALL;
}

static int read_ms(struct sched_reader *s)
{
	size_t n = 0;
	int r;

	s->out.threads = -1;
	if (!good(s, CHECK_M))
		return 0;
	r = m_list_read(&s->m_list, s->allm);
	if (r < 0)
		return r;
	if (2 * s->m_list.n > s->cap_ms) {
		s->cap_ms = 2 * s->m_list.n + 32;
		s->ms = xreallocarray(s->ms, s->cap_ms, sizeof(*s->ms));
		s->curg = xreallocarray(s->curg, s->cap_ms, sizeof(*s->curg));
	}
	r = read_curg(s);
	if (r < 0)
		return r;
	tids_moment(&s->tids);
	for (size_t i = 0; i < s->m_list.n; i++) {
		/* One without a thread: kept ready for C to call Go, or not started yet. */
		if (word(s, m_list_at(&s->m_list, i), LAYOUT_M_PROCID))
			put_m(s, i, &s->ms[n++]);
	}
	s->out.n_ms = n;
	s->out.threads = (int64_t)n;
	return 0;
}

/* ---- all of it ---- */

static bool in_use(const struct sched_reader *s, const struct p_sample *p)
{
	return p->id < s->out.gomaxprocs && !(p->known && p->status == P_DEAD);
}

static void drop_unused_ps(struct sched_reader *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_ps; i++) {
		if (in_use(s, &s->ps[i]))
			s->ps[n++] = s->ps[i];
	}
	s->out.ps = s->ps;
	s->out.n_ps = good(s, CHECK_P) ? n : 0;
}

int sched_read(struct sched_reader *s, const struct sched_sample **ret)
{
	int r;

	s->out = (struct sched_sample){ 0 };
	r = read_globals(s);
	if (r < 0)
		return r;
	put_sched(s);
	put_gc(s);
	r = read_ps(s);
	if (r == 0)
		r = read_ms(s);
	if (r < 0)
		return r;
	drop_unused_ps(s);
	s->out.ms = s->ms;
	*ret = &s->out;
	return 0;
}

int sched_read_queues(struct sched_reader *s, uint16_t *depth, size_t max)
{
	size_t n = s->n_ps < max ? s->n_ps : max;
	int r;

	for (size_t i = 0; i < n; i++)
		s->parts[i] = (struct remote_part){
			s->p_addrs[i] + (uint64_t)s->t.layout->at[LAYOUT_P_RUNQHEAD],
			s->p_bytes[i].runq, 8, false
		};
	r = remote_gather(s->t.remote, s->parts, n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		uint32_t d = runq_depth(s->p_bytes[i].runq);

		depth[i] = s->parts[i].ok && d <= RUNQ_MAX ? (uint16_t)d : UINT16_MAX;
		if (depth[i] != UINT16_MAX && d > s->runq_max[i])
			s->runq_max[i] = d;
	}
	return (int)n;
}
