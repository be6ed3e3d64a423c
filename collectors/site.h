/* site.h - what has been found out about where a target is: its process, its addresses. Shared by
 * the target's collectors; attach.c keeps it up to date. */
#ifndef SITE_H
#define SITE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/sample.h"

struct http_reply;

/* Where HTTP of a target may be found. */
struct endpoint_base {
	char url[256];	     /* "http://127.0.0.1:6060", without a slash at its end */
	char unix_path[108]; /* "" for TCP */
};

enum { ENDPOINT_BASES_MAX = 16 };

struct site {
	uint32_t target;      /* index in the model */
	pid_t pid;	      /* 0: not known */
	uint64_t start_ticks; /* of pid: its identity; 0: not known */
	bool local;	      /* it runs on this host */
	bool over;	      /* an address whose process ended, and that has not answered since */
	bool discovered;      /* the bases are ports found open, which may speak anything */
	struct err no_pid;    /* why pid is 0, for people */

	uint64_t goroutines; /* as the memory tier counts them, at no cost to the target; 0: it does
			      * not */
	uint64_t heap_told_ns; /* when memory or a metrics page last told of the heap; 0: never */

	struct endpoint_base bases[ENDPOINT_BASES_MAX];
	size_t n_bases;
	uint32_t bases_generation;		   /* grows when bases change */
	struct err no_bases;			   /* why n_bases is 0 */
	enum source_state no_bases_state;	   /* what that makes of the HTTP sources */
	const struct endpoint_base *answered_base; /* answered usefully last; NULL: none yet */
	enum source only;    /* the one source that an exact address names, else SOURCE_COUNT */
	char exact_url[512]; /* that address */
	bool is_profile;     /* it is one profile, and not of goroutines */
	enum profile_kind profile;
	uint32_t profile_s; /* of a CPU profile: it takes so long */

	/* Set by attach.c: something listens at a base; an endpoint answered usefully; the process
	 * has ended. */
	void (*connected)(struct site *s, const struct http_reply *r);
	void (*answered)(struct site *s, const struct endpoint_base *b, const struct http_reply *r);
	void (*ended)(struct site *s, uint64_t unix_ns);
};

static inline void site_connected(struct site *s, const struct http_reply *r)
{
	if (s->connected)
		s->connected(s, r);
}

static inline void site_answered(struct site *s, const struct endpoint_base *b,
				 const struct http_reply *r)
{
	if (s->answered)
		s->answered(s, b, r);
}

static inline void site_ended(struct site *s, uint64_t unix_ns)
{
	if (s->ended)
		s->ended(s, unix_ns);
}

#endif
