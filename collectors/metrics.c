/* A metrics page, read as it arrives, in the format that costs the service least. */
#include <errno.h>

#include "collectors/collector.h"
#include "collectors/endpoint.h"
#include "collectors/parse/prombody.h"

enum {
	BODY_MAX = 64 << 20,
	PAGE_NS_A_BYTE = 10, /* of the service's CPU: to gather and to write it */
	FREE_PAGES = 2,	     /* a rate needs two */
};

/* Text first: for a following page it costs us the least (docs/performance.md) and no server makes
 * it at a higher price, and what the others have over it are exemplars, which nothing shows, and
 * _created, without which a restart is seen by counters that fall. Only a native histogram is lost
 * in text: where one seems to be, protobuf goes first (has_bare_histogram).
 * Names as they are (escaping) are offered with 0.0.4 too, which is all that client_golang knows of
 * text, and OpenMetrics 0.0.1 for those that know no 1.0.0 (prometheus/common up to 0.39). A server
 * that minds no q takes the first, and any of them is read. */
#define ACCEPT_TEXT "text/plain;version=0.0.4;escaping=allow-utf-8"
#define ACCEPT_REST                                                              \
	"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.7,"                   \
	"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," \
	"application/openmetrics-text;version=0.0.1;q=0.5,"
#define ACCEPT_PROTO                                                                        \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=" \
	"delimited;escaping=allow-utf-8"
#define ANY "*/*;q=0.1"

struct metrics_state {
	struct prombody body;
	/* Only protobuf has native histograms. In text all that is left of one is its +Inf bucket,
	 * so it is asked for when such a one is seen, and not again when it had none. */
	enum { PROTO_NOT_ASKED, PROTO_ASKED, PROTO_OF_NO_USE } proto;
	uint64_t layout;	    /* looked through for such ones */
	uint64_t bytes, page_bytes; /* of the page that comes, of the last one */
	uint32_t got;
};

/* Grows with the page: one of 10 MB takes it a tenth of a second. */
static uint64_t metrics_cost_ns(const struct collector *c)
{
	const struct metrics_state *s = c->state;

	return s->got < FREE_PAGES ? 0 : s->page_bytes * PAGE_NS_A_BYTE;
}

static const char *metrics_accept(const struct collector *c)
{
	const struct metrics_state *s = c->state;

	return s->proto == PROTO_ASKED ? ACCEPT_PROTO "," ACCEPT_TEXT ";q=0.8," ACCEPT_REST ANY
				       : ACCEPT_TEXT "," ACCEPT_REST ACCEPT_PROTO ";q=0.3," ANY;
}

static void metrics_begin(struct collector *c)
{
	struct metrics_state *s = c->state;

	s->bytes = 0;
	prombody_begin(&s->body);
}

static void metrics_type(struct collector *c, struct str content_type)
{
	struct metrics_state *s = c->state;

	prombody_type(&s->body, content_type);
}

static int metrics_feed(struct collector *c, const char *data, size_t n, struct err *e)
{
	struct metrics_state *s = c->state;

	s->bytes += n;
	return prombody_feed(&s->body, data, n, e);
}

/* Whether a histogram has no bucket but +Inf. A family's series stand together. */
static bool has_bare_histogram(const struct metrics_page *p)
{
	uint32_t family = UINT32_MAX;
	bool bare = false;

	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *se = &p->series[i];

		if (p->families[se->family].type != METRIC_HISTOGRAM)
			continue;
		if (se->family != family && bare)
			return true;
		if (se->family != family)
			bare = str_ends(se->name, "_bucket");
		family = se->family;
		if (bare && str_ends(se->name, "_bucket"))
			bare = str_is(series_label(p, se, "le"), "+Inf");
	}
	return bare;
}

static void decide_format(struct metrics_state *s)
{
	if (s->proto == PROTO_ASKED && !s->body.has_native)
		s->proto = PROTO_OF_NO_USE;
	if (s->proto != PROTO_NOT_ASKED || s->layout == s->body.page->layout)
		return;
	s->layout = s->body.page->layout;
	if (!s->body.is_proto && has_bare_histogram(s->body.page))
		s->proto = PROTO_ASKED;
}

static int metrics_end(struct collector *c, const struct http_reply *r, struct err *e)
{
	struct metrics_state *s = c->state;
	int ret = prombody_end(&s->body, e);

	(void)r;
	if (ret == 0)
		decide_format(s);
	else if (s->proto == PROTO_ASKED)
		s->proto = PROTO_OF_NO_USE; /* whatever is wrong with it, text was fine */
	return ret;
}

/* As every client_golang page does; some pages have no collector of the Go runtime. */
static bool tells_heap(const struct metrics_page *p)
{
	for (size_t i = 0; i < p->n_families; i++) {
		if (str_is(p->families[i].name, "go_memstats_heap_alloc_bytes") ||
		    str_is(p->families[i].name, "go_memory_classes_heap_objects_bytes"))
			return true;
	}
	return false;
}

static void metrics_fill(struct collector *c, struct sample *sm)
{
	struct metrics_state *s = c->state;

	s->got++;
	s->page_bytes = s->bytes;
	sm->metrics = s->body.page;
	if (tells_heap(sm->metrics))
		c->site->heap_told_ns = sm->t_ns + endpoints_every_ns(c->endpoints);
}

static const struct endpoint_spec metrics_spec = {
	.path = "/metrics",
	.accept_now = metrics_accept,
	.get_it = "to have it: serve promhttp.Handler() at /metrics",
	.body_max = BODY_MAX,
	.begin = metrics_begin,
	.type = metrics_type,
	.feed = metrics_feed,
	.end = metrics_end,
	.fill = metrics_fill,
	.cost_ns = metrics_cost_ns,
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
	prombody_release(&s->body);
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
