/* gort_kit.h - what the targets of gort share: the input as memory of a process, at an address that
 * is the same in each run so that seeds can point into it, and as a file. */
#ifndef GORT_KIT_H
#define GORT_KIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/str.h"

enum { KIT_BYTES = 128 << 10 }; /* of an input; what is behind it cannot be read */

#define KIT_BASE 0x20000000ull /* below AddressSanitizer's shadow */

static inline void kit_check(bool ok)
{
	if (!ok)
		abort();
}

/* The first n bytes at KIT_BASE are the input, the others 0. */
static inline uint8_t *kit_memory(const uint8_t *data, size_t n)
{
	static uint8_t *at;

	if (!at) {
		at = mmap((void *)KIT_BASE, KIT_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		kit_check(at == (uint8_t *)KIT_BASE);
	}
	n = n < KIT_BYTES ? n : KIT_BYTES;
	memcpy(at, data, n);
	memset(at + n, 0, KIT_BYTES - n);
	return at;
}

/* A descriptor of a file that holds the input; the caller closes it. */
static inline int kit_file(const uint8_t *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	kit_check(fd >= 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
	return fd;
}

/* Reads all of it, so that a sanitizer sees what is not there. */
static inline void kit_touch(struct str s)
{
	unsigned sum = 0;

	for (uint32_t i = 0; i < s.len; i++)
		sum += (unsigned char)s.p[i];
	kit_check(sum <= 255u * s.len);
}

#endif
