#include "collectors/gort/types.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum {
	TYPES_MAX = 1 << 13,
	TYPES_BYTES_MAX = 16 << 20,
	HEAD_BYTES = 128, /* StructType has 80 */
	NAME_HEAD = 3,
	EXTRA_STAR = 2, /* TFlagExtraStar: the name is that of the pointer type */
	KIND_MASK = 31,
	WORD = 8,
};

static uint64_t word(const uint8_t *from, int32_t at)
{
	uint64_t v;

	memcpy(&v, from + at, sizeof(v));
	return v;
}

void types_init(struct types *t, struct remote *r, const struct layout *l, struct image *im)
{
	*t = (struct types){
		.remote = r,
		.layout = l,
		.image = im,
		.from = image_moduledata(im, LAYOUT_MODULEDATA_TYPES),
		.to = image_moduledata(im, LAYOUT_MODULEDATA_ETYPES),
	};
}

void types_release(struct types *t)
{
	map64_release(&t->by_addr);
	map64_release(&t->by_itab);
	arena_release(&t->arena);
	free(t->list);
}

static bool inside(const struct types *t, uint64_t addr, uint64_t n)
{
	return addr >= t->from && addr < t->to && n <= t->to - addr;
}

/* Names are not relocated, so the file has them as they are. Since Go 1.27 they may stand anywhere
 * in it. */
static bool read_text(struct types *t, uint64_t addr, uint8_t *to, size_t n)
{
	return image_bytes(t->image, addr, to, n) || remote_read(t->remote, addr, to, n) == 0;
}

/* abi.Name: a byte of flags, the length as a varint, the text. */
static bool read_name(struct types *t, uint64_t addr, struct str *ret)
{
	uint8_t head[NAME_HEAD], text[TYPE_NAME_MAX];
	uint32_t len, n = 2;

	if (!read_text(t, addr, head, sizeof(head)))
		return false;
	len = head[1] & 0x7f;
	if (head[1] & 0x80) {
		if (head[2] & 0x80)
			return false;
		len |= (uint32_t)head[2] << 7;
		n = 3;
	}
	if (len > TYPE_NAME_MAX || (len > 0 && !read_text(t, addr + n, text, len)))
		return false;
	*ret = arena_str(&t->arena, (struct str){ (const char *)text, len });
	return true;
}

static bool read_fields(struct types *t, const uint8_t *head, struct type *ret)
{
	const int32_t *at = t->layout->at;
	uint64_t array = word(head, at[LAYOUT_STRUCTTYPE_FIELDS]);
	uint64_t n = word(head, at[LAYOUT_STRUCTTYPE_FIELDS] + WORD);
	uint64_t package = word(head, at[LAYOUT_STRUCTTYPE_PKGPATH]);
	size_t stride = (size_t)at[LAYOUT_STRUCTFIELD_SIZE];
	uint8_t raw[TYPE_FIELDS_MAX * 32 + WORD];

	if (package && !read_name(t, package, &ret->package))
		return false;
	if (n > TYPE_FIELDS_MAX || n * stride > sizeof(raw))
		return false;
	if (n &&
	    (!inside(t, array, n * stride) || remote_read(t->remote, array, raw, n * stride) < 0))
		return false;
	ret->fields = arena_alloc(&t->arena, (n + 1) * sizeof(*ret->fields));
	for (size_t i = 0; i < n; i++) {
		const uint8_t *f = raw + i * stride;
		uint64_t offset = word(f, at[LAYOUT_STRUCTFIELD_OFFSET]);

		ret->fields[i].type = word(f, at[LAYOUT_STRUCTFIELD_TYP]);
		ret->fields[i].offset = (uint32_t)offset;
		if (offset > ret->bytes || offset > UINT32_MAX ||
		    !read_name(t, word(f, at[LAYOUT_STRUCTFIELD_NAME]), &ret->fields[i].name))
			return false;
	}
	ret->n_fields = n;
	return true;
}

/* What decodes a value goes by its kind: a string in 3 bytes would have it read beyond them. */
static bool size_fits(const struct type *t)
{
	static const uint8_t sizes[] = {
		[GO_BOOL] = 1,		 [GO_INT] = 8,	      [GO_INT8] = 1,
		[GO_INT16] = 2,		 [GO_INT32] = 4,      [GO_INT64] = 8,
		[GO_UINT] = 8,		 [GO_UINT8] = 1,      [GO_UINT16] = 2,
		[GO_UINT32] = 4,	 [GO_UINT64] = 8,     [GO_UINTPTR] = 8,
		[GO_FLOAT32] = 4,	 [GO_FLOAT64] = 8,    [GO_CHAN] = 8,
		[GO_FUNC] = 8,		 [GO_INTERFACE] = 16, [GO_MAP] = 8,
		[GO_POINTER] = 8,	 [GO_SLICE] = 24,     [GO_STRING] = 16,
		[GO_UNSAFE_POINTER] = 8,
	};
	size_t kind = (size_t)t->kind;

	return kind >= sizeof(sizes) || sizes[kind] == 0 || sizes[kind] == t->bytes;
}

static bool read_type(struct types *t, uint64_t addr, struct type *ret)
{
	const int32_t *at = t->layout->at;
	uint8_t head[HEAD_BYTES] = { 0 };
	size_t n = (size_t)at[LAYOUT_TYPE_SIZE] + 4 * WORD;
	int32_t name;

	if (n > sizeof(head) || !inside(t, addr, n) || addr % WORD != 0 ||
	    remote_read(t->remote, addr, head, n) < 0)
		return false;
	*ret = (struct type){
		.addr = addr,
		.bytes = word(head, at[LAYOUT_TYPE_SIZE_]),
		.kind = head[at[LAYOUT_TYPE_KIND_]] & KIND_MASK,
	};
	memcpy(&name, head + at[LAYOUT_TYPE_STR], sizeof(name));
	if (!size_fits(ret) || name <= 0 || !read_name(t, t->from + (uint32_t)name, &ret->name))
		return false;
	if (head[at[LAYOUT_TYPE_TFLAG]] & EXTRA_STAR && ret->name.len > 0)
		ret->name = (struct str){ ret->name.p + 1, ret->name.len - 1 };
	if (ret->kind == GO_STRUCT)
		return read_fields(t, head, ret);
	if (ret->kind == GO_POINTER || ret->kind == GO_ARRAY)
		ret->elem = word(head, at[LAYOUT_PTRTYPE_ELEM]);
	if (ret->kind == GO_ARRAY) /* ArrayType: Type, Elem, Slice, Len */
		ret->len = word(head, at[LAYOUT_PTRTYPE_ELEM] + 2 * WORD);
	return true;
}

/* Its number in the list; new when it is not there. False: the list is full. */
static bool number_of(struct types *t, uint64_t addr, uint32_t *ret)
{
	struct type *new;

	if (map64_get(&t->by_addr, addr, ret))
		return true;
	if (t->n >= TYPES_MAX || t->arena.used_bytes > TYPES_BYTES_MAX)
		return false;
	new = arena_alloc(&t->arena, sizeof(*new));
	if (!read_type(t, addr, new))
		new = NULL;
	GROW(t->list, t->n, t->cap);
	*ret = (uint32_t)t->n++;
	map64_put(&t->by_addr, addr, *ret);
	t->list[*ret] = new;
	return true;
}

const struct type *types_at(struct types *t, uint64_t addr)
{
	uint32_t i;

	return number_of(t, addr, &i) ? t->list[i] : NULL;
}

const struct type *types_of_itab(struct types *t, uint64_t itab)
{
	uint64_t head[2]; /* abi.ITab: Inter, Type */
	uint32_t i;

	if (map64_get(&t->by_itab, itab, &i))
		return t->list[i];
	if (remote_read(t->remote, itab, head, sizeof(head)) < 0 || !inside(t, head[1], WORD) ||
	    !number_of(t, head[1], &i))
		return NULL;
	if (t->list[i] && t->by_itab.n < TYPES_MAX) /* an itab is for ever */
		map64_put(&t->by_itab, itab, i);
	return t->list[i];
}

/* ---- paths ---- */

static const struct type_field *field_named(const struct type *s, const char *name, size_t n)
{
	for (size_t i = 0; i < s->n_fields; i++) {
		if (s->fields[i].name.len == n && memcmp(s->fields[i].name.p, name, n) == 0)
			return &s->fields[i];
	}
	return NULL;
}

/* Through a pointer to what it points to, which is then the object of the hop. */
static bool follow(struct types *t, struct type_path *p, const struct type **object)
{
	if (p->type->kind != GO_POINTER)
		return true;
	if (p->n == PATH_HOPS)
		return false;
	p->type = *object = types_at(t, p->type->elem);
	p->at[p->n++] = 0;
	return p->type != NULL;
}

/* To a field of a struct. False: it is not within the object, whatever the struct says. */
static bool enter(struct types *t, struct type_path *p, const struct type_field *f,
		  const struct type *object)
{
	uint64_t at = (uint64_t)p->at[p->n - 1] + f->offset;

	p->type = types_at(t, f->type);
	if (!p->type || p->type->bytes > object->bytes || at > object->bytes - p->type->bytes ||
	    at > UINT32_MAX)
		return false;
	p->at[p->n - 1] = (uint32_t)at;
	return true;
}

bool types_path(struct types *t, const struct type *from, struct str path, struct type_path *ret)
{
	struct type_path p = { .n = 1, .type = from };
	const struct type *object = from;

	while (path.len > 0) {
		const char *dot = memchr(path.p, '.', path.len);
		uint32_t n = dot ? (uint32_t)(dot - path.p) : path.len;
		const struct type_field *f;

		if (p.type->kind == GO_INTERFACE)
			break;
		if (!follow(t, &p, &object) || p.type->kind != GO_STRUCT)
			return false;
		f = field_named(p.type, path.p, n);
		if (!f || !enter(t, &p, f, object))
			return false;
		n += dot != NULL;
		path = (struct str){ path.p + n, path.len - n };
	}
	p.rest = path;
	*ret = p;
	return true;
}
