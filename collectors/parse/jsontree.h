/* parse/jsontree.h - JSON of a stranger into a tree, by libcjson. Depth and number of values are
 * counted before the tree is built, so that a small text cannot ask for much memory. Sentences
 * tell where the text is wrong, never what stands there: it may hold a command line. */
#ifndef PARSE_JSONTREE_H
#define PARSE_JSONTREE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

enum { JSONTREE_DEPTH_MAX = 32, JSONTREE_VALUES_MAX = 1 << 16 };

/* An object, to be freed by cJSON_Delete; else NULL with *ret_error -EBADMSG or -EFBIG and the
 * sentence in *e. */
cJSON *jsontree_object(struct str text, int *ret_error, struct err *e);

/* A member by its exact name; NULL: none, also when `o` is NULL or no object. */
const cJSON *jsontree_member(const cJSON *o, const char *name);

/* A finite number of at least 0; NAN: anything else, NULL too. */
double jsontree_num(const cJSON *v);

struct str jsontree_text(const cJSON *v); /* empty: no string */

#endif
