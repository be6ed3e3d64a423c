/* gort/labels.h - pprof labels of goroutines (runtime/pprof/label.go), each set kept once. Until Go
 * 1.23 they are a map, then a sorted list. A set never changes while a goroutine holds it. */
#ifndef GORT_LABELS_H
#define GORT_LABELS_H

#include "collectors/gort/layout.h"
#include "collectors/gort/map64.h"
#include "collectors/gort/remote.h"
#include "core/base/arena.h"
#include "core/base/chunks.h"
#include "core/sample.h"

enum {
	LABELS_MAX = 32, /* of one set; as of a profile */
	LABEL_NAME_MAX = 256,
	LABEL_VALUE_MAX = 64 << 10,
};

struct label_set {
	const struct label *labels; /* sorted by name */
	uint32_t n;
};

struct label_reader;
struct label_sets {
	const struct layout *layout;
	bool map; /* the older form */
	struct map64 by_hash;
	struct map64 memo;  /* by address: what it holds at this moment */
	struct chunks list; /* struct label_set */
	struct arena arena;
	struct label_reader *reader; /* NULL until there is a set to read */
	uint64_t failed; /* not readable, or over a limit: their goroutines count as unlabelled */
};

static inline const struct label_set *label_set_at(const struct label_sets *s, uint32_t i)
{
	return chunks_at(&s->list, i);
}

void label_sets_init(struct label_sets *s, const struct layout *l, bool map);
void label_sets_clear(struct label_sets *s); /* every number given out is void, but for 0 */
void label_sets_release(struct label_sets *s);

/* Addresses read from here on may hold something else than before. */
void label_sets_moment(struct label_sets *s);

/* Reads the sets at these addresses together, in few calls, so that label_sets_read has them: all
 * but large ones. -ESRCH, -EPERM. */
int label_sets_gather(struct label_sets *s, struct remote *r, const uint64_t *addrs, size_t n);

/* The number of the set at an address of the target; 0 is the empty one. -ESRCH, -EPERM. */
int label_sets_read(struct label_sets *s, struct remote *r, uint64_t addr, uint32_t *ret);

#endif
