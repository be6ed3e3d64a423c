/* parse/pprof.h - a pprof profile (profile.proto, perhaps gzipped, perhaps several gzip members)
 * into goroutine groups. Pure: bytes in, groups out; no I/O, no clock. Everything in the
 * profile is hostile: ids, indices, lengths and counts are checked, and limited. */
#ifndef PARSE_PPROF_H
#define PARSE_PPROF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum {
	PPROF_RAW_MAX = 64 << 20, /* bytes after gunzip */
	PPROF_RATIO_MAX = 200, /* gunzip ratio above which a body over 1 MiB is refused as a bomb */
	PPROF_STACK_MAX = 512, /* frames kept of one sample, leaf first */
	PPROF_GROUPS_MAX = 1 << 20,
	PPROF_TABLE_MAX = 1 << 20,  /* strings, functions, locations and lines, each */
	PPROF_FRAMES_MAX = 4 << 20, /* frames of all groups together */
	PPROF_LABELS_MAX = 32,	    /* of one sample */
	PPROF_TYPES_MAX = 16,
	PPROF_LABEL_NAME_MAX = 256, /* bytes */
	PPROF_COUNT_MAX = 1 << 30,  /* goroutines: Go itself cannot have as many */
};

/* One decoder is kept by each collector, so that its memory is reused. Zeroed is valid. */
struct pprof {
	struct arena arena;
	struct goroutines goroutines;
	bool leaks;		 /* it is a /debug/pprof/goroutineleak profile */
	struct pprof_work *work; /* private; NULL until the first use */
};

/* Reads a goroutine profile, or Go 1.26's goroutineleak profile. Samples with the same stack and
 * labels become one group; the state is derived from the leading runtime frames (goroutine_state).
 * On success p->goroutines is valid until the next call or release. -EBADMSG: not a profile, torn
 * or inconsistent; -EFBIG: over a limit; the line says which. */
int pprof_goroutines(struct pprof *p, const void *body, size_t len, struct err *e);
void pprof_release(struct pprof *p);

#endif
