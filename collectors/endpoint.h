/* endpoint.h - one HTTP source of one target, over all the places where it may be: every base of
 * the site is tried, the one that answers is kept, what fails is tried again ever more rarely.
 * At most one request for an address is under way. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "collectors/collector.h"

struct endpoint_set;

/* What a source makes of a body. begin, then feed (as bytes arrive), then end, for one body at a
 * time; feed may be NULL: then end gets the body whole in r. A negative value refuses the body,
 * with the sentence in *e. After a good end, fill puts what was seen into the sample. */
struct endpoint_spec {
	const char *path; /* "/metrics" */
	const char *accept;
	/* What the next request is to accept; NULL: always `accept`. */
	const char *(*accept_now)(const struct collector *c);
	const char *get_it; /* how a service would offer it, for people */
	size_t body_max;
	void (*begin)(struct collector *c);
	void (*type)(struct collector *c, struct str content_type); /* before feed; may be NULL */
	int (*feed)(struct collector *c, const char *data, size_t n, struct err *e);
	int (*end)(struct collector *c, const struct http_reply *r, struct err *e);
	void (*fill)(struct collector *c, struct sample *sm);
	/* What an answer costs the service, in CPU time: with it, it is asked for so rarely that
	 * all answers stay within --budget, and the sample says so. 0, or NULL: at each round. */
	uint64_t (*cost_ns)(const struct collector *c);
};

struct endpoint_set *endpoints_new(struct collector *c, const struct endpoint_spec *spec);
void endpoints_free(struct endpoint_set *s); /* NULL is fine */

/* Where it answered usefully; NULL: nowhere yet. */
const struct endpoint_base *endpoints_chosen(const struct endpoint_set *s);

/* How rarely it is asked for, by cost_ns; 0: at each round. */
uint64_t endpoints_every_ns(const struct endpoint_set *s);

/* The tick and busy of a collector that is one endpoint_set, c->endpoints. */
void endpoint_collector_tick(struct collector *c, uint64_t now_ns);
bool endpoint_collector_busy(const struct collector *c);

#endif
