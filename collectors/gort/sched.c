#include "collectors/gort/sched.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/gcstate.h"
#include "collectors/gort/gview.h"
#include "collectors/gort/histogram.h"
#include "collectors/gort/tids.h"
#include "core/base/xalloc.h"

enum { CURG_STATUS, CURG_GOID, CURG_STARTPC, CURG_WORDS };

struct sched_reader {
	struct sched_target t;
	uint64_t allp[3], allm; /* allp is a slice */
	uint32_t gomaxprocs, gcphase, numgc;
	uint8_t *sched, *gc, *pauses; /* copies of schedt, gcController and a histogram */
	struct m_sample *ms;
	uint64_t *curg; /* status, goid and start of each M's curg: CURG_WORDS each */
	size_t cap_ms;
	struct p_list p_list;
	struct m_list m_list;
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
	/* A word more: one is read at each field, the last ones may be smaller. */
	s->sched = xcalloc(1, size_of(s, LAYOUT_SCHED_SIZE) + sizeof(uint64_t));
	s->gc = xcalloc(1, size_of(s, LAYOUT_GC_SIZE) + sizeof(uint64_t));
	s->pauses = xcalloc(1, size_of(s, LAYOUT_HISTOGRAM_SIZE));
	s->p_list.remote = s->m_list.remote = t->remote;
	s->p_list.layout = s->m_list.layout = t->layout;
	tids_init(&s->tids, t->remote->pid);
	time_buckets_init(&s->buckets, t->layout);
	return s;
}

void sched_reader_free(struct sched_reader *s)
{
	if (!s)
		return;
	tids_release(&s->tids);
	p_list_release(&s->p_list);
	m_list_release(&s->m_list);
	free(s->curg);
	free(s->ms);
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
	histogram_read(&s->buckets, s->t.layout, s->sched + s->t.layout->at[LAYOUT_SCHED_TIMETORUN],
		       s->latency, &o->latency);
	if (pauses >= 0 || s->t.layout->at[LAYOUT_MSTATS_GCPAUSEDIST] >= 0)
		histogram_read(&s->buckets, s->t.layout,
			       pauses >= 0 ? s->sched + pauses : s->pauses, s->pause, &o->gc_pause);
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

/* ---- Ps, and Ms with what they tell of Ps ---- */

static int read_ps(struct sched_reader *s)
{
	int r = p_list_read(&s->p_list, s->allp);

	if (r == 0 && s->t.layout->at[LAYOUT_SCHED_GOROUTINESCREATED] >= 0 &&
	    good(s, CHECK_SCHED) && good(s, CHECK_P))
		s->out.goroutines_created =
			(int64_t)(word(s, s->sched, LAYOUT_SCHED_GOROUTINESCREATED) +
				  s->p_list.created);
	return r;
}

static int read_curg(struct sched_reader *s)
{
	static const enum layout_field fields[CURG_WORDS] = {
		[CURG_STATUS] = LAYOUT_G_ATOMICSTATUS,
		[CURG_GOID] = LAYOUT_G_GOID,
		[CURG_STARTPC] = LAYOUT_G_STARTPC,
	};
	size_t n = 0;

	for (size_t i = 0; i < s->m_list.n; i++) {
		uint64_t g = word(s, m_list_at(&s->m_list, i), LAYOUT_M_CURG);
		uint64_t *to = &s->curg[CURG_WORDS * i];

		to[CURG_STATUS] = G_DEAD;
		to[CURG_GOID] = to[CURG_STARTPC] = 0;
		for (size_t k = 0; g && k < CURG_WORDS; k++) {
			uint64_t from = g + (uint64_t)s->t.layout->at[fields[k]];
			uint32_t len = k == CURG_STATUS ? 4 : 8;

			s->m_list.parts[n++] = (struct remote_part){ from, &to[k], len, false };
		}
	}
	return remote_gather(s->t.remote, s->m_list.parts, n);
}

/* The P that an M has, or in a system call the one that it will want back. */
static int64_t p_of(const struct sched_reader *s, const uint8_t *m, bool in_syscall)
{
	uint64_t p = word(s, m, LAYOUT_M_P);
	uint32_t id;

	if (p)
		return map64_get(&s->p_list.ids, p, &id) ? (int64_t)id : -1;
	if (!in_syscall || !map64_get(&s->p_list.ids, word(s, m, LAYOUT_M_OLDP), &id))
		return -1;
	return s->p_list.ps[id].status == P_SYSCALL ? (int64_t)id : -1;
}

static struct str start_func(const struct sched_reader *s, uint64_t pc)
{
	return pc && s->t.code ? s->t.code->func_name(s->t.code->arg, pc) : STR("");
}

static void put_m(struct sched_reader *s, size_t i, struct m_sample *to)
{
	const uint8_t *m = m_list_at(&s->m_list, i);
	const uint64_t *curg = &s->curg[CURG_WORDS * i];
	uint32_t status = (uint32_t)curg[CURG_STATUS] & 0xff;
	bool alive = good(s, CHECK_G) && curg[CURG_GOID] && status != G_DEAD;
	bool in_syscall = alive && status == G_SYSCALL;
	int64_t p = p_of(s, m, in_syscall);

	*to = (struct m_sample){
		.id = (int64_t)word(s, m, LAYOUT_M_ID),
		.tid = tids_outer(&s->tids, word(s, m, LAYOUT_M_PROCID)),
		.p = word(s, m, LAYOUT_M_P) ? p : -1,
		.g = alive ? (int64_t)curg[CURG_GOID] : -1,
		.g_func = start_func(s, alive ? curg[CURG_STARTPC] : 0),
		.in_syscall = in_syscall,
		.spinning = byte(s, m, LAYOUT_M_SPINNING),
		.blocked = byte(s, m, LAYOUT_M_BLOCKED),
		.in_cgo = byte(s, m, LAYOUT_M_INCGO),
		.locked = word(s, m, LAYOUT_M_LOCKEDG) != 0,
	};
	if (p < 0 || !s->p_list.ps[p].known)
		return;
	s->p_list.ps[p].m = to->id;
	s->p_list.ps[p].g = to->g;
	s->p_list.ps[p].g_func = to->g_func;
	/* Go 1.26 has no status for this. */
	if (in_syscall && s->p_list.ps[p].status == P_RUNNING)
		s->p_list.ps[p].status = P_SYSCALL;
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
	if (s->m_list.n > s->cap_ms) {
		s->cap_ms = 2 * s->m_list.n + 32;
		s->ms = xreallocarray(s->ms, s->cap_ms, sizeof(*s->ms));
		s->curg = xreallocarray(s->curg, s->cap_ms, CURG_WORDS * sizeof(*s->curg));
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

	for (size_t i = 0; i < s->p_list.n; i++) {
		if (in_use(s, &s->p_list.ps[i]))
			s->p_list.ps[n++] = s->p_list.ps[i];
	}
	s->out.ps = s->p_list.ps;
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
	return p_list_queues(&s->p_list, depth, max);
}
