/* gort/sweep.h - looks at every goroutine, a batch at a time: the structures of a few hundred, the
 * stacks of those that have changed, and these structures once more, so that what moved meanwhile
 * is known. What was torn is read a second time; what is torn again counts as unknown. */
#ifndef GORT_SWEEP_H
#define GORT_SWEEP_H

#include "collectors/gort/code.h"
#include "collectors/gort/locate.h"
#include "collectors/gort/remote.h"

struct sweep;

struct sweep_target {
	struct remote *remote; /* all borrowed */
	const struct layout *layout;
	const struct locations *locations;
	const struct code *code;
	const struct str *wait_reasons; /* by number; an empty one has no word */
	size_t n_wait_reasons;
};

struct sweep_counts {
	uint64_t goroutines; /* as runtime.NumGoroutine */
	uint64_t unknown;    /* counted by their start function: no stack, and not running */
	uint64_t torn;	     /* readings thrown away */
	uint64_t bad_pc, cut, stacks_read, stacks_kept, labels_failed;
};

struct sweep *sweep_new(const struct sweep_target *t); /* sweep_free; NULL is fine */
void sweep_free(struct sweep *s);

/* Some work: 0.1 ms where little is new, a millisecond or two where all is. 1: there is more; 0:
 * the sweep is over and sweep_goroutines is new; -ESRCH, -EPERM; -EAGAIN: what stands there cannot
 * be, so the process is another one or this reading was torn. */
int sweep_step(struct sweep *s, uint64_t now_ns);

/* Of the last whole sweep; NULL before the first, and while one runs that had to forget it. */
const struct goroutines *sweep_goroutines(const struct sweep *s);
void sweep_counts(const struct sweep *s, struct sweep_counts *ret);

#endif
