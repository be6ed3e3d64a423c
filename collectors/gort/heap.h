/* gort/heap.h - the spans of a Go heap (runtime/mheap.go): where objects of one size stand, and
 * which places are taken. A place is taken from when it is handed out until a collection has found
 * it dead and its span was swept. */
#ifndef GORT_HEAP_H
#define GORT_HEAP_H

#include "collectors/gort/layout.h"
#include "collectors/gort/remote.h"

enum {
	HEAP_PAGE_BYTES = 8192,
	HEAP_SPANS_AT_ONCE = 512,
	HEAP_BITS_MAX =
		HEAP_PAGE_BYTES / 8 / 8, /* bytes of allocBits: 8 bytes is the least object */
	HEAP_SMALL_MAX = 32 << 10,	 /* beyond, an object has a span of its own */
	HEAP_HEADER_OVER = 512, /* since 1.22 larger objects with pointers begin with a header */
	HEAP_HEADER_BYTES = 8,	/* the header: the address of the object's type */
	HEAP_MSPAN_MAX = 256,
};

struct heap_span {
	uint64_t addr; /* of the runtime.mspan */
	uint64_t start, bytes, alloc_bits;
	uint32_t elem_bytes, n, free_index;
	bool noscan; /* its objects have no pointers */
};

/* From a copy of an mspan. False: not in use, or torn. Pure. */
bool heap_span_read(const struct layout *l, const uint8_t *mspan, struct heap_span *ret);

/* Bytes of the smallest size class that holds an object, its header included where this Go has
 * them (runtime/sizeclasses.go, the same in Go 1.19 to 1.27); 0: it is a large object. */
uint32_t heap_class_bytes(const struct layout *l, uint64_t bytes);
/* Whether objects of that class begin with their type. */
bool heap_has_header(const struct layout *l, uint32_t class_bytes);
/* Whether spans of that class hold the pointer masks of their objects. */
bool heap_has_masks(const struct layout *l, uint32_t class_bytes);

struct heap_walk {
	struct remote *remote; /* borrowed */
	const struct layout *layout;
	uint64_t mheap, next, n;
	uint64_t addrs[HEAP_SPANS_AT_ONCE];
	struct remote_part parts[HEAP_SPANS_AT_ONCE];
	uint8_t *mspans;
};

void heap_walk_init(struct heap_walk *w, struct remote *r, const struct layout *l, uint64_t mheap);
void heap_walk_release(struct heap_walk *w);
void heap_walk_begin(struct heap_walk *w);

/* The next spans in use, up to HEAP_SPANS_AT_ONCE. 1: there are more; 0: that was all; -ESRCH,
 * -EPERM, -EAGAIN: the list moved. */
int heap_walk_next(struct heap_walk *w, struct heap_span *ret, size_t *ret_n);

#endif
