/* gort/objects_impl.h - what objects.c (the steps of a scan), objects_heap.c, objects_vars.c and
 * objects_read.c share. */
#ifndef GORT_OBJECTS_IMPL_H
#define GORT_OBJECTS_IMPL_H

#include "collectors/gort/gcmask.h"
#include "collectors/gort/heap.h"
#include "collectors/gort/object_check.h"
#include "collectors/gort/object_values.h"
#include "collectors/gort/objects.h"
#include "collectors/gort/statics.h"
#include "collectors/gort/typefind.h"
#include "collectors/gort/variables.h"

enum {
	OBJECT_TYPES_MAX = 64,
	CANDIDATES_AT_ONCE = 32,
	STRIKES_MAX = 3, /* rounds in a row in which it was not what it should be */
};

/* A type of which objects are looked for. */
struct object_type {
	const struct object_kind *kind;
	const struct type *type;
	struct value_paths paths;
	struct object_checks checks;
	struct gcmask mask;
	uint32_t class_bytes; /* of its size class; 0: too large */
	bool header, masks;   /* of its spans: heap_has_header, heap_has_masks */
};

struct candidate {
	uint64_t addr, span; /* span: of its mspan; 0: a variable */
	uint32_t type;
	bool fresh; /* no collection has found it alive yet, so it may be garbage */
};

struct known_object {
	uint64_t addr, span;
	uint32_t type;
	uint8_t strikes;
	uint64_t variable; /* an address in the variable that holds it; 0: none is known */
};

struct known_list {
	struct known_object *at;
	size_t n, cap;
};

enum objects_state {
	OBJECTS_FIND,
	OBJECTS_TYPES,
	OBJECTS_BEGIN,
	OBJECTS_HEAP,
	OBJECTS_VARIABLES,
	OBJECTS_HOLDERS, /* once more through the variables, for pointers to what was found */
	OBJECTS_NAMES,	 /* of these variables */
	OBJECTS_NONE,	 /* there is nothing to find */
};

struct heap_batch; /* objects_heap.c */
struct read_batch; /* objects_read.c */

struct objects {
	struct remote *remote; /* borrowed */
	const struct layout *layout;
	const struct locations *locations;
	struct image *image;

	struct types types;
	struct typefind find;
	struct object_type *ots;
	size_t n_ots, next_found;
	enum objects_state state;
	int retries;

	struct heap_walk walk;
	struct heap_span *spans; /* of the last stretch of the walk */
	size_t n_spans, next_span;
	bool walked;
	struct heap_batch *batch;
	struct candidate *candidates;
	size_t n_candidates, next_candidate, cap_candidates;
	struct values_reader trial;
	struct statics statics;
	struct statics_chunk chunk;

	struct known_list known, next; /* of the last whole scan, and of the one under way */
	struct map64 by_addr;	       /* of known; of next from when it is complete */
	struct variable *variables;    /* in order of address; names stay from scan to scan */
	size_t n_variables, cap_variables;
	size_t n_fresh; /* in next */
	uint64_t symbols_at;
	struct objects_counts counts, last;

	struct read_batch *read;
};

/* ---- objects_heap.c ---- */

struct heap_batch *heap_batch_new(void);

/* 1: there is more; 0: that was the whole heap; negative: as objects_step. */
int objects_heap_step(struct objects *o);

void objects_push(struct objects *o, const struct candidate *c);
/* Judges up to CANDIDATES_AT_ONCE; 1 while there are more. */
int objects_judge(struct objects *o);

/* ---- objects_vars.c ---- */

int objects_variables_step(struct objects *o); /* objects in variables; as objects_heap_step */
int objects_holders_step(struct objects *o);
bool objects_names_step(struct objects *o); /* true: there is more */
void objects_drop_doubtful(struct objects *o);
struct str objects_holder(const struct objects *o, const struct known_object *k);

/* ---- objects_read.c ---- */

void read_batch_free(struct read_batch *b);

#endif
