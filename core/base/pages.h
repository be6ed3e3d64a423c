/* base/pages.h - memory that is there before it is written. A page of a fresh buffer comes with its
 * first touch, which in some virtual machines costs 20 us: 250 of them would hold the loop for 5
 * ms. Asked for at once they cost less than half of that. */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* Makes the bytes at p writable without a fault, as far as the kernel can (since Linux 5.14): of
 * memory that malloc gave and that is about to be written. What it holds stays. */
void pages_ready(void *p, size_t n);

void *pages_calloc(size_t n); /* zeroed, and ready; free() */

/* Zeroed, and not there until it is touched, however large: calloc may write all of it. */
void *pages_zeroed(size_t n); /* pages_free with the same n */
void pages_free(void *p, size_t n);

/* The first n bytes of a buffer of which *ready are known to be; none twice. */
void pages_ready_to(void *p, size_t *ready, size_t n);

#endif
