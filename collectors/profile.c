/* The one profile that an exact address names: heap, allocs, mutex, block, threadcreate, or a CPU
 * profile of some seconds, which is taken once. */
#include <errno.h>

#include "collectors/collector.h"
#include "collectors/endpoint.h"
#include "collectors/parse/profile.h"
#include "core/base/clock.h"

enum {
	BODY_MAX = 16 << 20,
	DAY_S = 86400,
	EVERY_S = 10, /* again: it changes slowly, and costs some ms */
};

struct profile_state {
	struct profile profile;
	struct profile_answer answer;
	uint64_t taken_ns; /* 0: not yet */
};

static void profile_begin(struct collector *c)
{
	(void)c; /* read whole: its strings come last */
}

static int profile_end(struct collector *c, const struct http_reply *r, struct err *e)
{
	struct profile_state *s = c->state;
	int ret = profile_read(&s->profile, r->body, r->len, e);

	if (ret < 0)
		return ret;
	if (!profile_fits(c->site->profile, s->profile.sample.kind))
		return err_set(e, -EBADMSG, "the answer is a %s profile, not %s",
			       profile_kind_name(s->profile.sample.kind),
			       profile_kind_name(c->site->profile));
	s->taken_ns = clock_mono_ns();
	return 0;
}

static void profile_fill(struct collector *c, struct sample *sm)
{
	struct profile_state *s = c->state;

	s->answer =
		(struct profile_answer){ .kind = c->site->profile, .profile = &s->profile.sample };
	sm->profile = &s->answer;
	sm->every_ns = (c->site->profile == PROFILE_CPU ? DAY_S : EVERY_S) * NS_PER_S;
}

static const struct endpoint_spec profile_spec = {
	.path = "", /* the exact address */
	.get_it = "to have it: import _ \"net/http/pprof\" and serve its mux on loopback",
	.body_max = BODY_MAX,
	.begin = profile_begin,
	.end = profile_end,
	.fill = profile_fill,
};

static int profile_open(struct collector *c, struct err *e)
{
	(void)e;
	c->timeout_ns += c->site->profile_s * NS_PER_S;
	c->endpoints = endpoints_new(c, &profile_spec);
	return 0;
}

static void profile_tick(struct collector *c, uint64_t now_ns)
{
	const struct profile_state *s = c->state;

	if (s->taken_ns &&
	    (c->site->profile == PROFILE_CPU || now_ns < s->taken_ns + EVERY_S * NS_PER_S))
		return;
	endpoint_collector_tick(c, now_ns);
}

static void profile_close(struct collector *c)
{
	struct profile_state *s = c->state;

	endpoints_free(c->endpoints);
	profile_release(&s->profile);
}

const struct collector_ops profile_ops = {
	.name = "profile",
	.source = SOURCE_PPROF,
	.state_size = sizeof(struct profile_state),
	.open = profile_open,
	.tick = profile_tick,
	.busy = endpoint_collector_busy,
	.close = profile_close,
};
