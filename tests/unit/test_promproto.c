/* Delimited protobuf, written here byte by byte as protobuf.dev ("Encoding") and client_model's
 * metrics.proto have it. */
#include "tests/unit/prom_kit.h"

#include <endian.h>

enum { COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM };

/* ---- writing ---- */

struct message {
	unsigned char b[4096];
	size_t n;
};

static void put_varint(struct message *m, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		m->b[m->n++] = (unsigned char)(v | 0x80);
	m->b[m->n++] = (unsigned char)v;
}

static void put_number(struct message *m, unsigned field, uint64_t v)
{
	put_varint(m, field << 3);
	put_varint(m, v);
}

static void put_signed(struct message *m, unsigned field, int64_t v)
{
	put_number(m, field, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static void put_bytes(struct message *m, unsigned field, const void *p, size_t n)
{
	put_varint(m, field << 3 | 2);
	put_varint(m, n);
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

static void put_str(struct message *m, unsigned field, const char *s)
{
	put_bytes(m, field, s, strlen(s));
}

static void put_message(struct message *m, unsigned field, const struct message *inner)
{
	put_bytes(m, field, inner->b, inner->n);
}

static void put_raw_double(struct message *m, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	bits = htole64(bits);
	memcpy(m->b + m->n, &bits, sizeof(bits));
	m->n += sizeof(bits);
}

static void put_double(struct message *m, unsigned field, double v)
{
	put_varint(m, field << 3 | 1);
	put_raw_double(m, v);
}

static void put_label(struct message *metric, const char *name, const char *value)
{
	struct message l = { .n = 0 };

	put_str(&l, 1, name);
	put_str(&l, 2, value);
	put_message(metric, 1, &l);
}

static void put_delimited(struct message *page, const struct message *family)
{
	put_varint(page, family->n);
	memcpy(page->b + page->n, family->b, family->n);
	page->n += family->n;
}

static struct message family_of(const char *name, int type)
{
	struct message f = { .n = 0 };

	put_str(&f, 1, name);
	put_str(&f, 2, "help");
	put_number(&f, 3, (uint64_t)type);
	return f;
}

/* A family with one metric without labels, whose value is that message. */
static void put_family(struct message *page, const char *name, int type, unsigned field,
		       const struct message *value)
{
	struct message f = family_of(name, type), metric = { .n = 0 };

	put_message(&metric, field, value);
	put_message(&f, 4, &metric);
	put_delimited(page, &f);
}

static struct str str_of_message(const struct message *m)
{
	return (struct str){ (const char *)m->b, (uint32_t)m->n };
}

static void assert_page(const struct message *page, const char *want)
{
	struct prombody b = { 0 };
	struct buf got;

	buf_init(&got, 1 << 20);
	for (size_t piece = 1; piece < 40; piece++) {
		read_body(&b, PROTOBUF, str_of_message(page), piece, &got);
		assert_string_equal(buf_str(&got), want);
	}
	prombody_release(&b);
	buf_release(&got);
}

/* ---- what is written ---- */

static void put_single(struct message *page, const char *name, int type, unsigned field, double v)
{
	struct message value = { .n = 0 };

	put_double(&value, 1, v);
	put_family(page, name, type, field, &value);
}

static void singles_are_one_series_each(void **state)
{
	struct message page = { .n = 0 };

	(void)state;
	put_single(&page, "c_total", COUNTER, 3, 1.5);
	put_single(&page, "g", GAUGE, 2, NAN);
	put_single(&page, "u", UNTYPED, 5, -INFINITY);
	assert_page(&page, "c_total 1.5|g nan|u -inf|");
}

static void labels_and_repeated_fields_are_read_as_protobuf_asks(void **state)
{
	struct message page = { .n = 0 }, f = family_of("a.b", GAUGE), metric = { .n = 0 },
		       old = { .n = 0 }, value = { .n = 0 };

	(void)state;
	put_label(&metric, "x.y", "a\"\\\n");
	put_double(&old, 1, 1);
	put_message(&metric, 2, &old);
	put_label(&metric, "z", "");
	put_str(&metric, 100, "a field of another time");
	put_double(&value, 1, 2);
	put_message(&metric, 2, &value); /* of two the last counts */
	put_message(&f, 4, &metric);
	put_str(&f, 5, "unit");
	put_delimited(&page, &f);
	assert_page(&page, "a.b{x.y=a\"\\\n;z=} 2|");
}

static void metrics_before_their_name_and_type_are_read(void **state)
{
	struct message page = { .n = 0 }, f = { .n = 0 }, metric = { .n = 0 }, value = { .n = 0 };

	(void)state;
	put_double(&value, 1, 3);
	put_message(&metric, 3, &value);
	put_message(&f, 4, &metric);
	put_number(&f, 3, COUNTER);
	put_str(&f, 1, "late");
	put_delimited(&page, &f);
	assert_page(&page, "late 3|");
}

static void summaries_and_histograms_are_the_series_of_text(void **state)
{
	struct message page = { .n = 0 }, v = { .n = 0 }, part;

	(void)state;
	put_number(&v, 1, 7);
	put_double(&v, 2, 2.5);
	part = (struct message){ .n = 0 };
	put_double(&part, 1, 0.99);
	put_double(&part, 2, 4);
	put_message(&v, 3, &part);
	put_family(&page, "s", SUMMARY, 4, &v);

	v = (struct message){ .n = 0 };
	put_number(&v, 1, 7);
	put_double(&v, 2, 2.5);
	for (int i = 0; i < 2; i++) {
		part = (struct message){ .n = 0 };
		put_number(&part, 1, 3 + (uint64_t)i);
		put_double(&part, 2, i ? 1e6 : 0.25);
		put_message(&v, 3, &part);
	}
	put_family(&page, "h", HISTOGRAM, 7, &v);
	put_family(&page, "gh", GAUGE_HISTOGRAM, 7, &v);
	assert_page(
		&page,
		"s{quantile=0.99} 4|s_sum 2.5|s_count 7|"
		"h_bucket{le=0.25} 3|h_bucket{le=1e+06} 4|h_bucket{le=+Inf} 7|h_sum 2.5|h_count 7|"
		"gh_bucket{le=0.25} 3|gh_bucket{le=1e+06} 4|gh_bucket{le=+Inf} 7|gh_sum 2.5|"
		"gh_count 7|");
}

static void fractional_counts_go_before_whole_ones(void **state)
{
	struct message page = { .n = 0 }, v = { .n = 0 }, part = { .n = 0 };

	(void)state;
	put_number(&v, 1, 7);
	put_double(&v, 4, 7.5);
	put_double(&part, 2, INFINITY);
	put_double(&part, 4, 7.5);
	put_message(&v, 3, &part);
	put_family(&page, "h", HISTOGRAM, 7, &v);
	assert_page(&page, "h_bucket{le=+Inf} 7.5|h_sum 0|h_count 7.5|");
}

static void a_value_that_is_stale_is_absent(void **state)
{
	struct message page = { .n = 0 };
	uint64_t bits = 0x7ff0000000000002;
	double stale;

	(void)state;
	memcpy(&stale, &bits, sizeof(stale));
	put_single(&page, "a", GAUGE, 2, stale);
	put_single(&page, "b", GAUGE, 2, 1);
	assert_page(&page, "b 1|");
}

/* ---- native histograms (prometheus.io/docs/specs/native_histograms) ---- */

static void put_span(struct message *h, unsigned field, int32_t offset, uint32_t length)
{
	struct message s = { .n = 0 };

	put_signed(&s, 1, offset);
	put_number(&s, 2, length);
	put_message(h, field, &s);
}

static struct message native(int32_t schema, double threshold, uint64_t zero, uint64_t count)
{
	struct message h = { .n = 0 };

	put_number(&h, 1, count);
	put_double(&h, 2, 1);
	put_signed(&h, 5, schema);
	put_double(&h, 6, threshold);
	put_number(&h, 7, zero);
	return h;
}

static void assert_native(const struct message *h, const char *want)
{
	struct message page = { .n = 0 };

	put_family(&page, "h", HISTOGRAM, 7, h);
	assert_page(&page, want);
}

static void a_native_histogram_is_its_cumulative_buckets(void **state)
{
	struct message h = native(0, 0.001, 2, 6);

	(void)state;
	put_span(&h, 12, 0, 2); /* (0.5, 1] and (1, 2] */
	put_span(&h, 12, 1, 1); /* (4, 8] */
	put_signed(&h, 13, 1);
	put_signed(&h, 13, 1);
	put_signed(&h, 13, -1);
	assert_native(&h, "h_bucket{le=0.001} 2|h_bucket{le=0.5} 2|h_bucket{le=1} 3|h_bucket{le=2} "
			  "5|h_bucket{le=4} 5|h_bucket{le=8} 6|h_bucket{le=+Inf} 6|h_sum 1|h_count "
			  "6|");
}

static void negative_buckets_come_first_and_end_at_their_upper_bound(void **state)
{
	struct message h = native(0, 0.25, 0, 3);

	(void)state;
	put_span(&h, 9, 1, 2); /* [-2, -1) and [-4, -2) */
	put_signed(&h, 10, 2);
	put_signed(&h, 10, -1);
	assert_native(&h, "h_bucket{le=-4} 0|h_bucket{le=-2} 1|h_bucket{le=-1} 3|h_bucket{le=0.25} "
			  "3|h_bucket{le=+Inf} 3|h_sum 1|h_count 3|");
}

static void fractional_and_packed_counts_are_read(void **state)
{
	struct message h = native(1, 0, 0, 1), packed = { .n = 0 };

	(void)state;
	put_double(&h, 4, 1.75);
	put_span(&h, 12, 1, 2); /* schema 1: (1, sqrt 2] and (sqrt 2, 2] */
	put_raw_double(&packed, 0.5);
	put_raw_double(&packed, 1.25);
	put_bytes(&h, 14, packed.b, packed.n);
	assert_native(&h, "h_bucket{le=1} 0|h_bucket{le=1.4142135623730951} 0.5|h_bucket{le=2} "
			  "1.75|h_bucket{le=+Inf} 1.75|h_sum 1|h_count 1.75|");
}

static void a_wide_native_histogram_is_read_coarser_with_the_same_counts(void **state)
{
	struct message h = native(8, 0, 0, 300), page = { .n = 0 };
	struct prombody b = { 0 };
	struct buf got;
	double last = 0;

	(void)state;
	put_span(&h, 12, 0, 300); /* from just below 1 to above 2 in steps of 0.3 % */
	put_signed(&h, 13, 1);
	for (int i = 1; i < 300; i++)
		put_signed(&h, 13, 0);
	put_family(&page, "h", HISTOGRAM, 7, &h);
	buf_init(&got, 1 << 20);
	assert_int_equal(read_body(&b, PROTOBUF, str_of_message(&page), 100, &got), 0);
	assert_true(b.has_native);
	assert_in_range(b.page->n_series, 20, 62);
	for (size_t i = 0; i + 3 < b.page->n_series; i++) {
		double le = strtod(series_label(b.page, &b.page->series[i], "le").p, NULL);
		/* bucket k ends at 2^(k/256); 1 in each of 0 to 299 */
		double want = floor(log2(le) * 256 + 1e-6) + 1;

		assert_true(le > last);
		assert_true(b.page->series[i].value == (want < 0 ? 0 : want > 300 ? 300 : want));
		last = le;
	}
	prombody_release(&b);
	buf_release(&got);
}

static void an_empty_native_histogram_has_only_its_end(void **state)
{
	struct message h = native(3, 0, 0, 0);

	(void)state;
	put_span(&h, 12, 0, 0);
	assert_native(&h, "h_bucket{le=+Inf} 0|h_sum 1|h_count 0|");
}

/* -53: the bounds are the user's own, and this format does not carry them. */
static void bounds_that_are_not_told_are_not_made_up(void **state)
{
	struct message h = native(-53, 0, 0, 1);

	(void)state;
	put_span(&h, 12, 0, 1);
	put_signed(&h, 13, 1);
	assert_native(&h, "h_bucket{le=+Inf} 1|h_sum 1|h_count 1|");
}

static void damaged_native_histograms_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct message h = native(0, 0, 0, 1);

		put_span(&h, 12, i == 0 ? INT32_MAX : 0, i == 1 ? UINT32_MAX : 1);
		put_signed(&h, 13, i == 2 ? -1 : 1);
		if (i == 3)
			put_signed(&h, 13, 1); /* of no span */
		assert_native(&h, "family h: a native histogram is damaged");
	}
}

/* ---- what is wrong ---- */

static void half_a_page_is_refused(void **state)
{
	struct prombody b = { 0 };
	struct message page = { .n = 0 };
	struct buf got;
	size_t whole;

	(void)state;
	put_single(&page, "first", GAUGE, 2, 1);
	whole = page.n;
	put_single(&page, "second_family", GAUGE, 2, 2);
	buf_init(&got, 1 << 20);
	for (size_t n = 0; n < page.n; n++) {
		int r = read_body(&b, PROTOBUF, (struct str){ (char *)page.b, (uint32_t)n }, 5,
				  &got);

		assert_int_equal(r, n == whole ? 0 : -EBADMSG);
	}
	prombody_release(&b);
	buf_release(&got);
}

static void what_is_no_family_is_refused_with_the_reason(void **state)
{
	struct message page = { .n = 0 }, f, metric = { .n = 0 }, value = { .n = 0 };

	(void)state;
	put_double(&value, 1, 1);
	put_family(&page, "a", COUNTER, 2, &value);
	assert_page(&page, "family a: a metric has no value of its family's type");

	page.n = 0;
	put_single(&page, "a", 77, 2, 1);
	assert_page(&page, "family a: its type is not known");

	page.n = 0;
	put_single(&page, "", GAUGE, 2, 1);
	assert_page(&page, "family 1: its name is empty or has a NUL byte");

	page.n = 0;
	put_single(&page, "a\n", GAUGE, 2, 1);
	put_single(&page, "a\n", GAUGE, 2, 1);
	assert_page(&page, "family a?: is there a second time");

	page.n = 0;
	f = family_of("a", GAUGE);
	put_label(&metric, "", "b");
	put_message(&metric, 2, &value);
	put_message(&f, 4, &metric);
	put_delimited(&page, &f);
	assert_page(&page, "family a: a label's name is empty or has a NUL byte");
}

static void limits_are_kept_with_a_sentence(void **state)
{
	struct prombody b = { 0 };
	struct message head = { .n = 0 };
	struct buf page, got;

	(void)state;
	buf_init(&page, 8 << 20);
	buf_init(&got, 1 << 20);
	/* a metric that never ends */
	put_varint(&head, 4 << 20);
	put_str(&head, 1, "a");
	put_number(&head, 3, GAUGE);
	put_varint(&head, 4 << 3 | 2);
	put_varint(&head, 3 << 20);
	buf_add(&page, (char *)head.b, head.n);
	while (page.len < 3 << 20)
		buf_adds(&page, "aaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(
		read_body(&b, PROTOBUF, (struct str){ page.ptr, (uint32_t)page.len }, 1000, &got),
		-EFBIG);
	assert_string_equal(buf_str(&got), "family a: a metric of more than 1 MiB");

	/* a family of 2^40 bytes */
	head.n = 0;
	put_varint(&head, 1ull << 40);
	put_str(&head, 1, "aaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(read_body(&b, PROTOBUF, str_of_message(&head), 3, &got), -EFBIG);
	assert_string_equal(buf_str(&got), "family 1: of more than 256 MiB");
	prombody_release(&b);
	buf_release(&page);
	buf_release(&got);
}

static void more_than_256_labels_are_refused(void **state)
{
	struct message page = { .n = 0 }, f = family_of("a", GAUGE), metric = { .n = 0 },
		       value = { .n = 0 };

	(void)state;
	for (int i = 0; i < 257; i++)
		put_label(&metric, "b", "c");
	put_double(&value, 1, 1);
	put_message(&metric, 2, &value);
	put_message(&f, 4, &metric);
	put_delimited(&page, &f);
	assert_page(&page, "family a: more than 256 labels");
}

/* ---- following pages ---- */

static struct message history_page(int i)
{
	struct message page = { .n = 0 }, f = family_of(i == 5 ? "renamed" : "requests", COUNTER),
		       h = native(0, 0, 0, 1);

	for (int k = 0; k < (i == 3 ? 3 : 2); k++) {
		struct message metric = { .n = 0 }, value = { .n = 0 };

		put_label(&metric, "code", k == 1 && i == 4 ? "500" : k ? "503" : "200");
		put_double(&value, 1, i * 100 + k);
		put_message(&metric, 3, &value);
		put_message(&f, 4, &metric);
	}
	put_delimited(&page, &f);
	put_single(&page, "up", i == 6 ? UNTYPED : GAUGE, i == 6 ? 5 : 2, i % 2);
	put_span(&h, 12, i == 7 ? 3 : 0, 1);
	put_signed(&h, 13, 1 + i);
	put_family(&page, "native", HISTOGRAM, 7, &h);
	if (i == 8)
		page.n -= 3; /* torn */
	if (i == 9)
		page.b[page.n - 1] = 0xff;
	return page;
}

static void following_pages_are_as_if_they_were_first(void **state)
{
	static struct message m[10];
	struct str pages[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		m[i] = history_page(i);
		pages[i] = str_of_message(&m[i]);
	}
	check_following(PROTOBUF, pages, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(singles_are_one_series_each),
		cmocka_unit_test(labels_and_repeated_fields_are_read_as_protobuf_asks),
		cmocka_unit_test(metrics_before_their_name_and_type_are_read),
		cmocka_unit_test(summaries_and_histograms_are_the_series_of_text),
		cmocka_unit_test(fractional_counts_go_before_whole_ones),
		cmocka_unit_test(a_value_that_is_stale_is_absent),
		cmocka_unit_test(a_native_histogram_is_its_cumulative_buckets),
		cmocka_unit_test(negative_buckets_come_first_and_end_at_their_upper_bound),
		cmocka_unit_test(fractional_and_packed_counts_are_read),
		cmocka_unit_test(a_wide_native_histogram_is_read_coarser_with_the_same_counts),
		cmocka_unit_test(an_empty_native_histogram_has_only_its_end),
		cmocka_unit_test(bounds_that_are_not_told_are_not_made_up),
		cmocka_unit_test(damaged_native_histograms_are_refused),
		cmocka_unit_test(half_a_page_is_refused),
		cmocka_unit_test(what_is_no_family_is_refused_with_the_reason),
		cmocka_unit_test(limits_are_kept_with_a_sentence),
		cmocka_unit_test(more_than_256_labels_are_refused),
		cmocka_unit_test(following_pages_are_as_if_they_were_first),
	};

	return cmocka_run_group_tests_name("promproto", tests, NULL, NULL);
}
