/* gort/object_values.h - reads what the fields of many objects hold, also those behind pointers and
 * interfaces, in few calls. */
#ifndef GORT_OBJECT_VALUES_H
#define GORT_OBJECT_VALUES_H

#include "collectors/gort/object_kinds.h"
#include "collectors/gort/types.h"

enum { OBJECT_NAME_MAX = 128 }; /* longer names are cut */

enum value_how { VALUE_ABSENT, VALUE_PLAIN, VALUE_DYNAMIC /* behind an interface */ };

struct value_path {
	enum value_how how;
	struct type_path path; /* of a plain one */
};

struct value_paths {
	const struct object_kind *kind;
	const struct type *type;
	struct value_path at[VALS];
};

void value_paths_of(struct types *t, const struct type *type, const struct object_kind *k,
		    struct value_paths *ret);

struct values_object {
	const struct value_paths *paths;
	uint64_t addr;
	const uint8_t *bytes; /* a copy of the object */
	bool strict;	      /* as in object_values */
	struct object_values values;
};

struct values_hop;
struct values_text;
struct values_reader {
	struct types *types; /* borrowed */
	struct values_hop *hops;
	struct values_text *texts;
	struct remote_part *parts;
	size_t n_hops, cap_hops, n_texts, cap_texts, cap_parts;
	size_t reads_left;
	struct arena arena; /* names: until the next values_read */
};

void values_reader_release(struct values_reader *r);

/* Fills objects[i].values, with names borrowed until the next call. What cannot be read is not set.
 * -ESRCH, -EPERM. */
int values_read(struct values_reader *r, struct values_object *objects, size_t n, int64_t now_ns);

#endif
