/* gort/tids.h - from the runtime's thread ids to ours: m.procid is the thread's number in the
 * innermost PID namespace that it is in. */
#ifndef GORT_TIDS_H
#define GORT_TIDS_H

#include <sys/types.h>

#include "collectors/gort/map64.h"

struct tids {
	pid_t pid;
	bool known, same; /* whether it is in our namespace, and if so no map is needed */
	bool fresh;	  /* the map was read since tids_moment */
	struct map64 outer;
};

void tids_init(struct tids *t, pid_t pid);
void tids_release(struct tids *t);
void tids_moment(struct tids *t); /* from here on, an unknown one is worth one more look */

/* 0: not known. */
int32_t tids_outer(struct tids *t, uint64_t procid);

#endif
