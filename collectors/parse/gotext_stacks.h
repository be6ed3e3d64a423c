/* parse/gotext_stacks.h - the distinct stacks of a goroutine text, as a tree of frames with the
 * leaf first, and the groups that end in it. A goroutine whose lines are those of one before it is
 * followed down the tree by comparing bytes; only at forks is anything hashed. */
#ifndef PARSE_GOTEXT_STACKS_H
#define PARSE_GOTEXT_STACKS_H

#include "collectors/parse/gotext.h"
#include "collectors/parse/gotext_line.h"
#include "core/base/arena.h"

enum { GOTEXT_ROOT = 0, GOTEXT_CREATORS = 1 }; /* nodes that no frame is at */

/* In a table at most half full honest texts stay far below; only those made to collide do not. */
enum { GOTEXT_PROBES_MAX = 256, GOTEXT_GUESSES = 4096 };

struct gotext_text {
	struct str s;		 /* a function as the line has it, or file:line, or labels */
	uint64_t hash;		 /* for the table */
	uint64_t shown_hash;	 /* group_str_hash of what a frame shows: the function, the file */
	uint32_t file_len, line; /* of a place */
	uint32_t full_len;	 /* of a place, from the tab before s to the end of its line */
};

struct gotext_table {
	struct gotext_text *texts;
	uint32_t *slots; /* 1 + index, by hash; a power of two, at most half full */
	size_t n, cap, n_slots;
};

struct gotext_node {
	const char *func, *place; /* place begins with its tab; NULL: never followed, as the frame
				   * has none, or not a name that gotext_func gives */
	uint32_t func_len, key_len, full_len;
	uint32_t func_id, place_id;
	uint32_t parent, depth;
	uint32_t child, creator; /* where the last goroutine went on from here; 0: none yet */
	uint32_t group;		 /* 1 + index of that without labels; 0: none yet */
	uint64_t hash;		 /* goroutine_group_id of the frames so far, without their number */
};

/* A wait reason; of debug=1, which does not tell it, the pc of a leaf that is not shown. */
struct gotext_kind {
	struct str word;
	bool by_pc;
	uint64_t pc; /* 0: the leaf is shown */
};

struct gotext_tally {
	struct gotext_tally *next;
	uint64_t count;
	uint32_t kind;
};

struct gotext_group {
	uint64_t id, count;
	uint32_t node, labels;	      /* labels: 1 + index of the set; 0: none */
	struct gotext_tally *tallies; /* by kind, the last one first */
	uint32_t creator;	      /* node; the one of most of them, by vote */
	uint64_t votes;
	uint64_t minutes; /* of the oldest */
	uint64_t ages[AGE_BUCKETS];
	bool aged;
};

struct gotext_set {
	struct label *labels;
	uint32_t n;
};

struct gotext_stacks {
	struct arena arena; /* of everything that groups borrow */
	struct gotext_table funcs, places, label_texts;
	struct gotext_node *nodes;
	uint32_t *node_slots;
	size_t n_nodes, cap_nodes, n_node_slots;
	uint32_t guesses[GOTEXT_GUESSES]; /* nodes; wrong ones do no harm */
	struct gotext_set *sets;	  /* as label_texts */
	size_t cap_sets;
	struct gotext_group *groups;
	uint32_t *group_slots; /* by id */
	size_t n_groups, cap_groups, n_group_slots, n_frames;
	struct gotext_kind kinds[GOTEXT_KINDS_MAX];
	size_t n_kinds;
	struct goroutine_group *out;
	size_t cap_out;
	struct err *err; /* of the call under way */
};

void gotext_stacks_clear(struct gotext_stacks *t);
void gotext_stacks_release(struct gotext_stacks *t);

/* An index, or a negative errno with its sentence in t->err. Place 0 is that of a frame without
 * one. */
long gotext_stacks_func(struct gotext_stacks *t, struct str func);
long gotext_stacks_place(struct gotext_stacks *t, const struct gotext_place *place,
			 struct str rest);
long gotext_stacks_labels(struct gotext_stacks *t, struct str text);
long gotext_stacks_kind(struct gotext_stacks *t, const struct gotext_kind *kind);

/* The node of a frame called by the frames up to `at`. */
long gotext_stacks_step(struct gotext_stacks *t, uint32_t at, uint32_t func, uint32_t place);

/* Makes the next one of that line quick to find. */
void gotext_stacks_remember(struct gotext_stacks *t, uint32_t node, struct str place_line);

/* Follows whole lines as long as they are known; *at and *creator (0: none came) move on. Returns
 * the first byte that was not taken, which begins a line. */
const char *gotext_stacks_follow(struct gotext_stacks *t, uint32_t *at, uint32_t *creator,
				 const char *p, const char *end);

/* labels: 1 + index of a set, or 0. */
long gotext_stacks_group(struct gotext_stacks *t, uint32_t node, uint32_t labels);
void gotext_stacks_tally(struct gotext_stacks *t, struct gotext_group *g, uint32_t kind,
			 uint64_t count);
void gotext_stacks_untally(struct gotext_group *g, uint32_t kind); /* one that was tallied */
void gotext_group_created(struct gotext_group *g, uint32_t creator, uint64_t count);
void gotext_group_aged(struct gotext_group *g, uint64_t minutes);

/* As a profile has it: Go prints runtime.gopanic as panic. */
struct str gotext_shown_func(struct str func);
struct str gotext_stacks_func_of(const struct gotext_stacks *t, uint32_t node);
struct frame gotext_stacks_frame(const struct gotext_stacks *t, uint32_t node);

/* parked: the pc of gopark, by which the leaves of debug=1 are told; 0: not known. */
void gotext_stacks_put(struct gotext_stacks *t, uint64_t parked, struct goroutines *ret);

/* Where indices stand by hash, as 1 + index; n is a power of two. False: too many collide. */
bool gotext_slots_put(uint32_t *slots, size_t n, uint64_t hash, uint32_t index);
uint32_t *gotext_slots_twice(uint32_t *slots, size_t *n); /* emptied */
int gotext_slow(struct err *e);

/* What a goroutine of debug=1 does; pc: of a leaf that is not shown, or 0. */
struct str gotext_profile_state(const struct frame *stack, size_t n, uint64_t pc, uint64_t parked);

#endif
