#include "core/base/jsonw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/utf8.h"

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void quoted(struct buf *out, struct str s)
{
	char text[UTF8_MAX];

	buf_adds(out, "\"");
	while (s.len) {
		uint32_t plain = 0;
		char32_t ch;

		while (plain < s.len && is_plain((unsigned char)s.p[plain]))
			plain++;
		buf_add(out, s.p, plain);
		s.p += plain;
		s.len -= plain;
		if (!s.len)
			break;
		ch = utf8_next(&s);
		if (ch == '"' || ch == '\\')
			buf_addf(out, "\\%c", (char)ch);
		else if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch == 0x2028 || ch == 0x2029)
			buf_addf(out, "\\u%04x", (unsigned)ch);
		else
			buf_add(out, text, utf8_put(ch, text));
	}
	buf_adds(out, "\"");
}

static void begin(struct jsonw *w, const char *key)
{
	if (w->comma)
		buf_adds(w->out, ",");
	w->comma = true;
	if (key) {
		quoted(w->out, str_of(key));
		buf_adds(w->out, ":");
	}
}

void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
	begin(w, key);
	buf_add(w->out, &bracket, 1);
	w->comma = false;
}

void jsonw_close(struct jsonw *w, char bracket)
{
	buf_add(w->out, &bracket, 1);
	w->comma = true;
}

void jsonw_str(struct jsonw *w, const char *key, struct str s)
{
	begin(w, key);
	quoted(w->out, s);
}

void jsonw_text(struct jsonw *w, const char *key, const char *s)
{
	if (s)
		jsonw_str(w, key, str_of(s));
}

/* Most numbers are whole; printf takes ten times as long for them. */
static void whole(struct buf *out, double v)
{
	char text[24];
	size_t at = sizeof(text);
	uint64_t n = (uint64_t)fabs(v);

	do {
		text[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	if (v < 0)
		text[--at] = '-';
	buf_add(out, text + at, sizeof(text) - at);
}

/* The shortest digits that read back as the same number. */
void jsonw_num(struct jsonw *w, const char *key, double v)
{
	char text[40];

	if (!isfinite(v))
		return;
	begin(w, key);
	if (v == floor(v) && fabs(v) < 1e15) {
		whole(w->out, v);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_adds(w->out, text);
}

void jsonw_u64(struct jsonw *w, const char *key, uint64_t v)
{
	begin(w, key);
	buf_addf(w->out, "%llu", (unsigned long long)v);
}

void jsonw_bool(struct jsonw *w, const char *key, bool v)
{
	begin(w, key);
	buf_adds(w->out, v ? "true" : "false");
}
