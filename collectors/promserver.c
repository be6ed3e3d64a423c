#include "collectors/promserver.h"

#include <errno.h>
#include <stdlib.h>

#include "collectors/parse/promql.h"
#include "core/base/clock.h"

enum {
	BODY_MAX = 64 << 20,
	URL_MAX = 32 << 10,
	CLOCK_SLACK_MS = 2000, /* the Date of an answer has whole seconds */
};

bool promserver_busy(const struct promserver *s)
{
	return s->request;
}

void promserver_release(struct promserver *s)
{
	http_cancel(s->request);
	s->request = NULL;
	promapi_release(&s->answer);
}

enum source_state promserver_state(int r)
{
	return r == 0 ? SOURCE_OK : r == -EACCES ? SOURCE_DENIED : SOURCE_FAILED;
}

uint64_t promserver_unix_ns(const struct promserver *s, int64_t t_ms)
{
	return (uint64_t)(t_ms - s->ahead_ms) * NS_PER_MS;
}

uint64_t promserver_mono_ns(const struct promserver *s, int64_t t_ms)
{
	uint64_t now_ns = clock_mono_ns(), wall_ns = clock_wall_ns();
	uint64_t then_ns = promserver_unix_ns(s, t_ms);
	uint64_t ago_ns = wall_ns > then_ns ? wall_ns - then_ns : 0;

	return now_ns > ago_ns ? now_ns - ago_ns : 0;
}

/* ---- an answer ---- */

/* What a server says of its own refusal stands in the page that comes with the status. */
static int explain_refusal(struct promserver *s, const struct http_reply *r, struct err *e)
{
	struct err unused;

	promapi_begin(&s->answer);
	if (promapi_feed(&s->answer, r->error_page.p, r->error_page.len, &unused) < 0)
		return r->error;
	if (promapi_end(&s->answer, e) == -EREMOTEIO)
		return -EREMOTEIO;
	*e = r->why;
	return r->error;
}

static int explain(struct promserver *s, const struct http_reply *r, struct err *e)
{
	*e = r->why;
	if (r->error == -ENOENT)
		return err_set(e, r->error,
			       "no Prometheus HTTP API there: HTTP 404 at %s (a prefix? "
			       "prometheus:http://host:9090/prefix)",
			       s->path);
	if (r->error == -EACCES || r->status < 400 || !r->error_page.len)
		return r->error;
	return explain_refusal(s, r, e);
}

static void take_clock(struct promserver *s, const struct http_reply *r)
{
	int64_t ahead_ms;

	if (!r->date_unix_s)
		return;
	ahead_ms = r->date_unix_s * 1000 + 500 - (int64_t)(clock_wall_ns() / NS_PER_MS);
	s->ahead_ms = llabs(ahead_ms) > CLOCK_SLACK_MS ? ahead_ms : 0;
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct promserver *s = arg;
	struct err why = { 0 };
	int ret;

	s->request = NULL;
	if (r->error) {
		ret = explain(s, r, &why);
	} else {
		take_clock(s, r);
		ret = promapi_end(&s->answer, &why);
	}
	s->on_done(s->arg, ret, &why);
}

static int on_data(void *arg, const char *data, size_t n, struct err *e)
{
	struct promserver *s = arg;
	int r = promapi_feed(&s->answer, data, n, e);

	if (r == 0 && s->on_rows)
		s->on_rows(s->arg);
	return r;
}

void promserver_ask(struct promserver *s, const char *path, const char *const *params)
{
	struct buf url;

	buf_init(&url, URL_MAX);
	promql_url(&url, s->spec->base.url, path, params);
	s->path = path;
	promapi_begin(&s->answer);
	s->request = http_get(s->http, &(struct http_request){
					       .url = buf_str(&url),
					       .unix_path = s->spec->base.unix_path,
					       .accept = "application/json",
					       .body_max = BODY_MAX,
					       .timeout_ns = s->spec->timeout_ns,
					       .want_gzip = true,
					       .on_data = on_data,
					       .on_done = on_done,
					       .arg = s,
				       });
	buf_release(&url);
}
