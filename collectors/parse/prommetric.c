/* One metric of a family: its labels, and the series that its value is as text. */
#include <math.h>

#include "collectors/parse/promnative.h"
#include "collectors/parse/promrepeat.h"
#include "collectors/parse/promseries.h"

enum { GAUGE = 2, COUNTER, SUMMARY, UNTYPED, HISTOGRAM = 7 };

/* enum MetricType: what it is to us, and the field of its value. */
static const struct {
	enum prom_kind kind;
	uint32_t field;
} types[] = {
	{ KIND_COUNTER, COUNTER },     { KIND_GAUGE, GAUGE },
	{ KIND_SUMMARY, SUMMARY },     { KIND_UNTYPED, UNTYPED },
	{ KIND_HISTOGRAM, HISTOGRAM }, { KIND_GAUGEHISTOGRAM, HISTOGRAM },
};

int prommetric_kind(int64_t type)
{
	return type >= 0 && (uint64_t)type < sizeof(types) / sizeof(types[0])
		       ? (int)types[type].kind
		       : -1;
}

uint32_t prommetric_value_tag(int64_t type)
{
	return PROTO_MESSAGE(types[type].field);
}

static double double_of(struct proto bytes)
{
	uint64_t v;
	double d;

	memcpy(&v, bytes.p, sizeof(v));
	v = le64toh(v);
	memcpy(&d, &v, sizeof(d));
	return d;
}

/* ---- values ---- */

/* google.protobuf.Timestamp */
static int read_created(struct promproto *p, const struct promseries_metric *m, struct proto w)
{
	struct proto_field f = { 0 };
	double seconds = 0, nanos = 0;
	int r;

	while ((r = proto_next(&w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1))
			seconds = (double)(int64_t)f.value;
		else if (f.tag == PROTO_NUMBER(2))
			nanos = (double)(int32_t)f.value;
	}
	if (r == 0)
		promseries_created(p, m, seconds + nanos / 1e9);
	return r;
}

/* Gauge, Counter and Untyped. */
static int add_single(struct promproto *p, const struct promseries_metric *m, struct proto w)
{
	struct proto_field f = { 0 };
	double v = 0;
	int r;

	while ((r = proto_next(&w, &f)) > 0) {
		if (f.tag == PROTO_FIXED(1))
			v = double_of(f.bytes);
		else if (f.tag == PROTO_MESSAGE(3) && p->family.type == 0)
			r = read_created(p, m, f.bytes);
		if (r < 0)
			return r;
	}
	promseries_add(p, m, SUFFIX_NONE, v);
	return r;
}

static int add_quantile(struct promproto *p, const struct promseries_metric *m, struct proto w)
{
	struct proto_field f = { 0 };
	double q = 0, v = 0;
	int r;

	while ((r = proto_next(&w, &f)) > 0) {
		if (f.tag == PROTO_FIXED(1))
			q = double_of(f.bytes);
		else if (f.tag == PROTO_FIXED(2))
			v = double_of(f.bytes);
	}
	promseries_add_bound(p, m, SUFFIX_NONE, q, v);
	return r;
}

static int add_summary(struct promproto *p, const struct promseries_metric *m, struct proto w)
{
	struct proto_field f = { 0 };
	double sum = 0, count = 0;
	int r;

	while ((r = proto_next(&w, &f)) > 0) {
		switch (f.tag) {
		case PROTO_NUMBER(1):
			count = (double)f.value;
			break;
		case PROTO_FIXED(2):
			sum = double_of(f.bytes);
			break;
		case PROTO_MESSAGE(3):
			r = add_quantile(p, m, f.bytes);
			break;
		case PROTO_MESSAGE(4):
			r = read_created(p, m, f.bytes);
			break;
		}
		if (r < 0)
			return r;
	}
	promseries_add(p, m, SUFFIX_SUM, sum);
	promseries_add(p, m, SUFFIX_COUNT, count);
	return r;
}

/* "count, bound" and nothing else, as nearly all are. */
static bool read_plain_bucket(struct proto w, double *ret_le, double *ret_count)
{
	uint64_t n;

	if (w.end - w.p < 11 || *w.p++ != PROTO_NUMBER(1) || proto_varint(&w, &n) < 0 ||
	    w.end - w.p != 9 || *w.p++ != PROTO_FIXED(2))
		return false;
	*ret_count = (double)n;
	*ret_le = double_of(w);
	return true;
}

static int add_bucket(struct promproto *p, const struct promseries_metric *m, struct proto w,
		      bool *ret_inf)
{
	struct proto_field f = { 0 };
	double le = 0, count = 0, count_float = 0;
	int r = 0;

	if (read_plain_bucket(w, &le, &count))
		w.p = w.end;
	while ((r = proto_next(&w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1))
			count = (double)f.value;
		else if (f.tag == PROTO_FIXED(2))
			le = double_of(f.bytes);
		else if (f.tag == PROTO_FIXED(4))
			count_float = double_of(f.bytes);
	}
	*ret_inf |= isinf(le) && le > 0;
	promseries_add_bound(p, m, SUFFIX_BUCKET, le, count_float > 0 ? count_float : count);
	return r;
}

/* Buckets of a native histogram that has no classic ones. */
static int add_native(struct promproto *p, const struct promseries_metric *m, struct proto w,
		      struct err *e)
{
	struct promnative n;
	const char *why;

	if (promnative_read(w, &n, &why) < 0)
		return promproto_refuse(p, e, -EBADMSG, why);
	for (size_t i = 0; i < n.n; i++)
		promseries_add_bound(p, m, SUFFIX_BUCKET, n.le[i], n.count[i]);
	p->has_native = true;
	return 0;
}

static int add_histogram(struct promproto *p, const struct promseries_metric *m, struct proto w,
			 struct err *e)
{
	struct proto whole = w;
	struct proto_field f = { 0 };
	double sum = 0, count = 0, count_float = 0;
	bool has_bucket = false, has_inf = false;
	int r;

	while ((r = proto_next(&w, &f)) > 0) {
		switch (f.tag) {
		case PROTO_NUMBER(1):
			count = (double)f.value;
			break;
		case PROTO_FIXED(2):
			sum = double_of(f.bytes);
			break;
		case PROTO_MESSAGE(3):
			r = add_bucket(p, m, f.bytes, &has_inf);
			has_bucket = true;
			break;
		case PROTO_FIXED(4):
			count_float = double_of(f.bytes);
			break;
		case PROTO_MESSAGE(15):
			r = read_created(p, m, f.bytes);
			break;
		}
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (count_float > 0)
		count = count_float;
	if (!has_bucket && promnative_is(whole)) {
		r = add_native(p, m, whole, e);
		if (r < 0)
			return r;
	}
	if (!has_inf)
		promseries_add_bound(p, m, SUFFIX_BUCKET, INFINITY, count);
	promseries_add(p, m, SUFFIX_SUM, sum);
	promseries_add(p, m, SUFFIX_COUNT, count);
	return 0;
}

/* ---- metrics ---- */

static int read_any_label(struct proto w, struct label *ret)
{
	struct proto_field f = { 0 };
	int r;

	*ret = (struct label){ STR(""), STR("") };
	while ((r = proto_next(&w, &f)) > 0) {
		if (f.tag == PROTO_MESSAGE(1))
			ret->name = promproto_str(f.bytes);
		else if (f.tag == PROTO_MESSAGE(2))
			ret->value = promproto_str(f.bytes);
	}
	return r;
}

/* The label of this place in the metric before; NULL: it had none. */
static const struct label *label_before(const struct promproto *p, uint32_t place)
{
	return place < p->before.n_labels ? &p->out.labels[p->before.first + place] : NULL;
}

/* A label of the name of `before`, with a value below 128 bytes. False: not one, nothing done. */
static bool read_same_label(struct proto w, const struct label *before, struct label *ret)
{
	uint32_t n = before->name.len;
	const uint8_t *value = w.p + 2 + n;

	if (n > PROMSCAN_WIDTH || w.end - w.p < 4 + (ptrdiff_t)n || w.p[0] != PROTO_MESSAGE(1) ||
	    w.p[1] != n || value[0] != PROTO_MESSAGE(2) || value[1] != w.end - value - 2 ||
	    value[1] >= 0x80 || !promscan_is_same((const char *)w.p + 2, before->name.p, n))
		return false;
	ret->name.p = before->name.p;
	ret->name.len = n;
	ret->value.p = (const char *)value + 2;
	ret->value.len = value[1];
	return true;
}

static int take_label(struct promproto *p, struct promseries_metric *m, struct proto w,
		      struct err *e)
{
	const struct label *before = label_before(p, m->n_labels);
	struct label *l = &p->out.labels[m->first + m->n_labels];

	if (m->n_labels == PROM_LABELS_MAX)
		return promproto_refuse(p, e, -EFBIG, "more than 256 labels");
	if (before && read_same_label(w, before, l)) {
		/* Not as if its value were a label. */
		m->hash = prompage_hash(~m->hash, l->value);
		m->n_labels++;
		return 0;
	}
	if (read_any_label(w, l) < 0)
		return promproto_damaged(p, e);
	if (!promproto_is_name(l->name))
		return promproto_refuse(p, e, -EBADMSG,
					"a label's name is empty or has a NUL byte");
	m->hash = prompage_hash(m->hash, promproto_str(w));
	m->n_labels++;
	return 0;
}

int prommetric_add_value(struct promproto *p, const struct promseries_metric *m, struct proto w,
			 struct err *e)
{
	switch (types[p->family.type].field) {
	case SUMMARY:
		return add_summary(p, m, w);
	case HISTOGRAM:
		return add_histogram(p, m, w, e);
	default:
		return add_single(p, m, w);
	}
}

/* Its labels, and where its value is. */
static int take_labels(struct promproto *p, struct promseries_metric *m, struct proto w,
		       struct proto *ret_value, struct err *e)
{
	uint32_t want = prommetric_value_tag(p->family.type);
	const uint8_t *from = w.p;
	struct proto_field f = { 0 };
	bool other = false;
	int r;

	p->repeat->labels = 0;
	while ((r = proto_next(&w, &f)) > 0) {
		if (f.tag == want) /* of two the last counts */
			*ret_value = f.bytes;
		if (f.tag != PROTO_MESSAGE(1)) {
			other = true;
			continue;
		}
		p->repeat->labels = other ? 0 : (uint32_t)(w.p - from);
		r = take_label(p, m, f.bytes, e);
		if (r < 0)
			return r;
	}
	return r < 0 ? promproto_damaged(p, e) : 0;
}

int prommetric_take(struct promproto *p, struct proto w, struct err *e)
{
	struct promseries_metric m = { .first = p->out.n_labels, .hash = p->family.index };
	struct proto value = { NULL, NULL };
	int r;

	prompage_reserve_labels(&p->out, PROM_LABELS_MAX);
	r = take_labels(p, &m, w, &value, e);
	if (r < 0)
		return r;
	if (!value.p)
		return promproto_refuse(p, e, -EBADMSG,
					"a metric has no value of its family's type");
	p->out.n_labels += m.n_labels;
	p->before = (struct promproto_before){ m.first, m.n_labels };
	p->bound = NULL;
	prompage_layout(&p->out, m.hash);
	e->text[0] = '\0';
	r = prommetric_add_value(p, &m, value, e);
	if (r < 0)
		return e->text[0] ? r : promproto_damaged(p, e);
	if (p->used_bytes + prompage_bytes(&p->out) > PROM_PAGE_MAX)
		return promproto_refuse(p, e, -EFBIG, "the page needs more than 256 MiB");
	return 0;
}
