/* gort/filecache.h - random reads of a large file through 2 MiB of blocks: a 100 MB binary is
 * neither mapped nor held, and its pages are not counted as ours. */
#ifndef GORT_FILECACHE_H
#define GORT_FILECACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filecache_block;
struct filecache {
	int fd;
	uint64_t bytes; /* of the file */
	struct filecache_block *blocks;
	char *bytes_of; /* the blocks */
	uint32_t clock; /* counts reads, for the age of a block */
};

void filecache_init(struct filecache *f, int fd, uint64_t bytes); /* takes fd */
void filecache_release(struct filecache *f);

/* False when not all n bytes are in the file or it cannot be read. */
bool filecache_read(struct filecache *f, uint64_t at, void *to, size_t n);

/* As pread of a large part, past the cache: how many bytes were read, short at the end of the file.
 */
size_t filecache_stream(struct filecache *f, uint64_t at, void *to, size_t n);

/* The string at `at`, with a NUL, cut to n - 1 bytes; false when it does not end in the file. */
bool filecache_string(struct filecache *f, uint64_t at, char *to, size_t n);

#endif
