/* parse/profile_impl.h - how a profile is added up, in the order of the steps: names and locations
 * become nodes (profile_nodes.c), samples add to them (profile_samples.c), the heaviest line of
 * each is found (profile_lines.c), and they are sorted into a table (profile_table.c). Private to
 * these and profile.c. */
#ifndef PARSE_PROFILE_IMPL_H
#define PARSE_PROFILE_IMPL_H

#include "collectors/parse/pprof_body.h"
#include "collectors/parse/pprof_tables.h"
#include "collectors/parse/profile.h"

/* A site in the making, by its name. */
struct node {
	struct str name;
	bool dispatch; /* is_dispatch */
	uint64_t hash;
	struct str file; /* of its heaviest line */
	uint32_t line;
	double line_flat, line_cum;
};

/* The nodes of a location: one, which is then both, or two; or, with MANY, a number of them from
 * `first` in frames. And what it has of the shown type: recursion counts as often as it is there,
 * which is why it does not stay below a total and is no integer. What every visit needs stands
 * together. */
struct span {
	uint32_t first, second;
	double cum;
};

enum { MANY = 1 << 30 };

/* One line of a node, which several locations may be at. */
struct place {
	uint32_t node, line;
	struct str file;
	double flat, cum;
};

/* A node's place in the table; without regard to sign. */
struct rank {
	int64_t flat, cum;
	uint32_t node;
};

/* Open addressing; index + 1, or 0. */
struct slots {
	uint32_t *at;
	size_t n; /* a power of two */
};

/* In a table at most half full honest names stay far below this; only names made to collide pass
 * it. */
enum { PROFILE_PROBES_MAX = 256 };

/* Node 0 stands for all of Go's code for interfaces together. */
enum { DISPATCH_NODE, FIRST_NODE };

struct profile_work {
	struct pprof_body body;
	struct pprof_tables t;
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	uint32_t *function_nodes; /* of each function, in the order of its table */
	struct span *spans;	  /* of each location */
	uint32_t *frames;
	size_t n_frames, cap_frames;
	double *leaf_flat; /* of each location */
	struct place *places;
	size_t n_places, cap_places;
	struct slots slots; /* of nodes by name, then of places */
	uint32_t *seen;	    /* of each node: the last sample that had it */
	int64_t *counts;    /* of each node: cum of each type, then flat of each */
	struct rank *ranks;
	struct profile_site *sites;
	size_t cap_functions, cap_locations, cap_leaf_flat, cap_counts, cap_seen, cap_ranks,
		cap_sites;
};

/* Room for n things of a size, zeroed when it is new; what was in it is lost. */
void *profile_room(void *p, size_t *cap, size_t n, size_t size);
void profile_slots_clear(struct slots *s, size_t items);
static inline uint64_t profile_mix(uint64_t h, uint64_t part)
{
	h = (h ^ part) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* -EBADMSG: names that were made to collide. */
int profile_too_slow(struct profile_work *w);
long profile_add_node(struct profile_work *w, struct str name);

/* The steps: each 0, -EBADMSG or -EFBIG with the sentence in w->t.err. */
int profile_name_functions(struct profile_work *w);
int profile_place_locations(struct profile_work *w, struct arena *a);
int profile_add_samples(struct profile_work *w, struct profile_sample *p);
int profile_find_lines(struct profile_work *w);
void profile_make_table(struct profile_work *w, struct profile_sample *p);

#endif
