#include "collectors/parse/gotext_reader.h"

static struct str from(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.len - (uint32_t)at };
}

/* ---- a goroutine is complete ---- */

static bool is_one_of(struct str func, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(func, names[i]))
			return true;
	}
	return false;
}

static bool is_runtimes(const struct gotext_stacks *t, uint32_t node)
{
	return str_starts(gotext_stacks_func_of(t, node), "runtime.");
}

/* As runtime.isSystemGoroutine, by the function it began with. Finalizers and cleanups count while
 * they run code that is not the runtime's. */
static bool is_system(const struct gotext_stacks *t, uint32_t node)
{
	static const char *const users[] = { "runtime.main", "runtime.corostart",
					     "runtime.handleAsyncEvent" };
	static const char *const callers[] = { "runtime.runfinq", "runtime.runFinalizers",
					       "runtime.runCleanups" };
	struct str start = gotext_stacks_func_of(t, node);

	if (node == GOTEXT_ROOT || !is_runtimes(t, node) || is_one_of(start, users, 3))
		return false;
	while (is_one_of(start, callers, 3) && node != GOTEXT_ROOT) {
		if (!is_runtimes(t, node))
			return false;
		node = t->nodes[node].parent;
	}
	return true;
}

static int end_pending(struct gotext *g)
{
	struct gotext_state *s = g->state;
	enum gotext_pending pending = s->pending;
	long node;

	s->pending = GOTEXT_NOTHING;
	if (pending == GOTEXT_NOTHING)
		return 0;
	if (pending == GOTEXT_STRANGE) {
		g->counts.not_understood++;
		return 0;
	}
	node = gotext_stacks_step(&s->stacks, pending == GOTEXT_FUNC ? s->at : GOTEXT_CREATORS,
				  s->func, 0);
	if (node < 0)
		return (int)node;
	*(pending == GOTEXT_FUNC ? &s->at : &s->creator) = (uint32_t)node;
	return 0;
}

/* GOTRACEBACK=crash: what could not be read from another thread is printed by that thread. */
static void replace(struct gotext *g)
{
	struct gotext_state *s = g->state;
	struct gotext_absent *old = s->replaces;

	gotext_stacks_untally(&s->stacks.groups[old->group], old->kind);
	old->goid = 0;
	g->goroutines.total--;
	g->counts.repeated++;
	g->counts.no_stack--;
	s->replaces = NULL;
}

static void count_marks(struct gotext *g, uint32_t group)
{
	struct gotext_state *s = g->state;

	g->counts.locked += s->locked;
	g->counts.leaked += s->leaked;
	g->counts.durable += s->durable;
	if (s->minutes)
		gotext_group_aged(&s->stacks.groups[group], s->minutes);
	if (s->absent_now && s->n_absent < GOTEXT_ABSENT_MAX)
		s->absent[s->n_absent++] = (struct gotext_absent){ s->goid, group, s->kind };
}

int gotext_count_in(struct gotext *g, uint32_t node)
{
	struct gotext_state *s = g->state;
	long group = gotext_stacks_group(&s->stacks, node, s->labels);

	if (group < 0)
		return (int)group;
	if (s->replaces)
		replace(g);
	gotext_stacks_tally(&s->stacks, &s->stacks.groups[group], s->kind, s->count);
	if (s->creator)
		gotext_group_created(&s->stacks.groups[group], s->creator, s->count);
	if (node == GOTEXT_ROOT)
		g->counts.no_stack += s->count;
	g->goroutines.total += s->count;
	if (s->where == GOTEXT_STACK)
		count_marks(g, (uint32_t)group);
	return 0;
}

static int settle(struct gotext *g)
{
	struct gotext_state *s = g->state;
	uint32_t node;
	int r = end_pending(g);

	if (r < 0)
		return r;
	node = s->at;
	if (s->where == GOTEXT_RECORD)
		return gotext_settle_record(g);
	if (node == GOTEXT_ROOT ||
	    !str_is(gotext_stacks_func_of(&s->stacks, node), "runtime.goexit"))
		return gotext_count_in(g, node);
	s->all_frames = true;
	node = s->stacks.nodes[node].parent;
	if (!is_system(&s->stacks, node))
		return gotext_count_in(g, node);
	g->counts.system++;
	return 0;
}

int gotext_leave(struct gotext *g)
{
	enum gotext_where where = g->state->where;
	int r = where == GOTEXT_STACK || where == GOTEXT_RECORD ? settle(g) : 0;

	g->state->where = GOTEXT_OUTSIDE;
	return r;
}

void gotext_enter(struct gotext_state *s, enum gotext_where where, uint64_t count)
{
	s->where = where;
	s->count = count;
	s->goid = s->minutes = s->leaf_pc = 0;
	s->labels = 0;
	s->at = GOTEXT_ROOT;
	s->creator = 0;
	s->locked = s->leaked = s->durable = s->absent_now = s->leaf_seen = false;
	s->replaces = NULL;
	s->pending = GOTEXT_NOTHING;
}

/* ---- debug=2 and tracebacks ---- */

/* Whether it is printed for the first time. */
static bool is_news(struct gotext *g, uint64_t goid)
{
	struct gotext_state *s = g->state;

	if (goid == 0) { /* g0: a thread's own stack */
		g->counts.system++;
		return false;
	}
	if (!s->again)
		return true;
	for (size_t i = 0; i < s->n_absent; i++) {
		if (s->absent[i].goid == goid)
			s->replaces = &s->absent[i];
	}
	g->counts.repeated += !s->replaces;
	return s->replaces != NULL;
}

int gotext_take_header(struct gotext *g, const struct gotext_header *h)
{
	struct gotext_state *s = g->state;
	struct gotext_kind kind = { .word = h->state };
	int r = gotext_leave(g);
	long k, set;

	if (r < 0)
		return r;
	gotext_enter(s, GOTEXT_STACK, 1);
	g->counts.headers++;
	if (!is_news(g, h->goid)) {
		s->where = GOTEXT_PASSED;
		return 0;
	}
	g->counts.mains += h->goid == 1 && !s->replaces;
	k = gotext_stacks_kind(&s->stacks, &kind);
	set = h->labels.len && k >= 0 ? gotext_stacks_labels(&s->stacks, h->labels) : -1;
	if (k < 0 || (h->labels.len && set < 0))
		return (int)(k < 0 ? k : set);
	s->kind = (uint32_t)k;
	s->labels = (uint32_t)(set + 1);
	s->goid = h->goid;
	s->minutes = h->minutes;
	s->locked = h->locked;
	s->leaked = h->leaked;
	s->durable = h->durable;
	return 0;
}

/* "-----" stands between the threads' own reports, after that of every goroutine. */
int gotext_take_rule(struct gotext *g)
{
	int r = gotext_leave(g);

	g->state->again |= g->state->all_frames;
	return r;
}

static int take_name(struct gotext *g, struct str name, enum gotext_pending pending)
{
	struct gotext_state *s = g->state;
	int r = end_pending(g);
	long func = r < 0 ? r : gotext_stacks_func(&s->stacks, name);

	if (func < 0)
		return (int)func;
	s->func = (uint32_t)func;
	s->pending = pending;
	return 0;
}

static int take_place(struct gotext *g, const struct gotext_place *place, struct str rest)
{
	struct gotext_state *s = g->state;
	enum gotext_pending pending = s->pending;
	uint32_t at = s->at;
	long id, node;

	if (pending == GOTEXT_STRANGE) {
		/* A function of C: cgo's symbolizer gives its name and nothing else. */
		s->pending = GOTEXT_NOTHING;
		id = take_name(g, (struct str){ s->strange, s->n_strange }, GOTEXT_FUNC);
		if (id < 0)
			return (int)id;
	}
	s->pending = GOTEXT_NOTHING;
	id = place ? gotext_stacks_place(&s->stacks, place, rest) : 0;
	node = id < 0 ? id
		      : gotext_stacks_step(&s->stacks,
					   pending == GOTEXT_CREATOR ? GOTEXT_CREATORS : at,
					   s->func, (uint32_t)id);
	if (node < 0)
		return (int)node;
	if (pending == GOTEXT_CREATOR)
		s->creator = s->stacks.nodes[at].creator = (uint32_t)node;
	else
		s->at = (uint32_t)node;
	if (place && pending == GOTEXT_FUNC && node != at)
		gotext_stacks_remember(
			&s->stacks, s->at,
			(struct str){ place->key.p - 1, place->key.len + rest.len + 1 });
	return 0;
}

static int take_indented(struct gotext *g, struct str text)
{
	struct gotext_state *s = g->state;
	struct gotext_place place;

	if (str_starts(text, "goroutine running on other thread")) {
		s->absent_now = true;
		return 0;
	}
	if (s->pending != GOTEXT_NOTHING && str_starts(text, "pc=0x"))
		return take_place(g, NULL, STR(""));
	if (s->pending != GOTEXT_NOTHING && gotext_place(text, &place))
		return take_place(g, &place, from(text, place.key.len));
	g->counts.not_understood++;
	return 0;
}

static int take_lone_frame(struct gotext *g, struct str name)
{
	int r = take_name(g, name, GOTEXT_FUNC);

	return r < 0 ? r : end_pending(g);
}

/* Perhaps a name of C, perhaps something that only got between: the next line tells. */
static void take_strange(struct gotext *g, struct str line)
{
	struct gotext_state *s = g->state;

	if (s->pending != GOTEXT_NOTHING || line.len > GOTEXT_STRANGE_MAX) {
		g->counts.not_understood++;
		return;
	}
	memcpy(s->strange, line.p, line.len);
	s->n_strange = line.len;
	s->pending = GOTEXT_STRANGE;
}

int gotext_take_stack_line(struct gotext *g, struct str line)
{
	struct gotext_state *s = g->state;
	struct str name;

	if (line.p[0] == '\t')
		return take_indented(g, from(line, 1));
	if (str_starts(line, "exit status ") || str_starts(line, "[originating from goroutine ") ||
	    (s->creator && s->pending == GOTEXT_NOTHING)) {
		int r = gotext_leave(g);

		s->where = GOTEXT_PASSED; /* the stacks of ancestors, or text behind the last */
		return r;
	}
	if (gotext_creator(line, &name))
		return take_name(g, name, GOTEXT_CREATOR);
	if (gotext_func(line, &name))
		return take_name(g, name, GOTEXT_FUNC);
	if (gotext_elision(line)) {
		g->counts.elided++;
		return take_lone_frame(g, STR(GOTEXT_ELIDED));
	}
	if (str_starts(line, "non-Go function at pc="))
		return take_lone_frame(g, STR("non-Go function"));
	take_strange(g, line);
	return 0;
}

const char *gotext_follow(struct gotext_state *s, const char *p, const char *end)
{
	if (s->where != GOTEXT_STACK || s->pending != GOTEXT_NOTHING || s->prefix.len || s->creator)
		return p;
	return gotext_stacks_follow(&s->stacks, &s->at, &s->creator, p, end);
}
