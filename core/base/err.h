/* base/err.h - how a function says why it failed: a negative errno for the caller and
 * one line for a person. The line is whole in itself: "what: why (what would fix it)". */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum { ERR_TEXT_MAX = 320 };

struct err {
	char text[ERR_TEXT_MAX]; /* "" when nothing failed; may quote foreign text, so draw it as
				    such */
};

/* Writes the line and is `code`, so that a failing function ends with it. e may be NULL. A macro,
 * so that compilers and analysers see which code it is. */
#define err_set(e, code, ...)              \
	({                                 \
		int err_code_ = (code);    \
		err_put((e), __VA_ARGS__); \
		err_code_;                 \
	})
__attribute__((format(printf, 2, 3))) void err_put(struct err *e, const char *fmt, ...);

#endif
