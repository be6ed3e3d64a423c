#include "collectors/parse/promtext.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/promline.h"
#include "core/base/xalloc.h"

enum {
	PIECE = 16 << 10, /* copied and read while it is in the first cache */
	SHOWN_MAX = 40,	  /* bytes of a bad line that an error shows */
};

struct promtext_slot {
	uint32_t family_plus_1; /* 0: free */
	bool typed;		/* had its TYPE line or its first series */
};

static uint64_t mix(uint64_t h, uint64_t v)
{
	unsigned __int128 m = (unsigned __int128)(h ^ v) * 0x9e3779b97f4a7c15u;

	return (uint64_t)m ^ (uint64_t)(m >> 64) ^ v;
}

/* Eight bytes at a time: base/hash.h's FNV would take longer than all the rest. Never leaves
 * the process, unlike FNV's values. */
static uint64_t mix_str(uint64_t h, struct str s)
{
	const char *p = s.p;
	size_t n = s.len;
	uint64_t v = 0;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&v, p, 8);
		h = mix(h, v);
	}
	v = 0;
	memcpy(&v, p, n);
	return mix(mix(h, v), s.len);
}

/* Where the family of that name is, or would be. */
static struct promtext_slot *slot_of(const struct promtext *p, struct str name)
{
	/* The address, so that no page can be made to collide. */
	size_t i = mix_str((uintptr_t)p, name);

	for (;; i++) {
		struct promtext_slot *s = &p->slots[i & (p->n_slots - 1)];

		if (s->family_plus_1 == 0 || str_eq(p->families[s->family_plus_1 - 1].name, name))
			return s;
	}
}

static void slots_double(struct promtext *p)
{
	struct promtext_slot *old = p->slots;
	size_t n_old = p->n_slots;

	p->n_slots = n_old ? 2 * n_old : 256;
	p->slots = xcalloc(p->n_slots, sizeof(*p->slots));
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].family_plus_1)
			*slot_of(p, p->families[old[i].family_plus_1 - 1].name) = old[i];
	}
	free(old);
}

/* The family of exactly that name, made when there is none yet. */
static struct promtext_slot *family_named(struct promtext *p, struct str name)
{
	struct promtext_slot *s = slot_of(p, name);

	if (s->family_plus_1)
		return s;
	if (2 * (p->page.n_families + 1) > p->n_slots) {
		slots_double(p);
		s = slot_of(p, name);
	}
	GROW(p->families, p->page.n_families, p->families_cap);
	p->families[p->page.n_families] = (struct family){ .name = name, .help = { "", 0 } };
	s->family_plus_1 = (uint32_t)++p->page.n_families;
	return s;
}

static const struct {
	const char *suffix;
	unsigned types; /* bits 1 << enum metric_type */
} suffixes[] = {
	{ "_bucket", 1u << METRIC_HISTOGRAM },
	{ "_sum", 1u << METRIC_HISTOGRAM | 1u << METRIC_SUMMARY },
	{ "_count", 1u << METRIC_HISTOGRAM | 1u << METRIC_SUMMARY },
	{ "_total", 1u << METRIC_COUNTER },
	{ "_created", 1u << METRIC_HISTOGRAM | 1u << METRIC_SUMMARY | 1u << METRIC_COUNTER },
};

/* The slot of the family that a series with such a suffix belongs to, or NULL. */
static struct promtext_slot *family_by_suffix(const struct promtext *p, struct str name)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		struct promtext_slot *s;

		if (!str_ends(name, suffixes[i].suffix))
			continue;
		name.len -= (uint32_t)strlen(suffixes[i].suffix);
		s = slot_of(p, name);
		if (s->family_plus_1 &&
		    1u << p->families[s->family_plus_1 - 1].type & suffixes[i].types)
			return s;
		return NULL;
	}
	return NULL;
}

static uint32_t family_of_series(struct promtext *p, struct str name)
{
	struct promtext_slot *s;

	if (p->page.n_series && str_eq(p->series[p->page.n_series - 1].name, name))
		return p->series[p->page.n_series - 1].family;
	s = slot_of(p, name);
	if (s->family_plus_1 == 0) {
		struct promtext_slot *whole = family_by_suffix(p, name);

		s = whole ? whole : family_named(p, name);
	}
	s->typed = true;
	return s->family_plus_1 - 1;
}

static int take_series(struct promtext *p, struct line *l)
{
	struct row row;
	int r;

	while (p->labels_cap - p->page.n_labels < PROMTEXT_LABELS_MAX)
		p->labels = grow(p->labels, &p->labels_cap, sizeof(*p->labels));
	row.labels = p->labels + p->page.n_labels;
	r = promline_series(l, &row);
	if (r < 0)
		return r;
	if (p->page.n_series == PROMTEXT_SERIES_MAX) {
		p->page.cut = true;
		return 0;
	}
	GROW(p->series, p->page.n_series, p->series_cap);
	p->series[p->page.n_series] = (struct series){
		.name = row.name,
		.family = family_of_series(p, row.name),
		.label = (uint32_t)p->page.n_labels,
		.n_labels = row.n_labels,
		.value = row.value,
	};
	p->page.n_series++;
	p->page.n_labels += row.n_labels;
	p->page.layout = mix_str(p->page.layout, row.key);
	return 0;
}

static enum metric_type type_by_name(struct str name)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_SUMMARY] = "summary",
	};

	while (name.len && promline_is_blank(name.p[name.len - 1]))
		name.len--;
	for (size_t i = METRIC_COUNTER; i < sizeof(names) / sizeof(names[0]); i++) {
		if (promline_is_word(name.p, name.len, names[i]))
			return (enum metric_type)i;
	}
	return METRIC_UNTYPED;
}

static int take_comment(struct promtext *p, struct line *l)
{
	struct promtext_slot *s;
	struct family *f;
	struct comment c;

	l->at++;
	promline_comment(l, &c);
	if (c.kind == COMMENT_OTHER)
		return 0;
	s = family_named(p, c.name);
	f = &p->families[s->family_plus_1 - 1];
	if (c.kind == COMMENT_HELP) {
		if (f->help.len == 0)
			f->help = str_has(c.rest, "\\") ? promline_unescape(&p->scratch, c.rest)
							: c.rest;
		return 0;
	}
	if (s->typed)
		return promline_refuse(l, -EBADMSG,
				       "a second TYPE of this metric, or after its series");
	s->typed = true;
	f->type = type_by_name(c.rest);
	return 0;
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
	const char *format = p->page.n_series ? NULL : other_format(p->line, l->end);
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

static size_t page_bytes(const struct promtext *p)
{
	return p->text_bytes + p->scratch.used_bytes +
	       p->page.n_families * (sizeof(*p->families) + 4 * sizeof(*p->slots)) +
	       p->page.n_series * sizeof(*p->series) + p->page.n_labels * sizeof(*p->labels);
}

/* p->line up to `end`, where its '\n' is. */
static int take_line(struct promtext *p, const char *end, struct err *e)
{
	struct line l = { .at = p->line, .end = end, .scratch = &p->scratch };
	int r = 0;

	if (end - p->line > PROMTEXT_LINE_MAX)
		r = promline_refuse(&l, -EFBIG, "the line is longer than 1 MiB");
	if (l.end > l.at && l.end[-1] == '\r')
		l.end--;
	if (r == 0) {
		promline_skip_blanks(&l);
		if (*l.at == '#')
			r = take_comment(p, &l);
		else if (l.at != l.end)
			r = take_series(p, &l);
	}
	if (r < 0)
		return bad_line(p, &l, r, e);
	p->line_no++;
	p->text_bytes += (size_t)(end + 1 - p->line);
	if (page_bytes(p) > PROMTEXT_PAGE_MAX)
		return err_set(e, -EFBIG, "line %zu: the page needs more than 256 MiB", p->line_no);
	return 0;
}

/* All lines that are complete. */
static int take_lines(struct promtext *p, struct err *e)
{
	char *nl;

	while (!p->page.cut &&
	       (nl = memchr(p->searched, '\n', (size_t)(p->end - p->searched))) != NULL) {
		int r = take_line(p, nl, e);

		if (r < 0)
			return r;
		p->line = p->searched = nl + 1;
	}
	p->searched = p->end;
	return 0;
}

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

void promtext_begin(struct promtext *p)
{
	arena_clear(&p->scratch.blocks);
	p->scratch.at = p->scratch.end = NULL;
	p->scratch.used_bytes = 0;
	p->line = p->searched = p->end = p->block_end = NULL;
	p->line_no = p->text_bytes = 0;
	p->page = (struct metrics_page){ 0 };
	if (!p->slots)
		slots_double(p);
	else
		memset(p->slots, 0, p->n_slots * sizeof(*p->slots));
}

int promtext_feed(struct promtext *p, const char *data, size_t n, struct err *e)
{
	while (n > 0 && !p->page.cut) {
		size_t piece = n < PIECE ? n : PIECE;
		int r;

		append(p, data, piece);
		r = take_lines(p, e);
		if (r < 0)
			return r;
		if (p->end - p->line > PROMTEXT_LINE_MAX && !p->page.cut)
			return take_line(p, p->end, e);
		data += piece;
		n -= piece;
	}
	return 0;
}

int promtext_end(struct promtext *p, struct err *e)
{
	uint64_t h;

	if (p->end != p->line) {
		int r = promtext_feed(p, "\n", 1, e);

		if (r < 0)
			return r;
	}
	if (p->page.n_series == 0)
		return err_set(e, -EBADMSG, "no metrics: the page %s",
			       p->text_bytes ? "has no series" : "is empty");
	h = p->page.layout;
	for (size_t i = 0; i < p->page.n_families; i++)
		h = mix(mix_str(h, p->families[i].name), p->families[i].type);
	p->page.layout = h;
	p->page.families = p->families;
	p->page.series = p->series;
	p->page.labels = p->labels;
	return 0;
}

void promtext_release(struct promtext *p)
{
	arena_release(&p->scratch.blocks);
	if (p->scratch.c_locale)
		freelocale(p->scratch.c_locale);
	free(p->families);
	free(p->series);
	free(p->labels);
	free(p->slots);
	*p = (struct promtext){ 0 };
}
