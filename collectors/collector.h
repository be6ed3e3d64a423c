/* collector.h - the interface of every source of truth. A collector looks at one target and
 * pushes samples into a sink; it holds no opinion and knows no screen. Nothing in it blocks:
 * tick starts a round or takes a slice of one, HTTP answers come through the loop. */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include <stdint.h>

#include "collectors/http.h"
#include "collectors/loop.h"
#include "collectors/site.h"
#include "core/sample.h"

struct collector;
struct promserver_spec;

struct collector_ops {
	const char *name;
	enum source source; /* SOURCE_COUNT: what it sees is not a source of the contract */
	size_t state_size;  /* zeroed bytes at c->state */
	int (*open)(struct collector *c, struct err *e);    /* 0 or -errno; NULL: nothing to open */
	void (*tick)(struct collector *c, uint64_t now_ns); /* one round is due */
	bool (*busy)(const struct collector *c);	    /* a round is under way; NULL: never */
	/* The target has ended: what is under way would tell of it too late. NULL: nothing is. */
	void (*stop)(struct collector *c);
	void (*close)(struct collector *c); /* accepts a half-open collector */
};

struct collector {
	const struct collector_ops *ops;
	struct loop *loop;
	struct http *http;
	struct sink *sink;
	struct site *site;
	uint64_t interval_ns, timeout_ns;
	double budget_pct; /* what probing may cost; 100: never slower for its sake */
	const struct promserver_spec *prometheus; /* --prometheus; NULL: none is named */
	struct endpoint_set *endpoints;		  /* of an HTTP source; NULL for others */
	void *state;
};

extern const struct collector_ops proc_ops, memory_ops, pprof_ops, metrics_ops, expvar_ops,
	hystrix_ops, health_ops, profile_ops, prometheus_ops;

#endif
