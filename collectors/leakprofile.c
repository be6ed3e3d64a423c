#include "collectors/leakprofile.h"

#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/pprof.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	BODY_MAX = 16 << 20,
	TIMEOUT_S = 30, /* a collection of a large heap comes first */
};

struct leakprofile {
	struct http *http;
	struct sink *sink;
	uint32_t target;
	struct http_handle *request; /* NULL: none under way */
	struct pprof profile;
};

struct leakprofile *leakprofile_new(struct http *h, struct sink *sink, uint32_t target)
{
	struct leakprofile *l = xcalloc(1, sizeof(*l));

	l->http = h;
	l->sink = sink;
	l->target = target;
	return l;
}

void leakprofile_free(struct leakprofile *l)
{
	if (!l)
		return;
	http_cancel(l->request);
	pprof_release(&l->profile);
	free(l);
}

static void answer(struct leakprofile *l, const struct leak_profile_sample *p)
{
	struct sample sm = {
		.target = l->target,
		.source = SOURCE_COUNT, /* the state of no source: it was asked for this once */
		.t_ns = clock_mono_ns(),
		.unix_ns = clock_wall_ns(),
		.state = SOURCE_OK,
		.leak_profile = p,
	};

	l->sink->push(l->sink, &sm);
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct leakprofile *l = arg;
	struct leak_profile_sample p = { 0 };

	l->request = NULL;
	if (r->status == 404)
		err_put(&p.why,
			"this service has no goroutineleak profile (it needs Go 1.27, or 1.26 "
			"built with GOEXPERIMENT=goroutineleakprofile)");
	else if (r->error < 0)
		p.why = r->why;
	else if (pprof_goroutines(&l->profile, r->body, r->len, &p.why) == 0)
		p.leaked = &l->profile.goroutines;
	answer(l, &p);
}

bool leakprofile_ask(struct leakprofile *l, const struct endpoint_base *base)
{
	struct leak_profile_sample none = { 0 };
	char url[512];

	if (l->request)
		return false;
	if (!base) {
		err_put(&none.why,
			"no pprof to ask: import _ \"net/http/pprof\" and serve its mux on "
			"loopback");
		answer(l, &none);
		return true;
	}
	snprintf(url, sizeof(url), "%s/debug/pprof/goroutineleak?debug=0", base->url);
	l->request = http_get(l->http, &(struct http_request){
					       .url = url,
					       .unix_path = base->unix_path,
					       .body_max = BODY_MAX,
					       .timeout_ns = TIMEOUT_S * NS_PER_S,
					       .on_done = on_done,
					       .arg = l,
				       });
	return true;
}
