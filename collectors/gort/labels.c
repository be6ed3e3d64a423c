#include "collectors/gort/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/pages.h"
#include "core/base/xalloc.h"
#include "core/group.h"

/* runtime/map.go of Go 1.19 to 1.23 for map[string]string. */
enum {
	HMAP_BYTES = 48,
	BUCKETS_LOG2_MAX = 3, /* LABELS_MAX entries fit */
	BUCKET_ENTRIES = 8,
	OVERFLOW_MAX = 8,  /* buckets of one map */
	TOPHASH_FIRST = 5, /* below: empty, or moved to the new buckets */
};

struct go_string {
	uint64_t p, len;
};

struct go_bucket {
	uint8_t tophash[BUCKET_ENTRIES];
	struct go_string keys[BUCKET_ENTRIES], values[BUCKET_ENTRIES];
	uint64_t overflow;
};

struct go_label {
	struct go_string name, value;
};

/* Sets that are read together: a call costs as much as several pieces of it. */
enum {
	SETS_AT_ONCE = 32,
	TEXT_AT_ONCE = 32 << 10,
	SETS_BYTES_MAX = 64 << 20, /* of all that are kept; one more may pass it */
	BUCKETS_OF_SET = (1 << BUCKETS_LOG2_MAX) + (1 << (BUCKETS_LOG2_MAX - 1)),
};

struct pending {
	uint64_t addr;
	int error; /* -EFBIG, -EFAULT, …; the others go on */
	uint32_t n;
	struct go_string head; /* of a list */
	uint64_t map;
	uint8_t hmap[HMAP_BYTES];
	struct go_bucket *buckets;
	uint32_t n_buckets, n_old, n_overflow;
	struct go_label at[LABELS_MAX];
	struct label texts[LABELS_MAX];
	uint16_t name_part[LABELS_MAX], value_part[LABELS_MAX]; /* that read them */
};

struct label_reader {
	struct remote *remote;
	struct pending sets[SETS_AT_ONCE];
	size_t n;
	struct remote_part parts[SETS_AT_ONCE * 2 * LABELS_MAX];
	size_t n_parts;
	char *text;
	size_t text_cap;
	struct go_bucket *buckets; /* BUCKETS_OF_SET for each set, of the older form */
};

void label_sets_init(struct label_sets *s, const struct layout *l, bool map)
{
	*s = (struct label_sets){ .layout = l,
				  .map = map,
				  .list.item_bytes = sizeof(struct label_set) };
	label_sets_clear(s);
}

void label_sets_clear(struct label_sets *s)
{
	map64_clear(&s->by_hash);
	map64_clear(&s->memo);
	arena_clear(&s->arena);
	s->list.n = 0;
	*(struct label_set *)chunks_add(&s->list) = (struct label_set){ 0 };
}

void label_sets_release(struct label_sets *s)
{
	map64_release(&s->by_hash);
	map64_release(&s->memo);
	arena_release(&s->arena);
	chunks_release(&s->list);
	if (s->reader) {
		free(s->reader->text);
		free(s->reader->buckets);
	}
	free(s->reader);
}

void label_sets_moment(struct label_sets *s)
{
	map64_clear(&s->memo);
}

static void add_part(struct label_reader *r, uint64_t addr, void *to, size_t n)
{
	r->parts[r->n_parts++] = (struct remote_part){ .addr = addr, .to = to, .len = (uint32_t)n };
}

/* Reads one part of each set, or `per_set` of them; a set that lacks one is left out from here on.
 */
static int gather(struct label_reader *r, size_t per_set)
{
	int e = remote_gather(r->remote, r->parts, r->n_parts);

	for (size_t i = 0; i < r->n_parts; i++) {
		struct pending *p = &r->sets[i / per_set];

		if (!r->parts[i].ok && !p->error)
			p->error = -EFAULT;
	}
	r->n_parts = 0;
	return e;
}

/* ---- the list of Go 1.24 and later: a slice of {key, value string} ---- */

static int read_lists(struct label_reader *r)
{
	int e;

	for (size_t i = 0; i < r->n; i++) /* a slice begins as a string does */
		add_part(r, r->sets[i].addr, &r->sets[i].head, sizeof(r->sets[i].head));
	e = gather(r, 1);
	for (size_t i = 0; i < r->n; i++) {
		struct pending *p = &r->sets[i];

		if (!p->error && p->head.len > LABELS_MAX)
			p->error = -EFBIG;
		p->n = p->error ? 0 : (uint32_t)p->head.len;
		add_part(r, p->head.p, p->at, p->n * sizeof(*p->at));
	}
	return e < 0 ? e : gather(r, 1);
}

/* ---- the map of Go 1.23 and earlier ---- */

static int add_bucket(struct pending *p, const struct go_bucket *b)
{
	for (int i = 0; i < BUCKET_ENTRIES; i++) {
		if (b->tophash[i] < TOPHASH_FIRST)
			continue;
		if (p->n == LABELS_MAX)
			return -EFBIG;
		p->at[p->n++] = (struct go_label){ b->keys[i], b->values[i] };
	}
	return 0;
}

/* With what overflowed, which is rare. */
static int add_chain(struct label_reader *r, struct pending *p, const struct go_bucket *first)
{
	struct go_bucket b = *first;
	int e = add_bucket(p, &b);

	while (e == 0 && b.overflow) {
		e = p->n_overflow++ < OVERFLOW_MAX
			    ? remote_read(r->remote, b.overflow, &b, sizeof(b))
			    : -EFBIG;
		if (e == 0)
			e = add_bucket(p, &b);
	}
	return e;
}

static uint64_t word(const uint8_t *from, int32_t at)
{
	uint64_t v;

	memcpy(&v, from + at, sizeof(v));
	return v;
}

/* The buckets, and those that were not moved yet when the map last grew. */
static void plan_buckets(struct label_reader *r, const struct layout *l, struct pending *p)
{
	uint64_t buckets = word(p->hmap, l->at[LAYOUT_HMAP_BUCKETS]);
	uint64_t old = word(p->hmap, l->at[LAYOUT_HMAP_OLDBUCKETS]);
	uint8_t log2 = p->hmap[l->at[LAYOUT_HMAP_B]];

	if (!p->error &&
	    (log2 > BUCKETS_LOG2_MAX || word(p->hmap, l->at[LAYOUT_HMAP_COUNT]) > LABELS_MAX))
		p->error = -EFBIG;
	p->n_buckets = !p->error && buckets ? 1u << log2 : 0;
	p->n_old = !p->error && old ? (log2 ? 1u << (log2 - 1) : 1) : 0;
	add_part(r, buckets, p->buckets, p->n_buckets * sizeof(*p->buckets));
	add_part(r, old, p->buckets + p->n_buckets, p->n_old * sizeof(*p->buckets));
}

static int take_buckets(struct label_reader *r, const struct layout *l, struct pending *p)
{
	int e = p->error;

	for (uint32_t i = 0; e == 0 && i < p->n_buckets + p->n_old; i++)
		e = add_chain(r, p, &p->buckets[i]);
	if (e == 0 && p->n != word(p->hmap, l->at[LAYOUT_HMAP_COUNT]))
		e = -EAGAIN;
	p->error = e;
	return e == -ESRCH || e == -EPERM ? e : 0;
}

static int read_maps(struct label_reader *r, const struct layout *l)
{
	int e;

	for (size_t i = 0; i < r->n; i++)
		add_part(r, r->sets[i].addr, &r->sets[i].map, sizeof(r->sets[i].map));
	e = gather(r, 1);
	for (size_t i = 0; i < r->n; i++) {
		struct pending *p = &r->sets[i];

		add_part(r, p->map, p->hmap, p->map ? sizeof(p->hmap) : 0);
	}
	e = e < 0 ? e : gather(r, 1);
	for (size_t i = 0; i < r->n; i++)
		plan_buckets(r, l, &r->sets[i]);
	e = e < 0 ? e : gather(r, 2);
	for (size_t i = 0; e == 0 && i < r->n; i++)
		e = take_buckets(r, l, &r->sets[i]);
	return e;
}

/* ---- texts ---- */

static int text_size(const struct pending *p, size_t *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		if (p->at[i].name.len > LABEL_NAME_MAX || p->at[i].value.len > LABEL_VALUE_MAX)
			return -EFBIG;
		n += p->at[i].name.len + p->at[i].value.len;
	}
	*ret = n;
	return 0;
}

static uint16_t place(struct label_reader *r, const struct go_string *from, char **at,
		      struct str *ret)
{
	*ret = (struct str){ *at, (uint32_t)from->len };
	add_part(r, from->p, *at, from->len);
	*at += from->len;
	return (uint16_t)(r->n_parts - 1);
}

/* Names are mostly constants of the program: the same text as in the set before. */
static bool as_before(const struct pending *p, const struct pending *before, uint32_t i)
{
	return before && i < before->n && before->at[i].name.p == p->at[i].name.p &&
	       before->at[i].name.len == p->at[i].name.len;
}

static void place_all(struct label_reader *r, struct pending *p, const struct pending *before,
		      char **at)
{
	for (uint32_t k = 0; k < p->n; k++) {
		if (as_before(p, before, k)) {
			p->texts[k].name = before->texts[k].name;
			p->name_part[k] = before->name_part[k];
		} else {
			p->name_part[k] = place(r, &p->at[k].name, at, &p->texts[k].name);
		}
		p->value_part[k] = place(r, &p->at[k].value, at, &p->texts[k].value);
	}
}

static bool has_texts(const struct label_reader *r, const struct pending *p)
{
	for (uint32_t k = 0; k < p->n; k++) {
		if (!r->parts[p->name_part[k]].ok || !r->parts[p->value_part[k]].ok)
			return false;
	}
	return true;
}

/* How much text there is to read. What does not fit is left with -ENOBUFS, but for a single set,
 * however large. */
static size_t measure(struct label_reader *r)
{
	size_t used = 0, want = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct pending *p = &r->sets[i];

		if (!p->error)
			p->error = text_size(p, &want);
		if (!p->error && used + want > r->text_cap && r->n > 1)
			p->error = -ENOBUFS;
		used += p->error ? 0 : want;
	}
	return used;
}

static int read_texts(struct label_reader *r)
{
	const struct pending *before = NULL;
	size_t used = measure(r);
	char *at;
	int e;

	if (used > r->text_cap) {
		r->text = xreallocarray(r->text, used, 1);
		pages_ready(r->text, used);
		r->text_cap = used;
	}
	at = r->text;
	for (size_t i = 0; i < r->n; i++) {
		if (r->sets[i].error)
			continue;
		place_all(r, &r->sets[i], before, &at);
		before = &r->sets[i];
	}
	e = remote_gather(r->remote, r->parts, r->n_parts);
	for (size_t i = 0; i < r->n; i++) {
		if (!r->sets[i].error && !has_texts(r, &r->sets[i]))
			r->sets[i].error = -EFAULT;
	}
	r->n_parts = 0;
	return e;
}

static int by_name(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	uint32_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int c = n ? memcmp(x->name.p, y->name.p, n) : 0;

	return c ? c : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static uint32_t intern(struct label_sets *s, const struct label *labels, uint32_t n)
{
	uint64_t h = HASH_START;
	struct label *copy;
	uint32_t i;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++) {
		h = group_join(h, group_str_hash(labels[i].name));
		h = group_join(h, group_str_hash(labels[i].value));
	}
	if (map64_get(&s->by_hash, h, &i))
		return i;
	copy = arena_alloc(&s->arena, n * sizeof(*copy));
	for (i = 0; i < n; i++) {
		copy[i].name = arena_str(&s->arena, labels[i].name);
		copy[i].value = arena_str(&s->arena, labels[i].value);
	}
	i = (uint32_t)s->list.n;
	*(struct label_set *)chunks_add(&s->list) = (struct label_set){ copy, n };
	map64_put(&s->by_hash, h, i);
	return i;
}

/* ---- reading ---- */

static struct label_reader *reader_new(bool map)
{
	struct label_reader *r = pages_calloc(sizeof(*r));

	r->text = pages_calloc(TEXT_AT_ONCE);
	r->text_cap = TEXT_AT_ONCE;
	if (map)
		r->buckets = pages_calloc(SETS_AT_ONCE * BUCKETS_OF_SET * sizeof(*r->buckets));
	return r;
}

static void want(struct label_sets *s, uint64_t addr)
{
	struct label_reader *r = s->reader;
	struct pending *p = &r->sets[r->n];

	for (size_t i = 0; i < r->n; i++) {
		if (r->sets[i].addr == addr)
			return;
	}
	p->addr = addr;
	p->error = 0;
	p->n = p->n_overflow = 0;
	p->map = 0;
	memset(p->hmap, 0, sizeof(p->hmap));
	p->buckets = r->buckets ? &r->buckets[r->n * BUCKETS_OF_SET] : NULL;
	r->n++;
}

/* Into the memo, what can be read; a set that is too large to be read with others is not. */
static int read_wanted(struct label_sets *s)
{
	struct label_reader *r = s->reader;
	int e = s->map ? read_maps(r, s->layout) : read_lists(r);

	if (e == 0)
		e = read_texts(r);
	for (size_t i = 0; e == 0 && i < r->n; i++) {
		struct pending *p = &r->sets[i];

		if (p->error == -ENOBUFS)
			continue;
		if (!p->error && s->arena.used_bytes > SETS_BYTES_MAX)
			p->error = -EFBIG;
		qsort(p->texts, p->error ? 0 : p->n, sizeof(*p->texts), by_name);
		map64_put(&s->memo, p->addr, p->error ? 0 : intern(s, p->texts, p->n));
		s->failed += p->error != 0;
	}
	r->n = r->n_parts = 0;
	return e;
}

int label_sets_gather(struct label_sets *s, struct remote *r, const uint64_t *addrs, size_t n)
{
	uint32_t known;
	int e = 0;

	if (!s->reader)
		s->reader = reader_new(s->map);
	s->reader->remote = r;
	for (size_t i = 0; e == 0 && i < n; i++) {
		if (!addrs[i] || map64_get(&s->memo, addrs[i], &known))
			continue;
		want(s, addrs[i]);
		if (s->reader->n == SETS_AT_ONCE)
			e = read_wanted(s);
	}
	return e == 0 && s->reader->n ? read_wanted(s) : e;
}

int label_sets_read(struct label_sets *s, struct remote *r, uint64_t addr, uint32_t *ret)
{
	int e;

	*ret = 0;
	if (!addr || map64_get(&s->memo, addr, ret))
		return 0;
	e = label_sets_gather(s, r, &addr, 1);
	if (e == 0)
		map64_get(&s->memo, addr, ret);
	return e;
}
