#include "collectors/gort/object_values.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/gort/gotime.h"
#include "core/base/xalloc.h"

enum {
	RAW_BYTES = GOTIME_BYTES,
	INTERFACES_MAX = 4,  /* one behind the other */
	READS_MAX = 1 << 15, /* behind interfaces, of all objects at once */
	WORD = 8,
};

/* A value behind a pointer, on the way to it. */
struct values_hop {
	uint32_t object;
	uint8_t val, hop;
	uint64_t at;
	uint8_t raw[RAW_BYTES];
};

struct values_text {
	uint32_t object, len;
	uint64_t at;
	char *to;
};

/* ---- paths ---- */

static struct str next_spelling(const char **path)
{
	struct str s = { *path, (uint32_t)strcspn(*path, "|") };

	*path += s.len;
	*path += **path == '|';
	return s;
}

static struct value_path path_of(struct types *t, const struct type *type, const char *path)
{
	struct value_path p = { .how = VALUE_ABSENT };

	while (path && *path) {
		if (!types_path(t, type, next_spelling(&path), &p.path))
			continue;
		p.how = p.path.rest.len ? VALUE_DYNAMIC : VALUE_PLAIN;
		return p;
	}
	return p;
}

void value_paths_of(struct types *t, const struct type *type, const struct object_kind *k,
		    struct value_paths *ret)
{
	*ret = (struct value_paths){ .kind = k, .type = type };
	for (int v = 0; v < VALS; v++)
		ret->at[v] = path_of(t, type, k->fields[v]);
}

/* ---- from bytes to a value ---- */

static uint32_t raw_bytes(const struct type *t)
{
	return t->bytes < RAW_BYTES ? (uint32_t)t->bytes : RAW_BYTES;
}

static int64_t integer(const struct type *t, const uint8_t *raw)
{
	uint64_t v = 0;
	unsigned bits = (unsigned)t->bytes * 8; /* 8 to 64: types.c */

	memcpy(&v, raw, t->bytes);
	if (t->kind >= GO_INT && t->kind <= GO_INT64 && bits < 64 && v >> (bits - 1))
		v |= ~0ull << bits;
	return (int64_t)v;
}

static void put(struct object_values *v, int val, int64_t i, double d)
{
	v->set |= 1u << val;
	v->i[val] = i;
	v->d[val] = d;
}

static void put_integer(struct object_values *v, int val, int64_t i)
{
	put(v, val, i, (double)i);
}

static uint64_t word(const uint8_t *raw, size_t at)
{
	uint64_t w;

	memcpy(&w, raw + at, sizeof(w));
	return w;
}

static void put_text(struct values_reader *r, uint32_t object, const uint8_t *raw,
		     struct object_values *v)
{
	uint64_t len = word(raw, WORD);
	struct values_text *t;

	put_integer(v, VAL_NAME, 0);
	if (len == 0)
		return;
	GROW(r->texts, r->n_texts, r->cap_texts);
	t = &r->texts[r->n_texts++];
	t->object = object;
	t->at = word(raw, 0);
	t->len = len < OBJECT_NAME_MAX ? (uint32_t)len : OBJECT_NAME_MAX;
	t->to = arena_alloc(&r->arena, t->len);
}

static void put_held(struct types *t, const uint8_t *raw, struct object_values *v)
{
	const struct type *held = types_of_itab(t, word(raw, 0));

	if (!held)
		return;
	v->held = held->name;
	put_integer(v, VAL_STATE, -1);
}

static void decode(struct values_reader *r, struct values_object *o, uint32_t index, int val,
		   const struct type *t, const uint8_t *raw)
{
	struct object_values *v = &o->values;
	struct gotime time;
	double d;

	if (t->kind == GO_STRING && val == VAL_NAME) {
		put_text(r, index, raw, v);
	} else if (t->kind == GO_INTERFACE && val == VAL_STATE) {
		put_held(r->types, raw, v);
	} else if (t->kind == GO_SLICE) {
		put_integer(v, val, (int64_t)word(raw, WORD));
	} else if (t->kind == GO_FLOAT64) {
		memcpy(&d, raw, sizeof(d));
		put(v, val, 0, d);
	} else if (t->kind == GO_STRUCT && t->bytes == GOTIME_BYTES &&
		   str_is(t->name, "time.Time")) {
		if (gotime_read(raw, &time))
			put_integer(v, val, time.zero ? TIME_ZERO : time.unix_ns);
	} else if (t->kind >= GO_BOOL && t->kind <= GO_UINTPTR) {
		put_integer(v, val, integer(t, raw));
	}
}

/* ---- behind interfaces: one by one, of few objects ---- */

/* The bytes of a value, from a copy of the object when they are in it. */
static bool read_at(struct values_reader *r, const struct type_path *p, uint64_t base,
		    const uint8_t *copy, uint8_t *raw)
{
	struct remote *from = r->types->remote;

	if (copy && p->n == 1) {
		memcpy(raw, copy + p->at[0], raw_bytes(p->type));
		return true;
	}
	if (r->reads_left < p->n)
		return false;
	r->reads_left -= p->n;
	for (int hop = 0; hop + 1 < p->n; hop++) {
		if (remote_read(from, base + p->at[hop], &base, sizeof(base)) < 0)
			return false;
	}
	return remote_read(from, base + p->at[p->n - 1], raw, raw_bytes(p->type)) == 0;
}

/* One spelling of a path, from an object on. */
static bool walk(struct values_reader *r, const struct values_object *o, struct str path,
		 uint8_t *raw, const struct type **ret)
{
	struct types *t = r->types;
	const struct type *type = o->paths->type;
	const uint8_t *copy = o->bytes;
	uint64_t base = o->addr;

	for (int i = 0; i < INTERFACES_MAX; i++) {
		struct type_path p;

		if (!types_path(t, type, path, &p) || !read_at(r, &p, base, copy, raw))
			return false;
		*ret = p.type;
		if (p.rest.len == 0)
			return true;
		type = types_of_itab(t, word(raw, 0));
		if (type && type->kind == GO_POINTER)
			type = types_at(t, type->elem);
		if (!type)
			return false;
		base = word(raw, WORD);
		path = p.rest;
		copy = NULL;
	}
	return false;
}

static void read_dynamic(struct values_reader *r, struct values_object *o, uint32_t index, int val)
{
	const char *path = o->paths->kind->fields[val];
	uint8_t raw[RAW_BYTES] = { 0 };
	const struct type *t;

	while (*path) {
		if (walk(r, o, next_spelling(&path), raw, &t)) {
			decode(r, o, index, val, t, raw);
			return;
		}
	}
}

/* ---- behind pointers: a round of reading for each hop of all objects ---- */

static void begin_object(struct values_reader *r, struct values_object *o, uint32_t index,
			 int64_t now_ns)
{
	o->values = (struct object_values){ .now_ns = now_ns, .strict = o->strict };
	for (int v = 0; v < VALS; v++) {
		const struct value_path *p = &o->paths->at[v];

		if (p->how == VALUE_DYNAMIC) {
			read_dynamic(r, o, index, v);
		} else if (p->how == VALUE_PLAIN && p->path.n == 1) {
			decode(r, o, index, v, p->path.type, o->bytes + p->path.at[0]);
		} else if (p->how == VALUE_PLAIN) {
			GROW(r->hops, r->n_hops, r->cap_hops);
			r->hops[r->n_hops++] = (struct values_hop){
				.object = index,
				.val = (uint8_t)v,
				.hop = 1,
				.at = word(o->bytes, p->path.at[0]) + p->path.at[1],
			};
		}
	}
}

static struct remote_part *room(struct values_reader *r, size_t n)
{
	if (n > r->cap_parts) {
		r->cap_parts = 2 * n;
		r->parts = xreallocarray(r->parts, r->cap_parts, sizeof(*r->parts));
	}
	return r->parts;
}

static const struct type_path *hop_path(const struct values_object *objects,
					const struct values_hop *h)
{
	return &objects[h->object].paths->at[h->val].path;
}

static int hop_round(struct values_reader *r, struct values_object *objects)
{
	struct remote_part *parts = room(r, r->n_hops);
	size_t left = 0;
	int e;

	for (size_t i = 0; i < r->n_hops; i++) {
		struct values_hop *h = &r->hops[i];
		const struct type_path *p = hop_path(objects, h);
		uint32_t len = h->hop + 1 < p->n ? WORD : raw_bytes(p->type);

		parts[i] = (struct remote_part){ h->at, h->raw, len, false };
	}
	e = remote_gather(r->types->remote, parts, r->n_hops);
	for (size_t i = 0; e == 0 && i < r->n_hops; i++) {
		struct values_hop h = r->hops[i];
		const struct type_path *p = hop_path(objects, &h);

		if (!parts[i].ok)
			continue;
		if (h.hop + 1 == p->n) {
			decode(r, &objects[h.object], h.object, h.val, p->type, h.raw);
			continue;
		}
		h.at = word(h.raw, 0) + p->at[h.hop + 1];
		h.hop++;
		r->hops[left++] = h;
	}
	r->n_hops = left;
	return e;
}

static int text_round(struct values_reader *r, struct values_object *objects)
{
	struct remote_part *parts = room(r, r->n_texts);
	int e;

	for (size_t i = 0; i < r->n_texts; i++)
		parts[i] = (struct remote_part){ r->texts[i].at, r->texts[i].to, r->texts[i].len,
						 false };
	e = remote_gather(r->types->remote, parts, r->n_texts);
	for (size_t i = 0; e == 0 && i < r->n_texts; i++) {
		const struct values_text *t = &r->texts[i];

		if (parts[i].ok)
			objects[t->object].values.name = (struct str){ t->to, t->len };
		else
			objects[t->object].values.set &= ~(1u << VAL_NAME);
	}
	return e;
}

int values_read(struct values_reader *r, struct values_object *objects, size_t n, int64_t now_ns)
{
	int e = 0;

	r->n_hops = r->n_texts = 0;
	r->reads_left = READS_MAX;
	arena_clear(&r->arena);
	for (size_t i = 0; i < n; i++)
		begin_object(r, &objects[i], (uint32_t)i, now_ns);
	while (e == 0 && r->n_hops > 0)
		e = hop_round(r, objects);
	return e < 0 ? e : text_round(r, objects);
}

void values_reader_release(struct values_reader *r)
{
	free(r->hops);
	free(r->texts);
	free(r->parts);
	arena_release(&r->arena);
}
