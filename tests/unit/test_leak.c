/* Which growth of a goroutine group is called a leak, and which is not. */
#include "tests/unit/model_kit.h"

#include "core/json.h"

#define WORKER "runtime.gopark < runtime.chanrecv1 < example.com/app.(*Pool).work"

typedef int (*curve)(int i);

static void push(struct kit *k, double at_s, int count)
{
	char text[256];

	snprintf(text, sizeof(text), "%d chan receive: %s", count, WORKER);
	kit_groups(k, at_s, text);
}

static const char *grade(const struct kit *k)
{
	return k->t->n_leaks ? k->t->leaks[0].grade : "none";
}

static bool is_strong(const struct kit *k)
{
	return strcmp(grade(k), "strong") == 0;
}

/* Of the last call only. */
static const char *json_of(struct kit *k, double at_s)
{
	static char text[1 << 16];
	struct buf b;

	buf_init(&b, sizeof(text) - 1);
	json_model(&b, k->m, kit_ns(at_s), KIT_UNIX_NS);
	memcpy(text, buf_str(&b), b.len + 1);
	buf_release(&b);
	return text;
}

/* ---- curves ---- */

static int steady_growth(int i)
{
	return 10 + 3 * i;
}

static int slow_growth(int i)
{
	return 1000 + i / 2;
}

static int fast_growth(int i)
{
	return 100 * (i + 1) * (i + 1);
}

static int growth_with_a_wave(int i)
{
	return 50 + 10 * i + (i % 2 ? 4 : 0);
}

static int level(int i)
{
	(void)i;
	return 4000;
}

static int step(int i)
{
	return i < 40 ? 10 : 900;
}

static int burst(int i)
{
	return i < 40 ? 10 : i < 50 ? 10 + 100 * (i - 39) : i < 60 ? 1010 - 100 * (i - 49) : 10;
}

static int shrinking(int i)
{
	return 5000 - 20 * i;
}

static int too_small(int i)
{
	return i < 4 ? i : 4;
}

/* ---- what is strong ---- */

static void growth_in_every_window_is_strong_within_30_samples(void **state)
{
	static const curve curves[] = { steady_growth, slow_growth, fast_growth,
					growth_with_a_wave };
	static const double interval_s[] = { 0.5, 1, 5 };

	(void)state;
	for (size_t c = 0; c < COUNT(curves); c++) {
		for (size_t v = 0; v < COUNT(interval_s); v++) {
			struct kit k;

			kit_start(&k, true);
			for (int i = 0; i < 30; i++)
				push(&k, interval_s[v] * i, curves[c](i));
			if (!is_strong(&k))
				fail_msg("curve %zu at %g s is %s", c, interval_s[v], grade(&k));
			kit_end(&k);
		}
	}
}

static void a_leak_stays_strong_for_as_long_as_it_grows(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 3000; i++) {
		push(&k, i, steady_growth(i));
		if (i >= 30 && !is_strong(&k))
			fail_msg("%s after %d samples", grade(&k), i + 1);
	}
	assert_num(k.t->leaks[0].delta_per_min, 180);
	kit_end(&k);
}

/* ---- what is not ---- */

static void nothing_is_said_before_10_samples_or_5_seconds(void **state)
{
	static const struct {
		double interval_s;
		int samples;
	} rows[] = { { 1, 9 }, { 60, 9 }, { 0.1, 50 }, { 0.02, 240 } };

	(void)state;
	for (size_t r = 0; r < COUNT(rows); r++) {
		struct kit k;

		kit_start(&k, true);
		for (int i = 0; i < rows[r].samples; i++) {
			push(&k, rows[r].interval_s * i, fast_growth(i));
			if (k.t->n_leaks)
				fail_msg("row %zu: a suspect after %d samples", r, i + 1);
		}
		kit_end(&k);
	}
}

static void what_does_not_grow_from_window_to_window_is_never_strong(void **state)
{
	static const curve curves[] = { level, step, burst, shrinking, too_small };

	(void)state;
	for (size_t c = 0; c < COUNT(curves); c++) {
		struct kit k;

		kit_start(&k, true);
		for (int i = 0; i < 200; i++) {
			push(&k, i, curves[c](i));
			if (is_strong(&k))
				fail_msg("curve %zu is strong after %d samples", c, i + 1);
		}
		kit_end(&k);
	}
}

static void a_ramp_that_ended_is_not_strong_in_the_end(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 300; i++)
		push(&k, i, i < 60 ? 10 * i : 600);
	assert_false(is_strong(&k));
	kit_end(&k);
}

/* ---- which stacks count ---- */

static void what_servers_keep_waiting_on_purpose_is_no_suspect(void **state)
{
	static const char *const groups[] = {
		"IO wait: runtime.gopark < internal/poll.(*FD).Accept < net.(*TCPListener).Accept "
		"< main.main",
		"IO wait: runtime.gopark < internal/poll.(*FD).Read < "
		"net/http.(*connReader).backgroundRead",
		"IO wait: runtime.gopark < internal/poll.(*FD).Read < net.(*conn).Read < "
		"net/http.(*connReader).Read < net/http.(*conn).serve",
		"select: runtime.gopark < runtime.selectgo < net/http.(*persistConn).writeLoop",
		"IO wait: runtime.gopark < internal/poll.(*FD).Read < "
		"net/http.(*persistConn).readLoop",
		"select: runtime.gopark < runtime.selectgo < database/sql.(*DB).connectionOpener",
	};

	(void)state;
	for (size_t g = 0; g < COUNT(groups); g++) {
		struct kit k;

		kit_start(&k, true);
		for (int i = 0; i < 60; i++) {
			char text[512];

			snprintf(text, sizeof(text), "%d %s", 10 + 10 * i, groups[g]);
			kit_groups(&k, i, text);
		}
		if (k.t->n_leaks)
			fail_msg("a suspect: %s", groups[g]);
		kit_end(&k);
	}
}

static void what_runs_is_load_and_no_leak(void **state)
{
	static const char *const states[] = { "running", "runnable", "syscall" };

	(void)state;
	for (size_t s = 0; s < COUNT(states); s++) {
		struct kit k;

		kit_start(&k, true);
		for (int i = 0; i < 60; i++) {
			char text[256];

			snprintf(text, sizeof(text), "%d %s: main.work < main.main", 10 * i + 1,
				 states[s]);
			kit_groups(&k, i, text);
		}
		assert_int_equal(k.t->n_leaks, 0);
		kit_end(&k);
	}
}

static void a_leak_is_named_by_the_way_it_leaks(void **state)
{
	static const struct {
		const char *group, *pattern;
	} rows[] = {
		{ "chan receive: runtime.gopark < main.f", "chan-receive-never-sent" },
		{ "chan send: runtime.gopark < main.f", "chan-send-no-receiver" },
		{ "select: runtime.gopark < main.f", "select-never-ready" },
		{ "select (no cases): runtime.gopark < main.f", "select-without-cases" },
		{ "sync.Mutex.Lock: sync.runtime_SemacquireMutex < main.f",
		  "mutex-never-unlocked" },
		{ "sync.WaitGroup.Wait: runtime.gopark < main.f", "waitgroup-missing-done" },
		{ "semacquire: runtime.gopark < sync.(*WaitGroup).Wait < main.f",
		  "waitgroup-missing-done" },
		{ "select: runtime.gopark < net/http.(*persistConn).roundTrip < main.f",
		  "http-client-no-timeout" },
		{ "select: runtime.gopark < database/sql.(*DB).conn < main.f",
		  "sql-pool-exhausted" },
		{ "a reason that is new: runtime.gopark < main.f", "grows-without-end" },
	};

	(void)state;
	for (size_t r = 0; r < COUNT(rows); r++) {
		struct kit k;

		kit_start(&k, true);
		for (int i = 0; i < 40; i++) {
			char text[512];

			snprintf(text, sizeof(text), "%d %s", 10 + 10 * i, rows[r].group);
			kit_groups(&k, i, text);
		}
		assert_int_equal(k.t->n_leaks, 1);
		assert_string_equal(k.t->leaks[0].pattern, rows[r].pattern);
		assert_true(k.t->leaks[0].advice[0] != '\0');
		kit_end(&k);
	}
}

/* ---- one suspect, for as long as it is one ---- */

static bool has_group(const struct target *t, uint64_t id)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		if (t->groups[i]->id == id)
			return true;
	}
	return false;
}

static void a_leak_whose_goroutines_have_a_trace_id_each_is_one_suspect(void **state)
{
	struct kit k;
	char *text = malloc(1 << 18);

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 40; i++) {
		size_t at = 0;

		for (int g = 0; g < 5 + 5 * i; g++)
			at += (size_t)sprintf(text + at, "1 chan receive: " WORKER " {trace=%d}; ",
					      g);
		kit_groups(&k, i, text);
	}
	assert_int_equal(k.t->n_leaks, 1);
	assert_true(is_strong(&k));
	assert_num(k.t->leaks[0].count, 200);
	assert_true(has_group(k.t, k.t->leaks[0].group));
	free(text);
	kit_end(&k);
}

static void a_suspect_stays_until_its_group_has_shrunk_by_half(void **state)
{
	struct kit k;
	double at_s = 0;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 40; i++, at_s++)
		push(&k, at_s, 100 + 10 * i);
	assert_true(is_strong(&k)); /* 490 of them */
	for (int count = 480; count > 250; count -= 5, at_s++) {
		push(&k, at_s, count);
		assert_int_equal(k.t->n_leaks, 1);
		assert_true(has_group(k.t, k.t->leaks[0].group));
	}
	assert_string_equal(grade(&k), "weak");
	push(&k, at_s, 240);
	assert_int_equal(k.t->n_leaks, 0);
	kit_end(&k);
}

static void a_suspect_whose_group_is_gone_is_none(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 40; i++)
		push(&k, i, 100 + 10 * i);
	assert_int_equal(k.t->n_leaks, 1);
	kit_groups(&k, 41, "1 running: main.main");
	assert_int_equal(k.t->n_leaks, 0);
	push(&k, 42, 500);
	assert_int_equal(k.t->n_leaks, 0); /* a new group, seen once */
	kit_end(&k);
}

static void the_worst_suspect_comes_first(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 40; i++) {
		char text[256];

		snprintf(text, sizeof(text), "%d chan send: main.small; %d chan send: main.large\n",
			 10 + i, 10 + 20 * i);
		kit_groups(&k, i, text);
	}
	assert_int_equal(k.t->n_leaks, 2);
	assert_num(k.t->leaks[0].count, 790);
	assert_true(k.t->leaks[0].score > k.t->leaks[1].score);
	kit_end(&k);
}

static void none_found_is_an_empty_list_and_not_looked_is_none(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	for (int i = 0; i < 9; i++)
		push(&k, i, 100);
	assert_null(strstr(json_of(&k, 9), "\"leaks\""));
	for (int i = 9; i < 12; i++)
		push(&k, i, 100);
	assert_non_null(strstr(json_of(&k, 12), "\"leaks\":[]"));
	kit_lost(&k, 13, SOURCE_PPROF, SOURCE_FAILED);
	assert_null(strstr(json_of(&k, 13), "\"leaks\""));
	kit_end(&k);
}

static void kit_leak_profile(struct kit *k, double at_s, const char *func, uint64_t count)
{
	struct sample s = kit_sample(at_s, SOURCE_COUNT);
	struct frame stack[] = { kit_frame("runtime.gopark", 10),
				 kit_frame("runtime.chanrecv1", 11), kit_frame(func, 12) };
	struct goroutine_group groups[] = { { .count = count, .stack = stack, .n_stack = 3 },
					    { .count = 1 } }; /* without frames: dropped */
	struct goroutines g = { .groups = groups, .n_groups = 2, .total = count + 1 };
	struct leak_profile_sample p = { .leaked = &g };

	s.leak_profile = &p;
	model_apply(k->m, &s);
}

static void the_runtimes_own_profile_proves_a_leak_at_once(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, false);
	kit_groups(&k, 1,
		   "2 chan receive: runtime.gopark < runtime.chanrecv1 < main.lost; "
		   "9 select: main.fine");
	assert_int_equal(k.t->n_leaks, 0);
	kit_leak_profile(&k, 2, "main.lost", 2);
	assert_int_equal(k.t->n_leaks, 1);
	assert_text(k.t->leaks[0].grade, "proven");
	assert_true(k.t->leaks[0].score > 0.95);
	assert_num(k.t->leaks[0].count, 2);
	assert_num(k.t->leak_profile.found, 3);
	assert_non_null(strstr(k.t->leaks[0].evidence[k.t->leaks[0].n_evidence - 1],
			       "2 of them can never wake again"));
	kit_groups(&k, 3, "2 chan receive: runtime.gopark < runtime.chanrecv1 < main.lost");
	assert_text(k.t->leaks[0].grade, "proven"); /* what is proven stays so */
	kit_groups(&k, 4, "9 select: main.fine");
	assert_int_equal(k.t->n_leaks, 0);
	kit_end(&k);
}

static void a_profile_that_did_not_come_says_why(void **state)
{
	struct sample s = kit_sample(1, SOURCE_COUNT);
	struct leak_profile_sample p = { .leaked = NULL };
	struct kit k;

	(void)state;
	kit_start(&k, false);
	(void)err_set(&p.why, 0, "this service has none");
	s.leak_profile = &p;
	model_apply(k.m, &s);
	assert_num(k.t->leak_profile.found, ABSENT);
	assert_text(k.t->leak_profile.why, "this service has none");
	assert_true(k.t->leak_profile.unix_ns > 0);
	assert_int_equal(k.t->n_leaks, 0);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth_in_every_window_is_strong_within_30_samples),
		cmocka_unit_test(a_leak_stays_strong_for_as_long_as_it_grows),
		cmocka_unit_test(nothing_is_said_before_10_samples_or_5_seconds),
		cmocka_unit_test(what_does_not_grow_from_window_to_window_is_never_strong),
		cmocka_unit_test(a_ramp_that_ended_is_not_strong_in_the_end),
		cmocka_unit_test(what_servers_keep_waiting_on_purpose_is_no_suspect),
		cmocka_unit_test(what_runs_is_load_and_no_leak),
		cmocka_unit_test(a_leak_is_named_by_the_way_it_leaks),
		cmocka_unit_test(a_leak_whose_goroutines_have_a_trace_id_each_is_one_suspect),
		cmocka_unit_test(a_suspect_stays_until_its_group_has_shrunk_by_half),
		cmocka_unit_test(a_suspect_whose_group_is_gone_is_none),
		cmocka_unit_test(the_worst_suspect_comes_first),
		cmocka_unit_test(none_found_is_an_empty_list_and_not_looked_is_none),
		cmocka_unit_test(the_runtimes_own_profile_proves_a_leak_at_once),
		cmocka_unit_test(a_profile_that_did_not_come_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
