#include "collectors/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	HEADERS_MAX = 64 << 10,
	HEADERS_COUNT_MAX = 256,
	CONNECT_MS = 1500,
	BAIT_MAX = 4096, /* of a refused body: enough to say what it was */
	POOL_MAX = 64,
	HOPS_MAX = 3, /* redirects within one origin */
};

struct http_handle {
	struct http *http;
	CURL *easy;
	struct http_handle *next; /* running, or free for reuse */
	struct http_request rq;
	char *url, *unix_path;
	struct buf body;
	struct curl_slist *headers;
	uint64_t start_ns;
	size_t got_bytes, header_bytes, n_headers;
	int64_t date_unix_s;
	long status;
	char location[128]; /* for people: without its query */
	char follow[512];   /* whole; "" when it is longer */
	int hops;
	char curls[CURL_ERROR_SIZE]; /* libcurl's own words */
	struct err why;
	int error; /* set by our own callbacks; why says it */
};

struct http {
	struct loop *loop;
	struct http_handle *running, *pool;
	size_t n_pool;
	char *agent;
	struct credentials *credentials;
};

/* ---- what a server sends ---- */

static int fail(struct http_handle *t, int code)
{
	t->error = code;
	return 0; /* to libcurl: a short write, so it ends the transfer */
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_handle *t = arg;
	int r;

	n *= size;
	t->got_bytes += n;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
	if (t->status != 200) { /* an error page: a piece of it is enough */
		size_t room = t->body.len < BAIT_MAX ? BAIT_MAX - t->body.len : 0;

		buf_add(&t->body, data, n < room ? n : room);
		return t->got_bytes > (1 << 20) ? 0 : n;
	}
	if (t->got_bytes > t->rq.body_max && !t->rq.idle_ns)
		return (size_t)fail(t, err_set(&t->why, -EFBIG,
					       "the answer is larger than %zu MiB; refused",
					       t->rq.body_max >> 20));
	if (t->rq.on_data) {
		r = t->rq.on_data(t->rq.arg, data, n, &t->why);
		return r < 0 ? (size_t)fail(t, r) : n;
	}
	r = buf_add(&t->body, data, n);
	return r < 0 ? (size_t)fail(t, err_set(&t->why, r,
					       "the answer is larger than %zu MiB; refused",
					       t->rq.body_max >> 20))
		     : n;
}

/* "Date: Tue, 24 Nov 2026 11:47:37 GMT": the server's clock. */
static void take_date(struct http_handle *t, const char *data, size_t n)
{
	static const char date[] = "date:";
	char text[64];
	size_t skip = sizeof(date) - 1;
	time_t at;

	if (n <= skip || n - skip >= sizeof(text) || strncasecmp(data, date, skip) != 0)
		return;
	memcpy(text, data + skip, n - skip);
	text[n - skip] = '\0';
	at = curl_getdate(text, NULL);
	t->date_unix_s = at > 0 ? (int64_t)at : 0;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char location[] = "location:";
	struct http_handle *t = arg;
	size_t from = sizeof(location) - 1, len;

	n *= size;
	t->header_bytes += n;
	if (t->header_bytes > HEADERS_MAX || ++t->n_headers > HEADERS_COUNT_MAX)
		return (size_t)fail(
			t, err_set(&t->why, -EFBIG,
				   "the answer's headers do not end (over %d kB or %d lines)",
				   HEADERS_MAX >> 10, HEADERS_COUNT_MAX));
	take_date(t, data, n);
	if (n > from && strncasecmp(data, location, from) == 0) {
		while (from < n && data[from] == ' ')
			from++;
		len = n - from < sizeof(t->location) - 1 ? n - from : sizeof(t->location) - 1;
		memcpy(t->location, data + from, len);
		if (n - from < sizeof(t->follow)) {
			memcpy(t->follow, data + from, n - from);
			t->follow[n - from] = '\0';
			t->follow[strcspn(t->follow, "\r\n")] = '\0';
		}
		t->location[len] = '\0';
		t->location[strcspn(t->location, "\r\n?")] = '\0'; /* a query may hold secrets */
	}
	return n;
}

/* ---- how it ended, in words ---- */

static bool over_tls(const struct http_handle *t)
{
	return strncasecmp(t->url, "https:", 6) == 0;
}

/* As OpenSSL counts them (x509_vfy.h). */
static void explain_certificate(struct http_handle *t)
{
	enum { NOT_YET = 9, EXPIRED = 10 };
	long verdict = 0;

	curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	if (verdict == EXPIRED)
		err_put(&t->why, "its certificate has expired");
	else if (verdict == NOT_YET)
		err_put(&t->why, "its certificate is not yet valid (the clock here or there?)");
	else if (strstr(t->curls, "subject name"))
		err_put(&t->why, "its certificate is for another host");
	else
		err_put(&t->why, "its certificate is not trusted (--cacert FILE names who signs)");
	t->error = -EACCES;
}

static void explain_handshake(struct http_handle *t)
{
	if (strstr(t->curls, "wrong version number"))
		t->error = err_set(&t->why, -EPROTO, "speaks no TLS here (use http://)");
	else if (strstr(t->curls, "certificate"))
		t->error = err_set(&t->why, -EACCES, "refuses our certificate (--cert F --key F)");
	else if (strstr(t->curls, "alert"))
		t->error = err_set(&t->why, -EPROTO, "refuses the TLS handshake");
	else
		t->error = err_set(&t->why, -EPROTO, "the TLS handshake failed");
}

/* Nothing came. With TLS 1.3 a server closes so when it misses our certificate. */
static void explain_break(struct http_handle *t, CURLcode code, int os)
{
	const char *what = os ? strerror(os) : curl_easy_strerror(code);

	if (over_tls(t) && strstr(t->curls, "certificate"))
		t->error = err_set(&t->why, -EACCES, "refuses our certificate (--cert F --key F)");
	else
		t->error = err_set(&t->why, -ECONNRESET, "the connection broke: %s%s", what,
				   over_tls(t) && !t->header_bytes
					   ? " (does it ask for a certificate? --cert F --key F)"
					   : "");
}

static void explain_curl(struct http_handle *t, CURLcode code)
{
	double after_s = (double)(clock_mono_ns() - t->start_ns) / 1e9;
	long os = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os);
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		if (t->rq.idle_ns && (t->got_bytes || t->header_bytes)) {
			t->error = err_set(&t->why, -ETIMEDOUT, "nothing came for %.0f s",
					   (double)t->rq.idle_ns / 1e9);
			return;
		}
		t->error = err_set(&t->why, -ETIMEDOUT,
				   t->got_bytes || t->header_bytes
					   ? "the answer did not end within %.1f s"
					   : "no answer within %.1f s",
				   after_s);
		return;
	case CURLE_COULDNT_CONNECT:
		if (!os || os == ECONNREFUSED)
			t->error = err_set(&t->why, -ECONNREFUSED,
					   "connection refused (nothing listens there)");
		else
			t->error = err_set(&t->why, -EHOSTUNREACH, "connection failed: %s",
					   strerror((int)os));
		return;
	case CURLE_COULDNT_RESOLVE_HOST:
		t->error = err_set(&t->why, -EHOSTUNREACH, "the host name is not known");
		return;
	case CURLE_GOT_NOTHING:
		t->error = err_set(&t->why, -ECONNRESET, "closed the connection without an answer");
		return;
	case CURLE_OUT_OF_MEMORY: /* what libcurl says of a header line over 100 kB */
		t->error = err_set(&t->why, -EFBIG, "the answer's headers do not end");
		return;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		if (!os && t->header_bytes) {
			t->error =
				err_set(&t->why, -EBADMSG,
					"the answer's encoding is broken (its chunks or length)");
			return;
		}
		explain_break(t, code, (int)os);
		return;
	case CURLE_PARTIAL_FILE:
		t->error = err_set(&t->why, -EBADMSG, "the answer ended too early");
		return;
	case CURLE_BAD_CONTENT_ENCODING:
		t->error = err_set(&t->why, -EBADMSG, "the answer's compression is broken");
		return;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		t->error = err_set(&t->why, -EPROTO, "what answers is not HTTP");
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
		explain_certificate(t);
		return;
	case CURLE_SSL_CONNECT_ERROR:
		explain_handshake(t);
		return;
	case CURLE_COULDNT_RESOLVE_PROXY:
		t->error = err_set(&t->why, -EHOSTUNREACH,
				   "the proxy's name is not known (NO_PROXY leaves it out)");
		return;
	default:
		t->error = err_set(&t->why, -EIO, "%s", curl_easy_strerror(code));
	}
}

static void explain_status(struct http_handle *t)
{
	if (t->status == 200)
		return;
	if (t->status >= 300 && t->status < 400)
		t->error = err_set(&t->why, -EREMOTE,
				   "HTTP %ld: redirects to %s, which is not followed", t->status,
				   t->location[0] ? t->location : "nowhere");
	else if (t->status == 401 || t->status == 403)
		t->error = err_set(&t->why, -EACCES,
				   "HTTP %ld: not allowed (--bearer-file, --user-file or --cert)",
				   t->status);
	else if (t->status == 404)
		t->error = err_set(&t->why, -ENOENT, "HTTP 404: not served here");
	else if (t->status == 400 && t->body.len &&
		 memmem(t->body.ptr, t->body.len, "HTTPS server", 12))
		t->error = err_set(&t->why, -EPROTO, "HTTP 400: speaks TLS here (use https://)");
	else if (t->status == 204)
		t->error = err_set(&t->why, -EBADMSG, "HTTP 204: an empty answer");
	else
		t->error = err_set(&t->why, -EPROTO, "HTTP %ld", t->status);
}

/* Both ends have the same address: the server runs on this host. */
static bool is_local(CURL *easy, const char **ret_ip, long *ret_port)
{
	char *here = NULL, *there = NULL;

	curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &here);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &there);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, ret_port);
	*ret_ip = there ? there : "";
	return here && there && there[0] && strcmp(here, there) == 0;
}

static pid_t peer_pid(CURL *easy)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return 0;
	return cred.pid;
}

void http_connection(struct http_handle *t, struct http_reply *ret)
{
	long port = 0;

	ret->local = is_local(t->easy, &ret->remote_ip, &port);
	ret->remote_port = (int)port;
	if (t->unix_path) {
		ret->peer_pid = peer_pid(t->easy);
		ret->local = true;
	}
}

/* ---- life of a request ---- */

static void handle_free(struct http_handle *t)
{
	curl_easy_cleanup(t->easy);
	buf_release(&t->body);
	curl_slist_free_all(t->headers);
	free(t->url);
	free(t->unix_path);
	free(t);
}

static void unlink_running(struct http_handle *t)
{
	struct http_handle **at = &t->http->running;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	curl_multi_remove_handle(loop_multi(t->http->loop), t->easy);
}

static void recycle(struct http_handle *t)
{
	struct http *h = t->http;

	free(t->url);
	free(t->unix_path);
	curl_slist_free_all(t->headers);
	t->url = t->unix_path = NULL;
	t->headers = NULL;
	if (h->n_pool == POOL_MAX || t->body.cap > (4 << 20)) {
		handle_free(t);
		return;
	}
	t->next = h->pool;
	h->pool = t;
	h->n_pool++;
}

/* Whether an address is one of this host's own, which a proxy would look for on itself. */
static bool is_loopback(const char *url)
{
	static const char *const own[] = { "localhost", "127.", "[::1]", "[::ffff:127." };
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		size_t n = strlen(own[i]);

		if (strncasecmp(host, own[i], n) == 0 &&
		    (own[i][n - 1] == '.' || strchr(":/?#", host[n])))
			return true;
	}
	return false;
}

static void set_options(struct http_handle *t, uint64_t timeout_ns)
{
	long ms = (long)(timeout_ns / NS_PER_MS);
	CURL *c = t->easy;

	curl_easy_reset(c); /* connections stay with the multi handle */
	curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->curls);
	curl_easy_setopt(c, CURLOPT_URL, t->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	if (t->unix_path || is_loopback(t->url))
		curl_easy_setopt(c, CURLOPT_PROXY, ""); /* what is debugged is asked itself */
	curl_easy_setopt(c, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
	if (t->rq.idle_ns) { /* libcurl counts whole seconds */
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
				 (long)((t->rq.idle_ns + NS_PER_S - 1) / NS_PER_S));
	} else {
		curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms > 0 ? ms : 1L);
	}
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : (long)CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 32L << 10); /* of 200 still in the cache */
	curl_easy_setopt(c, CURLOPT_USERAGENT, t->http->agent);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (t->headers)
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
	if (t->rq.want_gzip)
		curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (t->unix_path)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, t->unix_path);
	credentials_apply(t->http->credentials, c, clock_mono_ns());
}

/* The address that a redirect leads to, when it stays with this host, port and scheme; else NULL.
 */
static char *same_origin(const struct http_handle *t)
{
	const char *host = strstr(t->url, "://"), *to = t->follow;
	size_t n;

	if (!host || t->status < 300 || t->status > 399 || t->hops == HOPS_MAX)
		return NULL;
	n = (size_t)(host - t->url) + 3;
	n += strcspn(t->url + n, "/?#");
	if (strncmp(to, t->url, n) == 0 && (to[n] == '/' || to[n] == '?'))
		return xstrdup(to);
	if (to[0] == '/' && to[1] != '/' && to[1] != '\\')
		return xasprintf("%.*s%s", (int)n, t->url, to);
	return NULL;
}

/* Asks again at the new address, within the time that is left. */
static void follow_redirect(struct http_handle *t, char *url)
{
	uint64_t spent_ns = clock_mono_ns() - t->start_ns;
	CURLM *multi = loop_multi(t->http->loop);

	free(t->url);
	t->url = url;
	t->hops++;
	buf_clear(&t->body);
	t->got_bytes = t->header_bytes = t->n_headers = 0;
	t->date_unix_s = 0;
	t->status = 0;
	t->location[0] = t->follow[0] = '\0';
	curl_multi_remove_handle(multi, t->easy);
	set_options(t, t->rq.timeout_ns > spent_ns ? t->rq.timeout_ns - spent_ns : 1);
	curl_multi_add_handle(multi, t->easy);
}

static void on_transfer(void *arg, CURL *easy, CURLcode code)
{
	char *url;
	struct http_reply r = { 0 };
	struct http_handle *t = NULL;
	char *type = NULL;

	(void)arg;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &t->status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	url = t->error ? NULL : same_origin(t);
	if (url) {
		follow_redirect(t, url);
		return;
	}
	if (!t->error && code != CURLE_OK && !(t->status && t->status != 200))
		explain_curl(t, code);
	if (!t->error)
		explain_status(t);
	r.error = t->error;
	r.why = t->why;
	r.status = t->status;
	r.content_type = type ? str_of(type) : STR("");
	r.body = t->rq.on_data ? NULL : buf_str(&t->body);
	r.len = t->rq.on_data ? 0 : t->body.len;
	r.error_page = STR("");
	if (t->status != 200)
		r.error_page = (struct str){ buf_str(&t->body), (uint32_t)t->body.len };
	r.date_unix_s = t->date_unix_s;
	r.took_ns = clock_mono_ns() - t->start_ns;
	http_connection(t, &r);
	unlink_running(t);
	t->rq.on_done(t->rq.arg, &r);
	recycle(t);
}

struct http *http_new(struct loop *l, const struct http_options *o, struct err *e)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	h->agent = xstrdup(o->user_agent);
	h->credentials = credentials_new(&o->files, e);
	if (!h->credentials) {
		http_free(h);
		return NULL;
	}
	loop_on_transfer(l, on_transfer, h);
	return h;
}

void http_free(struct http *h)
{
	struct http_handle *t;

	if (!h)
		return;
	while ((t = h->running)) {
		h->running = t->next;
		curl_multi_remove_handle(loop_multi(h->loop), t->easy);
		handle_free(t);
	}
	while ((t = h->pool)) {
		h->pool = t->next;
		handle_free(t);
	}
	free(h->agent);
	credentials_free(h->credentials);
	free(h);
}

static struct http_handle *handle_get(struct http *h)
{
	struct http_handle *t = h->pool;

	if (t) {
		h->pool = t->next;
		h->n_pool--;
		return t;
	}
	t = xcalloc(1, sizeof(*t));
	t->easy = curl_easy_init();
	if (!t->easy)
		abort(); /* libcurl is out of memory */
	buf_init(&t->body, 0);
	t->http = h;
	return t;
}

struct http_handle *http_get(struct http *h, const struct http_request *rq)
{
	struct http_handle *t = handle_get(h);

	t->rq = *rq;
	t->url = xstrdup(rq->url);
	t->unix_path = rq->unix_path && rq->unix_path[0] ? xstrdup(rq->unix_path) : NULL;
	t->rq.url = t->url;
	t->body.max = rq->body_max > BAIT_MAX ? rq->body_max : BAIT_MAX;
	buf_clear(&t->body);
	t->start_ns = clock_mono_ns();
	t->got_bytes = t->header_bytes = t->n_headers = 0;
	t->date_unix_s = 0;
	t->status = 0;
	t->location[0] = t->follow[0] = '\0';
	t->why.text[0] = t->curls[0] = '\0';
	t->error = 0;
	if (rq->accept) {
		char line[512];

		snprintf(line, sizeof(line), "Accept: %s", rq->accept);
		t->headers = curl_slist_append(NULL, line);
	}
	t->hops = 0;
	set_options(t, rq->timeout_ns);
	t->next = h->running;
	h->running = t;
	curl_multi_add_handle(loop_multi(h->loop), t->easy);
	return t;
}

void http_cancel(struct http_handle *t)
{
	if (!t)
		return;
	unlink_running(t);
	recycle(t);
}

struct str http_content_type(const struct http_handle *t)
{
	char *type = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	return type ? str_of(type) : STR("");
}
