/* prom_kit.h - for tests of the metrics parsers: a page as one text, and pages after one another.
 */
#ifndef PROM_KIT_H
#define PROM_KIT_H

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collectors/parse/prombody.h"
#include "core/base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPENMETRICS  "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define PROTOBUF                                                                              \
	"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=" \
	"delimited"

/* "name{label=value;} number|" for each series; what is wrong otherwise. */
static inline void print_page(const struct metrics_page *p, struct buf *ret)
{
	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *s = &p->series[i];

		buf_addf(ret, "%.*s", (int)s->name.len, s->name.p);
		for (uint32_t k = 0; k < s->n_labels; k++) {
			const struct label *l = &p->labels[s->label + k];

			buf_addf(ret, "%s%.*s=%.*s", k ? ";" : "{", (int)l->name.len, l->name.p,
				 (int)l->value.len, l->value.p);
		}
		buf_addf(ret, "%s %.16g|", s->n_labels ? "}" : "", s->value);
	}
}

static inline int read_body(struct prombody *b, const char *type, struct str page, size_t piece,
			    struct buf *ret)
{
	struct err e = { "" };
	int r = 0;

	buf_clear(ret);
	prombody_begin(b);
	prombody_type(b, str_of(type));
	for (size_t at = 0; r == 0 && at < page.len; at += piece)
		r = prombody_feed(b, page.p + at, page.len - at < piece ? page.len - at : piece,
				  &e);
	if (r == 0)
		r = prombody_end(b, &e);
	if (r < 0)
		buf_adds(ret, e.text);
	else
		print_page(b->page, ret);
	return r;
}

/* Each page after each other: as if they were the first, however they are cut. */
static inline void check_following(const char *type, const struct str *pages, size_t n)
{
	static const size_t pieces[] = { 1, 5, 1 << 20 };
	struct prombody kept = { 0 };
	struct buf want, got;

	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	for (size_t i = 0; i < n * n * COUNT(pieces); i++) {
		const struct str *before = &pages[i / n % n], *page = &pages[i % n];
		struct prombody fresh = { 0 };
		int r;

		read_body(&fresh, type, *page, 1 << 20, &want);
		read_body(&kept, type, *before, 1 << 20, &got);
		r = read_body(&kept, type, *page, pieces[i / n / n], &got);
		if (strcmp(buf_str(&got), buf_str(&want)) != 0)
			fail_msg("page %zu after %zu:\n%s\n-- instead of\n%s", i % n, i / n % n,
				 buf_str(&got), buf_str(&want));
		if (r == 0)
			assert_int_equal(kept.page->layout, fresh.page->layout);
		prombody_release(&fresh);
	}
	prombody_release(&kept);
	buf_release(&want);
	buf_release(&got);
}

#endif
