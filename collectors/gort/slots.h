/* gort/slots.h - the goroutines' addresses, as runtime.allgs holds them: entries are only ever
 * added, and a g is never freed. With each goes what was seen last, so that a goroutine that only
 * waits costs no second look. In order of address within each chunk: neighbours are read at once.
 */
#ifndef GORT_SLOTS_H
#define GORT_SLOTS_H

#include <stddef.h>
#include <stdint.h>

enum {
	SLOTS_CHUNK = 1 << 13,
	SLOTS_MAX = 1 << 25, /* of these the stacks alone would take 64 GB there, and 2 GB here */
};

enum {
	CELL_NONE = UINT32_MAX,	      /* look anew */
	CELL_SYSTEM = UINT32_MAX - 1, /* the runtime's own goroutine, as long as the goid stays */
};

struct slot {
	uint64_t addr, goid, sp, pc;
	uint64_t seen_ns; /* when it was first seen as it is */
	uint32_t cell;	  /* cells.list, or as above */
	uint8_t status, reason, seq;
	uint8_t calm; /* sweeps without a change since then, at most 255 */
};

struct slots {
	struct slot **chunks; /* of SLOTS_CHUNK each: a list of millions is never moved */
	size_t n, cap;	      /* slots; chunks */
};

static inline struct slot *slot_at(const struct slots *s, size_t i)
{
	return &s->chunks[i / SLOTS_CHUNK][i % SLOTS_CHUNK];
}

/* Takes addresses that follow those it has; addrs is put into order. */
void slots_add(struct slots *s, uint64_t *addrs, size_t n);
void slots_look_anew(struct slots *s); /* all cells are void */
void slots_release(struct slots *s);

#endif
