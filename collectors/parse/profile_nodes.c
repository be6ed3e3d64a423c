#include "collectors/parse/profile_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

void *profile_room(void *p, size_t *cap, size_t n, size_t size)
{
	n = n ? n : 1; /* never NULL */
	if (n <= *cap)
		return p;
	*cap = n;
	free(p);
	return xcalloc(n, size);
}

void profile_slots_clear(struct slots *s, size_t items)
{
	size_t want = 64;

	while (want < 2 * items)
		want *= 2;
	if (want > s->n) {
		free(s->at);
		s->at = xcalloc(want, sizeof(*s->at));
		s->n = want;
		return;
	}
	memset(s->at, 0, s->n * sizeof(*s->at));
}

/* ---- nodes ---- */

/* Go's own code behind x.(T), type switches, and conversions to an interface: runtime/iface.go,
 * Go 1.19 to 1.27. */
static bool is_dispatch(struct str name)
{
	static const char *const names[] = { "getitab",		  "typeAssert",	     "assertE2I",
					     "assertI2I",	  "interfaceSwitch", "convT",
					     "convI2I",		  "itabAdd",	     "itabInit",
					     "(*itabTableType).", "(*itab).init" };

	if (name.len < 8 || memcmp(name.p, "runtime.", 8) != 0)
		return false;
	name.p += 8;
	name.len -= 8;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (name.len && name.p[0] == names[i][0] && str_starts(name, names[i]))
			return true;
	}
	return false;
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* Eight bytes at a time, the last of which overlap: it never leaves this file, so it may change. */
static uint64_t name_hash(struct str s)
{
	uint64_t h = s.len;

	if (s.len < 8)
		return profile_mix(h, load(s.p, s.len));
	for (uint32_t i = 0; i + 8 < s.len; i += 8)
		h = profile_mix(h, load(s.p + i, 8));
	return profile_mix(h, load(s.p + s.len - 8, 8));
}

int profile_too_slow(struct profile_work *w)
{
	return err_set(w->t.err, -EBADMSG, "a profile built to be slow is refused");
}

long profile_add_node(struct profile_work *w, struct str name)
{
	GROW(w->nodes, w->n_nodes, w->cap_nodes);
	w->nodes[w->n_nodes] = (struct node){ .name = name, .dispatch = is_dispatch(name) };
	return (long)w->n_nodes++;
}

/* The node of a name, or -EBADMSG. */
static PROTO_HOT long node_of(struct profile_work *w, struct str name)
{
	uint64_t hash = name_hash(name);
	size_t at = hash & (w->slots.n - 1);

	for (int i = 0; i < PROFILE_PROBES_MAX; i++, at = (at + 1) & (w->slots.n - 1)) {
		uint32_t *slot = &w->slots.at[at];

		if (*slot == 0) {
			long n = profile_add_node(w, name);

			w->nodes[n].hash = hash;
			*slot = (uint32_t)n + 1;
			return n;
		}
		if (w->nodes[*slot - 1].hash == hash && str_eq(w->nodes[*slot - 1].name, name))
			return *slot - 1;
	}
	return profile_too_slow(w);
}

/* The base name of a mapping's file, as pprof writes it for code without symbols. */
static struct str mapping_name(struct profile_work *w, uint64_t id, struct arena *a)
{
	struct err *err = w->t.err;
	struct pprof_text *file;
	const char *slash;
	struct str s;
	char *to;
	long at;

	w->t.err = NULL; /* to know no mapping is no fault */
	at = id ? pprof_find(&w->t, &w->t.mapping_ids, id) : -1;
	w->t.err = err;
	file = at >= 0 ? pprof_text(&w->t, w->t.mappings[at]) : NULL;
	if (!file || file->s.len == 0)
		return STR("<unknown>");
	s = file->s;
	slash = memrchr(s.p, '/', s.len);
	if (slash)
		s = (struct str){ slash + 1, s.len - (uint32_t)(slash + 1 - s.p) };
	to = arena_alloc(a, s.len + 2);
	to[0] = '[';
	memcpy(to + 1, s.p, s.len);
	to[s.len + 1] = ']';
	return (struct str){ to, s.len + 2 };
}

int profile_name_functions(struct profile_work *w)
{
	struct pprof_tables *t = &w->t;

	w->function_nodes = profile_room(w->function_nodes, &w->cap_functions, t->function_ids.n,
					 sizeof(*w->function_nodes));
	for (size_t i = 0; i < t->function_ids.n; i++) {
		struct pprof_text *name = pprof_text(t, t->functions[i].name);
		long node;

		if (!name || !pprof_text(t, t->functions[i].file))
			return err_set(t->err, -EBADMSG,
				       "damaged profile: a function refers to a missing string");
		node = name->s.len ? node_of(w, name->s) : 0;
		if (node < 0)
			return (int)node;
		w->function_nodes[i] = (uint32_t)node; /* 0: it has no name */
	}
	return 0;
}

/* ---- locations: which nodes a visit of one counts for ---- */

static void add_frame(struct profile_work *w, uint32_t node)
{
	GROW(w->frames, w->n_frames, w->cap_frames);
	w->frames[w->n_frames++] = node;
}

static int add_line(struct profile_work *w, const struct pprof_location *loc, uint64_t function,
		    struct arena *a)
{
	long at = function ? pprof_find(&w->t, &w->t.function_ids, function) : -1;
	long node = at >= 0 ? w->function_nodes[at] : 0;

	if (function && at < 0)
		return (int)at;
	if (node == 0)
		node = node_of(w, mapping_name(w, loc->mapping, a));
	if (node < 0)
		return (int)node;
	add_frame(w, (uint32_t)node);
	if (w->nodes[node].dispatch)
		add_frame(w, DISPATCH_NODE);
	return 0;
}

/* Of the frames from `at`. */
static struct span make_span(struct profile_work *w, uint32_t at)
{
	uint32_t n = (uint32_t)w->n_frames - at;
	const uint32_t *frames = &w->frames[at];

	if (n > 2 || (n == 2 && frames[0] == frames[1]))
		return (struct span){ at, MANY | n, 0 };
	w->n_frames = at;
	return (struct span){ frames[0], frames[n - 1], 0 };
}

int profile_place_locations(struct profile_work *w, struct arena *a)
{
	struct pprof_tables *t = &w->t;
	size_t n = t->location_ids.n;

	w->spans = profile_room(w->spans, &w->cap_locations, n, sizeof(*w->spans));
	w->n_frames = 0;
	for (size_t l = 0; l < n; l++) {
		const struct pprof_location *loc = &t->locations[l];
		uint32_t first = (uint32_t)w->n_frames;

		for (uint32_t i = loc->first; i < loc->first + loc->n; i++) {
			int r = add_line(w, loc, t->lines[i].function, a);

			if (r < 0)
				return r;
		}
		w->spans[l] = make_span(w, first);
	}
	return 0;
}
