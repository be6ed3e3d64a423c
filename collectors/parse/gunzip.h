/* parse/gunzip.h - gzip data, perhaps of several members, into a capped buffer. Keeps its
 * state from one body to the next, so that a steady state allocates nothing. Pure. */
#ifndef PARSE_GUNZIP_H
#define PARSE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum { GUNZIP_RATIO_FROM = 1 << 20 }; /* bytes of output from which the ratio is judged */

struct z_stream_s;
struct libdeflate_decompressor;
struct gunzip {
	size_t ratio_max; /* output per input above which data counts as a bomb; set by the owner */
	struct z_stream_s *z; /* private, as the next; NULL until the first use */
	struct libdeflate_decompressor *whole;
};

bool gunzip_is(const void *data, size_t len);

/* Replaces what is in `out`. -EBADMSG: cut short, damaged, or followed by something else;
 * -EFBIG: more than out->max bytes, or a bomb. */
int gunzip(struct gunzip *g, const void *data, size_t len, struct buf *out, struct err *e);
void gunzip_release(struct gunzip *g);

#endif
