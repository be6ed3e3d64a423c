#include "collectors/elf.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectors/parse/buildinfo.h"
#include "core/base/xalloc.h"

enum {
	SECTIONS_MAX = 4096, /* Go's own linker writes about 30, ld about 45 */
	SEGMENTS_MAX = 512,
	SECTION_NAME_MAX = 32,	    /* longer than every name looked for, with its NUL */
	DATA_SEGMENTS_MAX = 4,	    /* writable ones that are scanned … */
	SEGMENT_SCAN_MAX = 4 << 20, /* … each to this length */
	PCLNTAB_MAX = 128 << 20,
	CHUNK_BYTES = 64 << 10,
};

/* A part of the file. bytes == 0: not there. */
struct part {
	uint64_t at, bytes;
};

struct image {
	int fd;
	Elf *elf;
	const char *path;
	struct part buildinfo, pclntab, relro; /* of the section table */
	bool has_symtab;
};

static void image_close(struct image *im)
{
	elf_end(im->elf);
	if (im->fd >= 0)
		close(im->fd);
}

/* As pread, but short only at the end of the file. */
static ssize_t read_at(const struct image *im, void *p, size_t n, uint64_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(im->fd, (char *)p + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

static int not_go(const struct image *im, const char *why, struct err *e)
{
	return err_set(e, -ENOEXEC, "%s: %s", im->path, why);
}

/* libelf allocates by the counts that the file claims already in elf_begin. */
static int check_counts(const struct image *im, struct err *e)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr e32;
		Elf64_Ehdr e64;
	} h;
	uint16_t sections, segments;
	uint64_t table;
	ssize_t n = read_at(im, &h, sizeof(h), 0);

	if (n < 0)
		return err_set(e, (int)n, "%s: %s", im->path, strerror((int)-n));
	if ((size_t)n < sizeof(h) || memcmp(h.ident, ELFMAG, SELFMAG) != 0)
		return not_go(im, "not an ELF file", e);
	if (h.ident[EI_CLASS] == ELFCLASS64) {
		sections = h.e64.e_shnum;
		segments = h.e64.e_phnum;
		table = h.e64.e_shoff;
	} else {
		sections = h.e32.e_shnum;
		segments = h.e32.e_phnum;
		table = h.e32.e_shoff;
	}
	if (h.ident[EI_DATA] != (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)) {
		sections = __builtin_bswap16(sections);
		segments = __builtin_bswap16(segments);
	}
	/* No count but a table: the count stands elsewhere, being above 65279. */
	if (sections > SECTIONS_MAX || segments > SEGMENTS_MAX || (sections == 0 && table != 0))
		return not_go(im, "more sections than a Go program has", e);
	return 0;
}

static void note_section(struct image *im, const char *name, const GElf_Shdr *sh)
{
	struct part p = { sh->sh_offset, sh->sh_type == SHT_NOBITS ? 0 : sh->sh_size };

	if (strcmp(name, ".go.buildinfo") == 0)
		im->buildinfo = p;
	else if (strcmp(name, ".gopclntab") == 0 || strcmp(name, ".data.rel.ro.gopclntab") == 0)
		im->pclntab = p;
	else if (strcmp(name, ".data.rel.ro") == 0)
		im->relro = p;
	else if (strcmp(name, ".symtab") == 0)
		im->has_symtab = true;
}

/* Names are read one by one: libelf would load the whole string table, however large. */
static void note_sections(struct image *im)
{
	GElf_Shdr names, sh;
	Elf_Scn *scn = NULL;
	size_t i;

	if (elf_getshdrstrndx(im->elf, &i) < 0 || !gelf_getshdr(elf_getscn(im->elf, i), &names))
		return;
	while ((scn = elf_nextscn(im->elf, scn))) {
		char name[SECTION_NAME_MAX];

		if (!gelf_getshdr(scn, &sh))
			return;
		if (read_at(im, name, sizeof(name), names.sh_offset + sh.sh_name) <= 0)
			continue;
		name[sizeof(name) - 1] = '\0';
		note_section(im, name, &sh);
	}
}

static int image_open(struct image *im, const char *path, struct err *e)
{
	struct stat st;
	int r;

	*im = (struct image){ .fd = -1, .path = path };
	/* Not blocking: the path may have become a FIFO. */
	im->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (im->fd < 0)
		return err_set(e, -errno, "%s: %m%s", path,
			       errno == EACCES ? " (run as the program's user or as root)" : "");
	if (fstat(im->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return not_go(im, "not a regular file", e);
	r = check_counts(im, e);
	if (r < 0)
		return r;
	elf_version(EV_CURRENT);
	im->elf = elf_begin(im->fd, ELF_C_READ, NULL);
	if (!im->elf || elf_kind(im->elf) != ELF_K_ELF || gelf_getclass(im->elf) == ELFCLASSNONE)
		return not_go(im, "not an ELF file", e);
	note_sections(im);
	return 0;
}

/* The place of the magic, aligned to BUILDINFO_ALIGN, in a part of the file; -ENOENT if it is
 * not there. */
static int find_magic(const struct image *im, struct part p, struct str magic, uint64_t *ret_at)
{
	_Alignas(BUILDINFO_ALIGN) char chunk[CHUNK_BYTES];

	for (uint64_t done = 0; done < p.bytes; done += sizeof(chunk)) {
		uint64_t left = p.bytes - done;
		ssize_t n = read_at(im, chunk, left < sizeof(chunk) ? left : sizeof(chunk),
				    p.at + done);

		for (ssize_t i = 0; i + (ssize_t)magic.len <= n; i += BUILDINFO_ALIGN) {
			if (memcmp(chunk + i, magic.p, magic.len) != 0)
				continue;
			*ret_at = p.at + done + (uint64_t)i;
			return 0;
		}
		if (n < (ssize_t)sizeof(chunk))
			break;
	}
	return -ENOENT;
}

/* From the magic to the end of its section. */
static struct part find_in_section(const struct image *im)
{
	struct part p = im->buildinfo;
	uint64_t at;

	if (p.bytes > SEGMENT_SCAN_MAX)
		p.bytes = SEGMENT_SCAN_MAX;
	if (find_magic(im, p, STR(BUILDINFO_MAGIC), &at) < 0)
		return (struct part){ 0 };
	return (struct part){ at, im->buildinfo.bytes - (at - p.at) };
}

/* Without a section table it is still in a writable segment, near its start. */
static struct part find_in_segments(const struct image *im)
{
	size_t n = 0, tried = 0;

	if (elf_getphdrnum(im->elf, &n) < 0)
		return (struct part){ 0 };
	for (size_t i = 0; i < n && tried < DATA_SEGMENTS_MAX; i++) {
		GElf_Phdr ph;
		struct part p;
		uint64_t at, pad;

		if (!gelf_getphdr(im->elf, (int)i, &ph) || ph.p_type != PT_LOAD ||
		    !(ph.p_flags & PF_W))
			continue;
		pad = -ph.p_vaddr & (BUILDINFO_ALIGN - 1); /* aligned in memory, not in the file */
		tried++;
		if (ph.p_filesz <= pad)
			continue;
		p = (struct part){ ph.p_offset + pad, ph.p_filesz - pad };
		if (p.bytes > SEGMENT_SCAN_MAX)
			p.bytes = SEGMENT_SCAN_MAX;
		if (find_magic(im, p, STR(BUILDINFO_MAGIC), &at) == 0)
			return (struct part){ at, ph.p_filesz - (at - ph.p_offset) };
	}
	return (struct part){ 0 };
}

/* The blob from its magic on, at most `max` bytes, into *ret: its length, or a negative errno. */
static ssize_t read_blob(const struct image *im, size_t max, char **ret, struct err *e)
{
	struct part p = im->buildinfo.bytes ? find_in_section(im) : find_in_segments(im);
	ssize_t n;
	char *b;

	if (p.bytes == 0)
		return not_go(im, "not a Go program, or its build information was removed", e);
	if (p.bytes > max)
		p.bytes = max;
	b = xreallocarray(NULL, p.bytes, 1);
	n = read_at(im, b, p.bytes, p.at);
	if (n < 0) {
		free(b);
		return err_set(e, (int)n, "%s: %s", im->path, strerror((int)-n));
	}
	*ret = b;
	return n;
}

static uint64_t get_word(const char *p, size_t bytes, bool big)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[big ? i : bytes - 1 - i];
	return v;
}

/* ld merges the pclntab of a PIE into .data.rel.ro (before Go 1.26), where its header is found:
 * little-endian, as on every machine that Go makes PIEs for but s390x. */
static struct part find_pclntab(const struct image *im)
{
	static const struct str magics[] = {
		{ "\xf1\xff\xff\xff\0", 6 }, /* Go 1.20 */
		{ "\xf0\xff\xff\xff\0", 6 }, /* Go 1.18 */
	};
	struct part p = im->relro;
	uint64_t at;

	if (im->pclntab.bytes)
		return im->pclntab;
	if (p.bytes > PCLNTAB_MAX)
		p.bytes = PCLNTAB_MAX;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (find_magic(im, p, magics[i], &at) == 0)
			return (struct part){ at, im->relro.bytes - (at - p.at) };
	}
	return (struct part){ 0 };
}

/* The table of source files in the pclntab (runtime/symtab.go, pcHeader, the same since Go 1.18);
 * all of the pclntab if the header is not one that is known. */
static struct part file_table(const struct image *im, struct part all)
{
	enum { WORDS_AT = 8, FILETAB = 5, PCTAB = 6 };
	char h[WORDS_AT + 8 * 8], ident[EI_NIDENT];
	uint64_t magic, from, to, ptr;
	bool big;

	if (all.bytes < sizeof(h) || read_at(im, h, sizeof(h), all.at) < (ssize_t)sizeof(h) ||
	    read_at(im, ident, sizeof(ident), 0) < (ssize_t)sizeof(ident))
		return all;
	big = ident[EI_DATA] == ELFDATA2MSB;
	magic = get_word(h, 4, big);
	ptr = (unsigned char)h[7];
	if ((magic != 0xfffffff0 && magic != 0xfffffff1) || (ptr != 4 && ptr != 8))
		return all;
	from = get_word(h + WORDS_AT + FILETAB * ptr, ptr, big);
	to = get_word(h + WORDS_AT + PCTAB * ptr, ptr, big);
	if (from > to || to > all.bytes)
		return all;
	return (struct part){ all.at + from, to - from };
}

/* Whether runtime/cgo is linked in: 1, 0, or -1 if there is nothing to tell by. The file table
 * survives stripping, and names runtime/cgo's assembly for crosscall2, which is always kept. */
static int has_cgo(const struct image *im)
{
	static const char needle[] = "runtime/cgo/asm_";
	char chunk[CHUNK_BYTES];
	struct part pclntab = find_pclntab(im), p = file_table(im, pclntab);
	size_t keep = 0; /* bytes at the front that the last chunk ended with */

	if (pclntab.bytes == 0 || p.bytes > PCLNTAB_MAX)
		return -1;
	for (uint64_t done = 0; done < p.bytes;) {
		uint64_t left = p.bytes - done, room = sizeof(chunk) - keep;
		ssize_t n = read_at(im, chunk + keep, left < room ? left : room, p.at + done);
		size_t len = keep + (size_t)(n > 0 ? n : 0);

		if (n <= 0)
			return -1;
		if (memmem(chunk, len, needle, sizeof(needle) - 1))
			return 1;
		done += (uint64_t)n;
		keep = len < sizeof(needle) ? len : sizeof(needle) - 2;
		memmove(chunk, chunk + len - keep, keep);
	}
	return 0;
}

int elf_build(const char *path, struct arena *a, struct build *ret, struct err *e)
{
	struct image im;
	struct build b;
	char *blob = NULL;
	ssize_t n;
	int r = image_open(&im, path, e);

	if (r < 0)
		goto out;
	n = read_blob(&im, BUILDINFO_MAX, &blob, e);
	r = n < 0 ? (int)n : parse_buildinfo(blob, (size_t)n, a, &b, e);
	if (r < 0)
		goto out;
	b.stripped = !im.has_symtab;
	b.cgo = has_cgo(&im);
	*ret = b;
out:
	free(blob);
	image_close(&im);
	return r;
}

int elf_go_version(const char *path, char *ret_go, size_t n, struct err *e)
{
	struct image im;
	struct str go;
	char *blob = NULL;
	ssize_t got;
	int r = image_open(&im, path, e);

	if (r < 0)
		goto out;
	got = read_blob(&im, BUILDINFO_VERSION_BYTES, &blob, e);
	r = got < 0 ? (int)got : parse_buildinfo_version(blob, (size_t)got, &go, e);
	if (r < 0)
		goto out;
	snprintf(ret_go, n, "%.*s", (int)go.len, go.p);
out:
	free(blob);
	image_close(&im);
	return r;
}
