/* Breakers and limiters in another process's memory: what their fields mean, which memory is one,
 * and that those of a real service are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collectors/gort/gcmask.h"
#include "collectors/gort/gort.h"
#include "collectors/gort/gotime.h"
#include "collectors/gort/heap.h"
#include "collectors/gort/image_impl.h"
#include "collectors/gort/object_check.h"
#include "collectors/gort/object_kinds.h"
#include "core/base/clock.h"

#define S    ((int64_t)NS_PER_S)
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const int64_t now = 1790000000 * S;

/* ---- time.Time ---- */

struct go_time {
	uint64_t wall;
	int64_t ext;
	uint64_t loc;
};

static void times_with_and_without_a_monotonic_clock_are_read(void **state)
{
	static const struct {
		struct go_time t;
		bool ok, zero;
		int64_t unix_ns;
	} rows[] = {
		{ { 0, 0, 0 }, true, true, 0 },
		/* time.Unix(1700000000, 5) */
		{ { 5, 63835596800, 0x1000 }, true, false, 1700000000 * S + 5 },
		/* time.Now() at 1790000000.25, 12 s after the program began */
		{ { 1ull << 63 | (1790000000ull + 2682288000) << 30 | 250000000, 12 * S, 0 },
		  true,
		  false,
		  1790000000 * S + 250000000 },
		{ { 1000000000, 63835596800, 0 }, false, false, 0 }, /* so many ns are a second */
		{ { 1ull << 40, 63835596800, 0 }, false, false, 0 }, /* seconds, but not marked */
		{ { 5, -1, 0 }, false, false, 0 },
		{ { 5, INT64_MAX, 0 }, false, false, 0 },
		{ { UINT64_MAX, 0, 0 }, false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gotime t;

		assert_int_equal(gotime_read(&rows[i].t, &t), rows[i].ok);
		if (!rows[i].ok)
			continue;
		assert_int_equal(t.zero, rows[i].zero);
		if (!t.zero)
			assert_int_equal(t.unix_ns, rows[i].unix_ns);
	}
}

/* ---- what a library's State() would say ---- */

static const struct object_kind *kind_of(const char *library, bool breaker, bool generic)
{
	for (size_t i = 0; i < object_kinds_n; i++) {
		if (strcmp(object_kinds[i].library, library) == 0 &&
		    object_kinds[i].generic == generic && !object_kinds[i].breaker == !breaker)
			return &object_kinds[i];
	}
	fail_msg("no row for %s", library);
	return NULL;
}

static void set(struct object_values *v, enum object_val w, int64_t i)
{
	v->set |= 1u << w;
	v->i[w] = i;
	v->d[w] = (double)i;
}

static void set_float(struct object_values *v, enum object_val w, double d)
{
	set(v, w, 0);
	v->d[w] = d;
}

static struct object_values gobreaker(int64_t raw, int64_t expiry)
{
	struct object_values v = { .now_ns = now, .name = STR("payment") };

	set(&v, VAL_NAME, 0);
	set(&v, VAL_STATE, raw);
	set(&v, VAL_REQUESTS, 9);
	set(&v, VAL_FAILURES, 4);
	set(&v, VAL_SUCCESSES, 5);
	set(&v, VAL_CONSECUTIVE, 2);
	set(&v, VAL_EXPIRY, expiry);
	set(&v, VAL_INTERVAL, 5 * S);
	set(&v, VAL_TIMEOUT, 60 * S);
	return v;
}

static void gobreaker_moves_on_when_its_time_has_come(void **state)
{
	static const struct {
		int64_t raw, expiry;
		bool ok;
		enum object_state state;
		int64_t requests, retry_in, since;
	} rows[] = {
		{ 0, TIME_ZERO, true, OBJECT_CLOSED, 9, -1, -1 },
		{ 0, 2, true, OBJECT_CLOSED, 9, -1, -1 },
		{ 0, -1, true, OBJECT_CLOSED, 0, -1, -1 }, /* its interval is over */
		{ 1, TIME_ZERO, true, OBJECT_HALF_OPEN, 9, -1, -1 },
		{ 2, 20, true, OBJECT_OPEN, 9, 20, 40 },
		{ 2, -7, true, OBJECT_HALF_OPEN, 9, -1, 7 },
		{ 2, TIME_ZERO, false, OBJECT_OPEN, 9, -1, -1 },
		{ 3, 20, false, OBJECT_UNKNOWN, 9, -1, -1 },
		{ -1, 20, false, OBJECT_UNKNOWN, 9, -1, -1 },
	};
	const struct object_kind *k = kind_of("sony/gobreaker", true, false);
	struct breaker_object b;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		int64_t expiry = rows[i].expiry == TIME_ZERO ? TIME_ZERO : now + rows[i].expiry * S;
		struct object_values v = gobreaker(rows[i].raw, expiry);

		assert_int_equal(object_breaker(k, &v, &b), rows[i].ok);
		assert_int_equal(b.state, rows[i].state);
		assert_int_equal(b.raw, rows[i].raw);
		assert_int_equal(b.requests, rows[i].requests);
		assert_int_equal(b.retry_in_ns, rows[i].retry_in < 0 ? -1 : rows[i].retry_in * S);
		assert_int_equal(b.since_ns, rows[i].since < 0 ? -1 : rows[i].since * S);
		assert_true(str_is(b.name, "payment"));
	}
}

static void gobreakers_ring_of_counts_is_over_with_its_last_bucket(void **state)
{
	const struct object_kind *k = kind_of("sony/gobreaker", true, true);
	struct object_values v = gobreaker(0, TIME_ZERO);
	struct breaker_object b;

	(void)state;
	set(&v, VAL_START, now - 12 * S);
	set(&v, VAL_PERIOD, S);
	set(&v, VAL_BUCKETS, 5);
	set(&v, VAL_AGE, 8);
	assert_true(object_breaker(k, &v, &b));
	assert_int_equal(b.failures, 4);
	assert_int_equal(b.since_ns, 12 * S);
	set(&v, VAL_AGE, 7);
	assert_true(object_breaker(k, &v, &b));
	assert_int_equal(b.failures, 0);
	assert_int_equal(b.consecutive_failures, 0);
}

static void a_state_may_be_a_type_of_its_own(void **state)
{
	static const struct {
		const char *held;
		enum object_state state;
	} rows[] = {
		{ "*circuitbreaker.closedState[int]", OBJECT_CLOSED },
		{ "*circuitbreaker.halfOpenState[map[string]x.Y]", OBJECT_HALF_OPEN },
		{ "*circuitbreaker.openState[int]", OBJECT_OPEN },
		{ "*circuitbreaker.reopenState[int]", OBJECT_UNKNOWN },
		{ "openState", OBJECT_UNKNOWN },
		{ "", OBJECT_UNKNOWN },
	};
	const struct object_kind *k = kind_of("failsafe-go", true, true);
	struct breaker_object b;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct object_values v = { .now_ns = now, .held = str_of(rows[i].held) };

		set(&v, VAL_STATE, -1);
		set(&v, VAL_START, now - 3 * S);
		set(&v, VAL_TIMEOUT, 10 * S);
		assert_int_equal(object_breaker(k, &v, &b), rows[i].state != OBJECT_UNKNOWN);
		assert_int_equal(b.state, rows[i].state);
		assert_int_equal(b.retry_in_ns, b.state == OBJECT_OPEN ? 7 * S : -1);
		assert_int_equal(b.requests, -1);
	}
}

static void rubyists_backoff_ends_in_one_try(void **state)
{
	static const struct {
		int64_t tripped, broken, ago, backoff, tries;
		enum object_state state;
		int64_t retry_in;
	} rows[] = {
		{ 0, 0, 1, 5, 0, OBJECT_CLOSED, -1 },	 { 1, 0, 1, 5, 0, OBJECT_OPEN, 4 },
		{ 1, 0, 6, 5, 0, OBJECT_HALF_OPEN, -1 }, { 1, 0, 6, 5, 1, OBJECT_OPEN, -1 },
		{ 1, 1, 6, 5, 0, OBJECT_OPEN, -1 },
	};
	const struct object_kind *k = kind_of("rubyist/circuitbreaker", true, false);
	struct breaker_object b;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct object_values v = { .now_ns = now };

		set(&v, VAL_STATE, rows[i].tripped);
		set(&v, VAL_FORCED, rows[i].broken);
		set(&v, VAL_LAST, now - rows[i].ago * S);
		set(&v, VAL_TIMEOUT, rows[i].backoff * S);
		set(&v, VAL_AGE, rows[i].tries);
		set(&v, VAL_CONSECUTIVE, 3);
		assert_true(object_breaker(k, &v, &b));
		assert_int_equal(b.state, rows[i].state);
		assert_int_equal(b.retry_in_ns, rows[i].retry_in < 0 ? -1 : rows[i].retry_in * S);
	}
}

/* ---- what a library's Tokens() would say ---- */

#define MAX_FLOAT 0x1.fffffffffffffp1023

static void tokens_flow_until_the_bucket_is_full(void **state)
{
	static const struct {
		double limit, burst, tokens;
		int64_t ago; /* seconds; -1: never used */
		bool strict, ok;
		double want_limit, want_tokens;
	} rows[] = {
		{ 10, 50, 50, -1, true, true, 10, 50 },
		{ 10, 50, 0, -1, true, true, 10, 50 }, /* x/time v0.5.0 counts from nothing */
		{ 10, 50, 7, -1, true, false, 0, 0 },
		{ 10, 50, 20, 2, true, true, 10, 40 },
		{ 10, 50, 20, 60, true, true, 10, 50 },
		{ 0.25, 50, -3, 8, true, true, 0.25, -1 },
		{ MAX_FLOAT, 5, 5, -1, true, true, INFINITY, 5 },
		{ 0, 50, 20, 60, true, false, 0, 0 },
		{ 0, 50, 20, 60, false, true, 0, 20 },	     /* somebody has shut it */
		{ 6.9e-310, 50, 50, -1, true, false, 0, 0 }, /* a pointer */
		{ -1, 50, 50, -1, true, false, 0, 0 },
		{ NAN, 50, 50, -1, true, false, 0, 0 },
		{ 10, -1, 0, 2, true, false, 0, 0 },
		{ 10, 50, 1e300, 2, true, false, 0, 0 },
	};
	const struct object_kind *k = kind_of("x/time/rate", false, false);
	struct limiter_object l;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct object_values v = { .now_ns = now, .strict = rows[i].strict };

		set_float(&v, VAL_LIMIT, rows[i].limit);
		set(&v, VAL_BURST, (int64_t)rows[i].burst);
		set_float(&v, VAL_TOKENS, rows[i].tokens);
		set(&v, VAL_LAST, rows[i].ago < 0 ? TIME_ZERO : now - rows[i].ago * S);
		assert_int_equal(object_limiter(k, &v, &l), rows[i].ok);
		if (!rows[i].ok)
			continue;
		assert_true(l.limit_per_s == rows[i].want_limit);
		assert_true(l.tokens == rows[i].want_tokens);
		assert_true(l.burst == rows[i].burst);
		assert_int_equal(l.name.len, 0);
	}
}

static void jujus_bucket_fills_by_ticks(void **state)
{
	const struct object_kind *k = kind_of("juju/ratelimit", false, false);
	struct object_values v = { .now_ns = now };
	struct limiter_object l;

	(void)state;
	set(&v, VAL_START, now - 10 * S);
	set(&v, VAL_INTERVAL, S / 10);
	set(&v, VAL_QUANTUM, 2);
	set(&v, VAL_BURST, 100);
	set(&v, VAL_TOKENS, 5);
	set(&v, VAL_AGE, 90);
	assert_true(object_limiter(k, &v, &l));
	assert_true(l.limit_per_s == 20 && l.burst == 100 && l.tokens == 25);
	set(&v, VAL_AGE, 0);
	assert_true(object_limiter(k, &v, &l));
	assert_true(l.tokens == 100);
}

static void failsafes_permits_come_anew_with_each_period(void **state)
{
	const struct object_kind *k = kind_of("failsafe-go", false, true);
	struct object_values v = { .now_ns = now };
	struct limiter_object l;

	(void)state;
	set(&v, VAL_INTERVAL, 0);
	set(&v, VAL_PERIOD, 2 * S);
	set(&v, VAL_BURST, 10);
	set(&v, VAL_TOKENS, 3);
	set(&v, VAL_START, now - 9 * S);
	set(&v, VAL_AGE, 4);
	assert_true(object_limiter(k, &v, &l));
	assert_true(l.limit_per_s == 5 && l.burst == 10 && l.tokens == 3);
	set(&v, VAL_AGE, 3);
	assert_true(object_limiter(k, &v, &l));
	assert_true(l.tokens == 10);
	set(&v, VAL_TOKENS, -12);
	assert_true(object_limiter(k, &v, &l));
	assert_true(l.tokens == -2);
	set(&v, VAL_INTERVAL, S / 4);
	assert_true(object_limiter(k, &v, &l));
	assert_true(l.limit_per_s == 4 && isnan(l.tokens));
}

static void every_row_says_what_it_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < object_kinds_n; i++) {
		const struct object_kind *k = &object_kinds[i];

		assert_non_null(strchr(k->type, '.'));
		assert_true(strlen(k->package) > 0 && strlen(k->library) > 0);
		assert_true(!k->breaker != !k->limiter);
		assert_true(!k->breaker || k->fields[VAL_STATE]);
	}
}

/* ---- which memory is one ---- */

static const struct object_checks checks = {
	.at = { { CHECK_STRING, 0, 16, false },
		{ CHECK_BOOL, 16, 1, false },
		{ CHECK_PADDING, 17, 7, false },
		{ CHECK_FUNC, 24, 8, true },
		{ CHECK_FLOAT, 32, 8, false },
		{ CHECK_TIME, 40, 24, false } },
	.n = 6,
	.bytes = 64,
};

static void bytes_that_no_field_may_hold_are_no_object(void **state)
{
	static const struct {
		size_t at;
		uint64_t word;
		bool ok;
	} rows[] = {
		{ 0, 0xc000010000, true },
		{ 0, 17, false },	  /* no pointer */
		{ 8, 1ull << 40, false }, /* too long */
		{ 16, 1, true },
		{ 16, 2, false },	     /* no bool */
		{ 16, 0x101, false },	     /* between two fields */
		{ 24, 0, false },	     /* never nil */
		{ 32, 0xc000010000, false }, /* a pointer, no number */
		{ 32, 0x3ff0000000000000, true },
		{ 40, 1000000000, false },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		uint64_t object[8] = { 0xc000010000, 7, 0, 0x400000 };

		object[rows[i].at / 8] = rows[i].word;
		assert_int_equal(object_checks_bytes(&checks, (const uint8_t *)object), rows[i].ok);
	}
}

struct bytes {
	const uint8_t *p;
	size_t n;
};

static size_t fetch(void *arg, uint64_t at, uint8_t *to, size_t n)
{
	const struct bytes *b = arg;
	size_t left = at < b->n ? b->n - at : 0;

	n = n < left ? n : left;
	if (n)
		memcpy(to, b->p + at, n);
	return n;
}

static void the_linkers_program_tells_where_pointers_are(void **state)
{
	static const uint8_t literal[] = { 4, 0x0d, 0 };	 /* 1011 */
	static const uint8_t repeat[] = { 3, 0x01, 0x83, 3, 0 }; /* 100, three times more */
	static const uint8_t varint[] = { 1, 0x01, 0x80, 1, 0xac, 2, 0 }; /* 1, 300 more */
	static const uint8_t cut[] = { 12, 0xff };
	static const uint8_t no_end[] = { 4, 0x0d };
	static const uint8_t too_far_back[] = { 2, 0x03, 0x83, 1, 0 };
	static const uint8_t nothing_again[] = { 2, 0x03, 0x82, 0, 0 };
	static const uint8_t too_long[] = { 1, 0x01, 0x81, 0xff, 0xff, 0x7f, 0 };
	static const struct {
		struct bytes program;
		bool ok;
		uint64_t first;
	} rows[] = {
		{ { literal, sizeof(literal) }, true, 0x0d },
		{ { repeat, sizeof(repeat) }, true, 01111 },
		{ { varint, sizeof(varint) }, true, UINT64_MAX },
		{ { cut, sizeof(cut) }, false, 0 },
		{ { no_end, sizeof(no_end) }, false, 0 },
		{ { too_far_back, sizeof(too_far_back) }, false, 0 },
		{ { too_long, sizeof(too_long) }, false, 0 },
		{ { nothing_again, sizeof(nothing_again) }, false, 0 },
		{ { NULL, 0 }, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		uint64_t bits[8] = { 0 };
		struct bytes program = rows[i].program;

		assert_int_equal(gcprog_run(fetch, &program, (uint8_t *)bits, 320), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(bits[0], rows[i].first);
	}
}

/* ---- types that lie ---- */

enum { TYPE_FIELDS = 64, FAKE_TYPES = 10 };

struct fake_field {
	uint64_t name, type, offset;
};

/* As abi.StructType, abi.PtrType or abi.ArrayType of Go 1.26. */
struct fake_type {
	uint64_t bytes, ptr_bytes;
	uint32_t hash;
	uint8_t tflag, align, field_align, kind;
	uint64_t equal, gc;
	int32_t str, ptr;
	uint64_t elem_or_package, fields, n_fields, cap;
};

struct fake_types {
	char name[16]; /* two bytes, then "*x" */
	struct fake_type at[FAKE_TYPES];
	struct fake_field fields[FAKE_TYPES][TYPE_FIELDS];
	struct image *image;
	struct remote remote;
	struct types types;
};

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void fake_field(struct fake_types *f, int type, int of, uint64_t offset)
{
	struct fake_type *t = &f->at[type];

	f->fields[type][t->n_fields++] =
		(struct fake_field){ address(f->name), address(&f->at[of]), offset };
	t->fields = address(f->fields[type]);
}

static struct fake_types *fake_types_new(void)
{
	struct fake_types *f = calloc(1, sizeof(*f));
	enum layout_match match;

	memcpy(f->name, "\0\2*x", 4);
	f->remote.pid = getpid();
	f->image = calloc(1, sizeof(*f->image));
	f->image->r = &f->remote;
	f->image->layout = layout_find("go1.26.8", ARCH_AMD64, &match, NULL);
	types_init(&f->types, &f->remote, f->image->layout, f->image);
	f->types.from = address(f) - 8;
	f->types.to = address(f + 1);
	for (int i = 0; i < FAKE_TYPES; i++)
		f->at[i].str = 8;
	return f;
}

static void fake_types_free(struct fake_types *f)
{
	types_release(&f->types);
	free(f->image);
	free(f);
}

static const struct type *fake_type(struct fake_types *f, int i)
{
	return types_at(&f->types, address(&f->at[i]));
}

/* Nine structs, each of 64 of the next: 64 to the 8th is more than can be looked at. */
static void a_type_of_too_many_parts_is_given_up(void **state)
{
	struct fake_types *f = fake_types_new();
	struct object_checks c;
	struct gcmask mask;

	(void)state;
	for (int i = 0; i < FAKE_TYPES - 1; i++) {
		f->at[i].kind = GO_STRUCT;
		f->at[i].bytes = 64;
		for (int k = 0; k < TYPE_FIELDS; k++)
			fake_field(f, i, i + 1, 0);
	}
	f->at[FAKE_TYPES - 1].kind = GO_INT64;
	f->at[FAKE_TYPES - 1].bytes = 8;
	assert_non_null(fake_type(f, 0));
	assert_false(gcmask_of(&f->types, fake_type(f, 2), &mask));
	assert_false(object_checks_of(&f->types, fake_type(f, 4), NULL, &c));
	fake_types_free(f);
}

static void a_field_beyond_its_object_is_none(void **state)
{
	struct fake_types *f = fake_types_new();
	struct object_checks c;
	struct type_path path;

	(void)state;
	f->at[0].kind = f->at[1].kind = GO_STRUCT;
	f->at[0].bytes = 16;
	f->at[1].bytes = 1 << 20;
	fake_field(f, 0, 1, 8);
	fake_field(f, 1, 2, 1 << 19);
	f->at[2].kind = GO_BOOL;
	f->at[2].bytes = 1;
	assert_non_null(fake_type(f, 0));
	assert_false(types_path(&f->types, fake_type(f, 0), STR("*x.*x"), &path));
	assert_false(object_checks_of(&f->types, fake_type(f, 0), NULL, &c));
	f->at[3].kind = GO_STRING; /* of one byte */
	f->at[3].bytes = 1;
	assert_null(fake_type(f, 3));
	f->at[4].kind = GO_INT32;
	assert_null(fake_type(f, 4));
	fake_types_free(f);
}

/* Whatever its fields hold, a sum of them is not beyond what a number holds. */
static void numbers_that_cannot_be_do_not_overflow(void **state)
{
	static const int64_t numbers[] = { INT64_MIN + 1, INT64_MIN, INT64_MAX, -1, 0, 1, 2 };
	struct breaker_object b;
	struct limiter_object l;

	(void)state;
	for (size_t i = 0; i < object_kinds_n * N(numbers) * N(numbers); i++) {
		const struct object_kind *k = &object_kinds[i % object_kinds_n];
		int64_t x = numbers[i / object_kinds_n % N(numbers)];
		int64_t y = numbers[i / object_kinds_n / N(numbers)];
		struct object_values v = { .now_ns = now, .held = STR("*circuit.openState") };

		for (int w = 0; w < VALS; w++)
			set(&v, w, w == VAL_STATE ? 2 : w % 2 ? x : y);
		if (k->breaker)
			object_breaker(k, &v, &b);
		else
			object_limiter(k, &v, &l);
	}
}

static void memory_of_a_type_has_its_mask_and_no_pointer_more(void **state)
{
	const struct gcmask m = { .bits = { 0x5 }, .words = 4 };
	uint64_t bits[3] = { 0x5ull << 7, 0, 0 };
	const uint8_t *p = (const uint8_t *)bits;

	(void)state;
	assert_true(gcmask_at(&m, p, 7, 4));
	assert_true(gcmask_at(&m, p, 7, 100));
	assert_false(gcmask_at(&m, p, 6, 4));
	bits[0] |= 1ull << 12;
	assert_true(gcmask_at(&m, p, 7, 4));
	assert_false(gcmask_at(&m, p, 7, 6));
}

static void size_classes_hold_the_header_where_there_is_one(void **state)
{
	const struct layout old = { .minor = 21 }, new = { .minor = 22 };

	(void)state;
	assert_int_equal(heap_class_bytes(&new, 80), 80);
	assert_int_equal(heap_class_bytes(&new, 136), 144);
	assert_int_equal(heap_class_bytes(&new, 512), 512);
	assert_int_equal(heap_class_bytes(&new, 576), 640);
	assert_int_equal(heap_class_bytes(&old, 576), 576);
	assert_int_equal(heap_class_bytes(&new, 32768), 0);
	assert_true(heap_has_header(&new, 576) && !heap_has_header(&old, 576));
	assert_true(heap_has_masks(&new, 512) && !heap_has_masks(&old, 512));
}

/* ---- a real service ---- */

static pid_t start_paymentd(void)
{
	const char *build = getenv("B");
	char path[512], parent[32], line[16] = "";
	int out[2];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/services/paymentd", build ? build : "build");
	if (access(path, X_OK) < 0) /* built once, whatever compiler this test is built by */
		snprintf(path, sizeof(path), "build/services/paymentd");
	if (access(path, X_OK) < 0 || pipe(out) < 0)
		return 0;
	snprintf(parent, sizeof(parent), "%d", (int)getpid());
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		execl(path, path, "-listen", "127.0.0.1:0", "-for", "5m", "-with-parent", parent,
		      (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	if (pid > 0 && read(out[0], line, sizeof(line)) <= 0)
		line[0] = '\0'; /* it says when it is ready */
	close(out[0]);
	return pid;
}

static void check_sample(const struct objects_sample *s)
{
	static const char *const names[] = { "fx", "ledger", "mail", "payment" };
	unsigned seen = 0;

	assert_int_equal(s->n_breakers, N(names));
	for (size_t i = 0; i < s->n_breakers; i++) {
		const struct breaker_object *b = &s->breakers[i];

		assert_true(str_is(b->library, "sony/gobreaker"));
		assert_int_equal(b->state, OBJECT_CLOSED);
		assert_true(b->requests >= 0 && b->consecutive_failures == 0);
		for (size_t n = 0; n < N(names); n++)
			seen |= (unsigned)str_is(b->name, names[n]) << n;
	}
	assert_int_equal(seen, 15);
	assert_true(s->n_limiters >= 1);
	for (size_t i = 0; i < s->n_limiters; i++) {
		assert_true(str_is(s->limiters[i].library, "x/time/rate"));
		assert_true(s->limiters[i].limit_per_s > 0);
		assert_true(s->limiters[i].tokens <= s->limiters[i].burst);
	}
}

static void scan_and_read(pid_t pid, bool ignore_symbols)
{
	const struct objects_sample *s = NULL;
	struct gort *g = NULL;
	struct err e = { 0 };
	int r = gort_open(pid, ignore_symbols, &g, &e);

	if (r == -EPERM)
		skip();
	if (r < 0)
		fail_msg("%s", e.text);
	for (int scan = 0; scan < 2; scan++) {
		do {
			r = gort_scan_objects(g, clock_mono_ns(), NS_PER_S, &e);
		} while (r == 1);
		assert_int_equal(r, 0);
		assert_int_equal(gort_read_objects(g, clock_wall_ns(), &s), 0);
		check_sample(s);
	}
	gort_close(g);
}

static void a_services_breakers_and_limiters_are_found(void **state)
{
	pid_t pid = start_paymentd();

	(void)state;
	if (pid <= 0)
		skip();
	scan_and_read(pid, false);
	scan_and_read(pid, true);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_with_and_without_a_monotonic_clock_are_read),
		cmocka_unit_test(gobreaker_moves_on_when_its_time_has_come),
		cmocka_unit_test(gobreakers_ring_of_counts_is_over_with_its_last_bucket),
		cmocka_unit_test(a_state_may_be_a_type_of_its_own),
		cmocka_unit_test(rubyists_backoff_ends_in_one_try),
		cmocka_unit_test(tokens_flow_until_the_bucket_is_full),
		cmocka_unit_test(jujus_bucket_fills_by_ticks),
		cmocka_unit_test(failsafes_permits_come_anew_with_each_period),
		cmocka_unit_test(every_row_says_what_it_needs),
		cmocka_unit_test(bytes_that_no_field_may_hold_are_no_object),
		cmocka_unit_test(the_linkers_program_tells_where_pointers_are),
		cmocka_unit_test(a_type_of_too_many_parts_is_given_up),
		cmocka_unit_test(a_field_beyond_its_object_is_none),
		cmocka_unit_test(numbers_that_cannot_be_do_not_overflow),
		cmocka_unit_test(memory_of_a_type_has_its_mask_and_no_pointer_more),
		cmocka_unit_test(size_classes_hold_the_header_where_there_is_one),
		cmocka_unit_test(a_services_breakers_and_limiters_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
