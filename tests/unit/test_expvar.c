/* /debug/vars: what of it becomes series, what they mean to the model, and what is refused. */
#include "collectors/parse/expvar.h"

#include <errno.h>

#include "model_kit.h"

#define FIXTURE "tests/fixtures/expvar/go1.26.json"

static int parse(struct expvar *x, const char *body, struct err *e)
{
	*e = (struct err){ "" };
	return expvar_parse(x, body, strlen(body), e);
}

static void kit_vars(struct kit *k, struct expvar *x, double at_s, const char *body)
{
	struct sample s = kit_sample(at_s, SOURCE_EXPVAR);
	struct err e;

	if (parse(x, body, &e) < 0)
		fail_msg("%s", e.text);
	s.metrics = &x->page;
	s.every_ns = 30 * NS_PER_S;
	model_apply(k->m, &s);
}

/* name{label=value,…} value, each on a line. */
static const char *as_text(const struct metrics_page *p)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p->n_series && n < sizeof(text) - 256; i++) {
		const struct series *s = &p->series[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s", (int)s->name.len,
				      s->name.p);
		for (uint32_t l = 0; l < s->n_labels; l++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%c%.*s=%.*s",
					      l ? ',' : '{', (int)p->labels[s->label + l].name.len,
					      p->labels[s->label + l].name.p,
					      (int)p->labels[s->label + l].value.len,
					      p->labels[s->label + l].value.p);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %g\n", s->n_labels ? "}" : "",
				      s->value);
	}
	return text;
}

static void what_is_published_becomes_series(void **state)
{
	static const struct {
		const char *body, *series;
	} cases[] = {
		{ "{}", "" },
		{ "{\"hits\": 5}", "hits 5\n" },
		{ "{\"up\": true, \"down\": false}", "up 1\ndown 0\n" },
		{ "{\"depth\": -2.5}", "depth -2.5\n" },
		{ "{\"queues\": {\"mail\": 4, \"sms\": 0}}",
		  "queues{name=mail} 4\nqueues{name=sms} 0\n" },
		{ "{\"db\": {\"pay\": {\"open\": 3}}}", "db_open{name=pay} 3\n" },
		{ "{\"goroutines\": 7}", "go_goroutines 7\n" },
		{ "{\"NumGoroutine\": 8}", "go_goroutines 8\n" },
		{ "{\"goroutines\": \"many\"}", "" },
		{ "{\"breakers\": {\"pay\": \"open\", \"fx\": \"half-open\"}}",
		  "breakers_state{name=pay,state=open} 1\nbreakers_state{name=fx,state=half-open} "
		  "1\n" },
		{ "{\"circuit_breaker_state\": {\"pay\": 2}}",
		  "circuit_breaker_state{name=pay} 2\n" },
		{ "{\"circuit_breakers\": {\"pay\": {\"state\": \"closed\", \"requests\": 9}}}",
		  "circuit_breakers_state{name=pay,state=closed} 1\n"
		  "circuit_breakers_requests_total{name=pay} 9\n" },
		{ "{\"breaker\": {\"state\": \"open\", \"trips\": 2}}",
		  "breaker_state{state=open} 1\nbreaker_trips_total 2\n" },
		{ "{\"rate_limiters\": {\"api\": {\"limit\": 100, \"burst\": 50, \"denied\": 3}}}",
		  "rate_limiters_limit{name=api} 100\nrate_limiters_burst{name=api} 50\n"
		  "rate_limiters_denied_total{name=api} 3\n" },
		{ "{\"hystrix\": {\"pay\": {\"is_open\": true, \"name\": \"pay\"}}}",
		  "circuit_breaker_is_open{name=pay} 1\nhystrix_is_open{name=pay} 1\n" },
		/* Texts, lists and nothing are no numbers. */
		{ "{\"version\": \"v1.2\", \"hosts\": [1, 2], \"none\": null}", "" },
	};
	struct expvar x = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (parse(&x, cases[i].body, &e) < 0)
			fail_msg("%s: %s", cases[i].body, e.text);
		if (strcmp(as_text(&x.page), cases[i].series) != 0)
			fail_msg("%s: got\n%swant\n%s", cases[i].body, as_text(&x.page),
				 cases[i].series);
	}
	expvar_release(&x);
}

static void what_is_none_is_refused_in_words(void **state)
{
	static const struct {
		const char *body, *words;
	} cases[] = {
		{ "", "empty" },
		{ "  \n", "empty" },
		{ "<html>{}", "HTML" },
		{ "[1]", "not a JSON object" },
		{ "5", "not a JSON object" },
		{ "{\"a\": 1", "broken JSON" },
		{ "{\"a\": 1} {\"b\": 2}", "broken JSON" },
		{ "{\"a\": \"\\ud800\"}", "broken JSON" },
		{ "{a: 1}", "broken JSON" },
	};
	struct expvar x = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (parse(&x, cases[i].body, &e) >= 0)
			fail_msg("%s: taken", cases[i].body);
		if (!strstr(e.text, cases[i].words))
			fail_msg("%s: %s, want %s", cases[i].body, e.text, cases[i].words);
		assert_int_equal(x.page.n_series, 0);
	}
	expvar_release(&x);
}

static void a_command_line_is_neither_kept_nor_quoted(void **state)
{
	static const char *const bodies[] = {
		"{\"cmdline\": [\"app\", \"-token=hunter2\"], \"a\": 1}",
		"{\"cmdline\": {\"hunter2\": 1}, \"a\": 1}",
		"{\"cmdline\": \"hunter2\", \"a\": 1}",
		"{\"cmdline\": [\"app\", \"-token=hunter2\"], \"a\": hunter2}",
		"hunter2",
	};
	struct expvar x = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		if (parse(&x, bodies[i], &e) == 0)
			assert_string_equal(as_text(&x.page), "a 1\n");
		assert_null(strstr(e.text, "hunter2"));
	}
	expvar_release(&x);
}

static char *repeated(const char *head, const char *piece, size_t n, const char *tail)
{
	char *text = malloc(strlen(head) + n * strlen(piece) + strlen(tail) + 1), *at = text;

	at = stpcpy(at, head);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, piece);
	stpcpy(at, tail);
	return text;
}

static void depth_count_and_names_are_bounded(void **state)
{
	char *deep = repeated("{\"a\": ", "[", 5000, ""),
	     *many = repeated("{\"a\": [1", ",1", 70000, "]}");
	char *map = repeated("{\"a\": {\"k\": 1", ",\"k\": 1", 20000, "}}");
	char *name = repeated("{\"", "n", 5000, "\": 1, \"b\": 2}");
	struct expvar x = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(parse(&x, deep, &e), -EFBIG);
	assert_non_null(strstr(e.text, "deeper"));
	assert_int_equal(parse(&x, many, &e), -EFBIG);
	assert_non_null(strstr(e.text, "values"));
	assert_int_equal(parse(&x, map, &e), 0);
	assert_true(x.page.cut);
	assert_int_equal(x.page.n_series, EXPVAR_SERIES_MAX);
	assert_int_equal(parse(&x, name, &e), 0);
	assert_string_equal(as_text(&x.page), "b 2\n");
	free(deep);
	free(many);
	free(map);
	free(name);
	expvar_release(&x);
}

static void memstats_become_facts_and_rates_need_two(void **state)
{
	struct expvar x = { 0 };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_vars(&k, &x, 0,
		 "{\"goroutines\": 12, \"memstats\": {\"HeapAlloc\": 1000, \"NextGC\": 4000, "
		 "\"NumGC\": 2, \"PauseNs\": [5000, 70000, 0], \"Mallocs\": 100, \"Frees\": 40, "
		 "\"StackInuse\": 300, \"GCCPUFraction\": 0.5}}");
	assert_num(k.t->facts.memory.heap_live_bytes, 1000);
	assert_num(k.t->facts.memory.heap_goal_bytes, 4000);
	assert_num(k.t->facts.memory.pause_max_ns, 70000);
	assert_num(k.t->facts.memory.stack_bytes, 300);
	assert_num(k.t->facts.memory.gc_per_min, ABSENT);
	assert_num(k.t->facts.memory.gc_cpu_pct, ABSENT); /* since the start is not now */
	assert_num(k.t->facts.goroutines.total, 12);
	assert_int_equal(k.t->goroutines_source, SOURCE_EXPVAR);
	kit_vars(&k, &x, 30,
		 "{\"memstats\": {\"HeapAlloc\": 2000, \"NextGC\": 18446744073709551615, "
		 "\"NumGC\": 5, \"PauseNs\": [5000, 70000, 9000], \"Mallocs\": 700}}");
	assert_num(k.t->facts.memory.heap_live_bytes, 2000);
	assert_num(k.t->facts.memory.heap_goal_bytes, ABSENT); /* GOGC=off: there is no goal */
	assert_num(k.t->facts.memory.gc_per_min, 6);
	assert_num(k.t->facts.memory.allocs_per_s, 20);
	assert_num(k.t->facts.goroutines.total, ABSENT);
	kit_lost(&k, 60, SOURCE_EXPVAR, SOURCE_FAILED);
	assert_num(k.t->facts.memory.heap_live_bytes, ABSENT);
	expvar_release(&x);
	kit_end(&k);
}

static void numbers_that_cannot_be_are_absent(void **state)
{
	struct expvar x = { 0 };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_vars(&k, &x, 0,
		 "{\"memstats\": {\"HeapAlloc\": -1, \"NextGC\": \"4000\", \"StackInuse\": 1e999, "
		 "\"NumGC\": 0, \"PauseNs\": [0, 0], \"Sys\": null, \"HeapObjects\": []}}");
	assert_num(k.t->facts.memory.heap_live_bytes, ABSENT);
	assert_num(k.t->facts.memory.heap_goal_bytes, ABSENT);
	assert_num(k.t->facts.memory.stack_bytes, ABSENT);
	assert_num(k.t->facts.memory.pause_max_ns, ABSENT); /* never collected: no pause of 0 */
	assert_num(k.t->facts.memory.sys_bytes, ABSENT);
	expvar_release(&x);
	kit_end(&k);
}

static void a_breaker_of_metrics_and_expvar_is_one_row(void **state)
{
	static const char vars[] =
		"{\"breakers\": {\"pay\": \"open\", \"fx\": \"closed\"}, "
		"\"rate_limiters\": {\"api\": {\"limit\": 100, \"burst\": 50}}, \"n\": 1}";
	struct expvar x = { 0 };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "circuit_breaker_state{name=\"pay\",state=\"half_open\"} 1\n");
	kit_vars(&k, &x, 2, vars);
	assert_int_equal(k.t->n_breakers, 2);
	assert_text(k.t->breakers[0].name, "fx");
	assert_text(k.t->breakers[0].source, "expvar");
	assert_text(k.t->breakers[0].state, "closed");
	assert_text(k.t->breakers[1].name, "pay");
	assert_text(k.t->breakers[1].source, "metrics");
	assert_text(k.t->breakers[1].state, "half_open");
	assert_int_equal(k.t->n_limiters, 1);
	assert_text(k.t->limiters[0].name, "api");
	assert_text(k.t->limiters[0].source, "expvar");
	assert_num(k.t->limiters[0].limit_per_s, 100);
	kit_lost(&k, 3, SOURCE_METRICS, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 2);
	assert_text(k.t->breakers[1].source, "expvar");
	assert_text(k.t->breakers[1].state, "open");
	kit_vars(&k, &x, 32, "{\"breakers\": {\"pay\": \"closed\", \"fx\": \"closed\"}}");
	assert_text(k.t->breakers[1].state, "closed");
	assert_num(k.t->breakers[1].since_s, 0);
	assert_int_equal(k.t->n_limiters, 0);
	kit_lost(&k, 62, SOURCE_EXPVAR, SOURCE_ABSENT);
	assert_int_equal(k.t->n_breakers, 0);
	expvar_release(&x);
	kit_end(&k);
}

static void a_state_that_only_expvar_knows_completes_counters(void **state)
{
	struct expvar x = { 0 };
	struct kit k;

	(void)state;
	kit_start(&k, true);
	kit_page(&k, 1, "circuit_breaker_failures_total{name=\"pay\"} 4\n");
	assert_text(k.t->breakers[0].state, "unknown");
	kit_vars(&k, &x, 2, "{\"breakers\": {\"pay\": \"open\"}}");
	assert_int_equal(k.t->n_breakers, 1);
	assert_text(k.t->breakers[0].state, "open");
	assert_num(k.t->breakers[0].failures, 4);
	expvar_release(&x);
	kit_end(&k);
}

static void a_real_page_is_read(void **state)
{
	FILE *f = fopen(FIXTURE, "r");
	static char body[64 << 10];
	struct expvar x = { 0 };
	struct err e;
	size_t n;

	(void)state;
	if (!f)
		fail_msg(FIXTURE ": not there (tests run at the top of the checkout)");
	n = fread(body, 1, sizeof(body) - 1, f);
	fclose(f);
	body[n] = '\0';
	if (parse(&x, body, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(x.has_memstats);
	assert_int_equal(x.n_own, 5); /* four breakers and the uptime; a list is no number */
	for (size_t cut = 0; cut < n - 2; cut += 97) { /* no beginning of it passes for the whole */
		if (expvar_parse(&x, body, cut, &e) == 0)
			fail_msg("%zu bytes of %zu were taken", cut, n);
	}
	expvar_release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_published_becomes_series),
		cmocka_unit_test(what_is_none_is_refused_in_words),
		cmocka_unit_test(a_command_line_is_neither_kept_nor_quoted),
		cmocka_unit_test(depth_count_and_names_are_bounded),
		cmocka_unit_test(memstats_become_facts_and_rates_need_two),
		cmocka_unit_test(numbers_that_cannot_be_are_absent),
		cmocka_unit_test(a_breaker_of_metrics_and_expvar_is_one_row),
		cmocka_unit_test(a_state_that_only_expvar_knows_completes_counters),
		cmocka_unit_test(a_real_page_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
