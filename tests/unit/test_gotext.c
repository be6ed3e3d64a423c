/* Goroutine texts: every form of a header, a frame and a label, and texts as they come from a log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/parse/gotext.h"
#include "collectors/parse/gotext_line.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static void assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got \"%.*s\", want \"%s\"", (int)got.len, got.p, want);
}

/* ---- lines ---- */

static void headers_of_every_version_are_read(void **state)
{
	static const struct {
		const char *line;
		uint64_t goid;
		const char *state;
		uint64_t minutes;
		bool locked, leaked, durable, scan;
		const char *labels;
	} rows[] = {
		{ "goroutine 1 [running]:", 1, "running", 0, 0, 0, 0, 0, "" },
		{ "goroutine 18446744 [chan receive, 5 minutes]:", 18446744, "chan receive", 5, 0,
		  0, 0, 0, "" },
		{ "goroutine 7 [select, 12 minutes, locked to thread]:", 7, "select", 12, 1, 0, 0,
		  0, "" },
		{ "goroutine 7 [syscall, locked to thread]:", 7, "syscall", 0, 1, 0, 0, 0, "" },
		{ "goroutine 8 [chan receive (nil chan)]:", 8, "chan receive (nil chan)", 0, 0, 0,
		  0, 0, "" },
		{ "goroutine 9 [select (no cases), 3 minutes]:", 9, "select (no cases)", 3, 0, 0, 0,
		  0, "" },
		{ "goroutine 9 [GC worker (idle) (scan)]:", 9, "GC worker (idle)", 0, 0, 0, 0, 1,
		  "" },
		{ "goroutine 3 [chan send (leaked)]:", 3, "chan send", 0, 0, 1, 0, 0, "" },
		{ "goroutine 3 [chan send (leaked) (scan), 2 minutes]:", 3, "chan send", 2, 0, 1, 0,
		  1, "" },
		{ "goroutine 4 [sleep (durable), synctest bubble 2]:", 4, "sleep", 0, 0, 0, 1, 0,
		  "" },
		{ "goroutine 1 gp=0xc000002380 m=0 mp=0x55d0c0 [running]:", 1, "running", 0, 0, 0,
		  0, 0, "" },
		{ "goroutine 2 gp=0xc000002e00 m=nil [force gc (idle), 1 minutes]:", 2,
		  "force gc (idle)", 1, 0, 0, 0, 0, "" },
		{ "goroutine 5 [select] {route: /pay, \"trace id\": \"a\\\"b\"}:", 5, "select", 0,
		  0, 0, 0, 0, "route: /pay, \"trace id\": \"a\\\"b\"" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gotext_header h;

		if (!gotext_header(str_of(rows[i].line), &h))
			fail_msg("not read: %s", rows[i].line);
		assert_int_equal(h.goid, rows[i].goid);
		assert_str(h.state, rows[i].state);
		assert_int_equal(h.minutes, rows[i].minutes);
		assert_int_equal(h.locked, rows[i].locked);
		assert_int_equal(h.leaked, rows[i].leaked);
		assert_int_equal(h.durable, rows[i].durable);
		assert_int_equal(h.scan, rows[i].scan);
		assert_str(h.labels, rows[i].labels);
	}
}

static void what_only_looks_like_a_header_is_none(void **state)
{
	static const char *const lines[] = {
		"",
		"goroutine ",
		"goroutine x [running]:",
		"goroutine 1",
		"goroutine 1 [running",
		"goroutine 1 [running]",
		"goroutine 1 []:",
		"goroutine profile: total 5",
		"goroutine running on other thread; stack unavailable"
	};
	struct gotext_header h;

	(void)state;
	for (size_t i = 0; i < N(lines); i++) {
		if (gotext_header(str_of(lines[i]), &h))
			fail_msg("taken for a header: %s", lines[i]);
	}
}

static void functions_and_places_are_cut_out(void **state)
{
	struct str file, func;
	uint32_t line;

	(void)state;
	assert_true(gotext_func(str_of("main.(*T[...]).m(0xc000010000, {0x1, 0x2}, ...)"), &func));
	assert_str(func, "main.(*T[...]).m");
	assert_true(gotext_func(str_of("main.f(...)"), &func));
	assert_str(func, "main.f");
	assert_false(gotext_func(str_of("main.f"), &func));
	assert_false(gotext_func(str_of("exit status 2 (of x)"), &func));
	assert_true(gotext_creator(str_of("created by main.(*P).Go in goroutine 7"), &func));
	assert_str(func, "main.(*P).Go");
	assert_true(gotext_creator(str_of("created by main.start"), &func));
	assert_str(func, "main.start");
	assert_true(gotext_place(str_of("\t/src/a b:c.go:12 +0x1d"), &file, &line));
	assert_str(file, "/src/a b:c.go");
	assert_int_equal(line, 12);
	assert_true(gotext_place(str_of("\t/a.go:7 +0x2 fp=0xc0 sp=0xc1 pc=0x43"), &file, &line));
	assert_str(file, "/a.go");
	assert_true(gotext_place(str_of("\t/a.go:7"), &file, &line));
	assert_false(gotext_place(str_of("\tno place"), &file, &line));
	assert_false(gotext_place(str_of("/a.go:7"), &file, &line));
}

static void labels_are_unquoted_and_sorted(void **state)
{
	struct arena a = { 0 };
	struct label l[4];

	(void)state;
	assert_int_equal(
		gotext_labels(str_of("z: 1, \"a\\tb\": \"\\u00e9\\x41\\n\", m: \"\""), &a, l, 4),
		3);
	assert_str(l[0].name, "a\tb");
	assert_str(l[0].value, "\xc3\xa9"
			       "A\n");
	assert_str(l[1].name, "m");
	assert_str(l[1].value, "");
	assert_str(l[2].name, "z");
	assert_str(l[2].value, "1");
	assert_int_equal(gotext_labels(str_of("\"route\":\"/pay\", \"x\":\"y\""), &a, l, 1), 1);
	assert_int_equal(gotext_labels(str_of("\"torn"), &a, l, 4), 1);
	assert_int_equal(gotext_labels(str_of("\"torn\\"), &a, l, 4), 1);
	assert_int_equal(gotext_labels(str_of("\"\\U0010FFFFF\\uD800\":"), &a, l, 4), 1);
	arena_release(&a);
}

/* ---- whole texts ---- */

static int read_text(struct gotext *g, const char *text, size_t piece, struct err *e)
{
	size_t n = strlen(text);
	int r = 0;

	gotext_begin(g);
	for (size_t at = 0; r == 0 && at < n; at += piece)
		r = gotext_feed(g, text + at, piece < n - at ? piece : n - at, e);
	return r == 0 ? gotext_end(g, e) : r;
}

static const char dump[] =
	"goroutine 1 [chan receive, 11 minutes]:\nmain.wait(0xc000010000)\n\t/src/a.go:12 +0x1d\n"
	"main.main()\n\t/src/main.go:7 +0x2\n\n"
	"goroutine 20 [chan receive]:\nmain.wait(0xc000010008)\n\t/src/a.go:12 +0x1d\n"
	"created by main.start in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
	"goroutine 21 [select, 70 minutes, locked to "
	"thread]:\nmain.wait(0xc000010010)\n\t/src/a.go:12 +0x1d\n"
	"created by main.start in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
	"goroutine 22 [running]:\n\tgoroutine running on other thread; stack unavailable\n"
	"created by main.start in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
	"goroutine 23 [select]:\nmain.deep(0x1)\n\t/src/a.go:20 +0x1d\n...137 frames elided...\n"
	"main.top()\n\t/src/a.go:30 +0x1d\n";

static void assert_dump(const struct gotext *g)
{
	const struct goroutine_group *w = NULL;

	assert_int_equal(g->goroutines.total, 5);
	assert_int_equal(g->goroutines.n_groups, 4);
	assert_int_equal(g->counts.headers, 5);
	assert_int_equal(g->counts.no_stack, 1);
	assert_int_equal(g->counts.elided, 1);
	assert_int_equal(g->counts.locked, 1);
	assert_int_equal(g->counts.not_understood, 0);
	assert_false(g->counts.cut);
	for (size_t i = 0; i < g->goroutines.n_groups; i++) {
		if (g->goroutines.groups[i].count == 2)
			w = &g->goroutines.groups[i];
	}
	assert_non_null(w);
	assert_int_equal(w->n_states, 2);
	assert_int_equal(w->n_stack, 1);
	assert_str(w->stack[0].func, "main.wait");
	assert_str(w->stack[0].file, "/src/a.go");
	assert_int_equal(w->stack[0].line, 12);
	assert_str(w->created_by.func, "main.start");
	assert_int_equal(w->created_by.line, 9);
	assert_int_equal(w->oldest_ns / 60000000000u, 70);
	assert_int_equal(w->ages[5], 1); /* 1 h to 6 h */
	assert_int_equal(w->id, goroutine_group_id(w->stack, w->n_stack, NULL, 0));
}

static void a_dump_is_grouped_however_it_arrives(void **state)
{
	static const size_t pieces[] = { 1 << 20, 1, 2, 7, 64 };
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	for (size_t i = 0; i < N(pieces); i++) {
		assert_int_equal(read_text(&g, dump, pieces[i], &e), 0);
		assert_dump(&g);
	}
	gotext_release(&g);
}

static void a_log_may_stand_before_each_line(void **state)
{
	static const char text[] =
		"svc-1  | 2026-11-24 panic: boom\r\nsvc-1  | 2026-11-24 \r\n"
		"svc-1  | 2026-11-24 goroutine 6 [running]:\r\n"
		"svc-1  | 2026-11-24 main.f(...)\r\nsvc-1  | 2026-11-24 \t/src/a.go:1\r\n"
		"svc-1  | 2026-11-24 created by main.main\r\nsvc-1  | 2026-11-24 \t/src/a.go:9 "
		"+0x1\r\n"
		"svc-1  | 2026-11-24 \r\nsvc-1  | 2026-11-24 goroutine 7 [select]:\r\n"
		"svc-1  | 2026-11-24 main.g()\r\nsvc-1  | 2026-11-24 \t/src/b.go:2 +0x3\r\n"
		"svc-1  | 2026-11-24 \r\nsvc-1  | 2026-11-24 exit status 2\r\n";
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	assert_true(gotext_looks_like(text, sizeof(text) - 1));
	assert_int_equal(read_text(&g, text, 11, &e), 0);
	assert_int_equal(g.goroutines.total, 2);
	assert_int_equal(g.goroutines.n_groups, 2);
	assert_str(g.goroutines.groups[0].stack[0].func, "main.f");
	assert_str(g.goroutines.groups[0].created_by.file, "/src/a.go");
	assert_str(g.goroutines.groups[1].stack[0].file, "/src/b.go");
	assert_int_equal(g.counts.not_understood, 0);
	gotext_release(&g);
}

static void sigquit_shows_the_runtimes_own_which_do_not_count(void **state)
{
	static const char text[] =
		"SIGQUIT: quit\nPC=0x46a3c1 m=0 sigcode=0\n\n"
		"goroutine 0 gp=0x5d2c0 m=0 mp=0x5d3a0 "
		"[idle]:\nruntime.futex(0x1)\n\t/go/sys.s:557 +0x21 fp=0x7f sp=0x7e pc=0x46\n\n"
		"goroutine 1 gp=0xc0 m=nil [select (no "
		"cases)]:\nruntime.gopark(0x1)\n\t/go/proc.go:424 +0xce fp=0x1 sp=0x2 pc=0x3\n"
		"main.main()\n\t/src/main.go:5 +0xf fp=0x1 sp=0x2 "
		"pc=0x3\nruntime.main()\n\t/go/proc.go:283 +0x1\n"
		"runtime.goexit({})\n\t/go/asm.s:1700 +0x1\n\n"
		"goroutine 2 gp=0xc1 m=nil [force gc "
		"(idle)]:\nruntime.forcegchelper()\n\t/go/proc.go:348 +0xb8\n"
		"runtime.goexit({})\n\t/go/asm.s:1700 +0x1\ncreated by runtime.init.7 in goroutine "
		"1\n\t/go/proc.go:336 +0x1a\n\n"
		"rax    0xca\nrbx    0x0\nexit status 2\n";
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	assert_int_equal(read_text(&g, text, 1 << 20, &e), 0);
	assert_int_equal(g.counts.headers, 3);
	assert_int_equal(g.counts.system, 2);
	assert_int_equal(g.goroutines.total, 1);
	assert_int_equal(g.goroutines.groups[0].n_stack, 3); /* without goexit */
	assert_str(g.goroutines.groups[0].state, "select (no cases)");
	gotext_release(&g);
}

static void debug_1_has_counts_and_no_states(void **state)
{
	static const char text[] = "goroutine profile: total 7\n4 @ 0x1 0x2 0x3\n# labels: "
				   "{\"route\":\"/pay\", \"id\":\"1\"}\n"
				   "#\t0x1\tinternal/poll.runtime_pollWait+0x84\t\t/go/"
				   "netpoll.go:351\n#\t0x2\tmain.read+0x1\t/src/a.go:4\n\n"
				   "3 @ 0x1 0x4\n#\t0x4\tmain.(*T).wait+0x23\t\t\t/src/b.go:7\n\n";
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	assert_true(gotext_looks_like(text, sizeof(text) - 1));
	assert_int_equal(read_text(&g, text, 3, &e), 0);
	assert_int_equal(g.goroutines.total, 7);
	assert_int_equal(g.goroutines.groups[0].count, 4);
	assert_str(g.goroutines.groups[0].state, "IO wait");
	assert_int_equal(g.goroutines.groups[0].n_labels, 2);
	assert_str(g.goroutines.groups[0].labels[0].name, "id");
	assert_str(g.goroutines.groups[0].labels[1].value, "/pay");
	assert_str(g.goroutines.groups[1].state, "unknown");
	assert_str(g.goroutines.groups[1].stack[0].func, "main.(*T).wait");
	gotext_release(&g);
}

static void a_text_that_ends_in_the_middle_is_known_as_cut(void **state)
{
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	assert_int_equal(
		read_text(&g, "goroutine 1 [select]:\nmain.f(0x1)\n\t/src/a.go:12 +0", 5, &e), 0);
	assert_true(g.counts.cut);
	assert_int_equal(g.goroutines.total, 1);
	gotext_release(&g);
}

static void what_holds_no_goroutine_is_refused(void **state)
{
	static const char html[] = "<html>goroutine leak</html>\n";
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	assert_false(gotext_looks_like(html, sizeof(html) - 1));
	assert_true(read_text(&g, html, 100, &e) < 0);
	assert_string_equal(e.text, "no goroutine in it");
	assert_true(read_text(&g, "", 1, &e) < 0);
	gotext_release(&g);
}

static void a_line_without_end_is_bounded(void **state)
{
	static char text[3 * GOTEXT_LINE_MAX];
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "goroutine 1 [select]:\n", 22);
	gotext_begin(&g);
	for (int i = 0; i < 3; i++)
		assert_int_equal(gotext_feed(&g, text, sizeof(text) - 1, &e), 0);
	assert_int_equal(gotext_end(&g, &e), 0);
	assert_int_equal(g.goroutines.total, 1);
	gotext_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_of_every_version_are_read),
		cmocka_unit_test(what_only_looks_like_a_header_is_none),
		cmocka_unit_test(functions_and_places_are_cut_out),
		cmocka_unit_test(labels_are_unquoted_and_sorted),
		cmocka_unit_test(a_dump_is_grouped_however_it_arrives),
		cmocka_unit_test(a_log_may_stand_before_each_line),
		cmocka_unit_test(sigquit_shows_the_runtimes_own_which_do_not_count),
		cmocka_unit_test(debug_1_has_counts_and_no_states),
		cmocka_unit_test(a_text_that_ends_in_the_middle_is_known_as_cut),
		cmocka_unit_test(what_holds_no_goroutine_is_refused),
		cmocka_unit_test(a_line_without_end_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
