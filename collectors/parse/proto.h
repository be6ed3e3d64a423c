/* parse/proto.h - a walk over protobuf's wire format, checked against its end at every step
 * (protobuf.dev, "Encoding"). It knows no message: the caller switches on tags and ignores
 * those it does not know, as protobuf asks for. Pure. */
#ifndef PARSE_PROTO_H
#define PARSE_PROTO_H

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The walk is most of the work on a profile; compilers think it too large to inline. */
#define PROTO_HOT inline __attribute__((always_inline))

enum proto_wire {
	PROTO_VARINT = 0,
	PROTO_FIXED64 = 1,
	PROTO_BYTES = 2,
	PROTO_GROUP = 3,
	PROTO_GROUP_END = 4,
	PROTO_FIXED32 = 5,
};

/* What a field's tag is, for a case label. */
#define PROTO_NUMBER(field)  ((field) << 3 | PROTO_VARINT)
#define PROTO_MESSAGE(field) ((field) << 3 | PROTO_BYTES)

struct proto {
	const uint8_t *p, *end;
};

struct proto_field {
	uint32_t tag;	    /* number << 3 | wire type */
	uint64_t value;	    /* of a varint */
	struct proto bytes; /* of a message or string; of a varint its own bytes, so that packed
			     * and unpacked numbers are read by the same loop */
};

#define PROTO_TOP_BITS 0x8080808080808080u

/* The lower seven bits of eight bytes, together. */
static inline uint64_t proto_join(uint64_t v)
{
	v = (v & 0x7f007f007f007f00u) >> 1 | (v & 0x007f007f007f007fu);
	v = (v & 0xffff0000ffff0000u) >> 2 | (v & 0x0000ffff0000ffffu);
	return (v & 0xffffffff00000000u) >> 4 | (v & 0x00000000ffffffffu);
}

int proto_varint_long(struct proto *w, uint64_t *ret);
int proto_next_any(struct proto *w, struct proto_field *ret);

/* What is handed to a function out of line is a copy, and only what changed comes back, so that
 * the caller's own stays in registers. */
static inline int proto_varint_slow(struct proto *w, uint64_t *ret)
{
	struct proto in = { w->p, w->end };
	uint64_t v = 0;
	int r = proto_varint_long(&in, &v);

	w->p = in.p;
	*ret = v;
	return r;
}

static inline int proto_next_slow(struct proto *w, struct proto_field *ret)
{
	struct proto in = { w->p, w->end };
	struct proto_field f = { 0 };
	int r = proto_next_any(&in, &f);

	w->p = in.p;
	if (r > 0)
		*ret = f;
	return r;
}

/* 0, -ENODATA when the bytes end within the number, -EBADMSG over 64 bits. Numbers of one and two
 * bytes, most of a profile, are taken here and now. */
static PROTO_HOT int proto_varint(struct proto *w, uint64_t *ret)
{
	const uint8_t *p = w->p;

	if (p < w->end && p[0] < 0x80) {
		*ret = p[0];
		w->p = p + 1;
		return 0;
	}
	if (w->end - p >= 2 && p[1] < 0x80) {
		*ret = (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
		w->p = p + 2;
		return 0;
	}
	return proto_varint_slow(w, ret);
}

/* The next field: 1; 0 at the end; -ENODATA when it runs past the end; -EBADMSG. Groups are
 * stepped over and never returned. What has a short tag is taken here and now: numbers,
 * doubles, strings and messages. */
static PROTO_HOT int proto_next(struct proto *w, struct proto_field *ret)
{
	struct proto in = *w;
	uint64_t n = 0;

	if (w->p == w->end)
		return 0;
	if (w->end - w->p < 2 || w->p[0] >= 0x80 || w->p[0] < 8)
		return proto_next_slow(w, ret);
	if ((w->p[0] & 7) == PROTO_FIXED64 && w->end - w->p >= 9) {
		ret->tag = w->p[0];
		ret->bytes = (struct proto){ w->p + 1, w->p + 9 };
		w->p += 9;
		return 1;
	}
	if ((w->p[0] & 5) != 0)
		return proto_next_slow(w, ret);
	in.p++;
	if (proto_varint(&in, &n) < 0)
		return proto_next_slow(w, ret);
	if ((w->p[0] & 7) == PROTO_VARINT) {
		ret->tag = w->p[0];
		ret->value = n;
		ret->bytes = (struct proto){ w->p + 1, in.p };
		w->p = in.p;
		return 1;
	}
	if (n > (uint64_t)(in.end - in.p))
		return proto_next_slow(w, ret);
	ret->tag = w->p[0];
	ret->bytes = (struct proto){ in.p, in.p + n };
	w->p = in.p + n;
	return 1;
}

/* As the two above, for many small messages of one body, up to whose end, `far`, all may be read:
 * a number of up to eight bytes is taken without a look at each. */
static PROTO_HOT int proto_varint_in(struct proto *w, const uint8_t *far, uint64_t *ret)
{
	const uint8_t *p = w->p;
	uint64_t v, ends;
	long n;

	if (p < w->end && p[0] < 0x80) {
		*ret = p[0];
		w->p = p + 1;
		return 0;
	}
	if (far - p < 8)
		return proto_varint_slow(w, ret);
	memcpy(&v, p, 8);
	v = le64toh(v);
	ends = ~v & PROTO_TOP_BITS;
	n = ends ? __builtin_ctzll(ends) / 8 + 1 : 9;
	if (n > 8 || n > w->end - p)
		return proto_varint_slow(w, ret);
	*ret = proto_join(v & (ends ^ (ends - 1)));
	w->p = p + n;
	return 0;
}

static PROTO_HOT int proto_next_in(struct proto *w, const uint8_t *far, struct proto_field *ret)
{
	struct proto in = *w;
	uint64_t n = 0;
	uint32_t tag;

	if (w->p == w->end)
		return 0;
	tag = *in.p++;
	if (tag >= 0x80 || tag < 8 || (tag & 5) != 0 || proto_varint_in(&in, far, &n) < 0)
		return proto_next_slow(w, ret);
	if ((tag & 7) == PROTO_VARINT) {
		ret->tag = tag;
		ret->value = n;
		ret->bytes = (struct proto){ w->p + 1, in.p };
		w->p = in.p;
		return 1;
	}
	if (n > (uint64_t)(in.end - in.p))
		return proto_next_slow(w, ret);
	ret->tag = tag;
	ret->bytes = (struct proto){ in.p, in.p + n };
	w->p = in.p + n;
	return 1;
}

#endif
