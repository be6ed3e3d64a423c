/* Hystrix streams: events cut anywhere, what is none, and what a circuit's row says over time. */
#include "collectors/parse/hystrix.h"

#include <errno.h>

#include "model_kit.h"

#define FIXTURE "tests/fixtures/hystrix/hystrix-go.txt"
#define OPEN	"data:{\"type\":\"HystrixCommand\",\"name\":\"pay\",\"isCircuitBreakerOpen\":"

static int feed(struct hystrix *h, double at_s, const char *text, struct err *e)
{
	*e = (struct err){ "" };
	return hystrix_feed(h, text, strlen(text), kit_ns(at_s), e);
}

static void feed_good(struct hystrix *h, double at_s, const char *text)
{
	struct err e;

	if (feed(h, at_s, text, &e) < 0)
		fail_msg("%s", e.text);
}

static void kit_stream(struct kit *k, struct hystrix *h, double at_s, const char *text)
{
	struct sample s = kit_sample(at_s, SOURCE_HYSTRIX);
	struct circuits_sample c;

	feed_good(h, at_s, text);
	c = hystrix_circuits(h, kit_ns(at_s));
	s.circuits = &c;
	model_apply(k->m, &s);
}

static void an_event_is_a_circuit_wherever_it_is_cut(void **state)
{
	static const char text[] =
		": a comment\r\n\r\nping: \n\nevent: x\nid: 4\nretry: 100\n"
		"data: {\"type\": \"HystrixCommand\", \"name\": \"p\\u0061y\", "
		"\"isCircuitBreakerOpen\": true, \"requestCount\": 20, \"errorCount\": 15, "
		"\"errorPercentage\": 75, \"rollingCountSuccess\": 5, \"rollingCountFailure\": 3, "
		"\"rollingCountTimeout\": 2, \"rollingCountShortCircuited\": 10, "
		"\"latencyExecute\": {\"50\": 3, \"99\": 40, \"99.5\": 50}, "
		"\"propertyValue_circuitBreakerSleepWindowInMilliseconds\": 5000, "
		"\"propertyValue_metricsRollingStatisticalWindowInMilliseconds\": 10000}\n\n"
		"data:{\"type\":\"HystrixThreadPool\",\"name\":\"pay\",\"currentActiveCount\":3,"
		"\"currentPoolSize\":10}\n\ndata:\ndata: {\"type\": \"meta\"}\n\n";
	struct circuits_sample c;
	struct hystrix h;
	struct err e;

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		hystrix_init(&h);
		hystrix_begin(&h);
		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			size_t n = sizeof(text) - 1 - at < piece ? sizeof(text) - 1 - at : piece;

			assert_int_equal(hystrix_feed(&h, text + at, n, kit_ns(1), &e), 0);
		}
		assert_int_equal(h.n_events, 2);
		c = hystrix_circuits(&h, kit_ns(1));
		assert_int_equal(c.n, 1);
		assert_true(str_is(c.rows[0].name, "pay"));
		assert_num(c.rows[0].n_open, 1);
		assert_num(c.rows[0].n_closed, 0);
		assert_num(c.rows[0].requests, 20);
		assert_num(c.rows[0].error_pct, 75);
		assert_num(c.rows[0].short_circuited, 10);
		assert_num(c.rows[0].sleep_ns, 5e9);
		assert_num(c.rows[0].window_ns, 1e10);
		assert_num(c.rows[0].p50_ms, 3);
		assert_num(c.rows[0].p99_ms, 40);
		assert_num(c.rows[0].pool_active, 3);
		assert_num(c.rows[0].pool_max, 10);
		hystrix_release(&h);
	}
}

static void what_is_no_stream_is_refused_in_words(void **state)
{
	static const struct {
		const char *text, *words;
		int error;
	} cases[] = {
		{ "<!DOCTYPE html>\n", "HTML", -EBADMSG },
		{ "{\"status\": \"ok\"}\n", "JSON", -EBADMSG },
		{ "go_goroutines 8\n", "no event stream", -EBADMSG },
		{ "\n\n: ok\nfoo\n", "line 4", -EBADMSG },
		{ "data: {\"type\": \n\n", "broken JSON", -EBADMSG },
		{ "data: [1]\n\n", "not a JSON object", -EBADMSG },
		{ "data: nothing\n\n", "event 1", -EBADMSG },
		{ "data: {} {}\n\n", "broken JSON", -EBADMSG },
		{ "data: {\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]\n", "deeper", -EFBIG },
	};
	struct hystrix h;
	struct err e;

	(void)state;
	hystrix_init(&h);
	for (size_t i = 0; i < COUNT(cases); i++) {
		hystrix_begin(&h);
		assert_int_equal(feed(&h, 1, cases[i].text, &e), cases[i].error);
		if (!strstr(e.text, cases[i].words))
			fail_msg("%s: %s, want %s", cases[i].text, e.text, cases[i].words);
	}
	hystrix_begin(&h);
	for (int i = 0; i < HYSTRIX_LINE_MAX / 10; i++)
		assert_int_equal(feed(&h, 1, "data: aaaa", &e), 0);
	assert_int_equal(feed(&h, 1, "data: aaaa", &e), -EFBIG);
	assert_non_null(strstr(e.text, "longer than 64 kB"));
	hystrix_release(&h);
}

static void wrong_types_say_nothing(void **state)
{
	static const char *const events[] = {
		OPEN "5,\"requestCount\":\"20\"}\n",
		OPEN "null,\"requestCount\":-20}\n",
		OPEN "[true],\"requestCount\":1e999}\n",
		OPEN "{\"maybe\":1},\"requestCount\":{}}\n",
		OPEN "\"perhaps\",\"requestCount\":null,\"latencyExecute\":7}\n",
	};
	struct circuits_sample c;
	struct hystrix h;

	(void)state;
	for (size_t i = 0; i < COUNT(events); i++) {
		hystrix_init(&h);
		feed_good(&h, 1, events[i]);
		c = hystrix_circuits(&h, kit_ns(1));
		assert_int_equal(c.n, 1);
		assert_num(c.rows[0].n_open, ABSENT);
		assert_num(c.rows[0].requests, ABSENT);
		assert_num(c.rows[0].p50_ms, ABSENT);
		hystrix_release(&h);
	}
	hystrix_init(&h);
	feed_good(&h, 1, "data: {\"type\": 7, \"name\": \"a\"}\n");
	feed_good(&h, 1, "data: {\"type\": \"HystrixCommand\", \"name\": 7}\n");
	feed_good(&h, 1, "data: {\"type\": \"HystrixCommand\", \"name\": \"\"}\n");
	feed_good(&h, 1, "data: {\"type\": \"HystrixCommand\"}\n");
	assert_int_equal(hystrix_circuits(&h, kit_ns(1)).n, 0);
	hystrix_release(&h);
}

static void names_are_bounded_and_forgotten(void **state)
{
	struct hystrix h;
	char event[256];

	(void)state;
	hystrix_init(&h);
	for (int i = 0; i < HYSTRIX_CIRCUITS_MAX + 5; i++) {
		snprintf(event, sizeof(event),
			 "data: {\"type\":\"HystrixCommand\",\"name\":\"c%d\"}\n", i);
		feed_good(&h, 1, event);
	}
	assert_int_equal(hystrix_circuits(&h, kit_ns(1)).n, HYSTRIX_CIRCUITS_MAX);
	assert_true(h.cut);
	assert_int_equal(hystrix_circuits(&h, kit_ns(1 + HYSTRIX_FORGET_S)).n,
			 HYSTRIX_CIRCUITS_MAX);
	assert_int_equal(hystrix_circuits(&h, kit_ns(2 + HYSTRIX_FORGET_S)).n, 0);
	feed_good(&h, 30, OPEN "true}\n");
	assert_int_equal(hystrix_circuits(&h, kit_ns(30)).n, 1);
	hystrix_release(&h);
}

static void a_circuit_is_followed_over_time(void **state)
{
	static const char closed[] =
		OPEN "false,\"requestCount\":10,\"rollingCountSuccess\":9,"
		     "\"rollingCountFailure\":1,\"rollingCountTimeout\":0,"
		     "\"rollingCountShortCircuited\":0,"
		     "\"propertyValue_circuitBreakerSleepWindowInMilliseconds\":5000,"
		     "\"propertyValue_metricsRollingStatisticalWindowInMilliseconds\":10000}\n";
	static const char open[] =
		OPEN "true,\"requestCount\":40,\"rollingCountSuccess\":1,"
		     "\"rollingCountFailure\":6,\"rollingCountTimeout\":3,"
		     "\"rollingCountShortCircuited\":30,\"errorPercentage\":98,"
		     "\"propertyValue_circuitBreakerSleepWindowInMilliseconds\":5000,"
		     "\"propertyValue_metricsRollingStatisticalWindowInMilliseconds\":10000}\n";
	const struct breaker_row *b;
	struct hystrix h;
	struct kit k;

	(void)state;
	hystrix_init(&h);
	kit_start(&k, true);
	kit_stream(&k, &h, 0, closed);
	assert_int_equal(k.t->n_breakers, 1);
	b = &k.t->breakers[0];
	assert_text(b->name, "pay");
	assert_text(b->state, "closed");
	assert_text(b->source, "hystrix");
	assert_num(b->requests, 10);
	assert_num(b->failures, 1);
	assert_num(b->failure_pct, 10);
	assert_num(b->rejected_per_s, 0);
	assert_num(b->since_s, ABSENT);
	assert_num(b->retry_in_s, ABSENT);
	kit_stream(&k, &h, 10, open);
	kit_stream(&k, &h, 12, open);
	b = &k.t->breakers[0];
	assert_text(b->state, "open");
	assert_num(b->since_s, 2);
	assert_num(b->retry_in_s, 3);
	assert_num(b->failures, 9);
	assert_num(b->failure_pct, 90); /* of those let through; 98 % counts the refused */
	assert_num(b->rejected_per_s, 3);
	kit_stream(&k, &h, 16, open);
	b = &k.t->breakers[0];
	assert_text(b->state, "open");	   /* there is no half-open */
	assert_num(b->retry_in_s, ABSENT); /* when the next test comes, nobody tells */
	assert_non_null(strstr(b->detail, "each 5.0 s one call may test it"));
	kit_stream(&k, &h, 60, closed);
	b = &k.t->breakers[0];
	assert_text(b->state, "closed");
	assert_num(b->since_s, 0);
	assert_num(b->flaps_per_h, 60);
	kit_lost(&k, 61, SOURCE_HYSTRIX, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 0);
	hystrix_release(&h);
	kit_end(&k);
}

static void a_turbine_counts_hosts(void **state)
{
	static const struct {
		const char *open, *state, *words;
	} cases[] = {
		{ "{\"true\":1,\"false\":2}", "open", "open on 1 of 3 hosts" },
		{ "{\"false\":3}", "closed", "open on 0 of 3 hosts" },
		{ "\"true\"", "open", "isCircuitBreakerOpen" },
		{ "{}", "unknown", "isCircuitBreakerOpen" },
	};
	char event[256];
	struct hystrix h;
	struct kit k;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		hystrix_init(&h);
		kit_start(&k, true);
		snprintf(event, sizeof(event),
			 OPEN "%s,\"reportingHosts\":3,\"latencyExecute\":{\"50\":9,\"99\":90},"
			      "\"propertyValue_circuitBreakerSleepWindowInMilliseconds\":15000}\n",
			 cases[i].open);
		kit_stream(&k, &h, 1, event);
		assert_text(k.t->breakers[0].state, cases[i].state);
		assert_non_null(strstr(k.t->breakers[0].detail, cases[i].words));
		assert_null(strstr(k.t->breakers[0].detail, "p99")); /* a sum of percentiles */
		hystrix_release(&h);
		kit_end(&k);
	}
}

static void memory_metric_and_stream_of_one_breaker_are_one_row(void **state)
{
	static const char page[] = "circuit_breaker_state{name=\"pay\",state=\"open\"} 1\n"
				   "circuit_breaker_rejected_total{name=\"pay\"} 10\n"
				   "circuit_breaker_requests_total{name=\"pay\"} 5000\n";
	static const char event[] = OPEN
		"false,\"requestCount\":40,\"rollingCountFailure\":6,\"rollingCountSuccess\":4,"
		"\"rollingCountShortCircuited\":30,"
		"\"propertyValue_metricsRollingStatisticalWindowInMilliseconds\":10000}\n"
		"data:{\"type\":\"HystrixCommand\",\"name\":\"fx\","
		"\"isCircuitBreakerOpen\":false}\n";
	struct breaker_object object = {
		.id = 1,
		.name = STR("pay"),
		.library = STR("afex/hystrix-go"),
		.state = OBJECT_OPEN,
		.requests = -1,
		.failures = -1,
		.successes = -1,
		.consecutive_failures = -1,
		.retry_in_ns = -1,
		.since_ns = -1,
	};
	struct objects_sample objects = { .breakers = &object, .n_breakers = 1 };
	struct sample s = kit_sample(3, SOURCE_MEMORY);
	struct hystrix h;
	struct kit k;

	(void)state;
	hystrix_init(&h);
	kit_start(&k, false);
	kit_page(&k, 1, page);
	kit_stream(&k, &h, 2, event);
	assert_int_equal(k.t->n_breakers, 2);
	assert_text(k.t->breakers[0].name, "fx");
	assert_text(k.t->breakers[0].source, "hystrix");
	assert_text(k.t->breakers[1].source, "metrics");
	assert_text(k.t->breakers[1].state, "open");
	assert_num(k.t->breakers[1].requests, 5000); /* and nothing of the stream's ten seconds */
	assert_num(k.t->breakers[1].failures, ABSENT);
	assert_num(k.t->breakers[1].failure_pct, ABSENT);
	assert_num(k.t->breakers[1].rejected_per_s, 3);
	s.objects = &objects;
	model_apply(k.m, &s);
	assert_int_equal(k.t->n_breakers, 2);
	assert_text(k.t->breakers[1].source, "memory");
	assert_text(k.t->breakers[1].library, "afex/hystrix-go");
	assert_num(k.t->breakers[1].rejected_per_s, 3);
	kit_lost(&k, 4, SOURCE_MEMORY, SOURCE_FAILED);
	kit_lost(&k, 4, SOURCE_METRICS, SOURCE_FAILED);
	assert_int_equal(k.t->n_breakers, 2);
	assert_text(k.t->breakers[1].source, "hystrix");
	assert_num(k.t->breakers[1].failures, 6);
	hystrix_release(&h);
	kit_end(&k);
}

static void a_real_stream_is_read(void **state)
{
	FILE *f = fopen(FIXTURE, "r");
	static char text[64 << 10];
	struct circuits_sample c;
	struct hystrix h;

	(void)state;
	if (!f)
		fail_msg(FIXTURE ": not there (tests run at the top of the checkout)");
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	hystrix_init(&h);
	feed_good(&h, 1, text);
	c = hystrix_circuits(&h, kit_ns(1));
	assert_int_equal(c.n, 2);
	for (size_t i = 0; i < c.n; i++) {
		assert_true(c.rows[i].requests > 0);
		assert_num(c.rows[i].sleep_ns, 5e9);
		assert_num(c.rows[i].pool_max, 10);
		assert_num(c.rows[i].n_open + c.rows[i].n_closed, 1);
	}
	hystrix_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_circuit_wherever_it_is_cut),
		cmocka_unit_test(what_is_no_stream_is_refused_in_words),
		cmocka_unit_test(wrong_types_say_nothing),
		cmocka_unit_test(names_are_bounded_and_forgotten),
		cmocka_unit_test(a_circuit_is_followed_over_time),
		cmocka_unit_test(a_turbine_counts_hosts),
		cmocka_unit_test(memory_metric_and_stream_of_one_breaker_are_one_row),
		cmocka_unit_test(a_real_stream_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
