/* /debug/vars, read sparingly: each reading makes the target call runtime.ReadMemStats, which stops
 * its world. Where a better source tells the same and nothing else is published, not at all. */
#include <errno.h>
#include <stdio.h>

#include "collectors/collector.h"
#include "collectors/endpoint.h"
#include "collectors/parse/expvar.h"
#include "core/base/clock.h"

enum {
	BODY_MAX = 4 << 20,
	EVERY_S = 30,
	MOST_EVERY_S = 3600, /* however small the budget */
	EXACT_EVERY_S = 10,  /* of an address that names this page */
	TOLD_FOR_ROUNDS = 3,
	TOLD_FOR_S = 5, /* and at least: a better source may miss a round */
};

struct expvar_state {
	struct expvar vars;
	uint64_t next_ns;
	uint64_t asked_ns,
		told_ns;     /* last; what failed is asked again when the endpoint sees fit */
	uint32_t generation; /* of the site's bases when last asked */
	uint64_t took_ns;    /* the last answer: what it cost the target at most */
	bool answered;	     /* and what it said is in vars */
	bool spared;	     /* said to be off, as others tell the same */
	char note[ERR_TEXT_MAX];
};

static uint64_t every_ns(const struct collector *c)
{
	const struct expvar_state *s = c->state;
	uint64_t least = c->site->only == SOURCE_EXPVAR ? EXACT_EVERY_S : EVERY_S;
	double by_budget_ns = (double)s->took_ns * 100 / c->budget_pct;

	least *= NS_PER_S;
	if (!(by_budget_ns > (double)least))
		return least;
	return by_budget_ns < MOST_EVERY_S * 1e9 ? (uint64_t)by_budget_ns : MOST_EVERY_S * NS_PER_S;
}

/* The heap is known at no such cost. */
static bool is_told(const struct collector *c, uint64_t now_ns)
{
	uint64_t for_ns = TOLD_FOR_ROUNDS * c->interval_ns;

	if (for_ns < TOLD_FOR_S * NS_PER_S)
		for_ns = TOLD_FOR_S * NS_PER_S;
	return c->site->heap_told_ns && now_ns < c->site->heap_told_ns + for_ns;
}

static void expvar_begin(struct collector *c)
{
	(void)c; /* read whole */
}

static int expvar_end(struct collector *c, const struct http_reply *r, struct err *e)
{
	struct expvar_state *s = c->state;
	int ret = expvar_parse(&s->vars, r->body, r->len, e);

	/* Some services answer any path with JSON of their own. */
	if (ret == 0 && !s->vars.is_expvar && c->site->only != SOURCE_EXPVAR)
		ret = err_set(e, -EBADMSG,
			      "JSON, but not expvar's: no memstats and no cmdline in it");
	s->answered = ret == 0;
	s->took_ns = r->took_ns;
	return ret;
}

static void expvar_fill(struct collector *c, struct sample *sm)
{
	struct expvar_state *s = c->state;
	double every_s = (double)every_ns(c) / 1e9;

	s->told_ns = sm->t_ns;
	snprintf(s->note, sizeof(s->note),
		 "asked each %.0f s only%s: each answer stops the service for a moment "
		 "(runtime.ReadMemStats)%s",
		 every_s, is_told(c, sm->t_ns) ? " for what else is published" : "",
		 s->vars.page.cut ? "; not all variables are taken, they are too many" : "");
	sm->note = str_of(s->note);
	sm->metrics = &s->vars.page;
	sm->every_ns = every_ns(c);
}

static const struct endpoint_spec expvar_spec = {
	.path = "/debug/vars",
	.accept = "application/json,*/*;q=0.1",
	.get_it = "to have it: import _ \"expvar\" and serve http.DefaultServeMux on loopback",
	.body_max = BODY_MAX,
	.begin = expvar_begin,
	.end = expvar_end,
	.fill = expvar_fill,
};

static int expvar_open(struct collector *c, struct err *e)
{
	(void)e;
	c->endpoints = endpoints_new(c, &expvar_spec);
	return 0;
}

/* Asked once it told nothing that others do not tell for nothing. */
static bool may_be_spared(const struct collector *c, uint64_t now_ns)
{
	const struct expvar_state *s = c->state;

	return c->site->only == SOURCE_COUNT && s->answered && s->vars.n_own == 0 &&
	       is_told(c, now_ns);
}

static void push_spared(struct collector *c, uint64_t now_ns)
{
	struct expvar_state *s = c->state;
	struct sample sm = {
		.target = c->site->target,
		.source = SOURCE_EXPVAR,
		.t_ns = now_ns,
		.unix_ns = clock_wall_ns(),
		.state = SOURCE_OFF,
	};

	err_put(&sm.why, "not asked again: it publishes only what memory or metrics tell without "
			 "stopping the service (runtime.ReadMemStats)");
	c->sink->push(c->sink, &sm);
	s->spared = true;
	s->next_ns = now_ns + every_ns(c);
}

static void expvar_tick(struct collector *c, uint64_t now_ns)
{
	struct expvar_state *s = c->state;

	if (s->generation != c->site->bases_generation) { /* a page may be somewhere else now */
		s->generation = c->site->bases_generation;
		s->next_ns = 0;
		s->answered = false;
	}
	if (may_be_spared(c, now_ns)) {
		if (!s->spared || now_ns >= s->next_ns) /* again: it may have failed meanwhile */
			push_spared(c, now_ns);
		return;
	}
	if (now_ns < s->next_ns && !s->spared && s->told_ns >= s->asked_ns)
		return;
	s->spared = false;
	s->asked_ns = now_ns;
	s->next_ns = now_ns + every_ns(c);
	endpoint_collector_tick(c, now_ns);
}

static void expvar_close(struct collector *c)
{
	struct expvar_state *s = c->state;

	endpoints_free(c->endpoints);
	expvar_release(&s->vars);
}

const struct collector_ops expvar_ops = {
	.name = "expvar",
	.source = SOURCE_EXPVAR,
	.state_size = sizeof(struct expvar_state),
	.open = expvar_open,
	.tick = expvar_tick,
	.busy = endpoint_collector_busy,
	.close = expvar_close,
};
