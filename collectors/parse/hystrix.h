/* parse/hystrix.h - the stream of a Hystrix dashboard (/hystrix.stream, /turbine.stream):
 * server-sent events, each a JSON object of one command or one thread pool, for ever. Fed chunk by
 * chunk as bytes arrive; what is known is the last event of each name. Pure: no I/O, time is an
 * argument.
 *
 * An event is one `data:` line; what else the event-stream format has (comments, pings, other
 * fields) is read past. A Turbine's `data:` adds up several hosts; each flag is then a count of
 * hosts. */
#ifndef PARSE_HYSTRIX_H
#define PARSE_HYSTRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/sample.h"

enum {
	HYSTRIX_LINE_MAX = 64 << 10,
	HYSTRIX_CIRCUITS_MAX = 1000, /* more names are not taken: cut */
	HYSTRIX_NAME_MAX = 200,	     /* longer names are not taken */
	HYSTRIX_FORGET_S = 15,	     /* what no event told of for so long is not there any more */
};

/* To be made by hystrix_init. */
struct hystrix {
	size_t n_lines, n_events; /* of the format; of them, of commands and pools */
	bool cut;

	/* private: */
	struct buf line;
	struct hystrix_slot *slots;
	size_t n_slots, slots_cap;
	struct circuit *rows;
	size_t rows_cap;
};

void hystrix_init(struct hystrix *h);
void hystrix_release(struct hystrix *h);

void hystrix_begin(struct hystrix *h); /* a new connection: an unfinished line is dropped */

/* 0, -EBADMSG for what is no such stream, or -EFBIG. After an error only begin or release. */
int hystrix_feed(struct hystrix *h, const char *data, size_t n, uint64_t now_ns, struct err *e);

/* What is there now; valid until the next call. */
struct circuits_sample hystrix_circuits(struct hystrix *h, uint64_t now_ns);

#endif
