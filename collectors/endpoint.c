#include "collectors/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	FEED_BYTES = 256 << 10, /* a whole body is fed in pieces of this size */
	ABSENT_RETRY_S = 30,	/* a 404 is not asked again sooner */
	BACKOFF_MAX_S = 10,
	GIVE_UP_AFTER = 3, /* failures in a row before other bases are tried again */
};

struct endpoint {
	struct endpoint_set *set;
	struct endpoint_base base;
	char url[768];
	enum source_state state; /* SOURCE_WAITING until the first answer */
	struct err why;
	struct http_handle *request; /* NULL: none under way */
	uint64_t next_try_ns, backoff_ns;
	uint32_t failures; /* in a row */
	bool typed;	   /* the parser knows what this body is said to be */
};

struct endpoint_set {
	struct collector *c;
	const struct endpoint_spec *spec;
	struct endpoint at[ENDPOINT_BASES_MAX];
	size_t n;
	struct endpoint *chosen; /* answered usefully; the only one asked */
	uint32_t generation;
	uint64_t asked_ns; /* last, wherever */
	char note[128];
};

struct endpoint_set *endpoints_new(struct collector *c, const struct endpoint_spec *spec)
{
	struct endpoint_set *s = xcalloc(1, sizeof(*s));

	s->c = c;
	s->spec = spec;
	s->generation = c->site->bases_generation - 1;
	return s;
}

void endpoints_free(struct endpoint_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		http_cancel(s->at[i].request);
	free(s);
}

const struct endpoint_base *endpoints_chosen(const struct endpoint_set *s)
{
	return s && s->chosen ? &s->chosen->base : NULL;
}

static bool endpoints_busy(const struct endpoint_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].request)
			return true;
	}
	return false;
}

uint64_t endpoints_every_ns(const struct endpoint_set *s)
{
	double budget_pct = s->c->budget_pct;

	if (!s->spec->cost_ns || budget_pct >= 100)
		return 0;
	return (uint64_t)((double)s->spec->cost_ns(s->c) * 100 / budget_pct);
}

/* ---- samples ---- */

static void say_how_often(struct endpoint_set *s, struct sample *sm)
{
	sm->every_ns = endpoints_every_ns(s);
	if (sm->every_ns > s->c->interval_ns)
		snprintf(s->note, sizeof(s->note),
			 "asked for each %.1f s only: an answer costs the service about %.0f ms of "
			 "CPU (--budget)",
			 (double)sm->every_ns / 1e9, (double)s->spec->cost_ns(s->c) / 1e6);
	else
		snprintf(s->note, sizeof(s->note), "asked for at each interval");
	sm->note = str_of(s->note);
}

static void push(struct endpoint_set *s, const struct endpoint *ep, enum source_state state,
		 const struct err *why)
{
	struct sample sm = {
		.target = s->c->site->target,
		.source = s->c->ops->source,
		.t_ns = clock_mono_ns(),
		.unix_ns = clock_wall_ns(),
		.state = state,
		.url = ep ? str_of(ep->base.url) : STR(""),
	};

	if (why)
		sm.why = *why;
	if (s->c->site->over && state == SOURCE_FAILED)
		err_put(&sm.why, "%s; %s", s->c->site->no_pid.text, why ? why->text : "");
	if (state == SOURCE_OK)
		s->spec->fill(s->c, &sm);
	if (state == SOURCE_OK && s->spec->cost_ns)
		say_how_often(s, &sm);
	s->c->sink->push(s->c->sink, &sm);
}

/* Of all bases the best state counts; its reason is the one to show. */
static const struct endpoint *best_of(const struct endpoint_set *s)
{
	const struct endpoint *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (!best || s->at[i].state > best->state)
			best = &s->at[i];
	}
	return best;
}

static void push_verdict(struct endpoint_set *s)
{
	const struct endpoint *ep = best_of(s);
	struct err why = { 0 };

	if (!ep || ep->state == SOURCE_WAITING)
		return;
	if (ep->state == SOURCE_ABSENT && s->spec->get_it)
		err_put(&why, "%s (%s)", ep->why.text, s->spec->get_it);
	else
		why = ep->why;
	push(s, ep, ep->state, &why);
}

/* ---- one answer ---- */

static enum source_state state_of(int error)
{
	if (error == -ENOENT)
		return SOURCE_ABSENT;
	return error == -EACCES ? SOURCE_DENIED : SOURCE_FAILED;
}

static const char *address_of(const struct endpoint *ep)
{
	const char *host = strstr(ep->base.url, "://");

	return ep->base.unix_path[0] ? ep->base.unix_path : host ? host + 3 : ep->base.url;
}

static void note_failure(struct endpoint *ep, int error, const struct err *why, uint64_t now_ns)
{
	uint64_t max_ns = BACKOFF_MAX_S * NS_PER_S;

	err_put(&ep->why, "%s: %s", address_of(ep), why->text);
	ep->state = state_of(error);
	ep->failures++;
	if (ep->set->c->site->discovered && (error == -EPROTO || error == -ECONNRESET)) {
		/* A port of another kind: asking again would only fill the service's log. */
		ep->state = SOURCE_ABSENT;
		ep->next_try_ns = UINT64_MAX;
		return;
	}
	ep->backoff_ns = ep->backoff_ns ? ep->backoff_ns * 2 : ep->set->c->interval_ns;
	if (ep->backoff_ns > max_ns)
		ep->backoff_ns = max_ns;
	ep->next_try_ns =
		now_ns + (ep->state == SOURCE_ABSENT ? ABSENT_RETRY_S * NS_PER_S : ep->backoff_ns);
}

/* A body that came whole while several bases were tried at once. */
static int feed_whole(struct endpoint_set *s, const struct http_reply *r, struct err *e)
{
	int ret = 0;

	s->spec->begin(s->c);
	if (s->spec->type)
		s->spec->type(s->c, r->content_type);
	for (size_t at = 0; s->spec->feed && at < r->len && ret >= 0; at += FEED_BYTES) {
		size_t n = r->len - at < FEED_BYTES ? r->len - at : FEED_BYTES;

		ret = s->spec->feed(s->c, r->body + at, n, e);
	}
	return ret;
}

static int digest(struct endpoint *ep, const struct http_reply *r, struct err *e)
{
	struct endpoint_set *s = ep->set;
	int ret;

	if (r->error) {
		*e = r->why;
		return r->error;
	}
	if (r->body) {
		ret = feed_whole(s, r, e);
		if (ret < 0)
			return ret;
	}
	return s->spec->end(s->c, r, e);
}

/* One base answers: what others would say is not waited for. */
static void cancel_others(struct endpoint_set *s, const struct endpoint *but)
{
	for (size_t i = 0; i < s->n; i++) {
		if (&s->at[i] == but)
			continue;
		http_cancel(s->at[i].request);
		s->at[i].request = NULL;
	}
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct endpoint *ep = arg;
	struct endpoint_set *s = ep->set;
	struct err why = { 0 };
	int ret;

	ep->request = NULL;
	if (r->remote_ip[0] || r->peer_pid)
		site_connected(s->c->site, r);
	ret = digest(ep, r, &why);
	if (ret < 0) {
		note_failure(ep, ret, &why, clock_mono_ns());
		if (s->chosen && ep->failures >= GIVE_UP_AFTER)
			s->chosen = NULL;
		if (s->chosen || !endpoints_busy(s))
			push_verdict(s);
		return;
	}
	ep->state = SOURCE_OK;
	ep->failures = 0;
	ep->backoff_ns = 0;
	ep->next_try_ns = 0;
	s->chosen = ep;
	cancel_others(s, ep);
	site_answered(s->c->site, &ep->base, r);
	push(s, ep, SOURCE_OK, NULL);
}

static int on_data(void *arg, const char *data, size_t n, struct err *e)
{
	struct endpoint *ep = arg;
	const struct endpoint_spec *spec = ep->set->spec;

	if (spec->type && !ep->typed)
		spec->type(ep->set->c, http_content_type(ep->request));
	ep->typed = true;
	return spec->feed(ep->set->c, data, n, e);
}

static void ask(struct endpoint *ep)
{
	struct endpoint_set *s = ep->set;
	/* Only one body at a time can go through the parser as it arrives. */
	bool stream = s->spec->feed && (s->chosen == ep || s->n == 1);
	struct http_request rq = {
		.url = ep->url,
		.unix_path = ep->base.unix_path,
		.accept = s->spec->accept_now ? s->spec->accept_now(s->c) : s->spec->accept,
		.body_max = s->spec->body_max,
		.timeout_ns = s->c->timeout_ns,
		.want_gzip = !s->c->site->local,
		.on_data = stream ? on_data : NULL,
		.on_done = on_done,
		.arg = ep,
	};

	if (stream)
		s->spec->begin(s->c);
	ep->typed = false;
	ep->request = http_get(s->c->http, &rq);
}

/* ---- the bases of the site, which may become known later or change ---- */

static void set_url(struct endpoint_set *s, struct endpoint *ep)
{
	const struct site *site = s->c->site;

	if (site->only != SOURCE_COUNT)
		snprintf(ep->url, sizeof(ep->url), "%s", site->exact_url);
	else
		snprintf(ep->url, sizeof(ep->url), "%s%s", ep->base.url, s->spec->path);
}

static bool same_base(const struct endpoint_base *a, const struct endpoint_base *b)
{
	return strcmp(a->url, b->url) == 0 && strcmp(a->unix_path, b->unix_path) == 0;
}

/* Keeps what is known of a base that stays; its place may change, so nothing may be under way. */
static void follow_bases(struct endpoint_set *s)
{
	const struct site *site = s->c->site;
	struct endpoint old[ENDPOINT_BASES_MAX];
	size_t n_old = s->n;

	if (s->generation == site->bases_generation)
		return;
	for (size_t i = 0; i < n_old; i++) {
		http_cancel(s->at[i].request);
		s->at[i].request = NULL;
	}
	memcpy(old, s->at, sizeof(old));
	s->chosen = NULL;
	s->n = site->n_bases;
	for (size_t i = 0; i < s->n; i++) {
		struct endpoint *ep = &s->at[i];

		*ep = (struct endpoint){ .set = s,
					 .base = site->bases[i],
					 .state = SOURCE_WAITING };
		for (size_t k = 0; k < n_old; k++) {
			if (same_base(&old[k].base, &site->bases[i]))
				*ep = old[k];
		}
		set_url(s, ep);
		if (ep->state == SOURCE_OK && !s->chosen)
			s->chosen = ep;
	}
	s->generation = site->bases_generation;
}

void endpoint_collector_tick(struct collector *c, uint64_t now_ns)
{
	struct endpoint_set *s = c->endpoints;

	follow_bases(s);
	if (s->n == 0) {
		push(s, NULL, s->c->site->no_bases_state, &s->c->site->no_bases);
		return;
	}
	if (now_ns < s->asked_ns + endpoints_every_ns(s))
		return;
	s->asked_ns = now_ns;
	for (size_t i = 0; i < s->n; i++) {
		struct endpoint *ep = &s->at[i];

		if (!ep->request && ep->next_try_ns <= now_ns && (!s->chosen || s->chosen == ep))
			ask(ep);
	}
}

bool endpoint_collector_busy(const struct collector *c)
{
	return c->endpoints && endpoints_busy(c->endpoints);
}
