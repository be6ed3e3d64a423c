#include "collectors/credentials.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	SECRET_MAX = 16 << 10,
	PEM_LOOK_MAX = 256 << 10, /* a bundle of authorities begins with comments */
	LOOK_EVERY_S = 5,	  /* at a file that may have been replaced */
};

struct secret {
	char *path; /* NULL: it came from the environment, or there is none */
	char *text;
	struct timespec changed;
	ino_t inode;
};

struct credentials {
	struct secret bearer, user;
	char *cert, *key, *ca;
	uint64_t looked_ns;
};

static void secret_clear(struct secret *s)
{
	if (s->text)
		explicit_bzero(s->text, strlen(s->text));
	free(s->text);
	s->text = NULL;
}

/* Kubernetes mounts its tokens readable for all, and read-only: nothing can be done about it. */
static bool is_careless(const char *path, const struct stat *st)
{
	return (st->st_mode & (S_IRGRP | S_IROTH)) && st->st_uid == geteuid() &&
	       access(path, W_OK) == 0;
}

static int secret_read(struct secret *s, struct err *e)
{
	char text[SECRET_MAX];
	struct stat st;
	size_t n;
	FILE *f = fopen(s->path, "re");

	if (!f)
		return err_set(e, -errno, "credentials: %s: %s", s->path, strerror(errno));
	if (fstat(fileno(f), &st) == 0) {
		s->changed = st.st_mtim;
		s->inode = st.st_ino;
		if (is_careless(s->path, &st)) {
			fclose(f);
			return err_set(e, -EPERM,
				       "credentials: %s: others can read it (chmod 600 %s)",
				       s->path, s->path);
		}
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (text[0] == '\0')
		return err_set(e, -ENODATA, "credentials: %s: empty", s->path);
	secret_clear(s);
	s->text = xstrdup(text);
	explicit_bzero(text, sizeof(text));
	return 0;
}

/* Taken out of the environment as well as of what /proc/PID/environ shows of it. */
static char *from_environment(const char *name)
{
	char *value = getenv(name), *copy;

	if (!value || !*value)
		return NULL;
	copy = xstrdup(value);
	explicit_bzero(value, strlen(value));
	unsetenv(name);
	return copy;
}

static int secret_init(struct secret *s, const char *path, const char *name, struct err *e)
{
	s->text = from_environment(name);
	if (!path)
		return 0;
	s->path = xstrdup(path);
	return secret_read(s, e);
}

/* libcurl would say of a file only that something is wrong with it. */
static int pem_init(char **ret, const char *path, const char *name, struct err *e)
{
	const char *value = path ? path : getenv(name);
	char text[PEM_LOOK_MAX];
	bool is_pem;
	size_t n;
	FILE *f;

	if (!value || !*value)
		return 0;
	*ret = xstrdup(value);
	f = fopen(value, "re");
	if (!f)
		return err_set(e, -errno, "credentials: %s: %s", value, strerror(errno));
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	is_pem = memmem(text, n, "-----BEGIN ", 11) != NULL;
	explicit_bzero(text, sizeof(text));
	return is_pem ? 0 : err_set(e, -EINVAL, "credentials: %s: no PEM file", value);
}

struct credentials *credentials_new(const struct credential_files *files, struct err *e)
{
	struct credentials *c = xcalloc(1, sizeof(*c));

	c->looked_ns = clock_mono_ns();
	if (pem_init(&c->cert, files->cert, "GMPTOP_CERT", e) < 0 ||
	    pem_init(&c->key, files->key, "GMPTOP_KEY", e) < 0 ||
	    pem_init(&c->ca, files->ca, "GMPTOP_CACERT", e) < 0 ||
	    secret_init(&c->bearer, files->bearer, "GMPTOP_BEARER", e) < 0 ||
	    secret_init(&c->user, files->user, "GMPTOP_USER", e) < 0) {
		credentials_free(c);
		return NULL;
	}
	return c;
}

void credentials_free(struct credentials *c)
{
	if (!c)
		return;
	secret_clear(&c->bearer);
	secret_clear(&c->user);
	free(c->bearer.path);
	free(c->user.path);
	free(c->cert);
	free(c->key);
	free(c->ca);
	free(c);
}

/* What cannot be read now stays as it was: it may be half replaced. */
static void follow(struct secret *s)
{
	struct stat st;
	struct err ignored;

	if (s->path && stat(s->path, &st) == 0 &&
	    (st.st_ino != s->inode || st.st_mtim.tv_sec != s->changed.tv_sec ||
	     st.st_mtim.tv_nsec != s->changed.tv_nsec))
		secret_read(s, &ignored);
}

void credentials_apply(struct credentials *c, CURL *easy, uint64_t now_ns)
{
	if (now_ns >= c->looked_ns + LOOK_EVERY_S * NS_PER_S) {
		c->looked_ns = now_ns;
		follow(&c->bearer);
		follow(&c->user);
	}
	if (c->bearer.text) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, c->bearer.text);
	} else if (c->user.text) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(easy, CURLOPT_USERPWD, c->user.text);
	}
	if (c->cert)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, c->cert);
	if (c->key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, c->key);
	if (c->ca)
		curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca);
}
