/* json.h - the model as the JSON contract has it: one object, one line. Field names and units come
 * from core/field.h's tables; what is not known is left out. */
#ifndef JSON_H
#define JSON_H

#include "core/base/buf.h"
#include "core/model.h"

enum { JSON_SCHEMA = 1, JSON_MAX = 1 << 30 };

/* Appends the object and a newline. now_ns is monotonic (ages), unix_ns the stamp. */
void json_model(struct buf *out, const struct model *m, uint64_t now_ns, uint64_t unix_ns);

#endif
