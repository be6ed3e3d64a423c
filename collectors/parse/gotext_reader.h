/* parse/gotext_reader.h - the goroutine under way, line by line: what gotext.c keeps. */
#ifndef PARSE_GOTEXT_READER_H
#define PARSE_GOTEXT_READER_H

#include "collectors/parse/gotext_prefix.h"
#include "collectors/parse/gotext_stacks.h"

enum gotext_where {
	GOTEXT_OUTSIDE,
	GOTEXT_STACK,
	GOTEXT_PASSED, /* a goroutine that is not looked at, or what stands behind a stack */
	GOTEXT_RECORD, /* of debug=1 */
};

/* What waits for its place, which is on the next line. */
enum gotext_pending { GOTEXT_NOTHING, GOTEXT_FUNC, GOTEXT_CREATOR, GOTEXT_STRANGE };

enum {
	GOTEXT_ABSENT_MAX =
		4096, /* goroutines whose stack is not available: at most one a thread */
	GOTEXT_STRANGE_MAX = 256, /* bytes of a name of C */
};

struct gotext_absent {
	uint64_t goid; /* 0: its stack came after all */
	uint32_t group, kind;
};

struct gotext_state {
	struct gotext_stacks stacks;
	struct gotext_prefix prefix;
	char *line; /* what has come of it; GOTEXT_LINE_MAX */
	size_t n_line;
	bool long_line;
	enum gotext_where where;
	bool profile;	 /* the head of debug=1 came */
	bool all_frames; /* it has the runtime's own */
	bool again;	 /* from here on threads print what they ran */
	struct gotext_absent absent[GOTEXT_ABSENT_MAX];
	size_t n_absent;
	uint64_t parked, parked_votes; /* gopark's pc, as most say */

	/* The goroutine, or the goroutines of a record. */
	uint64_t goid, minutes, count;
	uint32_t kind, labels, at, creator;
	bool locked, leaked, durable;
	bool absent_now; /* its stack is not available */
	struct gotext_absent *replaces;
	enum gotext_pending pending;
	uint32_t func;
	char strange[GOTEXT_STRANGE_MAX];
	uint32_t n_strange;
	uint64_t leaf_pc; /* of a record; 0 when the leaf is shown */
	bool leaf_seen;
};

/* Each 0 or a negative errno with its sentence in stacks.err. */
int gotext_leave(struct gotext *g);
int gotext_take_header(struct gotext *g, const struct gotext_header *h);
int gotext_take_rule(struct gotext *g);
int gotext_take_stack_line(struct gotext *g, struct str line);
int gotext_take_record(struct gotext *g, uint64_t count, struct str pcs);
int gotext_settle_record(struct gotext *g);
int gotext_take_record_line(struct gotext *g, struct str line);

/* For the parts of this. */
void gotext_enter(struct gotext_state *s, enum gotext_where where, uint64_t count);
int gotext_count_in(struct gotext *g, uint32_t node);

/* Whole lines that are known already; returns the first byte that was not taken. */
const char *gotext_follow(struct gotext_state *s, const char *p, const char *end);

#endif
