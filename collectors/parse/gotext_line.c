#include "collectors/parse/gotext_line.h"

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

static bool eat_hex(struct str *s, uint64_t *ret)
{
	struct str in = *s;
	uint64_t v = 0;
	uint32_t i = 0;

	if (!eat(&in, "0x"))
		return false;
	for (; i < in.len && i < 16; i++) {
		char c = in.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	*s = from(in, i);
	*ret = v;
	return i > 0;
}

static bool cut_tail(struct str *s, const char *tail)
{
	if (!str_ends(*s, tail))
		return false;
	s->len -= (uint32_t)strlen(tail);
	return true;
}

static long first_of(struct str s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

static long last_of(struct str s, char c)
{
	const char *at = s.len ? memrchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

/* ---- a header ---- */

/* Up to a comma, the closing bracket, or the labels of Go 1.26. */
static struct str eat_remark(struct str *s)
{
	struct str ret = { s->p, 0 };

	while (ret.len < s->len && s->p[ret.len] != ',' && s->p[ret.len] != ']' &&
	       !(s->p[ret.len] == ' ' && str_starts(from(*s, ret.len), " labels:{")))
		ret.len++;
	*s = from(*s, ret.len);
	return ret;
}

static void take_state(struct str s, struct gotext_header *h)
{
	bool more = true;

	h->state = s;
	while (more && h->state.len && h->state.p[h->state.len - 1] == ')') {
		bool scan = cut_tail(&h->state, " (scan)"),
		     leaked = cut_tail(&h->state, " (leaked)"),
		     durable = cut_tail(&h->state, " (durable)");

		h->scan |= scan;
		h->leaked |= leaked;
		h->durable |= durable;
		more = scan || leaked || durable;
	}
}

/* "5 minutes", "locked to thread", "synctest bubble 3", and what later versions may add. */
static void take_remark(struct str s, struct gotext_header *h)
{
	uint64_t n;

	if (str_is(s, "locked to thread"))
		h->locked = true;
	else if (eat_number(&s, &n) && str_is(s, " minutes"))
		h->minutes = n;
}

static bool eat_labels(struct str *s, struct gotext_header *h)
{
	long n = gotext_labels_end(*s);

	if (n < 0)
		return false;
	h->labels = (struct str){ s->p, (uint32_t)n };
	*s = from(*s, (size_t)n + 1);
	return true;
}

static bool eat_brackets(struct str *s, struct gotext_header *h)
{
	take_state(eat_remark(s), h);
	while (!eat(s, "]")) {
		if (eat(s, ", "))
			take_remark(eat_remark(s), h);
		else if (!eat(s, " labels:{") || !eat_labels(s, h))
			return false;
	}
	return h->state.len > 0;
}

/* " gp=0xc000002380 m=0 mp=0x55d0c0": since Go 1.23, when all frames are shown. */
static void skip_addresses(struct str *s)
{
	while (str_starts(*s, " gp=") || str_starts(*s, " m=") || str_starts(*s, " mp=")) {
		long n = first_of(from(*s, 1), ' ');

		*s = from(*s, n < 0 ? s->len : (size_t)n + 1);
	}
}

bool gotext_header(struct str line, struct gotext_header *ret)
{
	*ret = (struct gotext_header){ 0 };
	if (!eat(&line, "goroutine ") || !eat_number(&line, &ret->goid))
		return false;
	skip_addresses(&line);
	if (!eat(&line, " [") || !eat_brackets(&line, ret))
		return false;
	if (eat(&line, " {") && !eat_labels(&line, ret))
		return false;
	return str_is(line, ":");
}

/* ---- frames ---- */

/* The first parenthesis that is not a receiver's, which follows a dot; NULL: there is none. */
static const char *find_args(struct str line)
{
	const char *at = line.p, *end = line.p + line.len;

	while (at < end && (at = memchr(at, '(', (size_t)(end - at))) && at > line.p &&
	       at[-1] == '.')
		at++;
	return at && at < end ? at : NULL;
}

bool gotext_func_plain(struct str func)
{
	return func.len && func.p[0] != '\t' && first_of(func, ' ') < 0 && !find_args(func);
}

bool gotext_func(struct str line, struct str *ret)
{
	const char *args = str_ends(line, ")") ? find_args(line) : NULL;

	if (!args || args == line.p)
		return false;
	*ret = (struct str){ line.p, (uint32_t)(args - line.p) };
	return first_of(*ret, ' ') < 0 && line.p[0] != '\t';
}

bool gotext_creator(struct str line, struct str *ret)
{
	long blank;
	uint64_t n;

	if (!eat(&line, "created by ") || line.len == 0)
		return false;
	blank = first_of(line, ' ');
	*ret = (struct str){ line.p, blank < 0 ? line.len : (uint32_t)blank };
	line = from(line, ret->len);
	return ret->len > 0 && (line.len == 0 || (eat(&line, " in goroutine ") &&
						  eat_number(&line, &n) && line.len == 0));
}

/* Behind the last colon, so that a file's name may have anything in it. */
bool gotext_place(struct str text, struct gotext_place *ret)
{
	long colon = last_of(text, ':');
	struct str rest;
	uint64_t n = 0;

	if (colon < 1)
		return false;
	rest = from(text, (size_t)colon + 1);
	if (rest.len > 1 && rest.p[0] == '0' && rest.p[1] != ' ')
		return false;
	if (!eat_number(&rest, &n) || n > UINT32_MAX || (rest.len && rest.p[0] != ' '))
		return false;
	ret->key = (struct str){ text.p, (uint32_t)(rest.p - text.p) };
	ret->file_len = (uint32_t)colon;
	ret->line = (uint32_t)n;
	return true;
}

bool gotext_elision(struct str line)
{
	return str_starts(line, "...") && str_ends(line, " frames elided...");
}

/* ---- debug=1 ---- */

bool gotext_profile_head(struct str line, uint64_t *ret_total)
{
	return (eat(&line, "goroutine profile: total ") ||
		eat(&line, "goroutineleak profile: total ")) &&
	       eat_number(&line, ret_total) && line.len == 0;
}

bool gotext_record(struct str line, uint64_t *ret_count, struct str *ret_pcs)
{
	if (!eat_number(&line, ret_count) || *ret_count == 0 || !eat(&line, " @"))
		return false;
	*ret_pcs = line;
	return line.len == 0 || line.p[0] == ' ';
}

bool gotext_next_pc(struct str *pcs, uint64_t *ret)
{
	return eat(pcs, " ") && eat_hex(pcs, ret);
}

bool gotext_record_frame(struct str line, struct gotext_record_frame *ret)
{
	long tab, plus;

	*ret = (struct gotext_record_frame){ .pc = 0 };
	if (!eat(&line, "#\t") || !eat_hex(&line, &ret->pc))
		return false;
	if (line.len == 0)
		return true;
	if (!eat(&line, "\t"))
		return false;
	tab = first_of(line, '\t');
	if (tab < 1)
		return false;
	ret->func = (struct str){ line.p, (uint32_t)tab };
	plus = last_of(ret->func, '+');
	if (plus > 0)
		ret->func.len = (uint32_t)plus;
	line = from(line, (size_t)tab);
	while (eat(&line, "\t"))
		;
	return gotext_place(line, &ret->place);
}
