#include "collectors/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum { IDLE_WAIT_MS = 60000 };

struct watch {
	int fd; /* -1: free */
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	CURLM *multi;
	struct loop_timer **timers; /* few: a scan is cheaper than a heap */
	size_t n_timers, timers_cap;
	struct watch *watches;
	size_t n_watches, watches_cap;
	struct curl_waitfd *fds;
	size_t fds_cap;
	void (*transfer_fn)(void *arg, CURL *easy, CURLcode code);
	void *transfer_arg;
	bool stopped;
	int value;
};

struct loop *loop_new(struct err *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->multi = curl_multi_init();
	if (!l->multi) {
		err_put(e, "http: libcurl did not start");
		free(l);
		return NULL;
	}
	curl_multi_setopt(l->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 512L);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	curl_multi_cleanup(l->multi);
	free(l->timers);
	free(l->watches);
	free(l->fds);
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

void loop_watch(struct loop *l, int fd, void (*fn)(void *arg), void *arg)
{
	GROW(l->watches, l->n_watches, l->watches_cap);
	l->watches[l->n_watches++] = (struct watch){ fd, fn, arg };
}

void loop_unwatch(struct loop *l, int fd)
{
	for (size_t i = 0; i < l->n_watches; i++) {
		if (l->watches[i].fd == fd)
			l->watches[i].fd = -1; /* swept at the next turn: this may be a callback */
	}
}

static void sweep_watches(struct loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_watches; i++) {
		if (l->watches[i].fd >= 0)
			l->watches[n++] = l->watches[i];
	}
	l->n_watches = n;
	while (l->fds_cap < n)
		l->fds = grow(l->fds, &l->fds_cap, sizeof(*l->fds));
	for (size_t i = 0; i < n; i++)
		l->fds[i] =
			(struct curl_waitfd){ .fd = l->watches[i].fd, .events = CURL_WAIT_POLLIN };
}

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

static int wait_ms(const struct loop *l)
{
	const struct loop_timer *t = first_timer(l);
	uint64_t now_ns = clock_mono_ns(), ms;

	if (!t)
		return IDLE_WAIT_MS;
	if (t->at_ns <= now_ns)
		return 0;
	ms = (t->at_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
	return ms < IDLE_WAIT_MS ? (int)ms : IDLE_WAIT_MS;
}

int loop_turn(struct loop *l, struct err *e)
{
	CURLMcode c;
	int running;
	size_t n;

	sweep_watches(l);
	n = l->n_watches;
	c = curl_multi_poll(l->multi, l->fds, (unsigned)n, wait_ms(l), NULL);
	/* The keyboard and signals first: a storm of answers must not delay a key. */
	for (size_t i = 0; c == CURLM_OK && i < n; i++) {
		if (l->fds[i].revents && l->watches[i].fd == l->fds[i].fd)
			l->watches[i].fn(l->watches[i].arg);
	}
	if (c == CURLM_OK)
		c = curl_multi_perform(l->multi, &running);
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
