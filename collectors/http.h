/* http.h - GET, without blocking: bytes or one sentence why not. Never parses. Whatever a server
 * sends is bounded here in size, in time and in headers; redirects are not followed. */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collectors/credentials.h"
#include "collectors/loop.h"
#include "core/base/err.h"
#include "core/base/str.h"

struct http;

struct http_options {
	const char *user_agent;
	struct credential_files files;
};

struct http_reply {
	int error; /* 0: the body came whole with status 200; else -errno, the sentence in why */
	struct err why;
	long status; /* 0: no answer */
	struct str content_type;
	const char *body; /* NULL when it was streamed; valid during the callback */
	size_t len;
	struct str error_page; /* of a status but 200: how its page begins; as body */
	int64_t date_unix_s;   /* the server's clock (Date:); 0: it does not tell */
	uint64_t took_ns;      /* until the last byte */
	bool local;	       /* both ends of the connection are on this host */
	int remote_port;
	pid_t peer_pid;	       /* the server's, over a unix socket; else 0 */
	const char *remote_ip; /* "" when never connected; valid during the callback */
};

struct http_request {
	const char *url;       /* copied */
	const char *unix_path; /* NULL or "": TCP; copied */
	const char *accept;    /* NULL: anything */
	size_t body_max;       /* bytes after decoding; beyond it the request fails with -EFBIG */
	uint64_t timeout_ns;
	/* Not 0: the body need not end. timeout_ns is for connecting only then and body_max does
	 * not hold, but it fails when so long no byte comes, before the first one too. */
	uint64_t idle_ns;
	bool want_gzip; /* offer gzip as a transfer encoding */
	/* NULL: the body is collected. Else it is handed on as it arrives; a negative value ends
	 * the request with that error and the sentence in *e. */
	int (*on_data)(void *arg, const char *data, size_t n, struct err *e);
	void (*on_done)(void *arg, const struct http_reply *r);
	void *arg;
};

struct http_handle;

struct http *http_new(struct loop *l, const struct http_options *o, struct err *e); /* http_free */
void http_free(struct http *h);

/* Starts it. on_done is called exactly once, never from within http_get, and not after a cancel. */
struct http_handle *http_get(struct http *h, const struct http_request *rq);
/* Where its connection goes to, while it is under way: local, remote_ip, remote_port, peer_pid. */
void http_connection(struct http_handle *t, struct http_reply *ret);
/* NULL is fine. Not for a handle whose on_done has begun: it takes care of itself. */
void http_cancel(struct http_handle *t);
/* What the server says the body is, from on_data on; "" when it does not. Until it is done. */
struct str http_content_type(const struct http_handle *t);

#endif
