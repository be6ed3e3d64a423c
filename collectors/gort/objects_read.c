#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/objects_impl.h"
#include "core/base/xalloc.h"

/* What one round needs, kept from round to round. */
struct read_batch {
	struct values_reader reader;
	struct values_object *values;
	size_t *of; /* values[i] is of known.at[of[i]] */
	struct remote_part *parts;
	uint8_t *objects, *mspans, *taken; /* bytes; mspans and a byte of allocBits each */
	struct heap_span *spans;
	uint64_t *bits_after; /* where the bits of its span are, read after them */
	bool *dead;
	size_t cap, stride, n_values;
	struct breaker_object *breakers;
	struct limiter_object *limiters;
	size_t cap_breakers, cap_limiters;
	struct objects_sample out;
};

void read_batch_free(struct read_batch *b)
{
	if (!b)
		return;
	values_reader_release(&b->reader);
	free(b->values);
	free(b->of);
	free(b->parts);
	free(b->objects);
	free(b->mspans);
	free(b->taken);
	free(b->spans);
	free(b->bits_after);
	free(b->dead);
	free(b->breakers);
	free(b->limiters);
	free(b);
}

static void make_room(struct objects *o, size_t n)
{
	struct read_batch *b = o->read;

	for (size_t i = 0; i < o->n_ots; i++) {
		if (o->ots[i].type->bytes > b->stride)
			b->stride = (o->ots[i].type->bytes + 15) & ~(size_t)15;
	}
	if (n <= b->cap)
		return;
	b->cap = n + n / 2 + 16;
	b->values = xreallocarray(b->values, b->cap, sizeof(*b->values));
	b->of = xreallocarray(b->of, b->cap, sizeof(*b->of));
	b->parts = xreallocarray(b->parts, 2 * b->cap, sizeof(*b->parts));
	b->objects = xreallocarray(b->objects, b->cap, b->stride);
	b->mspans = xreallocarray(b->mspans, b->cap, HEAP_MSPAN_MAX);
	b->taken = xreallocarray(b->taken, b->cap, 1);
	b->spans = xreallocarray(b->spans, b->cap, sizeof(*b->spans));
	b->bits_after = xreallocarray(b->bits_after, b->cap, sizeof(*b->bits_after));
	b->dead = xreallocarray(b->dead, b->cap, sizeof(*b->dead));
}

/* ---- is it still there? ---- */

/* Objects and their spans, each span once for neighbours. */
static int read_objects(struct objects *o)
{
	struct read_batch *b = o->read;
	uint32_t mspan_bytes = (uint32_t)o->layout->at[LAYOUT_SPAN_SIZE];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < o->known.n; i++) {
		const struct known_object *k = &o->known.at[i];

		b->parts[n++] =
			(struct remote_part){ k->addr, b->objects + i * b->stride,
					      (uint32_t)o->ots[k->type].type->bytes, false };
		if (k->span)
			b->parts[n++] =
				(struct remote_part){ k->span, b->mspans + i * HEAP_MSPAN_MAX,
						      mspan_bytes, false };
	}
	r = remote_gather(o->remote, b->parts, n);
	n = 0;
	for (size_t i = 0; i < o->known.n; i++) {
		b->dead[i] = !b->parts[n++].ok;
		if (o->known.at[i].span)
			b->dead[i] |= !b->parts[n++].ok;
	}
	return r;
}

/* Its slot in the span, or false: the span is another one now. */
static bool slot_of(const struct objects *o, const struct known_object *k,
		    const struct heap_span *s, uint32_t *ret)
{
	const struct object_type *t = &o->ots[k->type];
	uint64_t at = k->addr - s->start - (t->header ? HEAP_HEADER_BYTES : 0);

	*ret = (uint32_t)(at / s->elem_bytes);
	return k->addr >= s->start && at < s->bytes && s->elem_bytes == t->class_bytes &&
	       at % s->elem_bytes == 0 && *ret < s->n;
}

static int check_slots(struct objects *o)
{
	struct read_batch *b = o->read;
	uint64_t bits_at = (uint64_t)o->layout->at[LAYOUT_SPAN_ALLOCBITS];
	size_t n = 0, i;
	uint32_t slot;
	int r;

	for (i = 0; i < o->known.n; i++) {
		struct heap_span *s = &b->spans[i];
		const struct known_object *k = &o->known.at[i];

		b->taken[i] = 0xff;
		b->bits_after[i] = 0;
		if (b->dead[i] || !k->span)
			continue;
		b->dead[i] = !heap_span_read(o->layout, b->mspans + i * HEAP_MSPAN_MAX, s) ||
			     !slot_of(o, k, s, &slot);
		if (b->dead[i] || slot < s->free_index)
			continue;
		b->taken[i] = 0;
		b->parts[n++] =
			(struct remote_part){ s->alloc_bits + slot / 8, &b->taken[i], 1, false };
		b->parts[n++] =
			(struct remote_part){ k->span + bits_at, &b->bits_after[i], 8, false };
	}
	r = remote_gather(o->remote, b->parts, n);
	for (i = 0; r == 0 && i < o->known.n; i++) {
		if (o->known.at[i].span && !b->dead[i] &&
		    b->bits_after[i] == b->spans[i].alloc_bits &&
		    slot_of(o, &o->known.at[i], &b->spans[i], &slot))
			b->dead[i] = !(b->taken[i] >> (slot % 8) & 1);
	}
	return r;
}

/* ---- what is it like? ---- */

static void drop_dead(struct objects *o)
{
	struct read_batch *b = o->read;
	size_t left = 0;

	b->n_values = 0;
	for (size_t i = 0; i < o->known.n; i++) {
		const uint8_t *bytes = b->objects + i * b->stride;
		struct known_object k = o->known.at[i];
		const struct object_type *t = &o->ots[k.type];
		bool good = !b->dead[i] && object_checks_bytes(&t->checks, bytes);

		k.strikes = good ? k.strikes : (uint8_t)(k.strikes + 1);
		if (k.strikes >= STRIKES_MAX)
			continue;
		if (good) {
			b->of[b->n_values] = left;
			b->values[b->n_values++] = (struct values_object){ .paths = &t->paths,
									   .addr = k.addr,
									   .bytes = bytes };
		}
		o->known.at[left++] = k;
	}
	o->known.n = left;
}

static bool put(struct objects *o, const struct values_object *v, const struct known_object *k)
{
	struct read_batch *b = o->read;
	const struct object_kind *kind = v->paths->kind;

	if (kind->breaker) {
		struct breaker_object *to;

		GROW(b->breakers, b->out.n_breakers, b->cap_breakers);
		to = &b->breakers[b->out.n_breakers];
		if (!object_breaker(kind, &v->values, to))
			return false;
		to->id = k->addr;
		to->holder = objects_holder(o, k);
		b->out.n_breakers++;
	} else {
		struct limiter_object *to;

		GROW(b->limiters, b->out.n_limiters, b->cap_limiters);
		to = &b->limiters[b->out.n_limiters];
		if (!object_limiter(kind, &v->values, to))
			return false;
		to->id = k->addr;
		to->holder = objects_holder(o, k);
		b->out.n_limiters++;
	}
	return true;
}

/* One that was read while it, or its span, changed comes back in the next round; one that is no
 * longer such an object does not, after a few. */
static void put_all(struct objects *o)
{
	struct read_batch *b = o->read;

	b->out = (struct objects_sample){ 0 };
	for (size_t i = 0; i < b->n_values; i++) {
		struct known_object *k = &o->known.at[b->of[i]];

		if (put(o, &b->values[i], k))
			k->strikes = 0;
		else
			k->strikes++;
	}
	b->out.breakers = b->breakers;
	b->out.limiters = b->limiters;
}

int objects_read(struct objects *o, uint64_t unix_ns, const struct objects_sample **ret)
{
	int r;

	if (!o->read)
		o->read = xcalloc(1, sizeof(*o->read));
	o->read->reader.types = &o->types;
	if (o->known.n > 0)
		make_room(o, o->known.n);
	r = read_objects(o);
	if (r == 0)
		r = check_slots(o);
	if (r < 0)
		return r;
	drop_dead(o);
	r = values_read(&o->read->reader, o->read->values, o->read->n_values, (int64_t)unix_ns);
	if (r < 0)
		return r;
	put_all(o);
	*ret = &o->read->out;
	return 0;
}
