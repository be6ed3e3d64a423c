#include "collectors/parse/procstat.h"

#include <arpa/inet.h>
#include <math.h>

static struct str skip(struct str s, uint32_t n)
{
	return (struct str){ s.p + n, s.len - n };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The next word, empty at the end. */
static struct str take_word(struct str *s)
{
	uint32_t n = 0;
	struct str word;

	while (s->len && is_blank(s->p[0]))
		*s = skip(*s, 1);
	while (n < s->len && !is_blank(s->p[n]))
		n++;
	word = (struct str){ s->p, n };
	*s = skip(*s, n);
	return word;
}

static struct str take_line(struct str *s)
{
	const char *end = s->len ? memchr(s->p, '\n', s->len) : NULL;
	uint32_t n = end ? (uint32_t)(end - s->p) : s->len;
	struct str line = { s->p, n };

	*s = skip(*s, end ? n + 1 : n);
	return line;
}

/* All of the word, or false. */
static bool get_u64(struct str word, uint64_t *ret)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < word.len; i++) {
		if (word.p[i] < '0' || word.p[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(word.p[i] - '0'), &v))
			return false;
	}
	if (word.len == 0)
		return false;
	*ret = v;
	return true;
}

static bool get_hex(struct str word, uint32_t *ret)
{
	uint32_t v = 0;

	if (word.len == 0 || word.len > 8)
		return false;
	for (uint32_t i = 0; i < word.len; i++) {
		char c = word.p[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (uint32_t)(low - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* The n-th word from here, counted from 1. */
static struct str take_nth(struct str *s, int n)
{
	while (--n > 0)
		take_word(s);
	return take_word(s);
}

/* Fields are numbered as in proc(5): state is 3, utime 14, num_threads 20, starttime 22. */
bool parse_pid_stat(struct str text, struct pid_stat *ret)
{
	const char *open = text.len ? memchr(text.p, '(', text.len) : NULL;
	/* comm may hold ")"; what follows it cannot. */
	const char *close = open ? memrchr(open, ')', text.len - (size_t)(open - text.p)) : NULL;
	struct pid_stat st;
	struct str state;
	uint64_t user, sys;

	if (!close)
		return false;
	st.comm = (struct str){ open + 1, (uint32_t)(close - open - 1) };
	text = skip(text, (uint32_t)(close + 1 - text.p));
	state = take_word(&text);
	if (state.len != 1 || !get_u64(take_nth(&text, 14 - 3), &user) ||
	    !get_u64(take_word(&text), &sys) || !get_u64(take_nth(&text, 20 - 15), &st.n_threads) ||
	    !get_u64(take_nth(&text, 22 - 20), &st.start_ticks))
		return false;
	st.state = state.p[0];
	st.cpu_ticks = user + sys;
	*ret = st;
	return true;
}

bool parse_statm(struct str text, uint64_t *ret_size_pages, uint64_t *ret_rss_pages)
{
	uint64_t size, rss;

	if (!get_u64(take_word(&text), &size) || !get_u64(take_word(&text), &rss))
		return false;
	*ret_size_pages = size;
	*ret_rss_pages = rss;
	return true;
}

/* "0100007F:1F90": the address as words of the machine's order, the port as a number. */
static bool get_addr(struct str word, union sock_addr *ret)
{
	long colon = str_find(word, ":");
	uint32_t words[4], port, n = (uint32_t)(colon < 0 ? 0 : colon);

	if ((n != 8 && n != 32) || !get_hex(skip(word, n + 1), &port) || port > UINT16_MAX)
		return false;
	for (uint32_t i = 0; i < n / 8; i++) {
		if (!get_hex((struct str){ word.p + i * 8, 8 }, &words[i]))
			return false;
	}
	memset(ret, 0, sizeof(*ret));
	if (n == 8) {
		ret->in4.sin_family = AF_INET;
		ret->in4.sin_port = htons((uint16_t)port);
		memcpy(&ret->in4.sin_addr, words, sizeof(ret->in4.sin_addr));
	} else {
		ret->in6.sin6_family = AF_INET6;
		ret->in6.sin6_port = htons((uint16_t)port);
		memcpy(&ret->in6.sin6_addr, words, sizeof(ret->in6.sin6_addr));
	}
	return true;
}

/* sl local remote st tx:rx tr:when retrnsmt uid timeout inode */
bool parse_tcp_line(struct str line, struct tcp_socket *ret)
{
	enum { STATE_LISTEN = 10 }; /* include/net/tcp_states.h */
	struct tcp_socket so;
	uint32_t state;

	if (!get_addr(take_nth(&line, 2), &so.local) || !get_hex(take_nth(&line, 2), &state) ||
	    !get_u64(take_nth(&line, 6), &so.inode))
		return false;
	so.listens = state == STATE_LISTEN;
	*ret = so;
	return true;
}

bool parse_socket_link(struct str link, uint64_t *ret)
{
	uint32_t head = sizeof("socket:[") - 1;

	if (!str_starts(link, "socket:[") || !str_ends(link, "]"))
		return false;
	return get_u64((struct str){ link.p + head, link.len - head - 1 }, ret);
}

static struct str take_until(struct str *s, char sep)
{
	const char *end = s->len ? memchr(s->p, sep, s->len) : NULL;
	uint32_t n = end ? (uint32_t)(end - s->p) : s->len;
	struct str head = { s->p, n };

	*s = skip(*s, end ? n + 1 : n);
	return head;
}

/* Whether "rw,cpu,cpuacct" has "cpu". */
static bool has_option(struct str options, const char *name)
{
	while (options.len) {
		if (str_is(take_until(&options, ','), name))
			return true;
	}
	return false;
}

/* "4:cpu,cpuacct:/path" of version 1, "0::/path" of version 2. A controller is in one hierarchy
 * only, so a version 1 line with cpu decides. */
bool parse_cgroup(struct str text, struct cgroup *ret)
{
	struct cgroup v2 = { 0 };

	while (text.len) {
		struct str line = take_line(&text), id = take_until(&line, ':');
		struct str controllers = take_until(&line, ':');

		if (!str_starts(line, "/"))
			continue;
		if (has_option(controllers, "cpu")) {
			*ret = (struct cgroup){ true, line };
			return true;
		}
		if (str_is(id, "0") && controllers.len == 0)
			v2 = (struct cgroup){ false, line };
	}
	if (v2.path.len == 0)
		return false;
	*ret = v2;
	return true;
}

/* id parent major:minor root point options [optional …] - type source super-options */
bool parse_cgroup_mount(struct str line, bool v1, struct cgroup_mount *ret)
{
	struct cgroup_mount m;
	struct str type;

	m.root = take_nth(&line, 4);
	m.point = take_word(&line);
	while (line.len && !str_is(take_word(&line), "-"))
		;
	type = take_word(&line);
	if (!str_is(type, v1 ? "cgroup" : "cgroup2") ||
	    (v1 && !has_option(take_nth(&line, 2), "cpu")))
		return false;
	*ret = m;
	return true;
}

bool parse_cfs_quota(struct str quota, struct str period, double *ret_cores)
{
	struct str q = take_word(&quota);
	uint64_t quota_us, period_us;

	if (!get_u64(take_word(&period), &period_us) || period_us == 0)
		return false;
	if (str_is(q, "-1") || str_is(q, "max")) {
		*ret_cores = INFINITY;
		return true;
	}
	if (!get_u64(q, &quota_us))
		return false;
	*ret_cores = (double)quota_us / (double)period_us;
	return true;
}

bool parse_cpu_max(struct str text, double *ret_cores)
{
	struct str quota = take_word(&text);

	return parse_cfs_quota(quota, text, ret_cores);
}

bool parse_throttled(struct str text, uint64_t *ret_ns)
{
	while (text.len) {
		struct str line = take_line(&text), key = take_word(&line);
		uint64_t v, unit_ns = str_is(key, "throttled_usec")   ? 1000
				      : str_is(key, "throttled_time") ? 1
								      : 0;

		if (unit_ns == 0 || !get_u64(take_word(&line), &v) ||
		    __builtin_mul_overflow(v, unit_ns, &v))
			continue;
		*ret_ns = v;
		return true;
	}
	return false;
}
