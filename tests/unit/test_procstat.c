#include "collectors/parse/procstat.h"

#include <arpa/inet.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void check_str(struct str got, const char *want)
{
	char s[512];

	snprintf(s, sizeof(s), "%.*s", (int)got.len, got.p);
	assert_string_equal(s, want);
}

#define REST                                                                                \
	" S 1 4242 4242 0 -1 4194560 2510 0 3 0 120 34 0 0 20 0 9 0 77712 1270976512 4096 " \
	"1844674\n"

static void a_command_may_hold_anything_but_its_numbers_are_found(void **state)
{
	static const char *const comms[] = {
		"paymentd", "a b", "a) R 1 (b", "((", "))", ") S 1", "", "new\nline", "\x1b[2J",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(comms) / sizeof(comms[0]); i++) {
		struct pid_stat st;
		char line[256];

		snprintf(line, sizeof(line), "4242 (%s)" REST, comms[i]);
		if (!parse_pid_stat(str_of(line), &st))
			fail_msg("refused: %s", line);
		check_str(st.comm, comms[i]);
		assert_int_equal(st.state, 'S');
		assert_int_equal(st.cpu_ticks, 154);
		assert_int_equal(st.n_threads, 9);
		assert_int_equal(st.start_ticks, 77712);
	}
}

static void a_torn_stat_is_refused(void **state)
{
	static const char whole[] = "4242 (a b)" REST;
	struct pid_stat st;

	(void)state;
	for (uint32_t n = 0; n < (uint32_t)(strstr(whole, "77712") - whole); n++)
		assert_false(parse_pid_stat((struct str){ whole, n }, &st));
}

static void statm_starts_with_size_and_resident_pages(void **state)
{
	uint64_t size, rss;

	(void)state;
	assert_true(parse_statm(STR("309955 4871 1770 986 0 25087 0\n"), &size, &rss));
	assert_int_equal(size, 309955);
	assert_int_equal(rss, 4871);
	assert_false(parse_statm(STR("309955"), &size, &rss));
	assert_false(parse_statm(STR(""), &size, &rss));
	assert_false(parse_statm(STR("1 99999999999999999999"), &size, &rss));
}

/* The tables' words are of the machine's byte order: these lines are of a little-endian one. */
static void sockets_of_both_families_are_read(void **state)
{
	static const struct {
		const char *line, *addr;
		int port;
		bool listens;
		uint64_t inode;
	} rows[] = {
		{ "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  "
		  "1000 "
		  "       0 26115 1 0000000000000000 100 0 0 10 0                     ",
		  "127.0.0.1", 8080, true, 26115 },
		{ "  12: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     "
		  "0 "
		  "       0 587 1 0 100 0 0 10 0",
		  "0.0.0.0", 22, true, 587 },
		{ "   1: 0100007F:A459 0100007F:A34E 06 00000000:00000000 03:00001204 00000000     "
		  "0 "
		  "       0 0 3 0",
		  "127.0.0.1", 42073, false, 0 },
		{ "   0: 00000000000000000000000000000000:2382 "
		  "00000000000000000000000000000000:0000 "
		  "0A 00000000:00000000 00:00000000 00000000     0        0 30117 1 0 100 0 0 10 0",
		  "::", 9090, true, 30117 },
		{ "   0: 00000000000000000000000001000000:0050 "
		  "00000000000000000000000000000000:0000 "
		  "0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0",
		  "::1", 80, true, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tcp_socket so;
		char addr[INET6_ADDRSTRLEN];
		bool v4;

		assert_true(parse_tcp_line(str_of(rows[i].line), &so));
		v4 = so.local.sa.sa_family == AF_INET;
		inet_ntop(so.local.sa.sa_family,
			  v4 ? (void *)&so.local.in4.sin_addr : (void *)&so.local.in6.sin6_addr,
			  addr, sizeof(addr));
		assert_string_equal(addr, rows[i].addr);
		assert_int_equal(ntohs(v4 ? so.local.in4.sin_port : so.local.in6.sin6_port),
				 rows[i].port);
		assert_int_equal(so.listens, rows[i].listens);
		assert_int_equal(so.inode, rows[i].inode);
	}
}

static void lines_that_are_no_sockets_are_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
		"0: 0100007F:1F90",
		"0: 0100007F: 0 0A 0 0 0 0 0 1",
		"0: 0100007F:11F90 0 0A 0 0 0 0 0 1",
		"0: 0100007G:1F90 0 0A 0 0 0 0 0 1",
		"0: 010000:1F90 0 0A 0 0 0 0 0 1",
	};
	struct tcp_socket so;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (parse_tcp_line(str_of(lines[i]), &so))
			fail_msg("accepted: %s", lines[i]);
	}
}

static void a_socket_link_holds_its_inode(void **state)
{
	uint64_t inode;

	(void)state;
	assert_true(parse_socket_link(STR("socket:[26115]"), &inode));
	assert_int_equal(inode, 26115);
	assert_false(parse_socket_link(STR("socket:[]"), &inode));
	assert_false(parse_socket_link(STR("socket:["), &inode));
	assert_false(parse_socket_link(STR("pipe:[26115]"), &inode));
	assert_false(parse_socket_link(STR("/run/socket:[1]"), &inode));
}

static void the_hierarchy_with_the_cpu_controller_is_chosen(void **state)
{
	static const struct {
		const char *text, *path;
		bool v1;
	} rows[] = {
		{ "0::/system.slice/paymentd.service\n", "/system.slice/paymentd.service", false },
		{ "12:cpuset:/a\n4:cpu,cpuacct:/docker/1\n0::/b\n", "/docker/1", true },
		{ "4:cpuacct,cpu:/docker/1\n", "/docker/1", true },
		{ "2:cpuacct:/x\n1:name=systemd:/y\n0::/z\n", "/z", false },
		{ "0::/a:b c\n", "/a:b c", false },
	};
	struct cgroup cg;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(parse_cgroup(str_of(rows[i].text), &cg));
		check_str(cg.path, rows[i].path);
		assert_int_equal(cg.v1, rows[i].v1);
	}
	assert_false(parse_cgroup(STR(""), &cg));
	assert_false(parse_cgroup(STR("1:name=systemd:/\n"), &cg));
	assert_false(parse_cgroup(STR("0::\n"), &cg));
}

static void the_mount_of_a_hierarchy_is_told_by_type_and_options(void **state)
{
	static const char v2[] =
		"31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw";
	static const char cpu[] = "31 30 0:28 /docker/1 /sys/fs/cgroup/cpu,cpuacct rw shared:9 "
				  "master:2 - cgroup cgroup rw,cpu,cpuacct";
	static const char cpuset[] =
		"33 30 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset";
	struct cgroup_mount m;

	(void)state;
	assert_true(parse_cgroup_mount(str_of(v2), false, &m));
	check_str(m.root, "/");
	check_str(m.point, "/sys/fs/cgroup");
	assert_true(parse_cgroup_mount(str_of(cpu), true, &m));
	check_str(m.root, "/docker/1");
	check_str(m.point, "/sys/fs/cgroup/cpu,cpuacct");
	assert_false(parse_cgroup_mount(str_of(v2), true, &m));
	assert_false(parse_cgroup_mount(str_of(cpu), false, &m));
	assert_false(parse_cgroup_mount(str_of(cpuset), true, &m));
	assert_false(parse_cgroup_mount(STR("31 24 0:27 / /sys/fs/cgroup rw"), false, &m));
}

static void a_quota_is_told_in_cores(void **state)
{
	double cores;

	(void)state;
	assert_true(parse_cpu_max(STR("150000 100000\n"), &cores));
	assert_true(cores == 1.5);
	assert_true(parse_cpu_max(STR("max 100000\n"), &cores));
	assert_true(isinf(cores));
	assert_true(parse_cfs_quota(STR("50000\n"), STR("100000\n"), &cores));
	assert_true(cores == 0.5);
	assert_true(parse_cfs_quota(STR("-1\n"), STR("100000\n"), &cores));
	assert_true(isinf(cores));
	assert_false(parse_cpu_max(STR("150000"), &cores));
	assert_false(parse_cpu_max(STR("150000 0"), &cores));
	assert_false(parse_cpu_max(STR(""), &cores));
}

static void throttling_that_is_not_told_is_not_zero(void **state)
{
	uint64_t ns;

	(void)state;
	assert_true(
		parse_throttled(STR("usage_usec 9\nnr_throttled 2\nthrottled_usec 1500\n"), &ns));
	assert_int_equal(ns, 1500000);
	assert_true(parse_throttled(STR("nr_throttled 2\nthrottled_time 77\nnr_bursts 0\n"), &ns));
	assert_int_equal(ns, 77);
	assert_false(parse_throttled(STR("usage_usec 9\nuser_usec 5\nsystem_usec 4\n"), &ns));
	assert_false(parse_throttled(STR("throttled_usec \n"), &ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_may_hold_anything_but_its_numbers_are_found),
		cmocka_unit_test(a_torn_stat_is_refused),
		cmocka_unit_test(statm_starts_with_size_and_resident_pages),
		cmocka_unit_test(sockets_of_both_families_are_read),
		cmocka_unit_test(lines_that_are_no_sockets_are_refused),
		cmocka_unit_test(a_socket_link_holds_its_inode),
		cmocka_unit_test(the_hierarchy_with_the_cpu_controller_is_chosen),
		cmocka_unit_test(the_mount_of_a_hierarchy_is_told_by_type_and_options),
		cmocka_unit_test(a_quota_is_told_in_cores),
		cmocka_unit_test(throttling_that_is_not_told_is_not_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
