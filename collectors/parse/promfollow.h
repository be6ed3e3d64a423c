/* parse/promfollow.h - pages that are like the last one. Successive pages of one service have the
 * same lines in the same order and differ in values only, so that a line is compared with the one
 * of the last page up to its value, and of the rest only a changed value is read. The first line
 * that is another ends it: then what was equal is read in full from the last page's text. */
#ifndef PARSE_PROMFOLLOW_H
#define PARSE_PROMFOLLOW_H

#include "collectors/parse/promtext.h"
#include "core/base/buf.h"

enum { PROMFOLLOW_VALUE = 23 };

struct promfollow_line {
	const char *text;	      /* the whole line, its '\n' included */
	uint32_t len, prefix;	      /* prefix: bytes that have to be equal */
	uint32_t series;	      /* UINT32_MAX: none, then prefix is len */
	uint8_t n_value;	      /* 0: not known, or too long */
	char value[PROMFOLLOW_VALUE]; /* the last page's, to its '\n' */
};

/* Zeroed is valid. */
struct promfollow {
	struct promfollow_line *lines, *spare; /* spare: for the lines made anew */
	size_t n, cap, spare_cap;
	size_t at;	/* lines of this page that were as before */
	bool valid, on; /* there is a page to follow; this one does so far */
	bool never;	/* this page has something that cannot be followed */
	bool openmetrics;
	struct buf carry; /* the unfinished line */
	struct buf last;  /* the rest of a line at the end of a chunk, padded */
	struct promtext_scratch scratch;
	struct arena spare_text; /* as spare */
	double *values;
	size_t n_values;
};

/* Notes a line that was read in full; its value, if any, begins at text + prefix. */
void promfollow_note(struct promfollow *f, struct str line, uint32_t prefix, uint32_t series);

/* Takes what is as before. False when the next line, which begins in f->carry or else at *data, is
 * another: then promfollow_leave is to be called. */
bool promfollow_feed(struct promtext *p, const char **data, size_t *n);
/* Whether the whole page was as before. */
bool promfollow_end(struct promtext *p);
/* Reads in full what was equal so far, with this page's values; p->follow->on is false then. */
int promfollow_leave(struct promtext *p, struct err *e);

void promfollow_release(struct promfollow *f);

/* Of promtext.c, for promfollow_leave: a page begun anew, and text read in full. */
void promtext_restart(struct promtext *p);
int promtext_read(struct promtext *p, const char *data, size_t n, struct err *e);

#endif
