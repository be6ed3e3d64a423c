#include "collectors/parse/promseries.h"

#include <stddef.h>
#include <stdlib.h>

#include "collectors/parse/promnum.h"
#include "collectors/parse/promrepeat.h"
#include "core/base/xalloc.h"

enum { BOUNDS_MAX = 1 << 14 }; /* distinct ones that are remembered */

/* ---- bounds as text ---- */

static void bounds_double(struct promproto *p)
{
	struct promproto_bound **old = p->bounds;
	size_t n = p->bounds_cap;

	p->bounds_cap = n ? 2 * n : 256;
	p->bounds = xcalloc(p->bounds_cap, sizeof(struct promproto_bound *));
	for (size_t i = 0; i < n; i++) {
		size_t at;

		if (!old[i])
			continue;
		at = prompage_mix(0, old[i]->bits);
		while (p->bounds[at & (p->bounds_cap - 1)])
			at++;
		p->bounds[at & (p->bounds_cap - 1)] = old[i];
	}
	free(old);
}

static struct promproto_bound *new_bound(struct promproto_bound *b, uint64_t bits, double v)
{
	b->bits = bits;
	b->next = NULL;
	b->len = promnum_shortest(v, b->text);
	return b;
}

/* Writing one takes a microsecond; all histograms of a service share a few. */
static struct promproto_bound *look_up(struct promproto *p, uint64_t bits, double v)
{
	struct promproto_bound *b, **slot;

	if (2 * (p->n_bounds + 1) > p->bounds_cap && p->n_bounds < BOUNDS_MAX)
		bounds_double(p);
	for (size_t at = prompage_mix(0, bits);; at++) {
		slot = &p->bounds[at & (p->bounds_cap - 1)];
		b = *slot;
		if (!b)
			break;
		if (b->bits == bits)
			return b;
	}
	if (p->n_bounds == BOUNDS_MAX)
		return NULL;
	p->n_bounds++;
	*slot = arena_alloc(&p->bound_text, sizeof(*b));
	return new_bound(*slot, bits, v);
}

/* They come in the order that they had in the metric before. */
static inline const struct promproto_bound *bound_of(struct promproto *p, double v)
{
	struct promproto_bound *last = p->bound, *b = last ? last->next : NULL;
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	if (!b || b->bits != bits) {
		b = look_up(p, bits, v);
		if (!b) /* one of this page only, which no other may lead to */
			return new_bound((void *)promproto_room(p, sizeof(*b)), bits, v);
		if (last)
			last->next = b;
	}
	p->bound = b;
	return b;
}

/* ---- series ---- */

static const struct str *make_name(struct promproto *p, enum promseries_suffix suffix)
{
	static const struct str suffixes[] = { STR("_bucket"), STR("_sum"), STR("_count") };
	struct promproto_family *f = &p->family;
	char *to = promproto_room(p, f->name.len + suffixes[suffix].len);

	memcpy(to, f->name.p, f->name.len);
	memcpy(to + f->name.len, suffixes[suffix].p, suffixes[suffix].len);
	f->suffixed[suffix] = (struct str){ to, f->name.len + suffixes[suffix].len };
	return &f->suffixed[suffix];
}

static inline const struct str *name_of(struct promproto *p, enum promseries_suffix suffix)
{
	if (suffix == SUFFIX_NONE)
		return &p->family.name;
	return p->family.suffixed[suffix].len ? &p->family.suffixed[suffix] : make_name(p, suffix);
}

/* "Stale", as Prometheus marks it: no value (prometheus/model/value.StaleNaN). */
static bool is_stale(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits == 0x7ff0000000000002u;
}

/* Of its metric the hash is in it already. The suffix does not go in as a bound does, so that none
 * can stand for the other. */
static inline void note_layout(struct promproto *p, enum promseries_suffix suffix, uint64_t bound)
{
	p->out.layout = prompage_mix(p->out.layout + ((uint64_t)suffix << 56), bound);
}

static inline bool add(struct promproto *p, const struct str *name, size_t label, uint32_t n_labels,
		       double v)
{
	struct series *s = prompage_add(&p->out);

	if (!s)
		return false;
	s->name.p = name->p;
	s->name.len = name->len;
	s->family = p->family.index;
	s->label = (uint32_t)label;
	s->n_labels = n_labels;
	s->value = v;
	return true;
}

void promseries_add(struct promproto *p, const struct promseries_metric *m,
		    enum promseries_suffix suffix, double v)
{
	if (is_stale(v))
		return;
	if (p->repeat->on) {
		promrepeat_value(p->repeat, &p->out, v);
		return;
	}
	if (!add(p, name_of(p, suffix), m->first, m->n_labels, v))
		return;
	note_layout(p, suffix, 0);
}

static const struct str bound_names[] = {
	[SUFFIX_BUCKET] = STR("le"),
	[SUFFIX_NONE] = STR("quantile"),
};

/* A series whose last label is one of bound_names has the text of a promproto_bound as its value.
 */
static void repeat_bound(struct promproto *p, enum promseries_suffix suffix, double bound, double v)
{
	const struct series *s = &p->out.series[p->repeat->series];
	const struct label *l = p->out.labels + s->label + s->n_labels - 1;
	const struct promproto_bound *b;

	if (p->repeat->series < p->out.n_series && s->n_labels &&
	    l->name.p == bound_names[suffix].p) {
		b = (const void *)(l->value.p - offsetof(struct promproto_bound, text));
		if (memcmp(&b->bits, &bound, sizeof(bound)) == 0) {
			promrepeat_value(p->repeat, &p->out, v);
			return;
		}
	}
	p->repeat->differs = true;
}

void promseries_add_bound(struct promproto *p, const struct promseries_metric *m,
			  enum promseries_suffix suffix, double bound, double v)
{
	const struct promproto_bound *b;
	struct label *l;

	if (is_stale(v))
		return;
	if (p->repeat->on) {
		repeat_bound(p, suffix, bound, v);
		return;
	}
	b = bound_of(p, bound);
	if (!add(p, name_of(p, suffix), p->out.n_labels, m->n_labels + 1, v))
		return;
	prompage_reserve_labels(&p->out, m->n_labels + 1);
	l = p->out.labels + p->out.n_labels;
	/* Whole: but for the first bound, those labels were written a while ago. */
	for (uint32_t i = 0; i < m->n_labels; i++)
		l[i] = p->out.labels[m->first + i];
	l[m->n_labels] = (struct label){ bound_names[suffix], { b->text, b->len } };
	p->out.n_labels += m->n_labels + 1;
	note_layout(p, suffix, b->bits);
}

void promseries_created(struct promproto *p, const struct promseries_metric *m, double unix_s)
{
	p->repeat->created = unix_s;
	if (!p->repeat->on)
		prompage_created(&p->out, m->hash, unix_s);
}
