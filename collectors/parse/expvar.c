#include "collectors/parse/expvar.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "collectors/parse/jsontree.h"
#include "core/base/hash.h"
#include "core/base/xalloc.h"
#include "core/encoding.h"
#include "core/names.h"

/* ---- one series more ---- */

static struct str joined(struct expvar *x, struct str a, struct str b)
{
	char text[2 * EXPVAR_NAME_MAX + 2];
	size_t n = a.len;

	if ((size_t)a.len + b.len + 1 > sizeof(text))
		return STR("");
	memcpy(text, a.p, a.len);
	if (a.len && b.len)
		text[n++] = '_';
	memcpy(text + n, b.p, b.len);
	return arena_str(&x->text, (struct str){ text, (uint32_t)(n + b.len) });
}

static void add_label(struct expvar *x, const char *name, struct str value)
{
	struct series *s = &x->series[x->page.n_series];

	if (!value.len)
		return;
	GROW(x->labels, x->page.n_labels, x->labels_cap);
	x->labels[x->page.n_labels++] = (struct label){ str_of(name), arena_str(&x->text, value) };
	s->n_labels++;
	x->page.layout = hash_str(hash_str(x->page.layout, str_of(name)), value);
}

/* `name` stays with the caller until the next parse; an empty label is left out. */
static void add(struct expvar *x, struct str name, struct str label, struct str state, double value)
{
	if (isnan(value) || !name.len)
		return;
	if (str_is(name, "cmdline")) /* at whatever depth: it is nobody's business */
		return;
	if (x->page.n_series == EXPVAR_SERIES_MAX) {
		x->page.cut = true;
		return;
	}
	GROW(x->series, x->page.n_series, x->series_cap);
	x->series[x->page.n_series] = (struct series){
		.name = name,
		.label = (uint32_t)x->page.n_labels,
		.value = value,
	};
	x->page.layout = hash_str(x->page.layout, name);
	add_label(x, "name", label);
	add_label(x, "state", state);
	x->page.n_series++;
}

/* ---- memstats: runtime.MemStats ---- */

static const struct {
	const char *member, *metric;
} memstats[] = {
	{ "HeapAlloc", "go_memstats_heap_alloc_bytes" },
	{ "HeapSys", "go_memstats_heap_sys_bytes" },
	{ "HeapIdle", "go_memstats_heap_idle_bytes" },
	{ "HeapInuse", "go_memstats_heap_inuse_bytes" },
	{ "HeapReleased", "go_memstats_heap_released_bytes" },
	{ "HeapObjects", "go_memstats_heap_objects" },
	{ "NextGC", "go_memstats_next_gc_bytes" },
	{ "TotalAlloc", "go_memstats_alloc_bytes_total" },
	{ "Mallocs", "go_memstats_mallocs_total" },
	{ "Frees", "go_memstats_frees_total" },
	{ "StackInuse", "go_memstats_stack_inuse_bytes" },
	{ "Sys", "go_memstats_sys_bytes" },
	{ "NumGC", "go_gc_duration_seconds_count" },
	/* Since the process started: not the share of the last interval, so no fact takes it. */
	{ "GCCPUFraction", "go_memstats_gc_cpu_fraction" },
};

/* PauseNs is a ring of the last 256; places that were never used are 0. */
static double longest_pause_s(const cJSON *m)
{
	const cJSON *one;
	double longest = NAN;

	if (!(jsontree_num(jsontree_member(m, "NumGC")) > 0))
		return NAN;
	cJSON_ArrayForEach (one, jsontree_member(m, "PauseNs")) {
		double v = jsontree_num(one);

		if (!isnan(v) && !(v <= longest))
			longest = v;
	}
	return longest / 1e9;
}

static void take_memstats(struct expvar *x, const cJSON *m)
{
	double pause_s = longest_pause_s(m);
	static const struct str none = { "", 0 };

	for (size_t i = 0; i < sizeof(memstats) / sizeof(*memstats); i++)
		add(x, str_of(memstats[i].metric), none, none,
		    jsontree_num(jsontree_member(m, memstats[i].member)));
	if (!isnan(pause_s)) {
		add(x, STR("go_gc_duration_seconds"), none, none, pause_s);
		x->series[x->page.n_series - 1].n_labels = 1;
		GROW(x->labels, x->page.n_labels, x->labels_cap);
		x->labels[x->page.n_labels++] = (struct label){ STR("quantile"), STR("1") };
	}
	x->has_memstats = x->page.n_series > 0;
}

/* ---- what else is published ---- */

static bool is_goroutines(const char *name)
{
	static const char *const names[] = { "goroutines",     "num_goroutine",	  "numgoroutine",
					     "num_goroutines", "numgoroutines",	  "goroutine_count",
					     "goroutinecount", "goroutines_count" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* What a member of a breaker or a limiter tells, and how metrics pages call that. Another member
 * is the name of one: {"breakers": {"pay": "open"}}. */
static const struct {
	const char *word, *tail;
} properties[] = {
	{ "state", "state" },
	{ "status", "status" },
	{ "current_state", "state" },
	{ "is_open", "is_open" },
	{ "open", "open" },
	{ "requests", "requests_total" },
	{ "calls", "calls_total" },
	{ "successes", "successes_total" },
	{ "success", "success_total" },
	{ "failures", "failures_total" },
	{ "errors", "errors_total" },
	{ "trips", "trips_total" },
	{ "rejected", "rejected_total" },
	{ "limit", "limit" },
	{ "rate", "limit_per_second" },
	{ "burst", "burst" },
	{ "tokens", "tokens" },
	{ "remaining", "remaining" },
	{ "allowed", "allowed_total" },
	{ "denied", "denied_total" },
	{ "throttled", "throttled_total" },
};

static struct str property_of(struct str word)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(*properties); i++) {
		if (name_is(word, properties[i].word))
			return str_of(properties[i].tail);
	}
	return STR("");
}

static bool is_guard(struct str name)
{
	return name_has(name, "breaker") || name_has(name, "circuit") || name_has(name, "limit");
}

/* The number that a leaf stands for, and for a text its state; NAN: it is none of ours. */
static double value_of(const cJSON *v, struct str *ret_state)
{
	struct str word = jsontree_text(v);

	*ret_state = STR("");
	if (cJSON_IsBool(v))
		return cJSON_IsTrue(v);
	if (cJSON_IsNumber(v))
		return isfinite(v->valuedouble) ? v->valuedouble : NAN;
	if (breaker_state_of_word(word) == BREAKER_UNKNOWN)
		return NAN;
	*ret_state = word;
	return 1;
}

static void take_leaf(struct expvar *x, struct str name, struct str label, const cJSON *v)
{
	struct str state;
	double value = value_of(v, &state);

	if (state.len && !name_ends(name, "_state") && !name_ends(name, "_status"))
		name = joined(x, name, STR("state"));
	add(x, name, label, state, value);
}

static void take_members(struct expvar *x, struct str name, struct str label, const cJSON *o);

static void take_member(struct expvar *x, struct str name, struct str label, const cJSON *v)
{
	struct str word = str_of(v->string), tail = word;

	if (word.len > EXPVAR_NAME_MAX || name.len > EXPVAR_NAME_MAX || x->page.cut)
		return;
	if (is_guard(name) && property_of(word).len)
		tail = property_of(word);
	else if (!label.len) {
		label = word;
		tail = STR("");
	}
	if (cJSON_IsObject(v))
		take_members(x, joined(x, name, tail), label, v);
	else
		take_leaf(x, joined(x, name, tail), label, v);
}

/* JSONTREE_DEPTH_MAX bounds how deep this goes. */
static void take_members(struct expvar *x, struct str name, struct str label, const cJSON *o)
{
	const cJSON *v;

	cJSON_ArrayForEach (v, o) {
		if (v->string)
			take_member(x, name, label, v);
	}
}

/* cep21/circuit publishes each circuit as an object with is_open, under names of its user. */
static void take_circuit(struct expvar *x, const cJSON *o)
{
	const cJSON *is_open = jsontree_member(o, "is_open");
	struct str key = str_of(o->string);

	if (cJSON_IsBool(is_open) && key.len <= EXPVAR_NAME_MAX)
		add(x, STR("circuit_breaker_is_open"), key, STR(""), cJSON_IsTrue(is_open));
}

static void take_var(struct expvar *x, const cJSON *v)
{
	struct str name = arena_str(&x->text, str_of(v->string)), none = STR("");
	const cJSON *child;

	if (name.len > EXPVAR_NAME_MAX)
		return;
	if (!cJSON_IsObject(v)) {
		take_leaf(x, name, none, v);
		return;
	}
	if (!is_guard(name)) {
		take_circuit(x, v);
		cJSON_ArrayForEach (child, v) {
			if (child->string)
				take_circuit(x, child);
		}
	}
	take_members(x, name, none, v);
}

int expvar_parse(struct expvar *x, const char *body, size_t n, struct err *e)
{
	static const struct family untyped = { .name = { "", 0 }, .help = { "", 0 } };
	const cJSON *v;
	size_t n_known;
	cJSON *vars;
	int r = 0;

	arena_clear(&x->text);
	x->page = (struct metrics_page){ .layout = HASH_START };
	x->has_memstats = x->is_expvar = false;
	x->n_own = 0;
	vars = jsontree_object((struct str){ body, (uint32_t)n }, &r, e);
	if (!vars)
		return r;
	x->is_expvar = jsontree_member(vars, "memstats") || jsontree_member(vars, "cmdline");
	take_memstats(x, jsontree_member(vars, "memstats"));
	cJSON_ArrayForEach (v, vars) {
		if (v->string && is_goroutines(v->string))
			add(x, STR("go_goroutines"), STR(""), STR(""), jsontree_num(v));
	}
	n_known = x->page.n_series;
	cJSON_ArrayForEach (v, vars) {
		if (v->string && strcmp(v->string, "memstats") != 0 &&
		    strcmp(v->string, "cmdline") != 0 && !is_goroutines(v->string))
			take_var(x, v);
	}
	cJSON_Delete(vars);
	x->n_own = x->page.n_series - n_known;
	x->page.families = &untyped;
	x->page.n_families = 1;
	x->page.series = x->series;
	x->page.labels = x->labels;
	/* Whoever finds two pages of one hash still gets the same number of series. */
	x->page.layout = (x->page.layout & ~0xffffull) | x->page.n_series;
	return 0;
}

void expvar_release(struct expvar *x)
{
	arena_release(&x->text);
	free(x->series);
	free(x->labels);
	*x = (struct expvar){ 0 };
}
