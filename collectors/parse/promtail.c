/* What stands behind a series' name and labels: its value, a timestamp, an exemplar. */
#include <errno.h>
#include <math.h>

#include "collectors/parse/promline.h"
#include "collectors/parse/promnum.h"

static int scan_special(struct line *l, double *ret)
{
	const char *from = l->at, *p = from;
	bool sign = *p == '-' || *p == '+';

	while (p < l->end && !promline_is_blank(*p))
		p++;
	l->at = p;
	if (p == from)
		return promline_refuse(l, -EBADMSG, "the value is missing");
	if (promline_is_word(from, (size_t)(p - from), "nan"))
		*ret = NAN;
	else if (promline_is_word(from + sign, (size_t)(p - from - sign), "inf") ||
		 promline_is_word(from + sign, (size_t)(p - from - sign), "infinity"))
		*ret = *from == '-' ? -INFINITY : INFINITY;
	else
		return promline_refuse(l, -EBADMSG, "the value is not a number");
	return 0;
}

static int scan_value(struct line *l, double *ret)
{
	struct decimal d;
	const char *end = promnum_scan(l->at, &d);

	if (!end || (end != l->end && !promline_is_blank(*end)))
		return scan_special(l, ret);
	*ret = promnum_value(&d, l->at, &l->scratch->c_locale);
	if (isinf(*ret))
		return promline_refuse(l, -EBADMSG, "the value is out of range");
	l->at = end;
	return 0;
}

/* Milliseconds in text, seconds with a fraction in OpenMetrics; read past in both. */
static int scan_timestamp(struct line *l, double *ret)
{
	struct decimal d;
	const char *end = promnum_scan(l->at, &d);

	if (!end || (end != l->end && !promline_is_blank(*end)))
		return promline_refuse(l, -EBADMSG, "the timestamp is not a number");
	*ret = l->strict ? promnum_value(&d, l->at, &l->scratch->c_locale) : NAN;
	l->at = end;
	return 0;
}

bool promline_space(struct line *l)
{
	if (*l->at != ' ' || promline_is_blank(l->at[1]) || l->at + 1 == l->end)
		return false;
	l->at++;
	return true;
}

static size_t characters(struct str s)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* From '#' on: its labels, a value, perhaps a timestamp (OpenMetrics 1.0, "Exemplars"). */
static int scan_exemplar(struct line *l, struct row *row)
{
	static const char broken[] = "an exemplar is not of the form # {labels} value timestamp";
	struct row x = { .key = { l->at, 0 }, .name = row->name };
	size_t n = 0;
	int r;

	x.labels = row->labels + row->n_labels;
	l->at++;
	if (!promline_space(l) || *l->at != '{')
		return promline_refuse(l, -EBADMSG, broken);
	l->at++;
	r = promline_labels(l, &x, false);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < x.n_labels; i++)
		n += characters(x.labels[i].name) + characters(x.labels[i].value);
	if (n > PROMLINE_EXEMPLAR_MAX)
		return promline_refuse(l, -EFBIG, "an exemplar's labels are over 128 characters");
	if (!promline_space(l))
		return promline_refuse(l, -EBADMSG, broken);
	r = scan_value(l, &x.value);
	if (r == 0 && l->at != l->end)
		r = promline_space(l) ? scan_timestamp(l, &x.timestamp)
				      : promline_refuse(l, -EBADMSG, broken);
	if (r == 0 && l->at != l->end)
		r = promline_refuse(l, -EBADMSG, "text after an exemplar");
	row->has_exemplar = true;
	return r;
}

/* Behind the value, as OpenMetrics has it. */
static int scan_strict_rest(struct line *l, struct row *row)
{
	int r = 0;

	if (l->at == l->end)
		return 0;
	if (!promline_space(l))
		return promline_refuse(l, -EBADMSG, "one blank was expected after the value");
	if (*l->at != '#') {
		r = scan_timestamp(l, &row->timestamp);
		if (r < 0 || l->at == l->end)
			return r;
		if (!promline_space(l) || *l->at != '#')
			return promline_refuse(l, -EBADMSG, "text after the timestamp");
	}
	return scan_exemplar(l, row);
}

/* Behind the value: a timestamp and an exemplar, both ignored. */
static int scan_rest(struct line *l)
{
	double ignored;
	int r;

	promline_skip_blanks(l);
	if (l->at == l->end || *l->at == '#')
		return 0;
	r = scan_timestamp(l, &ignored);
	if (r < 0)
		return r;
	promline_skip_blanks(l);
	if (l->at != l->end && *l->at != '#')
		return promline_refuse(l, -EBADMSG, "text after the timestamp");
	return 0;
}

int promline_value(struct line *l, struct row *row)
{
	int r = scan_value(l, &row->value);

	if (r < 0)
		return r;
	if (!l->strict)
		return scan_rest(l);
	row->timestamp = NAN;
	row->has_exemplar = false;
	return scan_strict_rest(l, row);
}
