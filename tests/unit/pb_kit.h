/* pb_kit.h - protobuf as tests write it, field by field. Needs cmocka before it. */
#ifndef PB_KIT_H
#define PB_KIT_H

#include <stdint.h>

#include "core/base/buf.h"

static inline void put_varint(struct buf *b, uint64_t v)
{
	do {
		char c = (char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));

		assert_int_equal(buf_add(b, &c, 1), 0);
		v >>= 7;
	} while (v);
}

static inline void put_number(struct buf *b, uint32_t field, uint64_t v)
{
	put_varint(b, field << 3);
	put_varint(b, v);
}

static inline void put_bytes(struct buf *b, uint32_t field, const void *data, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	assert_int_equal(buf_add(b, data, n), 0);
}

/* Each number is its own field of a message, from 1; 0 leaves it out. */
static inline void put_message(struct buf *b, uint32_t field, const uint64_t *numbers, size_t n)
{
	struct buf m;

	buf_init(&m, 4096);
	for (size_t i = 0; i < n; i++) {
		if (numbers[i])
			put_number(&m, (uint32_t)i + 1, numbers[i]);
	}
	put_bytes(b, field, m.ptr, m.len);
	buf_release(&m);
}

#define MESSAGE(b, field, ...)                                   \
	put_message(b, field, (const uint64_t[]){ __VA_ARGS__ }, \
		    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

#endif
