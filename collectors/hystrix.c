/* A Hystrix stream: one answer that does not end, read as it arrives. Every address is tried, under
 * each of the usual paths; one connection is kept where it speaks, and opened again, ever more
 * rarely, when it ends. What comes in a burst is one sample. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/collector.h"
#include "collectors/parse/hystrix.h"
#include "core/base/clock.h"

enum {
	IDLE_S = 10, /* streams speak each second; some only ping, each 3 s */
	BURST_MS = 20,
	FIRST_WORD_MS = 1200, /* who asks once waits so long for one */
	USUAL_EVERY_S = 1,
	ABSENT_RETRY_S = 30,
	BACKOFF_MAX_S = 30,
	GIVE_UP_AFTER = 3, /* failures in a row before other addresses are tried again */
	BYTES_A_SECOND_MAX = 2 << 20,
	WORK_MS_A_SECOND_MAX = 200, /* that it keeps the loop */
};

static const char *const paths[] = { "/hystrix.stream", "/turbine.stream" };
enum { N_PATHS = sizeof(paths) / sizeof(*paths) };

struct place {
	struct collector *c;
	struct endpoint_base base;
	size_t path;
	enum source_state state; /* SOURCE_WAITING until the first answer */
	struct err why;
	struct http_handle *request; /* NULL: none under way */
	uint64_t opened_ns, line_ns; /* this connection: begun, last whole line */
	uint64_t next_try_ns, backoff_ns;
	uint32_t failures; /* in a row */
};

struct hystrix_state {
	struct hystrix stream;
	struct place at[ENDPOINT_BASES_MAX];
	size_t n;
	struct place *chosen; /* the only one that is read */
	uint32_t generation;
	struct loop_timer burst, first_word;
	bool connected; /* said to the site, of this connection */
	bool ticked;
	uint64_t pushed_ns; /* last good sample; 0: none of this connection */
	uint64_t second_ns; /* start of the second that bytes are counted in */
	size_t second_bytes;
	uint64_t second_work_ns;
	char note[ERR_TEXT_MAX];
};

/* ---- samples ---- */

static void push(struct collector *c, struct sample *sm)
{
	sm->target = c->site->target;
	sm->source = SOURCE_HYSTRIX;
	sm->t_ns = clock_mono_ns();
	sm->unix_ns = clock_wall_ns();
	c->sink->push(c->sink, sm);
}

static void push_why(struct collector *c, enum source_state state, const struct err *why)
{
	struct sample sm = { .state = state, .why = *why };

	if (c->site->over && state == SOURCE_FAILED)
		err_put(&sm.why, "%s; %s", c->site->no_pid.text, why->text);
	push(c, &sm);
}

static bool is_busy(const struct hystrix_state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i].request)
			return true;
	}
	return false;
}

/* Of all addresses the best state counts, once all have told theirs. */
static void push_verdict(struct collector *c)
{
	struct hystrix_state *s = c->state;
	const struct place *best = NULL;
	struct err why;

	for (size_t i = 0; i < s->n; i++) {
		if (!best || s->at[i].state > best->state)
			best = &s->at[i];
	}
	if (!best || best->state == SOURCE_WAITING)
		return;
	why = best->why;
	if (best->state == SOURCE_ABSENT)
		err_put(&why, "%s (to have it: serve hystrix.NewStreamHandler() at %s)",
			best->why.text, paths[0]);
	push_why(c, best->state, &why);
}

static void cancel(struct place *p)
{
	http_cancel(p->request);
	p->request = NULL;
}

static void cancel_others(struct hystrix_state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (&s->at[i] != s->chosen)
			cancel(&s->at[i]);
	}
}

static void say_connected(struct collector *c, struct place *p)
{
	struct hystrix_state *s = c->state;
	struct http_reply r = { 0 };

	if (s->connected)
		return;
	s->connected = true;
	http_connection(p->request, &r);
	if (r.remote_ip[0] || r.peer_pid)
		site_connected(c->site, &r);
	site_answered(c->site, &p->base, &r);
}

/* The events of a burst are all there. */
static void on_burst(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	struct hystrix_state *s = c->state;
	struct place *p = s->chosen;
	struct circuits_sample circuits = hystrix_circuits(&s->stream, now_ns);
	struct sample sm = { .state = SOURCE_OK, .circuits = &circuits };

	if (!p || !p->request)
		return;
	cancel_others(s);
	say_connected(c, p);
	p->state = SOURCE_OK;
	sm.every_ns = USUAL_EVERY_S * NS_PER_S;
	if (s->pushed_ns && now_ns - s->pushed_ns > sm.every_ns)
		sm.every_ns = now_ns - s->pushed_ns;
	snprintf(s->note, sizeof(s->note), "one connection held open, %zu circuits%s", circuits.n,
		 s->stream.cut	   ? "; not all are taken, they are too many"
		 : circuits.n == 0 ? " so far"
				   : "");
	sm.note = str_of(s->note);
	sm.url = str_of(p->base.url);
	s->pushed_ns = now_ns;
	push(c, &sm);
}

/* ---- one connection ---- */

static const char *address_of(const struct place *p)
{
	const char *host = strstr(p->base.url, "://");

	return p->base.unix_path[0] ? p->base.unix_path : host ? host + 3 : p->base.url;
}

static bool too_fast(struct hystrix_state *s, size_t n, uint64_t now_ns)
{
	if (now_ns >= s->second_ns + NS_PER_S) {
		s->second_ns = now_ns;
		s->second_bytes = s->second_work_ns = 0;
	}
	s->second_bytes += n;
	return s->second_bytes > BYTES_A_SECOND_MAX ||
	       s->second_work_ns > WORK_MS_A_SECOND_MAX * NS_PER_MS;
}

static int on_data(void *arg, const char *data, size_t n, struct err *e)
{
	struct place *p = arg;
	struct collector *c = p->c;
	struct hystrix_state *s = c->state;
	uint64_t now_ns = clock_mono_ns(), began_ns;
	size_t lines;
	int r;

	if (s->chosen != p && s->chosen && s->chosen->request)
		return err_set(e, -EALREADY, "another address is read");
	if (s->chosen != p || !p->line_ns) {
		hystrix_begin(&s->stream);
		s->chosen = p;
		s->connected = false;
		s->pushed_ns = 0;
		p->line_ns = p->line_ns ? p->line_ns : p->opened_ns;
	}
	if (too_fast(s, n, now_ns))
		return err_set(e, -EFBIG,
			       "the stream sends more than %d MiB, or %d ms of work, a second; "
			       "refused",
			       BYTES_A_SECOND_MAX >> 20, WORK_MS_A_SECOND_MAX);
	lines = s->stream.n_lines;
	began_ns = clock_mono_ns();
	r = hystrix_feed(&s->stream, data, n, now_ns, e);
	s->second_work_ns += clock_mono_ns() - began_ns;
	if (r < 0)
		return r;
	if (s->stream.n_lines > lines) {
		p->line_ns = now_ns;
		if (!s->burst.at_ns)
			loop_timer_set(c->loop, &s->burst, now_ns + BURST_MS * NS_PER_MS);
	}
	return 0;
}

static enum source_state state_of(int error)
{
	if (error == -ENOENT)
		return SOURCE_ABSENT;
	return error == -EACCES ? SOURCE_DENIED : SOURCE_FAILED;
}

/* Some services answer any path with a page, and an open port need not speak at all. */
static bool is_no_stream(const struct place *p, int error)
{
	const struct hystrix_state *s = p->c->state;

	return (error == -EBADMSG && s->stream.n_lines == 0 && p->c->site->only == SOURCE_COUNT) ||
	       (error == -ETIMEDOUT && !p->line_ns && p->c->site->discovered);
}

static void note_failure(struct place *p, int error, const struct err *why, uint64_t now_ns)
{
	struct hystrix_state *s = p->c->state;

	err_put(&p->why, "%s: %s", address_of(p), why->text);
	p->state = is_no_stream(p, error) ? SOURCE_ABSENT : state_of(error);
	p->next_try_ns = 0;
	if (error == -EALREADY) {
		p->state = SOURCE_WAITING;
		return;
	}
	if (now_ns - p->opened_ns > IDLE_S * NS_PER_S && p->line_ns) /* it had spoken for a while */
		p->failures = p->backoff_ns = 0;
	p->failures++;
	if (s->chosen == p && (p->failures >= GIVE_UP_AFTER || !s->connected))
		s->chosen = NULL;
	if (p->c->site->discovered && (error == -EPROTO || error == -ECONNRESET)) {
		/* A port of another kind: asking again would only fill the service's log. */
		p->state = SOURCE_ABSENT;
		p->next_try_ns = UINT64_MAX;
		return;
	}
	p->backoff_ns = p->backoff_ns ? p->backoff_ns * 2 : NS_PER_S;
	if (p->backoff_ns > BACKOFF_MAX_S * NS_PER_S)
		p->backoff_ns = BACKOFF_MAX_S * NS_PER_S;
	p->next_try_ns =
		now_ns + (p->state == SOURCE_ABSENT ? ABSENT_RETRY_S * NS_PER_S : p->backoff_ns);
}

static void failed(struct place *p, int error, const struct err *why)
{
	struct hystrix_state *s = p->c->state;

	note_failure(p, error, why, clock_mono_ns());
	if (s->chosen == p || !is_busy(s))
		push_verdict(p->c);
}

static void open_stream(struct place *p);

static void on_done(void *arg, const struct http_reply *r)
{
	struct place *p = arg;
	struct hystrix_state *s = p->c->state;
	struct site *site = p->c->site;
	struct err why = r->why;
	int error = r->error;

	if (s->chosen == p && s->burst.at_ns) {
		loop_timer_stop(p->c->loop, &s->burst);
		if (!error) /* it ended, but what it said is whole */
			on_burst(p->c, clock_mono_ns());
	}
	p->request = NULL;
	if (r->remote_ip[0] || r->peer_pid)
		site_connected(site, r);
	if (error == -ENOENT && p->path + 1 < N_PATHS && site->only == SOURCE_COUNT) {
		p->path++;
		open_stream(p);
		return;
	}
	if (!error)
		error = err_set(&why, -EPIPE, "the stream ended");
	else if (error == -ETIMEDOUT && !r->status)
		err_put(&why, "%s (a stream is silent until a first command has run)", r->why.text);
	if (error == -ENOENT)
		p->path = 0;
	failed(p, error, &why);
}

static void open_stream(struct place *p)
{
	struct collector *c = p->c;
	char url[768];

	if (c->site->only != SOURCE_COUNT)
		snprintf(url, sizeof(url), "%s", c->site->exact_url);
	else
		snprintf(url, sizeof(url), "%s%s", p->base.url, paths[p->path]);
	p->opened_ns = clock_mono_ns();
	p->line_ns = 0;
	p->request = http_get(c->http, &(struct http_request){
					       .url = url,
					       .unix_path = p->base.unix_path,
					       .accept = "text/event-stream",
					       .timeout_ns = c->timeout_ns,
					       .idle_ns = IDLE_S * NS_PER_S,
					       .on_data = on_data,
					       .on_done = on_done,
					       .arg = p,
				       });
}

/* Bytes may drip in for ever without making a line. */
static void end_idle(struct place *p, uint64_t now_ns)
{
	uint64_t last_ns = p->line_ns ? p->line_ns : p->opened_ns;
	struct err why;

	if (!p->request || now_ns < last_ns + (IDLE_S + 1) * NS_PER_S)
		return;
	cancel(p);
	failed(p, err_set(&why, -ETIMEDOUT, "no event came for %d s", IDLE_S), &why);
}

/* ---- the bases of the site, which may become known later or change ---- */

static bool has_base(const struct site *site, const struct endpoint_base *b)
{
	for (size_t i = 0; i < site->n_bases; i++) {
		if (strcmp(site->bases[i].url, b->url) == 0 &&
		    strcmp(site->bases[i].unix_path, b->unix_path) == 0)
			return true;
	}
	return false;
}

static void stop(struct collector *c)
{
	struct hystrix_state *s = c->state;

	s->chosen = NULL;
	cancel_others(s);
	loop_timer_stop(c->loop, &s->burst);
	s->n = 0;
}

/* A stream that speaks is not given up because another port was opened. */
static void follow_bases(struct collector *c)
{
	struct hystrix_state *s = c->state;
	const struct site *site = c->site;

	if (s->generation == site->bases_generation ||
	    (s->chosen && has_base(site, &s->chosen->base)))
		return;
	stop(c);
	for (; s->n < site->n_bases; s->n++)
		s->at[s->n] = (struct place){ .c = c,
					      .base = site->bases[s->n],
					      .state = SOURCE_WAITING };
	s->generation = site->bases_generation;
}

static void hystrix_tick(struct collector *c, uint64_t now_ns)
{
	struct hystrix_state *s = c->state;

	if (!s->ticked)
		loop_timer_set(c->loop, &s->first_word, now_ns + FIRST_WORD_MS * NS_PER_MS);
	s->ticked = true;
	follow_bases(c);
	if (s->n == 0) {
		push_why(c, c->site->no_bases_state, &c->site->no_bases);
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct place *p = &s->at[i];

		end_idle(p, now_ns);
		if (!p->request && p->next_try_ns <= now_ns && (!s->chosen || s->chosen == p))
			open_stream(p);
	}
}

/* An open port that says nothing does not keep the others' verdict back. */
static void on_silence(void *arg, uint64_t now_ns)
{
	struct collector *c = arg;
	const struct hystrix_state *s = c->state;

	(void)now_ns;
	if (!s->chosen && is_busy(s))
		push_verdict(c);
}

/* Until the first word: nobody waits for the end of what has none. */
static bool hystrix_busy(const struct collector *c)
{
	const struct hystrix_state *s = c->state;

	return is_busy(s) && !s->pushed_ns && s->first_word.at_ns;
}

static int hystrix_open(struct collector *c, struct err *e)
{
	struct hystrix_state *s = c->state;

	(void)e;
	hystrix_init(&s->stream);
	s->generation = c->site->bases_generation - 1;
	s->burst = (struct loop_timer){ .fn = on_burst, .arg = c };
	s->first_word = (struct loop_timer){ .fn = on_silence, .arg = c };
	return 0;
}

static void hystrix_close(struct collector *c)
{
	struct hystrix_state *s = c->state;

	stop(c);
	loop_timer_stop(c->loop, &s->first_word);
	hystrix_release(&s->stream);
}

const struct collector_ops hystrix_ops = {
	.name = "hystrix",
	.source = SOURCE_HYSTRIX,
	.state_size = sizeof(struct hystrix_state),
	.open = hystrix_open,
	.tick = hystrix_tick,
	.busy = hystrix_busy,
	.stop = stop,
	.close = hystrix_close,
};
