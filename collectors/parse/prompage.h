/* parse/prompage.h - a metrics page while it is put together, for the readers of text and of
 * protobuf alike, so that the same metrics make the same series and families. Pure. */
#ifndef PARSE_PROMPAGE_H
#define PARSE_PROMPAGE_H

#include <endian.h>

#include "collectors/parse/promscan.h"
#include "core/base/xalloc.h"
#include "core/sample.h"

enum {
	PROM_SERIES_MAX = 1 << 18,   /* the rest of the page is not read: page.cut */
	PROM_LABELS_MAX = 256,	     /* of one series */
	PROM_PAGE_MAX = 256 << 20,   /* bytes of text and arrays together */
	PROM_SLACK = PROMSCAN_SLACK, /* bytes behind a key that may be loaded */
};

/* What a TYPE says. The first are enum metric_type; the rest, of OpenMetrics, are gauges to us. */
enum prom_kind {
	KIND_UNTYPED = METRIC_UNTYPED,
	KIND_COUNTER = METRIC_COUNTER,
	KIND_GAUGE = METRIC_GAUGE,
	KIND_HISTOGRAM = METRIC_HISTOGRAM,
	KIND_SUMMARY = METRIC_SUMMARY,
	KIND_GAUGEHISTOGRAM,
	KIND_INFO,
	KIND_STATESET,
	KIND_COUNT,
};

/* A family in the table by name. */
struct prompage_slot {
	uint64_t hash;
	uint32_t family_plus_1; /* 0: free */
	uint8_t kind;		/* enum prom_kind */
	bool typed;		/* had its TYPE or its first series */
	bool helped, has_unit, has_series;
};

/* Names whose owners were asked for, as those of a histogram are again and again: of any of them
 * only as long as there is no new family. */
struct prompage_recent {
	struct {
		struct str name;
		size_t slot;
	} of[4];
	size_t n, n_families;
};

/* Zeroed is valid. The strings are the reader's. */
struct prompage {
	struct family *families;
	struct series *series;
	struct label *labels;
	size_t n_families, n_series, n_labels;
	uint64_t layout;    /* of the series so far */
	uint64_t created;   /* hash of all _created values so far */
	double created_min; /* the earliest; INFINITY: there is none */
	bool cut;

	/* private: */
	size_t families_cap, series_cap, labels_cap;
	struct prompage_slot *slots; /* a power of two */
	size_t n_slots, last;	     /* last: asked for last */
	struct prompage_recent recent;
	uint64_t names;			    /* hash of the families' names */
	uint64_t last_layout, last_created; /* of the finished page before */
	double last_created_min;
};

void prompage_clear(struct prompage *b);
void prompage_release(struct prompage *b);

/* The place of the family of exactly that name: taken, or free. */
struct prompage_slot *prompage_find(const struct prompage *b, struct str name);
/* The same, made when there is none. Valid until the next one is made. */
struct prompage_slot *prompage_family(struct prompage *b, struct str name);
/* Of the family that a series of that name belongs to, by its suffix perhaps; made if need be. */
struct prompage_slot *prompage_owner(struct prompage *b, struct str name);
/* Whether a series of the family would be one of another family's, or the other way round. */
bool prompage_clashes(const struct prompage *b, const struct prompage_slot *s);
void prompage_set_kind(struct prompage *b, struct prompage_slot *s, enum prom_kind kind);

/* Room for n more labels at b->labels + b->n_labels. */
static inline void prompage_reserve_labels(struct prompage *b, size_t n)
{
	while (b->labels_cap - b->n_labels < n)
		b->labels = grow(b->labels, &b->labels_cap, sizeof(*b->labels));
}

/* A _created value: when the series of a key with that hash began to count. */
void prompage_created(struct prompage *b, uint64_t key_hash, double unix_s);

/* The page as it is now. Counters began anew, although none need have fallen, when a _created value
 * changed in the same layout, or when there is none as early as before. */
void prompage_finish(struct prompage *b, struct metrics_page *ret);

static inline uint64_t prompage_mix(uint64_t h, uint64_t v)
{
	unsigned __int128 m = (unsigned __int128)(h ^ v) * 0x9e3779b97f4a7c15u;

	return (uint64_t)m ^ (uint64_t)(m >> 64) ^ v;
}

/* Of a series that was added: whatever tells its name and labels from others. */
static inline void prompage_layout(struct prompage *b, uint64_t v)
{
	b->layout = prompage_mix(b->layout, v);
}

static inline size_t prompage_bytes(const struct prompage *b)
{
	return b->n_families * (sizeof(*b->families) + 4 * sizeof(*b->slots)) +
	       b->n_series * sizeof(*b->series) + b->n_labels * sizeof(*b->labels);
}

/* One more series, to be filled in by the caller, field by field: a copy of what was just put
 * together would wait for it. Its labels stand at b->labels[label]. NULL, and b->cut, beyond
 * PROM_SERIES_MAX. */
static inline struct series *prompage_add(struct prompage *b)
{
	if (b->n_series == PROM_SERIES_MAX) {
		b->cut = true;
		return NULL;
	}
	GROW(b->series, b->n_series, b->series_cap);
	return &b->series[b->n_series++];
}

/* The same reason: by its parts, as they were written. */
static inline void prompage_copy_label(struct label *to, const struct label *from)
{
	to->name.p = from->name.p;
	to->name.len = from->name.len;
	to->value.p = from->value.p;
	to->value.len = from->value.len;
}

/* The key of the series added last: its name and labels as text has them. Its first `common` bytes
 * are those of the key before. PROM_SLACK bytes behind it are readable.
 * Only what the one before has not is mixed in: pages repeat most of each line in the next. */
static inline void prompage_key(struct prompage *b, struct str key, size_t common)
{
	uint64_t h = prompage_mix(b->layout, (uint64_t)common << 32 | key.len), v;
	const char *p = key.p + common;
	size_t n = key.len - common;

	for (; n > 8; p += 8, n -= 8) {
		memcpy(&v, p, 8);
		h = prompage_mix(h, v);
	}
	if (n) {
		memcpy(&v, p, 8);
		h = prompage_mix(h, le64toh(v) & (UINT64_MAX >> (64 - 8 * n)));
	}
	b->layout = h;
}

/* Eight bytes at a time: base/hash.h's FNV would take longer than all the rest. Never leaves the
 * process, unlike FNV's values. */
static inline uint64_t prompage_hash(uint64_t h, struct str s)
{
	const char *p = s.p;
	size_t n = s.len;
	uint64_t v = 0;
	uint32_t w;

	for (; n > 8; p += 8, n -= 8) {
		memcpy(&v, p, 8);
		h = prompage_mix(h, v);
	}
	if (s.len >= 8) { /* the last eight, some of them a second time */
		memcpy(&v, p + n - 8, 8);
	} else if (n >= 4) {
		memcpy(&w, p + n - 4, 4);
		v = w;
		memcpy(&w, p, 4);
		v = v << 32 | w;
	} else {
		v = 0;
		for (size_t i = 0; i < n; i++)
			v = v << 8 | (unsigned char)p[i];
	}
	return prompage_mix(prompage_mix(h, v), s.len);
}

#endif
