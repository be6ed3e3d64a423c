#include "collectors/parse/promnative.h"

#include <endian.h>
#include <math.h>
#include <string.h>

enum { SCHEMA_MIN = -4, SCHEMA_MAX = 8, INDEX_MAX = 1 << 20 };

/* message Histogram: fields of the positive side; those of the negative one are three lower. */
enum { SPAN = 12, DELTA = 13, COUNT = 14, NEGATIVE = 3 };

/* A side's buckets, one after the other: spans say where, deltas or counts how many. */
struct side {
	struct proto spans, values, packed; /* packed: numbers of one field, in one run */
	uint32_t below;			    /* 0, or NEGATIVE */
	int64_t index;
	uint64_t left; /* of the span */
	uint64_t running;
	bool is_float;
};

struct extent {
	int64_t min, max;
	bool any;
};

struct head {
	int32_t schema;
	double threshold, zero;
	bool spans;
};

static double double_of(struct proto bytes)
{
	uint64_t v;
	double d;

	memcpy(&v, bytes.p, sizeof(v));
	v = le64toh(v);
	memcpy(&d, &v, sizeof(d));
	return d;
}

static int64_t zigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ -(v & 1));
}

static int read_head(struct proto w, struct head *ret)
{
	struct proto_field f = { 0 };
	double zero_float = 0;
	int r;

	*ret = (struct head){ 0 };
	while ((r = proto_next(&w, &f)) > 0) {
		switch (f.tag) {
		case PROTO_NUMBER(5):
			ret->schema = (int32_t)zigzag(f.value);
			break;
		case PROTO_FIXED(6):
			ret->threshold = double_of(f.bytes);
			break;
		case PROTO_NUMBER(7):
			ret->zero = (double)f.value;
			break;
		case PROTO_FIXED(8):
			zero_float = double_of(f.bytes);
			break;
		case PROTO_MESSAGE(SPAN):
		case PROTO_MESSAGE(SPAN - NEGATIVE):
			ret->spans = true;
			break;
		}
	}
	if (zero_float > 0)
		ret->zero = zero_float;
	return r;
}

bool promnative_is(struct proto histogram)
{
	struct head h;

	return read_head(histogram, &h) == 0 && (h.spans || h.threshold > 0 || h.zero > 0);
}

/* The next span with buckets in it: 1, 0 at the end, or an error. */
static int next_span(struct side *s)
{
	struct proto_field f = { 0 }, part = { 0 };
	int r;

	while ((r = proto_next(&s->spans, &f)) > 0) {
		if (f.tag != PROTO_MESSAGE(SPAN - s->below))
			continue;
		s->left = 0;
		while ((r = proto_next(&f.bytes, &part)) > 0) {
			if (part.tag == PROTO_NUMBER(1))
				s->index += (int32_t)zigzag(part.value);
			else if (part.tag == PROTO_NUMBER(2))
				s->left = (uint32_t)part.value;
		}
		if (r < 0 || s->index > INDEX_MAX || s->index < -INDEX_MAX)
			return -EBADMSG;
		if (s->left)
			return 1;
	}
	return r;
}

/* The next count of the side, as it stands in the message: 1, 0 at the end, or an error. */
static int next_value(struct side *s, double *ret)
{
	struct proto_field f = { 0 };
	uint64_t v;
	int r;

	while (s->packed.p == s->packed.end) {
		r = proto_next(&s->values, &f);
		if (r <= 0)
			return r;
		if (f.tag >> 3 != DELTA - s->below && f.tag >> 3 != COUNT - s->below)
			continue;
		s->packed = f.bytes;
		s->is_float = f.tag >> 3 == COUNT - s->below;
	}
	if (s->is_float) {
		if (s->packed.end - s->packed.p < 8)
			return -EBADMSG;
		*ret = double_of(s->packed);
		s->packed.p += 8;
		return 1;
	}
	r = proto_varint(&s->packed, &v);
	if (r < 0)
		return r;
	s->running += (uint64_t)zigzag(v);
	*ret = (double)(int64_t)s->running;
	return 1;
}

/* The next bucket: 1, 0 at the end, or an error. */
static int next_bucket(struct side *s, int64_t *ret_index, double *ret_count)
{
	int r;

	if (!s->left) {
		r = next_span(s);
		if (r == 0 && next_value(s, ret_count)) /* of no span */
			return -EBADMSG;
		if (r <= 0)
			return r;
	}
	r = next_value(s, ret_count);
	if (r == 0 || (r > 0 && !(*ret_count >= 0)) || s->index > INDEX_MAX)
		return -EBADMSG;
	*ret_index = s->index++;
	s->left--;
	return r;
}

static struct side side_of(struct proto histogram, uint32_t below)
{
	return (struct side){ .spans = histogram, .values = histogram, .below = below };
}

static int measure(struct proto histogram, uint32_t below, struct extent *ret)
{
	struct side s = side_of(histogram, below);
	int64_t index = 0;
	double count = 0;
	int r;

	*ret = (struct extent){ .min = INT64_MAX, .max = INT64_MIN };
	while ((r = next_bucket(&s, &index, &count)) > 0) {
		if (count == 0)
			continue;
		ret->any = true;
		ret->min = index < ret->min ? index : ret->min;
		ret->max = index;
	}
	return r;
}

/* The bucket that holds bucket `index` when 2^steps neighbours are one. */
static int64_t coarser(int64_t index, int steps)
{
	return -(-index >> steps);
}

/* Whole powers of two, so that a bucket that fills later seldom changes which ones there are. */
static struct extent coarse_extent(struct extent x, int schema, int to)
{
	int64_t octave = to > 0 ? 1 << to : 1;

	if (!x.any)
		return x;
	x.min = coarser(x.min, schema - to);
	x.max = coarser(x.max, schema - to);
	x.min -= ((x.min - 1) % octave + octave) % octave;
	x.max += (octave - x.max % octave) % octave;
	return x;
}

static size_t buckets_in(struct extent x)
{
	return x.any ? (size_t)(x.max - x.min) + 2 : 0; /* and the bound below the first */
}

/* The upper bound of a bucket: 2^(index / 2^schema). */
static double bound_of(int64_t index, int schema)
{
	int64_t whole, rest;

	if (schema <= 0)
		return ldexp(1, (int)(index * ((int64_t)1 << -schema)));
	whole = index >> schema;
	rest = index - whole * (1 << schema);
	return ldexp(exp2((double)rest / (1 << schema)), (int)whole);
}

static int add_side(struct proto histogram, uint32_t below, int steps, struct extent x,
		    double *counts)
{
	struct side s = side_of(histogram, below);
	int64_t index = 0;
	double count = 0;
	int r;

	while ((r = next_bucket(&s, &index, &count)) > 0) {
		if (count > 0)
			counts[coarser(index, steps) - x.min] += count;
	}
	return r;
}

/* Bounds have to rise: what does not belongs to the last one. */
static void emit(struct promnative *n, double le, double count)
{
	if (n->n && !(le > n->le[n->n - 1])) {
		n->count[n->n - 1] = count;
		return;
	}
	if (isinf(le) || n->n == PROMNATIVE_MAX)
		return;
	n->le[n->n] = le;
	n->count[n->n++] = count;
}

int promnative_read(struct proto histogram, struct promnative *ret, const char **ret_why)
{
	double below[PROMNATIVE_MAX] = { 0 }, above[PROMNATIVE_MAX] = { 0 }, sum = 0;
	struct extent neg, pos, n = { 0 }, p = { 0 };
	struct head h;
	int to;

	ret->n = 0;
	*ret_why = "a native histogram is damaged";
	if (read_head(histogram, &h) < 0 || measure(histogram, NEGATIVE, &neg) < 0 ||
	    measure(histogram, 0, &pos) < 0)
		return -EBADMSG;
	if (h.schema < SCHEMA_MIN || h.schema > SCHEMA_MAX)
		return 0;
	for (to = h.schema; to > -32; to--) {
		n = coarse_extent(neg, h.schema, to);
		p = coarse_extent(pos, h.schema, to);
		if (buckets_in(n) + buckets_in(p) < PROMNATIVE_MAX)
			break;
	}
	if (to == -32 || add_side(histogram, NEGATIVE, h.schema - to, n, below) < 0 ||
	    add_side(histogram, 0, h.schema - to, p, above) < 0)
		return -EBADMSG;
	for (int64_t i = n.max; n.any && i >= n.min - 1; i--) {
		emit(ret, -bound_of(i, to), sum);
		if (i >= n.min)
			sum += below[i - n.min];
	}
	sum += h.zero;
	if (h.threshold > 0 || h.zero > 0)
		emit(ret, h.threshold, sum);
	for (int64_t i = p.min - 1; p.any && i <= p.max; i++) {
		if (i >= p.min)
			sum += above[i - p.min];
		emit(ret, bound_of(i, to), sum);
	}
	return 0;
}
