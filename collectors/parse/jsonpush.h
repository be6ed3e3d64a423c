/* parse/jsonpush.h - JSON (RFC 8259) as a run of events while its bytes arrive. No tree is built:
 * an answer about two hundred services has tens of megabytes, and nothing may hold the program's
 * one thread for longer than 5 ms. Pure: no I/O, no clock. */
#ifndef PARSE_JSONPUSH_H
#define PARSE_JSONPUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/str.h"

enum {
	JSONPUSH_DEPTH_MAX = 32,
	JSONPUSH_TEXT_MAX = 64 << 10, /* of one string or number, decoded */
};

enum json_event {
	JSON_OPEN_OBJECT,
	JSON_CLOSE_OBJECT,
	JSON_OPEN_ARRAY,
	JSON_CLOSE_ARRAY,
	JSON_KEY,
	JSON_STRING, /* escapes decoded; as UTF-8, perhaps broken */
	JSON_NUMBER, /* as it is written */
	JSON_WORD,   /* true, false, null */
};

struct jsonpush {
	/* The text has a NUL behind it and is valid during the call. A negative value ends the
	 * reading with that error. */
	int (*on)(void *arg, enum json_event ev, struct str text, struct err *e);
	void *arg;

	/* private: */
	struct buf text;
	size_t n_read; /* bytes, for errors */
	int state;
	int depth;
	char closers[JSONPUSH_DEPTH_MAX];
	bool is_key;
	unsigned unit, high; /* of a \u escape; high: a surrogate that waits for its second half */
	int n_hex;
};

void jsonpush_begin(struct jsonpush *j); /* `on` and `arg` stay */
/* 0, -EBADMSG with the place, -EFBIG when a limit is passed, or what `on` returned. After an error
 * only begin or release may follow. */
int jsonpush_feed(struct jsonpush *j, const char *data, size_t n, struct err *e);
int jsonpush_end(struct jsonpush *j, struct err *e); /* -EBADMSG: it ends in the middle */
void jsonpush_release(struct jsonpush *j);

#endif
