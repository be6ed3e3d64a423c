#include "collectors/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- a server of one answer a path ---- */

enum { HELD_MAX = 16, BIG_BYTES = 5000 };

struct server {
	int fd, port;
	pthread_t thread;
	int held[HELD_MAX]; /* connections that never get an answer */
	int n_held;
};

static const struct {
	const char *path, *answer;
} pages[] = {
	{ "/ok", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello" },
	{ "/none", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone" },
	{ "/dated", "HTTP/1.1 422 No\r\nDate: Tue, 24 Nov 2026 11:47:37 GMT\r\n"
		    "Content-Length: 3\r\n\r\nwhy" },
	{ "/undated", "HTTP/1.1 200 OK\r\nDate: a long time ago\r\nContent-Length: 2\r\n\r\nok" },
	{ "/broken", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n" },
	{ "/denied", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
	{ "/empty", "HTTP/1.1 204 No Content\r\n\r\n" },
	{ "/away", "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/x?token=secret\r\n"
		   "Content-Length: 0\r\n\r\n" },
	{ "/torn", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly this" },
	{ "/tls", "HTTP/1.1 400 Bad Request\r\nContent-Length: 58\r\n\r\n"
		  "Client sent an HTTP request to an HTTPS server, as it says" },
	{ "/ssh", "SSH-2.0-OpenSSH_9.2\r\n" },
	{ "/silent", "" },
};

static void send_all(int fd, const char *text, size_t n)
{
	ssize_t sent;

	for (; n && (sent = send(fd, text, n, MSG_NOSIGNAL)) > 0; n -= (size_t)sent)
		text += sent;
}

static void send_lines(int fd, const char *line, int n)
{
	while (n-- > 0)
		send_all(fd, line, strlen(line));
}

static void answer(struct server *s, int fd)
{
	char request[4096] = "", path[128] = "";
	ssize_t n = recv(fd, request, sizeof(request) - 1, 0);

	if (n <= 0 || sscanf(request, "GET %127s", path) != 1)
		return;
	for (size_t i = 0; i < COUNT(pages); i++) {
		if (strcmp(path, pages[i].path) == 0)
			send_all(fd, pages[i].answer, strlen(pages[i].answer));
	}
	if (strcmp(path, "/big") == 0) {
		send_lines(fd, "HTTP/1.1 200 OK\r\n\r\n", 1);
		send_lines(fd, "0123456789", BIG_BYTES / 10);
	} else if (strcmp(path, "/headers") == 0) {
		send_lines(fd, "HTTP/1.1 200 OK\r\n", 1);
		send_lines(fd, "X-More: and more\r\n", 10000);
	} else if (strcmp(path, "/hang") == 0 && s->n_held < HELD_MAX) {
		s->held[s->n_held++] = dup(fd);
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		answer(s, fd);
		close(fd);
	}
	return NULL;
}

static int listen_somewhere(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void server_start(struct server *s)
{
	*s = (struct server){ .fd = -1 };
	s->fd = listen_somewhere(&s->port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	while (s->n_held)
		close(s->held[--s->n_held]);
}

/* ---- a client that waits for what was asked ---- */

struct client {
	struct loop *loop;
	struct http *http;
	struct server server;
	int waits_for;
};

struct got {
	struct client *client;
	struct http_handle *handle, *cancels;
	int calls, error, stops_after;
	long status;
	bool local, had_body;
	char why[ERR_TEXT_MAX], body[BIG_BYTES + 1], error_page[32];
	int64_t date_unix_s;
	size_t len;
};

static int client_setup(void **state)
{
	struct client *c = calloc(1, sizeof(*c));
	struct err e;

	c->loop = loop_new(&e);
	c->http = http_new(c->loop, &(struct http_options){ .user_agent = "test" }, &e);
	server_start(&c->server);
	*state = c;
	return c->loop && c->http ? 0 : -1;
}

static int client_teardown(void **state)
{
	struct client *c = *state;

	http_free(c->http);
	loop_free(c->loop);
	server_stop(&c->server);
	free(c);
	return 0;
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct got *g = arg;

	g->calls++;
	g->error = r->error;
	g->status = r->status;
	g->local = r->local;
	g->had_body = r->body;
	g->date_unix_s = r->date_unix_s;
	snprintf(g->error_page, sizeof(g->error_page), "%.*s", (int)r->error_page.len,
		 r->error_page.p);
	snprintf(g->why, sizeof(g->why), "%s", r->why.text);
	if (r->body && r->len < sizeof(g->body)) {
		memcpy(g->body, r->body, r->len);
		g->len = r->len;
	}
	http_cancel(g->cancels);
	if (--g->client->waits_for == 0)
		loop_stop(g->client->loop, 42);
}

static struct http_request request_for(struct got *g, const char *url)
{
	return (struct http_request){ .url = url,
				      .body_max = 1 << 20,
				      .timeout_ns = 20 * NS_PER_S,
				      .on_done = on_done,
				      .arg = g };
}

static const char *url_of(const struct client *c, const char *path)
{
	static char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", c->server.port, path);
	return url;
}

static void wait_for(struct client *c, int n)
{
	struct err e;

	c->waits_for = n;
	assert_int_equal(loop_run(c->loop, &e), 42);
}

/* ---- HTTP ---- */

static void a_body_comes_whole_with_what_is_known_of_the_server(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/ok"));

	http_get(c->http, &rq);
	assert_int_equal(g.calls, 0); /* never from within http_get */
	wait_for(c, 1);
	assert_int_equal(g.calls, 1);
	assert_int_equal(g.error, 0);
	assert_int_equal(g.status, 200);
	assert_string_equal(g.body, "hello");
	assert_true(g.local);
}

static void each_failure_has_its_own_sentence(void **state)
{
	static const struct {
		const char *path;
		int error;
		const char *why;
	} cases[] = {
		{ "/none", -ENOENT, "HTTP 404" },
		{ "/broken", -EPROTO, "HTTP 500" },
		{ "/denied", -EACCES, "HTTP 403" },
		{ "/empty", -EBADMSG, "HTTP 204" },
		{ "/away", -EREMOTE, "http://elsewhere/x, which is not followed" },
		{ "/torn", -EBADMSG, "ended too early" },
		{ "/tls", -EPROTO, "https://" },
		{ "/ssh", -EPROTO, "not HTTP" },
		{ "/silent", -ECONNRESET, "without an answer" },
		{ "/headers", -EFBIG, "headers" },
	};
	struct client *c = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct got g = { .client = c };
		struct http_request rq = request_for(&g, url_of(c, cases[i].path));

		http_get(c->http, &rq);
		wait_for(c, 1);
		if (g.error != cases[i].error || !strstr(g.why, cases[i].why))
			fail_msg("%s: got %d \"%s\", want %d \"…%s…\"", cases[i].path, g.error,
				 g.why, cases[i].error, cases[i].why);
		assert_null(strstr(g.why, "secret"));
	}
}

static void a_port_where_nobody_listens_refuses(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq;
	char url[64];
	int port, fd = listen_somewhere(&port);

	close(fd);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	rq = request_for(&g, url);
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, -ECONNREFUSED);
	assert_int_equal(g.status, 0);
	assert_true(g.why[0]);
}

static void a_server_that_hangs_ends_with_the_time_out(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/hang"));

	rq.timeout_ns = 50 * NS_PER_MS;
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, -ETIMEDOUT);
	assert_non_null(strstr(g.why, "no answer within"));
}

static void a_body_may_have_its_maximum_and_not_a_byte_more(void **state)
{
	static const struct {
		size_t max;
		int error;
	} cases[] = {
		{ BIG_BYTES, 0 }, { BIG_BYTES + 1, 0 }, { BIG_BYTES - 1, -EFBIG }, { 10, -EFBIG }
	};
	struct client *c = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct got g = { .client = c };
		struct http_request rq = request_for(&g, url_of(c, "/big"));

		rq.body_max = cases[i].max;
		http_get(c->http, &rq);
		wait_for(c, 1);
		if (g.error != cases[i].error)
			fail_msg("at most %zu bytes: got %d \"%s\"", cases[i].max, g.error, g.why);
		if (!g.error)
			assert_int_equal(g.len, BIG_BYTES);
	}
}

static int collect(void *arg, const char *data, size_t n, struct err *e)
{
	struct got *g = arg;

	memcpy(g->body + g->len, data, n);
	g->len += n;
	if (g->stops_after && g->len >= (size_t)g->stops_after)
		return err_set(e, -EBADMSG, "line 3: not a metric");
	return 0;
}

static void a_body_without_end_has_no_maximum_but_may_not_pause_for_long(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/big"));

	rq.on_data = collect;
	rq.idle_ns = NS_PER_S;
	rq.body_max = 10;
	rq.timeout_ns = 500 * NS_PER_MS;
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, 0);
	assert_int_equal(g.len, BIG_BYTES);
	g = (struct got){ .client = c };
	rq.url = url_of(c, "/hang");
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, -ETIMEDOUT);
	assert_non_null(strstr(g.why, "no answer within"));
}

static void a_body_may_be_handed_on_as_it_arrives(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/big"));

	rq.on_data = collect;
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, 0);
	assert_int_equal(g.len, BIG_BYTES);
	assert_false(g.had_body);
}

static void who_reads_a_body_may_refuse_it_with_a_sentence(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c, .stops_after = 1 };
	struct http_request rq = request_for(&g, url_of(c, "/big"));

	rq.on_data = collect;
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, -EBADMSG);
	assert_string_equal(g.why, "line 3: not a metric");
}

static void an_error_page_is_not_handed_on(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/none"));

	rq.on_data = collect;
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, -ENOENT);
	assert_int_equal(g.len, 0);
}

static void a_server_tells_its_clock_and_why_it_refuses(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c }, undated = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/dated"));

	rq.on_data = collect;
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_int_equal(g.error, -EPROTO);
	assert_int_equal(g.len, 0);
	assert_string_equal(g.error_page, "why");
	assert_true(g.date_unix_s == 1795520857);
	rq = request_for(&undated, url_of(c, "/undated"));
	http_get(c->http, &rq);
	wait_for(c, 1);
	assert_string_equal(undated.error_page, "");
	assert_true(undated.date_unix_s == 0);
}

static void what_is_cancelled_never_answers(void **state)
{
	struct client *c = *state;
	struct got first = { .client = c }, second = { .client = c }, third = { .client = c };
	struct http_request rq1 = request_for(&first, url_of(c, "/ok"));
	struct http_request rq2 = request_for(&second, "http://127.0.0.1:1/");
	struct http_request rq3;

	rq2.url = url_of(c, "/ok");
	rq3 = request_for(&third, rq2.url);
	first.handle = http_get(c->http, &rq1);
	second.handle = http_get(c->http, &rq2);
	http_cancel(first.handle);
	http_cancel(NULL);
	first.handle = http_get(c->http, &rq3);
	second.cancels = NULL;
	wait_for(c, 2);
	assert_int_equal(first.calls, 0);
	assert_int_equal(second.calls, 1);
	assert_int_equal(third.calls, 1);
	if (strcmp(third.body, "hello") != 0)
		fail_msg("got %d \"%s\"", third.error, third.why);
}

static void a_callback_may_cancel_another_request(void **state)
{
	struct client *c = *state;
	struct got first = { .client = c }, second = { .client = c };
	struct http_request rq1 = request_for(&first, url_of(c, "/ok"));
	struct http_request rq2;

	http_get(c->http, &rq1);
	rq2 = request_for(&second, url_of(c, "/hang"));
	first.cancels = http_get(c->http, &rq2);
	wait_for(c, 1);
	assert_int_equal(first.calls, 1);
	assert_int_equal(second.calls, 0);
}

static void what_runs_when_all_ends_is_let_go(void **state)
{
	struct client *c = *state;
	struct got g = { .client = c };
	struct http_request rq = request_for(&g, url_of(c, "/ok"));

	for (int i = 0; i < 5; i++)
		http_get(c->http, &rq);
	http_free(c->http);
	c->http = NULL;
	assert_int_equal(g.calls, 0);
}

/* ---- the loop ---- */

struct bell {
	struct loop_timer timer;
	struct loop *loop;
	struct bell *stops; /* when it rings */
	bool again, last;
	char name, *log;
};

static void ring(void *arg, uint64_t now_ns)
{
	struct bell *b = arg;

	strncat(b->log, &b->name, 1);
	assert_int_equal(b->timer.at_ns, 0);
	if (b->stops)
		loop_timer_stop(b->loop, &b->stops->timer);
	if (b->again) {
		b->again = false;
		loop_timer_set(b->loop, &b->timer, now_ns);
	} else if (b->last) {
		loop_stop(b->loop, 7);
	}
}

static struct bell bell(struct client *c, char name, char *log)
{
	return (struct bell){ .timer.fn = ring, .loop = c->loop, .name = name, .log = log };
}

static void timers_ring_in_the_order_of_their_times(void **state)
{
	struct client *c = *state;
	char log[16] = "";
	struct bell bells[4];
	struct err e;

	for (int i = 0; i < 4; i++) {
		bells[i] = bell(c, (char)('a' + i), log);
		bells[i].timer.arg = &bells[i];
	}
	bells[3].last = true;
	loop_timer_set(c->loop, &bells[2].timer, 30);
	loop_timer_set(c->loop, &bells[0].timer, 99);
	loop_timer_set(c->loop, &bells[3].timer, 40);
	loop_timer_set(c->loop, &bells[1].timer, 20);
	loop_timer_set(c->loop, &bells[0].timer, 0); /* moved, not set twice */
	assert_int_equal(loop_run(c->loop, &e), 7);
	assert_string_equal(log, "abcd");
}

static void a_timer_may_stop_another_that_is_due(void **state)
{
	struct client *c = *state;
	char log[16] = "";
	struct bell a = bell(c, 'a', log), b = bell(c, 'b', log), last = bell(c, 'c', log);
	struct err e;

	a.timer.arg = &a;
	b.timer.arg = &b;
	last.timer.arg = &last;
	a.stops = &b;
	last.last = true;
	loop_timer_set(c->loop, &a.timer, 1);
	loop_timer_set(c->loop, &b.timer, 2);
	loop_timer_set(c->loop, &last.timer, 3);
	assert_int_equal(loop_run(c->loop, &e), 7);
	assert_string_equal(log, "ac");
	loop_timer_stop(c->loop, &b.timer); /* stopping what is not set is nothing */
}

static void a_timer_set_again_for_now_lets_the_others_ring_first(void **state)
{
	struct client *c = *state;
	char log[16] = "";
	struct bell a = bell(c, 'a', log), b = bell(c, 'b', log);
	struct err e;

	a.timer.arg = &a;
	b.timer.arg = &b;
	a.again = a.last = true;
	loop_timer_set(c->loop, &a.timer, 1);
	loop_timer_set(c->loop, &b.timer, 2);
	assert_int_equal(loop_run(c->loop, &e), 7);
	assert_string_equal(log, "aba");
}

struct tap {
	struct loop *loop;
	int fd, n, unwatch_after;
};

static void drip(void *arg)
{
	struct tap *t = arg;
	char c;

	assert_int_equal(read(t->fd, &c, 1), 1);
	if (++t->n == t->unwatch_after)
		loop_unwatch(t->loop, t->fd);
}

static void on_end(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	loop_stop(arg, 7);
}

static void a_watched_file_is_read_as_long_as_it_is_watched(void **state)
{
	struct client *c = *state;
	struct loop_timer end = { .fn = on_end, .arg = c->loop };
	struct tap t = { .loop = c->loop, .unwatch_after = 3 };
	struct err e;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	t.fd = fds[0];
	assert_int_equal(write(fds[1], "12345", 5), 5);
	loop_watch(c->loop, fds[0], drip, &t);
	while (t.n < 3)
		assert_int_equal(loop_turn(c->loop, &e), 0);
	loop_timer_set(c->loop, &end, 1);
	assert_int_equal(loop_run(c->loop, &e), 7);
	assert_int_equal(t.n, 3);
	t.unwatch_after = 5;
	loop_watch(c->loop, fds[0], drip, &t);
	while (t.n < 5)
		assert_int_equal(loop_turn(c->loop, &e), 0);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
#define WITH_CLIENT(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)
	const struct CMUnitTest tests[] = {
		WITH_CLIENT(a_body_comes_whole_with_what_is_known_of_the_server),
		WITH_CLIENT(each_failure_has_its_own_sentence),
		WITH_CLIENT(a_port_where_nobody_listens_refuses),
		WITH_CLIENT(a_server_that_hangs_ends_with_the_time_out),
		WITH_CLIENT(a_body_may_have_its_maximum_and_not_a_byte_more),
		WITH_CLIENT(a_body_may_be_handed_on_as_it_arrives),
		WITH_CLIENT(a_body_without_end_has_no_maximum_but_may_not_pause_for_long),
		WITH_CLIENT(who_reads_a_body_may_refuse_it_with_a_sentence),
		WITH_CLIENT(an_error_page_is_not_handed_on),
		WITH_CLIENT(a_server_tells_its_clock_and_why_it_refuses),
		WITH_CLIENT(what_is_cancelled_never_answers),
		WITH_CLIENT(a_callback_may_cancel_another_request),
		WITH_CLIENT(what_runs_when_all_ends_is_let_go),
		WITH_CLIENT(timers_ring_in_the_order_of_their_times),
		WITH_CLIENT(a_timer_may_stop_another_that_is_due),
		WITH_CLIENT(a_timer_set_again_for_now_lets_the_others_ring_first),
		WITH_CLIENT(a_watched_file_is_read_as_long_as_it_is_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
