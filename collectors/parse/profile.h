/* parse/profile.h - any pprof profile (heap, allocs, mutex, block, threadcreate, CPU, …) as a table
 * of functions, the way `go tool pprof -top` adds it up. Pure: bytes in, a table out; everything
 * in the profile is hostile, checked and limited, as in pprof.h, whose limits hold. */
#ifndef PARSE_PROFILE_H
#define PARSE_PROFILE_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum { PROFILE_VISITS_MAX = 256 << 20 }; /* frames of all samples, inlined ones included */

/* Kept by whoever reads several, so that its memory is reused. Zeroed is valid. */
struct profile {
	struct arena arena;
	struct profile_sample sample;
	struct profile_work *work; /* private; NULL until the first use */
};

/* On success p->sample is valid until the next call or release. Code without symbols is one site a
 * mapping. -EBADMSG: not a profile, torn or inconsistent; -EFBIG: over a limit; the line says
 * which. */
int profile_read(struct profile *p, const void *body, size_t len, struct err *e);
void profile_release(struct profile *p);

#endif
