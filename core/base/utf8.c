#include "core/base/utf8.h"

#include <uniwidth.h>

/* What may follow a lead byte: the length of the sequence and the range of its second byte, which
 * is where overlong forms, surrogates and values above U+10FFFF show (Unicode 15, table 3-7). */
struct lead {
	unsigned char first, last, len, low, high;
};

static const struct lead leads[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static const struct lead *find_lead(unsigned char b)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(*leads); i++) {
		if (b >= leads[i].first && b <= leads[i].last)
			return &leads[i];
	}
	return NULL;
}

static unsigned char take(struct str *s)
{
	unsigned char b = (unsigned char)*s->p;

	s->p++;
	s->len--;
	return b;
}

char32_t utf8_next(struct str *s)
{
	unsigned char b = take(s);
	const struct lead *l;
	char32_t c;

	if (b < 0x80)
		return b;
	l = find_lead(b);
	if (!l)
		return UTF8_BAD;
	c = b & (0x7f >> l->len);
	for (int i = 1; i < l->len; i++) {
		unsigned char low = i == 1 ? l->low : 0x80, high = i == 1 ? l->high : 0xbf;

		if (s->len == 0 || (unsigned char)*s->p < low || (unsigned char)*s->p > high)
			return UTF8_BAD;
		c = c << 6 | (take(s) & 0x3f);
	}
	return c;
}

/* Characters that draw nothing themselves and change how others are drawn or read. */
static const struct {
	char32_t first, last;
} invisible[] = {
	{ 0x7f, 0x9f },	      /* DEL, C1 */
	{ 0xad, 0xad },	      /* soft hyphen */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero width space, joiners, bidi marks */
	{ 0x2028, 0x202e },   /* separators, bidi embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, bidi isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xd800, 0xdfff },   /* surrogates */
	{ 0xfdd0, 0xfdef },   /* noncharacters */
	{ 0xfe00, 0xfe0f },   /* variation selectors: some terminals widen the character before */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe0fff }, /* tags, more variation selectors */
};

char32_t utf8_visible(char32_t c)
{
	if (c < 0x20)
		return 0x2400 + c; /* "symbol for escape" and its like */
	if (c < 0x7f)
		return c;
	if (c == 0x7f)
		return 0x2421;
	if ((c & 0xfffe) == 0xfffe || c > 0x10ffff)
		return UTF8_BAD;
	for (size_t i = 0; i < sizeof(invisible) / sizeof(*invisible); i++) {
		if (c >= invisible[i].first && c <= invisible[i].last)
			return UTF8_BAD;
	}
	return c;
}

int utf8_width(char32_t c)
{
	int w = uc_width(c, "UTF-8");

	return w < 0 ? 1 : w;
}

size_t utf8_put(char32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
