/* base/err.h - how a function says why it failed: a negative errno for the caller and
 * one line for a person. The line is whole in itself: "what: why (what would fix it)". */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum { ERR_TEXT_MAX = 320 };

struct err {
	char text[ERR_TEXT_MAX]; /* "" when nothing failed; may quote foreign text, so draw it as
				    such */
};

/* Writes the line and returns `code`, so that a failing function ends with it. e may be NULL. */
__attribute__((format(printf, 3, 4))) int err_set(struct err *e, int code, const char *fmt, ...);

#endif
