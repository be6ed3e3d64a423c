/* Labels as Go writes them: quoted by %q (debug=1), by the runtime's own printquoted (Go 1.26), or
 * bare where no character of them needs it (Go 1.27). */
#include <stdlib.h>

#include "collectors/parse/gotext_line.h"
#include "core/base/utf8.h"

static void skip(struct str *s, uint32_t n)
{
	s->p += n;
	s->len -= n;
}

static void skip_any(struct str *s, const char *any)
{
	while (s->len && s->p[0] && strchr(any, s->p[0]))
		skip(s, 1);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits of \xNN, \uNNNN and \UNNNNNNNN. */
static bool eat_digits(struct str *s, uint32_t n, uint32_t *ret)
{
	uint32_t v = 0;

	if (s->len < n)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (hex(s->p[i]) < 0)
			return false;
		v = v << 4 | (uint32_t)hex(s->p[i]);
	}
	skip(s, n);
	*ret = v;
	return true;
}

/* What follows a backslash; at most UTF8_MAX bytes. */
static size_t unescape(struct str *s, char *to)
{
	static const char plain[] = "n\nt\tr\ra\ab\bf\fv\v";
	char c = s->p[0];
	uint32_t v;

	skip(s, 1);
	if (c == 'x' && eat_digits(s, 2, &v)) {
		*to = (char)v;
		return 1;
	}
	if ((c == 'u' && eat_digits(s, 4, &v)) || (c == 'U' && eat_digits(s, 8, &v)))
		return utf8_put(v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? UTF8_BAD : v, to);
	for (size_t i = 0; i + 1 < sizeof(plain); i += 2) {
		if (plain[i] == c) {
			c = plain[i + 1];
			break;
		}
	}
	*to = c;
	return 1;
}

/* Behind an opening quote: how long it is, without the closing one. */
static uint32_t quoted_len(struct str s)
{
	uint32_t n = 0;

	while (n < s.len && s.p[n] != '"')
		n += s.p[n] == '\\' && n + 1 < s.len ? 2 : 1;
	return n;
}

static struct str eat_quoted(struct str *s, struct arena *a)
{
	struct str in = { s->p + 1, quoted_len((struct str){ s->p + 1, s->len - 1 }) };
	bool closed = in.len + 1 < s->len;
	char *to = arena_alloc(a, in.len); /* no escape is shorter than what it stands for */
	size_t n = 0;

	skip(s, in.len + 1 + closed);
	while (in.len) {
		if (in.p[0] == '\\' && in.len > 1) {
			skip(&in, 1);
			n += unescape(&in, to + n);
			continue;
		}
		to[n++] = in.p[0];
		skip(&in, 1);
	}
	return (struct str){ to, (uint32_t)n };
}

static struct str eat_word(struct str *s, struct arena *a, char end)
{
	struct str word = { s->p, 0 };

	if (s->len && s->p[0] == '"')
		return eat_quoted(s, a);
	while (word.len < s->len && s->p[word.len] != end)
		word.len++;
	skip(s, word.len);
	return arena_str(a, word);
}

static int by_name(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int r = n ? memcmp(x->name.p, y->name.p, n) : 0;

	return r ? r : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

size_t gotext_labels(struct str text, struct arena *a, struct label *ret, size_t max)
{
	size_t n = 0;

	skip_any(&text, " ,");
	while (text.len && n <= max) {
		struct label l;

		l.name = eat_word(&text, a, ':');
		skip_any(&text, ":");
		skip_any(&text, " ");
		l.value = eat_word(&text, a, ',');
		skip_any(&text, " ,");
		if (n++ < max)
			ret[n - 1] = l;
	}
	if (n > 1)
		qsort(ret, n < max ? n : max, sizeof(*ret), by_name);
	return n;
}

long gotext_labels_end(struct str text)
{
	bool quoted = false;

	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted)
			i++;
		else if (c == '}' && !quoted)
			return (long)i;
	}
	return -1;
}
