/* dump.h - every goroutine's stack as Go prints it (debug=2), once. The target stands still while
 * it writes them, so what that will take is said before. What comes is made harmless on its way. */
#ifndef DUMP_H
#define DUMP_H

#include <stdint.h>
#include <stdio.h>

#include "collectors/endpoint.h"
#include "collectors/http.h"

enum { DUMP_CUT_AT = 64 << 20 }; /* runtime/pprof, writeGoroutineStacks: Go writes no more */

/* "14,302 goroutines: about 14.3M of text; it will stand still for about 0.4s in 5 parts". NAN: not
 * known how many. Returns buf, of n bytes. */
const char *dump_cost(double goroutines, char *buf, size_t n);

struct dump_result {
	int error; /* negative errno, the sentence in why */
	struct err why;
	uint64_t goroutines, bytes, took_ns;
	uint64_t oldest_ns; /* blocked at least so long; 0: none for a minute */
};

struct dump;

/* Asks for it and writes it to out, which stays the caller's. done is called once, unless dump_free
 * comes first; the result lives during the call. */
struct dump *dump_start(struct http *h, const struct endpoint_base *base, FILE *out,
			void (*done)(void *arg, const struct dump_result *r), void *arg);
void dump_free(struct dump *d); /* NULL is fine; not from within done */

/* "14,302 goroutines, the oldest blocked for 41m, in 0.5s", and whether Go cut it. Returns buf. */
const char *dump_summary(const struct dump_result *r, char *buf, size_t n);

#endif
