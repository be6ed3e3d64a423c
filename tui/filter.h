/* filter.h - which rows of a table to show, as a person types it. Terms stand beside one another,
 * and all must hold:
 *
 *   chan receive         both words stand somewhere in the row
 *   "chan receive"       these two words, in this order
 *   state=chan*          the whole text, with * and ? for any; != for other
 *   func~client\.        a regular expression (POSIX, extended) somewhere in it; !~
 *   count>100 age>10m    numbers: < <= > >= = !=, with units; what is unknown never matches
 *   label.route=/pay pkg=net/http    names that a view knows beside its columns
 *   !pkg=net/http        any term turned round
 *
 * Texts are compared without regard to the case of ASCII letters. A name is a field's key, its
 * title, its key without the unit ("p99"), or one of filter_alias. */
#ifndef FILTER_H
#define FILTER_H

#include <regex.h>
#include <stdbool.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/field.h"

enum { FILTER_TEXT_MAX = 128, FILTER_TERMS_MAX = 16 };

enum filter_op {
	FILTER_HAS, /* a word */
	FILTER_EQ,
	FILTER_NE,
	FILTER_LT,
	FILTER_LE,
	FILTER_GT,
	FILTER_GE,
	FILTER_LIKE, /* a regular expression */
	FILTER_UNLIKE,
};

struct filter_term {
	enum filter_op op;
	bool no;		   /* ! before it */
	const struct field *field; /* NULL: a word, or a name of the view's */
	struct str name, value;	   /* in text */
	double number;		   /* in the field's unit */
	regex_t regex;
	bool has_regex;
};

/* Zeroed is the filter that lets everything through. Not to be copied or moved once set: terms
 * point into it. */
struct filter {
	char source[FILTER_TEXT_MAX]; /* as typed */
	const struct table *table;
	char text[FILTER_TEXT_MAX]; /* without quotes: terms point here */
	struct filter_term terms[FILTER_TERMS_MAX];
	int n;
	struct err why; /* what cannot be meant: "" when it is sound */
};

/* One text that belongs to the name asked for. */
typedef bool filter_test(const void *arg, struct str text);

/* What a filter sees of a row: name is "" for all that a word may be found in, else one of the
 * view's own names. True as soon as test is true of one text. */
struct filter_row {
	bool (*any)(const struct filter_row *r, struct str name, filter_test *test,
		    const void *test_arg);
	const void *arg;
	const void *row;
};

/* Sets what it lets through; does nothing when it is set so already. `names` are the view's own
 * (NULL ends them; one that ends in a dot takes any rest). What cannot be meant is left out, and
 * f->why says so. */
void filter_set(struct filter *f, const char *text, const struct table *table,
		const char *const *names);
void filter_release(struct filter *f);

/* Whether a term is about a name that begins so. */
bool filter_names(const struct filter *f, const char *prefix);

bool filter_passes(const struct filter *f, const struct filter_row *r);

/* Whether text holds needle, without regard to the case of ASCII letters. */
bool text_has(struct str text, const char *needle);

#endif
