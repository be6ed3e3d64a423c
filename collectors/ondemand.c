#include "collectors/ondemand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/pprof.h"
#include "collectors/parse/profile.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	BODY_MAX = 16 << 20,
	BACKOFF_MIN_S = 5,
	BACKOFF_MAX_S = 60,
	BUSY_STATUS = 500, /* net/http/pprof when the target's CPU is being profiled already */
};

static const struct {
	const char *path;
	uint32_t timeout_s;
} asks[PROFILE_KINDS] = {
	[PROFILE_CPU] = { "/debug/pprof/profile?seconds=5", ONDEMAND_CPU_S + 15 },
	[PROFILE_HEAP] = { "/debug/pprof/heap?debug=0", 15 },
	[PROFILE_ALLOCS] = { "/debug/pprof/allocs?debug=0", 15 },
	[PROFILE_MUTEX] = { "/debug/pprof/mutex?debug=0", 15 },
	[PROFILE_BLOCK] = { "/debug/pprof/block?debug=0", 15 },
	[PROFILE_THREADCREATE] = { "/debug/pprof/threadcreate?debug=0", 15 },
	/* A collection of a large heap comes first. */
	[PROFILE_LEAKS] = { "/debug/pprof/goroutineleak?debug=0", 30 },
};

struct ondemand {
	struct http *http;
	struct sink *sink;
	uint32_t target;
	struct http_handle *request; /* NULL: none under way */
	enum profile_kind kind;	     /* of the request */
	struct pprof goroutines;
	struct profile profile;
	struct {
		uint64_t not_before_ns, wait_ns; /* 0: the last went well */
	} backoff[PROFILE_KINDS];
};

struct ondemand *ondemand_new(struct http *h, struct sink *sink, uint32_t target)
{
	struct ondemand *o = xcalloc(1, sizeof(*o));

	o->http = h;
	o->sink = sink;
	o->target = target;
	return o;
}

void ondemand_free(struct ondemand *o)
{
	if (!o)
		return;
	http_cancel(o->request);
	pprof_release(&o->goroutines);
	profile_release(&o->profile);
	free(o);
}

/* ---- answers ---- */

static void push(struct ondemand *o, struct sample *sm)
{
	sm->target = o->target;
	sm->source = SOURCE_COUNT; /* the state of no source: it was asked for this once */
	sm->t_ns = clock_mono_ns();
	sm->unix_ns = clock_wall_ns();
	sm->state = SOURCE_OK;
	o->sink->push(o->sink, sm);
}

static void answer(struct ondemand *o, enum profile_kind kind, const struct err *why)
{
	struct leak_profile_sample leaks = { 0 };
	struct profile_answer profile = { .kind = kind };
	struct sample sm = { 0 };

	if (kind == PROFILE_LEAKS) {
		leaks.leaked = why ? NULL : &o->goroutines.goroutines;
		if (why)
			leaks.why = *why;
		sm.leak_profile = &leaks;
	} else {
		profile.profile = why ? NULL : &o->profile.sample;
		if (why)
			profile.why = *why;
		sm.profile = &profile;
	}
	push(o, &sm);
}

/* A body may be of another kind than was asked for: a proxy, a handler of one's own. */
static int digest(struct ondemand *o, const struct http_reply *r, struct err *e)
{
	const struct profile_sample *p = &o->profile.sample;
	int ret;

	if (r->status == 404 && o->kind == PROFILE_LEAKS)
		return err_set(e, -ENOENT,
			       "this service has no goroutineleak profile (it needs Go 1.27, or "
			       "1.26 built with GOEXPERIMENT=goroutineleakprofile)");
	if (r->status == BUSY_STATUS && o->kind == PROFILE_CPU)
		return err_set(e, -EBUSY,
			       "HTTP 500: another CPU profile is being taken (try again when it "
			       "has ended)");
	if (r->error < 0) {
		*e = r->why;
		return r->error;
	}
	if (o->kind == PROFILE_LEAKS)
		return pprof_goroutines(&o->goroutines, r->body, r->len, e);
	ret = profile_read(&o->profile, r->body, r->len, e);
	if (ret < 0 || profile_fits(o->kind, p->kind))
		return ret;
	return err_set(e, -EBADMSG, "the answer is a %s profile, not %s",
		       profile_kind_name(p->kind), profile_kind_name(o->kind));
}

static void back_off(struct ondemand *o, enum profile_kind kind)
{
	uint64_t *wait_ns = &o->backoff[kind].wait_ns;

	*wait_ns = *wait_ns ? *wait_ns * 2 : BACKOFF_MIN_S * NS_PER_S;
	if (*wait_ns > BACKOFF_MAX_S * NS_PER_S)
		*wait_ns = BACKOFF_MAX_S * NS_PER_S;
	o->backoff[kind].not_before_ns = clock_mono_ns() + *wait_ns;
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct ondemand *o = arg;
	struct err why = { 0 };

	o->request = NULL;
	if (digest(o, r, &why) < 0) {
		back_off(o, o->kind);
		answer(o, o->kind, &why);
		return;
	}
	o->backoff[o->kind].wait_ns = o->backoff[o->kind].not_before_ns = 0;
	answer(o, o->kind, NULL);
}

/* ---- questions ---- */

bool ondemand_ask(struct ondemand *o, enum profile_kind kind, const struct endpoint_base *base)
{
	uint64_t now_ns = clock_mono_ns(), not_before_ns = o->backoff[kind].not_before_ns;
	struct err why = { 0 };
	char url[512];

	if (o->request)
		return false;
	if (!base || !asks[kind].path) {
		err_put(&why, "no pprof to ask: import _ \"net/http/pprof\" and serve its mux on "
			      "loopback");
		answer(o, kind, &why);
		return true;
	}
	if (now_ns < not_before_ns) {
		err_put(&why, "it failed a moment ago; asked again in %llu s at the soonest",
			(not_before_ns - now_ns) / NS_PER_S + 1);
		answer(o, kind, &why);
		return true;
	}
	snprintf(url, sizeof(url), "%s%s", base->url, asks[kind].path);
	o->kind = kind;
	o->request = http_get(o->http, &(struct http_request){
					       .url = url,
					       .unix_path = base->unix_path,
					       .body_max = BODY_MAX,
					       .timeout_ns = asks[kind].timeout_s * NS_PER_S,
					       .on_done = on_done,
					       .arg = o,
				       });
	return true;
}
