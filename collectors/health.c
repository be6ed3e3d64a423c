/* The health endpoint of a service and how long it takes. Any HTTP status is an answer, 503 most
 * of all; only a 404 means that there is none. Not a source of its own in the contract. */
#include <string.h>

#include "collectors/collector.h"
#include "core/base/clock.h"

enum { EVERY_S = 5, LOOK_AGAIN_S = 60, BODY_MAX = 1 << 20 };

static const char *const paths[] = { "/healthz", "/health", "/-/healthy", "/livez" };
enum { N_PATHS = sizeof(paths) / sizeof(*paths) };

struct health_state {
	struct http_handle *request;
	uint64_t next_ns;
	size_t path;
	bool found;
};

/* A landing page that answers to every path is no health endpoint. */
static bool is_answer(const struct http_reply *r)
{
	return (r->status == 200 && !str_starts(r->content_type, "text/html")) || r->status >= 500;
}

static void health_tick(struct collector *c, uint64_t now_ns);

static void health_done(void *arg, const struct http_reply *r)
{
	struct collector *c = arg;
	struct health_state *s = c->state;
	struct health h = { str_of(paths[s->path]), (int)r->status, r->took_ns };
	struct sample sm = {
		.target = c->site->target,
		.source = SOURCE_COUNT,
		.t_ns = clock_mono_ns(),
		.unix_ns = clock_wall_ns(),
		.state = SOURCE_OK,
		.health = &h,
	};

	s->request = NULL;
	if (is_answer(r) || (s->found && r->status)) {
		s->found = true;
		s->next_ns = sm.t_ns + EVERY_S * NS_PER_S;
		c->sink->push(c->sink, &sm);
		return;
	}
	s->path = (s->path + 1) % N_PATHS;
	s->next_ns = s->path || s->found ? 0 : sm.t_ns + LOOK_AGAIN_S * NS_PER_S;
	if (s->next_ns == 0)
		health_tick(
			c,
			sm.t_ns); /* the next path at once: who asks whether there is one waits */
}

static void health_tick(struct collector *c, uint64_t now_ns)
{
	struct health_state *s = c->state;
	const struct endpoint_base *b = c->site->answered_base;
	char url[300];

	if (s->request || now_ns < s->next_ns || !b || c->site->only != SOURCE_COUNT)
		return;
	snprintf(url, sizeof(url), "%s%s", b->url, paths[s->path]);
	s->request = http_get(c->http, &(struct http_request){
					       .url = url,
					       .unix_path = b->unix_path,
					       .body_max = BODY_MAX,
					       .timeout_ns = c->timeout_ns,
					       .on_done = health_done,
					       .arg = c,
				       });
}

static bool health_busy(const struct collector *c)
{
	const struct health_state *s = c->state;

	return s->request;
}

static void health_close(struct collector *c)
{
	struct health_state *s = c->state;

	http_cancel(s->request);
}

const struct collector_ops health_ops = {
	.name = "health",
	.source = SOURCE_COUNT,
	.state_size = sizeof(struct health_state),
	.tick = health_tick,
	.busy = health_busy,
	.close = health_close,
};
