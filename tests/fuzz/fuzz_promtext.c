/* The first 16 bytes are chunk sizes, the rest is a page: whole or in chunks it must be the same.
 */
#include "collectors/parse/promtext.h"

#include <stdlib.h>

enum { N_SIZES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int parse_whole(struct promtext *p, const char *page, size_t n, struct err *e)
{
	int r;

	promtext_begin(p);
	r = promtext_feed(p, page, n, e);
	return r < 0 ? r : promtext_end(p, e);
}

static int parse_chunks(struct promtext *p, const uint8_t *data, size_t n, struct err *e)
{
	const char *page = (const char *)data + N_SIZES;
	size_t left = n - N_SIZES;

	promtext_begin(p);
	for (size_t i = 0; left > 0; i++) {
		size_t size = data[i % N_SIZES] % 64 + 1u;
		int r;

		if (size > left)
			size = left;
		r = promtext_feed(p, page, size, e);
		if (r < 0)
			return r;
		page += size;
		left -= size;
	}
	return promtext_end(p, e);
}

static void touch(struct str s)
{
	volatile char sum = 0;

	for (uint32_t i = 0; i < s.len; i++)
		sum = (char)(sum ^ s.p[i]);
}

static void check_page(const struct metrics_page *p)
{
	for (size_t i = 0; i < p->n_families; i++) {
		touch(p->families[i].name);
		touch(p->families[i].help);
	}
	for (size_t i = 0; i < p->n_series; i++) {
		check(p->series[i].family < p->n_families);
		check((size_t)p->series[i].label + p->series[i].n_labels <= p->n_labels);
		check(p->series[i].name.len > 0);
		touch(p->series[i].name);
	}
	for (size_t i = 0; i < p->n_labels; i++) {
		check(p->labels[i].name.len > 0);
		touch(p->labels[i].name);
		touch(p->labels[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct promtext whole, chunks; /* kept, as a collector keeps its own */
	struct err e1 = { "" }, e2 = { "" };
	int r1, r2;

	if (n < N_SIZES)
		return 0;
	r1 = parse_whole(&whole, (const char *)data + N_SIZES, n - N_SIZES, &e1);
	r2 = parse_chunks(&chunks, data, n, &e2);
	check(r1 == r2);
	check(strcmp(e1.text, e2.text) == 0);
	if (r1 < 0)
		return 0;
	check(whole.page.layout == chunks.page.layout);
	check(whole.page.n_series == chunks.page.n_series);
	check(whole.page.n_labels == chunks.page.n_labels);
	for (size_t i = 0; i < whole.page.n_series; i++)
		check(memcmp(&whole.page.series[i].value, &chunks.page.series[i].value,
			     sizeof(double)) == 0);
	check_page(&whole.page);
	check_page(&chunks.page);
	return 0;
}
