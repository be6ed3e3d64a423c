/* credentials.h - who gmptop says it is to a server: from files or the environment, never from the
 * command line; wiped when freed. A file that changes is read again: what Kubernetes mounts as a
 * token is replaced within the hour. */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <curl/curl.h>
#include <stdint.h>

#include "core/base/err.h"

struct credentials;

struct credential_files {
	const char *bearer, *user;   /* a token; name:password */
	const char *cert, *key, *ca; /* PEM, read by libcurl; NULL: none, as for the others */
};

/* What no file is named for comes from GMPTOP_BEARER and GMPTOP_USER, which are wiped there, and
 * from the paths in GMPTOP_CERT, GMPTOP_KEY and GMPTOP_CACERT. -EPERM: a file of ours that others
 * can read, on a file system where that could be changed. */
struct credentials *credentials_new(const struct credential_files *files, struct err *e);
void credentials_free(struct credentials *c); /* NULL is fine */

/* For one request. */
void credentials_apply(struct credentials *c, CURL *easy, uint64_t now_ns);

#endif
