#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/profile.h"
#include "tests/unit/pb_kit.h"

#define FIXTURES "tests/fixtures/profile/"

enum {
	S_EMPTY,
	S_CPU,
	S_NS,
	S_COUNT,
	S_MAIN,
	S_WORK,
	S_ITAB,
	S_FILE,
	S_LIB,
	S_SPACE,
	S_BYTES,
	S_N
};

static void put_strings(struct buf *b)
{
	const char *const strings[S_N] = { "",
					   "cpu",
					   "nanoseconds",
					   "count",
					   "main.main",
					   "main.work",
					   "runtime.getitab",
					   "/src/f.go",
					   "/usr/lib/libx.so",
					   "inuse_space",
					   "bytes" };

	for (size_t i = 0; i < S_N; i++)
		put_bytes(b, 6, strings[i], strlen(strings[i]));
}

struct line {
	uint64_t function, line;
};

static void put_location(struct buf *b, uint64_t id, uint64_t mapping, const struct line lines[2])
{
	struct buf m;

	buf_init(&m, 4096);
	put_number(&m, 1, id);
	if (mapping)
		put_number(&m, 2, mapping);
	for (int i = 0; lines && i < 2; i++) {
		if (lines[i].function)
			MESSAGE(&m, 4, lines[i].function, lines[i].line);
	}
	put_bytes(b, 4, m.ptr, m.len);
	buf_release(&m);
}

/* Functions 1 main.main, 2 main.work, 3 runtime.getitab. Locations: 1 main.main:10, 2 main.work:20,
 * 3 main.work:21, 4 runtime.getitab:5 inlined into main.work:22, 5 without symbols in libx.so, 6
 * nowhere. */
static void put_places(struct buf *b)
{
	for (uint64_t id = 1; id <= 3; id++)
		MESSAGE(b, 5, id, S_MAIN + id - 1, 0, S_FILE);
	MESSAGE(b, 3, 1, 0, 0, 0, S_LIB);
	put_location(b, 1, 0, (struct line[2]){ { 1, 10 } });
	put_location(b, 2, 0, (struct line[2]){ { 2, 20 } });
	put_location(b, 3, 0, (struct line[2]){ { 2, 21 } });
	put_location(b, 4, 0, (struct line[2]){ { 3, 5 }, { 2, 22 } });
	put_location(b, 5, 1, NULL);
	put_location(b, 6, 9, NULL);
}

/* `stack` is a string of location ids, leaf first. */
static void put_sample(struct buf *b, const char *stack, const int64_t *values, size_t n)
{
	struct buf m, packed;

	buf_init(&m, 4096);
	buf_init(&packed, 4096);
	for (size_t i = 0; i < n; i++)
		put_varint(&packed, (uint64_t)values[i]);
	put_bytes(&m, 1, stack, strlen(stack));
	put_bytes(&m, 2, packed.ptr, packed.len);
	put_bytes(b, 2, m.ptr, m.len);
	buf_release(&m);
	buf_release(&packed);
}

#define SAMPLE(b, stack, ...)                                  \
	put_sample(b, stack, (const int64_t[]){ __VA_ARGS__ }, \
		   sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

struct bench {
	struct profile p;
	struct buf b;
	struct err e;
};

static void begin(struct bench *t)
{
	*t = (struct bench){ .e = { "" } };
	buf_init(&t->b, 256 << 20);
}

static void end(struct bench *t)
{
	buf_release(&t->b);
	profile_release(&t->p);
}

/* A CPU profile, all but the samples. */
static void begin_profile(struct bench *t)
{
	begin(t);
	MESSAGE(&t->b, 1, S_CPU, S_NS);
	put_places(&t->b);
	put_strings(&t->b);
}

static int decode(struct bench *t)
{
	int r = profile_read(&t->p, t->b.ptr, t->b.len, &t->e);

	if (r < 0)
		print_message("%s\n", t->e.text);
	return r;
}

static void expect(struct bench *t, int code, const char *text)
{
	int r = profile_read(&t->p, t->b.ptr, t->b.len, &t->e);

	if (r != code || !strstr(t->e.text, text))
		print_error("got %d \"%s\", want %d \"%s\"\n", r, t->e.text, code, text);
	assert_int_equal(r, code);
	assert_non_null(strstr(t->e.text, text));
	assert_int_equal(t->p.sample.n_sites, 0);
	end(t);
}

static const struct profile_site *site(const struct bench *t, const char *func)
{
	for (size_t i = 0; i < t->p.sample.n_sites; i++) {
		if (str_is(t->p.sample.sites[i].func, func))
			return &t->p.sample.sites[i];
	}
	fail_msg("no site %s", func);
	return NULL;
}

static void expect_site(const struct bench *t, const char *func, int64_t flat, int64_t cum)
{
	const struct profile_site *s = site(t, func);

	if (s->flat[t->p.sample.shown] != flat || s->cum[t->p.sample.shown] != cum)
		fail_msg("%s: got %lld of %lld, want %lld of %lld", func,
			 (long long)s->flat[t->p.sample.shown],
			 (long long)s->cum[t->p.sample.shown], (long long)flat, (long long)cum);
}

static void read_file(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "rb");
	char chunk[4096];
	size_t n;

	if (!f)
		fail_msg("%s does not open", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		assert_int_equal(buf_add(b, chunk, n), 0);
	fclose(f);
}

/* ---- what real programs wrote, against what `go tool pprof -top` says ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line a site, sorted, as tests/diff/pprof writes them. */
static void print_sites(const struct profile_sample *p, struct buf *out)
{
	char **lines = calloc(p->n_sites + 1, sizeof(*lines));
	size_t n = 0;

	assert_non_null(lines);
	for (size_t i = 0; i < p->n_sites; i++) {
		const struct profile_site *s = &p->sites[i];

		if ((s->flat[p->shown] || s->cum[p->shown]) &&
		    asprintf(&lines[n], "%lld\t%lld\t%.*s", (long long)s->flat[p->shown],
			     (long long)s->cum[p->shown], (int)s->func.len, s->func.p) > 0)
			n++;
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
}

static const struct {
	const char *name;
	enum profile_kind kind;
} captured[] = {
	{ "etcd-heap", PROFILE_HEAP },
	{ "etcd-cpu", PROFILE_CPU },
	{ "etcd-mutex", PROFILE_CONTENTION },
	{ "etcd-threadcreate", PROFILE_THREADCREATE },
	{ "prometheus-heap", PROFILE_HEAP },
	{ "go1.19-cpu", PROFILE_CPU },
	{ "go1.19-heap", PROFILE_HEAP },
	{ "go1.21-mutex", PROFILE_CONTENTION },
	{ "go1.23-block", PROFILE_CONTENTION },
	{ "go1.24-cpu", PROFILE_CPU },
	{ "go1.26-heap", PROFILE_HEAP },
	{ "go1.26-allocs", PROFILE_ALLOCS },
	{ "go1.27-cpu", PROFILE_CPU },
	{ "go1.27-heap", PROFILE_HEAP },
	{ "go1.27-mutex", PROFILE_CONTENTION },
	{ "go1.27-block", PROFILE_CONTENTION },
	{ "go1.27-threadcreate", PROFILE_THREADCREATE },
};

static void captured_profiles_add_up_as_pprof_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(captured) / sizeof(captured[0]); i++) {
		struct bench t;
		struct buf got, want;
		char path[128];

		begin(&t);
		buf_init(&got, 1 << 20);
		buf_init(&want, 1 << 20);
		snprintf(path, sizeof(path), FIXTURES "%s.pb.gz", captured[i].name);
		read_file(&t.b, path);
		snprintf(path, sizeof(path), FIXTURES "%s.txt", captured[i].name);
		read_file(&want, path);
		assert_int_equal(decode(&t), 0);
		assert_int_equal(t.p.sample.kind, captured[i].kind);
		print_sites(&t.p.sample, &got);
		assert_string_equal(buf_str(&got), buf_str(&want));
		buf_release(&got);
		buf_release(&want);
		end(&t);
	}
}

static void a_profile_says_what_it_is(void **state)
{
	struct bench t;
	const struct profile_sample *p = &t.p.sample;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "go1.27-heap.pb.gz");
	assert_int_equal(decode(&t), 0);
	assert_int_equal(p->n_types, 4);
	assert_true(str_is(p->types[p->shown].name, "inuse_space"));
	assert_true(str_is(p->types[p->shown].unit, "bytes"));
	assert_true(p->time_ns > 0);
	end(&t);
	begin(&t);
	read_file(&t.b, FIXTURES "go1.27-cpu.pb.gz");
	assert_int_equal(decode(&t), 0);
	assert_true(str_is(p->types[p->shown].name, "cpu"));
	assert_int_equal(p->period, 10000000);
	assert_true(p->duration_ns > 500000000);
	end(&t);
}

/* The programs that made them do little but type switches, assertions and boxing. */
static void cpu_in_gos_interface_code_is_found(void **state)
{
	static const char *const files[] = { "go1.19-cpu", "go1.24-cpu", "go1.27-cpu" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bench t;
		char path[128];
		const struct profile_sample *p = &t.p.sample;

		begin(&t);
		snprintf(path, sizeof(path), FIXTURES "%s.pb.gz", files[i]);
		read_file(&t.b, path);
		assert_int_equal(decode(&t), 0);
		assert_true(p->dispatch_cum >= p->dispatch_flat && p->dispatch_flat > 0);
		assert_true(p->dispatch_cum < p->types[p->shown].total);
		end(&t);
	}
}

static void an_empty_profile_has_no_sites(void **state)
{
	struct bench t;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "empty-mutex.pb.gz");
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.sample.n_sites, 0);
	assert_int_equal(t.p.sample.kind, PROFILE_CONTENTION);
	end(&t);
}

static void every_prefix_of_a_profile_is_refused(void **state)
{
	struct bench t;
	size_t whole;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "go1.26-heap.pb.gz");
	whole = t.b.len;
	for (t.b.len = 2; t.b.len < whole; t.b.len++) {
		assert_int_equal(profile_read(&t.p, t.b.ptr, t.b.len, &t.e), -EBADMSG);
		assert_string_equal(t.e.text, "gzip data is cut short");
	}
	assert_int_equal(decode(&t), 0);
	end(&t);
}

/* ---- how it adds up ---- */

static void recursion_counts_once_in_cum(void **state)
{
	struct bench t;

	(void)state;
	begin_profile(&t);
	SAMPLE(&t.b, "\x02\x03\x02\x01", 5);
	SAMPLE(&t.b, "\x01", 2);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.sample.types[0].total, 7);
	expect_site(&t, "main.work", 5, 5);
	expect_site(&t, "main.main", 2, 7);
	assert_int_equal(t.p.sample.n_sites, 2);
	assert_true(str_is(t.p.sample.sites[0].func, "main.work"));
	end(&t);
}

static void an_inlined_leaf_takes_the_flat_value(void **state)
{
	struct bench t;

	(void)state;
	begin_profile(&t);
	SAMPLE(&t.b, "\x04\x01", 5);
	SAMPLE(&t.b, "\x02\x04\x01", 3);
	assert_int_equal(decode(&t), 0);
	expect_site(&t, "runtime.getitab", 5, 8);
	expect_site(&t, "main.work", 3, 8);
	assert_int_equal(t.p.sample.dispatch_flat, 5);
	assert_int_equal(t.p.sample.dispatch_cum, 8);
	end(&t);
}

static void the_heaviest_line_of_a_function_is_told(void **state)
{
	struct bench t;
	const struct profile_site *s;

	(void)state;
	begin_profile(&t);
	SAMPLE(&t.b, "\x02\x01", 5);
	SAMPLE(&t.b, "\x03\x01", 9);
	SAMPLE(&t.b, "\x04\x01", 100);
	assert_int_equal(decode(&t), 0);
	s = site(&t, "main.work");
	assert_int_equal(s->line, 21);
	assert_true(str_is(s->file, "/src/f.go"));
	assert_int_equal(site(&t, "main.main")->line, 10);
	end(&t);
}

static void code_without_symbols_is_one_site_a_mapping(void **state)
{
	struct bench t;

	(void)state;
	begin_profile(&t);
	SAMPLE(&t.b, "\x05\x01", 5);
	SAMPLE(&t.b, "\x06\x05", 2);
	assert_int_equal(decode(&t), 0);
	expect_site(&t, "[libx.so]", 5, 7);
	expect_site(&t, "<unknown>", 2, 2);
	assert_int_equal(site(&t, "<unknown>")->line, 0);
	end(&t);
}

static void negative_values_are_those_of_a_difference(void **state)
{
	struct bench t;

	(void)state;
	begin_profile(&t);
	SAMPLE(&t.b, "\x02\x01", -5);
	SAMPLE(&t.b, "\x01", 2);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.sample.types[0].total, 7);
	expect_site(&t, "main.work", -5, -5);
	expect_site(&t, "main.main", 2, -3);
	assert_true(str_is(t.p.sample.sites[0].func, "main.work"));
	end(&t);
}

/* The default type is shown; without one the last. */
static void the_type_shown_is_the_default(void **state)
{
	struct bench t;

	(void)state;
	for (int named = 0; named < 2; named++) {
		begin(&t);
		MESSAGE(&t.b, 1, S_SPACE, S_BYTES);
		MESSAGE(&t.b, 1, S_CPU, S_NS);
		put_places(&t.b);
		put_strings(&t.b);
		SAMPLE(&t.b, "\x02", 64, 7);
		if (named)
			put_number(&t.b, 14, S_SPACE);
		assert_int_equal(decode(&t), 0);
		assert_int_equal(t.p.sample.shown, named ? 0 : 1);
		assert_int_equal(site(&t, "main.work")->flat[0], 64);
		assert_int_equal(site(&t, "main.work")->flat[1], 7);
		end(&t);
	}
}

/* Unpacked numbers, and the values before the stack. */
static void other_writers_are_understood(void **state)
{
	struct bench t;
	struct buf m;

	(void)state;
	begin_profile(&t);
	buf_init(&m, 4096);
	put_number(&m, 2, 9);
	put_number(&m, 1, 2);
	put_number(&m, 1, 1);
	put_bytes(&t.b, 2, m.ptr, m.len);
	buf_release(&m);
	assert_int_equal(decode(&t), 0);
	expect_site(&t, "main.work", 9, 9);
	expect_site(&t, "main.main", 0, 9);
	end(&t);
}

static void a_good_body_after_a_bad_one_is_read(void **state)
{
	struct bench t;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "etcd-cpu.pb.gz");
	t.b.len -= 100;
	assert_int_equal(profile_read(&t.p, t.b.ptr, t.b.len, &t.e), -EBADMSG);
	t.b.len += 100;
	assert_int_equal(decode(&t), 0);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.sample.n_sites, 309);
	assert_int_equal(t.p.sample.types[1].total, 730000000);
	end(&t);
}

/* ---- what is refused ---- */

static void text_is_named(void **state)
{
	static const char *const bodies[] = {
		"heap profile: 1: 32 [2: 64] @ heap/1048576\n",
		"--- mutex:\ncycles/second=2000000\n",
		"--- contention:\ncycles/second=2000000\n",
		"threadcreate profile: total 9\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct bench t;

		begin(&t);
		buf_adds(&t.b, bodies[i]);
		expect(&t, -EBADMSG, "the text of debug=1 (ask for debug=0)");
	}
}

static void damage_is_named(void **state)
{
	static const struct {
		uint32_t field;
		uint64_t numbers[5];
		const char *says;
	} rows[] = {
		{ 2, { 9, 1 }, "there is no location 9" },
		{ 2, { 1 }, "0 values, there are 1 types" },
		{ 5, { 2, S_MAIN }, "function 2 is there twice" },
		{ 5, { 9, 99 }, "a function refers to a missing string" },
		{ 5, { 9, 0, 99 }, "refers to a missing string" },
		{ 4, { 2 }, "location 2 is there twice" },
		{ 3, { 1 }, "mapping 1 is there twice" },
		{ 3, { 2, 0, 0, 0, 99 }, "refers to a missing string" },
		{ 1, { 99, 2 }, "a sample type refers to a missing string" },
		{ 11, { 99, 2 }, "a sample type refers to a missing string" },
	};
	struct bench t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_profile(&t);
		put_message(&t.b, rows[i].field, rows[i].numbers, 5);
		expect(&t, -EBADMSG, rows[i].says);
	}
	begin_profile(&t);
	put_number(&t.b, 9, 1);
	put_number(&t.b, 9, 2);
	expect(&t, -EBADMSG, "several profiles, one after the other");
	begin_profile(&t);
	put_number(&t.b, 6, 1);
	expect(&t, -EBADMSG, "field 6 is of another kind");
}

static void sums_do_not_overflow(void **state)
{
	struct bench t;

	(void)state;
	begin_profile(&t);
	SAMPLE(&t.b, "\x01", INT64_MAX);
	SAMPLE(&t.b, "\x01", 1);
	expect(&t, -EBADMSG, "add up to more than 2^63");
	begin_profile(&t);
	SAMPLE(&t.b, "\x01", INT64_MIN);
	expect(&t, -EBADMSG, "add up to more than 2^63");
}

/* A location of many lines, in a stack that names it many times: little to send, long to add up. */
static void absurd_tables_are_refused(void **state)
{
	enum { LINES = 100000, FRAMES = 3000 };
	struct bench t;
	struct buf m, stack;

	(void)state;
	buf_init(&m, 4 << 20);
	buf_init(&stack, 4 << 20);
	put_number(&m, 1, 7);
	for (int i = 0; i < LINES; i++)
		MESSAGE(&m, 4, 1, 1);
	begin_profile(&t);
	put_bytes(&t.b, 4, m.ptr, m.len);
	buf_clear(&m);
	for (int i = 0; i < FRAMES; i++)
		put_varint(&stack, 7);
	put_bytes(&m, 1, stack.ptr, stack.len);
	put_number(&m, 2, 1);
	put_bytes(&t.b, 2, m.ptr, m.len);
	expect(&t, -EFBIG, "a profile of more than 268435456 frames is refused");

	begin_profile(&t);
	for (int i = 0; i <= 1 << 20; i++)
		buf_add(&t.b, "\x12\x00", 2);
	expect(&t, -EFBIG, "more than 1048576 samples");
	buf_release(&m);
	buf_release(&stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_profiles_add_up_as_pprof_does),
		cmocka_unit_test(a_profile_says_what_it_is),
		cmocka_unit_test(cpu_in_gos_interface_code_is_found),
		cmocka_unit_test(an_empty_profile_has_no_sites),
		cmocka_unit_test(every_prefix_of_a_profile_is_refused),
		cmocka_unit_test(recursion_counts_once_in_cum),
		cmocka_unit_test(an_inlined_leaf_takes_the_flat_value),
		cmocka_unit_test(the_heaviest_line_of_a_function_is_told),
		cmocka_unit_test(code_without_symbols_is_one_site_a_mapping),
		cmocka_unit_test(negative_values_are_those_of_a_difference),
		cmocka_unit_test(the_type_shown_is_the_default),
		cmocka_unit_test(other_writers_are_understood),
		cmocka_unit_test(a_good_body_after_a_bad_one_is_read),
		cmocka_unit_test(text_is_named),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(sums_do_not_overflow),
		cmocka_unit_test(absurd_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
