/* parse/expvar.h - what a service publishes at /debug/vars (package expvar), as a page of metrics:
 *
 *  - memstats under the names that client_golang gives the same numbers, so that core/tables.c
 *    reads them like any metrics page;
 *  - a number or a flag under its name; of a map, the key is the label `name`, deeper names follow
 *    after an underscore: {"circuit_breakers": {"pay": {"state": "open"}}} is
 *    circuit_breakers_state{name="pay",state="open"} 1;
 *  - of texts only the states of breakers.
 *
 * cmdline is never taken: it may hold secrets. Pure: no I/O, no clock. */
#ifndef PARSE_EXPVAR_H
#define PARSE_EXPVAR_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum {
	EXPVAR_SERIES_MAX = 10000, /* the rest is not taken: page.cut */
	EXPVAR_NAME_MAX = 200,	   /* bytes of a name; what is longer is not taken */
};

/* Zeroed is valid. One is kept by each collector, so that its memory is reused. */
struct expvar {
	struct metrics_page page; /* valid until the next expvar_parse */
	size_t n_own;		  /* series that are neither memstats nor the goroutines */
	bool has_memstats;
	bool is_expvar; /* memstats or cmdline are there, as package expvar itself publishes them */

	/* private: */
	struct arena text;
	struct series *series;
	struct label *labels;
	size_t series_cap, labels_cap;
};

/* 0, or -EBADMSG, -EFBIG with the sentence in *e; then the page is empty. */
int expvar_parse(struct expvar *x, const char *body, size_t n, struct err *e);
void expvar_release(struct expvar *x);

#endif
