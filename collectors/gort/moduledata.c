#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/image_impl.h"
#include "core/base/xalloc.h"

enum {
	CHUNK_BYTES = 64 << 10,
	WORD = 8,
	SCAN_MAX = 256 << 20, /* of one segment */
	CANDIDATES_MAX = 16,  /* places that look like a pclntab */
};

/* A pclntab that may be the program's. */
struct candidate {
	uint64_t vaddr;
	struct pcln_part where; /* to the end of its segment: its own length is not in its header */
	struct pcln_header header;
};

static uint64_t word_of(const struct image *im, const void *md, enum layout_field f)
{
	int32_t at = im->layout->at[f];
	uint64_t v = 0;

	if (at >= 0 && (size_t)at + sizeof(v) <= MODULEDATA_BYTES_MAX)
		memcpy(&v, (const char *)md + at, sizeof(v));
	return v;
}

/* moduledata holds the addresses of the same tables whose offsets the pclntab's header holds. */
static bool agrees(const struct image *im, const void *md, const struct candidate *c)
{
	uint64_t at = c->vaddr + im->bias;
	uint64_t n_ftab = word_of(im, (const char *)md + WORD, LAYOUT_MODULEDATA_FTAB);

	return word_of(im, md, LAYOUT_MODULEDATA_PCHEADER) == at &&
	       word_of(im, md, LAYOUT_MODULEDATA_FUNCNAMETAB) == at + c->header.names &&
	       word_of(im, md, LAYOUT_MODULEDATA_CUTAB) == at + c->header.cus &&
	       word_of(im, md, LAYOUT_MODULEDATA_FILETAB) == at + c->header.files &&
	       word_of(im, md, LAYOUT_MODULEDATA_PCTAB) == at + c->header.pcs &&
	       word_of(im, md, LAYOUT_MODULEDATA_FTAB) == at + c->header.funcs &&
	       n_ftab == c->header.n_funcs + 1 &&
	       word_of(im, md, LAYOUT_MODULEDATA_TEXT) < word_of(im, md, LAYOUT_MODULEDATA_ETEXT);
}

static bool try_moduledata(struct image *im, uint64_t addr, const struct candidate *c)
{
	unsigned char md[MODULEDATA_BYTES_MAX] = { 0 };
	int32_t size = im->layout->at[LAYOUT_MODULEDATA_SIZE];

	if (size <= 0 || size > MODULEDATA_BYTES_MAX ||
	    remote_read(im->r, addr, md, (size_t)size) < 0 || !agrees(im, md, c))
		return false;
	memcpy(im->moduledata, md, sizeof(md));
	return true;
}

/* In the process, where a PIE's words have been relocated. */
static bool scan_segment(struct image *im, const struct elf_segment *s, const struct candidate *c)
{
	uint64_t *words = xreallocarray(NULL, CHUNK_BYTES, 1);
	uint64_t want = c->vaddr + im->bias, from = (s->vaddr + WORD - 1) & ~(uint64_t)(WORD - 1);
	uint64_t to = s->vaddr + (s->file_bytes < SCAN_MAX ? s->file_bytes : SCAN_MAX);
	bool found = false;

	for (uint64_t at = from; at + WORD <= to && !found; at += CHUNK_BYTES) {
		size_t n = to - at < CHUNK_BYTES ? to - at : CHUNK_BYTES;

		if (remote_read(im->r, at + im->bias, words, n) < 0)
			break;
		for (size_t i = 0; i < n / WORD && !found; i++)
			found = words[i] == want && try_moduledata(im, at + im->bias + i * WORD, c);
	}
	free(words);
	return found;
}

static bool moduledata_for(struct image *im, const struct candidate *c)
{
	uint64_t symbol = image_symbol(im, "runtime.firstmoduledata");
	struct elf_section s;

	if (symbol && try_moduledata(im, symbol, c))
		return true;
	if (elfmap_section(&im->elf, ".go.module", &s) && /* since Go 1.26 */
	    try_moduledata(im, s.vaddr + im->bias, c))
		return true;
	for (size_t i = 0; i < im->elf.n_segs; i++) {
		if (im->elf.segs[i].write && scan_segment(im, &im->elf.segs[i], c))
			return true;
	}
	return false;
}

/* 1: this is it, and *im is filled. 0: it is not. */
static int try_pclntab(struct image *im, uint64_t vaddr, struct err *e)
{
	struct candidate c = { .vaddr = vaddr };
	char raw[PCLN_HEADER_BYTES];
	int r;

	if (!elfmap_offset(&im->elf, vaddr, sizeof(raw), &c.where.at) ||
	    !filecache_read(&im->elf.file, c.where.at, raw, sizeof(raw)))
		return 0;
	r = pcln_header_parse(raw, &c.header, e);
	if (r < 0)
		return r == -ENOTSUP ? r : 0;
	for (size_t i = 0; i < im->elf.n_segs; i++) {
		const struct elf_segment *s = &im->elf.segs[i];

		if (vaddr - s->vaddr < s->file_bytes)
			c.where.bytes = s->file_bytes - (vaddr - s->vaddr);
	}
	if (!moduledata_for(im, &c))
		return 0;
	r = pclntab_init(&im->pclntab, &im->elf.file, c.where, e);
	return r < 0 ? r : 1;
}

static bool is_magic(const unsigned char *p)
{
	return (p[0] == 0xf0 || p[0] == 0xf1) && p[1] == 0xff && p[2] == 0xff && p[3] == 0xff &&
	       p[4] == 0 && p[5] == 0 && (p[6] == 1 || p[6] == 4) && p[7] == 8;
}

/* The next place in a segment from *at on that has the magic. */
static bool next_magic(struct image *im, const struct elf_segment *s, uint64_t *at, void *chunk)
{
	const unsigned char *p = chunk;
	uint64_t bytes = s->file_bytes < SCAN_MAX ? s->file_bytes : SCAN_MAX;

	while (*at + WORD <= bytes) {
		size_t want = bytes - *at < CHUNK_BYTES ? bytes - *at : CHUNK_BYTES;
		size_t got = filecache_stream(&im->elf.file, s->at + *at, chunk, want);

		for (size_t i = 0; i + WORD <= got; i += WORD) {
			if (is_magic(p + i)) {
				*at += i;
				return true;
			}
		}
		if (got < WORD)
			return false;
		*at += got & ~(size_t)(WORD - 1);
	}
	return false;
}

/* ld merges the pclntab of a PIE into .data.rel.ro, and a section table may be missing. */
static int scan_for_pclntab(struct image *im, struct err *e)
{
	void *chunk = xreallocarray(NULL, CHUNK_BYTES, 1);
	int r = 0, left = CANDIDATES_MAX;

	for (size_t i = 0; i < im->elf.n_segs && r == 0; i++) {
		const struct elf_segment *s = &im->elf.segs[i];
		uint64_t at = -s->vaddr & (WORD - 1);

		for (; r == 0 && left > 0 && next_magic(im, s, &at, chunk); at += WORD, left--)
			r = try_pclntab(im, s->vaddr + at, e);
	}
	free(chunk);
	return r;
}

int moduledata_find(struct image *im, struct err *e)
{
	static const char *const names[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	struct elf_section s;
	int r = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r == 0; i++) {
		if (elfmap_section(&im->elf, names[i], &s))
			r = try_pclntab(im, s.vaddr, e);
	}
	if (r == 0)
		r = scan_for_pclntab(im, e);
	if (r < 0)
		return r;
	return r > 0 ? 0 : -ENOENT;
}
