#include "collectors/parse/proto.h"

#include <stddef.h>

enum { GROUP_DEPTH_MAX = 32 };

int proto_varint_long(struct proto *w, uint64_t *ret)
{
	uint64_t v = 0, ends;

	if (w->end - w->p >= 8) {
		memcpy(&v, w->p, 8);
		v = le64toh(v);
		ends = ~v & PROTO_TOP_BITS;
		if (ends) {
			*ret = proto_join(v & (ends ^ (ends - 1)));
			w->p += __builtin_ctzll(ends) / 8 + 1;
			return 0;
		}
		v = 0;
	}
	for (unsigned int shift = 0; shift < 64; shift += 7) {
		if (w->p == w->end)
			return -ENODATA;
		uint8_t b = *w->p++;

		if (shift == 63 && b > 1)
			return -EBADMSG;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret = v;
			return 0;
		}
	}
	return -EBADMSG;
}

static int read_tag(struct proto *w, uint32_t *ret)
{
	uint64_t tag;
	int r = proto_varint(w, &tag);

	if (r < 0)
		return r;
	if (tag > UINT32_MAX || tag >> 3 == 0)
		return -EBADMSG;
	*ret = (uint32_t)tag;
	return 0;
}

static int take(struct proto *w, uint64_t n, struct proto *ret)
{
	if (n > (uint64_t)(w->end - w->p))
		return -ENODATA;
	*ret = (struct proto){ w->p, w->p + n };
	w->p += n;
	return 0;
}

/* What follows the tag of a field that is no group. */
static int read_body(struct proto *w, struct proto_field *f)
{
	const uint8_t *start = w->p;
	uint64_t n;
	int r;

	switch (f->tag & 7) {
	case PROTO_VARINT:
		r = proto_varint(w, &f->value);
		f->bytes = (struct proto){ start, w->p };
		return r;
	case PROTO_FIXED64:
		return take(w, 8, &f->bytes);
	case PROTO_FIXED32:
		return take(w, 4, &f->bytes);
	case PROTO_BYTES:
		r = proto_varint(w, &n);
		return r < 0 ? r : take(w, n, &f->bytes);
	default:
		return -EBADMSG;
	}
}

/* Up to the end tag that belongs to `open`, the tag that was just read. */
static int skip_group(struct proto *w, uint32_t open)
{
	uint32_t opened[GROUP_DEPTH_MAX];
	size_t depth = 0;
	struct proto_field f = { 0 };
	int r;

	opened[depth++] = open >> 3;
	while (depth > 0) {
		r = read_tag(w, &f.tag);
		if (r < 0)
			return r;
		if ((f.tag & 7) == PROTO_GROUP_END) {
			if (opened[--depth] != f.tag >> 3)
				return -EBADMSG;
		} else if ((f.tag & 7) == PROTO_GROUP) {
			if (depth == GROUP_DEPTH_MAX)
				return -EBADMSG;
			opened[depth++] = f.tag >> 3;
		} else {
			r = read_body(w, &f);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int proto_next_any(struct proto *w, struct proto_field *ret)
{
	int r;

	while (w->p < w->end) {
		r = read_tag(w, &ret->tag);
		if (r < 0)
			return r;
		if ((ret->tag & 7) != PROTO_GROUP) {
			r = read_body(w, ret);
			return r < 0 ? r : 1;
		}
		r = skip_group(w, ret->tag);
		if (r < 0)
			return r;
	}
	return 0;
}
