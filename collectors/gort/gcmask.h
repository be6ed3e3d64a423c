/* gort/gcmask.h - which words hold pointers, as the garbage collector knows it: of a type, by its
 * fields, and of the program's variables, by the linker's GC program (runtime/mbitmap.go). Memory
 * of a type has exactly the type's mask, so that nearly all other memory is ruled out without a
 * look at its contents. */
#ifndef GORT_GCMASK_H
#define GORT_GCMASK_H

#include "collectors/gort/types.h"

enum {
	GCMASK_WORD = 8,
	GCMASK_WORDS_MAX = TYPE_BYTES_MAX / GCMASK_WORD,
};

struct gcmask {
	uint64_t bits[GCMASK_WORDS_MAX / 64];
	uint32_t words; /* of the type */
};

/* False: a part of it is of a kind that is not understood. */
bool gcmask_of(struct types *t, const struct type *type, struct gcmask *ret);

/* Whether `bits`, from bit `first` on, are this mask, then zeros up to n bits in all. The caller
 * has 8 readable bytes behind the last bit. */
bool gcmask_at(const struct gcmask *m, const uint8_t *bits, size_t first, size_t n);

static inline bool gcmask_bit(const uint8_t *bits, size_t i)
{
	return bits[i / 8] >> (i % 8) & 1;
}

/* Up to n bytes of the program from an offset on; returns how many there are. */
typedef size_t gcprog_fetch(void *arg, uint64_t at, uint8_t *to, size_t n);

/* Runs a GC program into n_bits of zeroed memory. False: it is none, or longer than that. Pure. */
bool gcprog_run(gcprog_fetch *fetch, void *arg, uint8_t *bits, size_t n_bits);

#endif
