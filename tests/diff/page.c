/* Reads metrics pages as tests/diff/metrics.py hands them out ("type\nbytes\n0\n" and the body,
 * until the end of stdin) and prints the series of each in the lines that its peer prints. Each
 * page is read three times, which has to come to the same: fresh, in small pieces as if the page
 * before were the last one of the same service, and whole as the following page of itself. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/prombody.h"
#include "core/base/buf.h"
#include "core/base/xalloc.h"

enum { BODY_MAX = 64 << 20, TYPE_MAX = 512 };

static void put_plain(struct buf *b, struct str s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c > '~' || strchr("%\"\\,{}=", c))
			buf_addf(b, "%%%02x", c);
		else
			buf_add(b, &s.p[i], 1);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct label *x = *(const struct label *const *)a,
			   *y = *(const struct label *const *)b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int c = memcmp(x->name.p, y->name.p, n);

	if (c == 0)
		c = (x->name.len > y->name.len) - (x->name.len < y->name.len);
	return c ? c : (x > y) - (x < y);
}

static void put_series(struct buf *b, const struct metrics_page *p, const struct series *s)
{
	const struct label *sorted[PROM_LABELS_MAX];
	uint64_t bits;

	put_plain(b, s->name);
	for (uint32_t i = 0; i < s->n_labels; i++)
		sorted[i] = &p->labels[s->label + i];
	qsort(sorted, s->n_labels, sizeof(*sorted), by_name);
	for (uint32_t i = 0; i < s->n_labels; i++) {
		buf_adds(b, ",");
		put_plain(b, sorted[i]->name);
		buf_adds(b, "=");
		put_plain(b, sorted[i]->value);
	}
	memcpy(&bits, &s->value, sizeof(bits));
	if (isnan(s->value))
		buf_adds(b, " nan\n");
	else
		buf_addf(b, " %016llx\n", (unsigned long long)bits);
}

static void read_page(struct prombody *body, const char *type, const char *data, size_t n,
		      size_t piece, struct buf *ret)
{
	struct err e = { "" };
	int r = 0;

	buf_clear(ret);
	prombody_begin(body);
	prombody_type(body, str_of(type));
	for (size_t at = 0; r == 0 && at < n; at += piece)
		r = prombody_feed(body, data + at, n - at < piece ? n - at : piece, &e);
	if (r == 0)
		r = prombody_end(body, &e);
	if (r < 0) {
		buf_addf(ret, "refused %s\n", e.text);
		return;
	}
	for (size_t i = 0; i < body->page->n_series; i++)
		put_series(ret, body->page, &body->page->series[i]);
}

static void must_be_equal(const struct buf *a, const struct buf *b, const char *how)
{
	if (a->len == b->len && memcmp(a->ptr, b->ptr, a->len) == 0)
		return;
	fprintf(stderr, "page.c: another result %s:\n%.*s-- instead of\n%.*s", how, (int)b->len,
		b->ptr, (int)a->len, a->ptr);
	exit(1);
}

int main(void)
{
	struct prombody kept = { 0 };
	struct buf first, again;
	char type[TYPE_MAX];
	size_t n, unused;

	buf_init(&first, BODY_MAX);
	buf_init(&again, BODY_MAX);
	while (fgets(type, sizeof(type), stdin) && scanf("%zu\n%zu", &n, &unused) == 2 &&
	       getchar() == '\n') {
		struct prombody fresh = { 0 };
		char *data = xreallocarray(NULL, n + 1, 1); /* exact, for the sanitizer */

		type[strcspn(type, "\n")] = '\0';
		if (fread(data, 1, n, stdin) != n)
			return 1;
		read_page(&fresh, type, data, n, BODY_MAX, &first);
		read_page(&kept, type, data, n, 7, &again);
		must_be_equal(&first, &again, "after the page before and in pieces");
		read_page(&kept, type, data, n, BODY_MAX, &again);
		must_be_equal(&first, &again, "as the following page");
		printf("%zu\n", first.len);
		fwrite(first.ptr, 1, first.len, stdout);
		free(data);
		prombody_release(&fresh);
	}
	prombody_release(&kept);
	buf_release(&first);
	buf_release(&again);
	return 0;
}
