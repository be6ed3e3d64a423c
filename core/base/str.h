/* base/str.h - a borrowed run of bytes: no NUL at its end, perhaps NULs inside, perhaps not
 * UTF-8. Whoever hands one out says how long it lives. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	uint32_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline struct str str_of(const char *s)
{
	return (struct str){ s, (uint32_t)strlen(s) };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool str_is(struct str a, const char *b)
{
	return str_eq(a, str_of(b));
}

static inline bool str_starts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.len >= n && memcmp(a.p, prefix, n) == 0;
}

static inline bool str_ends(struct str a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.len >= n && memcmp(a.p + a.len - n, suffix, n) == 0;
}

/* The position of `needle`, or -1. */
static inline long str_find(struct str a, const char *needle)
{
	const char *at = a.len ? memmem(a.p, a.len, needle, strlen(needle)) : NULL;

	return at ? at - a.p : -1;
}

static inline bool str_has(struct str a, const char *needle)
{
	return str_find(a, needle) >= 0;
}

#endif
