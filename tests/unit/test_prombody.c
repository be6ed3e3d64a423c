/* Which format a body is: by its Content-Type, and by its first bytes where that cannot be. */
#include "tests/unit/prom_kit.h"

/* gauge a 1 */
#define PB             \
	"\x12\x0a\x01" \
	"a\x18\x01\x22\x0b\x12\x09\x09\0\0\0\0\0\0\xf0\x3f"
#define PAGE "# TYPE a gauge\na 1\n"

static const struct {
	const char *type;
	struct str page;
	const char *want; /* NULL: it is refused */
} bodies[] = {
	{ "text/plain; version=0.0.4; charset=utf-8", STR(PAGE), "a 1|" },
	{ "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
	  STR("{\"a.b\",\"c.d\"=\"e\"} 1\n"), "a.b{c.d=e} 1|" },
	{ "TEXT/PLAIN", STR(PAGE), "a 1|" },
	{ "", STR(PAGE), "a 1|" },
	{ "text/html", STR(PAGE), "a 1|" },
	{ "application/octet-stream", STR(PAGE), "a 1|" },
	{ ";;;=;version", STR(PAGE), "a 1|" },
	{ OPENMETRICS, STR(PAGE), NULL },
	{ OPENMETRICS, STR(PAGE "# EOF\n"), "a 1|" },
	{ "Application/OpenMetrics-Text", STR(PAGE), NULL },
	{ "application/openmetrics-text; version=0.0.1", STR(PAGE "# EOF\n"), "a 1|" },
	{ "application/openmetrics-text; version=\"2.0.0\"", STR("a 1\n# EOF\n"), NULL },
	{ "text/plain", STR(PAGE "# EOF\n"), "a 1|" },
	{ PROTOBUF, STR(PB), "a 1|" },
	{ "application/vnd.google.protobuf", STR(PB), "a 1|" },
	{ "", STR(PB), "a 1|" },
	{ "text/plain", STR(PB), "a 1|" },
	{ OPENMETRICS, STR(PB), "a 1|" },
	{ "application/vnd.google.protobuf; encoding=text", STR(PB), NULL },
	{ "application/openmetrics-protobuf; version=1.0.0", STR(PB), NULL },
	{ PROTOBUF, STR(PAGE), "a 1|" }, /* text all the same */
	{ "text/plain", STR("a 1"), "a 1|" },
	{ "text/html; charset=utf-8", STR("<html>\n<body>"), NULL },
	{ "application/json", STR("{\"status\":\"ok\"}"), NULL },
	{ "", STR(""), NULL },
	{ PROTOBUF, STR(""), NULL },
};

static void the_format_is_what_the_server_says_or_what_it_looks_like(void **state)
{
	struct prombody b = { 0 };
	struct buf got;

	(void)state;
	buf_init(&got, 1 << 20);
	for (size_t i = 0; i < 3 * COUNT(bodies); i++) {
		size_t k = i % COUNT(bodies);
		int r = read_body(&b, bodies[k].type, bodies[k].page, 1 + i / COUNT(bodies) * 9,
				  &got);

		if (bodies[k].want ? r < 0 || strcmp(buf_str(&got), bodies[k].want) != 0
				   : r != -EBADMSG)
			fail_msg("%s %s: got %s, want %s", bodies[k].type, bodies[k].page.p,
				 buf_str(&got), bodies[k].want ? bodies[k].want : "a refusal");
	}
	prombody_release(&b);
	buf_release(&got);
}

static void a_page_of_too_many_series_is_refused(void **state)
{
	struct prombody b = { 0 };
	struct err e = { "" };
	int r = 0;

	(void)state;
	prombody_begin(&b);
	for (size_t i = 0; r == 0 && i <= PROM_SERIES_MAX; i++)
		r = prombody_feed(&b, "a 1\n", 4, &e);
	assert_int_equal(r, -EFBIG);
	assert_string_equal(e.text, "too many series on the page (over 262144); refused");
	prombody_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_is_what_the_server_says_or_what_it_looks_like),
		cmocka_unit_test(a_page_of_too_many_series_is_refused),
	};

	return cmocka_run_group_tests_name("prombody", tests, NULL, NULL);
}
