#include "collectors/procfs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collectors/procfile.h"
#include "core/base/xalloc.h"

enum {
	LISTENERS_MAX = 1 << 16, /* of a network namespace */
	/* The kernel lists listeners first and then, at 150 bytes each, all connections. After so
	 * many lines without a listener the rest is not read. */
	OTHERS_MAX = 1024,
};

struct row {
	struct listener l;
	bool held; /* by the process asked for */
};

struct rows {
	struct row *all;
	size_t n, cap;
};

/* Of the network namespace that `dir`/net is of. */
static int read_listeners(int dir, const char *name, struct rows *rows)
{
	struct proclines l;
	struct str line;
	int others = 0, r = proclines_open(&l, dir, name);

	if (r < 0)
		return r;
	while (others < OTHERS_MAX && rows->n < LISTENERS_MAX && proclines_next(&l, &line)) {
		struct tcp_socket so;

		if (!parse_tcp_line(line, &so) || !so.listens) {
			others++;
			continue;
		}
		others = 0;
		GROW(rows->all, rows->n, rows->cap);
		rows->all[rows->n++] = (struct row){ { so.local, so.inode }, false };
	}
	proclines_close(&l);
	return 0;
}

static int read_all_listeners(int dir, struct rows *rows)
{
	int r = read_listeners(dir, "net/tcp", rows);

	if (r < 0)
		return r;
	r = read_listeners(dir, "net/tcp6", rows);
	return r == -ENOENT ? 0 : r; /* a kernel without IPv6 */
}

/* The inode behind the next descriptor that is a socket; false at the end. */
static bool next_socket(DIR *fds, uint64_t *ret_inode)
{
	char link[64];

	for (struct dirent *de; (de = readdir(fds));) {
		ssize_t n = readlinkat(dirfd(fds), de->d_name, link, sizeof(link));

		if (n > 0 && parse_socket_link((struct str){ link, (uint32_t)n }, ret_inode))
			return true;
	}
	return false;
}

static int by_inode(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->l.inode > y->l.inode) - (x->l.inode < y->l.inode);
}

static int port_of(const union sock_addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in4.sin_port : a->in6.sin6_port);
}

/* The held ones first, by port, IPv4 before IPv6, then by address. */
static int by_held_and_addr(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = y->held - x->held;

	if (d == 0)
		d = port_of(&x->l.addr) - port_of(&y->l.addr);
	if (d == 0)
		d = (x->l.addr.sa.sa_family == AF_INET6) - (y->l.addr.sa.sa_family == AF_INET6);
	return d ? d : memcmp(&x->l.addr, &y->l.addr, sizeof(x->l.addr));
}

static void mark_held(struct rows *rows, DIR *fds)
{
	struct row key = { 0 }, *found;

	if (rows->n == 0)
		return;
	qsort(rows->all, rows->n, sizeof(key), by_inode);
	while (next_socket(fds, &key.l.inode)) {
		found = bsearch(&key, rows->all, rows->n, sizeof(key), by_inode);
		if (found)
			found->held = true;
	}
	qsort(rows->all, rows->n, sizeof(key), by_held_and_addr);
}

/* SO_REUSEPORT gives one address many sockets; one of them is enough. */
static int copy_held(const struct rows *rows, struct listener *ret, int n)
{
	int got = 0;

	for (size_t i = 0; i < rows->n && rows->all[i].held && got < n; i++) {
		const struct listener *l = &rows->all[i].l;

		if (got == 0 || memcmp(&ret[got - 1].addr, &l->addr, sizeof(l->addr)) != 0)
			ret[got++] = *l;
	}
	return got;
}

/* 1, 0, or a negative errno: also that of a process which has ended. */
static int is_other_netns(int dir)
{
	char ours[64], theirs[64];
	ssize_t n = readlinkat(dir, "ns/net", theirs, sizeof(theirs)), m;

	if (n < 0)
		return -errno;
	m = readlink("/proc/self/ns/net", ours, sizeof(ours));
	return m > 0 && (n != m || memcmp(ours, theirs, (size_t)n) != 0);
}

static int listeners_failed(pid_t pid, int r, struct err *e)
{
	if (r == -ESRCH || r == -ENOENT || r == -EINVAL) /* a zombie's net is not there */
		return procfile_gone(pid, e);
	if (r == -EACCES || r == -EPERM)
		return err_set(e, -EACCES,
			       "process %d: its sockets are not ours to read (run as its user or "
			       "as root)",
			       (int)pid);
	return err_set(e, r, "/proc/%d: %s", (int)pid, strerror(-r));
}

int procfs_listeners(pid_t pid, struct listener *ret, int n, bool *ret_other_netns, struct err *e)
{
	struct rows rows = { 0 };
	DIR *fds = NULL;
	int dir = procfile_open(pid, e), r, other;

	if (dir < 0)
		return dir;
	fds = procfile_dir(dir, "fd");
	r = fds ? read_all_listeners(dir, &rows) : -errno;
	if (r < 0)
		goto out;
	mark_held(&rows, fds);
	/* Last, since a process that ends closes its sockets first: none may mean that. */
	other = is_other_netns(dir);
	if (other < 0) {
		r = other;
		goto out;
	}
	r = copy_held(&rows, ret, n);
	*ret_other_netns = other;
out:
	free(rows.all);
	if (fds)
		closedir(fds);
	close(dir);
	return r < 0 ? listeners_failed(pid, r, e) : r;
}

/* An IPv4 address inside an IPv6 one counts as the IPv4 address. */
static bool get_ipv4(const struct sockaddr *sa, struct in_addr *ret)
{
	const union sock_addr *u = (const void *)sa;

	if (sa->sa_family == AF_INET)
		*ret = u->in4.sin_addr;
	else if (sa->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&u->in6.sin6_addr))
		memcpy(ret, u->in6.sin6_addr.s6_addr + 12, sizeof(*ret));
	else
		return false;
	return true;
}

/* How well a listener fits the address, as the kernel weighs it (inet_hashtables.c,
 * compute_score); 0: not at all. Whether a [::] refuses IPv4 cannot be seen. */
static int fit(const union sock_addr *l, const struct sockaddr *sa)
{
	const union sock_addr *want = (const void *)sa;
	struct in_addr a, b;
	bool any6 = l->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&l->in6.sin6_addr);

	if (port_of(l) != port_of(want))
		return 0;
	if (any6)
		return 1;
	if (!get_ipv4(&l->sa, &a)) {
		bool same = sa->sa_family == AF_INET6 &&
			    IN6_ARE_ADDR_EQUAL(&l->in6.sin6_addr, &want->in6.sin6_addr);
		return same ? 4 : 0;
	}
	if (!get_ipv4(sa, &b))
		return 0;
	if (a.s_addr == b.s_addr)
		return l->sa.sa_family == AF_INET ? 4 : 3;
	return a.s_addr == htonl(INADDR_ANY) ? 2 : 0;
}

int procfs_listen_inode(const struct sockaddr *sa, uint64_t *ret_inode, struct err *e)
{
	struct rows rows = { 0 };
	uint64_t inode = 0;
	int best = 0, proc, r;

	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return err_set(e, -EAFNOSUPPORT, "not an IP address");
	proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = proc < 0 ? -errno : read_all_listeners(proc, &rows);
	if (proc >= 0)
		close(proc);
	for (size_t i = 0; i < rows.n; i++) {
		int score = fit(&rows.all[i].l.addr, sa);

		if (score > best) {
			best = score;
			inode = rows.all[i].l.inode;
		}
	}
	free(rows.all);
	if (r < 0)
		return err_set(e, r, "/proc/self/net/tcp: %s", strerror(-r));
	if (best == 0)
		return err_set(e, -ENOENT, "port %d: nothing listens there on this host",
			       port_of((const void *)sa));
	*ret_inode = inode;
	return 0;
}

struct procfs_walk {
	DIR *proc;
	pid_t self;
};

struct procfs_walk *procfs_walk_new(struct err *e)
{
	DIR *d = opendir("/proc");
	struct procfs_walk *w;

	if (!d) {
		err_put(e, "/proc: %m");
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	*w = (struct procfs_walk){ d, getpid() };
	return w;
}

pid_t procfs_walk_next(struct procfs_walk *w)
{
	for (struct dirent *de; (de = readdir(w->proc));) {
		char *end;
		long pid = strtol(de->d_name, &end, 10);

		if (*end == '\0' && pid > 0 && pid != w->self)
			return (pid_t)pid;
	}
	return 0;
}

void procfs_walk_free(struct procfs_walk *w)
{
	if (!w)
		return;
	closedir(w->proc);
	free(w);
}

bool procfs_has_socket(pid_t pid, uint64_t inode)
{
	int dir = procfile_open(pid, NULL);
	DIR *fds = dir < 0 ? NULL : procfile_dir(dir, "fd");
	uint64_t held = 0;
	bool found = false;

	while (fds && !found && next_socket(fds, &held))
		found = held == inode;
	if (fds)
		closedir(fds);
	if (dir >= 0)
		close(dir);
	return found;
}
