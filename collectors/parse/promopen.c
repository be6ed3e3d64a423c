#include "collectors/parse/promopen.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "collectors/parse/promnum.h"
#include "core/base/xalloc.h"

/* What a sample is to its metric, by the suffix of its name. */
enum role { ROLE_VALUE, ROLE_CREATED, ROLE_BUCKET, ROLE_SUM, ROLE_COUNT, ROLE_NONE };

/* What its value may be; checked on every page. */
enum rule {
	NOT_NAN = 1,
	NOT_NEGATIVE = 2,
	BUCKET = 4,
	IS_ONE = 8,
	IS_BOOL = 16,
	GROWS = 32, /* not below the series before: buckets are cumulative */
	AS_LAST_BUCKET = 64,
	EXEMPLAR = 128,
};

#define HASH_STEP 0x9e3779b97f4a7c15u

struct promopen {
	/* the family under way */
	uint32_t family_plus_1;
	struct str name; /* before the suffix; its own, but for promopen_again */
	enum prom_kind kind;
	bool marked; /* it is known to have series */
	/* the metric under way: its labels without those that tell its samples apart */
	uint64_t metric, sample;
	double le, timestamp;
	bool in_metric, has_bucket, has_inf, has_negative, has_sum, has_count;
	/* of the first k labels of the last sample: kept, because the next one often has them too
	 */
	uint64_t metric_of[PROM_LABELS_MAX + 1], sample_of[PROM_LABELS_MAX + 1];
	struct str apart;
	uint32_t apart_at;
	uint64_t *done; /* all metrics of the page, as a set; a power of two */
	size_t n_done, done_cap;
	uint8_t *rules; /* of each series */
	size_t n_rules, rules_cap;
};

struct promopen *promopen_new(void)
{
	return xcalloc(1, sizeof(struct promopen));
}

void promopen_free(struct promopen *o)
{
	if (!o)
		return;
	free(o->done);
	free(o->rules);
	free(o);
}

void promopen_begin(struct promopen *o)
{
	o->family_plus_1 = 0;
	o->in_metric = false;
	o->n_rules = 0;
	if (o->n_done)
		memset(o->done, 0, o->done_cap * sizeof(*o->done));
	o->n_done = 0;
}

/* ---- metrics ---- */

/* False: it was there already. */
static bool done_add(struct promopen *o, uint64_t metric)
{
	size_t i;

	if (2 * (o->n_done + 1) > o->done_cap) {
		uint64_t *old = o->done;
		size_t n = o->done_cap;

		o->done_cap = n ? 2 * n : 64;
		o->done = xcalloc(o->done_cap, sizeof(*o->done));
		o->n_done = 0;
		for (i = 0; i < n; i++) {
			if (old[i])
				done_add(o, old[i]);
		}
		free(old);
	}
	metric += metric == 0;
	for (i = metric; o->done[i & (o->done_cap - 1)]; i++) {
		if (o->done[i & (o->done_cap - 1)] == metric)
			return false;
	}
	o->done[i & (o->done_cap - 1)] = metric;
	o->n_done++;
	return true;
}

static int close_metric(struct promopen *o, struct line *l)
{
	bool histogram = o->kind == KIND_HISTOGRAM || o->kind == KIND_GAUGEHISTOGRAM;

	if (!o->in_metric)
		return 0;
	o->in_metric = false;
	if (!histogram)
		return 0;
	if (!o->has_inf)
		return promline_refuse(l, -EBADMSG, "a histogram before it has no +Inf bucket");
	if (o->has_sum != o->has_count)
		return promline_refuse(l, -EBADMSG,
				       "a histogram before it has only one of sum and count");
	if (o->has_sum && o->has_negative && o->kind == KIND_HISTOGRAM)
		return promline_refuse(l, -EBADMSG,
				       "a histogram before it has a sum and negative buckets");
	return 0;
}

static int switch_family(struct promopen *o, const struct prompage *out,
			 const struct prompage_slot *s, struct line *l)
{
	int r;

	if (s->family_plus_1 == o->family_plus_1) {
		o->kind = (enum prom_kind)s->kind;
		return 0;
	}
	r = close_metric(o, l);
	o->marked = s->has_series;
	o->family_plus_1 = s->family_plus_1;
	o->kind = (enum prom_kind)s->kind;
	o->name = out->families[s->family_plus_1 - 1].name;
	return r;
}

int promopen_again(struct promopen *o, struct prompage *out, struct line *l,
		   const struct prompage_slot *s, struct str name)
{
	int r = switch_family(o, out, s, l);

	o->name = name;
	return r;
}

int promopen_end(struct promopen *o, struct line *l)
{
	return close_metric(o, l);
}

/* ---- metadata ---- */

int promopen_comment(struct promopen *o, struct prompage *out, struct line *l,
		     const struct comment *c)
{
	struct prompage_slot *s = prompage_find(out, c->name);
	bool *seen = c->kind == COMMENT_HELP ? &s->helped : &s->has_unit;
	struct str name = c->name;

	if (s->has_series)
		return promline_refuse(l, -EBADMSG, "metadata behind the samples of its metric");
	if (c->kind == COMMENT_TYPE) {
		if (prompage_clashes(out, s))
			return promline_refuse(l, -EBADMSG,
					       "its name is also one of another metric");
	} else {
		if (*seen)
			return promline_refuse(l, -EBADMSG, "the same metadata a second time");
		*seen = true;
	}
	if (s->has_unit && (s->kind == KIND_INFO || s->kind == KIND_STATESET))
		return promline_refuse(l, -EBADMSG, "a UNIT for what can have none");
	if (c->kind == COMMENT_UNIT && c->rest.len) {
		if (name.len <= c->rest.len || name.p[name.len - c->rest.len - 1] != '_' ||
		    memcmp(name.p + name.len - c->rest.len, c->rest.p, c->rest.len) != 0)
			return promline_refuse(l, -EBADMSG, "a UNIT that its name does not end in");
	}
	return switch_family(o, out, s, l);
}

/* ---- samples ---- */

#define BIT(kind) (1u << (kind))

static enum role role_of(enum prom_kind kind, struct str suffix)
{
	static const struct {
		const char *suffix;
		enum role role;
		unsigned kinds;
	} roles[] = {
		{ "", ROLE_VALUE,
		  BIT(KIND_UNTYPED) | BIT(KIND_GAUGE) | BIT(KIND_STATESET) | BIT(KIND_SUMMARY) },
		{ "_total", ROLE_VALUE, BIT(KIND_COUNTER) },
		{ "_info", ROLE_VALUE, BIT(KIND_INFO) },
		{ "_created", ROLE_CREATED,
		  BIT(KIND_COUNTER) | BIT(KIND_HISTOGRAM) | BIT(KIND_SUMMARY) |
			  BIT(KIND_GAUGEHISTOGRAM) },
		{ "_bucket", ROLE_BUCKET, BIT(KIND_HISTOGRAM) | BIT(KIND_GAUGEHISTOGRAM) },
		{ "_sum", ROLE_SUM,
		  BIT(KIND_HISTOGRAM) | BIT(KIND_SUMMARY) | BIT(KIND_GAUGEHISTOGRAM) },
		{ "_gsum", ROLE_SUM, BIT(KIND_GAUGEHISTOGRAM) },
		{ "_count", ROLE_COUNT,
		  BIT(KIND_HISTOGRAM) | BIT(KIND_SUMMARY) | BIT(KIND_GAUGEHISTOGRAM) },
		{ "_gcount", ROLE_COUNT, BIT(KIND_GAUGEHISTOGRAM) },
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (BIT(kind) & roles[i].kinds && str_is(suffix, roles[i].suffix))
			return roles[i].role;
	}
	return ROLE_NONE;
}

static enum role role_in_family(const struct promopen *o, struct str name)
{
	if (!o->family_plus_1 || name.len < o->name.len ||
	    memcmp(name.p, o->name.p, o->name.len) != 0)
		return ROLE_NONE;
	name.p += o->name.len;
	name.len -= o->name.len;
	return role_of(o->kind, name);
}

/* The label that tells the samples of one metric apart. */
static struct str apart_label(const struct promopen *o, enum role role)
{
	if (role == ROLE_BUCKET)
		return STR("le");
	if (role == ROLE_VALUE && o->kind == KIND_SUMMARY)
		return STR("quantile");
	return o->kind == KIND_STATESET ? o->name : STR("");
}

/* Hashes of the labels, with and without the one that tells samples apart, in any order of them.
 * False: a name twice. */
static bool hash_labels(struct promopen *o, const struct row *row, struct str apart)
{
	uint32_t i = row->n_kept;

	if (o->apart_at >= i) {
		o->apart = (struct str){ NULL, 0 };
		o->apart_at = UINT32_MAX;
	}
	for (; i < row->n_labels; i++) {
		const struct label *label = &row->labels[i];
		uint64_t h = prompage_hash(prompage_hash(1, label->name), label->value);

		for (uint32_t k = 0; k < i; k++) {
			if (str_eq(row->labels[k].name, label->name))
				return false;
		}
		if (!label->value.len) /* as if it were not there */
			h = 0;
		o->sample_of[i + 1] = o->sample_of[i] + h;
		o->metric_of[i + 1] = o->metric_of[i];
		if (apart.len && str_eq(label->name, apart)) {
			o->apart = label->value;
			o->apart_at = i;
		} else {
			o->metric_of[i + 1] += h;
		}
	}
	return true;
}

/* A bound as "Canonical Numbers" has it; NAN: it is none. */
static double number_of(struct str s, struct line *l)
{
	char text[64];
	struct decimal d;

	if (str_is(s, "+Inf"))
		return INFINITY;
	if (s.len == 0 || s.len >= sizeof(text))
		return NAN;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (promnum_scan(text, &d) != text + s.len)
		return NAN;
	return promnum_value(&d, text, &l->scratch->c_locale);
}

static int take_bucket(struct promopen *o, struct line *l, struct str le)
{
	double bound = number_of(le, l);

	if (isnan(bound))
		return promline_refuse(l, -EBADMSG, "a bucket without an le that is a number");
	if (o->has_bucket && !(bound > o->le))
		return promline_refuse(l, -EBADMSG, "buckets are not in the order of le");
	o->le = bound;
	o->has_bucket = true;
	o->has_inf |= isinf(bound);
	o->has_negative |= bound < 0;
	return 0;
}

static int take_role(struct promopen *o, struct line *l, enum role role, struct str apart)
{
	double q;

	switch (role) {
	case ROLE_BUCKET:
		return take_bucket(o, l, apart);
	case ROLE_SUM:
		o->has_sum = true;
		return 0;
	case ROLE_COUNT:
		o->has_count = true;
		return 0;
	default:
		break;
	}
	if (o->kind == KIND_STATESET && role == ROLE_VALUE && !apart.p)
		return promline_refuse(l, -EBADMSG, "a state without the label that names it");
	if (o->kind != KIND_SUMMARY || role != ROLE_VALUE)
		return 0;
	q = number_of(apart, l);
	return q >= 0 && q <= 1 ? 0
				: promline_refuse(l, -EBADMSG, "a quantile that is not in 0 to 1");
}

static uint8_t rules_of(const struct promopen *o, enum role role, bool first_bucket)
{
	switch (role) {
	case ROLE_BUCKET:
		return NOT_NAN | NOT_NEGATIVE | EXEMPLAR | BUCKET | (first_bucket ? 0 : GROWS);
	case ROLE_COUNT:
		return NOT_NAN | NOT_NEGATIVE | (o->has_inf ? AS_LAST_BUCKET : 0);
	case ROLE_SUM:
		return o->kind == KIND_GAUGEHISTOGRAM && o->has_negative ? NOT_NAN
									 : NOT_NAN | NOT_NEGATIVE;
	default:
		break;
	}
	switch (o->kind) {
	case KIND_COUNTER:
		return NOT_NAN | NOT_NEGATIVE | EXEMPLAR;
	case KIND_SUMMARY:
		return NOT_NEGATIVE;
	case KIND_INFO:
		return IS_ONE;
	case KIND_STATESET:
		return IS_BOOL;
	case KIND_UNTYPED:
		return EXEMPLAR;
	default:
		return 0;
	}
}

/* Its point in time: all of a metric's samples have one or none has, and it does not go back. */
static int take_time(struct promopen *o, struct line *l, const struct row *row, bool again)
{
	if (again && (isnan(row->timestamp) || isnan(o->timestamp)))
		return promline_refuse(l, -EBADMSG, "the same series twice");
	if (row->timestamp < o->timestamp)
		return promline_refuse(l, -EBADMSG,
				       "a timestamp before the last one of its metric");
	if (row->timestamp > o->timestamp) /* another point: its buckets begin anew */
		o->has_bucket = o->has_inf = o->has_sum = o->has_count = false;
	o->timestamp = row->timestamp;
	return 0;
}

static int start_metric(struct promopen *o, struct line *l, uint64_t metric)
{
	int r;

	if (o->in_metric && metric == o->metric)
		return 0;
	r = close_metric(o, l);
	if (r < 0)
		return r;
	if (!done_add(o, metric))
		return promline_refuse(l, -EBADMSG, "samples of a metric that are not together");
	o->metric = metric;
	o->in_metric = true;
	o->sample = 0;
	o->timestamp = NAN;
	o->has_bucket = o->has_inf = o->has_negative = o->has_sum = o->has_count = false;
	return 0;
}

static int find_family(struct promopen *o, struct prompage *out, struct line *l, struct str name,
		       enum role *ret_role)
{
	struct prompage_slot *s;
	int r;

	*ret_role = role_in_family(o, name);
	if (*ret_role != ROLE_NONE && o->marked)
		return 0;
	s = *ret_role != ROLE_NONE ? prompage_find(out, out->families[o->family_plus_1 - 1].name)
				   : prompage_owner(out, name);
	if (s->has_series)
		return promline_refuse(l, -EBADMSG, "its metric was there before another one");
	r = switch_family(o, out, s, l);
	if (r < 0)
		return r;
	s->typed = s->has_series = o->marked = true;
	*ret_role = role_in_family(o, name);
	return *ret_role != ROLE_NONE
		       ? 0
		       : promline_refuse(l, -EBADMSG, "a name that does not fit its TYPE");
}

int promopen_series(struct promopen *o, struct prompage *out, struct line *l, const struct row *row,
		    uint32_t *ret_family, enum promopen_what *ret_what)
{
	bool first_bucket, again;
	uint64_t sample;
	enum role role;
	int r = find_family(o, out, l, row->name, &role);

	if (r < 0)
		return r;
	if (!hash_labels(o, row, apart_label(o, role)))
		return promline_refuse(l, -EBADMSG, "a label name twice");
	r = start_metric(o, l, o->metric_of[row->n_labels] + o->family_plus_1 * HASH_STEP);
	if (r < 0)
		return r;
	sample = o->sample_of[row->n_labels] + role + 1u;
	again = sample == o->sample;
	o->sample = sample;
	r = take_time(o, l, row, again);
	first_bucket = !o->has_bucket;
	if (r == 0)
		r = take_role(o, l, role, o->apart);
	if (r < 0)
		return r;
	*ret_family = o->family_plus_1 - 1;
	*ret_what = role == ROLE_CREATED ? PROMOPEN_CREATED
		    : again		 ? PROMOPEN_AGAIN
					 : PROMOPEN_SERIES;
	if (*ret_what == PROMOPEN_SERIES) {
		GROW(o->rules, o->n_rules, o->rules_cap);
		o->rules[o->n_rules++] = rules_of(o, role, first_bucket);
	}
	if (row->has_exemplar && (role == ROLE_CREATED || !(o->rules[o->n_rules - 1] & EXEMPLAR)))
		return promline_refuse(l, -EBADMSG, "an exemplar where none may be");
	if (role == ROLE_CREATED && !isfinite(row->value))
		return promline_refuse(l, -EBADMSG, "a _created that is no time");
	return 0;
}

bool promopen_allows_exemplar(const struct promopen *o, uint32_t series)
{
	return series < o->n_rules && o->rules[series] & EXEMPLAR;
}

/* ---- values ---- */

static const char *wrong(uint8_t rule, double v, double before, double bucket)
{
	if (rule & NOT_NAN && isnan(v))
		return "is NaN";
	if (rule & NOT_NEGATIVE && v < 0)
		return "is negative";
	if (rule & IS_ONE && v != 1)
		return "is an info and not 1";
	if (rule & IS_BOOL && v != 0 && v != 1)
		return "is a state and neither 0 nor 1";
	if (rule & GROWS && v < before)
		return "is a bucket below the one before";
	if (rule & AS_LAST_BUCKET && v != bucket)
		return "is not its +Inf bucket";
	return NULL;
}

int promopen_values(const struct promopen *o, const struct prompage *out, struct err *e)
{
	double before = 0, bucket = 0;

	for (size_t i = 0; i < out->n_series && i < o->n_rules; i++) {
		const struct series *s = &out->series[i];
		const char *why = NULL;

		if (o->rules[i] & ~(EXEMPLAR | BUCKET))
			why = wrong(o->rules[i], s->value, before, bucket);
		if (why)
			return err_set(e, -EBADMSG, "not as OpenMetrics asks: %.*s %s",
				       (int)(s->name.len < 80 ? s->name.len : 80), s->name.p, why);
		before = s->value;
		if (o->rules[i] & BUCKET)
			bucket = s->value;
	}
	return 0;
}
