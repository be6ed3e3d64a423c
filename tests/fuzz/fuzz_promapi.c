/* The first 16 bytes are chunk sizes, the rest is an answer: whole or in chunks it must be the
 * same, and a page and a past made of it stay within it. */
#include "collectors/parse/prompast.h"

#include <stdlib.h>

enum { N_SIZES = 16, ROWS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int parse_whole(struct promapi *a, const char *text, size_t n, struct err *e)
{
	int r;

	promapi_begin(a);
	r = promapi_feed(a, text, n, e);
	return r < 0 ? r : promapi_end(a, e);
}

static int parse_chunks(struct promapi *a, const uint8_t *data, size_t n, struct err *e)
{
	const char *text = (const char *)data + N_SIZES;
	size_t left = n - N_SIZES;

	promapi_begin(a);
	for (size_t i = 0; left > 0; i++) {
		size_t size = data[i % N_SIZES] % 64 + 1u;
		int r;

		if (size > left)
			size = left;
		r = promapi_feed(a, text, size, e);
		if (r < 0)
			return r;
		text += size;
		left -= size;
	}
	return promapi_end(a, e);
}

static void touch(struct str s)
{
	volatile char sum = 0;

	for (uint32_t i = 0; i < s.len; i++)
		sum = (char)(sum ^ s.p[i]);
}

static void check_rows(const struct promapi *a)
{
	check(a->n_complete <= a->n_rows);
	for (size_t i = 0; i < a->n_rows; i++) {
		const struct promapi_row *r = &a->rows[i];

		check((size_t)r->label + r->n_labels <= a->n_labels);
		check((size_t)r->point + r->n_points <= a->n_points);
		touch(r->name);
		touch(r->text);
	}
	for (size_t i = 0; i < a->n_labels; i++) {
		touch(a->labels[i].name);
		touch(a->labels[i].value);
	}
	for (size_t i = 0; i < a->n_points; i++)
		check(a->points[i].t_ms >= 0 && a->points[i].t_ms <= 100000000000000);
}

static void check_page(const struct metrics_page *p)
{
	for (size_t i = 0; i < p->n_series; i++) {
		check(p->series[i].family < p->n_families);
		check((size_t)p->series[i].label + p->series[i].n_labels <= p->n_labels);
		touch(p->series[i].name);
		touch(p->families[p->series[i].family].name);
	}
	for (size_t i = 0; i < p->n_labels; i++)
		touch(p->labels[i].value);
}

static void use(const struct promapi *a)
{
	static struct promapi_page page;
	static struct prompast past;
	static uint32_t order[ROWS_MAX];
	struct prompast_grid grid = { .start_ms = 0, .step_ms = 30000, .n = PROMPAST_POINTS_MAX };
	struct promapi_page_rows r = { .answer = a, .rows = order, .slack_ms = 500 };
	int64_t newest;

	for (; r.n < a->n_rows && r.n < ROWS_MAX; r.n++)
		order[r.n] = (uint32_t)r.n;
	if (a->n_labels) {
		r.added = a->labels;
		r.n_added = a->n_labels < 8 ? a->n_labels : 8;
	}
	newest = promapi_page_newest_ms(&r, INT64_MAX);
	if (newest >= 0) {
		promapi_page_build(&page, &r, newest);
		check_page(&page.page);
		grid.start_ms = newest > 3600000 ? newest - 3600000 : 0;
	}
	prompast_build(&past, &r, &grid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct promapi whole, chunks; /* kept, as a reader keeps its own */
	struct err e1 = { "" }, e2 = { "" };
	int r1, r2;

	if (n < N_SIZES)
		return 0;
	r1 = parse_whole(&whole, (const char *)data + N_SIZES, n - N_SIZES, &e1);
	r2 = parse_chunks(&chunks, data, n, &e2);
	check(r1 == r2);
	check(r1 == 0 || (e1.text[0] && e2.text[0]));
	check(whole.n_complete == chunks.n_complete);
	check_rows(&whole);
	check_rows(&chunks);
	if (r1 == 0)
		use(&whole);
	return 0;
}
