#include "tui/filter.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *alias, *key;
} filter_alias[] = {
	{ "age", "oldest_s" }, { "delta", "delta_per_min" }, { "growth", "delta_per_min" },
	{ "for", "since_s" },  { "fail", "failure_pct" },
};

/* ---- texts ---- */

/* Foreign text is long and many: the first letter is looked for by memchr. */
static bool has(struct str text, struct str needle)
{
	int low, high;

	if (needle.len == 0)
		return true;
	low = tolower((unsigned char)needle.p[0]);
	high = toupper(low);
	while (text.len >= needle.len) {
		size_t n = text.len - needle.len + 1;
		const char *a = memchr(text.p, low, n);
		const char *b =
			high == low ? NULL : memchr(text.p, high, a ? (size_t)(a - text.p) : n);
		const char *at = b ? b : a;

		if (!at)
			return false;
		if (strncasecmp(at, needle.p, needle.len) == 0)
			return true;
		text.len -= (uint32_t)(at + 1 - text.p);
		text.p = at + 1;
	}
	return false;
}

bool text_has(struct str text, const char *needle)
{
	return has(text, str_of(needle));
}

static bool same_char(char a, char b)
{
	return b == '?' || tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The whole text, * and ? in the pattern: back to the last star when it does not go on. */
static bool globs(struct str text, struct str pattern)
{
	uint32_t t = 0, p = 0, star = UINT32_MAX, from = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			from = t;
		} else if (p < pattern.len && same_char(text.p[t], pattern.p[p])) {
			t++;
			p++;
		} else if (star != UINT32_MAX) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}

static bool is_like(const regex_t *re, struct str text)
{
	regmatch_t all = { 0, (regoff_t)text.len };

	return regexec(re, text.p ? text.p : "", 1, &all, REG_STARTEND) == 0;
}

/* Of any text of a name; what is turned round (!=, !~) is so for the row as a whole. */
static bool test_text(const void *arg, struct str text)
{
	const struct filter_term *t = arg;

	if (t->op == FILTER_HAS)
		return has(text, t->value);
	return t->has_regex ? is_like(&t->regex, text) : globs(text, t->value);
}

/* ---- numbers ---- */

static const struct {
	const char *suffix;
	double ns;
} spans[] = {
	{ "ns", 1 },  { "us", 1e3 }, { "\xc2\xb5s", 1e3 }, { "ms", 1e6 },
	{ "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },	   { "d", 86400e9 },
};

static double ns_of(enum unit u)
{
	return u == UNIT_S ? 1e9 : u == UNIT_MS ? 1e6 : u == UNIT_NS ? 1 : 0;
}

/* "1h30m" or, in the field's own unit, "90". */
static bool parse_span(const char *s, double unit_ns, double *ret)
{
	double total = 0;

	for (bool first = true; *s || first; first = false) {
		size_t i = 0, n = sizeof(spans) / sizeof(*spans);
		char *end;
		double v = strtod(s, &end);

		if (end == s || !isdigit((unsigned char)*s))
			return false;
		if (!*end && first) {
			*ret = v;
			return true;
		}
		while (i < n && strncmp(end, spans[i].suffix, strlen(spans[i].suffix)) != 0)
			i++;
		if (i == n)
			return false;
		total += v * spans[i].ns;
		s = end + strlen(spans[i].suffix);
	}
	*ret = total / unit_ns;
	return true;
}

/* "1.5k", "2G", "30%", "5/s"; bytes go by 1024 as on the screen. */
static bool parse_count(const char *s, enum unit u, double *ret)
{
	static const char prefixes[] = "kMGTP";
	const char *at;
	char *end;
	double v = strtod(s, &end), base = u == UNIT_BYTES ? 1024 : 1000;

	if (end == s || isalpha((unsigned char)*s))
		return false;
	at = *end == 'K' ? prefixes : *end ? strchr(prefixes, *end) : NULL;
	if (at) {
		v *= pow(base, (double)(at - prefixes + 1));
		end += end[1] == 'i' ? 2 : 1;
	}
	if (*end && strcmp(end, unit_suffix(u)) != 0)
		return false;
	*ret = v;
	return true;
}

static bool parse_number(struct str value, enum unit u, double *ret)
{
	char s[FILTER_TEXT_MAX];

	snprintf(s, sizeof(s), "%.*s", (int)value.len, value.p);
	return ns_of(u) > 0 ? parse_span(s, ns_of(u), ret) : parse_count(s, u, ret);
}

static bool test_number(const struct filter_term *t, double v)
{
	if (isnan(v))
		return false;
	switch (t->op) {
	case FILTER_EQ:
		return v == t->number;
	case FILTER_NE:
		return v != t->number;
	case FILTER_LT:
		return v < t->number;
	case FILTER_LE:
		return v <= t->number;
	case FILTER_GT:
		return v > t->number;
	default:
		return v >= t->number;
	}
}

/* ---- names ---- */

static bool is_name(struct str s, const char *name)
{
	return name && s.len == strlen(name) && strncasecmp(s.p, name, s.len) == 0;
}

/* "p99" for p99_ms. */
static bool is_short(struct str s, const char *key)
{
	static const char *const units[] = { "_ns",	 "_ms",	   "_s",     "_pct",
					     "_per_min", "_per_s", "_per_h", "_bytes" };
	size_t n = strlen(key);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t u = strlen(units[i]);

		if (n > u && strcmp(key + n - u, units[i]) == 0 && s.len == n - u &&
		    strncasecmp(s.p, key, s.len) == 0)
			return true;
	}
	return false;
}

static const struct field *find_field(const struct table *t, struct str name)
{
	const char *key = NULL;

	for (size_t i = 0; i < sizeof(filter_alias) / sizeof(*filter_alias); i++) {
		if (is_name(name, filter_alias[i].alias))
			key = filter_alias[i].key;
	}
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (f->type != FIELD_NUM && f->type != FIELD_TEXT)
			continue;
		if ((key && strcmp(f->key, key) == 0) || is_name(name, f->key) ||
		    is_name(name, f->title) || is_short(name, f->key))
			return f;
	}
	return NULL;
}

static bool is_known(struct str name, const char *const *names)
{
	for (size_t i = 0; names && names[i]; i++) {
		size_t n = strlen(names[i]);

		if (is_name(name, names[i]) || (names[i][n - 1] == '.' && name.len > n &&
						strncasecmp(name.p, names[i], n) == 0))
			return true;
	}
	return false;
}

/* ---- terms ---- */

static const struct {
	const char *text;
	enum filter_op op;
} ops[] = {
	/* the longer one first */
	{ "!=", FILTER_NE }, { "!~", FILTER_UNLIKE }, { "<=", FILTER_LE }, { ">=", FILTER_GE },
	{ "=", FILTER_EQ },  { "~", FILTER_LIKE },    { "<", FILTER_LT },  { ">", FILTER_GT },
};

/* A name, then an operator: else the term is a word. */
static bool split(struct str term, struct filter_term *ret)
{
	uint32_t n = 0;

	while (n < term.len && (isalnum((unsigned char)term.p[n]) || strchr("_.-/%", term.p[n]) ||
				(term.p[n] & 0x80)))
		n++;
	for (size_t i = 0; n > 0 && i < sizeof(ops) / sizeof(*ops); i++) {
		uint32_t len = (uint32_t)strlen(ops[i].text);

		if (n + len > term.len || memcmp(term.p + n, ops[i].text, len) != 0)
			continue;
		ret->op = ops[i].op;
		ret->name = (struct str){ term.p, n };
		ret->value = (struct str){ term.p + n + len, term.len - n - len };
		return true;
	}
	return false;
}

static void complain(struct filter *f, struct str what, const char *why)
{
	if (!f->why.text[0])
		err_put(&f->why, "%.*s: %s", (int)what.len, what.p, why);
}

static bool compile(struct filter *f, struct filter_term *t)
{
	char pattern[FILTER_TEXT_MAX];

	snprintf(pattern, sizeof(pattern), "%.*s", (int)t->value.len, t->value.p);
	if (regcomp(&t->regex, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0) {
		complain(f, t->value, "not a regular expression");
		return false;
	}
	t->has_regex = true;
	return true;
}

/* != and !~ are = and ~ turned round, so that of several texts none may match. */
static void turn(struct filter_term *t)
{
	if (t->op == FILTER_NE || t->op == FILTER_UNLIKE) {
		t->op = t->op == FILTER_NE ? FILTER_EQ : FILTER_LIKE;
		t->no = !t->no;
	}
}

static bool is_order(enum filter_op op)
{
	return op == FILTER_LT || op == FILTER_LE || op == FILTER_GT || op == FILTER_GE;
}

/* False: the term is left out. */
static bool resolve(struct filter *f, struct filter_term *t)
{
	if (t->value.len == 0)
		return false; /* still being typed */
	if (t->field && t->field->type == FIELD_NUM) {
		if (t->op != FILTER_LIKE && t->op != FILTER_UNLIKE &&
		    parse_number(t->value, t->field->unit, &t->number))
			return true;
		complain(f, t->value, "not a number that fits");
		return false;
	}
	turn(t);
	if (is_order(t->op)) {
		complain(f, t->name, "a text, for which there are = != ~ !~");
		return false;
	}
	return t->op != FILTER_LIKE || compile(f, t);
}

static void add_term(struct filter *f, struct str term, bool quoted, bool no,
		     const char *const *names)
{
	struct filter_term *t = &f->terms[f->n]; /* used when it is one */

	if (term.len == 0)
		return;
	if (f->n == FILTER_TERMS_MAX) {
		complain(f, term, "too many terms, left out");
		return;
	}
	*t = (struct filter_term){ .op = FILTER_HAS, .no = no, .value = term };
	if (!quoted && split(term, t)) {
		t->field = find_field(f->table, t->name);
		if (!t->field && !is_known(t->name, names)) /* an address with ?a=b, say */
			*t = (struct filter_term){ .op = FILTER_HAS, .no = no, .value = term };
	}
	f->n += t->op == FILTER_HAS || resolve(f, t);
}

static void clear(struct filter *f)
{
	for (int i = 0; i < f->n; i++) {
		if (f->terms[i].has_regex)
			regfree(&f->terms[i].regex);
	}
	f->n = 0;
	f->why.text[0] = '\0';
}

void filter_set(struct filter *f, const char *text, const struct table *table,
		const char *const *names)
{
	char *to = f->text;

	if (f->table == table && strcmp(f->source, text) == 0)
		return;
	clear(f);
	f->table = table;
	snprintf(f->source, sizeof(f->source), "%s", text);
	for (const char *s = f->source; *s;) {
		bool no = false, quoted = false, in = false;
		struct str term = { to, 0 };

		while (*s == ' ')
			s++;
		while (*s == '!' && s[1] != '=' && s[1] != '~') {
			no = !no;
			s++;
		}
		quoted = *s == '"';
		for (; *s && (in || *s != ' '); s++) {
			if (*s == '"')
				in = !in;
			else
				*to++ = *s;
		}
		term.len = (uint32_t)(to - term.p);
		add_term(f, term, quoted, no, names);
	}
}

void filter_release(struct filter *f)
{
	clear(f);
	f->table = NULL;
}

/* ---- rows ---- */

static bool holds(const struct filter_term *t, const struct filter_row *r)
{
	const char *text;

	if (!t->field)
		return r->any && r->any(r, t->name, test_text, t);
	if (t->field->type == FIELD_NUM)
		return test_number(t, field_num(t->field, r->row));
	text = field_text(t->field, r->row);
	return text && test_text(t, str_of(text));
}

bool filter_names(const struct filter *f, const char *prefix)
{
	for (int i = 0; i < f->n; i++) {
		if (str_starts(f->terms[i].name, prefix))
			return true;
	}
	return false;
}

bool filter_passes(const struct filter *f, const struct filter_row *r)
{
	for (int i = 0; i < f->n; i++) {
		if (holds(&f->terms[i], r) == f->terms[i].no)
			return false;
	}
	return true;
}
