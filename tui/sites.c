#include "tui/sites.h"

#include <math.h>
#include <stdio.h>

enum { HEAD_MAX = 256 };

/* Of the three units only the profile's own has values. */
static const struct column columns[] = {
	{ .key = "flat", .width = 7, .optional = true },
	{ .key = "flat_bytes", .width = 7, .optional = true },
	{ .key = "flat_ns", .width = 7, .optional = true },
	{ .key = "flat_pct", .rank = 1 },
	{ .key = "cum", .width = 7, .optional = true },
	{ .key = "cum_bytes", .width = 7, .optional = true },
	{ .key = "cum_ns", .width = 7, .optional = true },
	{ .key = "cum_pct", .rank = 2 },
	{ .key = "alloc_bytes_per_s", .width = 8, .optional = true, .rank = 3 },
	{ .key = "func", .width = 20, .share = 3 },
	{ .key = "place", .width = 18, .share = 1, .rank = 1 },
	{ 0 },
};

static uint64_t site_key(const void *row)
{
	const struct site_row *r = row;

	return r->id;
}

static const char *const site_names[] = { "file", NULL };

static bool site_any(const void *row, struct str name, filter_test *test, const void *test_arg)
{
	const struct site_row *r = row;

	(void)name; /* a word may be found there too */
	return r->file && test(test_arg, str_of(r->file));
}

const struct list_ops sites_list = {
	.table = &table_sites,
	.columns = columns,
	.row_key = site_key,
	.names = site_names,
	.any = site_any,
};

void sites_collect(const struct profile_row *p, struct list *l)
{
	for (size_t i = 0; p && i < p->n_sites; i++)
		list_add(l, &p->sites[i]);
}

static const char *total_text(const struct profile_row *p, char *buf)
{
	if (!isnan(p->total_bytes))
		return fmt_num(buf, p->total_bytes, UNIT_BYTES);
	if (!isnan(p->total_ns))
		return fmt_num(buf, p->total_ns, UNIT_NS);
	return fmt_num(buf, p->total, UNIT_COUNT);
}

/* "heap profile, 14:03:27: inuse_space, 9.05M in 519 functions" */
static void draw_what(const struct profile_row *p, struct draw *d)
{
	char at[FMT_MAX], total[FMT_MAX], n[FMT_MAX], over[FMT_MAX];

	if (!p->taken_unix_ns) {
		draw_textf(d, 0, 1, d->w - 2, STYLE_WARN, "%s profile, %s: none: %s", p->kind,
			   fmt_clock(at, p->asked_unix_ns), p->detail ? p->detail : "");
		return;
	}
	draw_textf(d, 0, 1, d->w - 2, STYLE_BOLD, "%s profile, %s: %s, %s in %s functions%s%s",
		   p->kind, fmt_clock(at, p->taken_unix_ns), p->type, total_text(p, total),
		   fmt_num(n, p->functions, UNIT_COUNT), isnan(p->duration_s) ? "" : ", over ",
		   isnan(p->duration_s) ? "" : fmt_num(over, p->duration_s, UNIT_S));
}

/* What else there is to know: dispatch, a note, the other types. */
static void draw_more(const struct profile_row *p, struct draw *d)
{
	char stack[FMT_MAX], leaf[FMT_MAX], text[HEAD_MAX];
	int n;

	if (p->taken_unix_ns && p->detail) {
		draw_text(d, 1, 1, d->w - 2, STYLE_WARN, p->detail);
		return;
	}
	if (!isnan(p->dispatch_pct)) {
		draw_textf(d, 1, 1, d->w - 2, STYLE_NORMAL,
			   "dynamic dispatch: %s in Go's code for interfaces (%s as the leaf)",
			   fmt_num(stack, p->dispatch_pct, UNIT_PCT),
			   fmt_num(leaf, p->dispatch_leaf_pct, UNIT_PCT));
		return;
	}
	n = snprintf(text, sizeof(text), "also known: ");
	for (uint32_t i = 0; p->taken_unix_ns && i < p->n_types && n < HEAD_MAX; i++) {
		if (p->types[i].name != p->type)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s ", p->types[i].name);
	}
	if (p->taken_unix_ns && p->n_types > 1)
		draw_text(d, 1, 1, d->w - 2, STYLE_DIM, text);
}

void sites_draw(const struct profile_row *p, struct ui *ui, struct draw *d)
{
	struct draw rows = draw_box(d, 2, 0, d->h - 2, d->w);

	draw_what(p, d);
	draw_more(p, d);
	list_draw(&ui->list, &rows, "no function in it");
}
