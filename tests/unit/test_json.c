/* The JSON object: what is foreign is escaped, what is not known is left out, what is whole is
 * exact. */
#include "tests/unit/model_kit.h"

#include <cjson/cJSON.h>

#include "core/json.h"

struct doc {
	struct buf text;
	cJSON *all, *target;
};

static void doc_of(struct doc *d, const struct kit *k, double at_s, uint64_t unix_ns)
{
	buf_init(&d->text, 1 << 22);
	json_model(&d->text, k->m, kit_ns(at_s), unix_ns);
	d->all = cJSON_Parse(buf_str(&d->text));
	if (!d->all)
		fail_msg("no JSON: %s", buf_str(&d->text));
	d->target = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(d->all, "targets"), 0);
	assert_non_null(d->target);
	assert_null(strstr(buf_str(&d->text), "null"));
	assert_true(strchr(buf_str(&d->text), '\n') == d->text.ptr + d->text.len - 1);
}

static void doc_release(struct doc *d)
{
	cJSON_Delete(d->all);
	buf_release(&d->text);
}

static bool has(struct doc *d, const char *text)
{
	return strstr(buf_str(&d->text), text) != NULL;
}

static const cJSON *get(const cJSON *at, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(at, key);
}

static void foreign_text_is_escaped(void **state)
{
	static const struct {
		const char *raw, *is;
	} rows[] = {
		{ "\033[2J", "\\u001b[2J" },
		{ "a\x01\x1f", "a\\u0001\\u001f" },
		{ "tab\t", "tab\\u0009" },
		{ "del\x7f", "del\\u007f" },
		{ "\xc2\x9b", "\\u009b" },
		{ "\xc2\x80\xc2\x9f", "\\u0080\\u009f" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "say \"hi\" \\", "say \\\"hi\\\" \\\\" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "raw\x9b", "raw\xef\xbf\xbd" },
		{ "torn\xe6\x94", "torn\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd" },
		{ "\xf0\x9f\x99\x82 \xe6\x94\xaf", "\xf0\x9f\x99\x82 \xe6\x94\xaf" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct process p = { .pid = 7, .name = str_of(rows[i].raw) };
		char want[128];
		struct kit k;
		struct doc d;

		kit_start(&k, false);
		kit_process(&k, 1, &p);
		doc_of(&d, &k, 1, KIT_UNIX_NS);
		snprintf(want, sizeof(want), "\"name\":\"%s", rows[i].is);
		if (!has(&d, want))
			fail_msg("row %zu: %s not in %s", i, want, buf_str(&d.text));
		for (size_t c = 0; c + 1 < d.text.len; c++)
			assert_true((unsigned char)d.text.ptr[c] >= 0x20 && d.text.ptr[c] != 0x7f);
		doc_release(&d);
		kit_end(&k);
	}
}

static void a_stamp_is_exact(void **state)
{
	static const struct {
		uint64_t unix_ns;
		const char *time, *ns;
	} rows[] = {
		{ 0, "\"time\":\"1970-01-01T00:00:00.000Z\"", "\"unix_ns\":0," },
		{ 1763992800123456789ull, "\"time\":\"2025-11-24T14:00:00.123Z\"",
		  "\"unix_ns\":1763992800123456789," },
		{ UINT64_MAX, "\"time\":\"2554-07-21T23:34:33.709Z\"",
		  "\"unix_ns\":18446744073709551615," },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kit k;
		struct doc d;

		kit_start(&k, true);
		doc_of(&d, &k, 1, rows[i].unix_ns);
		assert_true(has(&d, rows[i].time));
		assert_true(has(&d, rows[i].ns));
		assert_true(has(&d, "\"schema\":1,"));
		doc_release(&d);
		kit_end(&k);
	}
}

static void a_target_that_said_nothing_has_its_name_and_its_sources(void **state)
{
	static const char *const absent[] = { "pid",	  "url",       "build",	   "uptime_s",
					      "health",	  "leaks",     "breakers", "limiters",
					      "requests", "goroutines" };
	const cJSON *sources, *s;
	struct kit k;
	struct doc d;
	int n = 0;

	(void)state;
	kit_start(&k, true);
	doc_of(&d, &k, 1, KIT_UNIX_NS);
	for (size_t i = 0; i < COUNT(absent); i++) {
		if (get(d.target, absent[i]))
			fail_msg("%s is there", absent[i]);
	}
	assert_string_equal(get(d.target, "name")->valuestring, "asked");
	sources = get(d.target, "sources");
	cJSON_ArrayForEach (s, sources) {
		assert_string_equal(get(s, "name")->valuestring, source_name((enum source)n++));
		assert_string_equal(get(s, "state")->valuestring, "absent");
		assert_non_null(get(s, "detail"));
		assert_null(get(s, "age_ms"));
	}
	assert_int_equal(n, SOURCE_COUNT);
	doc_release(&d);
	kit_end(&k);
}

static void what_was_looked_for_and_not_found_is_an_empty_list(void **state)
{
	static const char *const lists[] = { "breakers", "limiters", "requests" };
	struct kit k;
	struct doc d;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "up 1\n");
	doc_of(&d, &k, 1, KIT_UNIX_NS);
	for (size_t i = 0; i < COUNT(lists); i++) {
		assert_true(cJSON_IsArray(get(d.target, lists[i])));
		assert_int_equal(cJSON_GetArraySize(get(d.target, lists[i])), 0);
	}
	doc_release(&d);
	kit_lost(&k, 2, SOURCE_METRICS, SOURCE_FAILED);
	doc_of(&d, &k, 2, KIT_UNIX_NS);
	for (size_t i = 0; i < COUNT(lists); i++)
		assert_null(get(d.target, lists[i]));
	doc_release(&d);
	kit_end(&k);
}

static void numbers_that_are_none_are_left_out(void **state)
{
	struct kit k;
	struct doc d;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1,
		 "go_goroutines NaN\nprocess_open_fds +Inf\nprocess_max_fds 0\n"
		 "circuit_breaker_state{name=\"a\"} NaN\n");
	doc_of(&d, &k, 1, KIT_UNIX_NS);
	assert_null(get(get(d.target, "process"), "fds"));
	assert_num(get(get(d.target, "process"), "max_fds")->valuedouble, 0);
	assert_null(get(get(d.target, "goroutines"), "total"));
	assert_null(get(cJSON_GetArrayItem(get(d.target, "breakers"), 0), "raw"));
	doc_release(&d);
	kit_end(&k);
}

static void groups_have_their_stack_leaf_first_and_their_labels(void **state)
{
	const cJSON *groups, *g;
	struct kit k;
	struct doc d;

	(void)state;
	kit_start(&k, true);
	kit_groups(&k, 1,
		   "2 chan receive: runtime.gopark < main.f {route=/pay}; 5 select: main.g by "
		   "main.start");
	doc_of(&d, &k, 1, KIT_UNIX_NS);
	groups = get(get(d.target, "goroutines"), "groups");
	assert_int_equal(cJSON_GetArraySize(groups), 2);
	g = cJSON_GetArrayItem(groups, 0);
	assert_num(get(g, "count")->valuedouble, 5);
	assert_string_equal(get(get(g, "created_by"), "func")->valuestring, "main.start");
	assert_null(get(g, "labels"));
	assert_null(get(g, "oldest_s"));
	g = cJSON_GetArrayItem(groups, 1);
	assert_string_equal(get(g, "state")->valuestring, "chan receive");
	assert_string_equal(get(cJSON_GetArrayItem(get(g, "stack"), 0), "func")->valuestring,
			    "runtime.gopark");
	assert_string_equal(get(get(g, "labels"), "route")->valuestring, "/pay");
	assert_null(get(g, "created_by"));
	assert_int_equal(strlen(get(g, "id")->valuestring), 16);
	assert_num(get(get(d.target, "goroutines"), "total")->valuedouble, 7);
	assert_string_equal(get(get(d.target, "goroutines"), "source")->valuestring, "pprof");
	doc_release(&d);
	kit_end(&k);
}

static void a_leaks_group_is_a_group_of_the_same_object(void **state)
{
	const cJSON *groups, *g, *leak;
	struct kit k;
	struct doc d;
	char text[256];
	bool found = false;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text),
			 "%d chan send: main.f {id=1}; %d chan send: main.f {id=2}", 10 + i,
			 20 + 3 * i);
		kit_groups(&k, i, text);
	}
	doc_of(&d, &k, 40, KIT_UNIX_NS);
	assert_int_equal(cJSON_GetArraySize(get(d.target, "leaks")), 1);
	leak = cJSON_GetArrayItem(get(d.target, "leaks"), 0);
	groups = get(get(d.target, "goroutines"), "groups");
	cJSON_ArrayForEach (g, groups)
		found |= strcmp(get(g, "id")->valuestring, get(leak, "group")->valuestring) == 0;
	assert_true(found);
	assert_string_equal(get(leak, "grade")->valuestring, "strong");
	assert_true(cJSON_GetArraySize(get(leak, "evidence")) > 0);
	doc_release(&d);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_is_escaped),
		cmocka_unit_test(a_stamp_is_exact),
		cmocka_unit_test(a_target_that_said_nothing_has_its_name_and_its_sources),
		cmocka_unit_test(what_was_looked_for_and_not_found_is_an_empty_list),
		cmocka_unit_test(numbers_that_are_none_are_left_out),
		cmocka_unit_test(groups_have_their_stack_leaf_first_and_their_labels),
		cmocka_unit_test(a_leaks_group_is_a_group_of_the_same_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
