/* parse/prombody.h - a metrics page in any format that gmptop reads: which one it is the server
 * says (Content-Type), and where that cannot be, the first bytes do. Fed chunk by chunk. Pure. */
#ifndef PARSE_PROMBODY_H
#define PARSE_PROMBODY_H

#include "collectors/parse/promproto.h"
#include "collectors/parse/promtext.h"

enum { PROMBODY_HEAD = 16 };

/* Zeroed is valid. */
struct prombody {
	const struct metrics_page *page; /* valid after prombody_end, until the next begin */
	bool is_proto;
	bool has_native; /* as in struct promproto */

	/* private: */
	struct promtext text;
	struct promproto proto;
	enum { BODY_ANY, BODY_OPENMETRICS, BODY_PROTO } type;
	const char *not_read; /* why it is not */
	bool started;
	char head[PROMBODY_HEAD]; /* until there is enough to see what it is */
	size_t n_head;
};

void prombody_begin(struct prombody *b);
/* What the server says it is; before the first feed. */
void prombody_type(struct prombody *b, struct str content_type);
/* 0, -EBADMSG or -EFBIG with the sentence in *e. Then only begin or release may follow. */
int prombody_feed(struct prombody *b, const char *data, size_t n, struct err *e);
int prombody_end(struct prombody *b, struct err *e);
void prombody_release(struct prombody *b);

#endif
