#include "collectors/gort/gcmask.h"

#include <string.h>

enum {
	DEPTH_MAX = 8,	  /* structs and arrays in one another */
	PARTS_MAX = 2048, /* of a type in all: they may have no size, or be as many as they claim */
	FETCH_BYTES = 512,
	REPEAT = 0x80,
	VARINT_BITS_MAX = 63,
};

/* ---- of a type ---- */

/* A mask in the making. */
struct draft {
	struct types *types;
	struct gcmask *mask;
	unsigned parts_left;
};

static void set(struct draft *d, uint64_t at)
{
	uint64_t i = at / GCMASK_WORD;

	if (i < GCMASK_WORDS_MAX)
		d->mask->bits[i / 64] |= 1ull << (i % 64);
}

static bool add(struct draft *d, const struct type *type, uint64_t at, int depth);

static bool add_parts(struct draft *d, const struct type *type, uint64_t at, int depth)
{
	const struct type *part;

	for (size_t i = 0; i < type->n_fields; i++) {
		part = types_at(d->types, type->fields[i].type);
		if (!part || !add(d, part, at + type->fields[i].offset, depth))
			return false;
	}
	if (type->kind != GO_ARRAY)
		return true;
	part = types_at(d->types, type->elem);
	if (!part || type->len > TYPE_BYTES_MAX)
		return false;
	for (uint64_t i = 0; i < type->len; i++) {
		if (!add(d, part, at + i * part->bytes, depth))
			return false;
	}
	return true;
}

static bool add(struct draft *d, const struct type *type, uint64_t at, int depth)
{
	if (d->parts_left == 0)
		return false;
	d->parts_left--;
	switch (type->kind) {
	case GO_INTERFACE: /* its type is never on the heap (cmd/compile typebits) */
		set(d, at + GCMASK_WORD);
		return true;
	case GO_CHAN:
	case GO_FUNC:
	case GO_MAP:
	case GO_POINTER:
	case GO_SLICE:
	case GO_STRING:
	case GO_UNSAFE_POINTER:
		set(d, at);
		return true;
	case GO_ARRAY:
	case GO_STRUCT:
		return depth < DEPTH_MAX && add_parts(d, type, at, depth + 1);
	default:
		return type->kind != 0;
	}
}

bool gcmask_of(struct types *t, const struct type *type, struct gcmask *ret)
{
	struct draft d = { t, ret, PARTS_MAX };

	if (type->bytes == 0 || type->bytes > TYPE_BYTES_MAX)
		return false;
	*ret = (struct gcmask){
		.words = (uint32_t)((type->bytes + GCMASK_WORD - 1) / GCMASK_WORD),
	};
	return add(&d, type, 0, 0);
}

/* 64 bits from bit `at` on, at least 57 of them true. */
static uint64_t bits_at(const uint8_t *bits, size_t at)
{
	uint64_t v;

	memcpy(&v, bits + at / 8, sizeof(v));
	return v >> (at % 8);
}

bool gcmask_at(const struct gcmask *m, const uint8_t *bits, size_t first, size_t n)
{
	enum { STEP = 32 };

	for (size_t i = 0; i < n; i += STEP) {
		uint64_t want = i < GCMASK_WORDS_MAX ? m->bits[i / 64] >> (i % 64) : 0;
		uint64_t have = bits_at(bits, first + i);
		uint64_t mask = n - i < STEP ? (1ull << (n - i)) - 1 : (1ull << STEP) - 1;

		if ((want ^ have) & mask)
			return false;
	}
	return true;
}

/* ---- of variables ---- */

struct prog {
	gcprog_fetch *fetch;
	void *arg;
	uint64_t at;
	size_t next, have;
	uint8_t bytes[FETCH_BYTES];
};

static bool next_byte(struct prog *p, uint8_t *ret)
{
	if (p->next == p->have) {
		p->have = p->fetch(p->arg, p->at, p->bytes, sizeof(p->bytes));
		p->at += p->have;
		p->next = 0;
		if (p->have == 0)
			return false;
	}
	*ret = p->bytes[p->next++];
	return true;
}

static bool next_varint(struct prog *p, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < VARINT_BITS_MAX; shift += 7) {
		if (!next_byte(p, &b))
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static void put(uint8_t *bits, uint64_t i, bool v)
{
	bits[i / 8] = (uint8_t)(bits[i / 8] | v << (i % 8));
}

static bool literal(struct prog *p, uint8_t *bits, uint64_t at, uint64_t n)
{
	uint8_t b = 0;

	for (uint64_t i = 0; i < n; i++) {
		if (i % 8 == 0 && !next_byte(p, &b))
			return false;
		put(bits, at + i, b >> (i % 8) & 1);
	}
	return true;
}

static void repeat(uint8_t *bits, uint64_t at, uint64_t n, uint64_t count)
{
	bool any = false;

	for (uint64_t i = at - n; i < at && !any; i++)
		any = gcmask_bit(bits, i);
	for (uint64_t i = 0; any && i < n * count; i++)
		put(bits, at + i, gcmask_bit(bits, at + i - n));
}

bool gcprog_run(gcprog_fetch *fetch, void *arg, uint8_t *bits, size_t n_bits)
{
	struct prog p = { .fetch = fetch, .arg = arg };
	uint64_t at = 0, n, count;
	uint8_t op;

	while (next_byte(&p, &op)) {
		n = op & ~REPEAT & 0xff;
		if (op == 0)
			return true;
		if (!(op & REPEAT)) {
			if (n > n_bits - at || !literal(&p, bits, at, n))
				return false;
			at += n;
			continue;
		}
		if (n == 0 && !next_varint(&p, &n))
			return false;
		/* A repetition that adds nothing is none of Go's; so many may follow that they
		 * never end. */
		if (!next_varint(&p, &count) || n == 0 || n > at || count == 0 ||
		    count > (n_bits - at) / n)
			return false;
		repeat(bits, at, n, count);
		at += n * count;
	}
	return false;
}
