#include "collectors/parse/promapi.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "collectors/parse/promnum.h"
#include "core/base/hash.h"
#include "core/base/xalloc.h"

/* What the bracket that is open stands for. */
enum where {
	OUTSIDE,
	ROOT,
	DATA,
	WARNINGS,
	RESULT,	 /* the list of series */
	TARGETS, /* the list of targets */
	METRICS, /* the list of what is said of one metric */
	ROW,
	LABELS, /* of a row */
	POINTS,
	POINT,
	ELSEWHERE, /* not of interest, with all that is in it */
};

static int not_an_answer(const char *what, struct err *e)
{
	return err_set(e, -EBADMSG, "not an answer of the Prometheus HTTP API: %s", what);
}

/* ---- rows, labels, points ---- */

/* A lasting copy; the same words share one as long as no other takes its place. */
static struct str word(struct promapi *a, struct str text)
{
	uint64_t h = hash_str(HASH_START, text);
	struct str *at = &a->recent[(h ^ h >> 32) & (PROMAPI_RECENT - 1)];

	if (!at->p || !str_eq(*at, text))
		*at = arena_str(&a->words, text);
	return *at;
}

static struct promapi_row *last_row(struct promapi *a)
{
	return &a->rows[a->n_rows - 1];
}

static int add_row(struct promapi *a, struct err *e)
{
	if (a->n_rows == PROMAPI_ROWS_MAX)
		return err_set(e, -EFBIG, "the answer has more than %d series; refused",
			       PROMAPI_ROWS_MAX);
	GROW(a->rows, a->n_rows, a->rows_cap);
	a->rows[a->n_rows++] = (struct promapi_row){
		.name = STR(""),
		.text = STR(""),
		.label = (uint32_t)a->n_labels,
		.point = (uint32_t)a->n_points,
		.owner = UINT32_MAX,
	};
	return 0;
}

static int add_metric(struct promapi *a, struct err *e)
{
	int r = add_row(a, e);

	if (r == 0)
		last_row(a)->name = a->metric;
	return r;
}

static int add_label(struct promapi *a, struct str value, struct err *e)
{
	struct promapi_row *r = last_row(a);

	if (str_is(a->label_name, "__name__")) {
		r->name = word(a, value);
		return 0;
	}
	if (r->n_labels == PROMAPI_LABELS_MAX)
		return err_set(e, -EFBIG, "a series has more than %d labels; refused",
			       PROMAPI_LABELS_MAX);
	if (a->n_labels == PROMAPI_ALL_LABELS_MAX)
		return err_set(e, -EFBIG, "the answer has more than %d labels; refused",
			       PROMAPI_ALL_LABELS_MAX);
	GROW(a->labels, a->n_labels, a->labels_cap);
	a->labels[a->n_labels++] = (struct label){ a->label_name, word(a, value) };
	r->n_labels++;
	return 0;
}

static int add_point(struct promapi *a, struct err *e)
{
	if (a->n_scalars != 2)
		return not_an_answer("a sample is not a time and a value", e);
	if (a->n_points == PROMAPI_POINTS_MAX)
		return err_set(e, -EFBIG, "the answer has more than %d samples; refused",
			       PROMAPI_POINTS_MAX);
	GROW(a->points, a->n_points, a->points_cap);
	a->points[a->n_points++] = a->pending;
	last_row(a)->n_points++;
	return 0;
}

/* ---- the two halves of a sample ---- */

static bool read_number(struct promapi *a, struct str text, double *ret)
{
	struct decimal d;
	const char *end = promnum_scan(text.p, &d);

	if (!end || end != text.p + text.len)
		return false;
	*ret = promnum_value(&d, text.p, &a->c_locale);
	return true;
}

static bool read_value(struct promapi *a, struct str text, double *ret)
{
	if (str_is(text, "NaN"))
		*ret = NAN;
	else if (str_is(text, "+Inf") || str_is(text, "Inf"))
		*ret = INFINITY;
	else if (str_is(text, "-Inf"))
		*ret = -INFINITY;
	else
		return read_number(a, text, ret);
	return true;
}

static int take_time(struct promapi *a, struct str text, struct err *e)
{
	double s;

	/* Up to the year 5138: what a shift by hours cannot overflow. */
	if (!read_number(a, text, &s) || !(s >= 0 && s < 1e11))
		return not_an_answer("a sample's time is none", e);
	a->pending.t_ms = (int64_t)llround(s * 1e3);
	return 0;
}

static int take_half(struct promapi *a, enum json_event ev, struct str text, struct err *e)
{
	int half = a->n_scalars++;

	if (half == 0 && ev == JSON_NUMBER)
		return take_time(a, text, e);
	if (half == 1 && ev == JSON_STRING && read_value(a, text, &a->pending.value))
		return 0;
	return not_an_answer("a sample is not a time and a value", e);
}

/* ---- the way through the brackets ---- */

static enum where inside(const struct promapi *a, bool is_object)
{
	enum where here = (enum where)a->where[a->depth];

	switch (here) {
	case OUTSIDE:
		return is_object ? ROOT : ELSEWHERE;
	case ROOT:
		if (is_object && str_is(a->key, "data"))
			return DATA;
		return !is_object && str_is(a->key, "warnings") ? WARNINGS : ELSEWHERE;
	case DATA:
		if (!is_object && str_is(a->key, "result"))
			return RESULT;
		if (!is_object && str_is(a->key, "activeTargets"))
			return TARGETS;
		return !is_object && a->key.len ? METRICS : ELSEWHERE;
	case RESULT:
	case TARGETS:
	case METRICS:
		return is_object ? ROW : ELSEWHERE;
	case ROW:
		if (is_object)
			return str_is(a->key, "metric") || str_is(a->key, "labels") ? LABELS
										    : ELSEWHERE;
		if (str_is(a->key, "value"))
			return POINT;
		return str_is(a->key, "values") ? POINTS : ELSEWHERE;
	case POINTS:
		return is_object ? ELSEWHERE : POINT;
	default:
		return ELSEWHERE;
	}
}

static int enter(struct promapi *a, bool is_object, struct err *e)
{
	enum where to = inside(a, is_object), here = (enum where)a->where[a->depth];

	if (here == POINT || (here == POINTS && to != POINT))
		return not_an_answer("a sample is not a time and a value", e);
	if (here == ROW && (str_is(a->key, "histogram") || str_is(a->key, "histograms")))
		a->n_histograms++;
	a->where[++a->depth] = (char)to;
	a->has_rows |= to == RESULT || to == TARGETS || to == METRICS;
	a->n_scalars = 0;
	if (to == METRICS)
		a->metric = a->key;
	if (to != ROW)
		return 0;
	if (here == METRICS)
		return add_metric(a, e);
	return add_row(a, e);
}

static enum metric_type type_named(struct str s)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_SUMMARY] = "summary",
	};

	for (size_t i = METRIC_COUNTER; i < sizeof(names) / sizeof(*names); i++) {
		if (str_is(s, names[i]))
			return (enum metric_type)i;
	}
	return METRIC_UNTYPED;
}

static int leave(struct promapi *a, struct err *e)
{
	enum where left = (enum where)a->where[a->depth--];

	if (left == ROW)
		a->n_complete = a->n_rows;
	return left == POINT ? add_point(a, e) : 0;
}

static void keep(struct promapi *a, struct str *at, struct str text)
{
	if (!at->len)
		*at = arena_str(&a->words, text);
}

static int take_string(struct promapi *a, struct str text, struct err *e)
{
	switch ((enum where)a->where[a->depth]) {
	case ROOT:
		if (str_is(a->key, "status"))
			keep(a, &a->status, text);
		else if (str_is(a->key, "error"))
			keep(a, &a->error, text);
		else if (str_is(a->key, "errorType"))
			keep(a, &a->error_type, text);
		return 0;
	case DATA:
		if (str_is(a->key, "resultType"))
			keep(a, &a->type, text);
		return 0;
	case WARNINGS:
		keep(a, &a->warning, text);
		return 0;
	case LABELS:
		return add_label(a, text, e);
	case ROW:
		if (str_is(a->key, "health"))
			last_row(a)->down = str_is(text, "down");
		else if (str_is(a->key, "lastError") || str_is(a->key, "help"))
			keep(a, &last_row(a)->text, text);
		else if (str_is(a->key, "type"))
			last_row(a)->type = type_named(text);
		return 0;
	default:
		return 0;
	}
}

/* A query for one number has a sample in the list's place; its type says so in the end. */
static int take_scalar(struct promapi *a, enum json_event ev, struct str text, struct err *e)
{
	enum where here = (enum where)a->where[a->depth];

	if (here == POINT)
		return take_half(a, ev, text, e);
	if (ev == JSON_STRING)
		return take_string(a, text, e);
	if (here == LABELS || here == POINTS)
		return not_an_answer("a word is missing in a series", e);
	return 0;
}

static int on_event(void *arg, enum json_event ev, struct str text, struct err *e)
{
	struct promapi *a = arg;

	if (a->words.used_bytes > PROMAPI_TEXT_MAX)
		return err_set(e, -EFBIG, "the answer needs more than %d MiB; refused",
			       PROMAPI_TEXT_MAX >> 20);
	switch (ev) {
	case JSON_OPEN_OBJECT:
	case JSON_OPEN_ARRAY:
		return enter(a, ev == JSON_OPEN_OBJECT, e);
	case JSON_CLOSE_OBJECT:
	case JSON_CLOSE_ARRAY:
		return leave(a, e);
	case JSON_KEY:
		if (a->where[a->depth] == LABELS)
			a->label_name = word(a, text);
		else if (a->where[a->depth] == DATA)
			a->key = word(a, text);
		else if (a->where[a->depth] != ELSEWHERE)
			a->key = text.len < sizeof(a->key_text)
					 ? (struct str){ memcpy(a->key_text, text.p, text.len),
							 text.len }
					 : STR("");
		return 0;
	default:
		return take_scalar(a, ev, text, e);
	}
}

void promapi_begin(struct promapi *a)
{
	arena_clear(&a->words);
	memset(a->recent, 0, sizeof(a->recent));
	a->n_rows = a->n_complete = a->n_points = a->n_labels = a->n_histograms = 0;
	a->warning = a->refused = a->status = a->type = a->error = a->error_type = STR("");
	a->key = a->label_name = a->metric = STR("");
	a->is_vector = a->has_rows = false;
	a->where[0] = OUTSIDE;
	a->depth = a->n_scalars = 0;
	a->json.on = on_event;
	a->json.arg = a;
	jsonpush_begin(&a->json);
}

/* People point it at a web page more often than at anything else. */
static int explain(const struct promapi *a, int r, const char *first, size_t n, struct err *e)
{
	size_t at = 0;

	if (r != -EBADMSG || a->json.n_read >= n)
		return r;
	while (at < n && (first[at] == ' ' || first[at] == '\n' || first[at] == '\r'))
		at++;
	if (at < n && first[at] == '<')
		return not_an_answer("it looks like HTML", e);
	if (at < n && first[at] == '#')
		return not_an_answer("it looks like a page of metrics", e);
	return r;
}

int promapi_feed(struct promapi *a, const char *data, size_t n, struct err *e)
{
	bool fresh = a->json.n_read == 0;
	int r = jsonpush_feed(&a->json, data, n, e);

	return r < 0 && fresh ? explain(a, r, data, n, e) : r;
}

int promapi_end(struct promapi *a, struct err *e)
{
	int r = jsonpush_end(&a->json, e);

	if (r < 0)
		return r;
	if (str_is(a->status, "error")) {
		char *text =
			xasprintf("%.*s%s%.*s", (int)a->error_type.len, a->error_type.p,
				  a->error_type.len ? ": " : "", (int)a->error.len, a->error.p);

		a->refused = arena_str(&a->words, str_of(text));
		free(text);
		return err_set(e, -EREMOTEIO, "the server refuses: %.*s", (int)a->refused.len,
			       a->refused.p);
	}
	if (!str_is(a->status, "success") || !a->has_rows)
		return not_an_answer(a->status.len ? "it has no result" : "it has no status", e);
	if (a->type.len && !str_is(a->type, "vector") && !str_is(a->type, "matrix"))
		return not_an_answer("its result is neither a vector nor a matrix", e);
	a->is_vector = str_is(a->type, "vector");
	return 0;
}

void promapi_release(struct promapi *a)
{
	jsonpush_release(&a->json);
	arena_release(&a->words);
	if (a->c_locale)
		freelocale(a->c_locale);
	free(a->rows);
	free(a->points);
	free(a->labels);
	*a = (struct promapi){ 0 };
}

struct str promapi_label(const struct promapi *a, const struct promapi_row *r, const char *name)
{
	for (uint32_t i = 0; i < r->n_labels; i++) {
		if (str_is(a->labels[r->label + i].name, name))
			return a->labels[r->label + i].value;
	}
	return STR("");
}
