#include "collectors/gort/typefind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum {
	CHUNK_BYTES = 64 << 10,
	OVERLAP_BYTES = TYPE_NAME_MAX + 8, /* a name or a descriptor may cross the end of a chunk */
	HEAD_BYTES = 48,
	KIND_MASK = 31,
	WORD = 8,
};

static const uint64_t types_bytes_max = 256 << 20;

void typefind_init(struct typefind *f, struct types *t, const struct type_wanted *w, size_t n)
{
	*f = (struct typefind){
		.types = t, .wanted = w, .n_wanted = n, .at = t->from, .to = t->to
	};
	f->chunk = xcalloc(1, CHUNK_BYTES + OVERLAP_BYTES);
}

void typefind_release(struct typefind *f)
{
	free(f->chunk);
	f->chunk = NULL;
}

static uint64_t filter_bit(uint32_t name)
{
	return 1ull << ((name * 0x9e3779b1u) >> 26);
}

/* The length of the name that begins at p[i] with a star, by the varint before it; 0: this is none.
 */
static size_t name_length(const uint8_t *p, size_t i, size_t *ret_head)
{
	if (i >= 3 && p[i - 2] & 0x80 && !(p[i - 1] & 0x80) && p[i - 1] > 0) {
		*ret_head = 3;
		return (size_t)(p[i - 2] & 0x7f) | (size_t)p[i - 1] << 7;
	}
	if (i < 2 || p[i - 1] & 0x80)
		return 0;
	*ret_head = 2;
	return p[i - 1];
}

static bool fits(const struct type_wanted *w, const char *name, size_t n)
{
	size_t len = strlen(w->name);

	if (n < len || memcmp(name, w->name, len) != 0)
		return false;
	return w->generic ? n > len + 2 && name[len] == '[' && name[n - 1] == ']' : n == len;
}

static bool is_wanted(const struct typefind *f, const char *name, size_t n, size_t *ret)
{
	for (size_t i = 0; i < f->n_wanted; i++) {
		if (fits(&f->wanted[i], name, n)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void find_names(struct typefind *f, size_t n)
{
	const uint8_t *p = f->chunk, *star = p;
	size_t head, which;

	while ((star = memchr(star, '*', n - (size_t)(star - p))) != NULL) {
		size_t i = (size_t)(star - p), len = name_length(p, i, &head);

		star++;
		if (len < 2 || len > TYPE_NAME_MAX || len > n - i ||
		    !is_wanted(f, (const char *)star, len - 1, &which))
			continue;
		/* Found twice where chunks overlap. */
		if (f->n_names < TYPEFIND_MAX) {
			uint32_t name = (uint32_t)(f->at + i - head - f->types->from);

			f->names[f->n_names++] = name;
			f->filter |= filter_bit(name);
		}
	}
}

static bool is_name(const struct typefind *f, uint32_t name)
{
	for (size_t i = 0; i < f->n_names; i++) {
		if (f->names[i] == name)
			return true;
	}
	return false;
}

static void take(struct typefind *f, uint64_t addr)
{
	const struct type *t = types_at(f->types, addr);
	size_t which;

	if (!t || t->kind != GO_STRUCT || f->n_found == TYPEFIND_MAX ||
	    !is_wanted(f, t->name.p, t->name.len, &which))
		return;
	for (size_t i = 0; i < f->n_found; i++) {
		if (f->found[i].type == t)
			return;
	}
	f->found[f->n_found++] = (struct type_found){ t, which };
}

static void find_descriptors(struct typefind *f, size_t n)
{
	const int32_t *at = f->types->layout->at;
	size_t first = -f->at & (WORD - 1);

	for (size_t i = first; i + HEAD_BYTES <= n; i += WORD) {
		uint32_t name;

		if ((f->chunk[i + (size_t)at[LAYOUT_TYPE_KIND_]] & KIND_MASK) != GO_STRUCT)
			continue;
		memcpy(&name, f->chunk + i + at[LAYOUT_TYPE_STR], sizeof(name));
		if (f->filter & filter_bit(name) && is_name(f, name))
			take(f, f->at + i);
	}
}

static bool read_chunk(struct typefind *f, size_t n)
{
	return image_bytes(f->types->image, f->at, f->chunk, n) ||
	       remote_read(f->types->remote, f->at, f->chunk, n) == 0;
}

int typefind_step(struct typefind *f)
{
	uint64_t left = f->to - f->at;
	size_t n = left < CHUNK_BYTES + OVERLAP_BYTES ? left : CHUNK_BYTES + OVERLAP_BYTES;

	if (f->types->to <= f->types->from || f->types->to - f->types->from > types_bytes_max)
		return -ENOTSUP;
	if (!read_chunk(f, n))
		return -ENOTSUP;
	if (f->descriptors)
		find_descriptors(f, n);
	else
		find_names(f, n);
	f->at += CHUNK_BYTES;
	if (f->at < f->to)
		return 1;
	if (f->descriptors || f->n_names == 0)
		return 0;
	/* All of it again: moduledata.typedesclen of Go 1.27 counts only those that typelinks held
	 * before, which have no name of their own. */
	f->descriptors = true;
	f->at = f->types->from;
	return 1;
}
