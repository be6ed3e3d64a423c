/* parse/promline.h - one line of a text page: a series, or a comment. Knows nothing of the page but
 * the line before. Names and values point into lines; what had escapes is unescaped into the
 * scratch. */
#ifndef PARSE_PROMLINE_H
#define PARSE_PROMLINE_H

#include "collectors/parse/promtext.h"

enum {
	PROMLINE_SLACK = PROM_SLACK, /* bytes behind a line's end that may be loaded */
	PROMLINE_BLOCK =
		2 * PROMTEXT_LINE_MAX, /* an unfinished line always fits into a fresh one */
	PROMLINE_EXEMPLAR_MAX = 128,   /* characters of an exemplar's labels (OpenMetrics 1.0) */
};

/* A line being read. *end is readable and '\n' or '\r', so that a loop over a class of bytes
 * stops there by itself. */
struct line {
	const char *at, *end;
	struct promtext_scratch *scratch;
	bool strict;	 /* OpenMetrics 1.0: single blanks, whole exemplars, ASCII in bare names */
	const char *why; /* what is wrong with it */
};

/* A series. Before it is read it holds the one of the line before, or nothing, for what both have
 * in common is not read again; `before` is then where that one's labels are now. */
struct row {
	struct str name, key;	    /* key: name and labels as they are written */
	struct label *labels;	    /* room for twice PROM_LABELS_MAX */
	const struct label *before; /* the labels of the row before */
	uint32_t n_before;
	bool no_hints;			  /* names are not all as they are written */
	const char *value_at;		  /* where the value stands */
	uint32_t n_labels, n_kept;	  /* n_kept: of them as in the row before */
	uint32_t common;		  /* bytes of the key that the row before has too */
	uint32_t name_end;		  /* offset in the key, behind a quoted name's quote */
	uint32_t name_end_before;	  /* of the row before */
	bool same_name;			  /* as the row before has */
	uint32_t starts[PROM_LABELS_MAX]; /* offsets of each label's value */
	uint32_t ends[PROM_LABELS_MAX];	  /* offsets behind each label's closing quote */
	double value, timestamp;	  /* timestamp: NAN when there is none, or not strict */
	bool has_exemplar;		  /* when strict */
};

struct comment {
	enum { COMMENT_OTHER, COMMENT_HELP, COMMENT_TYPE, COMMENT_UNIT, COMMENT_EOF } kind;
	struct str name, rest;
	bool quoted;
};

/* 0, -EBADMSG or -EFBIG with the reason in l->why. */
int promline_series(struct line *l, struct row *row);
/* From the value on. */
int promline_value(struct line *l, struct row *row);
/* From behind '{', or from behind a label when one is there already, to behind '}'. */
int promline_labels(struct line *l, struct row *row, bool behind_one);
/* The one blank that OpenMetrics has between two things. */
bool promline_space(struct line *l);
/* From behind '#'. 0, or -EBADMSG when strict. */
int promline_comment(struct line *l, struct comment *ret);

int promline_refuse(struct line *l, int code, const char *why); /* returns code */
bool promline_is_word(const char *p, size_t n,
		      const char *word); /* in any case; `word` is lower case */
/* In HELP of 0.0.4 a quote has no escape: `quotes` is false. */
struct str promline_unescape(struct promtext_scratch *sc, struct str s, bool quotes);
char *promline_room(struct promtext_scratch *sc, size_t n);

static inline bool promline_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline void promline_skip_blanks(struct line *l)
{
	while (promline_is_blank(*l->at))
		l->at++;
}

#endif
