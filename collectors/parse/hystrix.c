#include "collectors/parse/hystrix.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "collectors/parse/jsontree.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/xalloc.h"

struct hystrix_slot {
	char *name;
	uint64_t hash, command_ns, pool_ns; /* of its last events; 0: none */
	struct circuit c;
};

void hystrix_init(struct hystrix *h)
{
	*h = (struct hystrix){ 0 };
	buf_init(&h->line, HYSTRIX_LINE_MAX);
}

void hystrix_release(struct hystrix *h)
{
	for (size_t i = 0; i < h->n_slots; i++)
		free(h->slots[i].name);
	free(h->slots);
	free(h->rows);
	buf_release(&h->line);
	hystrix_init(h);
}

void hystrix_begin(struct hystrix *h)
{
	buf_clear(&h->line);
	h->n_lines = h->n_events = 0;
}

/* ---- one name ---- */

static const struct circuit nothing_said = {
	.n_open = NAN,
	.n_closed = NAN,
	.window_ns = NAN,
	.sleep_ns = NAN,
	.requests = NAN,
	.errors = NAN,
	.error_pct = NAN,
	.successes = NAN,
	.failures = NAN,
	.timeouts = NAN,
	.short_circuited = NAN,
	.p50_ms = NAN,
	.p99_ms = NAN,
	.pool_active = NAN,
	.pool_max = NAN,
};

static bool is_forgotten(const struct hystrix_slot *s, uint64_t now_ns)
{
	uint64_t last_ns = s->command_ns > s->pool_ns ? s->command_ns : s->pool_ns;

	return now_ns > last_ns + HYSTRIX_FORGET_S * NS_PER_S;
}

/* The slot of that name, made when there is none; NULL: there are too many. */
static struct hystrix_slot *slot_of(struct hystrix *h, struct str name, uint64_t now_ns)
{
	uint64_t hash = hash_str(HASH_START, name);
	struct hystrix_slot *s, *old = NULL;

	for (size_t i = 0; i < h->n_slots; i++) {
		s = &h->slots[i];
		if (s->hash == hash && str_is(name, s->name))
			return s;
		if (!old && is_forgotten(s, now_ns))
			old = s;
	}
	if (!old && h->n_slots == HYSTRIX_CIRCUITS_MAX) {
		h->cut = true;
		return NULL;
	}
	if (!old) {
		GROW(h->slots, h->n_slots, h->slots_cap);
		old = &h->slots[h->n_slots++];
		*old = (struct hystrix_slot){ 0 };
	}
	free(old->name);
	*old = (struct hystrix_slot){ .hash = hash, .c = nothing_said };
	old->name = xasprintf("%.*s", (int)name.len, name.p);
	return old;
}

/* ---- one event ---- */

static double num(const cJSON *o, const char *name)
{
	return jsontree_num(jsontree_member(o, name));
}

/* A flag is a boolean, or with a Turbine how many hosts say so: {"true": 1, "false": 2}, or a text.
 */
static void take_flag(const cJSON *v, double *ret_true, double *ret_false)
{
	struct str text = jsontree_text(v);
	double t = num(v, "true"), f = num(v, "false");

	*ret_true = *ret_false = NAN;
	if (cJSON_IsBool(v) || str_is(text, "true") || str_is(text, "false")) {
		*ret_true = cJSON_IsTrue(v) || str_is(text, "true");
		*ret_false = 1 - *ret_true;
	} else if (!isnan(t) || !isnan(f)) {
		*ret_true = isnan(t) ? 0 : t;
		*ret_false = isnan(f) ? 0 : f;
	}
}

static void take_command(struct circuit *c, const cJSON *o)
{
	const cJSON *latency = jsontree_member(o, "latencyExecute");
	double forced, not_forced, hosts = num(o, "reportingHosts");

	take_flag(jsontree_member(o, "isCircuitBreakerOpen"), &c->n_open, &c->n_closed);
	take_flag(jsontree_member(o, "propertyValue_circuitBreakerForceOpen"), &forced,
		  &not_forced);
	c->forced_open = forced > 0;
	c->window_ns = num(o, "propertyValue_metricsRollingStatisticalWindowInMilliseconds") * 1e6;
	c->sleep_ns = num(o, "propertyValue_circuitBreakerSleepWindowInMilliseconds") * 1e6;
	if (hosts > 1) { /* a Turbine adds up settings as well as counts */
		c->window_ns /= hosts;
		c->sleep_ns /= hosts;
	}
	c->requests = num(o, "requestCount");
	c->errors = num(o, "errorCount");
	c->error_pct = num(o, "errorPercentage");
	c->successes = num(o, "rollingCountSuccess");
	c->failures = num(o, "rollingCountFailure");
	c->timeouts = num(o, "rollingCountTimeout");
	c->short_circuited = num(o, "rollingCountShortCircuited");
	c->p50_ms = hosts > 1 ? NAN : num(latency, "50"); /* a sum of percentiles is none */
	c->p99_ms = hosts > 1 ? NAN : num(latency, "99");
}

static void take_event(struct hystrix *h, const cJSON *o, uint64_t now_ns)
{
	struct str type = jsontree_text(jsontree_member(o, "type"));
	struct str name = jsontree_text(jsontree_member(o, "name"));
	bool is_command = str_is(type, "HystrixCommand");
	struct hystrix_slot *s;

	if ((!is_command && !str_is(type, "HystrixThreadPool")) || !name.len ||
	    name.len > HYSTRIX_NAME_MAX)
		return;
	h->n_events++;
	s = slot_of(h, name, now_ns);
	if (!s)
		return;
	if (is_command) {
		take_command(&s->c, o);
		s->command_ns = now_ns;
	} else {
		s->c.pool_active = num(o, "currentActiveCount");
		s->c.pool_max = num(o, "currentPoolSize");
		s->pool_ns = now_ns;
	}
}

/* ---- lines ---- */

static bool is_field(struct str line)
{
	static const char *const fields[] = { "data:", "event:", "id:", "retry:", "ping:" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (str_starts(line, fields[i]))
			return true;
	}
	return line.len == 0 || line.p[0] == ':';
}

static int take_data(struct hystrix *h, struct str json, uint64_t now_ns, struct err *e)
{
	struct err why = { "" };
	int r = 0;
	cJSON *o = jsontree_object(json, &r, &why);

	if (!o)
		return err_set(e, r, "event %zu of the stream: %s", h->n_events + 1, why.text);
	take_event(h, o, now_ns);
	cJSON_Delete(o);
	return 0;
}

static int take_line(struct hystrix *h, uint64_t now_ns, struct err *e)
{
	struct str line = { buf_str(&h->line), (uint32_t)h->line.len };

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	if (!is_field(line))
		return err_set(e, -EBADMSG, "line %zu is of no event stream%s", h->n_lines + 1,
			       line.p[0] == '<'	  ? ": looks like HTML"
			       : line.p[0] == '{' ? ": looks like plain JSON"
						  : "");
	h->n_lines++;
	if (!str_starts(line, "data:") || line.len == 5)
		return 0;
	return take_data(h, (struct str){ line.p + 5, line.len - 5 }, now_ns, e);
}

int hystrix_feed(struct hystrix *h, const char *data, size_t n, uint64_t now_ns, struct err *e)
{
	while (n) {
		const char *nl = memchr(data, '\n', n);
		size_t len = nl ? (size_t)(nl - data) : n;
		int r;

		if (buf_add(&h->line, data, len) < 0)
			return err_set(e, -EFBIG, "a line of the stream is longer than %d kB",
				       HYSTRIX_LINE_MAX >> 10);
		if (!nl)
			return 0;
		r = take_line(h, now_ns, e);
		if (r < 0)
			return r;
		buf_clear(&h->line);
		data = nl + 1;
		n -= len + 1;
	}
	return 0;
}

struct circuits_sample hystrix_circuits(struct hystrix *h, uint64_t now_ns)
{
	struct circuits_sample ret = { 0 };

	for (size_t i = 0; i < h->n_slots; i++) {
		const struct hystrix_slot *s = &h->slots[i];

		if (!s->command_ns || now_ns > s->command_ns + HYSTRIX_FORGET_S * NS_PER_S)
			continue;
		GROW(h->rows, ret.n, h->rows_cap);
		h->rows[ret.n] = s->c;
		h->rows[ret.n++].name = str_of(s->name);
	}
	ret.rows = h->rows;
	return ret;
}
