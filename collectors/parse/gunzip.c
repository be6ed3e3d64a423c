#include "collectors/parse/gunzip.h"

#include <errno.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
/* Lets zlib declare its input const, as it is. */
#define ZLIB_CONST
#include <zlib.h>

#include "core/base/xalloc.h"

/* One call of inflate: small enough that a bomb is seen soon after it passes a limit. */
enum { STEP_BYTES = 256 << 10, GZIP_ONLY = 16, GZIP_LEAST = 18 };

bool gunzip_is(const void *data, size_t len)
{
	return len >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

static int start(struct gunzip *g, struct err *e)
{
	if (g->z) {
		inflateReset(g->z);
		return 0;
	}
	g->z = xcalloc(1, sizeof(*g->z));
	if (inflateInit2(g->z, GZIP_ONLY + MAX_WBITS) == Z_OK)
		return 0;
	free(g->z);
	g->z = NULL;
	return err_set(e, -ENOMEM, "zlib does not start");
}

static int check_limits(const struct gunzip *g, size_t n_in, const struct buf *out, struct err *e)
{
	if (out->len > GUNZIP_RATIO_FROM && out->len / g->ratio_max > n_in)
		return err_set(e, -EFBIG, "gzip data that expands more than %zu:1 is refused",
			       g->ratio_max);
	if (out->len == out->max)
		return err_set(e, -EFBIG, "more than %zu MiB after gunzip", out->max >> 20);
	return 0;
}

/* 1 when a member has ended, 0 to go on. */
static int step(struct gunzip *g, struct buf *out, struct err *e)
{
	size_t room = out->max - out->len;
	int r;

	if (room > STEP_BYTES)
		room = STEP_BYTES;
	r = buf_reserve(out, room);
	if (r < 0)
		return err_set(e, r, "more than %zu MiB after gunzip", out->max >> 20);
	g->z->next_out = (unsigned char *)out->ptr + out->len;
	g->z->avail_out = (unsigned int)room;
	r = inflate(g->z, Z_NO_FLUSH);
	out->len += room - g->z->avail_out;
	if (r == Z_STREAM_END)
		return 1;
	if (r != Z_OK && r != Z_BUF_ERROR)
		return err_set(e, -EBADMSG, "damaged gzip data: %s",
			       g->z->msg ? g->z->msg : zError(r));
	if (g->z->avail_in == 0 && g->z->avail_out > 0)
		return err_set(e, -EBADMSG, "gzip data is cut short");
	return 0;
}

/* One member whose end tells its true size: libdeflate takes a third of zlib's time for it. True
 * when that was it; all else, and every verdict on bad data, is left to zlib. */
static bool at_once(struct gunzip *g, const void *data, size_t len, struct buf *out)
{
	const uint8_t *end = (const uint8_t *)data + len;
	size_t size, used, n;

	if (len < GZIP_LEAST)
		return false;
	size = end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
	if (size >= out->max || (size > GUNZIP_RATIO_FROM && size / g->ratio_max > len) ||
	    buf_reserve(out, size) < 0)
		return false;
	if (!g->whole)
		g->whole = libdeflate_alloc_decompressor();
	if (!g->whole || libdeflate_gzip_decompress_ex(g->whole, data, len, out->ptr, size, &used,
						       &n) != LIBDEFLATE_SUCCESS)
		return false;
	out->len = used == len ? n : 0;
	return used == len;
}

int gunzip(struct gunzip *g, const void *data, size_t len, struct buf *out, struct err *e)
{
	int r;

	buf_clear(out);
	if (len > UINT_MAX)
		return err_set(e, -EFBIG, "more than 4 GiB of gzip data");
	if (at_once(g, data, len, out))
		return 0;
	r = start(g, e);
	if (r < 0)
		return r;
	g->z->next_in = data;
	g->z->avail_in = (unsigned int)len;
	for (;;) {
		r = step(g, out, e);
		if (r < 0)
			return r;
		if (r == 1 && g->z->avail_in == 0)
			return 0;
		if (r == 1 && !gunzip_is(g->z->next_in, g->z->avail_in))
			return err_set(e, -EBADMSG, "%u bytes of something else follow gzip data",
				       g->z->avail_in);
		if (r == 1)
			inflateReset(g->z);
		r = check_limits(g, (size_t)(g->z->next_in - (const unsigned char *)data), out, e);
		if (r < 0)
			return r;
	}
}

void gunzip_release(struct gunzip *g)
{
	if (g->z)
		inflateEnd(g->z);
	free(g->z);
	g->z = NULL;
	libdeflate_free_decompressor(g->whole);
	g->whole = NULL;
}
