/* parse/proto.h - a walk over protobuf's wire format, checked against its end at every step
 * (protobuf.dev, "Encoding"). It knows no message: the caller switches on tags and ignores
 * those it does not know, as protobuf asks for. Pure. */
#ifndef PARSE_PROTO_H
#define PARSE_PROTO_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

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

/* 0, -ENODATA when the bytes end within the number, -EBADMSG over 64 bits. */
static inline int proto_varint(struct proto *w, uint64_t *ret)
{
	uint64_t v = 0;

	if (w->p < w->end && *w->p < 0x80) {
		*ret = *w->p++;
		return 0;
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

int proto_next_any(struct proto *w, struct proto_field *ret);

/* The next field: 1; 0 at the end; -ENODATA when it runs past the end; -EBADMSG. Groups are
 * stepped over and never returned. Short strings and messages, most of a profile, are taken
 * here and now. */
static inline int proto_next(struct proto *w, struct proto_field *ret)
{
	const uint8_t *p = w->p;

	if (w->end - p < 2 || p[0] >= 0x80 || p[0] < 8 || (p[0] & 7) != PROTO_BYTES ||
	    p[1] >= 0x80 || p[1] > w->end - p - 2)
		return proto_next_any(w, ret);
	ret->tag = p[0];
	ret->bytes = (struct proto){ p + 2, p + 2 + p[1] };
	w->p = ret->bytes.end;
	return 1;
}

#endif
