#include "collectors/gort/image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/elf.h"
#include "collectors/gort/image_impl.h"
#include "core/base/pages.h"
#include "core/base/xalloc.h"

enum {
	PC_SLOTS = 8192,
	PC_SLOT_BITS = 13,
	AUXV_WORDS = 128,
	PATH_BYTES = 32,
	WHO_BYTES = 32,
	TEXT_SECTION_WORDS = 3,
};

/* What is known of a pc: its function and its stack depth. */
struct pc_slot {
	uint64_t pc;
	int func;
	int32_t delta;
	bool top, has_delta;
};

/* ---- opening ---- */

/* Where the kernel has put the program headers. */
static int read_phdr(pid_t pid, uint64_t *ret)
{
	uint64_t words[AUXV_WORDS];
	char path[PATH_BYTES];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, words, sizeof(words));
	close(fd);
	for (ssize_t i = 0; i + 1 < n / (ssize_t)sizeof(*words); i += 2) {
		if (words[i] == AT_PHDR) {
			*ret = words[i + 1];
			return 0;
		}
	}
	return -ESRCH; /* a process that is ending has no auxv left */
}

static int explained(pid_t pid, int r, struct err *e)
{
	bool of_process = r == -EACCES || r == -EPERM || r == -ESRCH || r == -ENOENT;

	return of_process ? remote_explain(pid, r, e) : r;
}

static int open_exe(struct image *im, struct err *e)
{
	char path[PATH_BYTES], who[WHO_BYTES];
	uint64_t phdr = 0;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)im->r->pid);
	snprintf(who, sizeof(who), "process %d", (int)im->r->pid);
	r = elfmap_open(&im->elf, path, who, e);
	if (r < 0)
		return explained(im->r->pid, r, e);
	r = elf_go_version(path, im->go_version, sizeof(im->go_version), e);
	if (r < 0)
		return explained(im->r->pid, r, e);
	r = read_phdr(im->r->pid, &phdr);
	if (r < 0)
		return explained(im->r->pid, r, e);
	im->bias = phdr - im->elf.phdr_vaddr;
	return 0;
}

int image_open(struct remote *r, bool ignore_symbols, struct image **ret, struct err *e)
{
	struct image *im = xcalloc(1, sizeof(*im));
	int err;

	im->r = r;
	im->ignore_symbols = ignore_symbols;
	im->elf.file.fd = -1;
	err = open_exe(im, e);
	if (err < 0) {
		image_close(im);
		return err;
	}
	*ret = im;
	return 0;
}

void image_close(struct image *im)
{
	if (!im)
		return;
	pclntab_release(&im->pclntab);
	elfmap_close(&im->elf);
	free(im->by_pc);
	free(im);
}

const char *image_go_version(const struct image *im)
{
	return im->go_version;
}

enum layout_arch image_arch(const struct image *im)
{
	return im->elf.arch;
}

bool image_find_symbols(struct image *im, const char *const *names, size_t n, uint64_t until_ns)
{
	if (im->ignore_symbols || n > SYMBOLS_MAX)
		return true;
	if (!im->symbols.m)
		elf_symbols_begin(&im->symbols, &im->elf, names, n, im->symbol_vaddrs);
	return elf_symbols_step(&im->symbols, until_ns);
}

uint64_t image_symbol(const struct image *im, const char *name)
{
	for (size_t i = 0; i < im->symbols.n; i++) {
		if (strcmp(im->symbols.names[i], name) == 0 && im->symbol_vaddrs[i])
			return im->symbol_vaddrs[i] + im->bias;
	}
	return 0;
}

/* ---- Go's own tables ---- */

uint64_t image_moduledata(const struct image *im, enum layout_field f)
{
	int32_t at = im->layout->at[f];
	uint64_t v = 0;

	if (at >= 0 && (size_t)at + sizeof(v) <= sizeof(im->moduledata))
		memcpy(&v, im->moduledata + at, sizeof(v));
	return v;
}

/* moduledata.textsectmap, a slice; it matters only when it has several elements. */
static int load_text_sections(struct image *im, struct err *e)
{
	uint64_t raw[TEXT_SECTIONS_MAX][TEXT_SECTION_WORDS];
	uint64_t at = image_moduledata(im, LAYOUT_MODULEDATA_TEXTSECTMAP), n = 0;
	int32_t field = im->layout->at[LAYOUT_MODULEDATA_TEXTSECTMAP];
	int r;

	if (field >= 0)
		memcpy(&n, im->moduledata + field + sizeof(at), sizeof(n));
	if (n <= 1)
		return 0;
	if (n > TEXT_SECTIONS_MAX)
		return err_set(
			e, -ENOTSUP,
			"process %d: its code is in %llu sections, more than the %d that can be "
			"read",
			(int)im->r->pid, (unsigned long long)n, TEXT_SECTIONS_MAX);
	r = remote_read(im->r, at, raw, n * sizeof(raw[0]));
	if (r < 0)
		return err_set(e, r, "process %d: its table of code sections is not readable",
			       (int)im->r->pid);
	for (size_t i = 0; i < n; i++)
		im->sections[i] = (struct text_section){ raw[i][0], raw[i][1], raw[i][2] };
	im->n_sections = n;
	return 0;
}

/* go:func.* has no length of its own: it ends with its segment. */
static void load_inline_trees(struct image *im)
{
	uint64_t at = image_moduledata(im, LAYOUT_MODULEDATA_GOFUNC) - im->bias;
	struct pcln_part *p = &im->pclntab.inline_trees;

	for (size_t i = 0; i < im->elf.n_segs; i++) {
		const struct elf_segment *s = &im->elf.segs[i];
		uint64_t from = at - s->vaddr;

		if (at >= s->vaddr && from < s->file_bytes)
			*p = (struct pcln_part){ s->at + from, s->file_bytes - from };
	}
}

static void load_ranges(struct image *im)
{
	static const enum layout_field data[DATA_RANGES][2] = {
		{ LAYOUT_MODULEDATA_NOPTRDATA, LAYOUT_MODULEDATA_ENOPTRDATA },
		{ LAYOUT_MODULEDATA_DATA, LAYOUT_MODULEDATA_EDATA },
		{ LAYOUT_MODULEDATA_BSS, LAYOUT_MODULEDATA_EBSS },
		{ LAYOUT_MODULEDATA_NOPTRBSS, LAYOUT_MODULEDATA_ENOPTRBSS },
	};

	im->text = image_moduledata(im, LAYOUT_MODULEDATA_TEXT);
	im->etext = image_moduledata(im, LAYOUT_MODULEDATA_ETEXT);
	for (size_t i = 0; i < DATA_RANGES; i++) {
		im->data[i][0] = image_moduledata(im, data[i][0]);
		im->data[i][1] = image_moduledata(im, data[i][1]);
	}
}

/* The search takes an unreadable place for an unfit one: which was it? */
static int explain_none(struct image *im, struct err *e)
{
	unsigned char probe;
	int r = remote_read(im->r, im->elf.segs[0].vaddr + im->bias, &probe, sizeof(probe));

	if (r < 0)
		return remote_explain(im->r->pid, r, e);
	return err_set(e, -ENOENT,
		       "process %d: Go's function table was not found in it (obfuscated, packed, "
		       "or a Go unlike %s)",
		       (int)im->r->pid, im->layout->version);
}

int image_load_go(struct image *im, const struct layout *l, uint64_t until_ns, struct err *e)
{
	int r;

	im->layout = l;
	r = moduledata_find(im, until_ns, e);
	if (r == -ENOENT)
		return explain_none(im, e);
	if (r != 0)
		return r;
	im->pclntab.wrapper = l->funcid_wrapper;
	load_ranges(im);
	load_inline_trees(im);
	im->by_pc = pages_calloc(PC_SLOTS * sizeof(*im->by_pc));
	return load_text_sections(im, e);
}

bool image_in_text(const struct image *im, uint64_t pc)
{
	return pc >= im->text && pc < im->etext;
}

bool image_in_data(const struct image *im, uint64_t addr, uint64_t n)
{
	for (size_t i = 0; i < DATA_RANGES; i++) {
		uint64_t from = im->data[i][0], to = im->data[i][1];

		if (addr >= from && addr < to && n <= to - addr)
			return true;
	}
	return false;
}

bool image_bytes(struct image *im, uint64_t addr, void *to, size_t n)
{
	uint64_t at;

	return elfmap_offset(&im->elf, addr - im->bias, n, &at) &&
	       filecache_read(&im->elf.file, at, to, n);
}

/* ---- functions ---- */

static bool text_offset(const struct image *im, uint64_t pc, uint32_t *ret)
{
	uint64_t off = pc - im->text;

	if (!image_in_text(im, pc))
		return false;
	for (size_t i = 0; i < im->n_sections; i++) {
		const struct text_section *s = &im->sections[i];

		if (pc >= s->addr && pc - s->addr < s->to - s->from) {
			*ret = (uint32_t)(pc - s->addr + s->from);
			return true;
		}
	}
	*ret = (uint32_t)off;
	return im->n_sections == 0 && off <= UINT32_MAX;
}

static uint64_t text_address(const struct image *im, uint32_t off)
{
	for (size_t i = 0; i < im->n_sections; i++) {
		const struct text_section *s = &im->sections[i];

		if (off >= s->from && off < s->to)
			return s->addr + off - s->from;
	}
	return im->n_sections ? 0 : im->text + off;
}

/* The slot of a pc with its function in it. */
static struct pc_slot *slot_of(struct image *im, uint64_t pc)
{
	struct pc_slot *s = &im->by_pc[pc * 0x9e3779b97f4a7c15u >> (64 - PC_SLOT_BITS)];
	uint32_t off;

	if (s->pc != pc || pc == 0)
		*s = (struct pc_slot){
			.pc = pc,
			.func = text_offset(im, pc, &off) ? pclntab_func(&im->pclntab, off) : -1,
		};
	return s;
}

int image_func(struct image *im, uint64_t pc)
{
	return slot_of(im, pc)->func;
}

uint64_t image_func_start(struct image *im, int func, uint64_t *ret_end)
{
	uint32_t start, end;
	uint64_t addr;

	if (!pclntab_bounds(&im->pclntab, func, &start, &end))
		return 0;
	addr = text_address(im, start);
	*ret_end = addr + (end - start);
	return addr;
}

struct pclntab *image_pclntab(struct image *im)
{
	return &im->pclntab;
}

size_t image_frames(struct image *im, uint64_t pc, struct frame *ret, size_t max)
{
	int func = image_func(im, pc);
	uint32_t off;

	if (func < 0 || !text_offset(im, pc, &off))
		return 0;
	return pclntab_frames(&im->pclntab, func, off, ret, max);
}

struct str image_func_name(struct image *im, uint64_t pc)
{
	return pclntab_name(&im->pclntab, image_func(im, pc));
}

int32_t image_sp_delta(struct image *im, uint64_t pc, bool *ret_top)
{
	struct pc_slot *s = slot_of(im, pc);
	uint32_t off;

	if (!s->has_delta) {
		s->has_delta = true;
		s->delta = -1;
		if (s->func >= 0 && text_offset(im, pc, &off))
			s->delta = pclntab_sp_delta(&im->pclntab, s->func, off, &s->top);
	}
	*ret_top = s->top;
	return s->delta;
}
