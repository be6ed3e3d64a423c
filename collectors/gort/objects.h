/* gort/objects.h - circuit breakers and rate limiters in a program's memory, without its help: a
 * scan finds them by their types, and each round reads again what was found. Shown is what the heap
 * holds: one that nobody refers to any more stays until the next collection of the target has swept
 * it. Not found are objects that stand inside others by value on the heap. */
#ifndef GORT_OBJECTS_H
#define GORT_OBJECTS_H

#include "collectors/gort/locate.h"
#include "core/sample.h"

enum { OBJECTS_MAX = 4096 };

struct objects;

/* All borrowed. objects_free; NULL is fine. */
struct objects *objects_new(struct remote *r, const struct layout *l, const struct locations *at,
			    struct image *im);
void objects_free(struct objects *o);

/* Some of a scan, below a millisecond. 1: there is more; 0: the scan is over; -ESRCH, -EPERM;
 * -EAGAIN: the heap changed too much meanwhile; -ENOTSUP: nothing to find, since no library that is
 * known is linked in. */
int objects_step(struct objects *o);

/* Reads the objects of the last whole scan. Borrowed until the next call of either. -ESRCH, -EPERM.
 */
int objects_read(struct objects *o, uint64_t unix_ns, const struct objects_sample **ret);

struct objects_counts {
	uint64_t types;		    /* that are looked for */
	uint64_t spans, bytes;	    /* looked at by the last scan; bytes read */
	uint64_t candidates, found; /* places with the right pointers; those that held */
	uint64_t variables;	    /* bytes of data and bss looked at */
	bool cut;		    /* more than OBJECTS_MAX, or more heap than is looked through */
};
void objects_counts(const struct objects *o, struct objects_counts *ret);

#endif
