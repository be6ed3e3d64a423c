/* leakprofile.h - the runtime's own proof of leaks (/debug/pprof/goroutineleak: Go 1.27, or 1.26
 * built with GOEXPERIMENT=goroutineleakprofile). It forces a collection and finds goroutines that
 * nothing alive can wake; asked for only when a person wants it. */
#ifndef LEAKPROFILE_H
#define LEAKPROFILE_H

#include "collectors/endpoint.h"

struct leakprofile;

struct leakprofile *leakprofile_new(struct http *h, struct sink *sink, uint32_t target);
void leakprofile_free(struct leakprofile *l); /* NULL is fine */

/* Asks once; the answer, good or bad, is a sample. False: one is under way already. `base` NULL:
 * there is no pprof, which is the answer. */
bool leakprofile_ask(struct leakprofile *l, const struct endpoint_base *base);

#endif
