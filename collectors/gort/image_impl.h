/* gort/image_impl.h - what image.c, moduledata.c and variables.c share; nobody else includes it. */
#ifndef GORT_IMAGE_IMPL_H
#define GORT_IMAGE_IMPL_H

#include "collectors/gort/elfmap.h"
#include "collectors/gort/image.h"
#include "collectors/gort/pclntab.h"

enum {
	SYMBOLS_MAX = 32,
	MODULEDATA_BYTES_MAX = 1024, /* 552 to 592 in Go 1.19 to 1.27 */
	TEXT_SECTIONS_MAX = 64,
	GO_VERSION_MAX = 256,
	DATA_RANGES = 4,
};

/* Of several: external linking splits the text of very large programs (runtime.textsect). */
struct text_section {
	uint64_t from, to; /* text offsets */
	uint64_t addr;
};

/* Where a scan of the file stands that looks for a pclntab. */
struct pcln_scan {
	bool begun;
	size_t segment;
	uint64_t at; /* in it */
	int left;    /* places to try */

	bool limited;	     /* these two are set: for all places together */
	size_t bytes_left;   /* of the process to look for moduledata in */
	size_t modules_left; /* of these to look at */
};

struct pc_slot;
struct image {
	struct remote *r;
	struct elfmap elf;
	bool ignore_symbols;
	uint64_t bias; /* runtime address minus address in the file */
	char go_version[GO_VERSION_MAX];
	struct elf_symbols symbols;
	uint64_t symbol_vaddrs[SYMBOLS_MAX];

	const struct layout *layout;
	struct pcln_scan scan;
	unsigned char moduledata[MODULEDATA_BYTES_MAX];
	uint64_t text, etext;
	uint64_t data[DATA_RANGES][2]; /* from, to: noptrdata, data, bss, noptrbss */
	struct text_section sections[TEXT_SECTIONS_MAX];
	size_t n_sections; /* 0: one, from `text` on */
	struct pclntab pclntab;
	struct pc_slot *by_pc; /* a direct-mapped cache */
};

/* Fills moduledata and pclntab; 1: there is more to do. */
int moduledata_find(struct image *im, uint64_t until_ns, struct err *e);

#endif
