/* prom_kit.h - what the fuzz targets of the metrics formats share. The first 16 bytes are sizes: of
 * chunks, and (the last) of how much of the page is a page before it. Whole or in chunks, first or
 * after another page or after itself: it must come to the same. */
#ifndef FUZZ_PROM_KIT_H
#define FUZZ_PROM_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/prombody.h"

enum { N_SIZES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* In a block of its own, so that a look beyond it is seen. */
static int feed(struct prombody *b, const char *data, size_t n, struct err *e)
{
	char *chunk = malloc(n);
	int r;

	memcpy(chunk, data, n);
	r = prombody_feed(b, chunk, n, e);
	free(chunk);
	return r;
}

static int parse(struct prombody *b, const char *type, const char *page, size_t n,
		 const uint8_t *sizes, struct err *e)
{
	int r = 0;

	e->text[0] = '\0';
	prombody_begin(b);
	prombody_type(b, str_of(type));
	for (size_t i = 0; r == 0 && n > 0; i++) {
		size_t size = sizes ? sizes[i % N_SIZES] % 64 + 1u : n;

		if (size > n)
			size = n;
		r = feed(b, page, size, e);
		page += size;
		n -= size;
	}
	return r < 0 ? r : prombody_end(b, e);
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

static void check_same(const struct metrics_page *a, const struct metrics_page *b)
{
	check(a->layout == b->layout && a->n_series == b->n_series);
	check(a->n_families == b->n_families);
	for (size_t i = 0; i < a->n_series; i++) {
		const struct series *s = &a->series[i], *t = &b->series[i];

		check(memcmp(&s->value, &t->value, sizeof(s->value)) == 0);
		check(str_eq(s->name, t->name) && s->family == t->family);
		check(s->n_labels == t->n_labels);
		for (uint32_t k = 0; k < s->n_labels; k++) {
			check(str_eq(a->labels[s->label + k].name, b->labels[t->label + k].name));
			check(str_eq(a->labels[s->label + k].value, b->labels[t->label + k].value));
		}
	}
	check_page(a);
	check_page(b);
}

/* What is refused is followed by no page. */
static void forget(struct prombody *b)
{
	struct err e;

	check(parse(b, "text/plain", "!", 1, NULL, &e) < 0);
	check(parse(b, "application/vnd.google.protobuf", "\x01\x0a", 2, NULL, &e) < 0);
}

static void fuzz_page(const uint8_t *data, size_t n, const char *type)
{
	static struct prombody kept, fresh; /* as a collector keeps its own */
	const char *page = (const char *)data + N_SIZES;
	struct err e1, e2;
	size_t before;
	int r1, r2;

	if (n < N_SIZES)
		return;
	n -= N_SIZES;
	before = n * data[N_SIZES - 1] / 256;
	forget(&fresh);
	r1 = parse(&fresh, type, page, n, NULL, &e1);
	parse(&kept, type, page + before, n - before, NULL, &e2);
	for (int i = 0; i < 3; i++) { /* after another page, after itself, and in chunks */
		r2 = parse(&kept, type, page, n, i < 2 ? NULL : data, &e2);
		check(r1 == r2 && strcmp(e1.text, e2.text) == 0);
		if (r1 == 0)
			check_same(fresh.page, kept.page);
	}
}

#endif
