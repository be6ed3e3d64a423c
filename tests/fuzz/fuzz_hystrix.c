/* The first 16 bytes are chunk sizes, the rest is a stream: whole or in chunks it must be the same.
 */
#include "collectors/parse/hystrix.h"

#include <math.h>
#include <stdlib.h>

enum { N_SIZES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int feed_chunks(struct hystrix *h, const uint8_t *data, size_t n, struct err *e)
{
	const char *text = (const char *)data + N_SIZES;
	size_t left = n - N_SIZES;
	int r = 0;

	for (size_t i = 0; left > 0 && r == 0; i++) {
		size_t size = data[i % N_SIZES] % 64 + 1u;

		if (size > left)
			size = left;
		r = hystrix_feed(h, text, size, 1, e);
		text += size;
		left -= size;
	}
	return r;
}

static void check_same(const struct circuits_sample *a, const struct circuits_sample *b)
{
	check(a->n == b->n && a->n <= HYSTRIX_CIRCUITS_MAX);
	for (size_t i = 0; i < a->n; i++) {
		check(str_eq(a->rows[i].name, b->rows[i].name));
		check(a->rows[i].name.len <= HYSTRIX_NAME_MAX);
		check(isnan(a->rows[i].n_open) || a->rows[i].n_open >= 0);
		check(isnan(a->rows[i].requests) || a->rows[i].requests >= 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hystrix whole, chunks;
	struct circuits_sample a, b;
	struct err e1 = { "" }, e2 = { "" };

	if (n < N_SIZES)
		return 0;
	hystrix_init(&whole);
	hystrix_init(&chunks);
	check(hystrix_feed(&whole, (const char *)data + N_SIZES, n - N_SIZES, 1, &e1) ==
	      feed_chunks(&chunks, data, n, &e2));
	check(strcmp(e1.text, e2.text) == 0);
	check(whole.n_lines == chunks.n_lines && whole.n_events == chunks.n_events);
	a = hystrix_circuits(&whole, 2);
	b = hystrix_circuits(&chunks, 2);
	check_same(&a, &b);
	hystrix_release(&whole);
	hystrix_release(&chunks);
	return 0;
}
