/* fleet.h - all services that a Prometheus server scrapes, one target each: found by their `up`
 * series, shown by the metrics that the server has of them. Few questions for all of them together,
 * no oftener than the server itself has something new; a service whose scrapes fail is a target
 * that failed, and says why. */
#ifndef FLEET_H
#define FLEET_H

#include "collectors/promserver.h"

enum { FLEET_SERVICES_MAX = 200 }; /* shown; the rest is counted */

struct fleet;

struct fleet_options {
	struct loop *loop;
	struct http *http;
	struct sink *sink;
	struct promserver_spec server;
	const char *host_port; /* of the server, for sentences; copied */
	uint32_t target;       /* the server's own, for its state */
	uint64_t interval_ns;
	bool oftener; /* the interval was asked for: also below the server's own */
	bool past;    /* charts begin an hour before now */
	/* A service was found: makes it a target, and returns which one; UINT32_MAX: no room. */
	uint32_t (*add)(void *arg, const char *asked, const char *name);
	void *arg;
};

struct fleet *
fleet_new(const struct fleet_options *o); /* the first round is the loop's next turn */
void fleet_free(struct fleet *f);	  /* NULL is fine */
bool fleet_busy(const struct fleet *f);	  /* a round is under way, or the first is due */

#endif
