/* A target's own past: the hour before gmptop came, as the server that --prometheus names has kept
 * it. Which of the server's services the target is, its addresses tell, or the user. Asked for
 * once; its values now come from better sources. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "collectors/collector.h"
#include "collectors/parse/promql.h"
#include "collectors/past.h"
#include "core/base/clock.h"

enum { RETRY_S = 30, QUERY_MAX = 16 << 10, LABEL_MAX = 256 };

#define NEVER_STALE_NS (1000000 * NS_PER_S) /* it was asked for once: its age says nothing */

enum step { STEP_WAIT, STEP_UP, STEP_PAST, STEP_DONE };

struct prometheus_state {
	struct promserver server;
	struct past past;
	enum step step;
	uint64_t next_ns;
	char job[LABEL_MAX], instance[LABEL_MAX];
};

static void push(struct collector *c, enum source_state state, const char *text,
		 const struct past_sample *past)
{
	struct sample sm = {
		.target = c->site->target,
		.source = SOURCE_PROMETHEUS,
		.t_ns = clock_mono_ns(),
		.unix_ns = clock_wall_ns(),
		.state = state,
		.every_ns = NEVER_STALE_NS,
		.past = past,
	};

	if (state == SOURCE_OK)
		sm.note = str_of(text);
	else
		err_put(&sm.why, "%s", text);
	c->sink->push(c->sink, &sm);
}

static void give_up(struct collector *c, enum source_state state, const char *why)
{
	struct prometheus_state *s = c->state;

	s->step = STEP_WAIT;
	s->next_ns = clock_mono_ns() + RETRY_S * NS_PER_S;
	push(c, state, why, NULL);
}

/* ---- which of its services ---- */

/* "host:port" of a base, as Prometheus writes it: always with a port. */
static void instance_of(const struct endpoint_base *b, char *host, size_t n, const char **ret_port)
{
	const char *at = strstr(b->url, "://") + 3;
	size_t len = strcspn(at, "/");
	const char *colon = memrchr(at, ':', len);

	if (colon && memchr(colon, ']', len - (size_t)(colon - at)))
		colon = NULL;
	*ret_port = colon ? colon : b->url[4] == 's' ? ":443" : ":80";
	snprintf(host, n, "%.*s", (int)(colon ? (size_t)(colon - at) : len), at);
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       strncmp(host, "127.", 4) == 0;
}

static void add_instance(struct buf *q, const char *host, const char *port)
{
	struct str digits = { port, (uint32_t)strcspn(port, "/") };

	promql_literal(q, str_of(host));
	promql_literal(q, digits);
	buf_adds(q, "|");
}

/* A service on this host is known by any name of it. */
static void add_instances(const struct collector *c, struct buf *q)
{
	char host[256], here[256] = "";

	gethostname(here, sizeof(here) - 1);
	for (size_t i = 0; i < c->site->n_bases; i++) {
		const struct endpoint_base *b = &c->site->bases[i];
		const char *port;

		if (b->unix_path[0])
			continue;
		instance_of(b, host, sizeof(host), &port);
		add_instance(q, host, port);
		if (!c->site->local && !is_loopback(host))
			continue;
		add_instance(q, "localhost", port);
		add_instance(q, "127.0.0.1", port);
		add_instance(q, "[::1]", port);
		if (here[0])
			add_instance(q, here, port);
	}
	if (q->len)
		q->len--;
}

static void ask_up(struct collector *c)
{
	struct prometheus_state *s = c->state;
	const char *wanted = c->prometheus->wanted;
	struct buf q, instances;

	buf_init(&q, QUERY_MAX);
	buf_init(&instances, QUERY_MAX);
	buf_adds(&q, "up{");
	if (wanted[0]) {
		promql_matchers(&q, wanted);
	} else {
		add_instances(c, &instances);
		buf_addf(&q, "instance=~\"%s\"", buf_str(&instances));
	}
	buf_adds(&q, "}[5m]");
	if (wanted[0] || instances.len) {
		s->step = STEP_UP;
		promserver_ask(&s->server, "/api/v1/query",
			       (const char *[]){ "query", buf_str(&q), NULL });
	} else {
		give_up(c, SOURCE_ABSENT,
			"no address to know it by on the server (name it: --prometheus "
			"URL#instance=HOST:PORT)");
	}
	buf_release(&q);
	buf_release(&instances);
}

static void name_both(const struct promapi *a, const struct promapi_row *x,
		      const struct promapi_row *y, struct err *ret)
{
	struct str jx = promapi_label(a, x, "job"), ix = promapi_label(a, x, "instance");
	struct str jy = promapi_label(a, y, "job"), iy = promapi_label(a, y, "instance");

	err_put(ret,
		"the server has several services like that (%.*s %.*s, %.*s %.*s; name one: "
		"--prometheus URL#job=JOB,instance=HOST:PORT)",
		(int)jx.len, jx.p, (int)ix.len, ix.p, (int)jy.len, jy.p, (int)iy.len, iy.p);
}

static void done_up(struct collector *c)
{
	struct prometheus_state *s = c->state;
	const struct promapi *a = &s->server.answer;
	struct str job, instance;
	struct err why;
	struct buf q;

	if (a->n_rows == 0) {
		give_up(c, SOURCE_ABSENT,
			"the server scrapes no service of that address (name it: --prometheus "
			"URL#instance=HOST:PORT)");
		return;
	}
	job = promapi_label(a, &a->rows[0], "job");
	instance = promapi_label(a, &a->rows[0], "instance");
	for (size_t i = 1; i < a->n_rows; i++) {
		if (str_eq(promapi_label(a, &a->rows[i], "job"), job) &&
		    str_eq(promapi_label(a, &a->rows[i], "instance"), instance))
			continue;
		name_both(a, &a->rows[0], &a->rows[i], &why);
		give_up(c, SOURCE_ABSENT, why.text);
		return;
	}
	snprintf(s->job, sizeof(s->job), "%.*s", (int)job.len, job.p);
	snprintf(s->instance, sizeof(s->instance), "%.*s", (int)instance.len, instance.p);
	buf_init(&q, QUERY_MAX);
	promql_equal(&q, "job", str_of(s->job));
	buf_adds(&q, ",");
	promql_equal(&q, "instance", str_of(s->instance));
	s->step = STEP_PAST;
	past_ask(&s->past, &s->server, buf_str(&q));
	buf_release(&q);
}

/* ---- its past ---- */

/* The labels that all rows share are the server's: a metric's own differ from row to row, or are
 * few. Here only job and instance must go, and what every row has. */
static size_t shared_labels(const struct promapi *a, struct label *ret, size_t max)
{
	const struct promapi_row *first = &a->rows[0];
	size_t n = 0;

	for (uint32_t i = 0; i < first->n_labels && n < max; i++) {
		const struct label *l = &a->labels[first->label + i];
		bool all = true;

		for (size_t k = 1; k < a->n_rows && all; k++) {
			const struct promapi_row *r = &a->rows[k];
			bool has = false;

			for (uint32_t j = 0; j < r->n_labels && !has; j++)
				has = str_eq(a->labels[r->label + j].name, l->name) &&
				      str_eq(a->labels[r->label + j].value, l->value);
			all = has;
		}
		if (all)
			ret[n++] = *l;
	}
	return n;
}

static void done_past(struct collector *c)
{
	enum { ROWS_MAX = 256, ADDED_MAX = 64 };
	struct prometheus_state *s = c->state;
	const struct promapi *a = &s->server.answer;
	uint32_t order[ROWS_MAX];
	struct label added[ADDED_MAX];
	struct promapi_page_rows rows = { .answer = a, .rows = order, .added = added };
	struct past_sample p;
	char note[ERR_TEXT_MAX];

	for (; rows.n < a->n_rows && rows.n < ROWS_MAX; rows.n++)
		order[rows.n] = (uint32_t)rows.n;
	if (rows.n)
		rows.n_added = shared_labels(a, added, ADDED_MAX);
	if (!past_fill(&s->past, &s->server, &rows, &p)) {
		give_up(c, SOURCE_ABSENT,
			"the server has nothing of it that is charted (goroutines, heap, RSS, "
			"CPU)");
		return;
	}
	s->step = STEP_DONE;
	snprintf(note, sizeof(note),
		 "the dim part of the charts: the hour before, as job %.100s instance %.100s",
		 s->job, s->instance);
	push(c, SOURCE_OK, note, &p);
}

static void on_done(void *arg, int r, const struct err *why)
{
	struct collector *c = arg;
	struct prometheus_state *s = c->state;

	if (r < 0)
		give_up(c, promserver_state(r), why->text);
	else if (s->step == STEP_UP)
		done_up(c);
	else
		done_past(c);
}

/* ---- collector ---- */

static int prometheus_open(struct collector *c, struct err *e)
{
	struct prometheus_state *s = c->state;

	(void)e;
	s->server.http = c->http;
	s->server.spec = c->prometheus;
	s->server.on_done = on_done;
	s->server.arg = c;
	return 0;
}

static void prometheus_tick(struct collector *c, uint64_t now_ns)
{
	struct prometheus_state *s = c->state;

	if (s->step == STEP_WAIT && now_ns >= s->next_ns)
		ask_up(c);
}

static bool prometheus_busy(const struct collector *c)
{
	const struct prometheus_state *s = c->state;

	return promserver_busy(&s->server);
}

static void prometheus_close(struct collector *c)
{
	struct prometheus_state *s = c->state;

	promserver_release(&s->server);
}

const struct collector_ops prometheus_ops = {
	.name = "prometheus",
	.source = SOURCE_PROMETHEUS,
	.state_size = sizeof(struct prometheus_state),
	.open = prometheus_open,
	.tick = prometheus_tick,
	.busy = prometheus_busy,
	.close = prometheus_close,
};
