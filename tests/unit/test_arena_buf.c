#include "core/base/arena.h"
#include "core/base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
	static const size_t sizes[] = { 1, 0, 15, 16, 17, 4096, 65536, 65537, 200000, 3 };
	struct arena a = { 0 };
	unsigned char *pieces[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		pieces[i] = arena_alloc(&a, sizes[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], i, sizes[i]);
	}
	for (int i = 0; i < 10; i++) {
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(pieces[i][k], i);
	}
	arena_release(&a);
}

static void a_cleared_arena_gives_out_the_same_memory(void **state)
{
	struct arena a = { 0 };
	const struct arena_block *first;
	size_t used;

	(void)state;
	for (int i = 0; i < 100; i++)
		arena_alloc(&a, 3000);
	first = a.first;
	used = a.used_bytes;
	assert_true(used >= 300000);
	arena_clear(&a);
	assert_int_equal(a.used_bytes, 0);
	for (int i = 0; i < 100; i++)
		arena_alloc(&a, 3000);
	assert_ptr_equal(a.first, first);
	assert_int_equal(a.used_bytes, used);
	arena_release(&a);
	assert_null(a.first);
	arena_clear(&a);
	arena_release(&a);
}

static void a_string_is_copied_with_its_nuls_and_one_behind_it(void **state)
{
	struct arena a = { 0 };
	char text[] = "a\0b";
	struct str s = arena_str(&a, (struct str){ text, 3 });
	struct str empty = arena_str(&a, (struct str){ NULL, 0 });

	(void)state;
	text[0] = 'x';
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.p, "a\0b", 4);
	assert_int_equal(empty.len, 0);
	assert_int_equal(empty.p[0], '\0');
	arena_release(&a);
}

static void a_buffer_takes_its_maximum_and_not_a_byte_more(void **state)
{
	static const size_t maxima[] = { 0, 1, 255, 256, 257, 1000 };
	char data[1001];

	(void)state;
	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < sizeof(maxima) / sizeof(*maxima); i++) {
		struct buf b;

		buf_init(&b, maxima[i]);
		assert_int_equal(buf_add(&b, data, maxima[i]), 0);
		assert_int_equal(buf_add(&b, data, 1), -EFBIG);
		assert_int_equal(buf_adds(&b, "x"), -EFBIG);
		assert_int_equal(buf_addf(&b, "%d", 7), -EFBIG);
		assert_int_equal(buf_add(&b, data, SIZE_MAX), -EFBIG);
		assert_int_equal(buf_reserve(&b, SIZE_MAX), -EFBIG);
		assert_int_equal(b.len, maxima[i]);
		assert_int_equal(strlen(buf_str(&b)), maxima[i]);
		buf_release(&b);
	}
}

static void what_does_not_fit_is_not_added_in_part(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_adds(&b, "12345"), 0);
	assert_int_equal(buf_adds(&b, "6789"), -EFBIG);
	assert_string_equal(buf_str(&b), "12345");
	assert_int_equal(buf_addf(&b, "%s", "678"), 0);
	assert_string_equal(buf_str(&b), "12345678");
	buf_release(&b);
}

static void a_cleared_buffer_keeps_its_memory_and_a_released_one_its_maximum(void **state)
{
	struct buf b;
	const char *ptr;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_addf(&b, "%900d", 1), 0);
	ptr = b.ptr;
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_add(&b, "a\0b", 3), 0);
	assert_ptr_equal(b.ptr, ptr);
	assert_memory_equal(buf_str(&b), "a\0b", 4);
	buf_release(&b);
	assert_int_equal(b.max, 1000);
	assert_int_equal(buf_adds(&b, "again"), 0);
	assert_string_equal(buf_str(&b), "again");
	buf_release(&b);
}

static void nothing_may_be_added(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_int_equal(buf_adds(&b, ""), 0);
	assert_int_equal(buf_addf(&b, "%s", ""), 0);
	assert_string_equal(buf_str(&b), "");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
		cmocka_unit_test(a_cleared_arena_gives_out_the_same_memory),
		cmocka_unit_test(a_string_is_copied_with_its_nuls_and_one_behind_it),
		cmocka_unit_test(a_buffer_takes_its_maximum_and_not_a_byte_more),
		cmocka_unit_test(what_does_not_fit_is_not_added_in_part),
		cmocka_unit_test(a_cleared_buffer_keeps_its_memory_and_a_released_one_its_maximum),
		cmocka_unit_test(nothing_may_be_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
