#include "collectors/procfs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"

/* A process that does what `run` does and then waits to be ended. */
static pid_t spawn(void (*run)(void *arg), void *arg)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		if (run)
			run(arg);
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Listens on a port that the kernel chooses, or on that of *a. */
static int listen_on(const char *ip, union sock_addr *a)
{
	bool v4 = !strchr(ip, ':');
	uint16_t port = a->in4.sin_port; /* at the same place in both */
	socklen_t len = v4 ? sizeof(a->in4) : sizeof(a->in6);
	int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0), one = 1;

	memset(a, 0, sizeof(*a));
	a->sa.sa_family = v4 ? AF_INET : AF_INET6;
	a->in4.sin_port = port;
	inet_pton(a->sa.sa_family, ip, v4 ? (void *)&a->in4.sin_addr : (void *)&a->in6.sin6_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (!v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ port != 0 }, sizeof(int));
	if (fd < 0 || bind(fd, &a->sa, len) < 0 || listen(fd, 1) < 0)
		return -1;
	getsockname(fd, &a->sa, &len);
	return fd;
}

static uint64_t inode_of(int fd)
{
	char path[64], link[64];
	uint64_t inode = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link));
	assert_true(n > 0 && parse_socket_link((struct str){ link, (uint32_t)n }, &inode));
	return inode;
}

static struct sockaddr_in ipv4(const char *ip, uint16_t net_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = net_port };

	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static void our_own_numbers_are_plausible(void **state)
{
	uint64_t now = clock_wall_ns();
	struct arena a = { 0 };
	struct process p;
	struct err e = { "" };
	bool has_self = false;

	(void)state;
	if (procfs_read(getpid(), &a, &p, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(p.pid, getpid());
	assert_true(str_has(p.name, "procfs"));
	assert_in_range(p.rss_bytes, 100 << 10, 8ull << 30);
	assert_in_range(p.n_fds, 3, 1000);
	assert_in_range(p.start_wall_ns, now - 3600 * NS_PER_S, now + NS_PER_S);
	assert_in_range(p.n_threads, 1, 64);
	assert_int_equal(p.n_thread_rows, p.n_threads);
	for (size_t i = 0; i < p.n_thread_rows; i++) {
		has_self |= p.threads[i].tid == getpid() && p.threads[i].state == 'R';
		assert_true(p.threads[i].cpu_ns <= p.cpu_ns + NS_PER_S);
	}
	assert_true(has_self);
	assert_true(isnan(p.cpu_quota) || p.cpu_quota > 0);
	assert_null(p.build);
	arena_release(&a);
}

static void burn(void *arg)
{
	clock_t until = clock() + *(const clock_t *)arg;

	while (clock() < until)
		;
}

static void cpu_time_counts_what_was_burnt(void **state)
{
	clock_t fifth = CLOCKS_PER_SEC / 5;
	pid_t pid = spawn(burn, &fifth);
	struct arena a = { 0 };
	struct process p;

	(void)state;
	assert_int_equal(procfs_read(pid, &a, &p, NULL), 0);
	assert_in_range(p.cpu_ns, 150 * NS_PER_MS, 2 * NS_PER_S);
	assert_in_range(p.threads[0].cpu_ns, 150 * NS_PER_MS, 2 * NS_PER_S);
	end(pid);
	arena_release(&a);
}

static void *wait_for_ever(void *arg)
{
	pause();
	return arg;
}

static void start_threads(void *arg)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (int i = 0; i < *(const int *)arg; i++)
		pthread_create(&(pthread_t){ 0 }, &attr, wait_for_ever, NULL);
}

static void every_thread_has_a_row(void **state)
{
	int n = 40;
	pid_t pid = spawn(start_threads, &n);
	struct arena a = { 0 };
	struct process p;

	(void)state;
	assert_int_equal(procfs_read(pid, &a, &p, NULL), 0);
	assert_in_range(p.n_threads, 41, 44); /* a sanitizer may add its own */
	assert_int_equal(p.n_thread_rows, p.n_threads);
	for (size_t i = 1; i < p.n_thread_rows; i++)
		assert_true(p.threads[i].tid > p.threads[i - 1].tid);
	end(pid);
	arena_release(&a);
}

static void rename_comm(void *arg)
{
	prctl(PR_SET_NAME, arg);
}

static void a_hostile_command_breaks_nothing(void **state)
{
	char comm[] = "x) Z 1 (\n\x1b[2J";
	pid_t pid = spawn(rename_comm, comm);
	struct arena a = { 0 };
	struct process p;
	uint64_t ticks;
	char name[64];

	(void)state;
	assert_int_equal(procfs_read(pid, &a, &p, NULL), 0);
	assert_int_equal(procfs_start_ticks(pid, &ticks, NULL), 0);
	assert_int_equal(procfs_name(pid, name, sizeof(name), NULL), 0);
	assert_null(strstr(name, "Z 1")); /* of the executable, not comm */
	end(pid);
	arena_release(&a);
}

static void a_name_longer_than_the_room_is_cut(void **state)
{
	char name[4] = "abc";

	(void)state;
	assert_int_equal(procfs_name(getpid(), name, sizeof(name), NULL), 0);
	assert_int_equal(strlen(name), 3);
}

static void check_gone(pid_t pid)
{
	struct arena a = { 0 };
	struct process p = { .pid = -7 };
	struct listener l;
	struct err e = { "" };
	uint64_t ticks = 7;
	bool other = true;
	char name[16] = "kept";

	assert_int_equal(procfs_read(pid, &a, &p, &e), -ESRCH);
	assert_true(str_starts(str_of(e.text), "process "));
	assert_int_equal(p.pid, -7);
	assert_int_equal(procfs_start_ticks(pid, &ticks, &e), -ESRCH);
	assert_int_equal(ticks, 7);
	assert_int_equal(procfs_name(pid, name, sizeof(name), &e), -ESRCH);
	assert_string_equal(name, "kept");
	assert_int_equal(procfs_listeners(pid, &l, 1, &other, &e), -ESRCH);
	assert_true(other);
	assert_false(procfs_has_socket(pid, 1));
	arena_release(&a);
}

static void a_process_that_is_no_more_has_no_numbers(void **state)
{
	pid_t pid = spawn(NULL, NULL);
	siginfo_t info;

	(void)state;
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	check_gone(pid); /* a zombie */
	waitpid(pid, NULL, 0);
	check_gone(pid);
	check_gone(0);
	check_gone(-1);
}

static void the_start_tells_two_processes_apart_but_is_stable_for_one(void **state)
{
	uint64_t first, again;

	(void)state;
	assert_int_equal(procfs_start_ticks(getpid(), &first, NULL), 0);
	assert_int_equal(procfs_start_ticks(getpid(), &again, NULL), 0);
	assert_int_equal(first, again);
	assert_true(first > 0);
}

static void listening_sockets_are_found_in_order_and_once(void **state)
{
	union sock_addr hi = { 0 }, lo = { 0 }, same, six;
	int fds[4] = { listen_on("127.0.0.1", &hi), listen_on("0.0.0.0", &lo) };
	struct listener l[8];
	bool other = true;
	int n;

	(void)state;
	assert_true(fds[0] >= 0 && fds[1] >= 0);
	if (ntohs(hi.in4.sin_port) < ntohs(lo.in4.sin_port)) {
		union sock_addr t = hi;

		hi = lo;
		lo = t;
	}
	same = six = lo;
	fds[2] = listen_on(lo.in4.sin_addr.s_addr ? "127.0.0.1" : "0.0.0.0", &same);
	fds[3] = listen_on("::1", &six);
	n = procfs_listeners(getpid(), l, 8, &other, NULL);
	assert_int_equal(n, fds[3] >= 0 ? 3 : 2); /* a host may have no IPv6 */
	assert_false(other);
	assert_memory_equal(&l[0].addr.in4, &lo.in4, sizeof(lo.in4));
	assert_memory_equal(&l[n - 1].addr.in4, &hi.in4, sizeof(hi.in4));
	if (n == 3)
		assert_memory_equal(&l[1].addr.in6, &six.in6, sizeof(six.in6));
	assert_int_equal(procfs_listeners(getpid(), l, 1, &other, NULL), 1);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static void a_process_without_sockets_has_no_listeners(void **state)
{
	pid_t pid = spawn(NULL, NULL);
	struct listener l;
	bool other = true;

	(void)state;
	assert_int_equal(procfs_listeners(pid, &l, 1, &other, NULL), 0);
	assert_false(other);
	end(pid);
}

static void open_many_and_listen(void *arg)
{
	for (int i = 0; i < 500; i++) {
		if (dup(0) < 0)
			break;
	}
	if (listen_on("127.0.0.1", arg) < 0)
		_exit(1);
}

static pid_t find_holder(uint64_t inode)
{
	struct procfs_walk *w = procfs_walk_new(NULL);
	pid_t pid;

	assert_non_null(w);
	while ((pid = procfs_walk_next(w)) && !procfs_has_socket(pid, inode))
		assert_int_not_equal(pid, getpid());
	procfs_walk_free(w);
	return pid;
}

static void the_owner_of_a_port_is_found(void **state)
{
	union sock_addr a = { 0 };
	int fd = listen_on("127.0.0.1", &a);
	struct sockaddr_in want = ipv4("127.0.0.1", a.in4.sin_port);
	union sock_addr in_child = { .in4 = { .sin_port = a.in4.sin_port } };
	struct listener l;
	uint64_t inode;
	bool other;
	pid_t pid;

	(void)state;
	assert_true(fd >= 0);
	close(fd); /* the child takes the port over */
	pid = spawn(open_many_and_listen, &in_child);
	assert_int_equal(procfs_listen_inode((const struct sockaddr *)&want, &inode, NULL), 0);
	assert_int_equal(procfs_listeners(pid, &l, 1, &other, NULL), 1);
	assert_int_equal(l.inode, inode);
	assert_int_equal(find_holder(inode), pid);
	end(pid);
	assert_int_equal(procfs_listen_inode((const struct sockaddr *)&want, &inode, NULL),
			 -ENOENT);
	assert_int_equal(find_holder(inode), 0);
}

static void an_exact_address_goes_before_the_wildcard(void **state)
{
	union sock_addr any = { 0 }, exact;
	int a = listen_on("0.0.0.0", &any), b;
	struct sockaddr_in one, two;
	uint64_t inode;

	(void)state;
	assert_true(a >= 0);
	exact = any;
	b = listen_on("127.0.0.1", &exact);
	assert_true(b >= 0);
	one = ipv4("127.0.0.1", any.in4.sin_port);
	two = ipv4("127.0.0.2", any.in4.sin_port);
	assert_int_equal(procfs_listen_inode((const struct sockaddr *)&one, &inode, NULL), 0);
	assert_int_equal(inode, inode_of(b));
	assert_int_equal(procfs_listen_inode((const struct sockaddr *)&two, &inode, NULL), 0);
	assert_int_equal(inode, inode_of(a));
	close(b);
	assert_int_equal(procfs_listen_inode((const struct sockaddr *)&one, &inode, NULL), 0);
	assert_int_equal(inode, inode_of(a));
	close(a);
}

static void an_ipv4_address_is_served_by_ipv6_sockets_too(void **state)
{
	static const char *const binds[] = { "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(binds) / sizeof(binds[0]); i++) {
		union sock_addr a = { 0 };
		int fd = listen_on(binds[i], &a);
		struct sockaddr_in want = ipv4("127.0.0.1", a.in4.sin_port);
		uint64_t inode;

		if (fd < 0)
			skip(); /* no IPv6 here */
		assert_int_equal(procfs_listen_inode((const struct sockaddr *)&want, &inode, NULL),
				 0);
		assert_int_equal(inode, inode_of(fd));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_numbers_are_plausible),
		cmocka_unit_test(cpu_time_counts_what_was_burnt),
		cmocka_unit_test(every_thread_has_a_row),
		cmocka_unit_test(a_hostile_command_breaks_nothing),
		cmocka_unit_test(a_name_longer_than_the_room_is_cut),
		cmocka_unit_test(a_process_that_is_no_more_has_no_numbers),
		cmocka_unit_test(the_start_tells_two_processes_apart_but_is_stable_for_one),
		cmocka_unit_test(listening_sockets_are_found_in_order_and_once),
		cmocka_unit_test(a_process_without_sockets_has_no_listeners),
		cmocka_unit_test(the_owner_of_a_port_is_found),
		cmocka_unit_test(an_exact_address_goes_before_the_wildcard),
		cmocka_unit_test(an_ipv4_address_is_served_by_ipv6_sockets_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
