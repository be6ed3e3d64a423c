/* base/xalloc.h - allocation that cannot fail: out of memory ends the program with one line.
 * Whatever must be undone first (a terminal in raw mode) hangs on atexit. Input is capped
 * by whoever reads it, never here. */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

void *xchecked(void *p);			     /* p, unless it is NULL */
void *xcalloc(size_t n, size_t size);		     /* zeroed; free() */
void *xreallocarray(void *p, size_t n, size_t size); /* as reallocarray */
char *xstrdup(const char *s);			     /* free() */
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *fmt, ...); /* free() */

/* Makes room for one more element at arr[n]: doubles cap when it is full. */
#define GROW(arr, n, cap)                                            \
	do {                                                         \
		if ((n) >= (cap))                                    \
			(arr) = grow((arr), &(cap), sizeof(*(arr))); \
	} while (0)
void *grow(void *arr, size_t *cap, size_t size);

#endif
