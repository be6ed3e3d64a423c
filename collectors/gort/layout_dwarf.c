#include "collectors/gort/layout.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "core/base/str.h"

/* Structures of which a field is wanted, by name, each spelling of it. */
enum { TYPES_MAX = 48 };

enum {
	OFFSET_MAX = 1 << 24, /* beyond: not a structure of the runtime */
	PEELS_MAX = 16,	      /* typedefs of typedefs: they may go round in a circle */
};

static const uint64_t dwarf_bytes_max = 512 << 20; /* inflated; Kubernetes has some 60 MB */

struct types {
	struct {
		struct str name;
		Dwarf_Die die;
		bool found;
	} v[TYPES_MAX];
	size_t n;
};

static const struct {
	const char *type, *field;
} fields[LAYOUT_FIELDS] = {
#define X(name, type, field) [name] = { type, field },
#include "collectors/gort/layout_fields.h"
#undef X
};

/* Cuts the part before the separator off *s. */
static bool next_part(const char **s, char separator, struct str *ret)
{
	const char *end;

	if (!*s)
		return false;
	end = strchrnul(*s, separator);
	*ret = (struct str){ *s, (uint32_t)(end - *s) };
	*s = *end ? end + 1 : NULL;
	return true;
}

static long types_find(const struct types *t, struct str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->v[i].name, name))
			return (long)i;
	return -1;
}

static void types_init(struct types *t)
{
	t->n = 0;
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		const char *spellings = fields[i].type;
		struct str name;

		while (next_part(&spellings, '|', &name)) {
			if (types_find(t, name) >= 0 || t->n == TYPES_MAX)
				continue;
			t->v[t->n].name = name;
			t->v[t->n++].found = false;
		}
	}
}

/* The linker gives the types of the whole program to the unit "runtime": there may be 100,000. */
static void types_collect(struct types *t, Dwarf_Die *unit)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die) != 0)
		return;
	do {
		const char *name;
		long i;

		if (dwarf_tag(&die) != DW_TAG_structure_type)
			continue;
		name = dwarf_diename(&die);
		if (!name ||
		    (strncmp(name, "runtime.", 8) != 0 && strncmp(name, "internal/abi.", 13) != 0))
			continue;
		i = types_find(t, str_of(name));
		if (i < 0 || t->v[i].found)
			continue;
		t->v[i].die = die;
		t->v[i].found = true;
	} while (dwarf_siblingof(&die, &die) == 0);
}

static bool member(Dwarf_Die *type, struct str name, Dwarf_Die *ret)
{
	if (dwarf_child(type, ret) != 0)
		return false;
	do {
		const char *s = dwarf_tag(ret) == DW_TAG_member ? dwarf_diename(ret) : NULL;

		if (s && str_is(name, s))
			return true;
	} while (dwarf_siblingof(ret, ret) == 0);
	return false;
}

/* As dwarf_peel_type, which never ends when a typedef is one of itself. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Die at = *die;

	for (int i = 0; i < PEELS_MAX; i++) {
		Dwarf_Attribute attr;
		int tag;

		if (!dwarf_attr(&at, DW_AT_type, &attr) || !dwarf_formref_die(&attr, ret))
			return false;
		tag = dwarf_tag(ret);
		if (tag != DW_TAG_typedef && tag != DW_TAG_const_type &&
		    tag != DW_TAG_volatile_type)
			return true;
		at = *ret;
	}
	return false;
}

static int32_t number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	Dwarf_Word n;

	if (!dwarf_attr(die, attribute, &attr) || dwarf_formudata(&attr, &n) != 0 || n > OFFSET_MAX)
		return LAYOUT_ABSENT;
	return (int32_t)n;
}

/* "sched.sp" in `type`; "": its size. */
static int32_t offset_in(Dwarf_Die type, struct str path)
{
	int32_t sum = 0;

	if (path.len == 0)
		return number(&type, DW_AT_byte_size);
	for (;;) {
		long dot = str_find(path, ".");
		struct str name = { path.p, dot < 0 ? path.len : (uint32_t)dot };
		Dwarf_Die found;
		int32_t at;

		if (!member(&type, name, &found))
			return LAYOUT_ABSENT;
		at = number(&found, DW_AT_data_member_location);
		if (at == LAYOUT_ABSENT)
			return LAYOUT_ABSENT;
		sum += at;
		if (dot < 0)
			return sum;
		if (!type_of(&found, &type))
			return LAYOUT_ABSENT;
		path = (struct str){ path.p + dot + 1, path.len - (uint32_t)dot - 1 };
	}
}

static int32_t field_offset(const struct types *t, size_t field)
{
	const char *spellings = fields[field].type;
	struct str type, path;

	while (next_part(&spellings, '|', &type)) {
		const char *paths = fields[field].field;
		long i = types_find(t, type);

		if (i < 0 || !t->v[i].found)
			continue;
		while (next_part(&paths, '|', &path)) {
			int32_t at = offset_in(t->v[i].die, path);

			if (at != LAYOUT_ABSENT)
				return at;
		}
	}
	return LAYOUT_ABSENT;
}

static void types_read(struct types *t, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		const char *name = dwarf_diename(&unit);

		if (name && strcmp(name, "runtime") == 0)
			types_collect(t, &unit);
	}
}

/* Of its content, as the file claims. */
static uint64_t section_bytes(Elf_Scn *scn, const GElf_Shdr *h)
{
	GElf_Chdr inflated;

	return h->sh_flags & SHF_COMPRESSED && gelf_getchdr(scn, &inflated) ? inflated.ch_size
									    : h->sh_size;
}

/* dwarf_begin inflates every compressed section, more than half of which hold lines, locations and
 * ranges that are of no use here: it passes over those that seem to have no content. */
static void hide_sections(Elf *elf)
{
	static const char *const used[] = {
		".debug_info",	   ".debug_abbrev",	 ".debug_str",
		".debug_line_str", ".debug_str_offsets",
	};
	Elf_Scn *scn = NULL;
	uint64_t left = dwarf_bytes_max;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr h;
		const char *name = gelf_getshdr(scn, &h) ? elf_strptr(elf, names, h.sh_name) : NULL;
		bool is_debug = name && (strncmp(name, ".debug_", 7) == 0 ||
					 strncmp(name, ".zdebug_", 8) == 0);
		bool is_used = false;

		for (size_t i = 0; is_debug && i < sizeof(used) / sizeof(used[0]); i++)
			is_used = is_used || strcmp(name, used[i]) == 0;
		if (is_used && section_bytes(scn, &h) <= left) {
			left -= section_bytes(scn, &h);
			continue;
		}
		if (!is_debug)
			continue;
		h.sh_type = SHT_NOBITS;
		gelf_update_shdr(scn, &h);
	}
}

/* The offsets of all fields into at[LAYOUT_FIELDS]. */
static int read_offsets(Elf *elf, const char *path, int32_t *at, struct err *e)
{
	Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	struct types types;
	long g;
	int r = 0;

	if (!dwarf)
		return err_set(e, -ENOENT, "%s: no DWARF: %s", path, dwarf_errmsg(-1));
	types_init(&types);
	types_read(&types, dwarf);
	g = types_find(&types, STR("runtime.g"));
	if (g >= 0 && types.v[g].found)
		for (size_t i = 0; i < LAYOUT_FIELDS; i++)
			at[i] = field_offset(&types, i);
	else
		r = err_set(e, -EBADMSG, "%s: its DWARF does not describe the Go runtime", path);
	dwarf_end(dwarf);
	return r;
}

int layout_from_dwarf(const char *path, const struct layout *like, struct layout *ret,
		      struct err *e)
{
	struct layout l = *like;
	Elf *elf = NULL;
	int fd, r;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		return err_set(e, r, "%s: %s", path, strerror(-r));
	}
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf) {
		r = err_set(e, -ENOEXEC, "%s: %s", path, elf_errmsg(-1));
		goto out;
	}
	hide_sections(elf);
	r = read_offsets(elf, path, l.at, e);
	if (r == 0 && !layout_fits(&l))
		r = err_set(e, -EBADMSG, "%s: its DWARF describes a Go runtime that cannot be",
			    path);
	if (r == 0)
		*ret = l;
out:
	elf_end(elf);
	close(fd);
	return r;
}
