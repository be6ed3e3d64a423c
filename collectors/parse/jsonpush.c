#include "collectors/parse/jsonpush.h"

#include <errno.h>
#include <uchar.h>

#include "core/base/utf8.h"

enum state {
	WANT_VALUE,
	WANT_VALUE_OR_END, /* after [ */
	WANT_KEY,	   /* after a comma in an object */
	WANT_KEY_OR_END,   /* after { */
	WANT_COLON,
	WANT_COMMA_OR_END,
	IN_STRING,
	IN_ESCAPE,
	IN_HEX,
	IN_NUMBER,
	IN_WORD,
	AT_END,
};

static int refuse(const struct jsonpush *j, const char *why, struct err *e)
{
	return err_set(e, -EBADMSG, "not JSON at byte %zu: %s", j->n_read, why);
}

static int add(struct jsonpush *j, const char *p, size_t n, struct err *e)
{
	if (buf_add(&j->text, p, n) < 0)
		return err_set(e, -EFBIG, "a word of the answer is longer than %d kB",
			       JSONPUSH_TEXT_MAX >> 10);
	return 0;
}

static int add_char(struct jsonpush *j, char32_t c, struct err *e)
{
	char utf8[UTF8_MAX];

	return add(j, utf8, utf8_put(c, utf8), e);
}

/* ---- what is complete ---- */

static void after_value(struct jsonpush *j)
{
	j->state = j->depth ? WANT_COMMA_OR_END : AT_END;
}

static int tell(struct jsonpush *j, enum json_event ev, struct err *e)
{
	struct str text = { buf_str(&j->text), (uint32_t)j->text.len };

	return j->on(j->arg, ev, text, e);
}

static int open_level(struct jsonpush *j, char c, struct err *e)
{
	if (j->depth == JSONPUSH_DEPTH_MAX)
		return err_set(e, -EFBIG, "the answer is nested more than %d deep",
			       JSONPUSH_DEPTH_MAX);
	j->closers[j->depth++] = c == '{' ? '}' : ']';
	j->state = c == '{' ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	buf_clear(&j->text);
	return tell(j, c == '{' ? JSON_OPEN_OBJECT : JSON_OPEN_ARRAY, e);
}

static int close_level(struct jsonpush *j, char c, struct err *e)
{
	if (!j->depth || j->closers[j->depth - 1] != c)
		return refuse(j, "a bracket that closes nothing", e);
	j->depth--;
	after_value(j);
	buf_clear(&j->text);
	return tell(j, c == '}' ? JSON_CLOSE_OBJECT : JSON_CLOSE_ARRAY, e);
}

static int end_string(struct jsonpush *j, struct err *e)
{
	int r;

	if (j->high) {
		r = add_char(j, UTF8_BAD, e);
		if (r < 0)
			return r;
	}
	if (!j->is_key) {
		after_value(j);
		return tell(j, JSON_STRING, e);
	}
	j->state = WANT_COLON;
	return tell(j, JSON_KEY, e);
}

static const char *digits(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool is_number(const char *p)
{
	const char *from = p += *p == '-';

	p = digits(p);
	if (p == from || (*from == '0' && p > from + 1))
		return false;
	if (*p == '.') {
		from = p + 1;
		p = digits(from);
		if (p == from)
			return false;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		from = p += *p == '+' || *p == '-';
		p = digits(p);
		if (p == from)
			return false;
	}
	return *p == '\0';
}

static int end_number(struct jsonpush *j, struct err *e)
{
	if (!is_number(buf_str(&j->text)) || strlen(j->text.ptr) != j->text.len)
		return refuse(j, "a number was expected", e);
	after_value(j);
	return tell(j, JSON_NUMBER, e);
}

static int end_word(struct jsonpush *j, struct err *e)
{
	const char *word = buf_str(&j->text);

	if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0 && strcmp(word, "null") != 0)
		return refuse(j, "a value was expected", e);
	after_value(j);
	return tell(j, JSON_WORD, e);
}

/* ---- bytes ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static void start_string(struct jsonpush *j, bool is_key)
{
	buf_clear(&j->text);
	j->is_key = is_key;
	j->high = 0;
	j->state = IN_STRING;
}

static int take_value(struct jsonpush *j, char c, struct err *e)
{
	if (c == '{' || c == '[')
		return open_level(j, c, e);
	if (c == '"') {
		start_string(j, false);
		return 0;
	}
	buf_clear(&j->text);
	if (in_number(c) && c != 'e' && c != 'E')
		j->state = IN_NUMBER;
	else if (c >= 'a' && c <= 'z')
		j->state = IN_WORD;
	else
		return refuse(j, "a value was expected", e);
	return add(j, &c, 1, e);
}

/* Between the pieces. */
static int take_between(struct jsonpush *j, char c, struct err *e)
{
	if (is_blank(c))
		return 0;
	switch (j->state) {
	case WANT_VALUE_OR_END:
		return c == ']' ? close_level(j, c, e) : take_value(j, c, e);
	case WANT_VALUE:
		return take_value(j, c, e);
	case WANT_KEY_OR_END:
		if (c == '}')
			return close_level(j, c, e);
		/* fall through */
	case WANT_KEY:
		if (c != '"')
			return refuse(j, "a key was expected", e);
		start_string(j, true);
		return 0;
	case WANT_COLON:
		if (c != ':')
			return refuse(j, "a colon was expected", e);
		j->state = WANT_VALUE;
		return 0;
	case WANT_COMMA_OR_END:
		if (c != ',')
			return close_level(j, c, e);
		j->state = j->closers[j->depth - 1] == '}' ? WANT_KEY : WANT_VALUE;
		return 0;
	default:
		return refuse(j, "something follows its end", e);
	}
}

static int take_escape(struct jsonpush *j, char c, struct err *e)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;
	int r = 0;

	if (c == 'u') {
		j->unit = 0;
		j->n_hex = 0;
		j->state = IN_HEX;
		return 0;
	}
	if (!at)
		return refuse(j, "an escape that is none", e);
	if (j->high)
		r = add_char(j, UTF8_BAD, e);
	j->high = 0;
	j->state = IN_STRING;
	return r < 0 ? r : add(j, &to[at - from], 1, e);
}

/* A unit of UTF-16 is whole: a character, or half of one. */
static int take_unit(struct jsonpush *j, struct err *e)
{
	unsigned high = j->high, c = j->unit;
	int r = 0;

	j->state = IN_STRING;
	j->high = 0;
	if (high && c >= 0xdc00 && c < 0xe000)
		return add_char(j, 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00), e);
	if (high)
		r = add_char(j, UTF8_BAD, e);
	if (r < 0)
		return r;
	if (c >= 0xd800 && c < 0xdc00) {
		j->high = c;
		return 0;
	}
	return add_char(j, c >= 0xdc00 && c < 0xe000 ? UTF8_BAD : c, e);
}

static int take_hex(struct jsonpush *j, char c, struct err *e)
{
	int v = c >= '0' && c <= '9'   ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;

	if (v < 0)
		return refuse(j, "an escape that is none", e);
	j->unit = j->unit << 4 | (unsigned)v;
	return ++j->n_hex == 4 ? take_unit(j, e) : 0;
}

/* As much of a string as there is; returns the bytes taken, or an error. */
static long take_string(struct jsonpush *j, const char *p, size_t n, struct err *e)
{
	size_t len = 0;
	int r;

	while (len < n && p[len] != '"' && p[len] != '\\' && (unsigned char)p[len] >= 0x20)
		len++;
	j->n_read += len;
	if (len && j->high) {
		j->high = 0;
		r = add_char(j, UTF8_BAD, e);
		if (r < 0)
			return r;
	}
	r = add(j, p, len, e);
	if (r < 0 || len == n)
		return r < 0 ? r : (long)len;
	if (p[len] == '\\')
		j->state = IN_ESCAPE;
	else if (p[len] == '"')
		r = end_string(j, e);
	else
		r = refuse(j, "a control character in a string", e);
	if (r < 0)
		return r;
	j->n_read++;
	return (long)len + 1;
}

/* The same for a number or a word; the byte behind it is not taken. */
static long take_bare(struct jsonpush *j, const char *p, size_t n, struct err *e)
{
	size_t len = 0;
	int r;

	while (len < n &&
	       (j->state == IN_NUMBER ? in_number(p[len]) : p[len] >= 'a' && p[len] <= 'z'))
		len++;
	j->n_read += len;
	r = add(j, p, len, e);
	if (r == 0 && len < n)
		r = j->state == IN_NUMBER ? end_number(j, e) : end_word(j, e);
	return r < 0 ? r : (long)len;
}

static long take_some(struct jsonpush *j, const char *p, size_t n, struct err *e)
{
	int r;

	switch (j->state) {
	case IN_STRING:
		return take_string(j, p, n, e);
	case IN_NUMBER:
	case IN_WORD:
		return take_bare(j, p, n, e);
	case IN_ESCAPE:
		r = take_escape(j, *p, e);
		break;
	case IN_HEX:
		r = take_hex(j, *p, e);
		break;
	default:
		r = take_between(j, *p, e);
	}
	if (r < 0)
		return r;
	j->n_read++;
	return 1;
}

void jsonpush_begin(struct jsonpush *j)
{
	j->text.max = JSONPUSH_TEXT_MAX;
	buf_clear(&j->text);
	j->n_read = 0;
	j->state = WANT_VALUE;
	j->depth = 0;
}

int jsonpush_feed(struct jsonpush *j, const char *data, size_t n, struct err *e)
{
	while (n) {
		long took = take_some(j, data, n, e);

		if (took < 0)
			return (int)took;
		data += took;
		n -= (size_t)took;
	}
	return 0;
}

int jsonpush_end(struct jsonpush *j, struct err *e)
{
	int r = 0;

	if (j->state == IN_NUMBER || j->state == IN_WORD) /* only a value that is all there is */
		r = jsonpush_feed(j, " ", 1, e);
	if (r == 0 && j->state != AT_END)
		r = err_set(e, -EBADMSG, "the answer ends in the middle (after %zu bytes)",
			    j->n_read);
	return r;
}

void jsonpush_release(struct jsonpush *j)
{
	buf_release(&j->text);
}
