#include "collectors/gort/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/group.h"

/* runtime/map.go of Go 1.19 to 1.23 for map[string]string. */
enum {
	HMAP_BYTES = 48,
	BUCKETS_LOG2_MAX = 3, /* LABELS_MAX entries fit */
	BUCKET_ENTRIES = 8,
	OVERFLOW_MAX = 8,
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

struct go_labels {
	struct go_label at[LABELS_MAX];
	uint32_t n;
};

void label_sets_init(struct label_sets *s, const struct layout *l, bool map)
{
	*s = (struct label_sets){ .layout = l, .map = map };
	label_sets_clear(s);
}

void label_sets_clear(struct label_sets *s)
{
	map64_clear(&s->by_hash);
	map64_clear(&s->memo);
	arena_clear(&s->arena);
	s->n = 0;
	GROW(s->list, s->n, s->cap);
	s->list[s->n++] = (struct label_set){ 0 };
}

void label_sets_release(struct label_sets *s)
{
	map64_release(&s->by_hash);
	map64_release(&s->memo);
	arena_release(&s->arena);
	free(s->list);
	free(s->text);
}

void label_sets_moment(struct label_sets *s)
{
	map64_clear(&s->memo);
}

/* ---- the list of Go 1.24 and later: a slice of {key, value string} ---- */

static int read_list(struct remote *r, uint64_t addr, struct go_labels *ret)
{
	struct go_string head; /* a slice begins as a string does */
	int e = remote_read(r, addr, &head, sizeof(head));

	if (e < 0)
		return e;
	if (head.len > LABELS_MAX)
		return -EFBIG;
	ret->n = (uint32_t)head.len;
	return ret->n ? remote_read(r, head.p, ret->at, ret->n * sizeof(*ret->at)) : 0;
}

/* ---- the map of Go 1.23 and earlier ---- */

static int add_bucket(const struct go_bucket *b, struct go_labels *ret)
{
	for (int i = 0; i < BUCKET_ENTRIES; i++) {
		if (b->tophash[i] < TOPHASH_FIRST)
			continue;
		if (ret->n == LABELS_MAX)
			return -EFBIG;
		ret->at[ret->n++] = (struct go_label){ b->keys[i], b->values[i] };
	}
	return 0;
}

static int read_chain(struct remote *r, uint64_t addr, struct go_labels *ret)
{
	struct go_bucket b;
	int e;

	for (int i = 0; addr; i++, addr = b.overflow) {
		if (i == OVERFLOW_MAX)
			return -EFBIG;
		e = remote_read(r, addr, &b, sizeof(b));
		if (e == 0)
			e = add_bucket(&b, ret);
		if (e < 0)
			return e;
	}
	return 0;
}

static int read_buckets(struct remote *r, uint64_t addr, uint32_t n, struct go_labels *ret)
{
	int e = 0;

	for (uint32_t i = 0; addr && i < n && e == 0; i++)
		e = read_chain(r, addr + i * sizeof(struct go_bucket), ret);
	return e;
}

static uint64_t word(const uint8_t *from, int32_t at)
{
	uint64_t v;

	memcpy(&v, from + at, sizeof(v));
	return v;
}

static int read_map(struct remote *r, const struct layout *l, uint64_t addr, struct go_labels *ret)
{
	uint8_t h[HMAP_BYTES];
	uint64_t map;
	uint8_t log2;
	int e = remote_read(r, addr, &map, sizeof(map));

	if (e == 0 && map)
		e = remote_read(r, map, h, sizeof(h));
	if (e < 0 || !map)
		return e;
	log2 = h[l->at[LAYOUT_HMAP_B]];
	if (log2 > BUCKETS_LOG2_MAX || word(h, l->at[LAYOUT_HMAP_COUNT]) > LABELS_MAX)
		return -EFBIG;
	e = read_buckets(r, word(h, l->at[LAYOUT_HMAP_BUCKETS]), 1u << log2, ret);
	if (e == 0) /* what was not moved yet when the map last grew */
		e = read_buckets(r, word(h, l->at[LAYOUT_HMAP_OLDBUCKETS]),
				 log2 ? 1u << (log2 - 1) : 1, ret);
	if (e == 0 && ret->n != word(h, l->at[LAYOUT_HMAP_COUNT]))
		return -EAGAIN;
	return e;
}

/* ---- texts ---- */

static int text_size(const struct go_labels *g, size_t *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		if (g->at[i].name.len > LABEL_NAME_MAX || g->at[i].value.len > LABEL_VALUE_MAX)
			return -EFBIG;
		n += g->at[i].name.len + g->at[i].value.len;
	}
	*ret = n;
	return 0;
}

static struct str place(struct remote_part *part, const struct go_string *from, char *to)
{
	*part = (struct remote_part){ .addr = from->p, .to = to, .len = (uint32_t)from->len };
	return (struct str){ to, (uint32_t)from->len };
}

static int read_texts(struct label_sets *s, struct remote *r, const struct go_labels *g,
		      struct label *ret)
{
	struct remote_part parts[2 * LABELS_MAX];
	size_t want = 0;
	char *at;
	int e = text_size(g, &want);

	if (e < 0)
		return e;
	if (want > s->text_cap) {
		s->text = xreallocarray(s->text, want, 1);
		s->text_cap = want;
	}
	at = s->text;
	for (uint32_t i = 0; i < g->n; i++) {
		ret[i].name = place(&parts[2 * i], &g->at[i].name, at);
		at += ret[i].name.len;
		ret[i].value = place(&parts[2 * i + 1], &g->at[i].value, at);
		at += ret[i].value.len;
	}
	e = remote_gather(r, parts, 2 * g->n);
	for (uint32_t i = 0; e == 0 && i < 2 * g->n; i++) {
		if (!parts[i].ok)
			e = -EFAULT;
	}
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
	GROW(s->list, s->n, s->cap);
	s->list[s->n] = (struct label_set){ copy, n };
	map64_put(&s->by_hash, h, (uint32_t)s->n);
	return (uint32_t)s->n++;
}

int label_sets_read(struct label_sets *s, struct remote *r, uint64_t addr, uint32_t *ret)
{
	struct go_labels g = { .n = 0 };
	struct label labels[LABELS_MAX];
	int e;

	*ret = 0;
	if (!addr || map64_get(&s->memo, addr, ret))
		return 0;
	e = s->map ? read_map(r, s->layout, addr, &g) : read_list(r, addr, &g);
	if (e == 0)
		e = read_texts(s, r, &g, labels);
	if (e == -ESRCH || e == -EPERM)
		return e;
	if (e == 0) {
		qsort(labels, g.n, sizeof(*labels), by_name);
		*ret = intern(s, labels, g.n);
	} else {
		s->failed++;
	}
	map64_put(&s->memo, addr, *ret);
	return 0;
}
