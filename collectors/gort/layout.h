/* gort/layout.h - where the fields of the Go runtime's structures stand, by Go version. The table
 * layout_table.c is written by tests/layouts/ from the DWARF of real toolchains; DWARF of the
 * target itself is asked only when its version is not in the table (layout_dwarf.c). */
#ifndef GORT_LAYOUT_H
#define GORT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

enum layout_arch { ARCH_AMD64, ARCH_ARM64 };

/* Each name is struct and field as in the runtime's source; layout_fields.h lists them with the
 * spellings that Go versions use: X(LAYOUT_G_GOID, "runtime.g", "goid"). */
enum layout_field {
#define X(name, type, field) name,
#include "collectors/gort/layout_fields.h"
#undef X
	LAYOUT_FIELDS,
};

enum { LAYOUT_ABSENT = -1 }; /* this Go version has no such field */

struct layout {
	const char *version;	/* "1.24", "1.24.6" (from this patch on), "1.25-X:greenteagc" */
	int minor, patch;	/* of the first version that it holds for: 24, 6 */
	const char *experiment; /* "greenteagc"; "": the default ones */
	enum layout_arch arch;

	const char *const
		*wait_reasons; /* by number, NULL-terminated; better read from the target */
	int funcid_wrapper;    /* internal/abi.FuncIDWrapper */

	/* runtime.timeHistogram has histogram_counts buckets in super-buckets of histogram_sub. The
	 * first super-bucket is [0, 1 << histogram_min_bits) ns, each further one goes on to twice
	 * as far; all buckets of a super-bucket are equally wide. */
	int histogram_counts, histogram_sub, histogram_min_bits;

	bool labels_list; /* g.labels is a slice of {key, value} (since 1.24); else a map (hmap) */

	int32_t at[LAYOUT_FIELDS]; /* bytes from the start; a ..._SIZE: the size; LAYOUT_ABSENT */
};

enum layout_match {
	LAYOUT_EXACT,	/* this minor version and these experiments */
	LAYOUT_NEWEST,	/* a newer Go than the table knows: the newest row, to be checked */
	LAYOUT_UNKNOWN, /* a development version, or experiments that have no row: the nearest row,
			   to be checked field by field */
};

/* go_version as in the build info: "go1.25.12 X:greenteagc", "go1.26.11-X:nogreenteagc",
 * "go1.27.4". NULL: too old (before 1.19) or not a version; the sentence is in *e. */
const struct layout *layout_find(const char *go_version, enum layout_arch arch,
				 enum layout_match *ret, struct err *e);

/* Whether every field that readers rely on is there and stands where their copies have room for it.
 * Rows of the table do; what the target's own DWARF says may not. */
bool layout_fits(const struct layout *l);

/* From the DWARF of an executable into *ret; what is not a field is that of `like`. -ENOENT: it has
 * none; -EBADMSG: it has some, but the runtime's structures are not in it, or cannot be. *ret is
 * untouched then. */
int layout_from_dwarf(const char *path, const struct layout *like, struct layout *ret,
		      struct err *e);

#endif
