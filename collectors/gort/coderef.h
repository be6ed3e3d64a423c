/* gort/coderef.h - the addresses that a piece of machine code refers to. No disassembler: whatever
 * could be a reference is one, and what stands at the address decides. Pure. */
#ifndef GORT_CODEREF_H
#define GORT_CODEREF_H

#include <stddef.h>
#include <stdint.h>

#include "collectors/gort/layout.h"

typedef void coderef_fn(void *ctx, uint64_t target);

/* `code` stands at `addr` when it runs. A target may be told several times. */
void coderef_scan(enum layout_arch arch, const void *code, size_t n, uint64_t addr,
		  coderef_fn *found, void *ctx);

#endif
