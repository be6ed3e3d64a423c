/* promserver.h - one server of the Prometheus HTTP API: one question at a time, its answer read as
 * it arrives, and one sentence when it is none. */
#ifndef PROMSERVER_H
#define PROMSERVER_H

#include "collectors/http.h"
#include "collectors/parse/promapi.h"
#include "collectors/site.h"

/* "prometheus:http://host:9090/prefix#job=api" taken apart. */
struct promserver_spec {
	struct endpoint_base base;
	char wanted[256];    /* behind the #: checked by promql_check; "" */
	uint64_t timeout_ns; /* of one question */
};

struct promserver {
	/* Set by the owner: */
	struct http *http;
	const struct promserver_spec *spec;
	/* Rows as they arrive; NULL: none wants them early. Then whether it went well: `r` is 0 or
	 * negative, with the sentence in *why. */
	void (*on_rows)(void *arg);
	void (*on_done)(void *arg, int r, const struct err *why);
	void *arg;

	/* Valid in on_rows and on_done, until the next question. */
	struct promapi answer;
	int64_t ahead_ms; /* its clock before ours; 0 while they agree within the second that an
			   * answer tells */

	/* private: */
	struct http_handle *request;
	const char *path;
};

/* `params` as in promql_url. Nothing may be under way. */
void promserver_ask(struct promserver *s, const char *path, const char *const *params);
bool promserver_busy(const struct promserver *s);
void promserver_release(struct promserver *s); /* cancels what is under way */

/* The server's time as our clocks have it; of the monotonic one, 0: before it began. */
uint64_t promserver_unix_ns(const struct promserver *s, int64_t t_ms);
uint64_t promserver_mono_ns(const struct promserver *s, int64_t t_ms);

/* What a failure makes of the source. */
enum source_state promserver_state(int r);

#endif
