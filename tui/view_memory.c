#include <stdio.h>

#include "tui/chart.h"
#include "tui/facts.h"
#include "tui/sites.h"

enum { WIDE = 140 };

static void draw_captioned(struct draw *d, const char *caption, const struct timeline *s,
			   const struct timeline *mark)
{
	struct draw chart = draw_box(d, 1, 0, d->h - 1, d->w);

	draw_text(d, 0, 0, -1, STYLE_DIM, caption);
	draw_chart(&chart, s, mark, UNIT_BYTES);
}

static void draw_charts(const struct view *v, struct draw *d, bool wide)
{
	const struct target *t = v->t;
	int rows = wide ? d->h : d->h * 3 / 5;
	struct draw heap = draw_box(d, 0, 0, rows, wide ? d->w / 2 - 1 : d->w);
	struct draw rss = wide ? draw_box(d, 0, d->w / 2 + 2, d->h, d->w / 2 - 2)
			       : draw_box(d, rows, 0, d->h - rows, d->w);
	char caption[96];

	snprintf(caption, sizeof(caption), "heap, and its goal as a line%s%s",
		 t->gc_phase ? "; collector now: " : "", t->gc_phase ? t->gc_phase : "");
	draw_captioned(&heap, caption, &t->history[HISTORY_HEAP_LIVE],
		       &t->history[HISTORY_HEAP_GOAL]);
	draw_captioned(&rss, "RSS", &t->history[HISTORY_RSS], NULL);
}

/* Where a heap profile was taken its functions stand in the charts' place, beside them where there
 * is room. */
static void draw_sites(const struct view *v, const struct profile_row *heap, struct draw *d)
{
	struct draw left = draw_box(d, 0, 1, d->h, d->w * 2 / 5);
	struct draw right = draw_box(d, 0, left.w + 2, d->h, d->w - left.w - 2);

	if (d->w < WIDE) {
		sites_draw(heap, v->ui, d);
		return;
	}
	draw_charts(v, &left, false);
	sites_draw(heap, v->ui, &right);
}

static void draw(const struct view *v, struct draw *d)
{
	const struct target *t = v->t;
	const struct profile_row *heap = t->profiles[PROFILE_HEAP];
	int facts_h = facts_height(&table_memory, d->w - 2);
	int rest_h = d->h - facts_h - 1;
	struct draw facts = draw_box(d, 0, 1, rest_h < 4 ? d->h : facts_h, d->w - 2), rest;

	facts_draw(&facts, &table_memory, &t->facts.memory);
	if (rest_h < 4) /* numbers first */
		return;
	if (heap) {
		rest = draw_box(d, facts_h + 1, 0, rest_h, d->w);
		draw_sites(v, heap, &rest);
		return;
	}
	rest = draw_box(d, facts_h + 1, 1, rest_h - 1, d->w - 2);
	draw_charts(v, &rest, d->w >= WIDE);
	draw_text(d, d->h - 1, 1, d->w - 2, STYLE_DIM,
		  "which functions allocate: H takes the heap profile");
}

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	sites_collect(t->profiles[PROFILE_HEAP], l);
}

const struct view_ops memory_view = {
	.title = "Memory",
	.help = "heap against its goal, collector, memory of the process; which functions "
		"allocate, "
		"once a heap profile was taken",
	.draw = draw,
	.list = &sites_list,
	.collect = collect,
};
