#include "collectors/parse/profile_impl.h"

#include <math.h>

#include "core/base/xalloc.h"

static bool is_heavier(const struct place *p, const struct node *n)
{
	double flat = fabs(p->flat) - fabs(n->line_flat), cum = fabs(p->cum) - fabs(n->line_cum);

	if (n->line == 0 || flat != 0)
		return n->line == 0 || flat > 0;
	return cum != 0 ? cum > 0 : p->line < n->line;
}

static int add_place(struct profile_work *w, const struct place *p)
{
	size_t at = profile_mix(profile_mix(0, p->node + 1), p->line) & (w->slots.n - 1);

	for (int i = 0; i < PROFILE_PROBES_MAX; i++, at = (at + 1) & (w->slots.n - 1)) {
		uint32_t *slot = &w->slots.at[at];
		struct place *there = *slot ? &w->places[*slot - 1] : NULL;

		if (!there) {
			GROW(w->places, w->n_places, w->cap_places);
			w->places[w->n_places++] = *p;
			*slot = (uint32_t)w->n_places;
			return 0;
		}
		if (there->node == p->node && there->line == p->line) {
			there->flat += p->flat;
			there->cum += p->cum;
			return 0;
		}
	}
	return profile_too_slow(w);
}

/* A location's weight goes to its lines: all of the flat one to the leaf. */
static int spread(struct profile_work *w, size_t l)
{
	struct pprof_tables *t = &w->t;
	const struct pprof_location *loc = &t->locations[l];

	for (uint32_t i = loc->first; i < loc->first + loc->n; i++) {
		const struct pprof_line *line = &t->lines[i];
		struct place p = { .line = (uint32_t)line->line, .cum = w->spans[l].cum };
		long at;
		int r;

		if (line->function == 0 || line->line <= 0 || line->line > UINT32_MAX)
			continue;
		at = pprof_find(t, &t->function_ids, line->function);
		p.node = w->function_nodes[at];
		p.file = pprof_text(t, t->functions[at].file)->s;
		p.flat = i == loc->first ? w->leaf_flat[l] : 0;
		r = p.node ? add_place(w, &p) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int profile_find_lines(struct profile_work *w)
{
	profile_slots_clear(&w->slots, w->t.n_lines);
	w->n_places = 0;
	for (size_t l = 0; l < w->t.location_ids.n; l++) {
		int r = w->spans[l].cum != 0 ? spread(w, l) : 0;

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < w->n_places; i++) {
		const struct place *p = &w->places[i];
		struct node *n = &w->nodes[p->node];

		if (!is_heavier(p, n))
			continue;
		n->file = p->file;
		n->line = p->line;
		n->line_flat = p->flat;
		n->line_cum = p->cum;
	}
	return 0;
}
