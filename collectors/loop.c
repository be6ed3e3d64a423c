#include "collectors/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	IDLE_WAIT_MS = 60000,
	EVENTS_MAX = 64, /* of one turn: then timers and keys have theirs */
};

/* In an event's data, beside the descriptor: it is one of ours, not libcurl's. */
static const uint64_t is_watch = 1ull << 32;

struct watch {
	int fd;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	CURLM *multi;
	struct loop_timer **timers; /* few: a scan is cheaper than a heap */
	size_t n_timers, timers_cap;
	struct watch *watches;
	size_t n_watches, watches_cap;
	int epoll;	       /* waits for all of libcurl's descriptors and for ours */
	uint64_t transfers_ns; /* libcurl wants to be called then; 0: not by time */
	void (*transfer_fn)(void *arg, CURL *easy, CURLcode code);
	void *transfer_arg;
	bool stopped;
	int value;
};

/* ---- what libcurl wants to be told of ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *own)
{
	struct loop *l = arg;
	struct epoll_event ev = { .data.u64 = (uint32_t)fd };

	(void)easy;
	(void)own;
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (what == CURL_POLL_REMOVE)
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev) < 0)
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev);
	return 0;
}

static int on_timeout(CURLM *multi, long ms, void *arg)
{
	struct loop *l = arg;

	(void)multi;
	l->transfers_ns = ms < 0 ? 0 : clock_mono_ns() + (uint64_t)ms * NS_PER_MS;
	return 0;
}

struct loop *loop_new(struct err *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->multi = curl_multi_init();
	if (!l->multi || l->epoll < 0) {
		err_put(e, "http: libcurl did not start");
		loop_free(l);
		return NULL;
	}
	curl_multi_setopt(l->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 512L);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	curl_multi_cleanup(l->multi);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l->timers);
	free(l->watches);
	free(l);
}

CURLM *loop_multi(struct loop *l)
{
	return l->multi;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns)
{
	if (!t->at_ns) {
		GROW(l->timers, l->n_timers, l->timers_cap);
		l->timers[l->n_timers++] = t;
	}
	t->at_ns = at_ns ? at_ns : 1;
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
	for (size_t i = 0; i < l->n_timers; i++) {
		if (l->timers[i] == t) {
			l->timers[i] = l->timers[--l->n_timers];
			break;
		}
	}
	t->at_ns = 0;
}

static struct loop_timer *first_timer(const struct loop *l)
{
	struct loop_timer *first = NULL;

	for (size_t i = 0; i < l->n_timers; i++) {
		if (!first || l->timers[i]->at_ns < first->at_ns)
			first = l->timers[i];
	}
	return first;
}

/* Runs what was due when it was called; a timer set again for the past waits for the next turn. */
static void run_timers(struct loop *l)
{
	uint64_t now_ns = clock_mono_ns();
	struct loop_timer *t;

	for (size_t n = l->n_timers; n && (t = first_timer(l)) && t->at_ns <= now_ns; n--) {
		loop_timer_stop(l, t);
		t->fn(t->arg, now_ns);
	}
}

/* ---- watches ---- */

void loop_watch(struct loop *l, int fd, void (*fn)(void *arg), void *arg)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = is_watch | (uint32_t)fd };

	GROW(l->watches, l->n_watches, l->watches_cap);
	l->watches[l->n_watches++] = (struct watch){ fd, fn, arg };
	epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev);
}

void loop_unwatch(struct loop *l, int fd)
{
	for (size_t i = 0; i < l->n_watches; i++) {
		if (l->watches[i].fd != fd)
			continue;
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
		l->watches[i] = l->watches[--l->n_watches];
		return;
	}
}

static void run_watch(struct loop *l, int fd)
{
	for (size_t i = 0; i < l->n_watches; i++) {
		if (l->watches[i].fd == fd) {
			l->watches[i].fn(l->watches[i].arg);
			return;
		}
	}
}

/* ---- transfers ---- */

void loop_on_transfer(struct loop *l, void (*fn)(void *arg, CURL *easy, CURLcode code), void *arg)
{
	l->transfer_fn = fn;
	l->transfer_arg = arg;
}

static void run_transfers(struct loop *l)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(l->multi, &left))) {
		if (msg->msg == CURLMSG_DONE && l->transfer_fn)
			l->transfer_fn(l->transfer_arg, msg->easy_handle, msg->data.result);
	}
}

/* ---- turns ---- */

static int wait_ms(const struct loop *l)
{
	const struct loop_timer *t = first_timer(l);
	uint64_t now_ns = clock_mono_ns(), at_ns = t ? t->at_ns : UINT64_MAX, ms;

	if (l->transfers_ns && l->transfers_ns < at_ns)
		at_ns = l->transfers_ns;
	if (at_ns <= now_ns)
		return 0;
	ms = (at_ns - now_ns) / NS_PER_MS + 1;
	return ms < IDLE_WAIT_MS ? (int)ms : IDLE_WAIT_MS;
}

static CURLMcode feed(struct loop *l, const struct epoll_event *ev)
{
	int what = 0, running;

	if (ev->events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
		what |= CURL_CSELECT_IN;
	if (ev->events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (ev->events & EPOLLERR)
		what |= CURL_CSELECT_ERR;
	return curl_multi_socket_action(l->multi, (curl_socket_t)(uint32_t)ev->data.u64, what,
					&running);
}

static CURLMcode feed_time(struct loop *l)
{
	int running;

	if (!l->transfers_ns || l->transfers_ns > clock_mono_ns())
		return CURLM_OK;
	l->transfers_ns = 0;
	return curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

int loop_turn(struct loop *l, struct err *e)
{
	struct epoll_event evs[EVENTS_MAX];
	CURLMcode c = CURLM_OK;
	int n = epoll_wait(l->epoll, evs, EVENTS_MAX, wait_ms(l));

	if (n < 0 && errno != EINTR)
		return err_set(e, -errno, "epoll_wait: %s", strerror(errno));
	/* The keyboard and signals first: a storm of answers must not delay a key. */
	for (int i = 0; i < n; i++) {
		if (evs[i].data.u64 & is_watch)
			run_watch(l, (int)(uint32_t)evs[i].data.u64);
	}
	for (int i = 0; c == CURLM_OK && i < n; i++) {
		if (!(evs[i].data.u64 & is_watch))
			c = feed(l, &evs[i]);
	}
	if (c == CURLM_OK)
		c = feed_time(l);
	if (c != CURLM_OK)
		return err_set(e, -EIO, "http: libcurl: %s", curl_multi_strerror(c));
	run_transfers(l);
	run_timers(l);
	return 0;
}

int loop_run(struct loop *l, struct err *e)
{
	int r;

	for (l->stopped = false; !l->stopped;) {
		r = loop_turn(l, e);
		if (r < 0)
			return r;
	}
	return l->value;
}

void loop_stop(struct loop *l, int value)
{
	l->stopped = true;
	l->value = value;
}
