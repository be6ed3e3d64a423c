#include "collectors/parse/promline.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "collectors/parse/promnum.h"
#include "core/base/xalloc.h"

enum { METRIC_FIRST = 1, METRIC_REST = 2, LABEL_FIRST = 4, LABEL_REST = 8 };
enum {
	ANYWHERE = METRIC_FIRST | METRIC_REST | LABEL_FIRST | LABEL_REST,
	NOT_FIRST = METRIC_REST | LABEL_REST,
};

/* Beyond ASCII the format wants quotes; a bare name is taken as it is. */
static const unsigned char classes[256] = {
	['a' ... 'z'] = ANYWHERE,   ['A' ... 'Z'] = ANYWHERE,  ['_'] = ANYWHERE,
	[0x80 ... 0xff] = ANYWHERE, ['0' ... '9'] = NOT_FIRST, [':'] = METRIC_FIRST | METRIC_REST,
};

int promline_refuse(struct line *l, int code, const char *why)
{
	l->why = why;
	return code;
}

bool promline_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void promline_skip_blanks(struct line *l)
{
	while (promline_is_blank(*l->at))
		l->at++;
}

/* Takes a run of bytes of the class; the caller has looked at the first. */
static struct str scan_run(struct line *l, unsigned class)
{
	const char *from = l->at;

	while (classes[(unsigned char)*l->at] & class)
		l->at++;
	return (struct str){ from, (uint32_t)(l->at - from) };
}

static uint64_t zero_bytes(uint64_t v)
{
	return (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
}

/* The first '"' or '\\' from p on, or some place at or behind `end`. Loads eight bytes at once. */
static const char *find_quote(const char *p, const char *end)
{
	for (; p < end; p += 8) {
		uint64_t v, hits;

		memcpy(&v, p, 8);
		v = le64toh(v);
		hits = zero_bytes(v ^ 0x2222222222222222u) | zero_bytes(v ^ 0x5c5c5c5c5c5c5c5cu);
		if (hits)
			return p + (__builtin_ctzll(hits) >> 3);
	}
	return p;
}

static char *unescaped_room(struct promtext_scratch *sc, size_t n)
{
	char *room;

	if ((size_t)(sc->end - sc->at) < n) {
		sc->at = arena_alloc(&sc->blocks, PROMLINE_BLOCK);
		sc->end = sc->at + PROMLINE_BLOCK;
	}
	room = sc->at;
	sc->at += n;
	sc->used_bytes += n;
	return room;
}

/* Other escapes than \\, \" and \n stay as they are, as in Prometheus itself. */
struct str promline_unescape(struct promtext_scratch *sc, struct str s)
{
	char *to = unescaped_room(sc, s.len);
	uint32_t n = 0;

	for (uint32_t i = 0; i < s.len; i++) {
		char next = i + 1 < s.len ? s.p[i + 1] : '\0';

		if (s.p[i] == '\\' && (next == '\\' || next == '"' || next == 'n')) {
			to[n++] = next == 'n' ? '\n' : next;
			i++;
		} else {
			to[n++] = s.p[i];
		}
	}
	return (struct str){ to, n };
}

/* From an opening quote to behind its closing one. */
static int scan_quoted(struct line *l, struct str *ret)
{
	const char *from = l->at + 1, *p = find_quote(from, l->end);
	bool escaped = false;
	struct str s;

	while (p < l->end && *p == '\\') {
		escaped = true;
		p = find_quote(p + 2, l->end);
	}
	if (p >= l->end)
		return promline_refuse(l, -EBADMSG, "a quote is not closed");
	s = (struct str){ from, (uint32_t)(p - from) };
	l->at = p + 1;
	*ret = escaped ? promline_unescape(l->scratch, s) : s;
	return 0;
}

static int scan_quoted_name(struct line *l, struct str *ret)
{
	int r = scan_quoted(l, ret);

	if (r < 0)
		return r;
	if (ret->len == 0)
		return promline_refuse(l, -EBADMSG, "a name is empty");
	if (memchr(ret->p, '\0', ret->len))
		return promline_refuse(l, -EBADMSG, "a NUL byte in a name");
	return 0;
}

/* The name before '=' and what stands behind it. A quoted name without '=' is the metric's. */
static int scan_label(struct line *l, struct row *row)
{
	struct label *label = &row->labels[row->n_labels];
	bool quoted = *l->at == '"';
	int r = 0;

	if (row->n_labels == PROMTEXT_LABELS_MAX)
		return promline_refuse(l, -EFBIG, "more than 256 labels");
	if (quoted)
		r = scan_quoted_name(l, &label->name);
	else if (classes[(unsigned char)*l->at] & LABEL_FIRST)
		label->name = scan_run(l, LABEL_REST);
	else
		return promline_refuse(l, -EBADMSG, "a label name was expected");
	if (r < 0)
		return r;
	promline_skip_blanks(l);
	if (quoted && *l->at != '=' && row->name.len == 0) {
		row->name = label->name;
		return 0;
	}
	if (*l->at != '=')
		return promline_refuse(l, -EBADMSG, "'=' was expected after a label name");
	l->at++;
	promline_skip_blanks(l);
	if (*l->at != '"')
		return promline_refuse(l, -EBADMSG, "a label value was expected in quotes");
	row->n_labels++;
	return scan_quoted(l, &label->value);
}

/* From behind '{' to behind '}'. */
static int scan_labels(struct line *l, struct row *row)
{
	for (;;) {
		int r;

		promline_skip_blanks(l);
		if (*l->at == '}')
			break;
		r = scan_label(l, row);
		if (r < 0)
			return r;
		promline_skip_blanks(l);
		if (*l->at == '}')
			break;
		if (*l->at != ',')
			return promline_refuse(l, -EBADMSG,
					       "',' or '}' was expected after a label");
		l->at++;
	}
	l->at++;
	return 0;
}

/* Whether the token is `word`, which is lower case, in any case. */
bool promline_is_word(const char *p, size_t n, const char *word)
{
	if (n != strlen(word))
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((p[i] | 0x20) != word[i])
			return false;
	}
	return true;
}

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

/* Behind the value: a timestamp and an exemplar, both ignored. */
static int scan_rest(struct line *l)
{
	struct decimal d;
	const char *end;

	promline_skip_blanks(l);
	if (l->at == l->end || *l->at == '#')
		return 0;
	end = promnum_scan(l->at, &d);
	if (!end || (end != l->end && !promline_is_blank(*end)))
		return promline_refuse(l, -EBADMSG, "the timestamp is not a number");
	l->at = end;
	promline_skip_blanks(l);
	if (l->at != l->end && *l->at != '#')
		return promline_refuse(l, -EBADMSG, "text after the timestamp");
	return 0;
}

int promline_series(struct line *l, struct row *row)
{
	const char *from = l->at;
	int r = 0;

	row->name = (struct str){ NULL, 0 };
	row->n_labels = 0;
	if (classes[(unsigned char)*l->at] & METRIC_FIRST)
		row->name = scan_run(l, METRIC_REST);
	else if (*l->at != '{')
		return promline_refuse(l, -EBADMSG, "a metric name was expected");
	row->key = (struct str){ from, (uint32_t)(l->at - from) };
	promline_skip_blanks(l);
	if (*l->at == '{') {
		l->at++;
		r = scan_labels(l, row);
		row->key.len = (uint32_t)(l->at - from);
	} else if (l->at != l->end && !promline_is_blank(l->at[-1])) {
		r = promline_refuse(l, -EBADMSG, "a byte that is not allowed in a name");
	}
	if (r < 0)
		return r;
	if (row->name.len == 0)
		return promline_refuse(l, -EBADMSG, "no metric name");
	promline_skip_blanks(l);
	r = scan_value(l, &row->value);
	return r < 0 ? r : scan_rest(l);
}

/* From behind '#'. What does not look like HELP or TYPE is for people: no error. */
void promline_comment(struct line *l, struct comment *ret)
{
	struct str word;

	*ret = (struct comment){ .kind = COMMENT_OTHER };
	promline_skip_blanks(l);
	word = scan_run(l, METRIC_REST);
	if (!promline_is_blank(*l->at) || !(str_is(word, "HELP") || str_is(word, "TYPE")))
		return;
	promline_skip_blanks(l);
	if (*l->at == '"') {
		if (scan_quoted_name(l, &ret->name) < 0)
			return;
	} else if (classes[(unsigned char)*l->at] & METRIC_FIRST) {
		ret->name = scan_run(l, METRIC_REST);
	}
	if (ret->name.len == 0 || (l->at != l->end && !promline_is_blank(*l->at)))
		return;
	promline_skip_blanks(l);
	ret->rest = (struct str){ l->at, (uint32_t)(l->end - l->at) };
	ret->kind = str_is(word, "HELP") ? COMMENT_HELP : COMMENT_TYPE;
}
