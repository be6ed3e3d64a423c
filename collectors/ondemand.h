/* ondemand.h - what is asked of a target's pprof only when a person wants it: profiles, and the
 * runtime's own proof of leaks (/debug/pprof/goroutineleak: Go 1.27, or 1.26 built with
 * GOEXPERIMENT=goroutineleakprofile). One at a time for a target, bounded in time and size; what
 * failed is not asked again at once, ever later while it fails. */
#ifndef ONDEMAND_H
#define ONDEMAND_H

#include "collectors/endpoint.h"

struct ondemand;

enum { ONDEMAND_CPU_S = 5 }; /* a CPU profile covers so long */

struct ondemand *ondemand_new(struct http *h, struct sink *sink, uint32_t target);
void ondemand_free(struct ondemand *o); /* NULL is fine */

/* Asks once; the answer, good or bad, is a sample. False: one is under way already. `base` NULL:
 * there is no pprof, which is the answer. `kind` is one that has an address of its own. */
bool ondemand_ask(struct ondemand *o, enum profile_kind kind, const struct endpoint_base *base);

#endif
