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
#include <zlib.h>

#include "collectors/parse/pprof.h"
#include "tests/unit/pb_kit.h"

#define FIXTURES "tests/fixtures/pprof/"

/* ---- writing profiles ---- */

enum { S_EMPTY, S_TYPE, S_COUNT, S_PARK, S_RECV, S_MAIN, S_FILE, S_KEY, S_BLUE, S_RED, S_ZONE };

static void put_strings(struct buf *b, const char *type)
{
	const char *const strings[] = {
		"",	  type,	  "count",  "runtime.gopark", "runtime.chanrecv",
		"main.f", "f.go", "tenant", "blue",	      "red",
		"zone"
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		put_bytes(b, 6, strings[i], strlen(strings[i]));
}

/* Three functions; location 1 holds the first two inlined into one place, 2 the third. */
static void put_places(struct buf *b)
{
	struct buf m;

	for (uint64_t id = 1; id <= 3; id++)
		MESSAGE(b, 5, id, S_PARK + id - 1, 0, S_FILE);
	buf_init(&m, 4096);
	put_number(&m, 1, 1);
	MESSAGE(&m, 4, 1, 10);
	MESSAGE(&m, 4, 2, 20);
	put_bytes(b, 4, m.ptr, m.len);
	buf_clear(&m);
	put_number(&m, 1, 2);
	MESSAGE(&m, 4, 3, 30);
	put_bytes(b, 4, m.ptr, m.len);
	buf_release(&m);
}

/* A sample at locations 1, 2 with up to two labels given as {key, str, num}. */
static void put_sample(struct buf *b, uint64_t count, const uint64_t labels[2][3])
{
	struct buf m;

	buf_init(&m, 4096);
	put_bytes(&m, 1, "\x01\x02", 2);
	put_number(&m, 2, count);
	for (int i = 0; labels && i < 2; i++) {
		if (labels[i][0])
			put_message(&m, 3, labels[i], 3);
	}
	put_bytes(b, 2, m.ptr, m.len);
	buf_release(&m);
}

struct bench {
	struct pprof p;
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
	pprof_release(&t->p);
}

/* All but the samples. */
static void begin_profile(struct bench *t)
{
	begin(t);
	MESSAGE(&t->b, 1, S_TYPE, S_COUNT);
	put_places(&t->b);
	put_strings(&t->b, "goroutine");
}

static int decode(struct bench *t)
{
	return pprof_goroutines(&t->p, t->b.ptr, t->b.len, &t->e);
}

static void expect(struct bench *t, int code, const char *text)
{
	int r = decode(t);

	if (r != code || !strstr(t->e.text, text))
		print_error("got %d \"%s\", want %d \"%s\"\n", r, t->e.text, code, text);
	assert_int_equal(r, code);
	assert_non_null(strstr(t->e.text, text));
	assert_int_equal(t->p.goroutines.n_groups, 0);
	assert_int_equal(t->p.goroutines.total, 0);
	end(t);
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

static void gzip_to(struct buf *to, const void *data, size_t n)
{
	z_stream z = { .avail_in = (unsigned int)n };
	size_t room = n / 500 + n / 1000 + 4096;

	z.next_in = (unsigned char *)(uintptr_t)data;
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(buf_reserve(to, n + room), 0);
	z.next_out = (unsigned char *)to->ptr + to->len;
	z.avail_out = (unsigned int)(n + room);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	to->len += z.total_out;
	deflateEnd(&z);
}

/* ---- what real programs sent ---- */

static const struct str *own_function(const struct goroutine_group *g)
{
	static const char *const inner[] = { "runtime.", "runtime/", "sync.", "internal/",
					     "syscall.", "time.",    "os.",   "net.",
					     "iter.",	 "os/exec" };
	static const struct str none = { "-", 1 };

	for (uint32_t i = 0; i < g->n_stack; i++) {
		bool own = true;

		for (size_t j = 0; j < sizeof(inner) / sizeof(inner[0]); j++)
			own &= !str_starts(g->stack[i].func, inner[j]);
		if (own)
			return &g->stack[i].func;
	}
	return g->n_stack ? &g->stack[g->n_stack - 1].func : &none;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "total", then a sorted line a group: count, state, leaf, first function of the program. */
static void print_groups(const struct goroutines *gs, struct buf *out)
{
	char **lines = calloc(gs->n_groups, sizeof(*lines));

	assert_non_null(lines);
	buf_addf(out, "total\t%llu\n", (unsigned long long)gs->total);
	for (size_t i = 0; i < gs->n_groups; i++) {
		const struct goroutine_group *g = &gs->groups[i];
		const struct str *own = own_function(g);
		struct str leaf = g->n_stack ? g->stack[0].func : STR("-");
		char line[1024];

		snprintf(line, sizeof(line), "%llu\t%.*s\t%.*s\t%.*s", (unsigned long long)g->count,
			 (int)g->state.len, g->state.p, (int)leaf.len, leaf.p, (int)own->len,
			 own->p);
		lines[i] = strdup(line);
	}
	qsort(lines, gs->n_groups, sizeof(*lines), by_text);
	for (size_t i = 0; i < gs->n_groups; i++) {
		buf_addf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
}

static const char *const captured[] = {
	"states-go1.19", "states-go1.21", "states-go1.24", "states-go1.25", "states-go1.26",
	"states-go1.27", "etcd",	  "prometheus",	   "node_exporter",
};

static void captured_profiles_give_their_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(captured) / sizeof(captured[0]); i++) {
		struct bench t;
		struct buf got, want;
		char path[128];

		begin(&t);
		buf_init(&got, 1 << 20);
		buf_init(&want, 1 << 20);
		snprintf(path, sizeof(path), FIXTURES "%s.pb.gz", captured[i]);
		read_file(&t.b, path);
		snprintf(path, sizeof(path), FIXTURES "%s.txt", captured[i]);
		read_file(&want, path);
		assert_int_equal(decode(&t), 0);
		assert_false(t.p.leaks);
		print_groups(&t.p.goroutines, &got);
		assert_string_equal(buf_str(&got), buf_str(&want));
		buf_release(&got);
		buf_release(&want);
		end(&t);
	}
}

static void ids_are_those_of_goroutine_group_id(void **state)
{
	struct bench t;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "states-go1.26.pb.gz");
	assert_int_equal(decode(&t), 0);
	for (size_t i = 0; i < t.p.goroutines.n_groups; i++) {
		const struct goroutine_group *g = &t.p.goroutines.groups[i];

		assert_true(g->id ==
			    goroutine_group_id(g->stack, g->n_stack, g->labels, g->n_labels));
	}
	end(&t);
}

static void every_prefix_of_a_profile_is_refused(void **state)
{
	struct bench t;
	size_t whole;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "node_exporter.pb.gz");
	whole = t.b.len;
	for (t.b.len = 2; t.b.len < whole; t.b.len++) {
		assert_int_equal(decode(&t), -EBADMSG);
		assert_string_equal(t.e.text, "gzip data is cut short");
	}
	assert_int_equal(decode(&t), 0);
	end(&t);
}

/* ---- groups and labels ---- */

static void an_inlined_leaf_comes_first(void **state)
{
	struct bench t;
	const struct goroutine_group *g;

	(void)state;
	begin_profile(&t);
	put_sample(&t.b, 7, NULL);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.goroutines.n_groups, 1);
	g = t.p.goroutines.groups;
	assert_int_equal(g->count, 7);
	assert_int_equal(g->n_stack, 3);
	assert_true(str_is(g->stack[0].func, "runtime.gopark") && g->stack[0].line == 10);
	assert_true(str_is(g->stack[1].func, "runtime.chanrecv") && g->stack[1].line == 20);
	assert_true(str_is(g->stack[2].func, "main.f") && str_is(g->stack[2].file, "f.go"));
	assert_true(str_is(g->state, "chan receive"));
	end(&t);
}

static void same_stack_and_labels_merge(void **state)
{
	static const uint64_t blue[2][3] = { { S_KEY, S_BLUE }, { S_ZONE, S_RED } };
	static const uint64_t turned[2][3] = { { S_ZONE, S_RED }, { S_KEY, S_BLUE } };
	static const uint64_t red[2][3] = { { S_KEY, S_RED } };
	struct bench t;

	(void)state;
	begin_profile(&t);
	put_sample(&t.b, 1, blue);
	put_sample(&t.b, 2, red);
	put_sample(&t.b, 4, turned);
	put_sample(&t.b, 8, NULL);
	put_sample(&t.b, 0, NULL);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.goroutines.n_groups, 3);
	assert_int_equal(t.p.goroutines.total, 15);
	assert_int_equal(t.p.goroutines.groups[0].count, 5);
	assert_int_equal(t.p.goroutines.groups[1].count, 2);
	assert_int_equal(t.p.goroutines.groups[2].count, 8);
	end(&t);
}

static void labels_are_sorted_and_values_keep_their_order(void **state)
{
	static const uint64_t mixed[2][3] = { { S_ZONE, S_RED }, { S_KEY, S_BLUE } };
	static const uint64_t twice[2][3] = { { S_KEY, S_RED }, { S_KEY, S_BLUE } };
	static const uint64_t number[2][3] = { { S_KEY, 0, 5 }, { S_ZONE, S_BLUE } };
	struct bench t;
	const struct goroutine_group *g;

	(void)state;
	begin_profile(&t);
	put_sample(&t.b, 1, mixed);
	put_sample(&t.b, 1, twice);
	put_sample(&t.b, 1, number);
	assert_int_equal(decode(&t), 0);
	g = t.p.goroutines.groups;
	assert_int_equal(g[0].n_labels, 2);
	assert_true(str_is(g[0].labels[0].name, "tenant") && str_is(g[0].labels[1].name, "zone"));
	assert_int_equal(g[1].n_labels, 2);
	assert_true(str_is(g[1].labels[0].value, "red") && str_is(g[1].labels[1].value, "blue"));
	assert_int_equal(g[2].n_labels, 1);
	assert_true(str_is(g[2].labels[0].name, "zone"));
	end(&t);
}

/* Ids of 2^64-1 and out of order, unknown fields and groups, unpacked numbers, two members. */
static void other_writers_are_understood(void **state)
{
	struct bench t;
	struct buf m, zip;

	(void)state;
	begin(&t);
	buf_init(&m, 4096);
	buf_init(&zip, 1 << 20);
	MESSAGE(&t.b, 5, UINT64_MAX, S_MAIN, 0, S_FILE);
	put_number(&m, 1, UINT64_C(1) << 63);
	MESSAGE(&m, 4, UINT64_MAX, 5);
	put_bytes(&t.b, 4, m.ptr, m.len);
	MESSAGE(&t.b, 4, 3, 0, 0xabc); /* no symbol */
	buf_clear(&m);
	put_number(&m, 1, 3);
	put_number(&m, 1, UINT64_C(1) << 63);
	put_number(&m, 2, 9);
	put_bytes(&t.b, 2, m.ptr, m.len);
	buf_adds(&t.b, "\xa3\x06\xab\x06\xac\x06\x08\x05\xa4\x06"); /* group 100 { group 101 {} } */
	put_number(&t.b, 99, 5);
	gzip_to(&zip, t.b.ptr, t.b.len);
	buf_clear(&t.b);
	MESSAGE(&t.b, 1, S_TYPE, S_COUNT);
	put_strings(&t.b, "goroutineleak");
	gzip_to(&zip, t.b.ptr, t.b.len);
	buf_clear(&t.b);
	buf_add(&t.b, zip.ptr, zip.len);
	assert_int_equal(decode(&t), 0);
	assert_true(t.p.leaks);
	assert_int_equal(t.p.goroutines.total, 9);
	assert_true(str_is(t.p.goroutines.groups[0].stack[0].func, "0xabc"));
	assert_true(str_is(t.p.goroutines.groups[0].stack[1].func, "main.f"));
	buf_release(&m);
	buf_release(&zip);
	end(&t);
}

static void a_profile_without_samples_has_no_groups(void **state)
{
	struct bench t;

	(void)state;
	begin_profile(&t);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.goroutines.n_groups, 0);
	end(&t);
}

static void a_stack_keeps_its_leaf_end(void **state)
{
	struct bench t;
	char ids[2000];
	struct buf m;

	(void)state;
	begin_profile(&t);
	memset(ids, 2, sizeof(ids));
	ids[0] = 1;
	buf_init(&m, 8192);
	put_bytes(&m, 1, ids, sizeof(ids));
	put_number(&m, 2, 1);
	put_bytes(&t.b, 2, m.ptr, m.len);
	buf_release(&m);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.goroutines.groups->n_stack, PPROF_STACK_MAX);
	assert_true(str_is(t.p.goroutines.groups->stack[0].func, "runtime.gopark"));
	end(&t);
}

static void a_good_body_after_a_bad_one_is_read(void **state)
{
	struct bench t;

	(void)state;
	begin(&t);
	read_file(&t.b, FIXTURES "etcd.pb.gz");
	t.b.len -= 100;
	assert_int_equal(decode(&t), -EBADMSG);
	t.b.len += 100;
	assert_int_equal(decode(&t), 0);
	assert_int_equal(decode(&t), 0);
	assert_int_equal(t.p.goroutines.total, 286);
	end(&t);
}

/* ---- what is no profile ---- */

static void text_is_named(void **state)
{
	static const struct {
		const char *body, *says;
	} rows[] = {
		{ "<!DOCTYPE html><title>Sign in</title>", "looks like HTML, not a profile" },
		{ "\n\n  <html>", "looks like HTML, not a profile" },
		{ "{\"error\":\"x\"}", "looks like JSON, not a profile" },
		{ "goroutine profile: total 5\n1 @ 0x433ff6", "debug=1" },
		{ "goroutine 1 [running]:\nmain.main()", "debug=2" },
		{ "# HELP go_goroutines Number", "looks like a metrics page" },
		{ "404 page not found\n", "looks like plain text" },
		{ "", "the body is empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench t;

		begin(&t);
		buf_adds(&t.b, rows[i].body);
		expect(&t, -EBADMSG, rows[i].says);
	}
}

static void gzip_faults_are_named(void **state)
{
	struct bench t;
	char *zeros = calloc(1, 96 << 20);

	(void)state;
	assert_non_null(zeros);
	begin(&t);
	read_file(&t.b, FIXTURES "etcd.pb.gz");
	buf_adds(&t.b, "junk!");
	expect(&t, -EBADMSG, "5 bytes of something else follow gzip data");

	begin(&t);
	read_file(&t.b, FIXTURES "etcd.pb.gz");
	t.b.ptr[t.b.len - 6] ^= 1;
	expect(&t, -EBADMSG, "damaged gzip data: incorrect data check");

	begin(&t);
	gzip_to(&t.b, zeros, 2 << 20);
	expect(&t, -EFBIG, "expands more than 200:1");

	begin(&t);
	gzip_to(&t.b, "", 0);
	expect(&t, -EBADMSG, "the body is empty");

	begin(&t);
	buf_add(&t.b, zeros, (64 << 20) + 1);
	expect(&t, -EFBIG, "more than 64 MiB");

	/* Noise that deflate shrinks, but not by 200:1. */
	begin(&t);
	for (size_t i = 0; i < 96 << 20; i += 64)
		zeros[i] = (char)(i * 2654435761u >> 13);
	gzip_to(&t.b, zeros, 96 << 20);
	expect(&t, -EFBIG, "more than 64 MiB after gunzip");
	free(zeros);
}

/* Bytes of a body, and what is said of them. */
static void bad_encoding_is_named(void **state)
{
	static const struct {
		struct str body;
		const char *says;
	} rows[] = {
		{ STR("\x0a\x04\x08\x01\x10"), "cut short: a field runs past byte 5" },
		{ STR("\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "cut short" },
		{ STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "no field at byte" },
		{ STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "no field at byte" },
		{ STR("\x00\x01\x02\x03"), "no field at byte 1" },
		{ STR("\x0f\x01\x02\x03"), "no field at byte" },
		{ STR("\x0c\x01\x02\x03"), "no field at byte" },
		{ STR("\x0b\x14\x01"), "no field at byte" },
		{ STR("\x0b\x08\x01"), "" },
		{ STR("\x48\x05"), "it has no sample type" },
		{ STR("\x0a\x00"), "it has no strings" },
		{ STR("\x0a\x00\x32\x01x"), "first string is not empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench t;

		begin(&t);
		buf_add(&t.b, rows[i].body.p, rows[i].body.len);
		expect(&t, -EBADMSG, rows[i].says);
	}
}

static void another_profile_is_named(void **state)
{
	struct bench t;

	(void)state;
	begin(&t);
	MESSAGE(&t.b, 1, S_TYPE, S_COUNT);
	put_strings(&t.b, "samples");
	expect(&t, -EBADMSG, "a profile of samples/count, not of goroutines");
}

static void dangling_references_are_named(void **state)
{
	static const uint64_t far_label[2][3] = { { S_KEY, 99 } };
	static const struct {
		uint32_t field;
		uint64_t numbers[4];
		const char *says;
	} rows[] = {
		{ 2, { 9, 1 }, "there is no location 9" },
		{ 2, { UINT64_MAX, 1 }, "there is no location 18446744073709551615" },
		{ 2, { 1 }, "0 values, there are 1 types" },
		{ 2, { 1, (uint64_t)-5 }, "a group of -5 goroutines" },
		{ 2, { 1, UINT64_C(1) << 40 }, "1099511627776 goroutines in one group" },
		{ 5, { 2, S_MAIN }, "function 2 is there twice" },
		{ 4, { 2 }, "location 2 is there twice" },
		{ 4, { 0, 0, 7 }, "a location has no id" },
		{ 5, { 0, S_MAIN }, "a function has no id" },
		{ 1, { 1, 2 }, "1 values, there are 2 types" },
	};
	struct bench t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_profile(&t);
		put_sample(&t.b, 1, NULL);
		put_message(&t.b, rows[i].field, rows[i].numbers, 4);
		expect(&t, -EBADMSG, rows[i].says);
	}
	begin_profile(&t);
	put_sample(&t.b, 1, far_label);
	expect(&t, -EBADMSG, "a label refers to a missing string");

	begin(&t);
	MESSAGE(&t.b, 1, S_TYPE, 99);
	put_strings(&t.b, "goroutine");
	expect(&t, -EBADMSG, "a sample type refers to a missing string");
}

/* A location at a function that is not there, or whose name is not. */
static void a_missing_function_is_named(void **state)
{
	struct bench t;
	struct buf m;

	(void)state;
	buf_init(&m, 4096);
	put_number(&m, 1, 3);
	MESSAGE(&m, 4, 77, 1);
	begin_profile(&t);
	put_bytes(&t.b, 4, m.ptr, m.len);
	expect(&t, -EBADMSG, "there is no function 77");

	begin_profile(&t);
	MESSAGE(&t.b, 5, 77, 999);
	put_bytes(&t.b, 4, m.ptr, m.len);
	expect(&t, -EBADMSG, "function 77 refers to a missing string");
	buf_release(&m);
}

static void limits_are_named(void **state)
{
	struct bench t;
	struct buf m;
	char name[PPROF_LABEL_NAME_MAX + 1];

	(void)state;
	buf_init(&m, 4096);
	put_number(&m, 2, 1);
	for (int i = 0; i <= PPROF_LABELS_MAX; i++)
		MESSAGE(&m, 3, S_KEY, S_BLUE);
	begin_profile(&t);
	put_bytes(&t.b, 2, m.ptr, m.len);
	expect(&t, -EFBIG, "more than 32 labels");

	memset(name, 'n', sizeof(name));
	buf_clear(&m);
	put_number(&m, 2, 1);
	MESSAGE(&m, 3, S_ZONE + 1, S_BLUE);
	begin_profile(&t);
	put_bytes(&t.b, 6, name, sizeof(name));
	put_bytes(&t.b, 2, m.ptr, m.len);
	expect(&t, -EFBIG, "a label name of 257 bytes");

	begin_profile(&t);
	for (int i = 0; i <= PPROF_TABLE_MAX; i++)
		buf_add(&t.b, "\x32\x00", 2);
	expect(&t, -EFBIG, "more than 1048576 strings");

	begin_profile(&t);
	for (int i = 0; i <= PPROF_GROUPS_MAX; i++)
		buf_add(&t.b, "\x12\x00", 2);
	expect(&t, -EFBIG, "more than 1048576 samples");
	buf_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_profiles_give_their_tables),
		cmocka_unit_test(ids_are_those_of_goroutine_group_id),
		cmocka_unit_test(every_prefix_of_a_profile_is_refused),
		cmocka_unit_test(an_inlined_leaf_comes_first),
		cmocka_unit_test(same_stack_and_labels_merge),
		cmocka_unit_test(labels_are_sorted_and_values_keep_their_order),
		cmocka_unit_test(other_writers_are_understood),
		cmocka_unit_test(a_profile_without_samples_has_no_groups),
		cmocka_unit_test(a_stack_keeps_its_leaf_end),
		cmocka_unit_test(a_good_body_after_a_bad_one_is_read),
		cmocka_unit_test(text_is_named),
		cmocka_unit_test(gzip_faults_are_named),
		cmocka_unit_test(bad_encoding_is_named),
		cmocka_unit_test(another_profile_is_named),
		cmocka_unit_test(dangling_references_are_named),
		cmocka_unit_test(a_missing_function_is_named),
		cmocka_unit_test(limits_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
