/* Goroutines from /debug/pprof/goroutine?debug=0: groups and labels, without a dump's pauses. */
#include "collectors/parse/pprof.h"
#include "collectors/collector.h"
#include "collectors/endpoint.h"
#include "core/base/clock.h"

enum {
	BODY_MAX = 16 << 20,
	SPARE_FROM_GS = 2000,
	PROFILE_US_A_G = 6, /* of the target's CPU: 0.5 s for 100,000 */
	FREE_PROFILES = 2,  /* a rate needs two, where memory does not tell it */
};

struct pprof_state {
	struct pprof profile;
	uint32_t got;
};

/* Grows with the goroutines. */
static uint64_t pprof_cost_ns(const struct collector *c)
{
	const struct pprof_state *s = c->state;
	uint64_t n = c->site->goroutines;

	if (n == 0 && s->got >= FREE_PROFILES)
		n = s->profile.goroutines.total;
	return n < SPARE_FROM_GS ? 0 : n * PROFILE_US_A_G * NS_PER_US;
}

static void pprof_begin(struct collector *c)
{
	(void)c; /* a profile is read whole: its strings come last */
}

static int pprof_end(struct collector *c, const struct http_reply *r, struct err *e)
{
	struct pprof_state *s = c->state;

	return pprof_goroutines(&s->profile, r->body, r->len, e);
}

static void pprof_fill(struct collector *c, struct sample *sm)
{
	struct pprof_state *s = c->state;

	s->got++;
	sm->goroutines = &s->profile.goroutines;
}

static const struct endpoint_spec pprof_spec = {
	.path = "/debug/pprof/goroutine?debug=0",
	.get_it = "to have it: import _ \"net/http/pprof\" and serve its mux on loopback",
	.body_max = BODY_MAX,
	.begin = pprof_begin,
	.end = pprof_end,
	.fill = pprof_fill,
	.cost_ns = pprof_cost_ns,
};

static int pprof_open(struct collector *c, struct err *e)
{
	(void)e;
	c->endpoints = endpoints_new(c, &pprof_spec);
	return 0;
}

static void pprof_close(struct collector *c)
{
	struct pprof_state *s = c->state;

	endpoints_free(c->endpoints);
	pprof_release(&s->profile);
}

const struct collector_ops pprof_ops = {
	.name = "pprof",
	.source = SOURCE_PPROF,
	.state_size = sizeof(struct pprof_state),
	.open = pprof_open,
	.tick = endpoint_collector_tick,
	.busy = endpoint_collector_busy,
	.close = pprof_close,
};
