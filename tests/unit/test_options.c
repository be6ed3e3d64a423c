/* The command line: what it takes, what it refuses, and that it says why. */
#include "tests/unit/model_kit.h"

#include <errno.h>
#include <getopt.h>

#include "tui/options.h"

enum { WORDS_MAX = 16 };

/* Words are separated by blanks. `line` must outlive the options: they borrow. */
static int parse(char *line, struct options *ret, struct err *e)
{
	char *argv[WORDS_MAX + 2] = { (char[]){ "gmptop" } }, *save = NULL;
	int argc = 1;

	for (char *w = strtok_r(line, " ", &save); w && argc <= WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	optind = 0; /* glibc: getopt begins anew */
	return options_parse(argc, argv, ret, e);
}

static void a_duration_is_numbers_with_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} rows[] = {
		{ "500ms", 500 }, { "2s", 2000 },     { "5", 5000 },	 { "0", 0 },
		{ "1.5s", 1500 }, { "1m30s", 90000 }, { "2h", 7200000 }, { "1d", 86400000 },
		{ "20ms", 20 },	  { "1m30", 90000 },  { "0.5", 500 },	 { "1h2m3s4ms", 3723004 },
	};
	static const char *const wrong[] = {
		"",   "s",   "ms",  "-1s", "+1s", " 1s",   "1 s",
		"1x", "1s ", "1sx", "nan", "inf", "1e400", "99999999999999999999h",
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(parse_duration(rows[i].text, &ns), 0);
		if (ns != rows[i].ms * NS_PER_MS)
			fail_msg("%s: %llu ns", rows[i].text, (unsigned long long)ns);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (parse_duration(wrong[i], &ns) != -EINVAL)
			fail_msg("taken: \"%s\"", wrong[i]);
	}
}

static void what_is_not_given_has_its_default(void **state)
{
	char line[] = "host:6060";
	struct options o;
	struct err e;

	(void)state;
	assert_int_equal(parse(line, &o, &e), 0);
	assert_string_equal(o.command->name, "");
	assert_int_equal(o.n_targets, 1);
	assert_string_equal(o.targets[0], "host:6060");
	assert_true(o.interval_ns == NS_PER_S);
	assert_true(o.timeout_ns == 2 * NS_PER_S);
	assert_true(o.for_ns == 0 && o.count == 0);
	assert_int_equal(o.sources, (1u << SOURCE_COUNT) - 1);
	assert_num(o.budget_pct, 1);
	assert_string_equal(o.severity, "strong");
	assert_string_equal(o.color, "auto");
	assert_int_equal(o.w, 80);
	assert_int_equal(o.h, 24);
}

static void a_command_and_its_options_may_stand_in_any_order(void **state)
{
	static const char *const lines[] = {
		"once --json --interval 500ms 7 8",
		"--json once 7 --interval=500ms 8",
		"once 7 8 --interval 500ms --json",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct options o;
		struct err e;
		char line[128];

		snprintf(line, sizeof(line), "%s", lines[i]);
		assert_int_equal(parse(line, &o, &e), 0);
		assert_string_equal(o.command->name, "once");
		assert_true(o.json);
		assert_true(o.interval_ns == 500 * NS_PER_MS);
		assert_true(o.timeout_ns == NS_PER_S); /* at most twice the interval */
		assert_int_equal(o.n_targets, 2);
		assert_string_equal(o.targets[1], "8");
	}
}

static void sources_are_named_or_left_out(void **state)
{
	static const struct {
		const char *list;
		uint32_t bits;
	} rows[] = {
		{ "proc", 1u << SOURCE_PROC },
		{ "pprof,metrics", 1u << SOURCE_PPROF | 1u << SOURCE_METRICS },
		{ "-bpf", ((1u << SOURCE_COUNT) - 1) & ~(1u << SOURCE_BPF) },
		{ "-bpf,-memory",
		  ((1u << SOURCE_COUNT) - 1) & ~(1u << SOURCE_BPF | 1u << SOURCE_MEMORY) },
		{ "proc,pprof,-pprof", 1u << SOURCE_PROC },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct options o;
		struct err e = { "" };
		char line[128];

		snprintf(line, sizeof(line), "--sources=%s 7", rows[i].list);
		if (parse(line, &o, &e) < 0)
			fail_msg("%s: %s", rows[i].list, e.text);
		assert_int_equal(o.sources, rows[i].bits);
	}
}

static void what_is_wrong_is_refused_with_a_sentence_that_quotes_it(void **state)
{
	static const struct {
		const char *line, *quotes;
	} rows[] = {
		{ "--bogus 7", "--bogus" },
		{ "-x 7", "-x" },
		{ "--interval", "--interval" },
		{ "--interval soon 7", "soon" },
		{ "--interval 1ms 7", "1ms" },
		{ "--interval 2h 7", "2h" },
		{ "--for 0 7", "0" },
		{ "--count 0 7", "--count" },
		{ "--count -1 7", "-1" },
		{ "--count 5x 7", "5x" },
		{ "--count 99999999999999999999 7", "99999999999999999999" },
		{ "--sources cpu 7", "cpu" },
		{ "--sources proc,,pprof 7", "--sources" },
		{ "--budget 0 7", "--budget" },
		{ "--budget 101 7", "101" },
		{ "--budget nan 7", "nan" },
		{ "--color sometimes 7", "sometimes" },
		{ "--color auto|always 7", "auto|always" },
		{ "check --severity bad 7", "bad" },
		{ "--size 80 7", "80" },
		{ "--size 80x24x2 7", "80x24x2" },
		{ "--size 0x24 7", "0x24" },
		{ "--size 80x1001 7", "80x1001" },
		{ "once", "once" },
		{ "stream", "stream" },
		{ "check", "check" },
		{ "--json 7", "--json" },
		{ "once --dump 7", "--dump" },
		{ "once --severity weak 7", "--severity" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct options o;
		struct err e = { "" };
		char line[128];

		snprintf(line, sizeof(line), "%s", rows[i].line);
		if (parse(line, &o, &e) != -EINVAL)
			fail_msg("taken: %s", rows[i].line);
		if (!strstr(e.text, rows[i].quotes))
			fail_msg("%s: %s", rows[i].line, e.text);
	}
}

static void help_needs_no_target(void **state)
{
	static const char *const lines[] = { "--help", "-h", "--version", "once --help",
					     "check --help" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct options o;
		struct err e = { "" };
		char line[64];

		snprintf(line, sizeof(line), "%s", lines[i]);
		if (parse(line, &o, &e) < 0)
			fail_msg("%s: %s", lines[i], e.text);
		assert_true(o.help || o.version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_is_numbers_with_units),
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(a_command_and_its_options_may_stand_in_any_order),
		cmocka_unit_test(sources_are_named_or_left_out),
		cmocka_unit_test(what_is_wrong_is_refused_with_a_sentence_that_quotes_it),
		cmocka_unit_test(help_needs_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
