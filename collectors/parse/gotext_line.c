#include "collectors/parse/gotext_line.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

static struct str from(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.len - (uint32_t)at };
}

static bool eat(struct str *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len < n || memcmp(s->p, word, n) != 0)
		return false;
	*s = from(*s, n);
	return true;
}

static bool eat_number(struct str *s, uint64_t *ret)
{
	uint64_t v = 0;
	uint32_t i = 0;

	for (; i < s->len && s->p[i] >= '0' && s->p[i] <= '9' && i < 19; i++)
		v = v * 10 + (uint64_t)(s->p[i] - '0');
	if (i == 0)
		return false;
	*s = from(*s, i);
	*ret = v;
	return true;
}

static long last_of(struct str s, char c)
{
	for (uint32_t i = s.len; i > 0; i--) {
		if (s.p[i - 1] == c)
			return (long)i - 1;
	}
	return -1;
}

static long first_of(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

static bool cut_tail(struct str *s, const char *tail)
{
	uint32_t n = (uint32_t)strlen(tail);

	if (s->len < n || memcmp(s->p + s->len - n, tail, n) != 0)
		return false;
	s->len -= n;
	return true;
}

/* ---- a header ---- */

/* What follows the state between the brackets: "5 minutes", "locked to thread", "synctest bubble
 * 3". */
static void take_remark(struct str s, struct gotext_header *h)
{
	uint64_t n;

	if (str_is(s, "locked to thread"))
		h->locked = true;
	else if (eat_number(&s, &n) && eat(&s, " minutes"))
		h->minutes = n;
}

static void take_brackets(struct str in, struct gotext_header *h)
{
	long comma = first_of(in, ',');
	struct str rest = comma < 0 ? (struct str){ in.p, 0 } : from(in, (size_t)comma);
	bool more = true;

	h->state = comma < 0 ? in : (struct str){ in.p, (uint32_t)comma };
	while (more) {
		bool scan = cut_tail(&h->state, " (scan)"),
		     leaked = cut_tail(&h->state, " (leaked)"),
		     durable = cut_tail(&h->state, " (durable)");

		h->scan |= scan;
		h->leaked |= leaked;
		h->durable |= durable;
		more = scan || leaked || durable;
	}
	while (eat(&rest, ", ")) {
		long end = first_of(rest, ',');

		take_remark(end < 0 ? rest : (struct str){ rest.p, (uint32_t)end }, h);
		rest = end < 0 ? (struct str){ rest.p, 0 } : from(rest, (size_t)end);
	}
}

bool gotext_header(struct str line, struct gotext_header *ret)
{
	struct str in = line;
	long open, close;

	*ret = (struct gotext_header){ 0 };
	if (!eat(&in, "goroutine ") || !eat_number(&in, &ret->goid))
		return false;
	open = first_of(in, '[');
	if (open < 1 || in.p[0] != ' ')
		return false;
	in = from(in, (size_t)open + 1);
	close = first_of(in, ']');
	if (close < 1)
		return false;
	take_brackets((struct str){ in.p, (uint32_t)close }, ret);
	in = from(in, (size_t)close + 1);
	if (eat(&in, " {") && last_of(in, '}') >= 0)
		ret->labels = (struct str){ in.p, (uint32_t)last_of(in, '}') };
	return in.len > 0 && in.p[in.len - 1] == ':';
}

long gotext_find_header(struct str line)
{
	static const char word[] = "goroutine ";
	struct gotext_header h;
	const char *at = line.p;
	size_t left = line.len;

	while (left >= sizeof(word) && (at = memmem(at, left, word, sizeof(word) - 1))) {
		left = line.len - (size_t)(at - line.p);
		if (gotext_header((struct str){ at, (uint32_t)left }, &h))
			return at - line.p;
		at++;
		left--;
	}
	return -1;
}

/* ---- frames ---- */

bool gotext_func(struct str line, struct str *ret)
{
	long open;

	if (line.len < 3 || line.p[line.len - 1] != ')' || line.p[0] == '\t')
		return false;
	open = last_of(line, '(');
	*ret = (struct str){ line.p, open > 0 ? (uint32_t)open : 0 };
	return open > 0 && first_of(*ret, ' ') < 0;
}

bool gotext_creator(struct str line, struct str *ret)
{
	const char *in;

	if (!eat(&line, "created by ") || line.len == 0)
		return false;
	in = memmem(line.p, line.len, " in goroutine ", 14);
	*ret = (struct str){ line.p, in ? (uint32_t)(in - line.p) : line.len };
	return ret->len > 0;
}

/* "file:12" at its end. */
static bool split_place(struct str s, struct str *ret_file, uint32_t *ret_line)
{
	long colon = last_of(s, ':');
	struct str number;
	uint64_t n;

	if (colon < 1)
		return false;
	number = from(s, (size_t)colon + 1);
	if (!eat_number(&number, &n) || number.len)
		return false;
	*ret_file = (struct str){ s.p, (uint32_t)colon };
	*ret_line = n <= UINT32_MAX ? (uint32_t)n : 0;
	return true;
}

bool gotext_place(struct str line, struct str *ret_file, uint32_t *ret_line)
{
	static const char *const tails[] = { " fp=0x", " +0x" };

	if (!eat(&line, "\t"))
		return false;
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		const char *at = memmem(line.p, line.len, tails[i], strlen(tails[i]));

		if (at)
			line.len = (uint32_t)(at - line.p);
	}
	return split_place(line, ret_file, ret_line);
}

bool gotext_profile_frame(struct str line, struct frame *ret)
{
	long tab, plus;

	if (!eat(&line, "#\t0x"))
		return false;
	tab = first_of(line, '\t');
	if (tab < 0)
		return false;
	line = from(line, (size_t)tab + 1);
	tab = first_of(line, '\t');
	if (tab < 1)
		return false;
	ret->func = (struct str){ line.p, (uint32_t)tab };
	plus = last_of(ret->func, '+');
	if (plus > 0)
		ret->func.len = (uint32_t)plus;
	while (line.len && line.p[tab] == '\t' && (uint32_t)tab + 1 < line.len)
		tab++;
	return split_place(from(line, (size_t)tab), &ret->file, &ret->line);
}

/* ---- labels ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits of \xNN, \uNNNN and \UNNNNNNNN. */
static bool eat_hex(struct str *s, uint32_t digits, uint32_t *ret)
{
	uint32_t v = 0;

	if (s->len < digits)
		return false;
	for (uint32_t i = 0; i < digits; i++) {
		if (hex(s->p[i]) < 0)
			return false;
		v = v << 4 | (uint32_t)hex(s->p[i]);
	}
	*s = from(*s, digits);
	*ret = v;
	return true;
}

/* After a backslash: as Go and JSON write it. At most UTF8_MAX bytes. */
static size_t unescape(struct str *s, char *to)
{
	static const char plain[] = "n\nt\tr\ra\ab\bf\fv\v";
	char c = s->p[0];
	uint32_t v;

	*s = from(*s, 1);
	if (c == 'x' && eat_hex(s, 2, &v)) {
		*to = (char)v;
		return 1;
	}
	if ((c == 'u' && eat_hex(s, 4, &v)) || (c == 'U' && eat_hex(s, 8, &v)))
		return utf8_put(v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0xfffd : (char32_t)v,
				to);
	for (size_t i = 0; i + 1 < sizeof(plain); i += 2) {
		if (plain[i] == c)
			c = plain[i + 1];
	}
	*to = c;
	return 1;
}

static struct str eat_quoted(struct str *s, struct arena *a)
{
	/* No escape is longer than what it stands for, but for UTF8_MAX at the end. */
	char *to = arena_alloc(a, s->len + UTF8_MAX);
	size_t n = 0;

	*s = from(*s, 1);
	while (s->len && s->p[0] != '"') {
		if (s->p[0] == '\\' && s->len > 1) {
			*s = from(*s, 1);
			n += unescape(s, to + n);
			continue;
		}
		to[n++] = s->p[0];
		*s = from(*s, 1);
	}
	if (s->len)
		*s = from(*s, 1);
	return (struct str){ to, (uint32_t)n };
}

static struct str eat_word(struct str *s, struct arena *a, char end)
{
	struct str word = { s->p, 0 };

	if (s->len && s->p[0] == '"')
		return eat_quoted(s, a);
	while (word.len < s->len && s->p[word.len] != end)
		word.len++;
	*s = from(*s, word.len);
	return arena_str(a, word);
}

static int by_name(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int r = n ? memcmp(x->name.p, y->name.p, n) : 0;

	return r ? r : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static void skip(struct str *s, const char *any)
{
	while (s->len && strchr(any, s->p[0]) && s->p[0])
		*s = from(*s, 1);
}

size_t gotext_labels(struct str text, struct arena *a, struct label *ret, size_t max)
{
	size_t n = 0;

	skip(&text, " ,");
	while (text.len && n < max) {
		ret[n].name = eat_word(&text, a, ':');
		skip(&text, ":");
		skip(&text, " ");
		ret[n++].value = eat_word(&text, a, ',');
		skip(&text, " ,");
	}
	if (n)
		qsort(ret, n, sizeof(*ret), by_name);
	return n;
}
