/* parse/promline.h - one line of a Prometheus text page: a series, or a comment. Knows nothing of
 * the page. Names and values point into the line; what had escapes is unescaped into the scratch.
 */
#ifndef PARSE_PROMLINE_H
#define PARSE_PROMLINE_H

#include "collectors/parse/promtext.h"

enum {
	PROMLINE_SLACK = 8, /* bytes behind a line's end that may be loaded */
	PROMLINE_BLOCK =
		2 * PROMTEXT_LINE_MAX, /* an unfinished line always fits into a fresh one */
};

/* A line being read. *end is readable and '\n' or '\r', so that a loop over a class of bytes
 * stops there by itself. */
struct line {
	const char *at, *end;
	struct promtext_scratch *scratch;
	const char *why; /* what is wrong with it */
};

struct row {
	struct str name, key; /* key: name and labels as they are written */
	struct label *labels; /* room for PROMTEXT_LABELS_MAX */
	uint32_t n_labels;
	double value;
};

struct comment {
	enum { COMMENT_OTHER, COMMENT_HELP, COMMENT_TYPE } kind;
	struct str name, rest;
};

/* 0, -EBADMSG or -EFBIG with the reason in l->why. */
int promline_series(struct line *l, struct row *row);
void promline_comment(struct line *l, struct comment *ret);

int promline_refuse(struct line *l, int code, const char *why); /* returns code */
bool promline_is_blank(char c);
void promline_skip_blanks(struct line *l);
bool promline_is_word(const char *p, size_t n,
		      const char *word); /* in any case; `word` is lower case */
struct str promline_unescape(struct promtext_scratch *sc, struct str s);

#endif
