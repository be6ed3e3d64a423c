#include "collectors/gort/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum { IN_USE = 1 }; /* mSpanInUse */

static const uint64_t spans_max = 1 << 27;

static const uint16_t classes[] = {
	8,     16,    24,    32,    48,	   64,	  80,	 96,	112,   128,   144,   160,
	176,   192,   208,   224,   240,   256,	  288,	 320,	352,   384,   416,   448,
	480,   512,   576,   640,   704,   768,	  896,	 1024,	1152,  1280,  1408,  1536,
	1792,  2048,  2304,  2688,  3072,  3200,  3456,	 4096,	4864,  5376,  6144,  6528,
	6784,  6912,  8192,  9472,  9728,  10240, 10880, 12288, 13568, 14336, 16384, 18432,
	19072, 20480, 21760, 24576, 27264, 28672, 32768,
};

static uint64_t word(const uint8_t *from, int32_t at)
{
	uint64_t v;

	memcpy(&v, from + at, sizeof(v));
	return v;
}

/* freeindex and nelems: uintptr until Go 1.21, then uint16. */
static uint64_t count(const struct layout *l, const uint8_t *from, int32_t at)
{
	uint64_t v = word(from, at);

	return l->minor >= 22 ? v & 0xffff : v;
}

bool heap_span_read(const struct layout *l, const uint8_t *mspan, struct heap_span *ret)
{
	const int32_t *at = l->at;
	uint64_t n = count(l, mspan, at[LAYOUT_SPAN_NELEMS]);
	uint64_t elem = word(mspan, at[LAYOUT_SPAN_ELEMSIZE]);
	uint64_t free_index = count(l, mspan, at[LAYOUT_SPAN_FREEINDEX]);
	uint64_t pages = word(mspan, at[LAYOUT_SPAN_NPAGES]);

	*ret = (struct heap_span){
		.start = word(mspan, at[LAYOUT_SPAN_STARTADDR]),
		.alloc_bits = word(mspan, at[LAYOUT_SPAN_ALLOCBITS]),
		.noscan = mspan[at[LAYOUT_SPAN_SPANCLASS]] & 1,
	};
	if (mspan[at[LAYOUT_SPAN_STATE]] != IN_USE || elem == 0 || elem > HEAP_SMALL_MAX ||
	    pages == 0 || pages > HEAP_SMALL_MAX || ret->start % HEAP_PAGE_BYTES != 0 ||
	    n > HEAP_BITS_MAX * 8 || free_index > n)
		return false;
	ret->bytes = pages * HEAP_PAGE_BYTES;
	ret->elem_bytes = (uint32_t)elem;
	ret->n = (uint32_t)n;
	ret->free_index = (uint32_t)free_index;
	return n * elem <= ret->bytes;
}

bool heap_has_header(const struct layout *l, uint32_t class_bytes)
{
	return l->minor >= 22 && class_bytes > HEAP_HEADER_OVER;
}

bool heap_has_masks(const struct layout *l, uint32_t class_bytes)
{
	return l->minor >= 22 && class_bytes <= HEAP_HEADER_OVER;
}

uint32_t heap_class_bytes(const struct layout *l, uint64_t bytes)
{
	if (l->minor >= 22 && bytes > HEAP_HEADER_OVER)
		bytes += HEAP_HEADER_BYTES;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i] >= bytes)
			return classes[i];
	}
	return 0;
}

/* ---- all of them ---- */

void heap_walk_init(struct heap_walk *w, struct remote *r, const struct layout *l, uint64_t mheap)
{
	*w = (struct heap_walk){ .remote = r, .layout = l, .mheap = mheap };
	w->mspans = xcalloc(HEAP_SPANS_AT_ONCE, HEAP_MSPAN_MAX);
}

void heap_walk_release(struct heap_walk *w)
{
	free(w->mspans);
	w->mspans = NULL;
}

void heap_walk_begin(struct heap_walk *w)
{
	w->next = 0;
}

/* The structures come out of chunks, mostly one behind the other: one piece for all that are. */
static size_t make_parts(struct heap_walk *w, size_t n, size_t stride)
{
	size_t parts = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && w->addrs[i] == w->addrs[i - 1] + stride)
			w->parts[parts - 1].len += (uint32_t)stride;
		else
			w->parts[parts++] =
				(struct remote_part){ w->addrs[i], w->mspans + i * stride,
						      (uint32_t)stride, false };
	}
	return parts;
}

static int read_mspans(struct heap_walk *w, size_t n, size_t stride)
{
	size_t parts;

	memset(w->mspans, 0, n * stride); /* what is not read counts as not in use */
	parts = make_parts(w, n, stride);
	return remote_gather(w->remote, w->parts, parts);
}

int heap_walk_next(struct heap_walk *w, struct heap_span *ret, size_t *ret_n)
{
	uint64_t at = w->mheap + (uint64_t)w->layout->at[LAYOUT_HEAP_ALLSPANS], list[2];
	size_t stride = (size_t)w->layout->at[LAYOUT_SPAN_SIZE], n, found = 0;
	int r = remote_read(w->remote, at, list, sizeof(list));

	*ret_n = 0;
	if (r < 0)
		return r;
	if (list[1] > spans_max || stride > HEAP_MSPAN_MAX)
		return -EAGAIN;
	w->n = list[1];
	if (w->next >= w->n)
		return 0;
	n = w->n - w->next < HEAP_SPANS_AT_ONCE ? w->n - w->next : HEAP_SPANS_AT_ONCE;
	r = remote_read(w->remote, list[0] + w->next * sizeof(uint64_t), w->addrs,
			n * sizeof(uint64_t));
	if (r == 0)
		r = read_mspans(w, n, stride);
	if (r < 0)
		return r == -EFAULT ? -EAGAIN : r;
	for (size_t i = 0; i < n; i++) {
		if (heap_span_read(w->layout, w->mspans + i * stride, &ret[found]))
			ret[found++].addr = w->addrs[i];
	}
	w->next += n;
	*ret_n = found;
	return 1;
}
