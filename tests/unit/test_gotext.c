/* Goroutine texts: every form of a header, a frame and a label, texts as they come from a log, and
 * dumps of a real program (tests/fixtures/gotext/program) beside its profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "collectors/parse/gotext.h"
#include "collectors/parse/gotext_line.h"
#include "collectors/parse/pprof.h"
#include "core/base/buf.h"

#define FIXTURES "tests/fixtures/gotext/"
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
		{ "goroutine 0 [idle]:", 0, "idle", 0, 0, 0, 0, 0, "" },
		{ "goroutine 3 [???]:", 3, "???", 0, 0, 0, 0, 0, "" },
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
		{ "goroutine 9 [runnable (scan)]:", 9, "runnable", 0, 0, 0, 0, 1, "" },
		{ "goroutine 3 [chan send (leaked)]:", 3, "chan send", 0, 0, 1, 0, 0, "" },
		{ "goroutine 3 [chan receive (nil chan) (leaked)]:", 3, "chan receive (nil chan)",
		  0, 0, 1, 0, 0, "" },
		{ "goroutine 3 [chan send (leaked) (scan), 2 minutes]:", 3, "chan send", 2, 0, 1, 0,
		  1, "" },
		/* 1.24 */
		{ "goroutine 4 [sleep, synctest group 3]:", 4, "sleep", 0, 0, 0, 0, 0, "" },
		/* 1.25 */
		{ "goroutine 4 [sleep (durable), synctest bubble 2]:", 4, "sleep", 0, 0, 0, 1, 0,
		  "" },
		{ "goroutine 4 [chan receive (durable), 1 minutes, locked to thread, synctest "
		  "bubble 2]:",
		  4, "chan receive", 1, 1, 0, 1, 0, "" },
		/* 1.23, GOTRACEBACK=system */
		{ "goroutine 1 gp=0xc000002380 m=0 mp=0x55d0c0 [running]:", 1, "running", 0, 0, 0,
		  0, 0, "" },
		{ "goroutine 2 gp=0xc000002e00 m=nil [force gc (idle), 1 minutes]:", 2,
		  "force gc (idle)", 1, 0, 0, 0, 0, "" },
		/* 1.26, tracebacklabels=1 */
		{ "goroutine 5 [select labels:{\"a\": \"b]:, \\\"}\", \"c\": \"d\"}]:", 5, "select",
		  0, 0, 0, 0, 0, "\"a\": \"b]:, \\\"}\", \"c\": \"d\"" },
		{ "goroutine 5 gp=0x1 m=nil [chan receive (nil chan), 9 minutes, locked to thread "
		  "labels:{\"\": \"\"}]:",
		  5, "chan receive (nil chan)", 9, 1, 0, 0, 0, "\"\": \"\"" },
		/* 1.27 */
		{ "goroutine 5 [select] {route: /pay, \"trace id\": \"a\\\"b\"}:", 5, "select", 0,
		  0, 0, 0, 0, "route: /pay, \"trace id\": \"a\\\"b\"" },
		{ "goroutine 5 [select] {\"a}:\": b}:", 5, "select", 0, 0, 0, 0, 0, "\"a}:\": b" },
		/* not yet */
		{ "goroutine 5 [select, on holiday, 7 minutes]:", 5, "select", 7, 0, 0, 0, 0, "" },
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
		"goroutine 1[running]:",
		"goroutine 1 was here [running]:",
		"goroutine 1 [running] {a: b:",
		"goroutine 1 [running labels:{\"a: \"b\"}]:",
		"goroutine 1 [running]: and more",
		"goroutine profile: total 5",
		"goroutine running on other thread; stack unavailable",
		"[originating from goroutine 5]:",
	};
	struct gotext_header h;

	(void)state;
	for (size_t i = 0; i < N(lines); i++) {
		if (gotext_header(str_of(lines[i]), &h))
			fail_msg("taken for a header: %s", lines[i]);
	}
}

static void functions_are_cut_out(void **state)
{
	static const struct {
		const char *line, *func; /* NULL: it is none */
	} rows[] = {
		{ "main.f()", "main.f" },
		{ "main.f(...)", "main.f" },
		{ "main.f(0x1, {0x2, 0x3?}, {_, ...}, ...)", "main.f" },
		{ "main.(*T).m(0xc000010000)", "main.(*T).m" },
		{ "main.(*T[...]).m.func1.2(0x1)", "main.(*T[...]).m.func1.2" },
		{ "main.F[...](0x1)", "main.F[...]" },
		{ "gopkg.in/mail%2ev2.(*D).Send-fm()", "gopkg.in/mail%2ev2.(*D).Send-fm" },
		{ "panic({0x45c1e0?, 0x4b2f28?})", "panic" },
		{ "main.f", NULL },
		{ "exit status 2 (of x)", NULL },
		{ "(...)", NULL },
		{ ".(x)", NULL },
		{ "\tmain.f()", NULL },
		{ "main.f(0x1", NULL },
		{ "", NULL },
	};
	struct str func;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		if (gotext_func(str_of(rows[i].line), &func) != (rows[i].func != NULL))
			fail_msg("wrong about \"%s\"", rows[i].line);
		if (rows[i].func) {
			assert_str(func, rows[i].func);
			assert_true(gotext_func_plain(func));
		}
	}
	assert_false(gotext_func_plain(STR("a b")));
	assert_false(gotext_func_plain(STR("a(b)")));
	assert_true(gotext_creator(str_of("created by main.(*P).Go in goroutine 7"), &func));
	assert_str(func, "main.(*P).Go");
	assert_true(gotext_creator(str_of("created by main.start"), &func));
	assert_str(func, "main.start");
	assert_false(gotext_creator(str_of("created by main.start in goroutine"), &func));
	assert_false(gotext_creator(str_of("created by nobody at all"), &func));
}

static void places_are_cut_out(void **state)
{
	static const struct {
		const char *text, *file; /* NULL: it is none */
		uint32_t line;
	} rows[] = {
		{ "/src/a b:c.go:12 +0x1d", "/src/a b:c.go", 12 },
		{ "/a.go:7 +0x2 fp=0xc0 sp=0xc1 pc=0x43", "/a.go", 7 },
		{ "/a.go:7", "/a.go", 7 },
		{ "C:/Users/x y/a.go:7 +0x2", "C:/Users/x y/a.go", 7 },
		{ "<autogenerated>:1 +0x5", "<autogenerated>", 1 },
		{ "/c/x.c:12 pc=0x7f00", "/c/x.c", 12 },
		{ "_cgo_gotypes.go:0", "_cgo_gotypes.go", 0 },
		{ "/a.go:07", NULL, 0 },
		{ "/a.go:99999999999", NULL, 0 },
		{ "/a.go:7x", NULL, 0 },
		{ "/a.go:", NULL, 0 },
		{ ":7", NULL, 0 },
		{ "no place", NULL, 0 },
		{ "", NULL, 0 },
	};
	struct gotext_place p;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		if (gotext_place(str_of(rows[i].text), &p) != (rows[i].file != NULL))
			fail_msg("wrong about \"%s\"", rows[i].text);
		if (!rows[i].file)
			continue;
		assert_str((struct str){ p.key.p, p.file_len }, rows[i].file);
		assert_int_equal(p.line, rows[i].line);
	}
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
	assert_true(gotext_labels(str_of("\"route\":\"/pay\", \"x\":\"y\""), &a, l, 1) > 1);
	assert_int_equal(gotext_labels(str_of("\"\": \"\""), &a, l, 4), 1);
	assert_int_equal(gotext_labels(str_of(": "), &a, l, 4), 1);
	assert_int_equal(gotext_labels(str_of("\"torn"), &a, l, 4), 1);
	assert_int_equal(gotext_labels(str_of("\"torn\\"), &a, l, 4), 1);
	assert_int_equal(gotext_labels(str_of("\"\\U0010FFFFF\\uD800\":"), &a, l, 4), 1);
	assert_str(l[0].name, "\xf4\x8f\xbf\xbf"
			      "F\xef\xbf\xbd");
	assert_int_equal(gotext_labels_end(str_of("a: \"}\"}]")), 6);
	assert_int_equal(gotext_labels_end(str_of("a: \"}")), -1);
	arena_release(&a);
}

/* ---- whole texts ---- */

static int read_bytes(struct gotext *g, const char *text, size_t n, size_t piece, struct err *e)
{
	int r = 0;

	gotext_begin(g);
	for (size_t at = 0; r == 0 && at < n; at += piece)
		r = gotext_feed(g, text + at, piece < n - at ? piece : n - at, e);
	return r == 0 ? gotext_end(g, e) : r;
}

static int read_text(struct gotext *g, const char *text, size_t piece, struct err *e)
{
	return read_bytes(g, text, strlen(text), piece, e);
}

static void read_all(struct gotext *g, const char *text)
{
	struct err e = { "" };

	if (read_text(g, text, SIZE_MAX, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(g->goroutines.total + g->counts.system + g->counts.repeated,
			 g->counts.headers);
}

static const struct goroutine_group *group_of(const struct gotext *g, const char *leaf)
{
	for (size_t i = 0; i < g->goroutines.n_groups; i++) {
		const struct goroutine_group *x = &g->goroutines.groups[i];

		if (x->n_stack ? str_is(x->stack[0].func, leaf) : !*leaf)
			return x;
	}
	fail_msg("no group at %s", leaf);
	return NULL;
}

static const char dump[] =
	"goroutine 1 [chan receive, 11 minutes]:\nmain.wait(0xc000010000)\n\t/src/a.go:12 +0x1d\n"
	"main.main()\n\t/src/main.go:7 +0x2\n\n"
	"goroutine 20 [chan receive]:\nmain.wait(0xc000010008)\n\t/src/a.go:12 +0x1d\n"
	"created by main.start in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
	"goroutine 21 [select, 70 minutes, locked to "
	"thread]:\nmain.wait(0xc000010010)\n\t/src/a.go:12 +0x1f\n"
	"created by main.start in goroutine 12\n\t/src/main.go:9 +0x5\n\n"
	"goroutine 22 [running]:\n\tgoroutine running on other thread; stack unavailable\n"
	"created by main.start in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
	"goroutine 23 [select]:\nmain.deep(0x1)\n\t/src/a.go:20 +0x1d\n...137 frames elided...\n"
	"main.top()\n\t/src/a.go:30 +0x1d\ncreated by main.start in goroutine "
	"1\n\t/src/main.go:9 +0x5\n";

static void assert_dump(const struct gotext *g)
{
	const struct goroutine_group *w = NULL, *deep = group_of(g, "main.deep");

	assert_int_equal(g->goroutines.total, 5);
	assert_int_equal(g->goroutines.n_groups, 4);
	assert_int_equal(g->counts.headers, 5);
	assert_int_equal(g->counts.mains, 1);
	assert_int_equal(g->counts.no_stack, 1);
	assert_int_equal(g->counts.elided, 1);
	assert_int_equal(g->counts.locked, 1);
	assert_int_equal(g->counts.not_understood, 0);
	assert_int_equal(g->counts.bytes, sizeof(dump) - 1);
	assert_false(g->counts.cut);
	assert_int_equal(deep->n_stack, 3);
	assert_str(deep->stack[1].func, GOTEXT_ELIDED);
	assert_int_equal(deep->stack[1].line, 0);
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
	for (int i = 0; i < AGE_BUCKETS; i++)
		assert_int_equal(w->ages[i], i == 5);
	assert_int_equal(w->id, goroutine_group_id(w->stack, w->n_stack, NULL, 0));
	assert_null(group_of(g, "main.deep")->ages);
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

static void windows_line_ends_change_nothing(void **state)
{
	char text[2 * sizeof(dump)];
	struct gotext g = { 0 };
	size_t n = 0;

	(void)state;
	for (const char *p = dump; *p; p++) {
		if (*p == '\n')
			text[n++] = '\r';
		text[n++] = *p;
	}
	text[n] = '\0';
	read_all(&g, text);
	g.counts.bytes = sizeof(dump) - 1;
	assert_dump(&g);
	gotext_release(&g);
}

static void minutes_fall_into_ages(void **state)
{
	static const struct {
		int minutes, bucket;
	} rows[] = { { 1, 3 },	 { 9, 3 },   { 10, 4 },	  { 59, 4 },   { 60, 5 },
		     { 359, 5 }, { 360, 6 }, { 1439, 6 }, { 1440, 7 }, { 1000000, 7 } };
	struct gotext g = { 0 };
	char text[128];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		snprintf(text, sizeof(text),
			 "goroutine 1 [select, %d minutes]:\nmain.f()\n\t/a.go:1 +0x1\n",
			 rows[i].minutes);
		read_all(&g, text);
		assert_int_equal(g.goroutines.groups[0].ages[rows[i].bucket], 1);
		assert_int_equal(g.goroutines.groups[0].oldest_ns / 60000000000u, rows[i].minutes);
	}
	gotext_release(&g);
}

static void what_differs_makes_another_group(void **state)
{
	static const char text[] =
		"goroutine 2 [select]:\nmain.f()\n\t/a.go:1 +0x1\n\n"
		"goroutine 3 [select]:\nmain.f()\n\t/a.go:12 +0x1\n\n"
		"goroutine 4 [select]:\nmain.f()\n\t/a.go:1 +0x1\nmain.g()\n\t/a.go:1\n\n"
		"goroutine 5 [select] {a: b}:\nmain.f()\n\t/a.go:1 +0x1\n\n"
		"goroutine 6 [select] {a: c}:\nmain.f()\n\t/a.go:1 +0x1\n\n"
		"goroutine 7 [select]:\nmain.ff()\n\t/a.go:1 +0x1\n\n"
		"goroutine 8 [sleep] {\"a\": \"b\"}:\nmain.f(0x7)\n\t/a.go:1 +0x1\n\n"
		"goroutine 9 [sleep]:\nmain.f(0x7)\n\t/a.go:1 +0x7\n\n"
		"goroutine 1 [sleep]:\nmain.f(0x7)\n\t/a.go:1:1 +0x1\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.goroutines.total, 9);
	assert_int_equal(g.goroutines.n_groups, 7);
	gotext_release(&g);
}

static void the_creator_of_most_is_told(void **state)
{
	static const char text[] =
		"goroutine 2 [select]:\nmain.f()\n\t/a.go:1 +0x1\ncreated by a.x\n\t/a.go:9 "
		"+0x1\n\n"
		"goroutine 3 [select]:\nmain.f()\n\t/a.go:1 +0x1\ncreated by a.y\n\t/a.go:8 "
		"+0x1\n\n"
		"goroutine 4 [select]:\nmain.f()\n\t/a.go:1 +0x1\ncreated by a.y\n\t/a.go:8 +0x1\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.goroutines.n_groups, 1);
	assert_str(g.goroutines.groups[0].created_by.func, "a.y");
	assert_str(g.goroutines.groups[0].created_by.file, "/a.go");
	gotext_release(&g);
}

static void a_log_may_stand_before_each_line(void **state)
{
	static const char text[] =
		"svc-1  | 2026-11-24 10:00:09 panic: boom\r\nsvc-1  | 2026-11-24 10:00:09\r\n"
		"svc-1  | 2026-11-24 10:00:09 goroutine 6 [running]:\r\n"
		"svc-1  | 2026-11-24 10:00:09 main.f(...)\r\nsvc-1  | 2026-11-24 10:00:10 "
		"\t/src/a.go:1\r\n"
		"svc-1  | 2026-11-24 10:00:10 created by main.main\r\nsvc-1  | 2026-11-24 10:00:10 "
		"\t/src/a.go:9 +0x1\r\n"
		"svc-1  | 2026-11-24 10:00:10\r\nsvc-1  | 2026-11-24 10:00:10 goroutine 7 "
		"[select]:\r\n"
		"svc-1  | 2026-11-24 10:00:10 main.g()\r\nsvc-1  | 2026-11-24 10:00:10 "
		"\t/src/b.go:2 +0x3\r\n"
		"svc-1  | 2026-11-24 10:00:10 created by main.main\r\nsvc-1  | 2026-11-24 10:00:11 "
		"\t/src/a.go:9 +0x1\r\n"
		"svc-1  | 2026-11-24 10:00:11 exit status 2\r\n";
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
	assert_false(g.counts.cut);
	gotext_release(&g);
}

/* log.Print(string(debug.Stack())) puts its time before the first line alone. */
static void a_prefix_may_be_of_the_header_alone(void **state)
{
	static const char text[] = "2026/11/24 10:00:09 goroutine 6 [running]:\nmain.f(0x1)\n"
				   "\t/src/a.go:1 +0x1\ncreated by main.main\n\t/src/a.go:9 +0x1\n"
				   "2026/11/24 10:00:10 served /pay (12 ms)\n"
				   "2026/11/24 10:00:11 goroutine 7 [running]:\nmain.f(0x2)\n"
				   "\t/src/a.go:1 +0x1\ncreated by main.main\n\t/src/a.go:9 +0x1\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.goroutines.total, 2);
	assert_int_equal(g.goroutines.n_groups, 1);
	assert_str(g.goroutines.groups[0].created_by.func, "main.main");
	assert_int_equal(g.counts.not_understood, 0);
	gotext_release(&g);
}

static void other_text_around_and_between_is_passed_over(void **state)
{
	static const char text[] =
		"2026/11/24 http: panic serving 127.0.0.1:80: boom (1)\n"
		"goroutine 6 [running]:\nmain.f(0x1)\n{\"level\":\"info\"}\n\t/src/a.go:1 +0x1\n"
		"main.g()\n\t/src/a.go:2 +0x1\n"
		"runtime: g 6: unexpected return pc for x called from 0x1\n"
		"created by main.main\n\t/src/a.go:9 +0x1\n"
		"FAIL\tpkg\t0.3s\n\nruntime stack:\nruntime.throw({0x1, 0x2})\n\t/go/panic.go:1 "
		"+0x1\n\n"
		"rax    0x1\nrip    0x46\nexit status 2\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.goroutines.total, 1);
	assert_int_equal(g.goroutines.groups[0].n_stack, 2);
	assert_int_equal(g.goroutines.groups[0].stack[0].line, 1);
	assert_int_equal(g.counts.not_understood, 2);
	assert_str(g.goroutines.groups[0].created_by.func, "main.main");
	assert_false(g.counts.cut);
	gotext_release(&g);
}

static void frames_of_c_are_kept(void **state)
{
	static const char text[] =
		"goroutine 1 [syscall]:\nnon-Go function at pc=7f12\nnon-Go function at pc=7f13\n"
		"my_read\n\t/c/x.c:12 pc=0x7f00\nnon-Go function\n\tpc=0x7f01\n"
		"runtime.cgocall(0x1)\n\t/go/cgocall.go:1 +0x1\nmain._Cfunc_f()\n"
		"\t_cgo_gotypes.go:4 +0x1\nmain.main()\n\t/src/a.go:2 +0x1\n";
	struct gotext g = { 0 };
	const struct goroutine_group *x;

	(void)state;
	read_all(&g, text);
	x = &g.goroutines.groups[0];
	assert_int_equal(x->n_stack, 7);
	assert_str(x->stack[1].func, "non-Go function");
	assert_str(x->stack[2].func, "my_read");
	assert_str(x->stack[2].file, "/c/x.c");
	assert_str(x->stack[3].func, "non-Go function");
	assert_str(x->stack[6].func, "main.main");
	assert_int_equal(g.counts.not_understood, 0);
	gotext_release(&g);
}

/* GODEBUG=tracebackancestors=N */
static void ancestors_are_no_frames(void **state)
{
	static const char text[] =
		"goroutine 9 [select]:\nmain.f()\n\t/a.go:1 +0x1\ncreated by main.g in goroutine "
		"5\n\t/a.go:2 +0x1\n[originating from goroutine 5]:\nmain.g(...)\n\t/a.go:2 +0x1\n"
		"created by main.main\n\t/a.go:3 +0x1\n...additional frames elided...\n\n"
		"goroutine 10 [select]:\nmain.f()\n\t/a.go:1 +0x1\ncreated by main.g in goroutine "
		"5\n\t/a.go:2 +0x1\n[originating from goroutine 5]:\nmain.h(...)\n\t/a.go:2 +0x1\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.goroutines.n_groups, 1);
	assert_int_equal(g.goroutines.groups[0].count, 2);
	assert_int_equal(g.goroutines.groups[0].n_stack, 1);
	assert_str(g.goroutines.groups[0].created_by.func, "main.g");
	assert_int_equal(g.counts.not_understood, 0);
	gotext_release(&g);
}

#define AT   " fp=0x1 sp=0x2 pc=0x3\n"
#define ENDS "runtime.goexit({})\n\t/go/asm.s:1700 +0x1" AT

static void sigquit_shows_the_runtimes_own_which_do_not_count(void **state)
{
	static const char text[] =
		"SIGQUIT: quit\nPC=0x46a3c1 m=0 sigcode=0\n\n"
		"goroutine 0 gp=0x5d2c0 m=0 mp=0x5d3a0 "
		"[idle]:\nruntime.futex(0x1)\n\t/go/sys.s:557 +0x21" AT "\n"
		"goroutine 1 gp=0xc0 m=nil [select (no "
		"cases)]:\nruntime.gopark(0x1)\n\t/go/proc.go:424 +0xce" AT
		"main.main()\n\t/src/main.go:5 +0xf" AT
		"runtime.main()\n\t/go/proc.go:283 +0x1" AT ENDS "\n"
		"goroutine 2 gp=0xc1 m=nil [force gc "
		"(idle)]:\nruntime.forcegchelper()\n\t/go/proc.go:348 +0xb8" AT ENDS
		"created by runtime.init.7 in goroutine 1\n\t/go/proc.go:336 +0x1a\n\n"
		"goroutine 3 gp=0xc1 m=nil [finalizer wait]:\nruntime.gopark()\n\t/go/proc.go:1 "
		"+0x8" AT "runtime.runFinalizers()\n\t/go/mfinal.go:1 +0x8" AT ENDS
		"created by runtime.createfing\n\t/go/mfinal.go:3 +0x1a\n\n"
		"goroutine 4 gp=0xc1 m=nil [select]:\nmain.free()\n\t/src/a.go:1 +0x8" AT
		"runtime.runFinalizers()\n\t/go/mfinal.go:1 +0x8" AT ENDS
		"created by runtime.createfing\n\t/go/mfinal.go:3 +0x1a\n\n"
		"rax    0xca\nrbx    0x0\nexit status 2\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.counts.headers, 5);
	assert_int_equal(g.counts.system, 3);
	assert_int_equal(g.goroutines.total, 2);
	assert_int_equal(g.goroutines.groups[0].n_stack, 3); /* without goexit */
	assert_str(g.goroutines.groups[0].state, "select (no cases)");
	assert_str(g.goroutines.groups[1].stack[0].func, "main.free");
	gotext_release(&g);
}

/* GOTRACEBACK=crash: behind all goroutines each thread prints what it ran, so that these are there
 * twice, the first time perhaps without a stack. */
static void what_crash_prints_again_counts_once(void **state)
{
	static const char text[] =
		"goroutine 1 [select]:\nmain.main()\n\t/a.go:1 +0x1" AT ENDS "\n"
		"goroutine 7 [running]:\n\tgoroutine running on other thread; stack unavailable\n"
		"created by main.main\n\t/a.go:2 +0x1\n\n"
		"goroutine 8 [running]:\n\tgoroutine running on other thread; stack unavailable\n"
		"created by main.main\n\t/a.go:2 +0x1\n\n-----\n\n"
		"goroutine 0 [idle]:\nruntime.futex(0x1)\n\t/go/sys.s:557 +0x21" AT "\n-----\n\n"
		"goroutine 7 [running]:\nmain.spin()\n\t/a.go:5 +0x1" AT ENDS
		"created by main.main\n\t/a.go:2 +0x1\n\n-----\n\n"
		"goroutine 1 [select]:\nmain.main()\n\t/a.go:1 +0x1" AT ENDS "\n";
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, text);
	assert_int_equal(g.goroutines.total, 3);
	assert_int_equal(g.goroutines.n_groups, 3);
	assert_int_equal(g.counts.no_stack, 1);
	assert_int_equal(g.counts.repeated, 2);
	assert_int_equal(g.counts.system, 1);
	assert_int_equal(g.counts.mains, 1);
	assert_int_equal(group_of(&g, "main.spin")->count, 1);
	assert_int_equal(group_of(&g, "")->count, 1);
	gotext_release(&g);
}

static void debug_1_has_counts_and_some_states(void **state)
{
	static const char text[] =
		"goroutine profile: total 11\n4 @ 0x10 0x2 0x3 0x4\n# labels: "
		"{\"route\":\"/pay\", \"id\":\"1\"}\n"
		"#\t0x2\tinternal/poll.runtime_pollWait+0x84\t\t/go/netpoll.go:351\n"
		"#\t0x3\tmain.read+0x1\t/src/a.go:4\n\n"
		"3 @ 0x10 0x20 0x4\n#\t0x3\tmain.(*T).wait+0x23\t\t\t/src/b.go:7\n\n"
		"2 @ 0x10 0x30 0x40 0x4\n#\t0x3\tmain.(*T).wait+0x23\t\t\t/src/b.go:7\n\n"
		"1 @ 0x50 0x61\n#\t0x60\tmain.spin+0x1\t/src/c.go:1\n\n"
		"1 @ 0x71 0x2\n#\t0x70\tmain.spin+0x1\t/src/c.go:2\n#\t0x1\n\n";
	struct gotext g = { 0 };
	struct err e = { "" };
	const struct goroutine_group *x;

	(void)state;
	assert_true(gotext_looks_like(text, sizeof(text) - 1));
	assert_int_equal(read_text(&g, text, 3, &e), 0);
	assert_int_equal(g.goroutines.total, 11);
	assert_int_equal(g.counts.declared, 11);
	assert_int_equal(g.goroutines.n_groups, 4);
	assert_false(g.counts.cut);
	x = group_of(&g, "internal/poll.runtime_pollWait");
	assert_int_equal(x->count, 4);
	assert_str(x->state, "IO wait");
	assert_int_equal(x->n_labels, 2);
	assert_str(x->labels[0].name, "id");
	assert_str(x->labels[1].value, "/pay");
	x = group_of(&g, "main.(*T).wait");
	assert_int_equal(x->count, 5); /* whatever the hidden callees are */
	assert_str(x->state, "waiting");
	assert_str(group_of(&g, "main.spin")->state, "runnable");
	gotext_release(&g);
}

static void without_a_parker_debug_1_tells_nothing(void **state)
{
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, "goroutine profile: total 1\n1 @ 0x10 0x3\n#\t0x2\tmain.f+0x1\t/a.go:4\n\n");
	assert_str(g.goroutines.groups[0].state, "unknown");
	read_all(&g, "goroutineleak profile: total 0\n");
	assert_int_equal(g.goroutines.total, 0);
	gotext_release(&g);
}

static void other_profiles_are_not_ours(void **state)
{
	static const char text[] =
		"threadcreate profile: total 3\n3 @ 0x1\n#\t0x0\tmain.f+0x1\t/a.go:4\n";
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	assert_false(gotext_looks_like(text, sizeof(text) - 1));
	assert_true(read_text(&g, text, 100, &e) < 0);
	gotext_release(&g);
}

/* ---- cut ones ---- */

static void a_text_that_ends_in_the_middle_is_known_as_cut(void **state)
{
	static const char whole[] = "goroutine 1 [select]:\nmain.main(0x1)\n\t/src/a.go:12 +0x5\n\n"
				    "goroutine 12 [select]:\nmain.f(0x1)\n\t/src/a.go:123 +0x5d\n"
				    "created by main.start in goroutine 1\n\t/src/main.go:9 +0x5\n";
	size_t second = (size_t)(strstr(whole, "goroutine 12") - whole);
	size_t end = (size_t)(strstr(whole, "main.go:9 +") - whole) + strlen("main.go:9 +");
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	/* With the number of the goroutine it is known to be one; with the last line's offset
	 * nothing is missing. */
	for (size_t n = second + 11; n < end - 1; n++) {
		assert_int_equal(read_bytes(&g, whole, n, SIZE_MAX, &e), 0);
		if (g.goroutines.total != 2 || !g.counts.cut)
			fail_msg("cut at %zu: \"%.*s\"", n, (int)(n - second), whole + second);
	}
	assert_int_equal(read_bytes(&g, whole, end + 3, SIZE_MAX, &e), 0);
	assert_false(g.counts.cut);
	assert_int_equal(g.goroutines.total, 2);
	read_all(&g, "goroutine profile: total 3\n2 @ 0x1 0x2\n#\t0x0\tmain.f+0x1\t/a.go:4\n\n");
	assert_true(g.counts.cut);
	gotext_release(&g);
}

static void a_line_number_that_may_be_cut_is_not_believed(void **state)
{
	struct gotext g = { 0 };

	(void)state;
	read_all(&g, "goroutine 7 [select]:\nmain.f(0x1)\n\t/src/a.go:12");
	assert_true(g.counts.cut);
	assert_int_equal(g.goroutines.groups[0].n_stack, 1);
	assert_int_equal(g.goroutines.groups[0].stack[0].line, 0);
	gotext_release(&g);
}

/* ---- limits ---- */

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

static void a_line_without_end_is_passed_over(void **state)
{
	static char text[3 * GOTEXT_LINE_MAX];
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "goroutine 1 [select]:\nmain.f()\n\t/a.go:1 +0x1\n", 45);
	gotext_begin(&g);
	assert_int_equal(gotext_feed(&g, text, sizeof(text) - 1, &e), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(gotext_feed(&g, text + 100, sizeof(text) - 101, &e), 0);
	assert_int_equal(gotext_feed(&g, "\nmain.g()\n\t/a.go:2 +0x1\n", 24, &e), 0);
	assert_int_equal(gotext_end(&g, &e), 0);
	assert_int_equal(g.goroutines.total, 1);
	assert_int_equal(g.goroutines.groups[0].n_stack, 2);
	assert_int_equal(g.counts.not_understood, 1);
	gotext_release(&g);
}

static void too_much_is_refused_with_a_sentence(void **state)
{
	struct gotext g = { 0 };
	struct err e = { "" };
	char line[256];
	int r = 0;

	(void)state;
	gotext_begin(&g);
	for (int i = 0; r == 0 && i <= GOTEXT_KINDS_MAX; i++) {
		snprintf(line, sizeof(line), "goroutine 7 [state %d]:\nmain.f()\n\t/a.go:1\n\n", i);
		r = gotext_feed(&g, line, strlen(line), &e);
	}
	assert_true(r < 0);
	assert_string_equal(e.text, "more than 256 different states are refused");
	gotext_begin(&g);
	r = gotext_feed(&g, "goroutine 7 [select] {", 22, &e);
	for (int i = 0; r == 0 && i <= GOTEXT_LABELS_MAX; i++)
		r = gotext_feed(&g, "a: b, ", 6, &e);
	r = r == 0 ? gotext_feed(&g, "}:\n", 3, &e) : r;
	assert_true(r < 0);
	assert_string_equal(e.text, "a goroutine of more than 32 labels is refused");
	assert_true(read_text(&g, "goroutine profile: total 1\n9999999999999 @ 0x1\n", 100, &e) <
		    0);
	assert_string_equal(e.text, "9999999999999 goroutines in one record");
	gotext_release(&g);
}

static void a_stack_without_end_is_cut_at_the_root(void **state)
{
	struct gotext g = { 0 };
	struct err e = { "" };
	char line[128];

	(void)state;
	gotext_begin(&g);
	assert_int_equal(gotext_feed(&g, "goroutine 1 [select]:\n", 22, &e), 0);
	for (int i = 0; i < 2 * GOTEXT_STACK_MAX; i++) {
		snprintf(line, sizeof(line), "main.f%d(0x1)\n\t/a.go:1 +0x1\n", i);
		assert_int_equal(gotext_feed(&g, line, strlen(line), &e), 0);
	}
	assert_int_equal(gotext_end(&g, &e), 0);
	assert_int_equal(g.goroutines.groups[0].n_stack, GOTEXT_STACK_MAX);
	gotext_release(&g);
}

/* ---- real dumps ---- */

/* Also of what is not compressed. */
static void slurp(const char *name, struct buf *b)
{
	char path[256], chunk[4096];
	gzFile f;
	int n;

	snprintf(path, sizeof(path), FIXTURES "%s", name);
	f = gzopen(path, "rb");
	assert_non_null(f);
	buf_init(b, 64 << 20);
	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		assert_int_equal(buf_add(b, chunk, (size_t)n), 0);
	gzclose(f);
}

static uint64_t count_headers(const struct buf *b)
{
	uint64_t n = 0;

	for (const char *p = b->ptr; p; p = memchr(p, '\n', (size_t)(b->ptr + b->len - p))) {
		p += p != b->ptr;
		if (b->ptr + b->len - p < 12)
			break;
		n += memcmp(p, "goroutine ", 10) == 0 && p[10] >= '0' && p[10] <= '9';
	}
	return n;
}

static void no_goroutine_of_a_real_dump_is_lost(void **state)
{
	static const struct {
		const char *name;
		uint64_t total, system, leaked, minutes;
	} rows[] = {
		{ "go1.19.d2", 36, 0, 0, 0 },
		{ "go1.26.d2", 38, 0, 0, 0 },
		{ "go1.27.d2", 38, 0, 0, 0 },
		{ "go1.19.crash.gz", 36, 14, 0, 0 },
		{ "go1.26.crash.gz", 38, 15, 11, 0 },
		{ "go1.27.crash.gz", 38, 15, 11, 0 },
		{ "go1.27.leak2", 38, 0, 11, 0 },
		{ "go1.27.panic", 39, 0, 11, 0 },
		{ "etcd-go1.24.d2.txt.gz", 244, 0, 0, 217 },
	};
	struct gotext g = { 0 };
	struct err e = { "" };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		uint64_t aged = 0;
		struct buf b;

		slurp(rows[i].name, &b);
		assert_int_equal(read_bytes(&g, b.ptr, b.len, 4096, &e), 0);
		if (g.counts.headers != count_headers(&b) || g.goroutines.total != rows[i].total ||
		    g.counts.leaked != rows[i].leaked)
			fail_msg("%s: %llu headers, %llu in all, %llu leaked", rows[i].name,
				 (unsigned long long)g.counts.headers,
				 (unsigned long long)g.goroutines.total,
				 (unsigned long long)g.counts.leaked);
		if (rows[i].system)
			assert_in_range(g.counts.system, rows[i].system - 2, rows[i].system + 2);
		assert_int_equal(g.counts.repeated, 0);
		assert_int_equal(g.counts.not_understood, 0);
		assert_int_equal(g.counts.mains, 1);
		assert_false(g.counts.cut);
		for (size_t k = 0; k < g.goroutines.n_groups; k++) {
			for (int a = 0; g.goroutines.groups[k].ages && a < AGE_BUCKETS; a++)
				aged += g.goroutines.groups[k].ages[a];
		}
		assert_int_equal(aged, rows[i].minutes);
		buf_release(&b);
	}
	gotext_release(&g);
}

static void labels_of_tracebacks_are_read(void **state)
{
	static const char *const names[] = { "go1.26.crash.gz", "go1.27.crash.gz", "go1.27.d1" };
	struct gotext g = { 0 };
	struct err e = { "" };
	struct buf b;

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		uint64_t one = 0, two = 0, none = 0;

		slurp(names[i], &b);
		assert_int_equal(read_bytes(&g, b.ptr, b.len, 1000, &e), 0);
		for (size_t k = 0; k < g.goroutines.n_groups; k++) {
			const struct goroutine_group *x = &g.goroutines.groups[k];

			if (x->n_labels == 2) {
				two += x->count;
				assert_str(x->labels[0].name, "a b");
				assert_str(x->labels[0].value, "q\"]},: \xc3\xa9\n\\");
				assert_str(x->labels[1].value, "/pay");
			}
			one += x->n_labels == 1 && x->labels[0].name.len ? x->count : 0;
			none += x->n_labels == 1 && !x->labels[0].name.len ? x->count : 0;
		}
		assert_int_equal(one, 1);
		assert_int_equal(two, 1);
		assert_int_equal(none, 1);
		buf_release(&b);
	}
	gotext_release(&g);
}

/* What debug=1 leaves out of a stack (runtime/pprof, printStackRecord) and what debug=2 does
 * (runtime, showframe). */
static bool hidden_in_1(struct str func)
{
	return str_starts(func, "runtime.") || str_starts(func, "internal/runtime/");
}

static bool hidden_in_2(struct str func, bool first)
{
	if (str_is(func, "runtime.gopanic"))
		return first;
	if (str_is(func, "runtime.runfinq") || str_is(func, "runtime.runFinalizers"))
		return false;
	return str_starts(func, "runtime.") && !(func.p[8] >= 'A' && func.p[8] <= 'Z');
}

static uint64_t id_in_text(const struct goroutine_group *g, int debug, bool labels)
{
	struct frame shown[PPROF_STACK_MAX];
	size_t n = 0;

	for (uint32_t i = 0; i < g->n_stack; i++) {
		struct str func = g->stack[i].func;

		if (!(debug == 1 ? n == 0 && hidden_in_1(func) : hidden_in_2(func, n == 0)))
			shown[n++] = g->stack[i];
	}
	return goroutine_group_id(n ? shown : g->stack, n ? n : g->n_stack, g->labels,
				  labels ? g->n_labels : 0);
}

static const struct goroutine_group *group_by_id(const struct gotext *g, uint64_t id)
{
	for (size_t i = 0; i < g->goroutines.n_groups; i++) {
		if (g->goroutines.groups[i].id == id)
			return &g->goroutines.groups[i];
	}
	return NULL;
}

/* Of how many goroutines of the profile the text has the stack, under the same id. */
static uint64_t count_same(const struct pprof *p, const struct gotext *g, int debug, bool labels)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->goroutines.n_groups; i++) {
		const struct goroutine_group *want = &p->goroutines.groups[i];
		const struct goroutine_group *got = group_by_id(g, id_in_text(want, debug, labels));

		if (!got)
			continue;
		n += want->count;
		/* "chan receive (nil chan)" is "chan receive" in a profile; debug=1 knows less. */
		if (debug == 2 && !str_starts(got->state, want->state.p))
			fail_msg("%.*s, not %.*s", (int)got->state.len, got->state.p,
				 (int)want->state.len, want->state.p);
	}
	return n;
}

static void texts_agree_with_the_profile_of_the_same_moment(void **state)
{
	/* Those that changed meanwhile: who takes the profile, who spins. In debug=2 not those
	 * either whose frames are elided, and, before labels were printed, who has some. */
	static const struct {
		const char *version;
		uint64_t total, same_in_1, same_in_2;
		bool labels;
	} rows[] = {
		{ "go1.19", 36, 35, 32, false },
		{ "go1.26", 38, 37, 35, true },
		{ "go1.27", 38, 37, 35, true },
	};
	struct pprof p = { 0 };
	struct gotext g = { 0 };
	struct err e = { "" };
	struct buf profile, text;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s.d0.pb.gz", rows[i].version);
		slurp(name, &profile);
		assert_int_equal(pprof_goroutines(&p, profile.ptr, profile.len, &e), 0);
		assert_int_equal(p.goroutines.total, rows[i].total);
		for (int debug = 1; debug <= 2; debug++) {
			uint64_t same, want = debug == 1 ? rows[i].same_in_1 : rows[i].same_in_2;

			snprintf(name, sizeof(name), "%s.d%d", rows[i].version, debug);
			slurp(name, &text);
			assert_int_equal(read_bytes(&g, text.ptr, text.len, 100, &e), 0);
			assert_int_equal(g.goroutines.total, rows[i].total);
			same = count_same(&p, &g, debug, debug == 1 || rows[i].labels);
			if (same < want)
				fail_msg("%s: %llu the same", name, (unsigned long long)same);
			buf_release(&text);
		}
		buf_release(&profile);
	}
	pprof_release(&p);
	gotext_release(&g);
}

static void a_dump_many_times_over_needs_no_more_memory(void **state)
{
	struct gotext g = { 0 };
	struct err e = { "" };
	struct buf b;

	(void)state;
	slurp("etcd-go1.24.d2.txt.gz", &b);
	gotext_begin(&g);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(gotext_feed(&g, b.ptr, b.len, &e), 0);
		assert_int_equal(gotext_feed(&g, "\n", 1, &e), 0);
	}
	assert_int_equal(gotext_end(&g, &e), 0);
	assert_int_equal(g.goroutines.total, 24400);
	assert_int_equal(g.goroutines.n_groups, 42);
	assert_int_equal(g.counts.mains, 100);
	buf_release(&b);
	gotext_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_of_every_version_are_read),
		cmocka_unit_test(what_only_looks_like_a_header_is_none),
		cmocka_unit_test(functions_are_cut_out),
		cmocka_unit_test(places_are_cut_out),
		cmocka_unit_test(labels_are_unquoted_and_sorted),
		cmocka_unit_test(a_dump_is_grouped_however_it_arrives),
		cmocka_unit_test(windows_line_ends_change_nothing),
		cmocka_unit_test(minutes_fall_into_ages),
		cmocka_unit_test(what_differs_makes_another_group),
		cmocka_unit_test(the_creator_of_most_is_told),
		cmocka_unit_test(a_log_may_stand_before_each_line),
		cmocka_unit_test(a_prefix_may_be_of_the_header_alone),
		cmocka_unit_test(other_text_around_and_between_is_passed_over),
		cmocka_unit_test(frames_of_c_are_kept),
		cmocka_unit_test(ancestors_are_no_frames),
		cmocka_unit_test(sigquit_shows_the_runtimes_own_which_do_not_count),
		cmocka_unit_test(what_crash_prints_again_counts_once),
		cmocka_unit_test(debug_1_has_counts_and_some_states),
		cmocka_unit_test(without_a_parker_debug_1_tells_nothing),
		cmocka_unit_test(other_profiles_are_not_ours),
		cmocka_unit_test(a_text_that_ends_in_the_middle_is_known_as_cut),
		cmocka_unit_test(a_line_number_that_may_be_cut_is_not_believed),
		cmocka_unit_test(what_holds_no_goroutine_is_refused),
		cmocka_unit_test(a_line_without_end_is_passed_over),
		cmocka_unit_test(too_much_is_refused_with_a_sentence),
		cmocka_unit_test(a_stack_without_end_is_cut_at_the_root),
		cmocka_unit_test(no_goroutine_of_a_real_dump_is_lost),
		cmocka_unit_test(labels_of_tracebacks_are_read),
		cmocka_unit_test(texts_agree_with_the_profile_of_the_same_moment),
		cmocka_unit_test(a_dump_many_times_over_needs_no_more_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
