/* The tables that a sweep keeps, and sets of labels, which it reads from the target's memory: here
 * from our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/gort/labels.h"
#include "collectors/gort/map64.h"
#include "core/base/chunks.h"

static uint64_t key_of(uint64_t i)
{
	return i % 3 ? i * 0x9e3779b97f4a7c15u : i << 12; /* hashes, and addresses of pages */
}

static void a_map_keeps_every_key_while_it_grows(void **state)
{
	enum { KEYS = 40000 };
	struct map64 m = { 0 };
	uint32_t v;

	(void)state;
	for (uint32_t i = 0; i < KEYS; i++) {
		assert_false(map64_get(&m, key_of(i), &v));
		map64_put(&m, key_of(i), i);
		/* Those around each doubling, and some others. */
		for (uint32_t k = i > 40 ? i - 40 : 0; k <= i; k++) {
			assert_true(map64_get(&m, key_of(k), &v));
			assert_int_equal(v, k);
		}
		if (i % 97 == 0)
			assert_true(map64_get(&m, key_of(i / 2), &v));
	}
	assert_int_equal(m.n, KEYS);
	for (uint32_t i = 0; i < KEYS; i++)
		assert_true(map64_get(&m, key_of(i), &v));
	map64_release(&m);
}

/* Keys that all want the last places of the table, so that it runs over into the first ones. */
static void a_map_that_runs_over_its_end_loses_nothing(void **state)
{
	const uint64_t inverse = 0xf1de83e19937733du; /* of the multiplier, modulo 2^64 */
	struct map64 m = { 0 };
	uint32_t v;

	(void)state;
	assert_int_equal(inverse * 0x9e3779b97f4a7c15u, 1);
	for (uint32_t i = 0; i < 2000; i++) {
		map64_put(&m, (UINT64_MAX - i) * inverse, i);
		for (uint32_t k = 0; k <= i; k++) {
			assert_true(map64_get(&m, (UINT64_MAX - k) * inverse, &v));
			assert_int_equal(v, k);
		}
	}
	map64_release(&m);
}

static void a_cleared_map_is_empty(void **state)
{
	struct map64 m = { 0 };
	uint32_t v;

	(void)state;
	map64_clear(&m);
	for (uint32_t i = 0; i < 34; i++) /* in the middle of a doubling */
		map64_put(&m, key_of(i), i);
	map64_clear(&m);
	for (uint32_t i = 0; i < 34; i++)
		assert_false(map64_get(&m, key_of(i), &v));
	map64_put(&m, 7, 9);
	assert_true(map64_get(&m, 7, &v));
	assert_int_equal(v, 9);
	map64_release(&m);
}

static void elements_of_a_chunked_list_stay_where_they_are(void **state)
{
	struct chunks c = { .item_bytes = sizeof(uint64_t) };
	uint64_t *first = chunks_add(&c);

	(void)state;
	*first = 0;
	for (uint64_t i = 1; i < 5 * CHUNK_ITEMS; i++)
		*(uint64_t *)chunks_add(&c) = i;
	assert_ptr_equal(chunks_at(&c, 0), first);
	for (uint64_t i = 0; i < 5 * CHUNK_ITEMS; i++)
		assert_int_equal(*(uint64_t *)chunks_at(&c, i), i);
	c.n = 0;
	assert_ptr_equal(chunks_add(&c), first);
	chunks_release(&c);
}

/* ---- labels, as Go 1.24 has them ---- */

struct text {
	const char *p;
	uint64_t len;
};

struct pair {
	struct text name, value;
};

struct slice {
	const struct pair *p;
	uint64_t len, cap;
};

enum { SETS = 100 };

static void many_sets_are_read_together(void **state)
{
	static char values[SETS][16];
	static struct pair pairs[SETS][2];
	static struct slice slices[SETS];
	struct layout l = { .labels_list = true };
	struct remote r = { .pid = getpid() };
	uint64_t addrs[2 * SETS], calls;
	struct label_sets s;
	uint32_t id;

	(void)state;
	for (size_t i = 0; i < SETS; i++) {
		snprintf(values[i], sizeof(values[i]), "v%zu", i);
		pairs[i][0] = (struct pair){ { "b", 1 }, { values[i], strlen(values[i]) } };
		pairs[i][1] = (struct pair){ { "a", 1 }, { "same", 4 } };
		slices[i] = (struct slice){ pairs[i], 2, 2 };
		addrs[2 * i] = addrs[2 * i + 1] = (uint64_t)(uintptr_t)&slices[i];
	}
	label_sets_init(&s, &l, false);
	assert_int_equal(label_sets_gather(&s, &r, addrs, (size_t)2 * SETS), 0);
	calls = r.calls;
	assert_true(calls < SETS / 2);
	for (size_t i = 0; i < SETS; i++) {
		const struct label_set *set;

		assert_int_equal(label_sets_read(&s, &r, addrs[2 * i], &id), 0);
		set = label_set_at(&s, id);
		assert_int_equal(set->n, 2);
		assert_true(str_is(set->labels[0].name, "a"));
		assert_true(str_is(set->labels[0].value, "same"));
		assert_true(str_is(set->labels[1].name, "b"));
		assert_true(str_is(set->labels[1].value, values[i]));
	}
	assert_int_equal(r.calls, calls); /* they were there */
	assert_int_equal(s.failed, 0);
	label_sets_release(&s);
}

static void a_bad_set_does_not_spoil_those_read_with_it(void **state)
{
	enum { LARGE = 60000 };
	static char large[LARGE];
	static const struct pair good = { { "k", 1 }, { "v", 1 } };
	struct pair big = { { "k", 1 }, { large, LARGE } };
	const struct pair lost = { { "k", 1 }, { (const char *)16, 4 } };
	const struct pair nameless = { { (const char *)16, 4 }, { "v", 1 } };
	const struct slice slices[] = {
		{ &good, 1, 1 },     { &good, 1 << 20, 1 << 20 },      { &lost, 1, 1 },
		{ &big, 1, 1 },	     { (const struct pair *)8, 3, 3 }, { &nameless, 1, 1 },
		{ &nameless, 1, 1 },
	};
	static const uint32_t want[] = {
		1, 0, 0, 1, 0, 0, 0, 0
	}; /* labels; the last address is bad */
	struct layout l = { .labels_list = true };
	struct remote r = { .pid = getpid() };
	struct label_sets s;
	uint64_t addrs[8];
	uint32_t id;

	(void)state;
	memset(large, 'x', LARGE);
	for (size_t i = 0; i < 7; i++)
		addrs[i] = (uint64_t)(uintptr_t)&slices[i];
	addrs[7] = 24;
	label_sets_init(&s, &l, false);
	assert_int_equal(label_sets_gather(&s, &r, addrs, 8), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(label_sets_read(&s, &r, addrs[i], &id), 0);
		assert_int_equal(label_set_at(&s, id)->n, want[i]);
	}
	assert_int_equal(s.failed, 6);
	label_sets_release(&s);
}

/* ---- and as a map, before ---- */

struct bucket {
	uint8_t tophash[8];
	struct text keys[8], values[8];
	struct bucket *overflow;
};

struct hmap {
	uint64_t count;
	uint8_t flags, log2;
	uint16_t noverflow;
	uint32_t hash0;
	struct bucket *buckets, *oldbuckets;
	uint64_t nevacuate, extra;
};

static void add_label(struct bucket *b, int i, const char *key, const char *value)
{
	b->tophash[i] = 100;
	b->keys[i] = (struct text){ key, strlen(key) };
	b->values[i] = (struct text){ value, strlen(value) };
}

static void a_map_of_labels_is_read_with_what_overflowed(void **state)
{
	struct bucket over = { 0 }, old = { 0 }, two[2] = { 0 };
	struct hmap h = { .count = 4, .log2 = 1, .buckets = two, .oldbuckets = &old };
	struct hmap empty = { 0 }, wrong = { .count = 9, .buckets = two };
	struct hmap *maps[] = { &h, &empty, NULL, &wrong };
	static const uint32_t want[] = { 4, 0, 0, 0 };
	struct layout l = { 0 };
	struct remote r = { .pid = getpid() };
	struct label_sets s;
	uint64_t addrs[4];
	uint32_t id;

	(void)state;
	l.at[LAYOUT_HMAP_COUNT] = offsetof(struct hmap, count);
	l.at[LAYOUT_HMAP_B] = offsetof(struct hmap, log2);
	l.at[LAYOUT_HMAP_BUCKETS] = offsetof(struct hmap, buckets);
	l.at[LAYOUT_HMAP_OLDBUCKETS] = offsetof(struct hmap, oldbuckets);
	add_label(&two[0], 3, "c", "3");
	two[0].overflow = &over;
	add_label(&over, 0, "a", "1");
	add_label(&two[1], 7, "b", "2");
	add_label(&old, 1, "d", "4");
	old.tophash[2] = 4; /* moved: to be found in the new ones */
	for (size_t i = 0; i < 4; i++)
		addrs[i] = (uint64_t)(uintptr_t)&maps[i];
	label_sets_init(&s, &l, true);
	assert_int_equal(label_sets_gather(&s, &r, addrs, 4), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(label_sets_read(&s, &r, addrs[i], &id), 0);
		assert_int_equal(label_set_at(&s, id)->n, want[i]);
		for (uint32_t k = 0; k < want[i]; k++) {
			assert_int_equal(label_set_at(&s, id)->labels[k].name.p[0], 'a' + k);
			assert_int_equal(label_set_at(&s, id)->labels[k].value.p[0], '1' + k);
		}
	}
	assert_int_equal(s.failed, 1);
	label_sets_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_keeps_every_key_while_it_grows),
		cmocka_unit_test(a_map_that_runs_over_its_end_loses_nothing),
		cmocka_unit_test(a_cleared_map_is_empty),
		cmocka_unit_test(elements_of_a_chunked_list_stay_where_they_are),
		cmocka_unit_test(many_sets_are_read_together),
		cmocka_unit_test(a_bad_set_does_not_spoil_those_read_with_it),
		cmocka_unit_test(a_map_of_labels_is_read_with_what_overflowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
