#include "core/base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_release(struct buf *b)
{
	free(b->ptr);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
}

int buf_reserve(struct buf *b, size_t n)
{
	size_t want = b->len + n, cap = b->cap ? b->cap : 256;

	if (n > b->max || want > b->max)
		return -EFBIG;
	if (want < b->cap) /* one byte is kept for buf_str's NUL */
		return 0;
	while (cap <= want)
		cap *= 2;
	b->ptr = xreallocarray(b->ptr, cap, 1);
	b->cap = cap;
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t n)
{
	int r = buf_reserve(b, n);

	if (r < 0 || n == 0)
		return r;
	memcpy(b->ptr + b->len, data, n);
	b->len += n;
	return 0;
}

int buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n, r;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	r = buf_reserve(b, (size_t)n);
	if (r < 0)
		return r;
	va_start(ap, fmt);
	vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

const char *buf_str(struct buf *b)
{
	if (!b->ptr)
		return "";
	b->ptr[b->len] = '\0';
	return b->ptr;
}
