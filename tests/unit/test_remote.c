#include "collectors/gort/remote.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGES = 1024, HOLE = 600 };

/* A child that holds what we held when it was made: PAGES pages, each full of its own number, but
 * for one that is not mapped. */
struct child {
	pid_t pid;
	unsigned char *pages;
	size_t page_bytes;
};

static int start(void **state)
{
	struct child *c = calloc(1, sizeof(*c));

	c->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	c->pages = mmap(NULL, PAGES * c->page_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(c->pages, MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		memset(c->pages + i * c->page_bytes, (int)(i & 0xff), c->page_bytes);
	munmap(c->pages + HOLE * c->page_bytes, c->page_bytes);
	c->pid = fork();
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	*state = c;
	return c->pid > 0 ? 0 : -1;
}

static void end(struct child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	c->pid = 0;
}

static int stop(void **state)
{
	struct child *c = *state;

	end(c);
	munmap(c->pages, HOLE * c->page_bytes);
	munmap(c->pages + (HOLE + 1) * c->page_bytes, (PAGES - HOLE - 1) * c->page_bytes);
	free(c);
	return 0;
}

static uint64_t page(const struct child *c, size_t i)
{
	return (uint64_t)(uintptr_t)c->pages + i * c->page_bytes;
}

/* Where process_vm_readv is forbidden there is nothing to test. */
static struct remote reader(const struct child *c)
{
	struct remote r = { .pid = c->pid };
	char byte;
	int err = remote_read(&r, page(c, 0), &byte, 1);

	if (err == -EPERM || err == -ENOSYS) {
		print_message("reading a child's memory is not allowed here: %s\n", strerror(-err));
		skip();
	}
	return (struct remote){ .pid = c->pid };
}

static void a_long_read_is_whole(void **state)
{
	struct child *c = *state;
	struct remote r = reader(c);
	size_t n = 500 * c->page_bytes; /* more than one call takes */
	unsigned char *to = malloc(n);

	assert_int_equal(remote_read(&r, page(c, 0), to, n), 0);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(to[i * c->page_bytes + 7], i & 0xff);
	assert_int_equal(r.bytes, n);
	assert_true(r.calls >= 2);
	free(to);
}

static void a_read_into_a_hole_says_so(void **state)
{
	struct child *c = *state;
	struct remote r = reader(c);
	char two[2];

	assert_int_equal(remote_read(&r, page(c, HOLE) - 1, two, 1), 0);
	assert_int_equal(remote_read(&r, page(c, HOLE) - 1, two, 2), -EFAULT);
	assert_int_equal(remote_read(&r, page(c, HOLE), two, 1), -EFAULT);
}

/* More pieces than a call takes, of which those in the hole, or across its edge, fail alone. */
static void a_gather_marks_what_is_not_mapped(void **state)
{
	struct child *c = *state;
	struct remote r = reader(c);
	size_t n = 3 * PAGES;
	struct remote_part *parts = calloc(n, sizeof(*parts));
	unsigned char *to = calloc(n, 64);

	for (size_t i = 0; i < n; i++)
		parts[i] = (struct remote_part){
			.addr = page(c, i / 3) + i % 3 * (c->page_bytes - 32) / 2,
			.to = to + i * 64,
			.len = i % 7 ? 64 : 0,
		};
	assert_int_equal(remote_gather(&r, parts, n), 0);
	for (size_t i = 0; i < n; i++) {
		bool across = i % 3 == 2; /* 32 bytes here, 32 in the next page */
		bool in_hole = i / 3 == HOLE || (across && i / 3 + 1 == HOLE);
		bool beyond = across && i / 3 + 1 == PAGES;

		if (parts[i].len > 0 && in_hole)
			assert_false(parts[i].ok);
		else if (!beyond)
			assert_true(parts[i].ok);
		if (parts[i].ok && parts[i].len > 0) {
			assert_int_equal(to[i * 64], i / 3 & 0xff);
			assert_int_equal(to[i * 64 + 63], (i / 3 + across) & 0xff);
		}
	}
	assert_true(r.calls >= 3 && r.calls < 20);
	free(parts);
	free(to);
}

static void a_piece_longer_than_a_call_is_whole(void **state)
{
	struct child *c = *state;
	struct remote r = reader(c);
	size_t n = 400 * c->page_bytes;
	unsigned char *to = malloc(n);
	struct remote_part parts[] = {
		{ .addr = page(c, 1), .to = to, .len = (uint32_t)n },
		{ .addr = page(c, HOLE), .to = to, .len = 1 },
		{ .addr = page(c, 3), .to = to, .len = 1 },
	};

	assert_int_equal(remote_gather(&r, parts, 3), 0);
	assert_true(parts[0].ok);
	assert_false(parts[1].ok);
	assert_true(parts[2].ok);
	assert_int_equal(to[0], 3);
	assert_int_equal(to[n - 1], 400 & 0xff);
	free(to);
}

static void a_process_that_ended_is_gone(void **state)
{
	struct child *c = *state;
	struct remote r = reader(c);
	struct remote_part part = { .addr = page(c, 0), .to = &part, .len = 0 };
	char byte;
	struct remote_part one = { .addr = page(c, 0), .to = &byte, .len = 1, .ok = true };
	struct err e;

	assert_int_equal(remote_gather(&r, &part, 1), 0); /* of nothing, nothing is asked */
	end(c);
	assert_int_equal(remote_read(&r, page(c, 0), &byte, 1), -ESRCH);
	assert_int_equal(remote_gather(&r, &one, 1), -ESRCH);
	assert_false(one.ok);
	assert_int_equal(remote_explain(r.pid, -ESRCH, &e), -ESRCH);
	assert_non_null(strstr(e.text, "has ended"));
}

static void a_refusal_says_what_would_help(void **state)
{
	static const struct {
		struct remote_access access;
		const char *why, *fix;
	} rows[] = {
		{ { .its_uid = 1000, .our_uid = 1001, .its_uid_known = true, .yama_scope = 1 },
		  "belongs to uid 1000 and gmptop runs as uid 1001",
		  "as that user or as root" },
		{ { .its_uid_known = true, .yama_scope = 1 },
		  "ptrace_scope is 1",
		  "sysctl kernel.yama.ptrace_scope=0, or run as root, or setcap" },
		{ { .its_uid_known = true, .yama_scope = 2 }, "ptrace_scope is 2", "run as root" },
		{ { .its_uid_known = true, .yama_scope = 3 }, "nobody may", "reboot" },
		{ { .its_uid_known = true, .yama_scope = 3, .can_ptrace = true },
		  "nobody may",
		  "reboot" },
		{ { .its_uid_known = true, .yama_scope = 1, .more_capable = true },
		  "holds capabilities",
		  "setcap cap_sys_ptrace+ep" },
		{ { .its_uid_known = true, .yama_scope = 0, .undumpable = true },
		  "not dumpable",
		  "run as root" },
		{ { .its_uid_known = true, .yama_scope = -1, .in_userns = true },
		  "another user namespace",
		  "as root on the host" },
		{ { .its_uid_known = true, .yama_scope = 1, .other_userns = true },
		  "another user namespace",
		  "as root on the host" },
		{ { .its_uid_known = true, .yama_scope = -1, .can_ptrace = true, .filtered = true },
		  "seccomp",
		  "--cap-add SYS_PTRACE" },
		{ { .its_uid_known = true, .yama_scope = 1, .can_ptrace = true },
		  "security module",
		  "audit log" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e;

		assert_int_equal(remote_explain_access(&rows[i].access, &e), -EPERM);
		if (!strstr(e.text, rows[i].why) || !strstr(e.text, rows[i].fix))
			fail_msg("row %zu: \"%s\" lacks \"%s\" or \"%s\"", i, e.text, rows[i].why,
				 rows[i].fix);
	}
}

static void a_kernel_without_the_call_is_named(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(remote_explain(1, -ENOSYS, &e), -ENOSYS);
	assert_non_null(strstr(e.text, "CONFIG_CROSS_MEMORY_ATTACH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_long_read_is_whole, start, stop),
		cmocka_unit_test_setup_teardown(a_read_into_a_hole_says_so, start, stop),
		cmocka_unit_test_setup_teardown(a_gather_marks_what_is_not_mapped, start, stop),
		cmocka_unit_test_setup_teardown(a_piece_longer_than_a_call_is_whole, start, stop),
		cmocka_unit_test_setup_teardown(a_process_that_ended_is_gone, start, stop),
		cmocka_unit_test(a_refusal_says_what_would_help),
		cmocka_unit_test(a_kernel_without_the_call_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
