#include "collectors/gort/statics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/xalloc.h"

enum {
	WORD = GCMASK_WORD,
	BYTES = (STATICS_CHUNK_WORDS + STATICS_OVERLAP_WORDS) * WORD,
	PAGE_MIN = 4096,
	PAGES_MAX = BYTES / PAGE_MIN + 2,
	MASK_SLACK = 16,
};

static const uint64_t range_max = 64 << 20;
static const uint64_t page_present = 1ull << 63;

static void init_range(struct statics_range *r, const struct image *im,
		       const enum layout_field f[3])
{
	r->from = image_moduledata(im, f[0]);
	r->to = image_moduledata(im, f[1]);
	r->program = image_moduledata(im, f[2]);
	if (r->to < r->from || r->from % WORD != 0)
		r->to = r->from;
}

void statics_init(struct statics *s, struct remote *r, struct image *im)
{
	static const enum layout_field fields[STATICS_RANGES][3] = {
		{ LAYOUT_MODULEDATA_DATA, LAYOUT_MODULEDATA_EDATA, LAYOUT_MODULEDATA_GCDATA },
		{ LAYOUT_MODULEDATA_BSS, LAYOUT_MODULEDATA_EBSS, LAYOUT_MODULEDATA_GCBSS },
	};
	char path[64];

	*s = (struct statics){ .remote = r, .image = im };
	for (int i = 0; i < STATICS_RANGES; i++)
		init_range(&s->ranges[i], im, fields[i]);
	s->ranges[1].sparse = true;
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)r->pid);
	s->pagemap = open(path, O_RDONLY | O_CLOEXEC);
	s->words = xcalloc(1, BYTES);
	statics_begin(s);
}

void statics_release(struct statics *s)
{
	for (int i = 0; i < STATICS_RANGES; i++)
		free(s->ranges[i].mask);
	if (s->words && s->pagemap >= 0)
		close(s->pagemap);
	free(s->words);
	s->words = NULL;
}

void statics_begin(struct statics *s)
{
	s->range = 0;
	s->at = s->ranges[0].from;
}

/* ---- masks ---- */

struct program {
	struct image *image;
	uint64_t addr;
};

/* Its length is not known before it has run, and the file may end behind it. */
static size_t fetch(void *arg, uint64_t at, uint8_t *to, size_t n)
{
	const struct program *p = arg;

	for (; n > 0; n /= 2) {
		if (image_bytes(p->image, p->addr + at, to, n))
			return n;
	}
	return 0;
}

/* False: there is none; the range is left out. */
static bool make_mask(struct statics *s, struct statics_range *r)
{
	struct program p = { s->image, r->program };
	uint64_t words = (r->to - r->from) / WORD;

	if (r->to == r->from || r->to - r->from > range_max || (r->sparse && s->pagemap < 0))
		return false;
	if (r->mask)
		return true;
	r->mask = xcalloc(1, words / 8 + MASK_SLACK + GCMASK_WORDS_MAX / 8);
	if (!gcprog_run(fetch, &p, r->mask, words)) {
		r->to = r->from;
		return false;
	}
	return true;
}

/* ---- chunks ---- */

static int read_present(struct statics *s, uint64_t addr, size_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first = addr / page;
	size_t n_pages = (size_t)((addr + bytes - 1) / page - first + 1), n = 0;
	uint64_t entries[PAGES_MAX];
	struct remote_part parts[PAGES_MAX];

	if (n_pages > PAGES_MAX ||
	    pread(s->pagemap, entries, n_pages * sizeof(*entries),
		  (off_t)(first * sizeof(*entries))) != (ssize_t)(n_pages * sizeof(*entries)))
		return 0;
	for (size_t i = 0; i < n_pages; i++) {
		uint64_t from = (first + i) * page, to = from + page;

		if (!(entries[i] & page_present))
			continue;
		from = from < addr ? addr : from;
		to = to > addr + bytes ? addr + bytes : to;
		parts[n++] = (struct remote_part){ from, (char *)s->words + (from - addr),
						   (uint32_t)(to - from), false };
	}
	return remote_gather(s->remote, parts, n);
}

static int read_chunk(struct statics *s, const struct statics_range *r, size_t bytes)
{
	struct remote_part all = { s->at, s->words, (uint32_t)bytes, false };

	memset(s->words, 0, BYTES);
	return r->sparse ? read_present(s, s->at, bytes) : remote_gather(s->remote, &all, 1);
}

int statics_next(struct statics *s, struct statics_chunk *ret)
{
	struct statics_range *r;
	uint64_t left;
	int e;

	*ret = (struct statics_chunk){ .n = 0 };
	if (s->range == STATICS_RANGES)
		return 0;
	r = &s->ranges[s->range];
	if (s->at >= r->to || !make_mask(s, r)) {
		s->range++;
		if (s->range < STATICS_RANGES)
			s->at = s->ranges[s->range].from;
		return 1;
	}
	left = r->to - s->at;
	e = read_chunk(s, r, left < BYTES ? left : BYTES);
	if (e < 0)
		return e;
	left /= WORD;
	*ret = (struct statics_chunk){
		.addr = s->at,
		.words = s->words,
		.n = left < STATICS_CHUNK_WORDS ? left : STATICS_CHUNK_WORDS,
		.mask = r->mask,
		.bit = (s->at - r->from) / WORD,
	};
	s->at += STATICS_CHUNK_WORDS * WORD;
	return 1;
}
