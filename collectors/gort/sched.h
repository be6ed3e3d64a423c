/* gort/sched.h - the scheduler as it stands: its counters, every P with its queue, every M, the
 * collector, and the runtime's own histograms. A dozen pieces in four calls. */
#ifndef GORT_SCHED_H
#define GORT_SCHED_H

#include "collectors/gort/code.h"
#include "collectors/gort/locate.h"
#include "collectors/gort/map64.h"
#include "collectors/gort/remote.h"
#include "core/sample.h"

struct sched_reader;

struct sched_target {
	struct remote *remote; /* all borrowed */
	const struct layout *layout;
	const struct locations *locations;
	const struct code *code; /* names where a goroutine began; NULL: nobody asks */
	unsigned failed;	 /* enum layout_group bits: their values count as not known */
};

struct sched_reader *sched_reader_new(const struct sched_target *t); /* sched_reader_free */
void sched_reader_free(struct sched_reader *s);

/* Borrowed until the next call. -ESRCH, -EPERM; -EAGAIN: it changed too much meanwhile. */
int sched_read(struct sched_reader *s, const struct sched_sample **ret);

/* The queue depth of each P that the last sched_read saw; the largest become its runq_max. Fills
 * depth, UINT16_MAX where it was torn; returns how many. */
int sched_read_queues(struct sched_reader *s, uint16_t *depth, size_t max);

/* ---- Ps: ps.c ---- */

struct p_bytes;
struct p_list {
	struct remote *remote;
	const struct layout *layout;
	uint64_t *addrs; /* as runtime.allp has them */
	struct p_bytes *bytes;
	struct remote_part *parts;
	struct p_sample *ps; /* without m and g, which their Ms tell */
	uint32_t *runq_max;  /* since the last p_list_read */
	struct map64 ids;    /* by address */
	uint64_t created;    /* goroutines that they have not told the scheduler of */
	size_t n, cap;
};

void p_list_release(struct p_list *l);
int p_list_read(struct p_list *l, const uint64_t allp[2]); /* where the slice is, and its length */
int p_list_queues(struct p_list *l, uint16_t *depth, size_t max);

/* ---- Ms: ms.c ---- */

struct m_list {
	struct remote *remote;
	const struct layout *layout;
	uint64_t *addrs;	   /* as allm links them: the youngest first */
	uint8_t *bytes;		   /* m_list_stride of each */
	struct remote_part *parts; /* room for three of each */
	size_t n, cap;
};

void m_list_release(struct m_list *l);
uint32_t m_list_stride(const struct m_list *l);
/* Every M of the chain that begins at `first`, whole and consistent. */
int m_list_read(struct m_list *l, uint64_t first);

static inline const uint8_t *m_list_at(const struct m_list *l, size_t i)
{
	return l->bytes + i * m_list_stride(l);
}

#endif
