#include "collectors/parse/gotext_prefix.h"

#include "collectors/parse/gotext_line.h"

static struct str from(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.len - (uint32_t)at };
}

long gotext_prefix_find(struct str line)
{
	struct str rest = line;
	struct gotext_header h;
	uint64_t total;
	long at;

	while ((at = str_find(rest, "goroutine")) >= 0) {
		rest = from(rest, (size_t)at);
		if (gotext_header(rest, &h) || gotext_profile_head(rest, &total))
			return rest.p - line.p;
		rest = from(rest, 1);
	}
	return -1;
}

void gotext_prefix_set(struct gotext_prefix *p, struct str text)
{
	p->len = text.len <= sizeof(p->text) ? text.len : 0;
	if (p->len)
		memcpy(p->text, text.p, p->len);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_digits(struct str *s)
{
	while (s->len && is_digit(s->p[0]))
		*s = from(*s, 1);
}

/* A run of digits stands for any other, also of another length: times, numbers of lines. */
bool gotext_prefix_strip(const struct gotext_prefix *p, struct str *line)
{
	struct str want = { p->text, p->len }, got = *line;

	while (want.len && got.len) {
		if (is_digit(want.p[0]) && is_digit(got.p[0])) {
			skip_digits(&want);
			skip_digits(&got);
		} else if (want.p[0] == got.p[0]) {
			want = from(want, 1);
			got = from(got, 1);
		} else {
			return false;
		}
	}
	/* Of an empty line the blanks at its end may be lost. */
	while (want.len && want.p[0] == ' ')
		want = from(want, 1);
	*line = got;
	return want.len == 0;
}
