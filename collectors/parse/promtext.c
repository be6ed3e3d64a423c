#include "collectors/parse/promtext.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum {
	BLOCK = 2 * PROMTEXT_LINE_MAX, /* an unfinished line always fits into a fresh one */
	PIECE = 16 << 10,	       /* copied and read while it is in the first cache */
	SLACK = 8,		       /* bytes behind the text that find_quote may load */
	SHOWN_MAX = 40,		       /* bytes of a bad line that an error shows */
};

struct promtext_slot {
	uint32_t family_plus_1; /* 0: free */
	bool typed;		/* had its TYPE line or its first series */
};

/* ---- the line scanner: knows one line, not the page ---- */

/* A line being read. *end is readable and '\n' or '\r', so that a loop over a class of bytes
 * stops there by itself. */
struct line {
	const char *at, *end;
	struct promtext_scratch *scratch;
	const char *why; /* what is wrong with it */
};

struct row {
	struct str name, key; /* key: name and labels as they are written */
	struct label *labels; /* room for PROMTEXT_LABELS_MAX */
	uint32_t n_labels;
	double value;
};

struct comment {
	enum { COMMENT_OTHER, COMMENT_HELP, COMMENT_TYPE } kind;
	struct str name, rest;
};

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

/* Each is exact as a double too. */
static const uint64_t pow10_u64[] = { 1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,	1e7,  1e8,  1e9,
				      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19 };
enum { POW10_MAX = sizeof(pow10_u64) / sizeof(pow10_u64[0]) - 1 };

static int refuse(struct line *l, int code, const char *why)
{
	l->why = why;
	return code;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct line *l)
{
	while (is_blank(*l->at))
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
		sc->at = arena_alloc(&sc->blocks, BLOCK);
		sc->end = sc->at + BLOCK;
	}
	room = sc->at;
	sc->at += n;
	sc->used_bytes += n;
	return room;
}

/* Other escapes than \\, \" and \n stay as they are, as in Prometheus itself. */
static struct str unescape(struct promtext_scratch *sc, struct str s)
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
		return refuse(l, -EBADMSG, "a quote is not closed");
	s = (struct str){ from, (uint32_t)(p - from) };
	l->at = p + 1;
	*ret = escaped ? unescape(l->scratch, s) : s;
	return 0;
}

static int scan_quoted_name(struct line *l, struct str *ret)
{
	int r = scan_quoted(l, ret);

	if (r < 0)
		return r;
	if (ret->len == 0)
		return refuse(l, -EBADMSG, "a name is empty");
	if (memchr(ret->p, '\0', ret->len))
		return refuse(l, -EBADMSG, "a NUL byte in a name");
	return 0;
}

/* The name before '=' and what stands behind it. A quoted name without '=' is the metric's. */
static int scan_label(struct line *l, struct row *row)
{
	struct label *label = &row->labels[row->n_labels];
	bool quoted = *l->at == '"';
	int r = 0;

	if (row->n_labels == PROMTEXT_LABELS_MAX)
		return refuse(l, -EFBIG, "more than 256 labels");
	if (quoted)
		r = scan_quoted_name(l, &label->name);
	else if (classes[(unsigned char)*l->at] & LABEL_FIRST)
		label->name = scan_run(l, LABEL_REST);
	else
		return refuse(l, -EBADMSG, "a label name was expected");
	if (r < 0)
		return r;
	skip_blanks(l);
	if (quoted && *l->at != '=' && row->name.len == 0) {
		row->name = label->name;
		return 0;
	}
	if (*l->at != '=')
		return refuse(l, -EBADMSG, "'=' was expected after a label name");
	l->at++;
	skip_blanks(l);
	if (*l->at != '"')
		return refuse(l, -EBADMSG, "a label value was expected in quotes");
	row->n_labels++;
	return scan_quoted(l, &label->value);
}

/* From behind '{' to behind '}'. */
static int scan_labels(struct line *l, struct row *row)
{
	for (;;) {
		int r;

		skip_blanks(l);
		if (*l->at == '}')
			break;
		r = scan_label(l, row);
		if (r < 0)
			return r;
		skip_blanks(l);
		if (*l->at == '}')
			break;
		if (*l->at != ',')
			return refuse(l, -EBADMSG, "',' or '}' was expected after a label");
		l->at++;
	}
	l->at++;
	return 0;
}

struct decimal {
	uint64_t digits; /* wrapped around when n_digits > 19 */
	int n_digits;	 /* without leading zeros */
	int exp10;
	bool negative;
};

static const char *scan_digits(const char *p, struct decimal *d)
{
	for (; *p >= '0' && *p <= '9'; p++) {
		d->digits = d->digits * 10 + (uint64_t)(*p - '0');
		d->n_digits += d->n_digits || *p != '0';
	}
	return p;
}

/* The end of a decimal number as Go's ParseFloat reads it, or NULL. */
static const char *scan_decimal(const char *p, struct decimal *ret)
{
	const char *point, *from;
	long exp = 0;

	*ret = (struct decimal){ .negative = *p == '-' };
	from = p + (*p == '-' || *p == '+');
	point = p = scan_digits(from, ret);
	if (*p == '.') {
		p = scan_digits(p + 1, ret);
		ret->exp10 = (int)(point + 1 - p);
	}
	if (p - from == (*point == '.'))
		return NULL;
	if (*p != 'e' && *p != 'E')
		return p;
	point = p + 1 + (p[1] == '-' || p[1] == '+');
	for (from = point; *from >= '0' && *from <= '9'; from++) {
		/* Far beyond what the digits of the longest line could make good. */
		if (exp < PROMTEXT_LINE_MAX * 16l)
			exp = exp * 10 + (*from - '0');
	}
	ret->exp10 += (int)(p[1] == '-' ? -exp : exp);
	return from == point ? NULL : from;
}

/* digits / 10^k, rounded once: the quotient has at least 62 bits and its last one stands for
 * everything behind it, which is all that the rounding to 53 bits can ask for. */
static double divide_pow10(uint64_t digits, int k)
{
	int up = __builtin_clzll(digits), down = __builtin_clzll(pow10_u64[k]);
	unsigned __int128 n = (unsigned __int128)(digits << up) << 63;
	uint64_t d = pow10_u64[k] << down;
	uint64_t q = (uint64_t)(n / d);

	q |= n % d != 0;
	return ldexp((double)q, down - up - 63);
}

static double decimal_value(const struct decimal *d, const char *text, locale_t *c_locale)
{
	double v;

	if (d->n_digits > 19 || d->exp10 < -POW10_MAX || d->exp10 > POW10_MAX) {
		if (!*c_locale)
			*c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		return strtod_l(text, NULL, *c_locale);
	}
	/* Below 2^53 both sides are exact, so that the division rounds once. */
	if (d->exp10 >= 0)
		v = (double)((unsigned __int128)d->digits * pow10_u64[d->exp10]);
	else if (d->digits < 1ull << 53)
		v = (double)d->digits / (double)pow10_u64[-d->exp10];
	else
		v = divide_pow10(d->digits, -d->exp10);
	return d->negative ? -v : v;
}

/* Whether the token is `word`, which is lower case, in any case. */
static bool token_is(const char *p, size_t n, const char *word)
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

	while (p < l->end && !is_blank(*p))
		p++;
	l->at = p;
	if (p == from)
		return refuse(l, -EBADMSG, "the value is missing");
	if (token_is(from, (size_t)(p - from), "nan"))
		*ret = NAN;
	else if (token_is(from + sign, (size_t)(p - from - sign), "inf") ||
		 token_is(from + sign, (size_t)(p - from - sign), "infinity"))
		*ret = *from == '-' ? -INFINITY : INFINITY;
	else
		return refuse(l, -EBADMSG, "the value is not a number");
	return 0;
}

static int scan_value(struct line *l, double *ret)
{
	struct decimal d;
	const char *end = scan_decimal(l->at, &d);

	if (!end || (end != l->end && !is_blank(*end)))
		return scan_special(l, ret);
	*ret = decimal_value(&d, l->at, &l->scratch->c_locale);
	if (isinf(*ret))
		return refuse(l, -EBADMSG, "the value is out of range");
	l->at = end;
	return 0;
}

/* Behind the value: a timestamp and an exemplar, both ignored. */
static int scan_rest(struct line *l)
{
	struct decimal d;
	const char *end;

	skip_blanks(l);
	if (l->at == l->end || *l->at == '#')
		return 0;
	end = scan_decimal(l->at, &d);
	if (!end || (end != l->end && !is_blank(*end)))
		return refuse(l, -EBADMSG, "the timestamp is not a number");
	l->at = end;
	skip_blanks(l);
	if (l->at != l->end && *l->at != '#')
		return refuse(l, -EBADMSG, "text after the timestamp");
	return 0;
}

static int scan_series(struct line *l, struct row *row)
{
	const char *from = l->at;
	int r = 0;

	row->name = (struct str){ NULL, 0 };
	row->n_labels = 0;
	if (classes[(unsigned char)*l->at] & METRIC_FIRST)
		row->name = scan_run(l, METRIC_REST);
	else if (*l->at != '{')
		return refuse(l, -EBADMSG, "a metric name was expected");
	row->key = (struct str){ from, (uint32_t)(l->at - from) };
	skip_blanks(l);
	if (*l->at == '{') {
		l->at++;
		r = scan_labels(l, row);
		row->key.len = (uint32_t)(l->at - from);
	} else if (l->at != l->end && !is_blank(l->at[-1])) {
		r = refuse(l, -EBADMSG, "a byte that is not allowed in a name");
	}
	if (r < 0)
		return r;
	if (row->name.len == 0)
		return refuse(l, -EBADMSG, "no metric name");
	skip_blanks(l);
	r = scan_value(l, &row->value);
	return r < 0 ? r : scan_rest(l);
}

/* From behind '#'. What does not look like HELP or TYPE is for people: no error. */
static void scan_comment(struct line *l, struct comment *ret)
{
	struct str word;

	*ret = (struct comment){ .kind = COMMENT_OTHER };
	skip_blanks(l);
	word = scan_run(l, METRIC_REST);
	if (!is_blank(*l->at) || !(str_is(word, "HELP") || str_is(word, "TYPE")))
		return;
	skip_blanks(l);
	if (*l->at == '"') {
		if (scan_quoted_name(l, &ret->name) < 0)
			return;
	} else if (classes[(unsigned char)*l->at] & METRIC_FIRST) {
		ret->name = scan_run(l, METRIC_REST);
	}
	if (ret->name.len == 0 || (l->at != l->end && !is_blank(*l->at)))
		return;
	skip_blanks(l);
	ret->rest = (struct str){ l->at, (uint32_t)(l->end - l->at) };
	ret->kind = str_is(word, "HELP") ? COMMENT_HELP : COMMENT_TYPE;
}

/* ---- the page builder ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	unsigned __int128 m = (unsigned __int128)(h ^ v) * 0x9e3779b97f4a7c15u;

	return (uint64_t)m ^ (uint64_t)(m >> 64) ^ v;
}

/* Eight bytes at a time: base/hash.h's FNV would take longer than all the rest. Never leaves
 * the process, unlike FNV's values. */
static uint64_t mix_str(uint64_t h, struct str s)
{
	const char *p = s.p;
	size_t n = s.len;
	uint64_t v = 0;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&v, p, 8);
		h = mix(h, v);
	}
	v = 0;
	memcpy(&v, p, n);
	return mix(mix(h, v), s.len);
}

/* Where the family of that name is, or would be. */
static struct promtext_slot *slot_of(const struct promtext *p, struct str name)
{
	/* The address, so that no page can be made to collide. */
	size_t i = mix_str((uintptr_t)p, name);

	for (;; i++) {
		struct promtext_slot *s = &p->slots[i & (p->n_slots - 1)];

		if (s->family_plus_1 == 0 || str_eq(p->families[s->family_plus_1 - 1].name, name))
			return s;
	}
}

static void slots_double(struct promtext *p)
{
	struct promtext_slot *old = p->slots;
	size_t n_old = p->n_slots;

	p->n_slots = n_old ? 2 * n_old : 256;
	p->slots = xcalloc(p->n_slots, sizeof(*p->slots));
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].family_plus_1)
			*slot_of(p, p->families[old[i].family_plus_1 - 1].name) = old[i];
	}
	free(old);
}

/* The family of exactly that name, made when there is none yet. */
static struct promtext_slot *family_named(struct promtext *p, struct str name)
{
	struct promtext_slot *s = slot_of(p, name);

	if (s->family_plus_1)
		return s;
	if (2 * (p->page.n_families + 1) > p->n_slots) {
		slots_double(p);
		s = slot_of(p, name);
	}
	GROW(p->families, p->page.n_families, p->families_cap);
	p->families[p->page.n_families] = (struct family){ .name = name, .help = { "", 0 } };
	s->family_plus_1 = (uint32_t)++p->page.n_families;
	return s;
}

static const struct {
	const char *suffix;
	unsigned types; /* bits 1 << enum metric_type */
} suffixes[] = {
	{ "_bucket", 1u << METRIC_HISTOGRAM },
	{ "_sum", 1u << METRIC_HISTOGRAM | 1u << METRIC_SUMMARY },
	{ "_count", 1u << METRIC_HISTOGRAM | 1u << METRIC_SUMMARY },
	{ "_total", 1u << METRIC_COUNTER },
	{ "_created", 1u << METRIC_HISTOGRAM | 1u << METRIC_SUMMARY | 1u << METRIC_COUNTER },
};

/* The slot of the family that a series with such a suffix belongs to, or NULL. */
static struct promtext_slot *family_by_suffix(const struct promtext *p, struct str name)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		struct promtext_slot *s;

		if (!str_ends(name, suffixes[i].suffix))
			continue;
		name.len -= (uint32_t)strlen(suffixes[i].suffix);
		s = slot_of(p, name);
		if (s->family_plus_1 &&
		    1u << p->families[s->family_plus_1 - 1].type & suffixes[i].types)
			return s;
		return NULL;
	}
	return NULL;
}

static uint32_t family_of_series(struct promtext *p, struct str name)
{
	struct promtext_slot *s;

	if (p->page.n_series && str_eq(p->series[p->page.n_series - 1].name, name))
		return p->series[p->page.n_series - 1].family;
	s = slot_of(p, name);
	if (s->family_plus_1 == 0) {
		struct promtext_slot *whole = family_by_suffix(p, name);

		s = whole ? whole : family_named(p, name);
	}
	s->typed = true;
	return s->family_plus_1 - 1;
}

static int take_series(struct promtext *p, struct line *l)
{
	struct row row;
	int r;

	while (p->labels_cap - p->page.n_labels < PROMTEXT_LABELS_MAX)
		p->labels = grow(p->labels, &p->labels_cap, sizeof(*p->labels));
	row.labels = p->labels + p->page.n_labels;
	r = scan_series(l, &row);
	if (r < 0)
		return r;
	if (p->page.n_series == PROMTEXT_SERIES_MAX) {
		p->page.cut = true;
		return 0;
	}
	GROW(p->series, p->page.n_series, p->series_cap);
	p->series[p->page.n_series] = (struct series){
		.name = row.name,
		.family = family_of_series(p, row.name),
		.label = (uint32_t)p->page.n_labels,
		.n_labels = row.n_labels,
		.value = row.value,
	};
	p->page.n_series++;
	p->page.n_labels += row.n_labels;
	p->page.layout = mix_str(p->page.layout, row.key);
	return 0;
}

static enum metric_type type_by_name(struct str name)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_SUMMARY] = "summary",
	};

	while (name.len && is_blank(name.p[name.len - 1]))
		name.len--;
	for (size_t i = METRIC_COUNTER; i < sizeof(names) / sizeof(names[0]); i++) {
		if (token_is(name.p, name.len, names[i]))
			return (enum metric_type)i;
	}
	return METRIC_UNTYPED;
}

static int take_comment(struct promtext *p, struct line *l)
{
	struct promtext_slot *s;
	struct family *f;
	struct comment c;

	l->at++;
	scan_comment(l, &c);
	if (c.kind == COMMENT_OTHER)
		return 0;
	s = family_named(p, c.name);
	f = &p->families[s->family_plus_1 - 1];
	if (c.kind == COMMENT_HELP) {
		if (f->help.len == 0)
			f->help = str_has(c.rest, "\\") ? unescape(&p->scratch, c.rest) : c.rest;
		return 0;
	}
	if (s->typed)
		return refuse(l, -EBADMSG, "a second TYPE of this metric, or after its series");
	s->typed = true;
	f->type = type_by_name(c.rest);
	return 0;
}

/* The other formats that people ask for by mistake, by how a page of them begins. */
static const char *other_format(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	if (p == end)
		return NULL;
	if (*p == '<')
		return "HTML";
	if (*p != '{' && *p != '[')
		return NULL;
	/* A series may begin with '{' too, but then a ',', '=' or '}' follows the first quotes. */
	p += strspn(p + 1, " \t") + 1;
	if (p[-1] != '[' && p < end && *p == '"') {
		p = memchr(p + 1, '"', (size_t)(end - p - 1));
		if (!p)
			return NULL;
		p += strspn(p + 1, " \t") + 1;
		return p < end && *p == ':' ? "JSON" : NULL;
	}
	return "JSON";
}

static int bad_line(struct promtext *p, struct line *l, int code, struct err *e)
{
	size_t n = (size_t)(l->end - p->line);
	const char *format = p->page.n_series ? NULL : other_format(p->line, l->end);
	char shown[SHOWN_MAX];

	if (n > SHOWN_MAX)
		n = SHOWN_MAX;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p->line[i];

		shown[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	if (format)
		return err_set(e, -EBADMSG, "line %zu: looks like %s, not metrics: %.*s",
			       p->line_no + 1, format, (int)n, shown);
	return err_set(e, code, "line %zu: %s: %.*s", p->line_no + 1, l->why, (int)n, shown);
}

static size_t page_bytes(const struct promtext *p)
{
	return p->text_bytes + p->scratch.used_bytes +
	       p->page.n_families * (sizeof(*p->families) + 4 * sizeof(*p->slots)) +
	       p->page.n_series * sizeof(*p->series) + p->page.n_labels * sizeof(*p->labels);
}

/* p->line up to `end`, where its '\n' is. */
static int take_line(struct promtext *p, const char *end, struct err *e)
{
	struct line l = { .at = p->line, .end = end, .scratch = &p->scratch };
	int r = 0;

	if (end - p->line > PROMTEXT_LINE_MAX)
		r = refuse(&l, -EFBIG, "the line is longer than 1 MiB");
	if (l.end > l.at && l.end[-1] == '\r')
		l.end--;
	if (r == 0) {
		skip_blanks(&l);
		if (*l.at == '#')
			r = take_comment(p, &l);
		else if (l.at != l.end)
			r = take_series(p, &l);
	}
	if (r < 0)
		return bad_line(p, &l, r, e);
	p->line_no++;
	p->text_bytes += (size_t)(end + 1 - p->line);
	if (page_bytes(p) > PROMTEXT_PAGE_MAX)
		return err_set(e, -EFBIG, "line %zu: the page needs more than 256 MiB", p->line_no);
	return 0;
}

/* All lines that are complete. */
static int take_lines(struct promtext *p, struct err *e)
{
	char *nl;

	while (!p->page.cut &&
	       (nl = memchr(p->searched, '\n', (size_t)(p->end - p->searched))) != NULL) {
		int r = take_line(p, nl, e);

		if (r < 0)
			return r;
		p->line = p->searched = nl + 1;
	}
	p->searched = p->end;
	return 0;
}

/* Text never moves once a series points to it: only the unfinished line goes to a new block. */
static void reserve_text(struct promtext *p, size_t n)
{
	size_t tail = (size_t)(p->end - p->line);
	char *block;

	if (p->end && (size_t)(p->block_end - p->end) >= n + SLACK)
		return;
	block = arena_alloc(&p->scratch.blocks, BLOCK);
	if (tail)
		memcpy(block, p->line, tail);
	p->line = block;
	p->searched = p->end = block + tail;
	p->block_end = block + BLOCK;
}

static void append(struct promtext *p, const char *data, size_t n)
{
	reserve_text(p, n);
	memcpy(p->end, data, n);
	p->end += n;
	memset(p->end, 0, SLACK);
}

void promtext_begin(struct promtext *p)
{
	arena_clear(&p->scratch.blocks);
	p->scratch.at = p->scratch.end = NULL;
	p->scratch.used_bytes = 0;
	p->line = p->searched = p->end = p->block_end = NULL;
	p->line_no = p->text_bytes = 0;
	p->page = (struct metrics_page){ 0 };
	if (!p->slots)
		slots_double(p);
	else
		memset(p->slots, 0, p->n_slots * sizeof(*p->slots));
}

int promtext_feed(struct promtext *p, const char *data, size_t n, struct err *e)
{
	while (n > 0 && !p->page.cut) {
		size_t piece = n < PIECE ? n : PIECE;
		int r;

		append(p, data, piece);
		r = take_lines(p, e);
		if (r < 0)
			return r;
		if (p->end - p->line > PROMTEXT_LINE_MAX && !p->page.cut)
			return take_line(p, p->end, e);
		data += piece;
		n -= piece;
	}
	return 0;
}

int promtext_end(struct promtext *p, struct err *e)
{
	uint64_t h;

	if (p->end != p->line) {
		int r = promtext_feed(p, "\n", 1, e);

		if (r < 0)
			return r;
	}
	if (p->page.n_series == 0)
		return err_set(e, -EBADMSG, "no metrics: the page %s",
			       p->text_bytes ? "has no series" : "is empty");
	h = p->page.layout;
	for (size_t i = 0; i < p->page.n_families; i++)
		h = mix(mix_str(h, p->families[i].name), p->families[i].type);
	p->page.layout = h;
	p->page.families = p->families;
	p->page.series = p->series;
	p->page.labels = p->labels;
	return 0;
}

void promtext_release(struct promtext *p)
{
	arena_release(&p->scratch.blocks);
	if (p->scratch.c_locale)
		freelocale(p->scratch.c_locale);
	free(p->families);
	free(p->series);
	free(p->labels);
	free(p->slots);
	*p = (struct promtext){ 0 };
}
