#include "collectors/parse/promfollow.h"

#include <math.h>
#include <stdlib.h>

#include "collectors/parse/promline.h"
#include "collectors/parse/promopen.h"
#include "core/base/xalloc.h"

enum {
	CARRY_MAX = 2 * PROMTEXT_LINE_MAX,
	LINES_MAX = 2 * PROM_SERIES_MAX, /* of a page that has more, nothing is kept */
};

/* padded: PROM_SLACK bytes behind it are readable. */
static void keep_value(struct promfollow_line *w, const char *value, size_t n, bool padded)
{
	w->n_value = 0;
	if (n > PROMFOLLOW_VALUE)
		return;
	/* All the room, for a length that is another one each time costs more. */
	if (padded)
		memcpy(w->value, value, PROMFOLLOW_VALUE);
	else
		memcpy(w->value, value, n);
	w->n_value = (uint8_t)n;
}

void promfollow_note(struct promfollow *f, struct str line, uint32_t prefix, uint32_t series)
{
	struct promfollow_line *w;

	f->never |= f->n == LINES_MAX;
	if (f->never)
		return;
	GROW(f->lines, f->n, f->cap);
	w = &f->lines[f->n++];
	w->text = line.p;
	w->len = line.len;
	w->prefix = prefix;
	w->series = series;
	keep_value(w, line.p + prefix, series == UINT32_MAX ? SIZE_MAX : line.len - prefix, true);
}

/* What a value had escapes in (an exemplar's labels) is not kept. */
static void scratch_clear(struct promtext_scratch *sc)
{
	if (!sc->used_bytes)
		return;
	arena_clear(&sc->blocks);
	sc->at = sc->end = NULL;
	sc->used_bytes = 0;
}

/* A line may be loaded by PROM_SLACK bytes beyond its end: at the end of a chunk they are not
 * there, so the rest of that line is read from a copy. NULL: too long for one. */
static const char *with_slack(struct promfollow *f, const char *value, size_t n)
{
	if (!f->last.max)
		buf_init(&f->last, CARRY_MAX);
	buf_clear(&f->last);
	if (buf_reserve(&f->last, n + PROM_SLACK) < 0)
		return NULL;
	memcpy(f->last.ptr, value, n);
	memset(f->last.ptr + n, 0, PROM_SLACK);
	return f->last.ptr;
}

/* A changed value with its '\n'; `left` bytes from it on are readable. False: not one that may
 * stand there; reading in full says why. */
static bool take_value(struct promtext *p, struct promfollow_line *w, struct str value, size_t left)
{
	struct promfollow *f = p->follow;
	size_t n = value.len;
	const char *from = left - n < PROM_SLACK ? with_slack(f, value.p, n) : value.p;
	struct line l;
	struct row row;
	bool good;

	if (!from)
		return false;
	l = (struct line){ from, from + n - 1, &f->scratch, p->openmetrics, NULL };
	if (n > 1 && from[n - 2] == '\r' && !p->openmetrics)
		l.end--;
	row.labels = p->out.labels + p->out.n_labels;
	row.name = p->out.series[w->series].name;
	row.n_labels = 0;
	good = promline_value(&l, &row) == 0;
	/* Whether a time may stand there depends on those before it. */
	if (good && p->openmetrics)
		good = isnan(row.timestamp) &&
		       (!row.has_exemplar || promopen_allows_exemplar(p->open, w->series));
	scratch_clear(&f->scratch);
	if (!good)
		return false;
	p->out.series[w->series].value = row.value;
	keep_value(w, value.p, n, false);
	return true;
}

/* Lines that are as before, up to the first that is not or that does not end here. */
static bool walk(struct promtext *p, const char **ret_at, const char *end)
{
	struct promfollow *f = p->follow;
	const char *at = *ret_at;
	bool same = true;

	while (at < end && same) {
		struct promfollow_line *w = &f->lines[f->at];
		size_t left = (size_t)(end - at);
		const char *value, *nl;

		if (f->at == f->n ||
		    memcmp(at, w->text, left < w->prefix ? left : w->prefix) != 0) {
			same = false;
			break;
		}
		if (left < w->prefix)
			break;
		value = at + w->prefix;
		left -= w->prefix;
		if (w->series == UINT32_MAX) {
			nl = value - 1;
		} else if (w->n_value && left >= w->n_value &&
			   memcmp(value, w->value, w->n_value) == 0) {
			nl = value + w->n_value - 1;
		} else {
			nl = memchr(value, '\n', left);
			if (!nl)
				break;
			same = take_value(p, w, (struct str){ value, (uint32_t)(nl + 1 - value) },
					  left);
			if (!same)
				break;
		}
		at = nl + 1;
		f->at++;
	}
	*ret_at = at;
	return same;
}

/* The line that began in an earlier chunk. False: it is another, and stays in f->carry. */
static bool finish_line(struct promtext *p, const char **data, size_t *n)
{
	struct promfollow *f = p->follow;
	const char *nl = memchr(*data, '\n', *n), *at;
	size_t take = nl ? (size_t)(nl + 1 - *data) : *n;

	if (buf_add(&f->carry, *data, take) < 0)
		return false;
	*data += take;
	*n -= take;
	if (!nl)
		return f->carry.len <= PROMTEXT_LINE_MAX;
	at = f->carry.ptr;
	if (!walk(p, &at, f->carry.ptr + f->carry.len) || at != f->carry.ptr + f->carry.len)
		return false;
	buf_clear(&f->carry);
	return true;
}

bool promfollow_feed(struct promtext *p, const char **data, size_t *n)
{
	struct promfollow *f = p->follow;
	const char *at, *end;
	bool same;

	if (!f->carry.max)
		buf_init(&f->carry, CARRY_MAX);
	if (f->carry.len && !finish_line(p, data, n))
		return false;
	at = *data;
	end = at + *n;
	same = walk(p, &at, end);
	*n = (size_t)(end - at);
	*data = at;
	if (!same || *n > PROMTEXT_LINE_MAX || (*n && buf_add(&f->carry, at, *n) < 0))
		return false;
	*n = 0;
	return true;
}

bool promfollow_end(struct promtext *p)
{
	const char *nl = "\n";
	size_t n = p->follow->carry.len != 0;

	return promfollow_feed(p, &nl, &n) && p->follow->at == p->follow->n;
}

/* The text of the lines before f->at from the last page's, in as few pieces as it stands in. */
static int read_again(struct promtext *p, const struct promfollow_line *lines, size_t n,
		      struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0;) {
		const char *from = lines[i].text;
		size_t len = 0;

		do
			len += lines[i++].len;
		while (i < n && lines[i].text == from + len);
		r = promtext_read(p, from, len, e);
	}
	return r;
}

static void save_values(struct promfollow *f, const struct prompage *out)
{
	size_t n = 0;

	for (size_t i = f->at; i > 0 && n == 0; i--) {
		if (f->lines[i - 1].series != UINT32_MAX)
			n = f->lines[i - 1].series + 1;
	}
	f->n_values = n;
	free(f->values);
	f->values = xreallocarray(NULL, n + 1, sizeof(*f->values));
	for (size_t i = 0; i < n; i++)
		f->values[i] = out->series[i].value;
}

int promfollow_leave(struct promtext *p, struct err *e)
{
	struct promfollow *f = p->follow;
	struct promfollow_line *old = f->lines;
	struct arena text = p->scratch.blocks; /* stays as it is until it is read */
	size_t n = f->at, cap = f->cap;
	int r;

	save_values(f, &p->out);
	f->lines = f->spare;
	f->cap = f->spare_cap;
	p->scratch.blocks = f->spare_text;
	promtext_restart(p);
	r = read_again(p, old, n, e);
	for (size_t i = 0; r == 0 && i < f->n_values; i++)
		p->out.series[i].value = f->values[i];
	for (size_t i = 0; r == 0 && i < n; i++) {
		f->lines[i].n_value = old[i].n_value;
		memcpy(f->lines[i].value, old[i].value, old[i].n_value);
	}
	f->spare_text = text;
	f->spare = old;
	f->spare_cap = cap;
	return r;
}

void promfollow_release(struct promfollow *f)
{
	buf_release(&f->last);
	arena_release(&f->scratch.blocks);
	arena_release(&f->spare_text);
	if (f->scratch.c_locale)
		freelocale(f->scratch.c_locale);
	buf_release(&f->carry);
	free(f->lines);
	free(f->spare);
	free(f->values);
}
