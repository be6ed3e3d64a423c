/* gort/elfmap.h - a 64-bit little-endian ELF executable: segments, sections by name, a few symbols
 * out of many. The file is foreign: whatever it claims is bounded before it is believed. */
#ifndef GORT_ELFMAP_H
#define GORT_ELFMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/gort/filecache.h"
#include "collectors/gort/layout.h"
#include "core/base/err.h"

enum { ELFMAP_SEGMENTS_MAX = 32 };

struct elf_segment {
	uint64_t vaddr, at, file_bytes, mem_bytes;
	bool write, exec;
};

struct elf_section {
	uint64_t vaddr, at, bytes;
};

struct elfmap {
	struct filecache file;
	enum layout_arch arch;
	bool pie;	      /* position-independent: the kernel chose where it stands */
	uint64_t phdr_vaddr;  /* of the program headers; the kernel tells where they are */
	uint64_t sections_at; /* 0: there is no section table */
	uint32_t n_sections, names_section;
	struct elf_segment segs[ELFMAP_SEGMENTS_MAX]; /* those that are loaded */
	size_t n_segs;
};

/* `who` names the file in the sentence ("process 12"). -ENOEXEC: not such an executable; -EACCES, …
 */
int elfmap_open(struct elfmap *m, const char *path, const char *who, struct err *e);
void elfmap_close(struct elfmap *m);

bool elfmap_section(struct elfmap *m, const char *name, struct elf_section *ret);

/* Where the file holds n bytes of an address. */
bool elfmap_offset(const struct elfmap *m, uint64_t vaddr, uint64_t n, uint64_t *ret_at);

/* A search for the addresses of named variables, in one pass over .symtab. */
struct elf_symbols {
	struct elfmap *m; /* all borrowed */
	const char *const *names;
	uint64_t *vaddrs; /* 0 for those that are not there */
	size_t n, left;
	uint64_t at, bytes, done; /* the table of symbols */
	uint64_t strings_at;
};

void elf_symbols_begin(struct elf_symbols *s, struct elfmap *m, const char *const *names, size_t n,
		       uint64_t *ret_vaddrs);
/* Goes on until about until_ns of clock_mono_ns; true: it is over. */
bool elf_symbols_step(struct elf_symbols *s, uint64_t until_ns);

#endif
