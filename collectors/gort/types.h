/* gort/types.h - type descriptors of a running Go program (internal/abi/type.go): name, package,
 * size, fields. Reflection needs them, so -s -w leaves them in. Each is read once and kept. */
#ifndef GORT_TYPES_H
#define GORT_TYPES_H

#include "collectors/gort/image.h"
#include "collectors/gort/map64.h"
#include "core/base/arena.h"

/* internal/abi.Kind: those that are looked at. */
enum go_kind {
	GO_BOOL = 1,
	GO_INT,
	GO_INT8,
	GO_INT16,
	GO_INT32,
	GO_INT64,
	GO_UINT,
	GO_UINT8,
	GO_UINT16,
	GO_UINT32,
	GO_UINT64,
	GO_UINTPTR,
	GO_FLOAT32,
	GO_FLOAT64,
	GO_ARRAY = 17,
	GO_CHAN,
	GO_FUNC,
	GO_INTERFACE,
	GO_MAP,
	GO_POINTER,
	GO_SLICE,
	GO_STRING,
	GO_STRUCT,
	GO_UNSAFE_POINTER,
};

enum {
	TYPE_FIELDS_MAX = 64,  /* of a struct that is looked at */
	TYPE_BYTES_MAX = 2048, /* likewise */
	TYPE_NAME_MAX = 512,
};

struct type_field {
	struct str name;
	uint64_t type; /* address of its descriptor */
	uint32_t offset;
};

struct type {
	uint64_t addr, bytes;
	enum go_kind kind;
	struct str name;    /* "rate.Limiter", "*rate.Limiter" */
	struct str package; /* import path, of a struct with fields that are not exported */
	struct type_field *fields;
	size_t n_fields;
	uint64_t elem; /* of a pointer or an array: the descriptor */
	uint64_t len;  /* of an array */
};

struct types {
	struct remote *remote; /* all borrowed */
	const struct layout *layout;
	struct image *image;
	uint64_t from, to; /* where descriptors and names are; offsets count from `from` */
	struct map64 by_addr, by_itab;
	struct type **list;
	size_t n, cap;
	struct arena arena;
};

void types_init(struct types *t, struct remote *r, const struct layout *l, struct image *im);
void types_release(struct types *t);

/* The type whose descriptor is there, for the life of `t`; NULL: none, or too large to be read. */
const struct type *types_at(struct types *t, uint64_t addr);

/* What an interface with methods holds, by its first word (abi.ITab); NULL. */
const struct type *types_of_itab(struct types *t, uint64_t itab);

/* ---- where a field stands ---- */

enum { PATH_HOPS = 4 };

struct type_path {
	uint32_t
		at[PATH_HOPS]; /* in the object; each but the last is a pointer's, to be followed */
	uint8_t n;
	const struct type *type; /* of the value */
	struct str rest; /* empty: that is all. Else the value is an interface, and the rest of
			    the path is about what it holds */
};

/* "counts.Requests": fields of fields, pointers followed. False: there is no such field. */
bool types_path(struct types *t, const struct type *from, struct str path, struct type_path *ret);

#endif
