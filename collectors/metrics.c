/* A Prometheus text page, read as it arrives. */
#include <errno.h>

#include "collectors/collector.h"
#include "collectors/endpoint.h"
#include "collectors/parse/promtext.h"

enum { BODY_MAX = 64 << 20 };

struct metrics_state {
	struct promtext text;
};

static void metrics_begin(struct collector *c)
{
	struct metrics_state *s = c->state;

	promtext_begin(&s->text);
}

static int metrics_feed(struct collector *c, const char *data, size_t n, struct err *e)
{
	struct metrics_state *s = c->state;

	int r = promtext_feed(&s->text, data, n, e);

	if (r == 0 && s->text.page.cut) /* half a page would pass for the whole */
		r = err_set(e, -EFBIG, "too many series on the page (over %d); refused",
			    PROMTEXT_SERIES_MAX);
	return r;
}

static int metrics_end(struct collector *c, const struct http_reply *r, struct err *e)
{
	struct metrics_state *s = c->state;

	(void)r;
	return promtext_end(&s->text, e);
}

static void metrics_fill(struct collector *c, struct sample *sm)
{
	struct metrics_state *s = c->state;

	sm->metrics = &s->text.page;
}

static const struct endpoint_spec metrics_spec = {
	.path = "/metrics",
	.accept = "text/plain;version=0.0.4;q=1,*/*;q=0.1",
	.get_it = "to have it: serve promhttp.Handler() at /metrics",
	.body_max = BODY_MAX,
	.begin = metrics_begin,
	.feed = metrics_feed,
	.end = metrics_end,
	.fill = metrics_fill,
};

static int metrics_open(struct collector *c, struct err *e)
{
	(void)e;
	c->endpoints = endpoints_new(c, &metrics_spec);
	return 0;
}

static void metrics_close(struct collector *c)
{
	struct metrics_state *s = c->state;

	endpoints_free(c->endpoints);
	promtext_release(&s->text);
}

const struct collector_ops metrics_ops = {
	.name = "metrics",
	.source = SOURCE_METRICS,
	.state_size = sizeof(struct metrics_state),
	.open = metrics_open,
	.tick = endpoint_collector_tick,
	.busy = endpoint_collector_busy,
	.close = metrics_close,
};
