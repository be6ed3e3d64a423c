#include "core/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/xalloc.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { MAPPED_BYTES = 64 << 10 }; /* from here on pages_zeroed maps */
enum { PAGE_BYTES = 4096 }; /* the smallest there is; the kernel refuses what is not aligned */

void pages_ready(void *p, size_t n)
{
	uintptr_t from = (uintptr_t)p & ~(uintptr_t)(PAGE_BYTES - 1);
	uintptr_t to = ((uintptr_t)p + n + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);

	if (n > 0)
		madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}

void *pages_calloc(size_t n)
{
	void *p = xreallocarray(NULL, n, 1);

	pages_ready(p, n);
	memset(p, 0, n);
	return p;
}

void *pages_zeroed(size_t n)
{
	void *p;

	if (n < MAPPED_BYTES)
		return xcalloc(n, 1);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return xchecked(p == MAP_FAILED ? NULL : p);
}

void pages_free(void *p, size_t n)
{
	if (n < MAPPED_BYTES)
		free(p);
	else
		munmap(p, n);
}

void pages_ready_to(void *p, size_t *ready, size_t n)
{
	if (n <= *ready)
		return;
	pages_ready((char *)p + *ready, n - *ready);
	*ready = n;
}
