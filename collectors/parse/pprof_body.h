/* parse/pprof_body.h - the body of an answer or a file as a raw profile: gunzipped where it is
 * gzipped, and named where it is something else. Private to pprof.c and profile.c. */
#ifndef PARSE_PPROF_BODY_H
#define PARSE_PPROF_BODY_H

#include "collectors/parse/gunzip.h"
#include "collectors/parse/proto.h"
#include "core/base/str.h"

struct pprof_body {
	struct gunzip gunzip;
	struct buf raw;
};

void pprof_body_init(struct pprof_body *b);
void pprof_body_release(struct pprof_body *b);

/* *ret is valid until the next call. -EBADMSG: empty, or damaged gzip; -EFBIG. */
int pprof_body_open(struct pprof_body *b, struct str body, struct proto *ret, struct err *e);

/* Replaces what a decoder said (`r`) of a text by what the text is; returns r. */
int pprof_body_name(const struct pprof_body *b, int r, struct err *e);

#endif
