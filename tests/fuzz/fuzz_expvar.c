/* Any bytes as /debug/vars: twice the same, every name within its bounds, and nothing of a command
 * line. */
#include "collectors/parse/expvar.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void touch(struct str s)
{
	volatile char sum = 0;

	for (uint32_t i = 0; i < s.len; i++)
		sum = (char)(sum ^ s.p[i]);
}

static void check_page(const struct expvar *x)
{
	const struct metrics_page *p = &x->page;

	check(p->n_series <= EXPVAR_SERIES_MAX && x->n_own <= p->n_series);
	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *s = &p->series[i];

		check(s->family < p->n_families);
		check(s->name.len > 0 && isfinite(s->value));
		check(!str_is(s->name, "cmdline"));
		check((size_t)s->label + s->n_labels <= p->n_labels);
		touch(s->name);
	}
	for (size_t i = 0; i < p->n_labels; i++) {
		touch(p->labels[i].name);
		touch(p->labels[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct expvar one, again; /* kept, as a collector keeps its own */
	struct err e1 = { "" }, e2 = { "" };
	int r = expvar_parse(&one, (const char *)data, n, &e1);

	check(r == expvar_parse(&again, (const char *)data, n, &e2));
	check(strcmp(e1.text, e2.text) == 0);
	check((r < 0) == (e1.text[0] != '\0'));
	check(one.page.layout == again.page.layout && one.page.n_series == again.page.n_series);
	check_page(&one);
	return 0;
}
