#include "collectors/target.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/promql.h"
#include "collectors/procfs.h"

static const char unix_prefix[] = "unix:", server_prefix[] = "prometheus:";

/* A path whose last segment says that it is one page, not the base of the usual pages. */
static enum source source_of_path(const char *path)
{
	static const struct {
		const char *tail;
		enum source source;
	} pages[] = {
		{ "/metrics", SOURCE_METRICS },	       { "/prometheus", SOURCE_METRICS },
		{ "/federate", SOURCE_METRICS },       { "/debug/vars", SOURCE_EXPVAR },
		{ "/hystrix.stream", SOURCE_HYSTRIX }, { "/turbine.stream", SOURCE_HYSTRIX },
	};
	size_t len = strcspn(path, "?#");

	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		size_t n = strlen(pages[i].tail);

		if (len >= n && strncmp(path + len - n, pages[i].tail, n) == 0)
			return pages[i].source;
	}
	if (memmem(path, len, "/debug/pprof", 12))
		return SOURCE_PPROF;
	return memmem(path, len, "/metrics/", 9) ? SOURCE_METRICS : SOURCE_COUNT;
}

enum { CPU_DEFAULT_S = 5, CPU_MAX_S = 60 };

/* The N of seconds=N in a query; the default when there is none. */
static int profile_seconds(struct target_spec *s, const char *query, struct err *e)
{
	const char *at = strstr(query, "seconds=");
	long n = at ? strtol(at + 8, NULL, 10) : CPU_DEFAULT_S;

	if (n < 1 || n > CPU_MAX_S)
		return err_set(e, -EINVAL, "a CPU profile of 1 to %d seconds can be asked for",
			       CPU_MAX_S);
	s->profile_s = (uint32_t)n;
	return 0;
}

/* The profile that is named, the one of goroutines for any other address under /debug/pprof. Other
 * parameters are left out: gc=1 would force a collection. */
static int exact_pprof(struct target_spec *s, const char *url, struct err *e)
{
	static const struct {
		const char *name;
		enum profile_kind kind;
	} profiles[] = {
		{ "/profile", PROFILE_CPU },   { "/heap", PROFILE_HEAP },
		{ "/allocs", PROFILE_ALLOCS }, { "/mutex", PROFILE_MUTEX },
		{ "/block", PROFILE_BLOCK },   { "/threadcreate", PROFILE_THREADCREATE },
	};
	const char *at = strstr(url, "/debug/pprof"), *name = at + strlen("/debug/pprof");
	size_t n = strcspn(name, "?#");
	int base = (int)(at - url);

	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		if (n != strlen(profiles[i].name) || strncmp(name, profiles[i].name, n) != 0)
			continue;
		s->is_profile = true;
		s->profile = profiles[i].kind;
		if (s->profile == PROFILE_CPU && profile_seconds(s, name + n, e) < 0)
			return -EINVAL;
	}
	if (!s->is_profile)
		snprintf(s->exact_url, sizeof(s->exact_url), "%.*s/debug/pprof/goroutine?debug=0",
			 base, url);
	else if (s->profile == PROFILE_CPU)
		snprintf(s->exact_url, sizeof(s->exact_url), "%.*s/debug/pprof/profile?seconds=%u",
			 base, url, s->profile_s);
	else
		snprintf(s->exact_url, sizeof(s->exact_url), "%.*s/debug/pprof%.*s?debug=0", base,
			 url, (int)n, name);
	return 0;
}

static int parse_url(const char *arg, struct target_spec *s, struct err *e)
{
	const char *scheme = strstr(arg, "://"), *host, *path;
	char url[512];
	size_t len;

	if (scheme && strncmp(arg, "http://", 7) != 0 && strncmp(arg, "https://", 8) != 0)
		return err_set(e, -EINVAL, "%.*s: not a scheme that is known (http:// or https://)",
			       (int)(scheme - arg), arg);
	len = (size_t)snprintf(url, sizeof(url), "%s%s", scheme ? "" : "http://", arg);
	if (len >= sizeof(url))
		return err_set(e, -EINVAL, "the address is too long");
	host = strstr(url, "://") + 3;
	path = host + strcspn(host, "/?#");
	if (memchr(host, '@', (size_t)(path - host)))
		return err_set(e, -EINVAL,
			       "an address with a password in it shows in the process list "
			       "(use --user-file or --bearer-file)");
	if (path == host || strpbrk(url, " \t\r\n\"<>"))
		return err_set(e, -EINVAL, "%s: not an address", arg);
	snprintf(s->host_port, sizeof(s->host_port), "%.*s", (int)(path - host), host);
	s->kind = TARGET_URL;
	s->only = source_of_path(path);
	if (s->only == SOURCE_PPROF && exact_pprof(s, url, e) < 0)
		return -EINVAL;
	if (s->only != SOURCE_COUNT && s->only != SOURCE_PPROF)
		snprintf(s->exact_url, sizeof(s->exact_url), "%s", url);
	len = s->only == SOURCE_COUNT ? strcspn(url, "?#") : (size_t)(path - url);
	while (len && url[len - 1] == '/')
		len--;
	if (len >= sizeof(s->base.url))
		return err_set(e, -EINVAL, "the address is too long");
	snprintf(s->base.url, sizeof(s->base.url), "%.*s", (int)len, url);
	return 0;
}

static int parse_unix(const char *path, struct target_spec *s, struct err *e)
{
	if (path[0] != '/' || strlen(path) >= sizeof(s->base.unix_path))
		return err_set(e, -EINVAL, "unix:%s: not the path of a socket (unix:/run/app.sock)",
			       path);
	s->kind = TARGET_URL;
	s->only = SOURCE_COUNT;
	snprintf(s->base.unix_path, sizeof(s->base.unix_path), "%s", path);
	snprintf(s->base.url, sizeof(s->base.url), "http://localhost");
	snprintf(s->host_port, sizeof(s->host_port), "%s", path);
	return 0;
}

/* A prefix belongs to the address: /prometheus is no page here. */
static int parse_server(const char *arg, struct target_spec *s, struct err *e)
{
	size_t len = strcspn(arg, "#");
	char url[512];
	const char *rest;
	int r;

	if (arg[len] && strlen(arg + len + 1) >= sizeof(s->wanted))
		return err_set(e, -EINVAL, "what stands behind # is too long");
	snprintf(s->wanted, sizeof(s->wanted), "%s", arg[len] ? arg + len + 1 : "");
	r = promql_check(s->wanted, e);
	if (r < 0)
		return r;
	if (len >= sizeof(url))
		return err_set(e, -EINVAL, "the address is too long");
	snprintf(url, sizeof(url), "%.*s", (int)len, arg);
	if (strncmp(url, unix_prefix, sizeof(unix_prefix) - 1) == 0) {
		r = parse_unix(url + sizeof(unix_prefix) - 1, s, e);
	} else {
		url[strcspn(url, "?")] = '\0';
		r = parse_url(url, s, e);
		rest = strstr(url, "://");
		rest = rest ? rest + 3 : url;
		len = strlen(url);
		while (len && url[len - 1] == '/')
			len--;
		if (r == 0 && (size_t)snprintf(s->base.url, sizeof(s->base.url), "%s%.*s",
					       rest == url ? "http://" : "", (int)len,
					       url) >= sizeof(s->base.url))
			r = err_set(e, -EINVAL, "the address is too long");
	}
	s->kind = TARGET_PROMETHEUS;
	s->only = SOURCE_COUNT;
	s->exact_url[0] = '\0';
	return r;
}

static bool is_number(const char *s)
{
	return s[0] && s[strspn(s, "0123456789")] == '\0';
}

/* "host:6060", "[::1]:6060": a port at its end makes it an address. */
static bool is_host_port(const char *s)
{
	const char *colon = strrchr(s, ':');
	size_t port = colon ? strcspn(colon + 1, "/?") : 0;

	return colon && port > 0 && strspn(colon + 1, "0123456789") == port;
}

/* "prometheus:9090" is a host of that name; "prometheus:host:9090" is a server. */
static bool is_server(const char *arg)
{
	char rest[512];

	if (strncmp(arg, server_prefix, sizeof(server_prefix) - 1) != 0)
		return false;
	snprintf(rest, sizeof(rest), "%s", arg + sizeof(server_prefix) - 1);
	rest[strcspn(rest, "#")] = '\0';
	return strstr(rest, "://") || is_host_port(rest) ||
	       strncmp(rest, unix_prefix, sizeof(unix_prefix) - 1) == 0;
}

int target_parse_server(const char *arg, struct target_spec *ret, struct err *e)
{
	struct target_spec s = { .only = SOURCE_COUNT };
	int r = parse_server(is_server(arg) ? arg + sizeof(server_prefix) - 1 : arg, &s, e);

	if (r == 0)
		*ret = s;
	return r;
}

int target_parse(const char *arg, struct target_spec *ret, struct err *e)
{
	const char *eq = strchr(arg, '=');
	struct target_spec s = { .only = SOURCE_COUNT };
	int r = 0;

	if (eq && eq != arg && (size_t)(eq - arg) < sizeof(s.name) &&
	    memchr(arg, '/', (size_t)(eq - arg)) == NULL &&
	    memchr(arg, ':', (size_t)(eq - arg)) == NULL) {
		memcpy(s.name, arg, (size_t)(eq - arg));
		arg = eq + 1;
	}
	if (!arg[0])
		return err_set(e, -EINVAL, "a target is empty");
	snprintf(s.asked, sizeof(s.asked), "%s", arg);
	if (is_number(arg)) {
		long pid = strtol(arg, NULL, 10);

		if (strlen(arg) > 9 || pid <= 0)
			return err_set(e, -EINVAL, "%s: not a process id", arg);
		s.kind = TARGET_PID;
		s.pid = (pid_t)pid;
	} else if (strcmp(arg, "-") == 0) {
		s.kind = TARGET_FILE;
	} else if (is_server(arg)) {
		r = parse_server(arg + sizeof(server_prefix) - 1, &s, e);
	} else if (strncmp(arg, unix_prefix, sizeof(unix_prefix) - 1) == 0) {
		r = parse_unix(arg + sizeof(unix_prefix) - 1, &s, e);
	} else if (strstr(arg, "://") || is_host_port(arg)) {
		r = parse_url(arg, &s, e);
	} else {
		s.kind = TARGET_NAME;
	}
	if (r < 0)
		return r;
	*ret = s;
	return 0;
}

int target_pids_by_name(const char *name, pid_t *ret, int n, struct err *e)
{
	struct procfs_walk *w = procfs_walk_new(e);
	char found[256];
	int count = 0;
	pid_t pid;

	if (!w)
		return -EIO;
	while ((pid = procfs_walk_next(w))) {
		if (procfs_name(pid, found, sizeof(found), NULL) < 0 || strcmp(found, name) != 0)
			continue;
		if (count < n)
			ret[count] = pid;
		count++;
	}
	procfs_walk_free(w);
	return count;
}
