#include "collectors/parse/gotext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "collectors/parse/gotext_prefix.h"
#include "collectors/parse/gotext_reader.h"
#include "core/base/xalloc.h"

enum { LOOK_BYTES = 8192 };

void gotext_begin(struct gotext *g)
{
	struct gotext_state *s = g->state;

	if (!s) {
		s = g->state = xcalloc(1, sizeof(*s));
		s->line = xcalloc(1, GOTEXT_LINE_MAX);
	}
	gotext_stacks_clear(&s->stacks);
	s->prefix.len = 0;
	s->n_line = s->n_absent = 0;
	s->long_line = s->profile = s->all_frames = s->again = false;
	s->where = GOTEXT_OUTSIDE;
	s->pending = GOTEXT_NOTHING;
	s->parked = s->parked_votes = 0;
	g->counts = (struct gotext_counts){ 0 };
	g->goroutines = (struct goroutines){ 0 };
}

void gotext_release(struct gotext *g)
{
	if (g->state) {
		gotext_stacks_release(&g->state->stacks);
		free(g->state->line);
		free(g->state);
	}
	*g = (struct gotext){ 0 };
}

/* ---- lines ---- */

static struct str from(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.len - (uint32_t)at };
}

/* Whether a log's prefix was taken off the line. */
static bool strip_prefix(struct gotext_state *s, struct str *line)
{
	long at;

	if (s->prefix.len && gotext_prefix_strip(&s->prefix, line)) {
		while (line->len && line->p[line->len - 1] == ' ')
			line->len--;
		return true;
	}
	at = gotext_prefix_find(*line);
	if (at < 0)
		return false;
	gotext_prefix_set(&s->prefix, (struct str){ line->p, (uint32_t)at });
	*line = from(*line, (size_t)at);
	return at > 0;
}

static int take_head(struct gotext *g, uint64_t total)
{
	g->state->profile = true;
	g->counts.declared += total;
	return gotext_leave(g);
}

/* What begins a goroutine or ends one, wherever it stands. 0: the line is no such. */
static int take_border(struct gotext *g, struct str line)
{
	struct gotext_state *s = g->state;
	struct gotext_header h;
	struct str pcs;
	uint64_t n;
	int r;

	if (line.len == 0)
		r = gotext_leave(g);
	else if (line.p[0] == 'g' && gotext_header(line, &h))
		r = gotext_take_header(g, &h);
	else if (line.p[0] == 'g' && gotext_profile_head(line, &n))
		r = take_head(g, n);
	else if (s->profile && gotext_record(line, &n, &pcs))
		r = gotext_take_record(g, n, pcs);
	else if (line.p[0] == '-' && str_is(line, "-----"))
		r = gotext_take_rule(g);
	else
		return 0;
	return r < 0 ? r : 1;
}

static int take_line(struct gotext *g, struct str line)
{
	struct gotext_state *s = g->state;
	bool prefixed = s->prefix.len > 0;
	int r;

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	if (prefixed)
		strip_prefix(s, &line);
	r = take_border(g, line);
	/* Within a goroutine without a prefix none is looked for. */
	if (r == 0 && !prefixed && s->where == GOTEXT_OUTSIDE && strip_prefix(s, &line))
		r = take_border(g, line);
	if (r != 0)
		return r < 0 ? r : 0;
	if (s->where == GOTEXT_STACK)
		return gotext_take_stack_line(g, line);
	if (s->where == GOTEXT_RECORD)
		return gotext_take_record_line(g, line);
	return 0;
}

/* One too long is none of Go's; what it belongs to goes on behind it. */
static int take_whole_line(struct gotext *g, struct str line, bool is_long)
{
	if (!is_long && line.len <= GOTEXT_LINE_MAX)
		return take_line(g, line);
	g->counts.not_understood += g->state->where != GOTEXT_OUTSIDE;
	return 0;
}

/* ---- bytes ---- */

/* A part of a line, which is looked at when it is whole. */
static void keep_part(struct gotext_state *s, const char *p, size_t n)
{
	size_t room = GOTEXT_LINE_MAX - s->n_line;

	s->long_line |= n > room;
	n = n < room ? n : room;
	if (n)
		memcpy(s->line + s->n_line, p, n);
	s->n_line += n;
}

static int end_part(struct gotext *g)
{
	struct gotext_state *s = g->state;
	struct str line = { s->line, (uint32_t)s->n_line };
	bool is_long = s->long_line;

	s->n_line = 0;
	s->long_line = false;
	return take_whole_line(g, line, is_long);
}

int gotext_feed(struct gotext *g, const char *data, size_t n, struct err *e)
{
	struct gotext_state *s = g->state;
	const char *end = data + n, *nl;
	int r = 0;

	s->stacks.err = e;
	g->counts.bytes += n;
	while (r == 0 && data < end) {
		if (!s->n_line)
			data = gotext_follow(s, data, end);
		nl = data < end ? memchr(data, '\n', (size_t)(end - data)) : NULL;
		if (!nl)
			break;
		if (s->n_line) {
			keep_part(s, data, (size_t)(nl - data));
			r = end_part(g);
		} else {
			size_t len = (size_t)(nl - data);
			bool is_long = len > GOTEXT_LINE_MAX;

			r = take_whole_line(g, (struct str){ data, is_long ? 0 : (uint32_t)len },
					    is_long);
		}
		data = nl + 1;
	}
	if (r == 0 && data < end)
		keep_part(s, data, (size_t)(end - data));
	return r;
}

/* ---- the end ---- */

/* A header that was cut is a goroutine all the same. */
static int take_torn_header(struct gotext *g, struct str line)
{
	struct gotext_header h;
	bool torn = !g->state->profile && g->counts.headers && line.len > 10 &&
		    str_starts(line, "goroutine ") && line.p[10] >= '1' && line.p[10] <= '9';

	if (!torn || gotext_header(line, &h))
		return 0;
	h = (struct gotext_header){ .goid = UINT64_MAX, .state = STR("unknown") };
	return gotext_take_header(g, &h);
}

/* What came without a line's end: Go ends every line, so it was cut there, or pasted without. */
static int take_rest(struct gotext *g)
{
	struct gotext_state *s = g->state;
	struct str line = { s->line, (uint32_t)s->n_line };
	struct gotext_place place;
	int r;

	if (s->n_line == 0)
		return 0;
	if (s->where == GOTEXT_STACK && line.p[0] == '\t' &&
	    (!gotext_place(from(line, 1), &place) || place.key.len + 1 == line.len)) {
		/* The number of the line may have more digits. */
		g->counts.cut = true;
		return 0;
	}
	r = end_part(g);
	return r < 0 || s->where != GOTEXT_OUTSIDE ? r : take_torn_header(g, line);
}

/* Whether the goroutine at the text's end lacks something that Go prints of each. */
static bool is_cut(const struct gotext *g)
{
	const struct gotext_state *s = g->state;
	bool whole_body = g->counts.bytes == GOTEXT_BODY_MAX;

	if (s->profile)
		return s->where == GOTEXT_RECORD ? false : g->counts.headers < g->counts.declared;
	if (s->where != GOTEXT_STACK)
		return whole_body && g->counts.headers;
	if (s->pending != GOTEXT_NOTHING || whole_body)
		return true;
	return s->goid != 1 && !s->creator && !s->absent_now &&
	       !str_is(gotext_stacks_func_of(&s->stacks, s->at), "runtime.goexit");
}

int gotext_end(struct gotext *g, struct err *e)
{
	struct gotext_state *s = g->state;
	int r;

	s->stacks.err = e;
	r = take_rest(g);
	if (r < 0)
		return r;
	g->counts.cut |= is_cut(g);
	if (s->pending == GOTEXT_CREATOR)
		s->pending = GOTEXT_NOTHING; /* its name may be cut */
	r = gotext_leave(g);
	if (r < 0)
		return r;
	g->counts.cut |= s->profile && g->counts.headers < g->counts.declared;
	if (g->counts.headers == 0 && !s->profile)
		return err_set(e, -EBADMSG, "no goroutine in it");
	gotext_stacks_put(&s->stacks, s->parked, &g->goroutines);
	return 0;
}

bool gotext_looks_like(const char *data, size_t n)
{
	struct str all = { data, (uint32_t)(n < LOOK_BYTES ? n : LOOK_BYTES) };

	while (all.len) {
		const char *nl = memchr(all.p, '\n', all.len);
		struct str line = { all.p, nl ? (uint32_t)(nl - all.p) : all.len };

		all = nl ? from(all, line.len + 1u) : (struct str){ all.p, 0 };
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (gotext_prefix_find(line) >= 0)
			return true;
	}
	return false;
}
