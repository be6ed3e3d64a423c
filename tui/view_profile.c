#include "tui/sites.h"

static const struct profile_row *last(const struct target *t)
{
	return t->last_profile < PROFILE_KINDS ? t->profiles[t->last_profile] : NULL;
}

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	sites_collect(last(t), l);
}

static void draw(const struct view *v, struct draw *d)
{
	const struct profile_row *p = last(v->t);

	if (p) {
		sites_draw(p, v->ui, d);
		return;
	}
	draw_wrap(d, 1, 1, d->h - 1, d->w - 2, STYLE_DIM,
		  "no profile was taken yet: C takes one of the CPU, H of the heap, M of mutexes, "
		  "B of "
		  "blocking (what each costs is said first)");
}

const struct view_ops profile_view = {
	.title = "Profile",
	.help = "the last profile taken: which functions use CPU, allocate or wait, and what they "
		"call",
	.draw = draw,
	.list = &sites_list,
	.collect = collect,
};
