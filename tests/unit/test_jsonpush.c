/* JSON as a run of events, however its bytes are cut. */
#include "tests/unit/model_kit.h"

#include <errno.h>

#include "collectors/parse/jsonpush.h"

struct seen {
	char text[2048];
	int n_events;
};

static int on_event(void *arg, enum json_event ev, struct str text, struct err *e)
{
	static const char *const signs[] = { "{", "}", "[", "]", "k", "s", "n", "w" };
	struct seen *s = arg;
	size_t n = strlen(s->text);

	(void)e;
	assert_int_equal(text.p[text.len], '\0');
	snprintf(s->text + n, sizeof(s->text) - n, "%s%.*s%s", signs[ev], (int)text.len, text.p,
		 ev >= JSON_KEY ? ";" : "");
	s->n_events++;
	return 0;
}

/* In pieces of `piece` bytes, each in memory of its own so that a byte too far is seen. */
static int read_in(const char *text, size_t len, size_t piece, struct seen *ret, struct err *e)
{
	struct jsonpush j = { .on = on_event, .arg = ret };
	int r = 0;

	*ret = (struct seen){ 0 };
	jsonpush_begin(&j);
	for (size_t at = 0; at < len && r == 0; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *copy = xreallocarray(NULL, n, 1);

		memcpy(copy, text + at, n);
		r = jsonpush_feed(&j, copy, n, e);
		free(copy);
	}
	if (r == 0)
		r = jsonpush_end(&j, e);
	jsonpush_release(&j);
	return r;
}

static void what_is_json_comes_as_its_events(void **state)
{
	static const struct {
		const char *text, *events;
	} rows[] = {
		{ "{}", "{}" },
		{ " [ ] ", "[]" },
		{ "{\"a\":1,\"b\":[true,null,\"c\"]}", "{ka;n1;kb;[wtrue;wnull;sc;]}" },
		{ "[-0.5e+10,0,-1E2]", "[n-0.5e+10;n0;n-1E2;]" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s\"\\/\b\f\n\r\t;" },
		{ "\"\\u00e9\\u4e2d\\ud83d\\ude00\"", "s\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80;" },
		{ "\"\\ud83dx\\ude00\"", "s\xef\xbf\xbdx\xef\xbf\xbd;" },
		{ "\"\\ud83d\\ud83d\"", "s\xef\xbf\xbd\xef\xbf\xbd;" },
		{ "\"\\ud83d\\n\"", "s\xef\xbf\xbd\n;" },
		{ "7", "n7;" },
		{ "false", "wfalse;" },
		{ "[[[[]]]]", "[[[[]]]]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t piece = 1; piece < 20; piece++) {
			struct err e = { "" };
			struct seen s;

			if (read_in(rows[i].text, strlen(rows[i].text), piece, &s, &e) < 0)
				fail_msg("%s by %zu: %s", rows[i].text, piece, e.text);
			assert_string_equal(s.text, rows[i].events);
		}
	}
}

static void what_is_none_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "{", "ends in the middle (after 1 bytes)" },
		{ "[1,", "ends in the middle" },
		{ "\"abc", "ends in the middle" },
		{ "", "ends in the middle (after 0 bytes)" },
		{ "tru", "at byte 3: a value was expected" },
		{ "[tru]", "at byte 4: a value was expected" },
		{ "[1,]", "at byte 3: a value was expected" },
		{ "{\"a\" 1}", "at byte 5: a colon was expected" },
		{ "{1:2}", "at byte 1: a key was expected" },
		{ "{\"a\":1,}", "at byte 7: a key was expected" },
		{ "[1}", "at byte 2: a bracket that closes nothing" },
		{ "[1 2]", "at byte 3: a bracket that closes nothing" },
		{ "[] []", "at byte 3: something follows its end" },
		{ "[01]", "a number was expected" },
		{ "[1.]", "a number was expected" },
		{ "[-]", "a number was expected" },
		{ "[1e]", "a number was expected" },
		{ "[+1]", "a number was expected" },
		{ "[.5]", "a number was expected" },
		{ "[NaN]", "a value was expected" },
		{ "\"\\x\"", "an escape that is none" },
		{ "\"\\u12g4\"", "an escape that is none" },
		{ "\"a\nb\"", "at byte 2: a control character in a string" },
		{ "<html>", "at byte 0: a value was expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t piece = 1; piece < 9; piece++) {
			struct err e = { "" };
			struct seen s;

			assert_int_equal(read_in(rows[i].text, strlen(rows[i].text), piece, &s, &e),
					 -EBADMSG);
			if (!strstr(e.text, rows[i].why))
				fail_msg("%s by %zu: got \"%s\", want \"%s\"", rows[i].text, piece,
					 e.text, rows[i].why);
		}
	}
}

static void limits_are_kept(void **state)
{
	char *deep = xcalloc(1, 200), *longer = xcalloc(1, JSONPUSH_TEXT_MAX + 100);
	struct err e = { "" };
	struct seen s;

	(void)state;
	memset(deep, '[', JSONPUSH_DEPTH_MAX);
	memset(deep + JSONPUSH_DEPTH_MAX, ']', JSONPUSH_DEPTH_MAX);
	assert_int_equal(read_in(deep, strlen(deep), 7, &s, &e), 0);
	memset(deep, '[', JSONPUSH_DEPTH_MAX + 1);
	assert_int_equal(read_in(deep, strlen(deep), 7, &s, &e), -EFBIG);
	assert_non_null(strstr(e.text, "nested"));
	memset(longer, 'a', JSONPUSH_TEXT_MAX + 50);
	longer[0] = longer[JSONPUSH_TEXT_MAX + 2] = '"';
	assert_int_equal(read_in(longer, JSONPUSH_TEXT_MAX + 3, 999, &s, &e), -EFBIG);
	assert_non_null(strstr(e.text, "longer than 64 kB"));
	longer[JSONPUSH_TEXT_MAX] = '"';
	assert_int_equal(read_in(longer, JSONPUSH_TEXT_MAX + 1, 999, &s, &e), 0);
	free(deep);
	free(longer);
}

static int refuse_all(void *arg, enum json_event ev, struct str text, struct err *e)
{
	(void)arg;
	(void)ev;
	(void)text;
	return err_set(e, -EPERM, "enough");
}

static void the_reader_may_end_it(void **state)
{
	struct jsonpush j = { .on = refuse_all };
	struct err e = { "" };

	(void)state;
	jsonpush_begin(&j);
	assert_int_equal(jsonpush_feed(&j, "[1]", 3, &e), -EPERM);
	assert_string_equal(e.text, "enough");
	jsonpush_release(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_comes_as_its_events),
		cmocka_unit_test(what_is_none_is_refused_with_its_place),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(the_reader_may_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
