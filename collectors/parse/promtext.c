#include "collectors/parse/promtext.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/promfollow.h"
#include "collectors/parse/promline.h"
#include "collectors/parse/promopen.h"
#include "core/base/xalloc.h"

enum {
	PIECE = 16 << 10, /* copied and read while it is in the first cache */
	SHOWN_MAX = 40,	  /* bytes of a bad line that an error shows */
};

/* ---- lines ---- */

/* OpenMetrics writes le="1.0" what text writes as le="1": the same bound, so the same label. */
static void plain_bound(struct label *l)
{
	if ((str_is(l->name, "le") || str_is(l->name, "quantile")) && l->value.len > 2 &&
	    str_ends(l->value, ".0"))
		l->value.len -= 2;
}

static void plain_bounds(struct row *row)
{
	for (uint32_t i = row->n_kept; i < row->n_labels; i++)
		plain_bound(&row->labels[i]);
}

static void note_line(struct promtext *p, const struct line *l, size_t prefix, uint32_t series)
{
	size_t n = (size_t)(l->end - p->line) + 1; /* with its '\n' */

	n += p->line[n - 1] == '\r';
	promfollow_note(p->follow, (struct str){ p->line, (uint32_t)n },
			(uint32_t)(prefix ? prefix : n), series);
}

/* Of the series added last, when the one before has the same name: its family. */
static uint32_t family_of(struct promtext *p, struct row *row, uint32_t family)
{
	const struct series *last = p->out.n_series ? &p->out.series[p->out.n_series - 1] : NULL;
	struct prompage_slot *slot;

	if (last && ((row->same_name && !p->openmetrics) || str_eq(last->name, row->name))) {
		row->name = last->name;
		return last->family;
	}
	if (family != UINT32_MAX)
		return family;
	slot = prompage_owner(&p->out, row->name);
	slot->typed = true;
	return slot->family_plus_1 - 1;
}

static void add_series(struct promtext *p, struct row *row, uint32_t family)
{
	struct series *s;

	family = family_of(p, row, family);
	s = prompage_add(&p->out);
	if (!s)
		return;
	s->name.p = row->name.p;
	s->name.len = row->name.len;
	s->family = family;
	s->label = (uint32_t)p->out.n_labels;
	s->n_labels = row->n_labels;
	s->value = row->value;
	p->out.n_labels += row->n_labels;
	prompage_key(&p->out, row->key, row->common);
}

static int refuse_again(struct line *l)
{
	return promline_refuse(l, -EBADMSG, "metadata behind the samples of its metric");
}

static int take_series(struct promtext *p, struct line *l)
{
	enum promopen_what what = PROMOPEN_SERIES;
	struct row *row = p->row;
	uint32_t family = UINT32_MAX;
	int r;

	if (p->again.len)
		return refuse_again(l);
	prompage_reserve_labels(&p->out, 2 * (size_t)PROM_LABELS_MAX);
	row->before = p->out.labels + p->row_label;
	row->labels = p->out.labels + p->out.n_labels;
	r = promline_series(l, row);
	if (r < 0)
		return r;
	if (p->openmetrics) {
		r = promopen_series(p->open, &p->out, l, row, &family, &what);
		if (r < 0)
			return r;
		p->follow->never |= !isnan(row->timestamp);
	}
	p->row_label = (uint32_t)p->out.n_labels;
	if (p->openmetrics)
		plain_bounds(row);
	switch (what) {
	case PROMOPEN_CREATED:
		prompage_created(&p->out, prompage_hash(0, row->key), row->value);
		note_line(p, l, 0, UINT32_MAX);
		break;
	case PROMOPEN_AGAIN:
		p->out.series[p->out.n_series - 1].value = row->value;
		break;
	case PROMOPEN_SERIES:
		add_series(p, row, family);
		note_line(p, l, (size_t)(row->value_at - p->line), (uint32_t)p->out.n_series - 1);
		break;
	}
	return 0;
}

static const char *const kinds[KIND_COUNT] = {
	[KIND_UNTYPED] = "unknown", [KIND_COUNTER] = "counter",
	[KIND_GAUGE] = "gauge",	    [KIND_HISTOGRAM] = "histogram",
	[KIND_SUMMARY] = "summary", [KIND_GAUGEHISTOGRAM] = "gaugehistogram",
	[KIND_INFO] = "info",	    [KIND_STATESET] = "stateset",
};

static int take_type(struct promtext *p, struct line *l, struct prompage_slot *s, struct str name)
{
	size_t i;

	if (s->typed)
		return promline_refuse(l, -EBADMSG,
				       "a second TYPE of this metric, or after its series");
	while (name.len && promline_is_blank(name.p[name.len - 1]) && !p->openmetrics)
		name.len--;
	for (i = 0; i < KIND_COUNT; i++) {
		if (p->openmetrics ? str_is(name, kinds[i])
				   : (*name.p | 0x20) == kinds[i][0] &&
					     promline_is_word(name.p, name.len, kinds[i]))
			break;
	}
	if (i == KIND_COUNT && p->openmetrics)
		return promline_refuse(l, -EBADMSG, "a TYPE that is not known");
	prompage_set_kind(&p->out, s, i < KIND_COUNT ? (enum prom_kind)i : KIND_UNTYPED);
	return 0;
}

static struct str plain_help(struct promtext *p, struct str help)
{
	return help.len && memchr(help.p, '\\', help.len)
		       ? promline_unescape(&p->scratch, help, p->openmetrics)
		       : help;
}

/* Metadata of a name that has series: only a counter may have it too (promopen_again). */
static int take_again(struct promtext *p, struct line *l, const struct comment *c)
{
	static const struct str suffix = STR("_total");
	struct prompage_slot *s;
	struct str total;
	char *to;

	p->again = c->name;
	if (c->kind == COMMENT_HELP)
		p->again_help = plain_help(p, c->rest);
	if (c->kind != COMMENT_TYPE)
		return 0;
	to = promline_room(&p->scratch, c->name.len + suffix.len);
	memcpy(to, c->name.p, c->name.len);
	memcpy(to + c->name.len, suffix.p, suffix.len);
	total = (struct str){ to, c->name.len + suffix.len };
	s = prompage_family(&p->out, total);
	if (s->typed || !str_is(c->rest, "counter"))
		return promline_refuse(l, -EBADMSG,
				       "a second TYPE of this metric, or after its series");
	prompage_set_kind(&p->out, s, KIND_COUNTER);
	p->out.families[s->family_plus_1 - 1].help = p->again_help;
	p->again = p->again_help = STR("");
	return promopen_again(p->open, &p->out, l, s, c->name);
}

static int take_comment(struct promtext *p, struct line *l)
{
	struct prompage_slot *s;
	struct comment c;
	int r;

	l->at++;
	r = promline_comment(l, &c);
	if (r < 0)
		return r;
	if (p->again.len && !str_eq(p->again, c.name))
		return refuse_again(l);
	p->ended |= c.kind == COMMENT_EOF;
	if (c.kind == COMMENT_OTHER || c.kind == COMMENT_EOF)
		return 0;
	if (c.kind == COMMENT_UNIT && !p->openmetrics)
		return 0;
	s = prompage_family(&p->out, c.name);
	if (p->openmetrics && s->has_series && s->kind != KIND_COUNTER)
		return take_again(p, l, &c);
	if (c.kind == COMMENT_TYPE) {
		r = take_type(p, l, s, c.rest);
	} else if (c.kind == COMMENT_HELP) {
		struct family *f = &p->out.families[s->family_plus_1 - 1];

		if (f->help.len == 0)
			f->help = plain_help(p, c.rest);
	}
	return r == 0 && p->openmetrics ? promopen_comment(p->open, &p->out, l, &c) : r;
}

/* The other formats that people ask for by mistake, by how a page of them begins. */
static const char *other_format(const char *p, const char *end)
{
	while (p < end && promline_is_blank(*p))
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
	const char *format = p->out.n_series ? NULL : other_format(p->line, l->end);
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

static int read_line(struct promtext *p, struct line *l)
{
	int r;

	if (p->openmetrics) {
		if (p->ended)
			return promline_refuse(l, -EBADMSG, "text after # EOF");
		if (l->at == l->end)
			return promline_refuse(l, -EBADMSG, "an empty line");
	} else {
		promline_skip_blanks(l);
	}
	if (*l->at != '#' && l->at != l->end)
		return take_series(p, l);
	r = l->at == l->end ? 0 : take_comment(p, l);
	if (r == 0)
		note_line(p, l, 0, UINT32_MAX);
	return r;
}

/* p->line up to `end`, where its '\n' is. */
static int take_line(struct promtext *p, const char *end, struct err *e)
{
	struct line l = { p->line, end, &p->scratch, p->openmetrics, NULL };
	int r = 0;

	if (end - p->line > PROMTEXT_LINE_MAX)
		r = promline_refuse(&l, -EFBIG, "the line is longer than 1 MiB");
	if (l.end > l.at && l.end[-1] == '\r' && !p->openmetrics)
		l.end--;
	if (r == 0)
		r = read_line(p, &l);
	if (r < 0)
		return bad_line(p, &l, r, e);
	p->line_no++;
	p->text_bytes += (size_t)(end + 1 - p->line);
	if (p->text_bytes + p->scratch.used_bytes + prompage_bytes(&p->out) > PROM_PAGE_MAX)
		return err_set(e, -EFBIG, "line %zu: the page needs more than 256 MiB", p->line_no);
	return 0;
}

/* All lines that are complete. */
static int take_lines(struct promtext *p, struct err *e)
{
	char *nl;

	while (!p->out.cut &&
	       (nl = memchr(p->searched, '\n', (size_t)(p->end - p->searched))) != NULL) {
		int r = take_line(p, nl, e);

		if (r < 0)
			return r;
		p->line = p->searched = nl + 1;
	}
	p->searched = p->end;
	return 0;
}

/* ---- text ---- */

/* Text never moves once a series points to it: only the unfinished line goes to a new block. */
static void reserve_text(struct promtext *p, size_t n)
{
	/* cppcheck-suppress nullPointerArithmeticRedundantCheck; both are NULL before the first
	 * block */
	size_t tail = (size_t)(p->end - p->line);
	char *block;

	if (p->end && (size_t)(p->block_end - p->end) >= n + PROMLINE_SLACK)
		return;
	block = arena_alloc(&p->scratch.blocks, PROMLINE_BLOCK);
	if (tail)
		memcpy(block, p->line, tail);
	p->line = block;
	p->searched = p->end = block + tail;
	p->block_end = block + PROMLINE_BLOCK;
}

static void append(struct promtext *p, const char *data, size_t n)
{
	reserve_text(p, n);
	memcpy(p->end, data, n);
	p->end += n;
	memset(p->end, 0, PROMLINE_SLACK);
}

int promtext_read(struct promtext *p, const char *data, size_t n, struct err *e)
{
	while (n > 0 && !p->out.cut) {
		size_t piece = n < PIECE ? n : PIECE;
		int r;

		append(p, data, piece);
		r = take_lines(p, e);
		if (r < 0)
			return r;
		if (p->end - p->line > PROMTEXT_LINE_MAX && !p->out.cut)
			return take_line(p, p->end, e);
		data += piece;
		n -= piece;
	}
	return 0;
}

/* ---- a page ---- */

void promtext_restart(struct promtext *p)
{
	arena_clear(&p->scratch.blocks);
	p->scratch.at = p->scratch.end = NULL;
	p->scratch.used_bytes = 0;
	p->line = p->searched = p->end = p->block_end = NULL;
	p->line_no = p->text_bytes = 0;
	p->row_label = 0;
	p->again = p->again_help = STR("");
	p->ended = false;
	p->row->name = p->row->key = STR("");
	p->row->n_labels = 0;
	p->row->no_hints = false;
	prompage_clear(&p->out);
	p->follow->n = 0;
	p->follow->on = p->follow->valid = p->follow->never = false;
	if (p->openmetrics) {
		if (!p->open)
			p->open = promopen_new();
		promopen_begin(p->open);
	}
}

/* With the first bytes: only then the format is known. */
static void start(struct promtext *p)
{
	struct promfollow *f = p->follow;

	p->started = true;
	if (f->valid && f->openmetrics == p->openmetrics) {
		f->on = true;
		f->at = 0;
		return;
	}
	f->openmetrics = p->openmetrics;
	promtext_restart(p);
}

void promtext_begin(struct promtext *p)
{
	if (!p->row) {
		p->row = xcalloc(1, sizeof(*p->row));
		p->follow = xcalloc(1, sizeof(*p->follow));
	}
	p->page = (struct metrics_page){ 0 };
	p->started = false;
	p->openmetrics = false;
	p->out.cut = false;
	buf_clear(&p->follow->carry);
}

void promtext_as(struct promtext *p, bool openmetrics)
{
	p->openmetrics = openmetrics;
}

/* The page is not as the last one: from here on it is read in full. */
static int leave(struct promtext *p, struct err *e)
{
	int r = promfollow_leave(p, e);

	if (r == 0 && p->follow->carry.len)
		r = promtext_read(p, p->follow->carry.ptr, p->follow->carry.len, e);
	buf_clear(&p->follow->carry);
	return r;
}

int promtext_feed(struct promtext *p, const char *data, size_t n, struct err *e)
{
	if (!p->started && n)
		start(p);
	if (n && p->follow->on) {
		int r;

		if (promfollow_feed(p, &data, &n))
			return 0;
		r = leave(p, e);
		if (r < 0)
			return r;
	}
	return promtext_read(p, data, n, e);
}

static int end_in_full(struct promtext *p, struct err *e)
{
	struct line l = { .why = NULL };
	int r = p->end != p->line ? promtext_read(p, "\n", 1, e) : 0;

	if (r < 0)
		return r;
	if (p->openmetrics && !p->ended && !p->out.cut)
		return err_set(
			e, -EBADMSG,
			"the page is cut: OpenMetrics ends with # EOF, this one after %zu lines",
			p->line_no);
	if (p->openmetrics && promopen_end(p->open, &l) < 0)
		return err_set(e, -EBADMSG, "line %zu: %s", p->line_no, l.why);
	if (p->out.n_series == 0 && !p->openmetrics)
		return err_set(e, -EBADMSG, "no metrics: the page %s",
			       p->text_bytes ? "has no series" : "is empty");
	return 0;
}

int promtext_end(struct promtext *p, struct err *e)
{
	int r = 0;

	if (!p->started)
		start(p);
	if (p->follow->on && !promfollow_end(p))
		r = leave(p, e);
	if (r == 0 && !p->follow->on)
		r = end_in_full(p, e);
	if (r == 0 && p->openmetrics)
		r = promopen_values(p->open, &p->out, e);
	if (r < 0) {
		p->follow->valid = false;
		return r;
	}
	p->follow->valid = !p->out.cut && !p->follow->never;
	prompage_finish(&p->out, &p->page);
	return 0;
}

void promtext_release(struct promtext *p)
{
	arena_release(&p->scratch.blocks);
	if (p->scratch.c_locale)
		freelocale(p->scratch.c_locale);
	if (p->follow)
		promfollow_release(p->follow);
	prompage_release(&p->out);
	promopen_free(p->open);
	free(p->follow);
	free(p->row);
	*p = (struct promtext){ 0 };
}
