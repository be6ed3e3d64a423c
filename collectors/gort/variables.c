#include "collectors/gort/variables.h"

#include <elf.h>
#include <string.h>

#include "collectors/gort/image_impl.h"

enum { SYMBOLS_PER_STEP = 2048 };

/* The compiler's own names for what has none: main..stmp_0. */
static bool is_made_up(const char *name)
{
	return strstr(name, "..") != NULL;
}

static size_t first_from(const struct variable *vars, size_t n, uint64_t addr)
{
	size_t lo = 0;

	while (n > 0) {
		size_t half = n / 2;

		if (vars[lo + half].addr < addr) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

static void match(struct image *im, const Elf64_Sym *sym, const struct elf_section *strings,
		  struct variable *vars, size_t n)
{
	uint64_t addr = sym->st_value + im->bias;
	char name[VARIABLE_NAME_MAX];
	size_t first;

	/* What has no size marks a place, as runtime.bss does. */
	if (ELF64_ST_TYPE(sym->st_info) != STT_OBJECT || sym->st_value == 0 || sym->st_size == 0 ||
	    sym->st_name >= strings->bytes)
		return;
	first = first_from(vars, n, addr);
	if (first == n || vars[first].addr - addr >= sym->st_size ||
	    !filecache_string(&im->elf.file, strings->at + sym->st_name, name, sizeof(name)) ||
	    is_made_up(name))
		return;
	for (size_t i = first; i < n && vars[i].addr - addr < sym->st_size; i++) {
		if (vars[i].name[0] == '\0')
			memcpy(vars[i].name, name, sizeof(name));
	}
}

bool variables_step(struct image *im, uint64_t *at, struct variable *vars, size_t n)
{
	Elf64_Sym syms[SYMBOLS_PER_STEP];
	struct elf_section table, strings;
	uint64_t left;
	size_t got;

	if (im->ignore_symbols || n == 0 || !elfmap_section(&im->elf, ".symtab", &table) ||
	    !elfmap_section(&im->elf, ".strtab", &strings) || *at >= table.bytes)
		return false;
	left = table.bytes - *at;
	got = filecache_stream(&im->elf.file, table.at + *at, syms,
			       left < sizeof(syms) ? left : sizeof(syms));
	for (size_t i = 0; i < got / sizeof(*syms); i++)
		match(im, &syms[i], &strings, vars, n);
	*at += sizeof(syms);
	return got == sizeof(syms) && *at < table.bytes;
}
