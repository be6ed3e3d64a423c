/* parse/promproto.h - a metrics page as delimited protobuf (io.prometheus.client.MetricFamily) into
 * the series that the same metrics have as text: summaries and histograms in their parts, bounds as
 * text writes them. Fed chunk by chunk; the result does not depend on where the chunks
 * were cut. Pure: no I/O, no clock.
 *
 * A native histogram becomes buckets when its family has no classic ones; that is what this format
 * has over text. Exemplars and timestamps are read past; a value that says "stale" is absent. */
#ifndef PARSE_PROMPROTO_H
#define PARSE_PROMPROTO_H

#include "collectors/parse/prompage.h"
#include "collectors/parse/proto.h"
#include "core/base/arena.h"
#include "core/base/err.h"

enum {
	PROMPROTO_FIELD_MAX = 1 << 20, /* bytes of one metric, or of a name or help */
};

struct promproto_family {
	struct str name, help;
	struct str suffixed[3]; /* its _bucket, _sum, _count; made when needed */
	int64_t type;		/* enum MetricType; -1: not told yet */
	uint64_t left;		/* bytes of the message that are to come */
	uint32_t index;
	bool open, begun;    /* begun: its metrics are read as they come */
	struct proto *early; /* metrics that came before its name and type */
	size_t n_early, early_cap;
};

/* The labels of the metric before, at out.labels + first: most have the same names. */
struct promproto_before {
	size_t first;
	uint32_t n_labels;
};

/* Zeroed is valid. One is kept by each collector, so that its memory is reused. */
struct promproto {
	struct metrics_page page; /* valid after promproto_end, until the next promproto_begin */
	bool has_native;	  /* a native histogram was turned into buckets */

	/* private: */
	struct prompage out;
	struct arena blocks, rooms; /* blocks: of one size, for what was fed */
	uint8_t *from, *end, *block_end;
	size_t used_bytes;
	struct promproto_family family;
	struct promproto_before before;
	struct arena bound_text;
	struct promproto_bound **bounds; /* by value; a power of two */
	size_t n_bounds, bounds_cap;
	struct promproto_bound *bound; /* the last one of the metric under way */
	struct promrepeat *repeat;
	bool started;
};

void promproto_begin(struct promproto *p);
/* 0, -EBADMSG or -EFBIG with the sentence in *e. After an error only begin or release may follow.
 */
int promproto_feed(struct promproto *p, const char *data, size_t n, struct err *e);
/* -EBADMSG for a page that ends within a family, or without any series. */
int promproto_end(struct promproto *p, struct err *e);
void promproto_release(struct promproto *p);

static inline bool promproto_is_cut(const struct promproto *p)
{
	return p->out.cut;
}

#endif
