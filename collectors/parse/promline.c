#include "collectors/parse/promline.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "collectors/parse/promnum.h"

enum { METRIC_FIRST = 1, METRIC_REST = 2, LABEL_FIRST = 4, LABEL_REST = 8, ASCII = 16 };
enum {
	ANYWHERE = METRIC_FIRST | METRIC_REST | LABEL_FIRST | LABEL_REST,
	NOT_FIRST = METRIC_REST | LABEL_REST,
};

/* Beyond ASCII the format wants quotes; a bare name is taken as it is, unless the reader is strict.
 */
static const unsigned char classes[256] = {
	['a' ... 'z'] = ANYWHERE,   ['A' ... 'Z'] = ANYWHERE,  ['_'] = ANYWHERE,
	[0x80 ... 0xff] = ANYWHERE, ['0' ... '9'] = NOT_FIRST, [':'] = METRIC_FIRST | METRIC_REST,
};

int promline_refuse(struct line *l, int code, const char *why)
{
	l->why = why;
	return code;
}

/* Takes a run of what names are made of; the caller has looked at the first. */
static inline struct str scan_run(struct line *l, unsigned class)
{
	const char *from = l->at;
	unsigned other;

	for (;; l->at += 32) {
		other = ~promscan_words(l->at, class & METRIC_REST);
		if (other)
			break;
	}
	l->at += __builtin_ctz(other);
	return (struct str){ from, (uint32_t)(l->at - from) };
}

static bool has_wide(struct str s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	}
	return false;
}

char *promline_room(struct promtext_scratch *sc, size_t n)
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
struct str promline_unescape(struct promtext_scratch *sc, struct str s, bool quotes)
{
	char *to = promline_room(sc, s.len);
	uint32_t n = 0;

	for (uint32_t i = 0; i < s.len; i++) {
		char next = i + 1 < s.len ? s.p[i + 1] : '\0';

		if (s.p[i] == '\\' && (next == '\\' || (next == '"' && quotes) || next == 'n')) {
			to[n++] = next == 'n' ? '\n' : next;
			i++;
		} else {
			to[n++] = s.p[i];
		}
	}
	return (struct str){ to, n };
}

/* From an opening quote to behind its closing one. */
static inline int scan_quoted(struct line *l, struct str *ret)
{
	const char *from = l->at + 1, *p = promscan_quote(from, l->end);
	bool escaped = false;
	struct str s;

	while (p < l->end && *p == '\\') {
		escaped = true;
		p = promscan_quote(p + 2, l->end);
	}
	if (p >= l->end)
		return promline_refuse(l, -EBADMSG, "a quote is not closed");
	s = (struct str){ from, (uint32_t)(p - from) };
	l->at = p + 1;
	*ret = escaped ? promline_unescape(l->scratch, s, true) : s;
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
static inline int scan_label(struct line *l, struct row *row)
{
	struct label *label = &row->labels[row->n_labels];
	bool quoted = *l->at == '"';
	int r = 0;

	if (row->n_labels == PROM_LABELS_MAX)
		return promline_refuse(l, -EFBIG, "more than 256 labels");
	if (quoted) {
		r = scan_quoted_name(l, &label->name);
		row->no_hints = true;
	} else if (classes[(unsigned char)*l->at] & LABEL_FIRST) {
		label->name = scan_run(l, LABEL_REST);
	} else {
		return promline_refuse(l, -EBADMSG, "a label name was expected");
	}
	if (r < 0)
		return r;
	if (l->strict && !quoted && has_wide(label->name))
		return promline_refuse(l, -EBADMSG, "a byte that is not allowed in a label name");
	promline_skip_blanks(l);
	if (quoted && *l->at != '=' && row->name.len == 0) {
		row->name = label->name;
		row->name_end = (uint32_t)(l->at - row->key.p);
		return 0;
	}
	if (*l->at != '=')
		return promline_refuse(l, -EBADMSG, "'=' was expected after a label name");
	l->at++;
	promline_skip_blanks(l);
	if (*l->at != '"')
		return promline_refuse(l, -EBADMSG, "a label value was expected in quotes");
	row->starts[row->n_labels] = (uint32_t)(l->at + 1 - row->key.p);
	r = scan_quoted(l, &label->value);
	row->ends[row->n_labels++] = (uint32_t)(l->at - row->key.p);
	return r;
}

int promline_labels(struct line *l, struct row *row, bool behind_one)
{
	for (;; behind_one = true) {
		int r;

		promline_skip_blanks(l);
		if (*l->at == '}')
			break;
		if (behind_one) {
			if (*l->at != ',')
				return promline_refuse(l, -EBADMSG,
						       "',' or '}' was expected after a label");
			l->at++;
			promline_skip_blanks(l);
			if (*l->at == '}' && !l->strict)
				break;
		}
		r = scan_label(l, row);
		if (r < 0)
			return r;
	}
	l->at++;
	return 0;
}

/* Takes over what the row before has in the same bytes: its first labels, and its name. False:
 * nothing, the line is to be read from its start. */
static bool take_over(struct line *l, struct row *row)
{
	uint32_t k = 0, end;

	row->n_before = row->n_labels;
	while (k < row->n_before && row->ends[k] <= row->common)
		k++;
	row->n_labels = row->n_kept = 0;
	end = k ? row->ends[k - 1] : row->name_end;
	/* A byte more than the name, for it might go on. */
	row->same_name =
		row->name_end <= end && row->common > row->name_end && (k || !row->no_hints);
	if (!row->same_name)
		return false;
	if (row->labels != row->before) {
		for (uint32_t i = 0; i < k; i++)
			prompage_copy_label(&row->labels[i], &row->before[i]);
	}
	row->n_labels = row->n_kept = k;
	row->key.len = end;
	l->at += end;
	return true;
}

/* Labels of the names that the row before has in their places, as they nearly all are: what stands
 * between two values is the same bytes, so that only the values are looked at. From behind the
 * name, or behind a label, to behind the last such label. */
static void follow_labels(struct line *l, struct row *row, const char *key_before)
{
	uint32_t k = row->n_labels, end = k ? row->ends[k - 1] : row->name_end_before;

	for (; k < row->n_before && !row->no_hints; k++) {
		uint32_t gap = row->starts[k] - end;
		const char *value = l->at + gap, *quote;
		struct label *label;

		if (gap > PROMSCAN_WIDTH || gap >= (size_t)(l->end - l->at) ||
		    !promscan_is_same(l->at, key_before + end, gap))
			break;
		quote = promscan_quote(value, l->end);
		if (quote >= l->end || *quote != '"')
			break;
		label = &row->labels[k];
		label->name.p = row->before[k].name.p;
		label->name.len = row->before[k].name.len;
		label->value.p = value;
		label->value.len = (uint32_t)(quote - value);
		l->at = quote + 1;
		end = row->ends[k];
		row->starts[k] = (uint32_t)(value - row->key.p);
		row->ends[k] = (uint32_t)(l->at - row->key.p);
	}
	row->n_labels = k;
}

/* A name that is another than the row before has; *from is its first byte. */
static int scan_name(struct line *l, struct row *row)
{
	row->name = (struct str){ NULL, 0 };
	if (classes[(unsigned char)*l->at] & METRIC_FIRST)
		row->name = scan_run(l, METRIC_REST);
	else if (*l->at != '{')
		return promline_refuse(l, -EBADMSG, "a metric name was expected");
	if (l->strict && has_wide(row->name))
		return promline_refuse(l, -EBADMSG, "a byte that is not allowed in a name");
	row->name_end = row->key.len = (uint32_t)(l->at - row->key.p);
	return 0;
}

/* From behind the name. */
static int scan_labels(struct line *l, struct row *row)
{
	int r = 0;

	if (row->n_labels == 0 && !l->strict)
		promline_skip_blanks(l);
	if (row->n_labels || *l->at == '{') {
		l->at += row->n_labels == 0;
		r = promline_labels(l, row, row->n_labels != 0);
		row->key.len = (uint32_t)(l->at - row->key.p);
	} else if (l->at != l->end && !promline_is_blank(l->at[-1]) && *l->at != ' ') {
		r = promline_refuse(l, -EBADMSG, "a byte that is not allowed in a name");
	}
	if (r == 0 && row->name.len == 0)
		r = promline_refuse(l, -EBADMSG, "no metric name");
	return r;
}

/* Name and labels. */
static int scan_head(struct line *l, struct row *row)
{
	size_t n = (size_t)(l->end - l->at);
	struct str before = row->key;
	int r;

	if (n > before.len)
		n = before.len;
	row->common = (uint32_t)promscan_common(l->at, before.p, n);
	row->key = (struct str){ l->at, 0 };
	row->name_end_before = row->name_end;
	if (!take_over(l, row)) {
		r = scan_name(l, row);
		if (r < 0)
			return r;
	}
	follow_labels(l, row, before.p);
	return scan_labels(l, row);
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

/* A number and nothing behind it, as most lines have. */
static bool quick_value(struct line *l, struct row *row)
{
	if (!promnum_quick(l->at, l->end, &row->value, &l->scratch->c_locale))
		return false;
	row->timestamp = NAN;
	row->has_exemplar = false;
	l->at = l->end;
	return true;
}

int promline_series(struct line *l, struct row *row)
{
	int r = scan_head(l, row);

	if (row->common > row->key.len)
		row->common = row->key.len;
	if (r < 0)
		return r;
	if (!l->strict)
		promline_skip_blanks(l);
	else if (l->at != l->end && !promline_space(l))
		return promline_refuse(l, -EBADMSG, "one blank was expected before the value");
	row->value_at = l->at;
	return quick_value(l, row) ? 0 : promline_value(l, row);
}

static bool is_gap(const struct line *l)
{
	return l->at == l->end || promline_is_blank(*l->at);
}

/* What does not look like HELP, TYPE or UNIT is for people: no error in the older format. */
static void scan_comment(struct line *l, struct comment *ret)
{
	static const char words[][5] = {
		[COMMENT_HELP] = "HELP",
		[COMMENT_TYPE] = "TYPE",
		[COMMENT_UNIT] = "UNIT",
	};
	int kind;

	promline_skip_blanks(l);
	for (kind = COMMENT_UNIT; kind > COMMENT_OTHER; kind--) {
		if (l->end - l->at > 4 && memcmp(l->at, words[kind], 4) == 0)
			break;
	}
	if (kind == COMMENT_OTHER || !promline_is_blank(l->at[4]))
		return;
	l->at += 4;
	promline_skip_blanks(l);
	if (*l->at == '"') {
		ret->quoted = true;
		if (scan_quoted_name(l, &ret->name) < 0)
			return;
	} else if (classes[(unsigned char)*l->at] & METRIC_FIRST) {
		ret->name = scan_run(l, METRIC_REST);
	}
	if (ret->name.len == 0 || !is_gap(l))
		return;
	ret->kind = (unsigned)kind;
	if (!l->strict)
		promline_skip_blanks(l);
	else if (l->at != l->end)
		l->at++;
	ret->rest = (struct str){ l->at, (uint32_t)(l->end - l->at) };
}

int promline_comment(struct line *l, struct comment *ret)
{
	const char *from = l->at;

	*ret = (struct comment){ .kind = COMMENT_OTHER };
	if (l->end - from == 4 && memcmp(from, " EOF", 4) == 0) {
		ret->kind = COMMENT_EOF;
		return 0;
	}
	scan_comment(l, ret);
	if (!l->strict)
		return 0;
	/* One blank each; the last one stands also before nothing. */
	if (ret->kind == COMMENT_OTHER || from[0] != ' ' || from + 1 == l->end || from[5] != ' ' ||
	    promline_is_blank(from[1]) || promline_is_blank(from[6]) || ret->rest.p[-1] != ' ')
		return promline_refuse(l, -EBADMSG, "neither TYPE, UNIT, HELP nor EOF");
	return 0;
}
