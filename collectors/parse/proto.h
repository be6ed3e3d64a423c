/* parse/proto.h - a walk over protobuf's wire format, checked against its end at every step
 * (protobuf.dev, "Encoding"). It knows no message: the caller switches on tags and ignores
 * those it does not know, as protobuf asks for. Pure. */
#ifndef PARSE_PROTO_H
#define PARSE_PROTO_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

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

int proto_varint_long(struct proto *w, uint64_t *ret);
int proto_next_any(struct proto *w, struct proto_field *ret);

/* What is handed to a function out of line is a copy, so that the caller's own stays in
 * registers. */
static inline int proto_varint_slow(struct proto *w, uint64_t *ret)
{
	struct proto in = *w;
	uint64_t v = 0;
	int r = proto_varint_long(&in, &v);

	*w = in;
	*ret = v;
	return r;
}

static inline int proto_next_slow(struct proto *w, struct proto_field *ret)
{
	struct proto in = *w;
	struct proto_field f = { 0 };
	int r = proto_next_any(&in, &f);

	*w = in;
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

#endif
