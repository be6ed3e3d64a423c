#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/jsonw.h"
#include "core/field.h"

/* ---- what the tables say ---- */

static void put_field(struct jsonw *w, const struct field *f, const void *row)
{
	char id[20];

	switch (f->type) {
	case FIELD_NUM:
		jsonw_num(w, f->key, field_num(f, row));
		break;
	case FIELD_TEXT:
		jsonw_text(w, f->key, field_text(f, row));
		break;
	case FIELD_FLAG:
		if (field_flag(f, row) >= 0)
			jsonw_bool(w, f->key, field_flag(f, row));
		break;
	case FIELD_ID:
		if (!field_id(f, row))
			break;
		snprintf(id, sizeof(id), "%016llx", (unsigned long long)field_id(f, row));
		jsonw_text(w, f->key, id);
		break;
	}
}

static void put_fields(struct jsonw *w, const struct table *t, const void *row)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		if (!t->fields[i].screen_only)
			put_field(w, &t->fields[i], row);
	}
}

static void put_rows(struct jsonw *w, const struct table *t, const void *rows, size_t n);

static void put_object(struct jsonw *w, const struct table *t, const void *row)
{
	jsonw_open(w, t->key, '{');
	put_fields(w, t, row);
	jsonw_close(w, '}');
}

/* ---- what has a shape of its own ---- */

static void put_frame(struct jsonw *w, const char *key, const struct frame *f)
{
	if (!f)
		return;
	jsonw_open(w, key, '{');
	jsonw_str(w, "func", f->func);
	if (f->file.len)
		jsonw_str(w, "file", f->file);
	if (f->line)
		jsonw_u64(w, "line", f->line);
	jsonw_close(w, '}');
}

static void put_time(struct jsonw *w, const char *key, uint64_t unix_ns)
{
	time_t s = (time_t)(unix_ns / NS_PER_S);
	struct tm tm;
	char text[32];
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03uZ", (unsigned)(unix_ns / NS_PER_MS % 1000));
	jsonw_text(w, key, text);
}

static void put_build(struct jsonw *w, const struct build *b)
{
	if (!b)
		return;
	jsonw_open(w, "build", '{');
	jsonw_str(w, "go", b->go);
	if (b->module.len || b->path.len)
		jsonw_str(w, "module", b->module.len ? b->module : b->path);
	if (b->version.len)
		jsonw_str(w, "version", b->version);
	if (b->vcs_revision.len)
		jsonw_str(w, "vcs_revision", b->vcs_revision);
	if (b->vcs_time.len)
		jsonw_str(w, "vcs_time", b->vcs_time);
	if (b->vcs_modified >= 0)
		jsonw_bool(w, "vcs_modified", b->vcs_modified);
	jsonw_bool(w, "stripped", b->stripped);
	if (b->cgo >= 0)
		jsonw_bool(w, "cgo", b->cgo);
	jsonw_open(w, "settings", '{');
	for (size_t i = 0; i < b->n_settings; i++) {
		char key[128];

		snprintf(key, sizeof(key), "%.*s", (int)b->settings[i].key.len,
			 b->settings[i].key.p);
		jsonw_str(w, key, b->settings[i].value);
	}
	jsonw_close(w, '}');
	jsonw_open(w, "deps", '[');
	for (size_t i = 0; i < b->n_deps; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_str(w, "path", b->deps[i].path);
		if (b->deps[i].version.len)
			jsonw_str(w, "version", b->deps[i].version);
		if (b->deps[i].replace.len)
			jsonw_str(w, "replace", b->deps[i].replace);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void put_sources(struct jsonw *w, const struct target *t, uint64_t now_ns)
{
	jsonw_open(w, "sources", '[');
	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct source_row row = target_source_row(t, (enum source)i, now_ns);

		jsonw_open(w, NULL, '{');
		put_fields(w, &table_sources, &row);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_group(struct jsonw *w, const struct group_row *g)
{
	jsonw_open(w, NULL, '{');
	put_fields(w, &table_groups, g);
	put_frame(w, "created_by", g->created_by);
	put_frame(w, "entry", g->root_frame);
	jsonw_open(w, "stack", '[');
	for (uint32_t i = 0; i < g->n_stack; i++)
		put_frame(w, NULL, &g->stack[i]);
	jsonw_close(w, ']');
	if (g->n_states > 1) {
		jsonw_open(w, "states", '[');
		for (uint32_t i = 0; i < g->n_states; i++) {
			jsonw_open(w, NULL, '{');
			jsonw_text(w, "state", g->states[i].state);
			jsonw_num(w, "count", g->states[i].count);
			jsonw_close(w, '}');
		}
		jsonw_close(w, ']');
	}
	if (g->has_ages) {
		jsonw_open(w, "ages", '[');
		for (int i = 0; i < AGE_BUCKETS; i++)
			jsonw_num(w, NULL, g->ages[i]);
		jsonw_close(w, ']');
	}
	if (g->n_labels) {
		jsonw_open(w, "labels", '{');
		for (uint32_t i = 0; i < g->n_labels; i++) {
			char key[256];

			snprintf(key, sizeof(key), "%.*s", (int)g->labels[i].name.len,
				 g->labels[i].name.p);
			jsonw_str(w, key, g->labels[i].value);
		}
		jsonw_close(w, '}');
	}
	jsonw_close(w, '}');
}

/* Quantiles over the runtime's own histogram: absent when nothing ran in the window. */
static void put_latency(struct jsonw *w, const struct target *t)
{
	if (isnan(t->facts.latency.window_s) || t->latency_source == SOURCE_COUNT)
		return;
	jsonw_open(w, table_latency.key, '{');
	jsonw_text(w, "source", source_name(t->latency_source));
	put_fields(w, &table_latency, &t->facts.latency);
	jsonw_close(w, '}');
}

static void put_sched(struct jsonw *w, const struct target *t)
{
	jsonw_open(w, table_sched.key, '{');
	put_fields(w, &table_sched, &t->facts.sched);
	put_latency(w, t);
	if (t->n_ps)
		put_rows(w, &table_ps, t->ps, t->n_ps);
	if (t->n_ms)
		put_rows(w, &table_ms, t->ms, t->n_ms);
	jsonw_close(w, '}');
}

static void put_memory(struct jsonw *w, const struct target *t)
{
	jsonw_open(w, table_memory.key, '{');
	put_fields(w, &table_memory, &t->facts.memory);
	jsonw_text(w, "gc_phase", t->gc_phase);
	jsonw_close(w, '}');
}

static void put_goroutines(struct jsonw *w, const struct target *t)
{
	if (t->goroutines_source == SOURCE_COUNT)
		return;
	jsonw_open(w, "goroutines", '{');
	put_fields(w, &table_goroutines, &t->facts.goroutines);
	jsonw_text(w, "source", source_name(t->goroutines_source));
	if (!isnan(t->by_waiting)) {
		jsonw_open(w, "by_state", '{');
		jsonw_num(w, "running", t->by_running);
		jsonw_num(w, "runnable", t->by_runnable);
		jsonw_num(w, "waiting", t->by_waiting);
		jsonw_num(w, "syscall", t->by_syscall);
		jsonw_close(w, '}');
		jsonw_open(w, "groups", '[');
		for (size_t i = 0; i < t->n_groups; i++)
			put_group(w, t->groups[i]);
		jsonw_close(w, ']');
	}
	jsonw_close(w, '}');
}

static void put_leaks(struct jsonw *w, const struct target *t)
{
	if (!t->leaks_looked)
		return;
	jsonw_open(w, "leaks", '[');
	for (size_t i = 0; i < t->n_leaks; i++) {
		const struct leak_row *l = &t->leaks[i];

		jsonw_open(w, NULL, '{');
		put_fields(w, &table_leaks, l);
		put_frame(w, "site", l->row->site_frame);
		put_frame(w, "created_by", l->row->created_by);
		put_frame(w, "entry", l->row->root_frame);
		jsonw_open(w, "evidence", '[');
		for (uint32_t k = 0; k < l->n_evidence; k++)
			jsonw_text(w, NULL, l->evidence[k]);
		jsonw_close(w, ']');
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_status(struct jsonw *w, const struct request_row *r)
{
	if (isnan(r->status_2xx) && isnan(r->status_5xx))
		return;
	jsonw_open(w, "status", '{');
	jsonw_num(w, "2xx", r->status_2xx);
	jsonw_num(w, "3xx", r->status_3xx);
	jsonw_num(w, "4xx", r->status_4xx);
	jsonw_num(w, "5xx", r->status_5xx);
	jsonw_close(w, '}');
}

static void put_rows(struct jsonw *w, const struct table *t, const void *rows, size_t n)
{
	jsonw_open(w, t->key, '[');
	for (size_t i = 0; i < n; i++) {
		const void *row = (const char *)rows + i * t->row_size;

		jsonw_open(w, NULL, '{');
		if (t == &table_findings)
			put_time(w, "onset", ((const struct finding_row *)row)->onset_unix_ns);
		put_fields(w, t, row);
		if (t == &table_requests)
			put_status(w, row);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

/* ---- profiles ---- */

static void put_site(struct jsonw *w, const struct profile_row *p, const struct site_row *r)
{
	jsonw_open(w, NULL, '{');
	put_fields(w, &table_sites, r);
	if (p->n_types > 1) {
		jsonw_open(w, "by_type", '[');
		for (uint32_t i = 0; i < p->n_types; i++) {
			jsonw_open(w, NULL, '{');
			jsonw_text(w, "name", p->types[i].name);
			jsonw_num(w, "flat", (double)r->by_type[2 * i]);
			jsonw_num(w, "cum", (double)r->by_type[2 * i + 1]);
			jsonw_close(w, '}');
		}
		jsonw_close(w, ']');
	}
	jsonw_close(w, '}');
}

static void put_profile(struct jsonw *w, const struct profile_row *p)
{
	jsonw_open(w, NULL, '{');
	put_fields(w, &table_profiles, p);
	if (p->taken_unix_ns) {
		put_time(w, "time", p->taken_unix_ns);
		jsonw_u64(w, "unix_ns", p->taken_unix_ns);
		jsonw_open(w, "types", '[');
		for (uint32_t i = 0; i < p->n_types; i++) {
			jsonw_open(w, NULL, '{');
			jsonw_text(w, "name", p->types[i].name);
			jsonw_text(w, "unit", p->types[i].unit);
			jsonw_num(w, "total", p->types[i].total);
			jsonw_close(w, '}');
		}
		jsonw_close(w, ']');
		jsonw_open(w, "sites", '[');
		for (size_t i = 0; i < p->n_sites; i++)
			put_site(w, p, &p->sites[i]);
		jsonw_close(w, ']');
	}
	jsonw_close(w, '}');
}

/* Absent as long as none was asked for. */
static void put_profiles(struct jsonw *w, const struct target *t)
{
	if (t->last_profile == PROFILE_KINDS)
		return;
	jsonw_open(w, table_profiles.key, '[');
	for (int i = 0; i < PROFILE_KINDS; i++) {
		if (t->profiles[i])
			put_profile(w, t->profiles[i]);
	}
	jsonw_close(w, ']');
}

static void put_health(struct jsonw *w, const struct health *h)
{
	if (!h->status)
		return;
	jsonw_open(w, "health", '{');
	jsonw_str(w, "url", h->path);
	jsonw_u64(w, "status", (uint64_t)h->status);
	jsonw_num(w, "ms", (double)h->took_ns / 1e6);
	jsonw_close(w, '}');
}

static void put_target(struct jsonw *w, const struct target *t, uint64_t now_ns, uint64_t unix_ns)
{
	bool has_metrics = t->sources[SOURCE_METRICS].state == SOURCE_OK ||
			   t->metrics_source == SOURCE_PROMETHEUS;
	bool has_breakers = t->objects_looked || t->sources[SOURCE_EXPVAR].state == SOURCE_OK ||
			    t->sources[SOURCE_HYSTRIX].state == SOURCE_OK;

	jsonw_open(w, NULL, '{');
	jsonw_text(w, "name", t->name);
	if (t->pid)
		jsonw_u64(w, "pid", (uint64_t)t->pid);
	jsonw_text(w, "url", t->url);
	put_build(w, t->build);
	if (t->start_unix_ns && !t->gone_unix_ns && unix_ns >= t->start_unix_ns)
		jsonw_num(w, "uptime_s", floor((double)(unix_ns - t->start_unix_ns) / 1e9));
	put_health(w, &t->health);
	put_sources(w, t, now_ns);
	put_sched(w, t);
	put_goroutines(w, t);
	put_leaks(w, t);
	if (has_metrics || has_breakers) { /* an empty list: looked, and there are none */
		put_rows(w, &table_breakers, t->breakers, t->n_breakers);
		put_rows(w, &table_limiters, t->limiters, t->n_limiters);
	}
	if (has_metrics)
		put_rows(w, &table_requests, t->requests, t->n_requests);
	put_object(w, &table_net, &t->facts.net);
	put_memory(w, t);
	put_profiles(w, t);
	put_object(w, &table_process, &t->facts.process);
	if (t->n_threads)
		put_rows(w, &table_threads, t->threads, t->n_threads);
	put_rows(w, &table_findings, t->findings, t->n_findings);
	put_object(w, &table_cost, &t->facts.cost);
	jsonw_close(w, '}');
}

void json_model(struct buf *out, const struct model *m, uint64_t now_ns, uint64_t unix_ns)
{
	struct jsonw w = { .out = out };

	jsonw_open(&w, NULL, '{');
	jsonw_u64(&w, "schema", JSON_SCHEMA);
	put_time(&w, "time", unix_ns);
	jsonw_u64(&w, "unix_ns", unix_ns);
	jsonw_open(&w, "targets", '[');
	for (size_t i = 0; i < m->n_targets; i++)
		put_target(&w, &m->targets[i], now_ns, unix_ns);
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	buf_adds(out, "\n");
}
