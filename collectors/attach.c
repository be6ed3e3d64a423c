#include "collectors/attach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collectors/endpoint.h"
#include "collectors/ondemand.h"
#include "collectors/procfs.h"
#include "collectors/witness.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	PORTS_EVERY_S = 5, /* a service may open a port later */
	WALK_SLICE_MS = 2,
	REST_POLL_MS = 3,
};

static const struct collector_ops *const all_ops[] = {
	&proc_ops,    &memory_ops, &pprof_ops,	 &metrics_ops,	  &expvar_ops,
	&hystrix_ops, &health_ops, &profile_ops, &prometheus_ops,
};
enum { N_OPS = sizeof(all_ops) / sizeof(*all_ops) };

struct attach {
	struct site site; /* first: site callbacks come back through it */
	struct sink sink; /* the collectors', which listens before it passes on */
	struct witness witness;
	pid_t listener; /* holds the port; not known yet whether it answers itself; 0: none such */
	struct attach_options o;
	struct target_spec spec;
	struct collector collectors[N_OPS];
	size_t n_collectors;
	struct ondemand *ondemand; /* NULL: nothing was ever asked for */
	struct loop_timer round, rest, walk_timer;
	uint64_t rest_by_ns;
	uint64_t next_ports_ns;
	uint32_t rounds;
	struct procfs_walk *walk; /* looks for the owner of walk_inode */
	uint64_t walk_inode;
	int walk_port;
	bool looked, gone;
};

uint32_t attach_sources_built(void)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < N_OPS; i++) {
		if (all_ops[i]->source != SOURCE_COUNT)
			mask |= 1u << all_ops[i]->source;
	}
	return mask;
}

/* ---- sources that will not be asked ---- */

static const char *why_off(const struct attach *a, enum source s)
{
	static const char *const not_built[SOURCE_COUNT] = {
		[SOURCE_BPF] = "this version has no kernel programs",
	};

	if (!(a->o.sources & (1u << s)))
		return "left out by --sources";
	if (!(attach_sources_built() & (1u << s)))
		return not_built[s];
	if (s == SOURCE_PROMETHEUS)
		return a->o.prometheus ? NULL : "no server named (--prometheus URL)";
	if (a->spec.only != SOURCE_COUNT && s != a->spec.only && s != SOURCE_PROC)
		return "not asked for: the address names one page (give only host and port for "
		       "all)";
	return NULL;
}

static void push_state(struct attach *a, enum source s, enum source_state state, const char *why)
{
	struct sample sm = {
		.target = a->site.target,
		.source = s,
		.t_ns = clock_mono_ns(),
		.unix_ns = clock_wall_ns(),
		.state = state,
		.gone = a->gone,
	};

	err_put(&sm.why, "%s", why);
	a->o.sink->push(a->o.sink, &sm);
}

/* ---- from a process to its addresses ---- */

static void base_of(const struct listener *l, struct endpoint_base *ret)
{
	char ip[INET6_ADDRSTRLEN] = "127.0.0.1";
	const struct in6_addr *six = &l->addr.in6.sin6_addr;

	*ret = (struct endpoint_base){ .unix_path = "" };
	if (l->addr.sa.sa_family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(six)) {
		inet_ntop(AF_INET6, six, ip, sizeof(ip));
		snprintf(ret->url, sizeof(ret->url), "http://[%s]:%d", ip,
			 ntohs(l->addr.in6.sin6_port));
		return;
	}
	if (l->addr.sa.sa_family == AF_INET && l->addr.in4.sin_addr.s_addr != htonl(INADDR_ANY))
		inet_ntop(AF_INET, &l->addr.in4.sin_addr, ip, sizeof(ip));
	snprintf(ret->url, sizeof(ret->url), "http://%s:%d", ip, ntohs(l->addr.in4.sin_port));
}

static bool has_base(const struct endpoint_base *b, size_t n, const struct endpoint_base *one)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(b[i].url, one->url) == 0)
			return true;
	}
	return false;
}

static void no_bases(struct attach *a, int found, bool other_netns, const struct err *why)
{
	struct err *e = &a->site.no_bases;
	int pid = (int)a->site.pid;

	a->site.no_bases_state = found == -EACCES ? SOURCE_DENIED : SOURCE_ABSENT;
	if (found < 0)
		*e = *why;
	else if (other_netns)
		err_put(e,
			"process %d is in another network namespace (nsenter -t %d -n gmptop %d)",
			pid, pid, pid);
	else
		err_put(e,
			"process %d listens on no TCP port (serve net/http/pprof and promhttp on "
			"loopback)",
			pid);
}

static void follow_ports(struct attach *a, uint64_t now_ns)
{
	struct listener listeners[ENDPOINT_BASES_MAX];
	struct endpoint_base bases[ENDPOINT_BASES_MAX] = { 0 };
	bool other_netns = false;
	struct err why = { 0 };
	size_t n = 0;
	int found;

	if (a->spec.kind != TARGET_PID || now_ns < a->next_ports_ns)
		return;
	a->next_ports_ns = now_ns + PORTS_EVERY_S * NS_PER_S;
	found = procfs_listeners(a->site.pid, listeners, ENDPOINT_BASES_MAX, &other_netns, &why);
	for (int i = 0; i < found && !other_netns; i++) {
		base_of(&listeners[i], &bases[n]);
		if (!has_base(bases, n, &bases[n]))
			n++;
	}
	if (n == 0)
		no_bases(a, found, other_netns, &why);
	if (n == a->site.n_bases && memcmp(bases, a->site.bases, sizeof(bases)) == 0)
		return;
	memcpy(a->site.bases, bases, sizeof(bases));
	a->site.n_bases = n;
	a->site.answered_base = NULL;
	a->site.bases_generation++;
}

/* ---- from an address to its process ---- */

static void tick_proc(struct attach *a)
{
	for (size_t i = 0; i < a->n_collectors; i++) {
		if (a->collectors[i].ops == &proc_ops)
			proc_ops.tick(&a->collectors[i], clock_mono_ns());
	}
}

static void adopt(struct attach *a, pid_t pid)
{
	a->listener = 0;
	if (procfs_start_ticks(pid, &a->site.start_ticks, NULL) < 0)
		return;
	a->site.pid = pid;
	tick_proc(a); /* at once, so that a rate needs one interval only */
}

/* What the address answers comes from elsewhere. */
static void disown(struct attach *a, pid_t pid)
{
	char name[64] = "?";

	procfs_name(pid, name, sizeof(name), NULL);
	a->listener = 0;
	a->site.pid = 0;
	a->site.start_ticks = 0;
	err_put(&a->site.no_pid,
		"%s (process %d) listens there and passes on: what answers is another process "
		"(give its process id)",
		name, (int)pid);
	tick_proc(a);
}

/* Another process has taken the port over, the old one still runs: who holds it now? */
static void look_again(struct attach *a)
{
	a->site.pid = 0;
	a->site.start_ticks = 0;
	a->looked = false;
	err_put(&a->site.no_pid, "another process answers there now");
	tick_proc(a);
}

/* Those of the witnesses that will be heard. */
static uint32_t witnesses(const struct attach *a)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < a->n_collectors; i++) {
		if (a->collectors[i].ops == &metrics_ops || a->collectors[i].ops == &pprof_ops)
			mask |= 1u << a->collectors[i].ops->source;
	}
	return mask;
}

/* Below a path there are often several services, or one further away. */
static bool is_below_a_path(const struct attach *a)
{
	const char *host = strstr(a->spec.base.url, "://");

	return host && strchr(host + 3, '/');
}

static void weigh(struct attach *a)
{
	pid_t pid = a->listener ? a->listener : a->site.pid;
	uint32_t all = witnesses(a);

	if (!pid || a->spec.kind != TARGET_URL)
		return;
	switch (witness_judge(&a->witness, pid)) {
	case VERDICT_OTHER:
		if (a->listener)
			disown(a, pid);
		else
			look_again(a);
		break;
	case VERDICT_SAME:
		if (a->listener)
			adopt(a, pid);
		break;
	default:
		if (a->listener && (a->witness.heard & all) == all && !is_below_a_path(a))
			adopt(a, pid);
	}
}

static void on_sample(struct sink *sink, const struct sample *sm)
{
	struct attach *a = (struct attach *)((char *)sink - offsetof(struct attach, sink));

	a->o.sink->push(a->o.sink, sm);
	if (a->spec.kind != TARGET_URL || sm->source == SOURCE_PROC || sm->source == SOURCE_MEMORY)
		return;
	witness_hear(&a->witness, sm);
	weigh(a);
}

static void found_pid(struct attach *a, pid_t pid)
{
	char name[64] = "?";

	procfs_name(pid, name, sizeof(name), NULL);
	a->listener = pid;
	err_put(&a->site.no_pid,
		"%s (process %d) listens there; whether it is it that answers is not known (give "
		"the process id)",
		name, (int)pid);
	weigh(a);
}

static void end_walk(struct attach *a)
{
	loop_timer_stop(a->o.loop, &a->walk_timer);
	procfs_walk_free(a->walk);
	a->walk = NULL;
}

static void walk_slice(void *arg, uint64_t now_ns)
{
	struct attach *a = arg;
	pid_t pid;

	while (clock_mono_ns() < now_ns + WALK_SLICE_MS * NS_PER_MS) {
		pid = procfs_walk_next(a->walk);
		if (pid && !procfs_has_socket(pid, a->walk_inode))
			continue;
		end_walk(a);
		if (pid) {
			found_pid(a, pid);
			return;
		}
		err_put(&a->site.no_pid,
			"no process of ours listens on port %d (of another user? try as root)",
			a->walk_port);
		tick_proc(a);
		return;
	}
	loop_timer_set(a->o.loop, &a->walk_timer, now_ns + NS_PER_MS);
}

static int listen_inode(const struct http_reply *r, uint64_t *ret)
{
	struct listener l = { 0 };

	if (inet_pton(AF_INET, r->remote_ip, &l.addr.in4.sin_addr) == 1) {
		l.addr.in4.sin_family = AF_INET;
		l.addr.in4.sin_port = htons((uint16_t)r->remote_port);
	} else if (inet_pton(AF_INET6, r->remote_ip, &l.addr.in6.sin6_addr) == 1) {
		l.addr.in6.sin6_family = AF_INET6;
		l.addr.in6.sin6_port = htons((uint16_t)r->remote_port);
	} else {
		return -EINVAL;
	}
	return procfs_listen_inode(&l.addr.sa, ret, NULL);
}

static void look_for_pid(struct attach *a, const struct http_reply *r)
{
	a->looked = true;
	if (!r->local) {
		err_put(&a->site.no_pid, "the target is not on this host");
		return;
	}
	a->site.local = true;
	if (r->peer_pid) {
		found_pid(a, r->peer_pid);
		return;
	}
	err_put(&a->site.no_pid, "nothing in this network namespace listens on port %d",
		r->remote_port);
	if (listen_inode(r, &a->walk_inode) < 0)
		return;
	a->walk_port = r->remote_port;
	a->walk = procfs_walk_new(NULL);
	if (a->walk)
		loop_timer_set(a->o.loop, &a->walk_timer, 1);
}

static void on_connected(struct site *s, const struct http_reply *r)
{
	struct attach *a = (struct attach *)s;

	if (a->spec.kind == TARGET_URL && !s->pid && !a->looked)
		look_for_pid(a, r);
}

static void on_answered(struct site *s, const struct endpoint_base *b, const struct http_reply *r)
{
	struct attach *a = (struct attach *)s;
	bool first = !s->answered_base;

	(void)r;
	s->answered_base = b;
	s->over = false;
	for (size_t i = 0; first && i < a->n_collectors; i++) {
		if (a->collectors[i].ops == &health_ops)
			health_ops.tick(&a->collectors[i], clock_mono_ns());
	}
}

/* ---- the end ---- */

static void end_text(const struct attach *a, uint64_t unix_ns, struct err *ret)
{
	time_t t = (time_t)(unix_ns / NS_PER_S);
	struct tm tm;
	char clock[16];

	localtime_r(&t, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	err_put(ret, "process %d exited at %s", (int)a->site.pid, clock);
}

static void push_ended(struct attach *a)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		const char *off = why_off(a, (enum source)i);

		if (i == SOURCE_PROMETHEUS && !a->gone) /* the past stays what it was */
			continue;
		push_state(a, (enum source)i, off ? SOURCE_OFF : SOURCE_FAILED,
			   off ? off : a->site.no_pid.text);
	}
}

static void on_ended(struct site *s, uint64_t unix_ns)
{
	struct attach *a = (struct attach *)s;

	end_text(a, unix_ns, &s->no_pid);
	if (a->spec.kind == TARGET_URL) { /* the address may come back with a new process */
		s->pid = 0;
		s->start_ticks = 0;
		a->looked = false;
		witness_init(&a->witness);
		s->over = true;
		push_ended(a);
		return;
	}
	a->gone = true;
	loop_timer_stop(a->o.loop, &a->round);
	loop_timer_stop(a->o.loop, &a->rest);
	for (size_t i = 0; i < a->n_collectors; i++) { /* what is under way would answer too late */
		endpoints_free(a->collectors[i].endpoints);
		a->collectors[i].endpoints = NULL;
		if (a->collectors[i].ops->stop)
			a->collectors[i].ops->stop(&a->collectors[i]);
	}
	push_ended(a);
}

/* ---- rounds ---- */

/* The profile is taken alone: else it would show the goroutines that serve our other requests. */
static bool is_first(const struct collector *c)
{
	return c->ops == &proc_ops || c->ops == &memory_ops || c->ops == &pprof_ops ||
	       c->ops == &profile_ops;
}

/* A profile that hangs delays the others only shortly. */
static uint64_t rest_after_ns(const struct attach *a)
{
	uint64_t by_timeout_ns = a->o.timeout_ns / 8, by_interval_ns = a->o.interval_ns / 2;

	return by_timeout_ns < by_interval_ns ? by_timeout_ns : by_interval_ns;
}

static void on_rest(void *arg, uint64_t now_ns)
{
	struct attach *a = arg;

	for (size_t i = 0; i < a->n_collectors && now_ns < a->rest_by_ns; i++) {
		const struct collector *c = &a->collectors[i];

		if (is_first(c) && c->ops->busy && c->ops->busy(c)) {
			loop_timer_set(a->o.loop, &a->rest, now_ns + REST_POLL_MS * NS_PER_MS);
			return;
		}
	}
	for (size_t i = 0; i < a->n_collectors; i++) {
		if (!is_first(&a->collectors[i]))
			a->collectors[i].ops->tick(&a->collectors[i], now_ns);
	}
}

static void on_round(void *arg, uint64_t now_ns)
{
	struct attach *a = arg;

	loop_timer_set(a->o.loop, &a->round, now_ns + a->o.interval_ns);
	a->rounds++;
	follow_ports(a, now_ns);
	for (size_t i = 0; i < a->n_collectors && !a->gone; i++) {
		if (is_first(&a->collectors[i]))
			a->collectors[i].ops->tick(&a->collectors[i], now_ns);
	}
	if (!a->gone && !a->rest.at_ns) { /* not put off again by a round that comes meanwhile */
		a->rest_by_ns = now_ns + rest_after_ns(a);
		loop_timer_set(a->o.loop, &a->rest, now_ns);
	}
}

static void add_collector(struct attach *a, const struct collector_ops *ops)
{
	struct collector *c = &a->collectors[a->n_collectors];
	struct err e = { 0 };

	*c = (struct collector){
		.ops = ops,
		.loop = a->o.loop,
		.http = a->o.http,
		.sink = &a->sink,
		.site = &a->site,
		.interval_ns = a->o.interval_ns,
		.timeout_ns = a->o.timeout_ns,
		.budget_pct = a->o.budget_pct,
		.prometheus = a->o.prometheus,
		.state = xcalloc(1, ops->state_size),
	};
	a->n_collectors++;
	if (ops->open && ops->open(c, &e) < 0)
		push_state(a, ops->source, SOURCE_FAILED, e.text);
}

struct attach *attach_new(const struct attach_options *o, const struct target_spec *spec,
			  uint32_t target)
{
	struct attach *a = xcalloc(1, sizeof(*a));

	a->o = *o;
	a->spec = *spec;
	a->sink.push = on_sample;
	witness_init(&a->witness);
	a->site.target = target;
	a->site.only = spec->only;
	a->site.is_profile = spec->is_profile;
	a->site.profile = spec->profile;
	a->site.profile_s = spec->profile_s;
	a->site.connected = on_connected;
	a->site.answered = on_answered;
	a->site.ended = on_ended;
	snprintf(a->site.exact_url, sizeof(a->site.exact_url), "%s", spec->exact_url);
	err_put(&a->site.no_pid, "not known as long as nothing answers at the address");
	if (spec->kind == TARGET_URL) {
		a->site.bases[0] = spec->base;
		a->site.n_bases = 1;
		a->site.bases_generation = 1;
	} else {
		a->site.pid = spec->pid;
		a->site.local = a->site.discovered = true;
		procfs_start_ticks(spec->pid, &a->site.start_ticks, NULL);
	}
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (why_off(a, (enum source)i))
			push_state(a, (enum source)i, SOURCE_OFF, why_off(a, (enum source)i));
	}
	for (size_t i = 0; i < N_OPS; i++) {
		if (all_ops[i] == (spec->is_profile ? &pprof_ops : &profile_ops))
			continue;
		if (all_ops[i]->source == SOURCE_COUNT || !why_off(a, all_ops[i]->source))
			add_collector(a, all_ops[i]);
	}
	a->round = (struct loop_timer){ .fn = on_round, .arg = a };
	a->rest = (struct loop_timer){ .fn = on_rest, .arg = a };
	a->walk_timer = (struct loop_timer){ .fn = walk_slice, .arg = a };
	loop_timer_set(o->loop, &a->round, 1);
	return a;
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	ondemand_free(a->ondemand);
	loop_timer_stop(a->o.loop, &a->round);
	loop_timer_stop(a->o.loop, &a->rest);
	end_walk(a);
	for (size_t i = 0; i < a->n_collectors; i++) {
		if (a->collectors[i].ops->close)
			a->collectors[i].ops->close(&a->collectors[i]);
		free(a->collectors[i].state);
	}
	free(a);
}

const struct endpoint_base *attach_pprof(const struct attach *a)
{
	for (size_t i = 0; i < a->n_collectors; i++) {
		if (a->collectors[i].ops == &pprof_ops || a->collectors[i].ops == &profile_ops)
			return endpoints_chosen(a->collectors[i].endpoints);
	}
	return NULL;
}

bool attach_ask(struct attach *a, enum profile_kind kind)
{
	if (!a->ondemand)
		a->ondemand = ondemand_new(a->o.http, a->o.sink, a->site.target);
	return ondemand_ask(a->ondemand, kind, attach_pprof(a));
}

bool attach_busy(const struct attach *a)
{
	for (size_t i = 0; i < a->n_collectors; i++) {
		const struct collector *c = &a->collectors[i];

		if (c->ops->busy && c->ops->busy(c))
			return true;
	}
	return a->walk || a->rest.at_ns;
}

bool attach_gone(const struct attach *a)
{
	return a->gone || a->site.over;
}

uint32_t attach_rounds(const struct attach *a)
{
	return a->rounds;
}
