/* gmptop once: one look as text or JSON. Two samples, since rates need two. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/field.h"
#include "core/json.h"
#include "tui/commands.h"
#include "tui/draw.h"
#include "tui/out.h"
#include "tui/sampling.h"

enum { TEXT_ROWS_MAX = 15, SITES_MAX = 30 };

/* ---- text ---- */

/* `without` has bit 1 << i for each field to leave out. */
static void put_row(const struct table *t, const void *row, bool labelled, uint32_t without)
{
	char num[FMT_MAX];

	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		const char *text = NULL;

		if (!f->title || without & 1u << i)
			continue;
		if (f->type == FIELD_NUM && !isnan(field_num(f, row)))
			text = fmt_num(num, field_num(f, row), f->unit);
		else if (f->type == FIELD_TEXT)
			text = field_text(f, row);
		else if (f->type == FIELD_FLAG && field_flag(f, row) >= 0)
			text = field_flag(f, row) ? "yes" : "no";
		if (labelled && text)
			out_textf(stdout, "  %-20s %s\n", f->title, text);
		else if (!labelled)
			out_textf(stdout, "  %-*s", f->width ? f->width : 1, text ? text : "-");
	}
	if (!labelled)
		putchar('\n');
}

static bool is_empty(const struct table *t, const void *row)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		if (t->fields[i].type == FIELD_NUM && !isnan(field_num(&t->fields[i], row)))
			return false;
	}
	return true;
}

static void put_facts(const struct table *t, const void *row)
{
	if (is_empty(t, row))
		return;
	printf("%s\n", t->title);
	put_row(t, row, true, 0);
}

static void put_head(const struct table *t, uint32_t without)
{
	printf("%s\n", t->title);
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (f->title && !(without & 1u << i))
			out_textf(stdout, "  %-*s", f->width ? f->width : 1, f->title);
	}
	putchar('\n');
}

static void put_rows(const struct table *t, const void *rows, size_t n)
{
	if (!n)
		return;
	put_head(t, 0);
	for (size_t i = 0; i < n && i < TEXT_ROWS_MAX; i++)
		put_row(t, (const char *)rows + i * t->row_size, false, 0);
	if (n > TEXT_ROWS_MAX)
		out_textf(stdout, "  … and %zu more\n", n - TEXT_ROWS_MAX);
}

static void put_groups(const struct target *t)
{
	if (!t->n_stacks)
		return;
	put_head(&table_groups, 0);
	for (size_t i = 0; i < t->n_stacks && i < TEXT_ROWS_MAX; i++)
		put_row(&table_groups, t->stacks[i], false, 0);
	if (t->n_stacks > TEXT_ROWS_MAX)
		out_textf(stdout, "  … and %zu more\n", t->n_stacks - TEXT_ROWS_MAX);
}

/* A column of numbers that no row has, as those of the other units, is left out. */
static uint32_t columns_without(const struct table *t, const struct site_row *rows, size_t n)
{
	uint32_t without = 0;

	for (size_t i = 0; i < t->n_fields; i++) {
		bool any = t->fields[i].type != FIELD_NUM;

		for (size_t k = 0; k < n && !any; k++)
			any = !isnan(field_num(&t->fields[i], &rows[k]));
		without |= any ? 0 : 1u << i;
	}
	return without;
}

static void put_types(const struct profile_row *p)
{
	for (uint32_t i = 0; p->n_types > 1 && i < p->n_types; i++)
		out_textf(stdout, "%s%s %.0f %s%s", i ? ", " : "  in all: ", p->types[i].name,
			  p->types[i].total, p->types[i].unit, i + 1 == p->n_types ? "\n" : "");
}

static void put_profile(const struct profile_row *p)
{
	uint32_t without = columns_without(&table_sites, p->sites, p->n_sites);

	printf("Profile\n");
	put_row(&table_profiles, p, true, 0);
	put_types(p);
	if (!p->n_sites)
		return;
	put_head(&table_sites, without);
	for (size_t i = 0; i < p->n_sites && i < SITES_MAX; i++)
		put_row(&table_sites, &p->sites[i], false, without);
	if (p->functions > SITES_MAX)
		out_textf(stdout, "  … and %.0f more\n", p->functions - SITES_MAX);
}

static void put_profiles(const struct target *t)
{
	for (int i = 0; i < PROFILE_KINDS; i++) {
		if (t->profiles[i])
			put_profile(t->profiles[i]);
	}
}

static void put_build(const struct build *b)
{
	if (!b)
		return;
	printf("Build\n");
	out_textf(stdout, "  %.*s  %.*s %.*s%s%s%s\n", (int)b->go.len, b->go.p,
		  (int)(b->module.len ? b->module.len : b->path.len),
		  b->module.len ? b->module.p : b->path.p, (int)b->version.len,
		  b->version.p ? b->version.p : "", b->vcs_modified == 1 ? "  dirty" : "",
		  b->stripped ? "  stripped" : "", b->cgo == 1 ? "  cgo" : "");
	if (b->vcs_revision.len)
		out_textf(stdout, "  revision %.*s\n", (int)b->vcs_revision.len, b->vcs_revision.p);
}

static void put_target(const struct target *t, uint64_t now_ns)
{
	out_textf(stdout, "%s", t->name);
	if (t->pid)
		printf("  pid %d", (int)t->pid);
	if (t->url)
		out_textf(stdout, "  %s", t->url);
	putchar('\n');
	if (t->n_findings == 0 && target_reached(t))
		printf("  no findings\n");
	for (size_t i = 0; i < t->n_findings; i++)
		out_textf(stdout, "  ! %s\n", t->findings[i].text);
	put_head(&table_sources, 0);
	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct source_row row = target_source_row(t, (enum source)i, now_ns);

		if (!row.detail && t->sources[i].note[0])
			row.detail = t->sources[i].note;
		put_row(&table_sources, &row, false, 0);
	}
	put_build(t->build);
	put_facts(&table_sched, &t->facts.sched);
	put_facts(&table_latency, &t->facts.latency);
	put_rows(&table_ps, t->ps, t->n_ps);
	put_facts(&table_goroutines, &t->facts.goroutines);
	put_groups(t);
	put_rows(&table_leaks, t->leaks, t->n_leaks);
	put_rows(&table_breakers, t->breakers, t->n_breakers);
	put_rows(&table_limiters, t->limiters, t->n_limiters);
	put_rows(&table_requests, t->requests, t->n_requests);
	put_facts(&table_memory, &t->facts.memory);
	put_profiles(t);
	put_facts(&table_process, &t->facts.process);
	putchar('\n');
}

static void put_text(const struct app *a, uint64_t now_ns)
{
	for (size_t i = 0; i < a->n_targets; i++)
		put_target(&a->model->targets[i], now_ns);
	fflush(stdout);
}

/* 0, or an exit code when standard output is full; a reader that has gone is no error. */
static int put_json(const struct app *a, uint64_t now_ns)
{
	struct buf out;
	int r = 0;

	buf_init(&out, JSON_MAX);
	json_model(&out, a->model, now_ns, app_unix_ns(a));
	if (!out_all(STDOUT_FILENO, out.ptr, out.len) && errno != EPIPE) {
		app_complain("standard output: %s", strerror(errno));
		r = EXIT_USAGE;
	}
	buf_release(&out);
	return r;
}

static int once_run(const struct options *o)
{
	static struct app a;
	int r = app_open(&a, o);

	if (r == 0) {
		struct sampling s = { .app = &a,
				      .count = o->count ? o->count : 1,
				      .for_ns = o->for_ns };

		if (o->for_ns && !o->count)
			s.count = 0;
		r = sampling_run(&s);
		if (r == 0) {
			if (o->json)
				r = put_json(&a, clock_mono_ns());
			else
				put_text(&a, clock_mono_ns());
			if (r == 0)
				r = app_reach_code(&a);
		}
	}
	app_close(&a);
	return r;
}

const struct command command_once = {
	.name = "once",
	.args = "TARGET... [--json]",
	.help = "one look, as text or JSON; then exit",
	.min_targets = 1,
	.max_targets = TARGETS_MAX,
	.run = once_run,
};
