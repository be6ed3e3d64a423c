/* gort/pclntab.h - Go's table of functions: names, lines, inlining and stack depth by pc
 * (runtime/symtab.go, internal/abi/symtab.go). Read piece by piece from the file that holds it;
 * every offset in it is checked. Text offsets count from the start of Go's text. */
#ifndef GORT_PCLNTAB_H
#define GORT_PCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/gort/filecache.h"
#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum {
	PCLN_HEADER_BYTES = 72,
	PCLN_FRAMES_MAX = 64, /* inlined into one function at one pc */
};

/* A part of the file. */
struct pcln_part {
	uint64_t at, bytes;
};

struct pcln_format;
struct pcln_name;

struct pclntab {
	struct filecache *file;		  /* borrowed */
	const struct pcln_format *format; /* by the header's magic */
	struct pcln_part names, cus, files, pcs, funcs;
	struct pcln_part inline_trees; /* go:func.*, of which moduledata tells; set by the user */
	uint32_t n_funcs, quantum;     /* pcs step by this many bytes */
	int wrapper;		       /* funcID of generated wrappers; set by the user */

	uint32_t *steps; /* text offset of every so manieth function; NULL: not read yet */
	uint32_t n_steps;
	uint32_t steps_left; /* of the question under way: a table may be endless */

	struct arena strings;
	struct pcln_name *interned; /* by offset */
	size_t n_interned, cap_interned;
};

/* The header alone: its offsets, or a sentence why it is none that can be read. */
struct pcln_header {
	uint32_t magic;
	uint8_t quantum;
	uint64_t n_funcs;
	uint64_t names, cus, files, pcs, funcs; /* offsets from the header */
};

/* -EBADMSG: not a pclntab; -ENOTSUP: Go before 1.18. Pure. */
int pcln_header_parse(const void *bytes, struct pcln_header *ret, struct err *e);

/* Of a table at `where` in the file. Zeroed memory is a valid table to release. */
int pclntab_init(struct pclntab *t, struct filecache *file, struct pcln_part where, struct err *e);
void pclntab_release(struct pclntab *t);

/* Index of the function that holds a text offset, or -1. */
int pclntab_func(struct pclntab *t, uint32_t text_off);
/* Its first text offset and that of the next one. */
bool pclntab_bounds(struct pclntab *t, int func, uint32_t *ret_start, uint32_t *ret_end);

/* Bytes between SP and the return address, or -1; *ret_top: the stack ends here. */
int32_t pclntab_sp_delta(struct pclntab *t, int func, uint32_t text_off, bool *ret_top);

/* Of the function itself, not of what is inlined into it; empty: there is no such function.
 * Borrowed as those of pclntab_frames. */
struct str pclntab_name(struct pclntab *t, int func);

/* As image_frames. */
size_t pclntab_frames(struct pclntab *t, int func, uint32_t text_off, struct frame *ret,
		      size_t max);

/* A search for functions by name, in one pass over the table of names and one over that of
 * functions (pclnames.c). Borrows the names, and ret: their indices, -1 for those that are not
 * linked in. */
struct pcln_search *pcln_search_new(struct pclntab *t, const char *const *names, size_t n,
				    int *ret); /* pcln_search_free */
void pcln_search_free(struct pcln_search *s);  /* NULL is fine */
/* Goes on until about until_ns of clock_mono_ns; true: it is over. */
bool pcln_search_step(struct pcln_search *s, uint64_t until_ns);

#endif
