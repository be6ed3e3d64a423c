#include "collectors/gort/filecache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/pages.h"
#include "core/base/xalloc.h"

enum {
	BLOCK_BYTES = 16 << 10,
	WAYS = 4,
	SETS = 32,
	BLOCKS = SETS * WAYS,
	STRING_STEP = 64,
};

/* The bytes are apart, so that looking for a block touches none of them. */
struct filecache_block {
	uint64_t number; /* plus one; 0: empty */
	uint32_t used;	 /* the clock when it was last read */
	uint32_t len;	 /* short at the end of the file */
};

void filecache_init(struct filecache *f, int fd, uint64_t bytes)
{
	*f = (struct filecache){ .fd = fd, .bytes = bytes };
	f->blocks = xcalloc(BLOCKS, sizeof(*f->blocks));
	f->bytes_of = xreallocarray(NULL, BLOCKS, BLOCK_BYTES);
}

void filecache_release(struct filecache *f)
{
	free(f->blocks);
	free(f->bytes_of);
	f->blocks = NULL;
	f->bytes_of = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

size_t filecache_stream(struct filecache *f, uint64_t at, void *to, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(f->fd, (char *)to + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

static char *bytes_of(const struct filecache *f, const struct filecache_block *b)
{
	return f->bytes_of + (size_t)(b - f->blocks) * BLOCK_BYTES;
}

/* The block, read in the place of the oldest of its set when it is not there. */
static const struct filecache_block *block_at(struct filecache *f, uint64_t number)
{
	struct filecache_block *set = f->blocks + number % SETS * WAYS, *b = set;

	f->clock++;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].number == number + 1) {
			set[i].used = f->clock;
			return &set[i];
		}
		if (f->clock - set[i].used > f->clock - b->used)
			b = &set[i];
	}
	if (!b->number)
		pages_ready(bytes_of(f, b), BLOCK_BYTES);
	b->number = number + 1;
	b->used = f->clock;
	b->len = (uint32_t)filecache_stream(f, number * BLOCK_BYTES, bytes_of(f, b), BLOCK_BYTES);
	return b;
}

bool filecache_read(struct filecache *f, uint64_t at, void *to, size_t n)
{
	if (at > f->bytes || n > f->bytes - at)
		return false;
	while (n > 0) {
		const struct filecache_block *b = block_at(f, at / BLOCK_BYTES);
		size_t from = at % BLOCK_BYTES, part = BLOCK_BYTES - from;

		if (part > n)
			part = n;
		if (from + part > b->len)
			return false;
		memcpy(to, bytes_of(f, b) + from, part);
		to = (char *)to + part;
		at += part;
		n -= part;
	}
	return true;
}

bool filecache_string(struct filecache *f, uint64_t at, char *to, size_t n)
{
	size_t len = 0;

	while (len + 1 < n) {
		uint64_t left = at < f->bytes ? f->bytes - at : 0;
		size_t part = n - 1 - len;
		char *nul;

		if (part > STRING_STEP)
			part = STRING_STEP;
		if (part > left)
			part = left;
		if (part == 0 || !filecache_read(f, at, to + len, part))
			return false;
		nul = memchr(to + len, '\0', part);
		if (nul)
			return true;
		len += part;
		at += part;
	}
	to[len] = '\0';
	return true;
}
