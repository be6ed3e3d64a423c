#include "collectors/gort/elfmap.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"

enum {
	SECTIONS_MAX = 4096, /* Go's own linker writes about 30, ld about 45 */
	SYMBOL_NAME_MAX = 64,
	SYMBOLS_PER_READ = 1024,
};

static const uint64_t symbols_bytes_max = 1 << 30; /* 45 million of them */

static const char *unfit(const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return "is not an ELF file";
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return "is a 32-bit program; only 64-bit Go programs (amd64, arm64) can be read";
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return "is a big-endian program; only amd64 and arm64 can be read";
	if (h->e_machine != EM_X86_64 && h->e_machine != EM_AARCH64)
		return "is for a machine that cannot be read; only amd64 and arm64 can";
	if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0)
		return "is not an executable";
	return NULL;
}

static bool read_segments(struct elfmap *m, const Elf64_Ehdr *h)
{
	for (uint32_t i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p;

		if (!filecache_read(&m->file, h->e_phoff + i * sizeof(p), &p, sizeof(p)))
			return false;
		if (p.p_type == PT_PHDR)
			m->phdr_vaddr = p.p_vaddr;
		if (p.p_type != PT_LOAD || p.p_filesz > p.p_memsz)
			continue;
		if (p.p_vaddr + p.p_memsz < p.p_vaddr || p.p_offset + p.p_filesz < p.p_offset)
			return false;
		if (m->phdr_vaddr == 0 && h->e_phoff - p.p_offset < p.p_filesz)
			m->phdr_vaddr = p.p_vaddr + (h->e_phoff - p.p_offset);
		if (m->n_segs == ELFMAP_SEGMENTS_MAX)
			return false;
		m->segs[m->n_segs++] = (struct elf_segment){
			.vaddr = p.p_vaddr,
			.at = p.p_offset,
			.file_bytes = p.p_filesz,
			.mem_bytes = p.p_memsz,
			.write = p.p_flags & PF_W,
			.exec = p.p_flags & PF_X,
		};
	}
	return m->n_segs > 0;
}

static int read_header(struct elfmap *m, const char *who, struct err *e)
{
	Elf64_Ehdr h;
	const char *why;

	if (!filecache_read(&m->file, 0, &h, sizeof(h)))
		return err_set(e, -ENOEXEC, "%s is not an ELF file", who);
	why = unfit(&h);
	if (why)
		return err_set(e, -ENOEXEC, "%s %s", who, why);
	m->arch = h.e_machine == EM_X86_64 ? ARCH_AMD64 : ARCH_ARM64;
	m->pie = h.e_type == ET_DYN;
	if (h.e_shentsize == sizeof(Elf64_Shdr) && h.e_shnum > 0 && h.e_shnum <= SECTIONS_MAX) {
		m->sections_at = h.e_shoff;
		m->n_sections = h.e_shnum;
		m->names_section = h.e_shstrndx;
	}
	if (!read_segments(m, &h))
		return err_set(e, -ENOEXEC, "%s has a torn or absurd ELF header", who);
	return 0;
}

int elfmap_open(struct elfmap *m, const char *path, const char *who, struct err *e)
{
	struct stat st;
	int r;

	*m = (struct elfmap){ .file.fd = -1 };
	/* Not blocking: the path may have become a FIFO. */
	r = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r < 0)
		return err_set(e, -errno, "%s: %m", path);
	if (fstat(r, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(r);
		return err_set(e, -ENOEXEC, "%s: its program is not a regular file", who);
	}
	filecache_init(&m->file, r, (uint64_t)st.st_size);
	r = read_header(m, who, e);
	if (r < 0)
		elfmap_close(m);
	return r;
}

void elfmap_close(struct elfmap *m)
{
	filecache_release(&m->file);
}

static bool section_at(struct elfmap *m, uint32_t i, Elf64_Shdr *ret)
{
	return i < m->n_sections &&
	       filecache_read(&m->file, m->sections_at + i * sizeof(*ret), ret, sizeof(*ret));
}

/* Index of the section, or 0, which is never one. */
static uint32_t find_section(struct elfmap *m, const char *name, Elf64_Shdr *ret)
{
	char have[SYMBOL_NAME_MAX];
	Elf64_Shdr names;

	if (!section_at(m, m->names_section, &names))
		return 0;
	for (uint32_t i = 1; section_at(m, i, ret); i++) {
		if (filecache_string(&m->file, names.sh_offset + ret->sh_name, have,
				     sizeof(have)) &&
		    strcmp(have, name) == 0)
			return i;
	}
	return 0;
}

bool elfmap_section(struct elfmap *m, const char *name, struct elf_section *ret)
{
	Elf64_Shdr sh;

	if (!find_section(m, name, &sh))
		return false;
	*ret = (struct elf_section){ sh.sh_addr, sh.sh_offset, sh.sh_size };
	return true;
}

bool elfmap_offset(const struct elfmap *m, uint64_t vaddr, uint64_t n, uint64_t *ret_at)
{
	for (size_t i = 0; i < m->n_segs; i++) {
		const struct elf_segment *s = &m->segs[i];
		uint64_t from = vaddr - s->vaddr;

		if (vaddr >= s->vaddr && from <= s->file_bytes && n <= s->file_bytes - from) {
			*ret_at = s->at + from;
			return true;
		}
	}
	return false;
}

void elf_symbols_begin(struct elf_symbols *s, struct elfmap *m, const char *const *names, size_t n,
		       uint64_t *ret_vaddrs)
{
	Elf64_Shdr table, strings;

	*s = (struct elf_symbols){ .m = m, .names = names, .n = n, .left = n };
	s->vaddrs = ret_vaddrs;
	memset(ret_vaddrs, 0, n * sizeof(*ret_vaddrs));
	if (!find_section(m, ".symtab", &table) || !section_at(m, table.sh_link, &strings))
		return;
	s->at = table.sh_offset;
	s->bytes = table.sh_size < symbols_bytes_max ? table.sh_size : symbols_bytes_max;
	s->strings_at = strings.sh_offset;
}

/* Only variables are asked for, so that the names of all functions need not be read. */
static void match(struct elf_symbols *s, const Elf64_Sym *sym)
{
	char name[SYMBOL_NAME_MAX];

	if (ELF64_ST_TYPE(sym->st_info) != STT_OBJECT || sym->st_value == 0 ||
	    !filecache_string(&s->m->file, s->strings_at + sym->st_name, name, sizeof(name)))
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (s->vaddrs[i] == 0 && strcmp(s->names[i], name) == 0) {
			s->vaddrs[i] = sym->st_value;
			s->left--;
		}
	}
}

bool elf_symbols_step(struct elf_symbols *s, uint64_t until_ns)
{
	Elf64_Sym syms[SYMBOLS_PER_READ];

	while (s->done < s->bytes && s->left > 0) {
		uint64_t left = s->bytes - s->done;
		size_t got = filecache_stream(&s->m->file, s->at + s->done, syms,
					      left < sizeof(syms) ? left : sizeof(syms));

		for (size_t i = 0; i < got / sizeof(*syms) && s->left > 0; i++)
			match(s, &syms[i]);
		if (got < sizeof(syms))
			return true;
		s->done += got;
		if (clock_mono_ns() >= until_ns)
			return false;
	}
	return true;
}
