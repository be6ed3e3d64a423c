/* gort/sched.h - the scheduler as it stands: its counters, every P with its queue, every M, the
 * collector, and the runtime's own histograms. A dozen pieces in four calls. */
#ifndef GORT_SCHED_H
#define GORT_SCHED_H

#include "collectors/gort/locate.h"
#include "collectors/gort/remote.h"
#include "core/sample.h"

struct sched_reader;

struct sched_target {
	struct remote *remote; /* all borrowed */
	const struct layout *layout;
	const struct locations *locations;
	unsigned failed; /* enum layout_group bits: their values count as not known */
};

struct sched_reader *sched_reader_new(const struct sched_target *t); /* sched_reader_free */
void sched_reader_free(struct sched_reader *s);

/* Borrowed until the next call. -ESRCH, -EPERM; -EAGAIN: it changed too much meanwhile. */
int sched_read(struct sched_reader *s, const struct sched_sample **ret);

/* The queue depth of each P that the last sched_read saw; the largest become its runq_max. Fills
 * depth, UINT16_MAX where it was torn; returns how many. */
int sched_read_queues(struct sched_reader *s, uint16_t *depth, size_t max);

/* ---- Ms: ms.c ---- */

struct m_list {
	struct remote *remote;
	const struct layout *layout;
	uint64_t *addrs; /* as allm links them: the youngest first */
	uint8_t *bytes;	 /* m_list_stride of each */
	struct remote_part *parts; /* room for two of each */
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
