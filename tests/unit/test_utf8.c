#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { CHARS_MAX = 16 };

static void well_formed_text_is_decoded_and_broken_text_by_maximal_subparts(void **state)
{
	static const struct {
		const char *bytes;
		char32_t want[CHARS_MAX]; /* 0-terminated */
	} cases[] = {
		{ "a", { 'a' } },
		{ "\x7f\xc2\x80", { 0x7f, 0x80 } },
		{ "\xdf\xbf\xe0\xa0\x80", { 0x7ff, 0x800 } },
		{ "\xef\xbf\xbf\xf0\x90\x80\x80", { 0xffff, 0x10000 } },
		{ "\xf4\x8f\xbf\xbf", { 0x10ffff } },
		{ "\x80", { UTF8_BAD } },			      /* lone continuation */
		{ "\xc0\xaf", { UTF8_BAD, UTF8_BAD } },		      /* overlong "/" */
		{ "\xe0\x9f\xbf", { UTF8_BAD, UTF8_BAD, UTF8_BAD } }, /* overlong */
		{ "\xed\xa0\x80", { UTF8_BAD, UTF8_BAD, UTF8_BAD } }, /* surrogate */
		{ "\xf4\x90\x80\x80",
		  { UTF8_BAD, UTF8_BAD, UTF8_BAD, UTF8_BAD } }, /* above the end */
		{ "\xe6\x94", { UTF8_BAD } },			/* cut */
		{ "\xe6\x94x", { UTF8_BAD, 'x' } },
		{ "\xf0\x90\x80"
		  "a",
		  { UTF8_BAD, 'a' } },
		/* The example of the Unicode standard, table 3-8. */
		{ "a\xf1\x80\x80\xe1\x80\xc2"
		  "b\x80"
		  "c\x80\xbf"
		  "d",
		  { 'a', UTF8_BAD, UTF8_BAD, UTF8_BAD, 'b', UTF8_BAD, 'c', UTF8_BAD, UTF8_BAD,
		    'd' } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = str_of(cases[i].bytes);
		size_t n = 0;

		for (; s.len > 0; n++) {
			char32_t got = utf8_next(&s);

			if (got != cases[i].want[n])
				fail_msg("case %zu, character %zu: got U+%04X, want U+%04X", i, n,
					 (unsigned)got, (unsigned)cases[i].want[n]);
		}
		assert_int_equal(cases[i].want[n], 0);
	}
}

static void a_nul_is_a_character_like_any_other(void **state)
{
	struct str s = { "\0a", 2 };

	(void)state;
	assert_int_equal(utf8_next(&s), 0);
	assert_int_equal(utf8_next(&s), 'a');
	assert_int_equal(utf8_visible(0), 0x2400);
}

static void what_steers_a_terminal_or_hides_has_a_visible_sign(void **state)
{
	static const char32_t harmful[] = {
		0,	0x07,	 0x1b,	  0x1f,	   0x7f,     0x80,     0x9b,   0x9f,
		0xad,	0x200b,	 0x200d,  0x200e,  0x2028,   0x2029,   0x202a, 0x202e,
		0x2066, 0x2069,	 0xfe0f,  0xfeff,  0xfdd0,   0xfffe,   0xffff, 0xd800,
		0xdfff, 0xe0001, 0xe007f, 0x1fffe, 0x10ffff, 0x110000,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(harmful); i++) {
		char32_t got = utf8_visible(harmful[i]);

		if (got == harmful[i] || utf8_width(got) != 1 || utf8_visible(got) != got)
			fail_msg("U+%04X became U+%04X", (unsigned)harmful[i], (unsigned)got);
	}
}

static void ordinary_characters_stay(void **state)
{
	static const char32_t plain[] = { ' ',	  '~',	  0xa0,	  0xe9,	  0x301,
					  0x4e2d, 0x2584, 0xfffd, 0x1f642 };

	(void)state;
	for (size_t i = 0; i < COUNT(plain); i++)
		assert_int_equal(utf8_visible(plain[i]), plain[i]);
}

static void width_is_in_columns(void **state)
{
	static const struct {
		char32_t c;
		int want;
	} cases[] = { { 'a', 1 },    { 0xe9, 1 },    { 0x301, 0 },  { 0x20dd, 0 }, { 0x4e2d, 2 },
		      { 0xff21, 2 }, { 0x1f642, 2 }, { 0x2588, 1 }, { 0x28ff, 1 }, { 0xfffd, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(utf8_width(cases[i].c), cases[i].want);
}

static void every_character_survives_being_written_and_read(void **state)
{
	(void)state;
	for (char32_t c = 0; c <= 0x10ffff; c++) {
		char buf[UTF8_MAX];
		struct str s = { buf, (uint32_t)utf8_put(c, buf) };

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		assert_int_equal(utf8_next(&s), c);
		assert_int_equal(s.len, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_text_is_decoded_and_broken_text_by_maximal_subparts),
		cmocka_unit_test(a_nul_is_a_character_like_any_other),
		cmocka_unit_test(what_steers_a_terminal_or_hides_has_a_visible_sign),
		cmocka_unit_test(ordinary_characters_stay),
		cmocka_unit_test(width_is_in_columns),
		cmocka_unit_test(every_character_survives_being_written_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
