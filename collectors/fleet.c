#include "collectors/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/promql.h"
#include "collectors/past.h"
#include "collectors/promhelps.h"
#include "collectors/services.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	FIRST_WINDOW_S = 300, /* of `up`: as long as Prometheus itself holds a sample for fresh */
	UNKNOWN_WINDOW_S = 60,
	TARGETS_EVERY_S = 30,
	ASK_AT_ONCE = 64, /* services in one question, at first and at most */
	ROWS_WANTED = 20000,
	MATCHERS_MAX = 3000, /* bytes: an address of 8 kB passes every proxy */
	QUERY_MAX = 16 << 10,
	SLICE_MS = 2,
	BACKOFF_MAX_S = 10,
	REST = 20, /* a server that took a second for a round is left alone for so many */
};

enum step { STEP_IDLE, STEP_UP, STEP_TARGETS, STEP_PAGES, STEP_PAST };

struct fleet {
	struct fleet_options o;
	char host_port[128];
	struct promserver server;
	struct services services;
	struct loop_timer round, slice;
	enum step step;
	bool first_over;   /* a round has ended */
	bool full;	   /* the last service found no room */
	unsigned failures; /* rounds in a row */
	size_t n_shown;
	uint64_t began_ns, took_ns; /* the round, without the past */
	uint64_t next_targets_ns;   /* why scrapes fail is not asked for sooner */
	char warning[120];
	size_t at_once;

	/* Rows of an answer, by service: order[starts[i] .. starts[i + 1]) */
	uint32_t *order, *starts;
	size_t order_cap, starts_cap, n_owned;
	size_t pushing; /* the service whose turn it is */
	struct promapi_page page;
	struct promhelps helps;
	struct past past;
};

/* ---- samples ---- */

static struct sample sample_of(const struct fleet *f, uint32_t target, enum source_state state)
{
	return (struct sample){
		.target = target,
		.source = SOURCE_PROMETHEUS,
		.t_ns = clock_mono_ns(),
		.unix_ns = clock_wall_ns(),
		.state = state,
		.every_ns = (uint64_t)f->services.scraped_ms * NS_PER_MS,
	};
}

static void push(const struct fleet *f, const struct sample *sm)
{
	f->o.sink->push(f->o.sink, sm);
}

static void push_why(const struct fleet *f, const struct service *sv, enum source_state state,
		     const char *why)
{
	struct sample sm = sample_of(f, sv->target, state);

	err_put(&sm.why, "%s", why);
	push(f, &sm);
}

static void push_server(const struct fleet *f)
{
	const struct services *s = &f->services;
	struct sample sm = sample_of(f, f->o.target, SOURCE_OK);
	size_t seen = 0, down = 0;
	struct buf b;

	for (size_t i = 0; i < s->n; i++) {
		seen += s->at[i].seen;
		down += s->at[i].seen && !s->at[i].up;
	}
	buf_init(&b, ERR_TEXT_MAX);
	buf_addf(&b, "%s%zu services by their up series", s->n == SERVICES_MAX ? "more than " : "",
		 seen);
	if (down)
		buf_addf(&b, ", %zu down", down);
	if (s->scraped_ms)
		buf_addf(&b, "; scraped every %.3g s", (double)s->scraped_ms / 1e3);
	if (f->full)
		buf_addf(&b, "; the first %zu are shown (narrow it: prometheus:%s#job=NAME)",
			 f->n_shown, f->o.server.base.url);
	if (s->n_double)
		buf_addf(&b, "; %zu more have the job and instance of another", s->n_double);
	if (f->server.ahead_ms)
		buf_addf(&b, "; its clock is %.0f s %s ours",
			 (double)llabs(f->server.ahead_ms) / 1e3,
			 f->server.ahead_ms > 0 ? "ahead of" : "behind");
	if (f->warning[0])
		buf_addf(&b, "; it warns: %s", f->warning);
	sm.note = (struct str){ b.ptr, (uint32_t)b.len };
	sm.url = str_of(f->o.server.base.url);
	push(f, &sm);
	buf_release(&b);
}

/* ---- targets ---- */

static void push_off(const struct fleet *f, uint32_t target, const char *why)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct sample sm = sample_of(f, target, SOURCE_OFF);

		if (i == SOURCE_PROMETHEUS)
			continue;
		sm.source = (enum source)i;
		sm.every_ns = 0;
		err_put(&sm.why, "%s", why);
		push(f, &sm);
	}
}

static void show(struct fleet *f, struct service *sv)
{
	char *asked, *name;
	struct err why;

	if (f->n_shown == FLEET_SERVICES_MAX) {
		f->full = true;
		return;
	}
	asked = xasprintf("prometheus:%s#job=%s,instance=%s", f->o.server.base.url, sv->job.p,
			  sv->instance.p);
	name = xasprintf("%s%s%s", sv->job.p, sv->job.len ? " " : "", sv->instance.p);
	sv->target = f->o.add(f->o.arg, asked, name);
	free(asked);
	free(name);
	f->full = sv->target == UINT32_MAX;
	if (f->full)
		return;
	f->n_shown++;
	err_put(&why, "seen through %s only (gmptop %s looks at it itself)", f->host_port,
		sv->instance.p);
	push_off(f, sv->target, why.text);
}

static void push_down(struct fleet *f, struct service *sv)
{
	struct err why;

	if (sv->why_down[0])
		err_put(&why, "down: %s cannot scrape it: %s", f->host_port, sv->why_down);
	else
		err_put(&why, "down: %s cannot scrape it (up is 0)", f->host_port);
	push_why(f, sv, SOURCE_FAILED, why.text);
}

static void push_vanished(struct fleet *f, struct service *sv)
{
	struct err why;

	err_put(&why, "%s has no new sample of it: it is scraped no more", f->host_port);
	push_why(f, sv, SOURCE_FAILED, why.text);
}

static void push_downs(struct fleet *f)
{
	for (size_t i = 0; i < f->services.n; i++) {
		struct service *sv = &f->services.at[i];

		if (sv->target == UINT32_MAX)
			continue;
		if (!sv->seen)
			push_vanished(f, sv);
		else if (!sv->up)
			push_down(f, sv);
	}
}

/* ---- rounds ---- */

static uint64_t backoff_ns(const struct fleet *f)
{
	uint64_t ns = f->o.interval_ns << (f->failures < 6 ? f->failures : 6);

	return ns < BACKOFF_MAX_S * NS_PER_S ? ns : BACKOFF_MAX_S * NS_PER_S;
}

static void end_round(struct fleet *f)
{
	uint64_t every_ns = (uint64_t)f->services.scraped_ms * NS_PER_MS;

	f->step = STEP_IDLE;
	f->first_over = true;
	if (every_ns < f->took_ns * REST)
		every_ns = f->took_ns * REST;
	if (every_ns < f->o.interval_ns || f->o.oftener)
		every_ns = f->o.interval_ns;
	if (f->failures && every_ns < backoff_ns(f))
		every_ns = backoff_ns(f);
	loop_timer_set(f->o.loop, &f->round, clock_mono_ns() + every_ns);
}

/* What nobody tells any more is not known any more. */
static void fail(struct fleet *f, int r, const struct err *why)
{
	struct sample sm = sample_of(f, f->o.target, promserver_state(r));
	struct err through;

	f->failures++;
	sm.why = *why;
	push(f, &sm);
	err_put(&through, "%s does not tell: %s", f->host_port, why->text);
	for (size_t i = 0; i < f->services.n; i++) {
		f->services.at[i].due = f->services.at[i].asked = false;
		if (f->services.at[i].target != UINT32_MAX)
			push_why(f, &f->services.at[i], promserver_state(r), through.text);
	}
	end_round(f);
}

static void keep_warning(struct fleet *f)
{
	struct str w = f->server.answer.warning;

	if (w.len)
		snprintf(f->warning, sizeof(f->warning), "%.*s", (int)w.len, w.p);
}

/* ---- which services in one question ---- */

static bool similar(const struct service *a, const struct service *b)
{
	return a->interval_ms <= 2 * b->interval_ms && b->interval_ms <= 2 * a->interval_ms;
}

static void add_word(struct buf *b, struct str word)
{
	if (b->len)
		buf_adds(b, "|");
	promql_literal(b, word);
}

/* Marks them, adds their matchers; returns how many. `wants` tells whom it is about. */
static size_t choose(struct fleet *f, struct buf *b, bool (*wants)(const struct service *sv),
		     int64_t *ret_interval_ms)
{
	const struct service *first = NULL;
	struct str job = STR("");
	struct buf jobs, instances;
	size_t n = 0;

	buf_init(&jobs, QUERY_MAX);
	buf_init(&instances, QUERY_MAX);
	*ret_interval_ms = 0;
	for (size_t i = 0; i < f->services.n && n < f->at_once; i++) {
		struct service *sv = &f->services.at[i];

		if (sv->target == UINT32_MAX || !wants(sv) || (first && !similar(first, sv)))
			continue;
		if (first && jobs.len + instances.len > MATCHERS_MAX)
			break;
		first = first ? first : sv;
		if (sv->interval_ms > *ret_interval_ms)
			*ret_interval_ms = sv->interval_ms;
		if (!n || !str_eq(sv->job, job)) /* those of a job mostly follow each other */
			add_word(&jobs, sv->job);
		add_word(&instances, sv->instance);
		job = sv->job;
		sv->asked = true;
		n++;
	}
	buf_addf(b, "job=~\"%s\",instance=~\"%s\"", buf_str(&jobs), buf_str(&instances));
	buf_release(&jobs);
	buf_release(&instances);
	return n;
}

static void add_wanted(const struct fleet *f, struct buf *b)
{
	if (f->o.server.wanted[0])
		buf_adds(b, ",");
	promql_matchers(b, f->o.server.wanted);
}

/* ---- rows by service ---- */

static void on_rows(void *arg)
{
	struct fleet *f = arg;
	struct promapi *a = &f->server.answer;

	if (f->step != STEP_PAGES && f->step != STEP_PAST)
		return;
	for (; f->n_owned < a->n_complete; f->n_owned++) {
		struct promapi_row *r = &a->rows[f->n_owned];
		const struct service *sv = services_of_row(&f->services, a, r);

		if (sv && sv->asked)
			r->owner = (uint32_t)(sv - f->services.at);
	}
}

static void *resized(void *arr, size_t *cap, size_t n)
{
	if (n <= *cap)
		return arr;
	*cap = n;
	return xreallocarray(arr, n, sizeof(uint32_t));
}

static void group_rows(struct fleet *f)
{
	const struct promapi *a = &f->server.answer;
	size_t n = f->services.n;

	on_rows(f);
	f->order = resized(f->order, &f->order_cap, a->n_rows + 1);
	f->starts = resized(f->starts, &f->starts_cap, n + 2);
	memset(f->starts, 0, (n + 2) * sizeof(*f->starts));
	for (size_t i = 0; i < f->n_owned; i++) {
		if (a->rows[i].owner != UINT32_MAX)
			f->starts[a->rows[i].owner + 2]++;
	}
	for (size_t i = 2; i < n + 2; i++)
		f->starts[i] += f->starts[i - 1];
	for (size_t i = 0; i < f->n_owned; i++) {
		if (a->rows[i].owner != UINT32_MAX)
			f->order[f->starts[a->rows[i].owner + 1]++] = (uint32_t)i;
	}
}

static struct promapi_page_rows rows_of(struct fleet *f, size_t i)
{
	const struct service *sv = &f->services.at[i];

	return (struct promapi_page_rows){
		.answer = &f->server.answer,
		.rows = f->order + f->starts[i],
		.n = f->starts[i + 1] - f->starts[i],
		.added = sv->added,
		.n_added = sv->n_added,
		.helps = f->helps.at,
		.n_helps = f->helps.n,
		.slack_ms = sv->interval_ms / 4,
	};
}

/* ---- pages ---- */

static void push_page(struct fleet *f, struct service *sv, struct promapi_page_rows *rows,
		      int64_t t_ms)
{
	struct sample sm = sample_of(f, sv->target, SOURCE_OK);
	char note[200];

	if (t_ms <= sv->pushed_ms || !promapi_page_build(&f->page, rows, t_ms))
		return;
	snprintf(note, sizeof(note), "as %s has scraped it, every %.3g s", f->host_port,
		 (double)sv->interval_ms / 1e3);
	sm.note = str_of(note);
	sm.every_ns = (uint64_t)sv->interval_ms * NS_PER_MS;
	sm.unix_ns = promserver_unix_ns(&f->server, t_ms);
	sm.t_ns = promserver_mono_ns(&f->server, t_ms);
	if (!sm.t_ns)
		sm.t_ns = 1;
	sm.metrics = &f->page.page;
	sv->pushed_ms = t_ms;
	push(f, &sm);
}

/* The last two scrapes, so that the first look has rates already. */
static void push_pages(struct fleet *f, size_t i)
{
	struct service *sv = &f->services.at[i];
	struct promapi_page_rows rows = rows_of(f, i);
	int64_t newest = promapi_page_newest_ms(&rows, INT64_MAX), before;

	if (newest < 0) {
		struct err why;

		err_put(&why, "%s has none of its metrics that gmptop knows (no Go program?)",
			f->host_port);
		push_why(f, sv, SOURCE_ABSENT, why.text);
		return;
	}
	before = promapi_page_newest_ms(&rows, newest - rows.slack_ms - 1);
	if (before >= 0)
		push_page(f, sv, &rows, before);
	push_page(f, sv, &rows, newest);
}

static bool wants_page(const struct service *sv)
{
	return sv->due && sv->up;
}

static void next_past(struct fleet *f);

static void next_pages(struct fleet *f)
{
	struct buf b;
	int64_t interval_ms;
	size_t n;

	f->step = STEP_PAGES;
	f->n_owned = 0;
	buf_init(&b, QUERY_MAX);
	buf_adds(&b, "{__name__=~\"");
	promql_names(&b);
	buf_adds(&b, "\",");
	n = choose(f, &b, wants_page, &interval_ms);
	add_wanted(f, &b);
	buf_addf(&b, "}[%llds]",
		 interval_ms ? (long long)(2 * interval_ms / 1000 + 2)
			     : (long long)UNKNOWN_WINDOW_S);
	if (n)
		promserver_ask(&f->server, "/api/v1/query",
			       (const char *[]){ "query", buf_str(&b), NULL });
	buf_release(&b);
	if (!n)
		next_past(f);
}

/* ---- the hour before ---- */

static bool wants_past(const struct service *sv)
{
	return !sv->has_past && sv->pushed_ms;
}

static void next_past(struct fleet *f)
{
	struct buf b;
	int64_t interval_ms;
	size_t n;

	if (f->step != STEP_PAST)
		f->took_ns = clock_mono_ns() - f->began_ns;
	if (!f->o.past) {
		end_round(f);
		return;
	}
	f->step = STEP_PAST;
	f->n_owned = 0;
	buf_init(&b, QUERY_MAX);
	n = choose(f, &b, wants_past, &interval_ms);
	add_wanted(f, &b);
	if (n)
		past_ask(&f->past, &f->server, buf_str(&b));
	buf_release(&b);
	if (!n)
		end_round(f);
}

static void push_past(struct fleet *f, size_t i)
{
	struct service *sv = &f->services.at[i];
	struct promapi_page_rows rows = rows_of(f, i);
	struct past_sample p;
	struct sample sm = sample_of(f, sv->target, SOURCE_OK);

	sv->has_past = true;
	if (!past_fill(&f->past, &f->server, &rows, &p))
		return;
	sm.source = SOURCE_COUNT; /* says nothing of how it is now */
	sm.past = &p;
	push(f, &sm);
}

/* ---- an answer's services, a slice at a time ---- */

static void take_turn(struct fleet *f, size_t i)
{
	struct service *sv = &f->services.at[i];

	if (!sv->asked)
		return;
	sv->asked = false;
	if (f->step == STEP_PAGES) {
		sv->due = false;
		push_pages(f, i);
	} else {
		push_past(f, i);
	}
}

static void on_slice(void *arg, uint64_t now_ns)
{
	struct fleet *f = arg;

	for (; f->pushing < f->services.n; f->pushing++) {
		if (clock_mono_ns() > now_ns + SLICE_MS * NS_PER_MS) {
			loop_timer_set(f->o.loop, &f->slice, now_ns + NS_PER_MS);
			return;
		}
		take_turn(f, f->pushing);
	}
	if (f->step == STEP_PAGES)
		next_pages(f);
	else
		next_past(f);
}

static void start_slices(void *arg)
{
	struct fleet *f = arg;

	f->pushing = 0;
	on_slice(f, clock_mono_ns());
}

static void take_rows(struct fleet *f)
{
	keep_warning(f);
	group_rows(f);
	if (f->step != STEP_PAGES || !promhelps_want(&f->helps, &f->server.answer))
		start_slices(f);
}

static void ask_less(struct fleet *f)
{
	f->at_once = f->at_once / 2;
	for (size_t i = 0; i < f->services.n; i++)
		f->services.at[i].asked = false;
	next_pages(f);
}

/* One service alone has too much: it is the only one to go without. */
static void give_up_one(struct fleet *f, const struct err *why)
{
	for (size_t i = 0; i < f->services.n; i++) {
		struct service *sv = &f->services.at[i];

		if (sv->asked)
			push_why(f, sv, SOURCE_FAILED, why->text);
		sv->due &= !sv->asked;
		sv->asked = false;
	}
	next_pages(f);
}

static void done_pages(struct fleet *f, int r, const struct err *why)
{
	if (r == -EFBIG && f->at_once > 1) {
		ask_less(f);
	} else if (r == -EFBIG) {
		give_up_one(f, why);
	} else if (r < 0) {
		if (r == -ETIMEDOUT && f->at_once > 1)
			f->at_once /= 2; /* less at once next time */
		fail(f, r, why);
	} else {
		if (f->server.answer.n_rows > ROWS_WANTED && f->at_once > 1)
			f->at_once /= 2;
		take_rows(f);
	}
}

/* The past is an extra: without it the charts begin now. */
static void done_past(struct fleet *f, int r, const struct err *why)
{
	(void)why;
	if (r < 0)
		promapi_begin(&f->server.answer);
	take_rows(f);
}

/* ---- which services there are ---- */

static bool lacks_reason(const struct fleet *f)
{
	for (size_t i = 0; i < f->services.n; i++) {
		const struct service *sv = &f->services.at[i];

		if (sv->seen && !sv->up && !sv->why_down[0] && sv->target != UINT32_MAX)
			return true;
	}
	return false;
}

static void done_targets(struct fleet *f, int r, const struct err *why)
{
	(void)why; /* Mimir and others have no such page: then the reason is not known */
	if (r == 0)
		services_take_targets(&f->services, &f->server.answer);
	push_downs(f);
	next_pages(f);
}

static int by_name(const void *a, const void *b)
{
	const struct service *x = *(struct service *const *)a, *y = *(struct service *const *)b;
	int c = strcmp(x->job.p, y->job.p);

	return c ? c : strcmp(x->instance.p, y->instance.p);
}

/* Servers tell of them in any order; people look for one by its name. */
static void show_new(struct fleet *f)
{
	struct service **new = xreallocarray(NULL, f->services.n + 1, sizeof(*new));
	size_t n = 0;

	for (size_t i = 0; i < f->services.n; i++) {
		if (f->services.at[i].target == UINT32_MAX && f->services.at[i].seen)
			new[n++] = &f->services.at[i];
	}
	qsort(new, n, sizeof(*new), by_name);
	f->full = false;
	for (size_t i = 0; i < n && !f->full; i++)
		show(f, new[i]);
	free(new);
}

static void done_up(struct fleet *f, int r, const struct err *why)
{
	uint64_t now_ns = clock_mono_ns();
	struct err none;

	f->warning[0] = '\0';
	if (r == 0 && !services_take_up(&f->services, &f->server.answer))
		r = err_set(&none, -EBADMSG, "it does not answer up[5m] with samples");
	else
		none = *why;
	if (r < 0) {
		fail(f, r, &none);
		return;
	}
	f->failures = 0;
	keep_warning(f);
	show_new(f);
	push_server(f);
	if (lacks_reason(f) && now_ns >= f->next_targets_ns) {
		f->next_targets_ns = now_ns + TARGETS_EVERY_S * NS_PER_S;
		f->step = STEP_TARGETS;
		promserver_ask(&f->server, "/api/v1/targets",
			       (const char *[]){ "state", "active", NULL });
		return;
	}
	push_downs(f);
	next_pages(f);
}

static void on_round(void *arg, uint64_t now_ns)
{
	struct fleet *f = arg;
	int64_t longest_ms = 0, window_s = FIRST_WINDOW_S;
	struct buf b;

	f->began_ns = now_ns;
	for (size_t i = 0; i < f->services.n; i++) {
		if (f->services.at[i].interval_ms > longest_ms)
			longest_ms = f->services.at[i].interval_ms;
	}
	if (longest_ms && longest_ms * 4 / 1000 < FIRST_WINDOW_S)
		window_s = longest_ms * 4 / 1000 + 2;
	else if (longest_ms > FIRST_WINDOW_S * 1000 / 4)
		window_s = longest_ms * 4 / 1000;
	f->step = STEP_UP;
	buf_init(&b, QUERY_MAX);
	buf_adds(&b, "up{");
	promql_matchers(&b, f->o.server.wanted);
	buf_addf(&b, "}[%llds]", (long long)window_s);
	promserver_ask(&f->server, "/api/v1/query", (const char *[]){ "query", buf_str(&b), NULL });
	buf_release(&b);
}

static void on_done(void *arg, int r, const struct err *why)
{
	static void (*const done[])(struct fleet * f, int r, const struct err *why) = {
		[STEP_UP] = done_up,
		[STEP_TARGETS] = done_targets,
		[STEP_PAGES] = done_pages,
		[STEP_PAST] = done_past,
	};
	struct fleet *f = arg;

	done[f->step](f, r, why);
}

struct fleet *fleet_new(const struct fleet_options *o)
{
	struct fleet *f = xcalloc(1, sizeof(*f));

	f->o = *o;
	snprintf(f->host_port, sizeof(f->host_port), "%s", o->host_port);
	f->o.host_port = f->host_port;
	f->at_once = ASK_AT_ONCE;
	f->server.http = o->http;
	f->server.spec = &f->o.server;
	f->server.on_rows = on_rows;
	f->server.on_done = on_done;
	f->server.arg = f;
	f->helps.server.http = o->http;
	f->helps.server.spec = &f->o.server;
	f->helps.on_done = start_slices;
	f->helps.arg = f;
	f->round = (struct loop_timer){ .fn = on_round, .arg = f };
	f->slice = (struct loop_timer){ .fn = on_slice, .arg = f };
	push_off(f, o->target, "a server is asked for its services (gmptop HOST:PORT looks at it)");
	loop_timer_set(o->loop, &f->round, 1);
	return f;
}

void fleet_free(struct fleet *f)
{
	if (!f)
		return;
	loop_timer_stop(f->o.loop, &f->round);
	loop_timer_stop(f->o.loop, &f->slice);
	promserver_release(&f->server);
	promhelps_release(&f->helps);
	services_release(&f->services);
	promapi_page_release(&f->page);
	free(f->order);
	free(f->starts);
	free(f);
}

bool fleet_busy(const struct fleet *f)
{
	return !f->first_over ? f->step != STEP_PAST : f->step != STEP_IDLE && f->step != STEP_PAST;
}
