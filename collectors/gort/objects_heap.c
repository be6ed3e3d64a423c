#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/objects_impl.h"
#include "core/base/xalloc.h"

enum {
	SPANS_AT_ONCE = 16,
	TRIES_MAX = 4,
	/* A span with masks is one page, and these stand at its end: with Green Tea before the mark
	 * bits, which are as large (runtime/mbitmap.go, spanHeapBitsRange). */
	MASK_BYTES = HEAP_PAGE_BYTES / GCMASK_WORD / 8,
	TAIL_BYTES = 2 * MASK_BYTES,
	SLACK = 16,
	WHOLE_MAX = 64 << 10,
	FRESH_MAX = OBJECTS_MAX / 2,
};

static const uint64_t bytes_max = 2ull << 30; /* of one scan */

struct heap_batch {
	struct heap_span spans[SPANS_AT_ONCE];
	size_t n;
	uint8_t mspans[SPANS_AT_ONCE][HEAP_MSPAN_MAX];
	uint64_t bits_after[SPANS_AT_ONCE];
	uint8_t taken[SPANS_AT_ONCE][HEAP_BITS_MAX + SLACK];
	uint8_t tails[SPANS_AT_ONCE][TAIL_BYTES + SLACK];
	struct remote_part parts[3 * SPANS_AT_ONCE];
	uint8_t whole[WHOLE_MAX + SLACK];
	uint8_t objects[CANDIDATES_AT_ONCE][TYPE_BYTES_MAX];
	struct values_object values[CANDIDATES_AT_ONCE];
	struct remote_part object_parts[CANDIDATES_AT_ONCE];
};

struct heap_batch *heap_batch_new(void)
{
	return xcalloc(1, sizeof(struct heap_batch));
}

/* ---- candidates ---- */

/* Instances of a generic type look alike: one is enough. */
void objects_push(struct objects *o, const struct candidate *c)
{
	if (o->n_candidates > 0) {
		const struct candidate *last = &o->candidates[o->n_candidates - 1];

		if (last->addr == c->addr && o->ots[last->type].kind == o->ots[c->type].kind)
			return;
	}
	GROW(o->candidates, o->n_candidates, o->cap_candidates);
	o->candidates[o->n_candidates++] = *c;
}

/* A program that makes many and drops them at once must not push out those that stay. */
static void accept(struct objects *o, const struct candidate *c)
{
	if (o->next.n == OBJECTS_MAX || (c->fresh && o->n_fresh == FRESH_MAX)) {
		o->counts.cut = true;
		return;
	}
	o->n_fresh += c->fresh;
	GROW(o->next.at, o->next.n, o->next.cap);
	o->next.at[o->next.n++] =
		(struct known_object){ .addr = c->addr, .span = c->span, .type = c->type };
}

/* It was an object at the last scan, and is looked at in each round. */
static bool is_known(const struct objects *o, const struct candidate *c)
{
	uint32_t i;

	return map64_get(&o->by_addr, c->addr, &i) && i < o->known.n &&
	       o->known.at[i].addr == c->addr && o->known.at[i].type == c->type &&
	       o->known.at[i].strikes == 0;
}

/* A variable that may be named and is not is taken for something else. */
static bool is_object(const struct values_object *v, bool variable)
{
	const struct object_kind *k = v->paths->kind;
	struct breaker_object b;
	struct limiter_object l;

	if (variable && k->fields[VAL_NAME] && v->values.name.len == 0)
		return false;
	return k->breaker ? object_breaker(k, &v->values, &b) : object_limiter(k, &v->values, &l);
}

/* Types of two kinds may have the same mask; the first that fits has it. */
static bool is_last(const struct objects *o, uint64_t addr)
{
	return o->next.n > 0 && o->next.at[o->next.n - 1].addr == addr;
}

int objects_judge(struct objects *o)
{
	struct heap_batch *b = o->batch;
	const struct candidate *c = o->candidates + o->next_candidate, *of[CANDIDATES_AT_ONCE];
	size_t n = o->n_candidates - o->next_candidate, left = 0;
	bool known;
	int r;

	n = n < CANDIDATES_AT_ONCE ? n : CANDIDATES_AT_ONCE;
	for (size_t i = 0; i < n; i++)
		b->object_parts[i] =
			(struct remote_part){ c[i].addr, b->objects[i],
					      (uint32_t)o->ots[c[i].type].type->bytes, false };
	r = remote_gather(o->remote, b->object_parts, n);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct object_type *t = &o->ots[c[i].type];

		if (!b->object_parts[i].ok || !object_checks_bytes(&t->checks, b->objects[i]))
			continue;
		known = is_known(o, &c[i]);
		r = known ? 1 : object_checks_pointers(&t->checks, b->objects[i], &o->types);
		if (r != 1)
			continue;
		of[left] = &c[i];
		b->values[left++] = (struct values_object){ .paths = &t->paths,
							    .addr = c[i].addr,
							    .bytes = b->objects[i],
							    .strict = !known };
	}
	if (r >= 0) /* what time it is changes what an object says, not whether it is one */
		r = values_read(&o->trial, b->values, left, 0);
	for (size_t i = 0; r >= 0 && i < left; i++) {
		if (!is_last(o, of[i]->addr) && is_object(&b->values[i], !of[i]->span))
			accept(o, of[i]);
	}
	o->counts.candidates += n;
	o->next_candidate += n;
	if (o->next_candidate == o->n_candidates)
		o->next_candidate = o->n_candidates = 0;
	return r < 0 ? r : o->n_candidates > 0;
}

/* ---- spans ---- */

static bool has_mask(const struct object_type *t, const struct heap_span *s, const uint8_t *tail,
		     uint32_t i)
{
	size_t words = s->elem_bytes / GCMASK_WORD;

	return gcmask_at(&t->mask, tail + TAIL_BYTES - MASK_BYTES, i * words, words) ||
	       gcmask_at(&t->mask, tail, i * words, words);
}

static bool looks_right(const struct object_type *t, const uint8_t *at)
{
	uint64_t header;

	if (!t->header)
		return object_checks_bytes(&t->checks, at);
	memcpy(&header, at, sizeof(header));
	return header == t->type->addr;
}

/* Spans without masks are read whole. */
static int read_whole(struct objects *o, const struct heap_span *s)
{
	struct remote_part p = { s->start, o->batch->whole, (uint32_t)s->bytes, false };
	int r;

	if (s->bytes > WHOLE_MAX)
		return 0;
	r = remote_gather(o->remote, &p, 1);
	o->counts.bytes += s->bytes;
	return r < 0 ? r : p.ok;
}

static int look_through(struct objects *o, size_t i)
{
	const struct heap_span *s = &o->batch->spans[i];
	bool masks = heap_has_masks(o->layout, s->elem_bytes);
	int r = masks ? s->bytes == HEAP_PAGE_BYTES : read_whole(o, s);

	if (r <= 0)
		return r;
	for (uint32_t slot = 0; slot < s->n; slot++) {
		bool fresh = !gcmask_bit(o->batch->taken[i], slot);

		if (fresh && slot >= s->free_index)
			continue;
		for (uint32_t t = 0; t < o->n_ots; t++) {
			const struct object_type *ot = &o->ots[t];
			uint64_t at = (uint64_t)slot * s->elem_bytes;

			if (ot->class_bytes != s->elem_bytes ||
			    (masks ? !has_mask(ot, s, o->batch->tails[i], slot)
				   : !looks_right(ot, o->batch->whole + at)))
				continue;
			at += s->start + (ot->header ? HEAP_HEADER_BYTES : 0);
			objects_push(o, &(struct candidate){ at, s->addr, t, fresh });
		}
	}
	return 1;
}

static bool is_ours(const struct objects *o, const struct heap_span *s)
{
	if (s->noscan)
		return false;
	for (size_t i = 0; i < o->n_ots; i++) {
		if (o->ots[i].class_bytes == s->elem_bytes)
			return true;
	}
	return false;
}

/* The next of the stretch, up to SPANS_AT_ONCE, as they are now. */
static int refresh_spans(struct objects *o)
{
	struct heap_batch *b = o->batch;
	uint32_t bytes = (uint32_t)o->layout->at[LAYOUT_SPAN_SIZE];
	const struct heap_span *of[SPANS_AT_ONCE];
	size_t n = 0;
	int r;

	b->n = 0;
	for (; o->next_span < o->n_spans && n < SPANS_AT_ONCE; o->next_span++) {
		of[n] = &o->spans[o->next_span];
		if (!is_ours(o, of[n]))
			continue;
		b->parts[n] = (struct remote_part){ of[n]->addr, b->mspans[n], bytes, false };
		n++;
	}
	r = n > 0 ? remote_gather(o->remote, b->parts, n) : 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct heap_span *s = &b->spans[b->n];

		if (!b->parts[i].ok || !heap_span_read(o->layout, b->mspans[i], s) ||
		    !is_ours(o, s))
			continue;
		s->addr = of[i]->addr;
		b->n++;
	}
	return r;
}

/* Bits, masks, and once more where the bits are. */
static int read_bits(struct objects *o)
{
	struct heap_batch *b = o->batch;
	uint64_t bits_at = (uint64_t)o->layout->at[LAYOUT_SPAN_ALLOCBITS];
	size_t n = 0;

	memset(b->taken, 0, sizeof(b->taken));
	memset(b->tails, 0, sizeof(b->tails));
	for (size_t i = 0; i < b->n; i++) {
		const struct heap_span *s = &b->spans[i];

		b->parts[n++] =
			(struct remote_part){ s->alloc_bits, b->taken[i], (s->n + 7) / 8, false };
		if (heap_has_masks(o->layout, s->elem_bytes))
			b->parts[n++] = (struct remote_part){ s->start + s->bytes - TAIL_BYTES,
							      b->tails[i], TAIL_BYTES, false };
		b->parts[n++] =
			(struct remote_part){ s->addr + bits_at, &b->bits_after[i], 8, false };
	}
	o->counts.bytes += n * MASK_BYTES;
	return remote_gather(o->remote, b->parts, n);
}

/* After a collection the bits are others, and two collections later their place is used again: in a
 * small heap that is soon. */
static bool bits_moved(const struct heap_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->bits_after[i] != b->spans[i].alloc_bits)
			return true;
	}
	return false;
}

static int next_spans(struct objects *o)
{
	struct heap_batch *b = o->batch;
	size_t first = o->next_span;
	int r = 0;

	for (int i = 0; i < TRIES_MAX; i++) {
		o->next_span = first;
		r = refresh_spans(o);
		if (r == 0)
			r = read_bits(o);
		if (r < 0 || !bits_moved(b))
			break;
	}
	for (size_t i = 0; r >= 0 && i < b->n; i++)
		r = look_through(o, i);
	o->counts.spans += b->n;
	return r < 0 ? r : 1;
}

int objects_heap_step(struct objects *o)
{
	int r;

	if (o->next_candidate < o->n_candidates) {
		r = objects_judge(o);
		return r < 0 ? r : 1;
	}
	if (o->next_span < o->n_spans)
		return next_spans(o);
	if (o->counts.bytes > bytes_max)
		o->counts.cut = o->walked = true;
	if (o->walked)
		return 0;
	r = heap_walk_next(&o->walk, o->spans, &o->n_spans);
	o->next_span = 0;
	if (r == 0)
		o->walked = true;
	return r < 0 ? r : 1;
}
