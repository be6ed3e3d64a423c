/* gort/statics.h - the program's variables that hold pointers (data and bss, as the garbage
 * collector scans them), in chunks, with the collector's mask of where the pointers are. A page of
 * bss that the program has never touched is left alone: reading it would map it. */
#ifndef GORT_STATICS_H
#define GORT_STATICS_H

#include "collectors/gort/gcmask.h"

enum {
	STATICS_RANGES = 2,
	STATICS_CHUNK_WORDS = 8192,
	STATICS_OVERLAP_WORDS = GCMASK_WORDS_MAX, /* what begins in a chunk is whole in it */
};

struct statics_range {
	uint64_t from, to;
	uint64_t program; /* address of the GC program */
	uint8_t *mask;
	bool sparse; /* look which pages there are */
};

struct statics {
	struct remote *remote; /* borrowed */
	struct image *image;
	struct statics_range ranges[STATICS_RANGES];
	int pagemap; /* -1: not readable */
	size_t range;
	uint64_t at;
	uint64_t *words; /* a chunk and the overlap */
};

struct statics_chunk {
	uint64_t addr;
	const uint64_t *words;
	size_t n;	     /* words to look at; GCMASK_WORDS_MAX more can be read */
	const uint8_t *mask; /* of the range */
	size_t bit;	     /* of the first word in it */
};

void statics_init(struct statics *s, struct remote *r, struct image *im);
void statics_release(struct statics *s);
void statics_begin(struct statics *s);

/* 1: *ret is the next chunk, borrowed until the next call (n == 0: nothing in it); 0: that was all;
 * -ESRCH, -EPERM. */
int statics_next(struct statics *s, struct statics_chunk *ret);

#endif
