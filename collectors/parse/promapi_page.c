#include "collectors/parse/promapi_page.h"

#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/xalloc.h"

/* ---- which sample ---- */

static const struct promapi_point *point_at(const struct promapi_page_rows *r,
					    const struct promapi_row *row, int64_t t_ms)
{
	const struct promapi_point *best = NULL;
	int64_t best_off = 0;

	for (uint32_t i = 0; i < row->n_points; i++) {
		const struct promapi_point *p = &r->answer->points[row->point + i];
		int64_t off = p->t_ms > t_ms ? p->t_ms - t_ms : t_ms - p->t_ms;

		if (off <= r->slack_ms && (!best || off < best_off)) {
			best = p;
			best_off = off;
		}
	}
	return best;
}

int64_t promapi_page_newest_ms(const struct promapi_page_rows *r, int64_t until_ms)
{
	int64_t newest = -1;

	for (size_t i = 0; i < r->n; i++) {
		const struct promapi_row *row = &r->answer->rows[r->rows[i]];

		for (uint32_t k = 0; k < row->n_points; k++) {
			int64_t t = r->answer->points[row->point + k].t_ms;

			if (t <= until_ms && t > newest)
				newest = t;
		}
	}
	return newest;
}

/* ---- order ---- */

static int compare_str(struct str a, struct str b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int compare_rows(const void *a, const void *b, void *arg)
{
	const struct promapi *answer = arg;
	const struct promapi_row *x = &answer->rows[*(const uint32_t *)a];
	const struct promapi_row *y = &answer->rows[*(const uint32_t *)b];
	int c = compare_str(x->name, y->name);

	for (uint32_t i = 0; !c && i < x->n_labels && i < y->n_labels; i++) {
		const struct label *l = &answer->labels[x->label + i];
		const struct label *m = &answer->labels[y->label + i];

		c = compare_str(l->name, m->name);
		if (!c)
			c = compare_str(l->value, m->value);
	}
	if (!c)
		c = (x->n_labels > y->n_labels) - (x->n_labels < y->n_labels);
	return c ? c : (*(const uint32_t *)a > *(const uint32_t *)b) ? 1 : -1;
}

/* ---- families ---- */

static bool has_label(const struct promapi *a, const struct promapi_row *row, const char *name)
{
	return promapi_label(a, row, name).len > 0;
}

static struct str without(struct str name, const char *tail)
{
	return (struct str){ name.p, name.len - (uint32_t)strlen(tail) };
}

/* The API tells no types; what a histogram, a summary and a counter look like is a convention that
 * every client library keeps. */
static struct family family_of(const struct promapi *a, const struct promapi_row *row)
{
	struct str n = row->name;
	struct family f = { .name = n, .help = STR("") };

	if (str_ends(n, "_bucket") && has_label(a, row, "le")) {
		f.name = without(n, "_bucket");
		f.type = METRIC_HISTOGRAM;
	} else if (has_label(a, row, "quantile")) {
		f.type = METRIC_SUMMARY;
	} else if (str_ends(n, "_count")) {
		f.name = without(n, "_count"); /* if there is a histogram or summary of that name */
	} else if (str_ends(n, "_sum")) {
		f.name = without(n, "_sum");
	} else if (str_ends(n, "_total")) {
		f.type = METRIC_COUNTER;
	}
	return f;
}

/* Rows are sorted by name: what belongs together stands near. */
enum { NEAR = 64 };

static long find_family(const struct promapi_page *p, struct str name)
{
	size_t n = p->page.n_families;

	for (size_t i = n; i-- > 0 && n - i <= NEAR;) {
		if (str_eq(p->families[i].name, name))
			return (long)i;
	}
	return -1;
}

static void add_help(struct promapi_page *p, const struct promapi_page_rows *r, struct family *f)
{
	for (size_t i = 0; i < r->n_helps; i++) {
		if (!str_eq(r->helps[i].name, f->name))
			continue;
		f->help = r->helps[i].help;
		if (r->helps[i].type != METRIC_UNTYPED)
			f->type = r->helps[i].type;
		p->page.layout =
			hash_str(p->page.layout, f->help); /* it may say what a number means */
	}
}

static uint32_t family_for(struct promapi_page *p, const struct promapi_page_rows *r,
			   const struct promapi_row *row)
{
	struct family f = family_of(r->answer, row);
	long at = find_family(p, f.name);

	if (at < 0) {
		add_help(p, r, &f);
		GROW(p->families, p->page.n_families, p->families_cap);
		p->families[p->page.n_families] = f;
		return (uint32_t)p->page.n_families++;
	}
	if (p->families[at].type == METRIC_UNTYPED)
		p->families[at].type = f.type;
	return (uint32_t)at;
}

/* ---- series ---- */

static bool was_added(const struct promapi_page_rows *r, const struct label *l)
{
	for (size_t i = 0; i < r->n_added; i++) {
		if (str_eq(r->added[i].name, l->name) && str_eq(r->added[i].value, l->value))
			return true;
	}
	return false;
}

static void add_series(struct promapi_page *p, const struct promapi_page_rows *r,
		       const struct promapi_row *row, double value)
{
	struct metrics_page *page = &p->page;
	struct series s = {
		.name = row->name,
		.family = family_for(p, r, row),
		.label = (uint32_t)page->n_labels,
		.value = value,
	};

	page->layout = hash_str(page->layout, row->name);
	for (uint32_t i = 0; i < row->n_labels; i++) {
		const struct label *l = &r->answer->labels[row->label + i];

		if (was_added(r, l))
			continue;
		GROW(p->labels, page->n_labels, p->labels_cap);
		p->labels[page->n_labels++] = *l;
		page->layout = hash_str(hash_str(page->layout, l->name), l->value);
		s.n_labels++;
	}
	GROW(p->series, page->n_series, p->series_cap);
	p->series[page->n_series++] = s;
}

/* Most servers send them so. */
static bool is_sorted(const struct promapi_page_rows *r)
{
	for (size_t i = 1; i < r->n; i++) {
		if (compare_rows(&r->rows[i - 1], &r->rows[i], (void *)(uintptr_t)r->answer) > 0)
			return false;
	}
	return true;
}

bool promapi_page_build(struct promapi_page *p, struct promapi_page_rows *r, int64_t t_ms)
{
	p->page = (struct metrics_page){ .layout = HASH_START };
	if (!is_sorted(r))
		qsort_r(r->rows, r->n, sizeof(*r->rows), compare_rows,
			(void *)(uintptr_t)r->answer);
	for (size_t i = 0; i < r->n; i++) {
		const struct promapi_row *row = &r->answer->rows[r->rows[i]];
		const struct promapi_point *at = point_at(r, row, t_ms);

		if (at && row->name.len)
			add_series(p, r, row, at->value);
	}
	p->page.families = p->families;
	p->page.series = p->series;
	p->page.labels = p->labels;
	return p->page.n_series > 0;
}

void promapi_page_release(struct promapi_page *p)
{
	free(p->families);
	free(p->series);
	free(p->labels);
	*p = (struct promapi_page){ 0 };
}
