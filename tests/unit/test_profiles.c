/* What the model makes of profiles, from what real programs wrote. */
#include "tests/unit/model_kit.h"

#include <string.h>

#include "collectors/parse/profile.h"
#include "core/base/buf.h"
#include "core/json.h"

#define FIXTURES "tests/fixtures/profile/"

static struct profile reader;

static const struct profile_sample *read_fixture(const char *name)
{
	struct buf b;
	struct err e = { "" };
	char path[128], chunk[4096];
	FILE *f;
	size_t n;

	buf_init(&b, 1 << 20);
	snprintf(path, sizeof(path), FIXTURES "%s.pb.gz", name);
	f = fopen(path, "re");
	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)))
		assert_int_equal(buf_add(&b, chunk, n), 0);
	fclose(f);
	assert_int_equal(profile_read(&reader, b.ptr, b.len, &e), 0);
	buf_release(&b);
	return &reader.sample;
}

static void push(struct kit *k, double at_s, enum profile_kind kind, const struct profile_sample *p,
		 const char *why)
{
	struct profile_answer a = { .kind = kind, .profile = p };
	struct sample sm = { .source = SOURCE_COUNT,
			     .state = SOURCE_OK,
			     .t_ns = KIT_T0_NS + (uint64_t)(at_s * 1e9),
			     .unix_ns = KIT_UNIX_NS + (uint64_t)(at_s * 1e9),
			     .profile = &a };

	err_put(&a.why, "%s", why);
	model_apply(k->m, &sm);
}

static const struct site_row *site(const struct profile_row *p, const char *func)
{
	for (size_t i = 0; i < p->n_sites; i++) {
		if (strcmp(p->sites[i].func, func) == 0)
			return &p->sites[i];
	}
	fail_msg("no %s", func);
	return NULL;
}

static void a_heap_profile_gives_its_sites(void **state)
{
	struct kit k;
	const struct profile_row *p;
	const struct site_row *s;

	(void)state;
	kit_start(&k, true);
	assert_null(k.t->profiles[PROFILE_HEAP]);
	push(&k, 1, PROFILE_HEAP, read_fixture("etcd-heap"), "");
	p = k.t->profiles[PROFILE_HEAP];
	assert_int_equal(k.t->last_profile, PROFILE_HEAP);
	assert_text(p->kind, "heap");
	assert_text(p->type, "inuse_space");
	assert_num(p->total_bytes, 9486776);
	assert_num(p->total, ABSENT);
	assert_num(p->samples, 498);
	assert_num(p->dispatch_pct, ABSENT);
	assert_int_equal(p->n_types, 4);
	s = site(p, "bufio.NewReaderSize");
	assert_num(s->flat_bytes, 1052677);
	assert_num(s->flat_ns, ABSENT);
	assert_num(s->cum_pct, 1052677 * 100.0 / 9486776);
	assert_num(s->alloc_bytes_per_s, ABSENT);
	assert_text(s->place, "bufio.go:57");
	kit_end(&k);
}

/* From two profiles of the same process; where less was allocated than before it is another. */
static void a_second_heap_profile_gives_rates(void **state)
{
	struct profile_sample later;
	struct kit k;

	(void)state;
	kit_start(&k, true);
	later = *read_fixture("etcd-heap");
	later.time_ns = 0;
	push(&k, 1, PROFILE_HEAP, &later, "");
	for (size_t i = 0; i < later.n_sites; i++) {
		int64_t *allocated = (int64_t *)(uintptr_t)&later.sites[i].flat[1];

		if (str_is(later.sites[i].func, "bufio.NewReaderSize"))
			*allocated += 5000000;
		if (str_is(later.sites[i].func, "runtime.malg"))
			*allocated -= 1;
	}
	push(&k, 11, PROFILE_HEAP, &later, "");
	assert_num(site(k.t->profiles[PROFILE_HEAP], "bufio.NewReaderSize")->alloc_bytes_per_s,
		   500000);
	assert_num(site(k.t->profiles[PROFILE_HEAP], "runtime.malg")->alloc_bytes_per_s, ABSENT);
	assert_num(site(k.t->profiles[PROFILE_HEAP], "main.main")->alloc_bytes_per_s, 0);
	kit_end(&k);
}

static void a_cpu_profile_tells_the_share_of_dispatch(void **state)
{
	struct kit k;
	const struct profile_row *p;

	(void)state;
	kit_start(&k, true);
	push(&k, 1, PROFILE_CPU, read_fixture("go1.27-cpu"), "");
	p = k.t->profiles[PROFILE_CPU];
	assert_true(p->dispatch_pct > 5 && p->dispatch_pct < 100);
	assert_true(p->dispatch_leaf_pct > 0 && p->dispatch_leaf_pct <= p->dispatch_pct);
	assert_true(p->duration_s > 0.5);
	assert_num(p->total_bytes, ABSENT);
	kit_end(&k);
}

static void an_empty_profile_says_why(void **state)
{
	struct kit k;

	(void)state;
	kit_start(&k, true);
	push(&k, 1, PROFILE_MUTEX, read_fixture("empty-mutex"), "");
	assert_non_null(
		strstr(k.t->profiles[PROFILE_MUTEX]->detail, "runtime.SetMutexProfileFraction"));
	push(&k, 2, PROFILE_BLOCK, read_fixture("empty-mutex"), "");
	assert_non_null(
		strstr(k.t->profiles[PROFILE_BLOCK]->detail, "runtime.SetBlockProfileRate"));
	kit_end(&k);
}

/* What was seen stays, with its time, when a later question fails. */
static void a_failure_is_told_beside_the_last_good_one(void **state)
{
	struct kit k;
	const struct profile_row *p;

	(void)state;
	kit_start(&k, true);
	push(&k, 1, PROFILE_CPU, NULL, "HTTP 403");
	p = k.t->profiles[PROFILE_CPU];
	assert_text(p->detail, "HTTP 403");
	assert_true(p->taken_unix_ns == 0 && p->n_sites == 0);
	push(&k, 2, PROFILE_CPU, read_fixture("etcd-cpu"), "");
	assert_null(p->detail);
	push(&k, 3, PROFILE_CPU, NULL, "HTTP 403");
	assert_text(p->detail, "HTTP 403");
	assert_int_equal(p->n_sites, 309);
	kit_end(&k);
}

static void profiles_stand_in_the_json(void **state)
{
	struct kit k;
	struct buf out;

	(void)state;
	kit_start(&k, true);
	buf_init(&out, 8 << 20);
	json_model(&out, k.m, KIT_T0_NS, KIT_UNIX_NS);
	assert_null(strstr(buf_str(&out), "\"profiles\""));
	push(&k, 1, PROFILE_HEAP, read_fixture("go1.27-heap"), "");
	buf_clear(&out);
	json_model(&out, k.m, KIT_T0_NS, KIT_UNIX_NS);
	assert_non_null(strstr(buf_str(&out), "\"kind\":\"heap\",\"type\":\"inuse_space\""));
	assert_non_null(strstr(buf_str(&out), "\"flat_bytes\":"));
	assert_null(strstr(buf_str(&out), "\"flat_ns\":"));
	buf_release(&out);
	kit_end(&k);
	profile_release(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_heap_profile_gives_its_sites),
		cmocka_unit_test(a_second_heap_profile_gives_rates),
		cmocka_unit_test(a_cpu_profile_tells_the_share_of_dispatch),
		cmocka_unit_test(an_empty_profile_says_why),
		cmocka_unit_test(a_failure_is_told_beside_the_last_good_one),
		cmocka_unit_test(profiles_stand_in_the_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
