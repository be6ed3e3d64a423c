/* base/jsonw.h - writes JSON into a buffer as it is told. Of our own since the contract needs what
 * cJSON's printer does not do: whole 64-bit numbers, DEL and C1 escaped, broken UTF-8 as U+FFFD. */
#ifndef BASE_JSONW_H
#define BASE_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/str.h"

struct jsonw {
	struct buf *out;
	bool comma; /* the next value or key needs one before it */
};

/* key NULL: an element of an array, or the whole. */
void jsonw_open(struct jsonw *w, const char *key, char bracket); /* '{' or '[' */
void jsonw_close(struct jsonw *w, char bracket);		 /* '}' or ']' */
void jsonw_str(struct jsonw *w, const char *key, struct str s);
void jsonw_text(struct jsonw *w, const char *key, const char *s); /* NULL: nothing is written */
void jsonw_num(struct jsonw *w, const char *key, double v); /* NAN, infinite: nothing is written */
void jsonw_u64(struct jsonw *w, const char *key, uint64_t v);
void jsonw_bool(struct jsonw *w, const char *key, bool v);

#endif
