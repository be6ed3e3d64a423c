/* parse/pprof_tables.h - the tables of an encoded profile (github.com/google/pprof,
 * proto/profile.proto) and what refers into them: string, function, line, mapping, location.
 * Private to pprof.c and profile.c. */
#ifndef PARSE_PPROF_TABLES_H
#define PARSE_PPROF_TABLES_H

#include "collectors/parse/pprof.h"
#include "collectors/parse/proto.h"
#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

/* Go numbers functions and locations 1, 2, 3, …: then an id is its own index. Other writers
 * need not, so an id never sizes anything; unless they are dense they are sorted and searched. */
struct pprof_id {
	uint64_t id;
	uint32_t at;
};

struct pprof_ids {
	const char *what;
	struct pprof_id *ids;
	size_t n, cap;
	bool sorted; /* not dense */
};

struct pprof_text {
	struct str s;
	uint64_t hash; /* group_str_hash, or 0: not asked for yet */
};

struct pprof_function {
	uint64_t name, file; /* in texts */
};

struct pprof_line {
	uint64_t function;
	int64_t line;
};

struct pprof_location {
	uint64_t address, mapping;
	uint32_t first, n; /* in lines, frames and hashes; an inlined leaf comes first */
};

/* What a profile says of itself; strings are numbers of texts. */
struct pprof_about {
	uint64_t default_type, drop_frames;
	int64_t time_ns, duration_ns, period; /* 0: it does not say */
	struct proto period_type;
};

/* Zeroed is valid. Everything borrows from the raw profile and the arena. */
struct pprof_tables {
	struct pprof_text *texts;
	struct pprof_function *functions;
	struct pprof_line *lines;
	struct pprof_location *locations;
	uint64_t *mappings; /* their files, in texts */
	struct pprof_ids function_ids, location_ids, mapping_ids;
	struct pprof_about about;
	uint64_t last_text; /* the last of the strings that are referred to, but not used */
	bool start_lines; /* functions have them: Go 1.20 or later wrote it (runtime/pprof/proto.go)
			   */
	struct proto samples; /* from the first to the last, still encoded: what they refer to comes
			       * later, and other fields may stand between them */
	struct proto types[PPROF_TYPES_MAX]; /* likewise */
	size_t n_texts, n_lines, n_samples, n_types;
	size_t cap_texts, cap_functions, cap_lines, cap_locations, cap_mappings;

	struct frame *frames; /* the lines, resolved */
	uint64_t *hashes;     /* group_frame_hash of each */
	size_t cap_frames;

	const uint8_t *start, *end; /* of the raw profile */
	struct err *err;	    /* where failures of the call under way are told */
};

/* Indexes the whole profile. -EBADMSG or -EFBIG. */
int pprof_tables_index(struct pprof_tables *t, struct proto raw);
/* And resolves its frames; *a takes the names made up for code without symbols. */
int pprof_tables_read(struct pprof_tables *t, struct proto raw, struct arena *a);
void pprof_tables_release(struct pprof_tables *t);

/* For a field that a message's reader did not take: 0 when that is as it should be, -EBADMSG when
 * it is one of the message's own and of another wire type. `wires` has a letter for each of its
 * fields from 1: v a number, m a string or message, p numbers, packed or not. */
int pprof_other_field(struct pprof_tables *t, struct proto_field f, const char *wires);

/* As proto_next, but tells t->err what is wrong. */
int pprof_bad_field(struct pprof_tables *t, const uint8_t *p, const uint8_t *end, int r);
static PROTO_HOT int pprof_next(struct pprof_tables *t, struct proto *w, struct proto_field *ret)
{
	int r = proto_next_in(w, t->end, ret);

	return r < 0 ? pprof_bad_field(t, w->p, w->end, r) : r;
}

/* Takes the next field when it is this number and as it should be, for messages whose fields mostly
 * come in one order; what is left is for pprof_next. */
static PROTO_HOT bool pprof_take(const struct pprof_tables *t, struct proto *w, uint32_t field,
				 uint64_t *ret)
{
	struct proto in = *w;

	if (in.p == in.end || *in.p++ != PROTO_NUMBER(field) ||
	    proto_varint_in(&in, t->end, ret) < 0)
		return false;
	w->p = in.p;
	return true;
}

/* The next sample of *w, which begins as t->samples: 1; 0 at the end. It was walked before, so it
 * cannot fail. */
static PROTO_HOT int pprof_next_sample(const struct pprof_tables *t, struct proto *w,
				       struct proto *ret)
{
	struct proto_field f = { 0 };

	while (proto_next_in(w, t->end, &f) > 0) {
		if (f.tag != PROTO_MESSAGE(2))
			continue;
		*ret = f.bytes;
		return 1;
	}
	return 0;
}

/* message ValueType: name and unit. */
int pprof_read_type(struct pprof_tables *t, struct proto w, struct str ret[2]);

/* Index of an id, or -EBADMSG; pprof_find is the one to call. */
long pprof_find_sorted(struct pprof_tables *t, const struct pprof_ids *ids, uint64_t id);
static PROTO_HOT long pprof_find(struct pprof_tables *t, const struct pprof_ids *ids, uint64_t id)
{
	return !ids->sorted && id - 1 < ids->n ? (long)(id - 1) : pprof_find_sorted(t, ids, id);
}

/* The next of a run of numbers: 1; 0 at the end; -EBADMSG. */
int pprof_bad_number(struct pprof_tables *t, const uint8_t *p);
static PROTO_HOT int pprof_number(struct pprof_tables *t, struct proto *w, uint64_t *ret)
{
	if (w->p == w->end)
		return 0;
	if (proto_varint_in(w, t->end, ret) == 0)
		return 1;
	return pprof_bad_number(t, w->p);
}

/* NULL: there is no such string. */
static inline struct pprof_text *pprof_text(struct pprof_tables *t, uint64_t at)
{
	return at < t->n_texts ? &t->texts[at] : NULL;
}

uint64_t pprof_text_hash(struct pprof_text *text);

#endif
