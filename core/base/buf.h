/* base/buf.h - bytes that grow up to a maximum given at birth. Holds binary data; buf_str
 * gives it a NUL for those who want a C string. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *ptr;
	size_t len, cap, max;
};

void buf_init(struct buf *b, size_t max); /* nothing is allocated yet */
void buf_release(struct buf *b);	  /* frees what it holds; usable again */
void buf_clear(struct buf *b);		  /* empty, memory kept */

/* 0, or -EFBIG when it would pass the maximum; then nothing was added. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_adds(struct buf *b, const char *s);
__attribute__((format(printf, 2, 3))) int buf_addf(struct buf *b, const char *fmt, ...);

/* Room for at least n more bytes at ptr + len, or -EFBIG. */
int buf_reserve(struct buf *b, size_t n);

const char *buf_str(struct buf *b); /* NUL-terminated; borrowed until the next change */

#endif
