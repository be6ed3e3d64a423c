#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/image_impl.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	CHUNK_BYTES = 64 << 10,
	WORD = 8,
	SCAN_MAX = 256 << 20, /* of one segment */
	CANDIDATES_MAX = 16,  /* places that look like a pclntab */
	MODULES_MAX = 256,    /* … and like a moduledata */
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

	for (uint64_t at = from; at + WORD <= to && !found && im->scan.bytes_left > 0;
	     at += CHUNK_BYTES) {
		size_t n = to - at < CHUNK_BYTES ? to - at : CHUNK_BYTES;

		im->scan.bytes_left -= n < im->scan.bytes_left ? n : im->scan.bytes_left;
		if (remote_read(im->r, at + im->bias, words, n) < 0)
			break;
		for (size_t i = 0; i < n / WORD && !found && im->scan.modules_left > 0; i++) {
			if (words[i] != want)
				continue;
			im->scan.modules_left--;
			found = try_moduledata(im, at + im->bias + i * WORD, c);
		}
	}
	free(words);
	return found;
}

static bool moduledata_for(struct image *im, const struct candidate *c)
{
	uint64_t symbol = image_symbol(im, IMAGE_MODULEDATA_SYMBOL);
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

enum found { FOUND, TIME_IS_OVER, NOT_IN_SEGMENT };

/* The next place in the segment of the scan that has the magic. */
static enum found next_magic(struct image *im, void *chunk, uint64_t until_ns)
{
	const struct elf_segment *s = &im->elf.segs[im->scan.segment];
	const unsigned char *p = chunk;
	uint64_t bytes = s->file_bytes < SCAN_MAX ? s->file_bytes : SCAN_MAX, *at = &im->scan.at;

	while (*at + WORD <= bytes) {
		size_t want = bytes - *at < CHUNK_BYTES ? bytes - *at : CHUNK_BYTES;
		size_t got = filecache_stream(&im->elf.file, s->at + *at, chunk, want);

		for (size_t i = 0; i + WORD <= got; i += WORD) {
			if (is_magic(p + i)) {
				*at += i;
				return FOUND;
			}
		}
		if (got < WORD)
			return NOT_IN_SEGMENT;
		*at += got & ~(size_t)(WORD - 1);
		if (clock_mono_ns() >= until_ns)
			return TIME_IS_OVER;
	}
	return NOT_IN_SEGMENT;
}

static void scan_segment_from_start(struct image *im, size_t i)
{
	im->scan.segment = i;
	if (i < im->elf.n_segs)
		im->scan.at = -im->elf.segs[i].vaddr & (WORD - 1);
}

/* ld merges the pclntab of a PIE into .data.rel.ro, and a section table may be missing. As
 * try_pclntab; *ret_more: it is not over. */
static int scan_for_pclntab(struct image *im, uint64_t until_ns, bool *ret_more, struct err *e)
{
	void *chunk = xreallocarray(NULL, CHUNK_BYTES, 1);
	struct pcln_scan *s = &im->scan;
	int r = 0;

	while (r == 0 && !*ret_more && s->segment < im->elf.n_segs && s->left > 0) {
		enum found f = next_magic(im, chunk, until_ns);

		*ret_more = f == TIME_IS_OVER;
		if (f == NOT_IN_SEGMENT)
			scan_segment_from_start(im, s->segment + 1);
		if (f != FOUND)
			continue;
		r = try_pclntab(im, im->elf.segs[s->segment].vaddr + s->at, e);
		s->at += WORD;
		s->left--;
	}
	free(chunk);
	return r;
}

int moduledata_find(struct image *im, uint64_t until_ns, struct err *e)
{
	static const char *const names[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	struct elf_section s;
	bool more = false;
	int r = 0;

	if (!im->scan.limited) {
		im->scan.limited = true;
		im->scan.bytes_left = SCAN_MAX;
		im->scan.modules_left = MODULES_MAX;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r == 0 && !im->scan.begun; i++) {
		if (elfmap_section(&im->elf, names[i], &s))
			r = try_pclntab(im, s.vaddr, e);
	}
	if (r == 0 && !im->scan.begun) {
		im->scan.begun = true;
		im->scan.left = CANDIDATES_MAX;
		scan_segment_from_start(im, 0);
	}
	if (r == 0)
		r = scan_for_pclntab(im, until_ns, &more, e);
	if (more)
		return 1;
	if (r < 0)
		return r;
	return r > 0 ? 0 : -ENOENT;
}
