/* base/utf8.h - foreign bytes as characters: decoded strictly, made harmless, measured in columns.
 * What cannot be seen or would steer a terminal has a visible sign in its place. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <uchar.h>

#include "core/base/str.h"

#define UTF8_BAD 0xfffdu

enum { UTF8_MAX = 4 };

/* The next character of *s, which moves on and must not be empty. A broken sequence gives UTF8_BAD
 * for each of its maximal subparts (Unicode 15, section 3.9). */
char32_t utf8_next(struct str *s);

/* c itself, or a visible sign of one column for what is not to reach a screen: control characters,
 * line and paragraph separators, bidi and other invisible format characters, noncharacters. */
char32_t utf8_visible(char32_t c);

/* Columns that a visible character takes: 0 for a combining mark, 1 or 2. */
int utf8_width(char32_t c);

/* Writes c to out, which has UTF8_MAX bytes; returns how many it took. */
size_t utf8_put(char32_t c, char *out);

#endif
