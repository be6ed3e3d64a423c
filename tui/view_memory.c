#include <stdio.h>

#include "tui/chart.h"
#include "tui/facts.h"
#include "tui/view.h"

static void draw_captioned(struct draw *d, const char *caption, const struct timeline *s,
			   const struct timeline *mark)
{
	struct draw chart = draw_box(d, 1, 0, d->h - 1, d->w);

	draw_text(d, 0, 0, -1, STYLE_DIM, caption);
	draw_chart(&chart, s, mark, UNIT_BYTES);
}

static void draw(const struct view *v, struct draw *d)
{
	const struct target *t = v->t;
	bool wide = d->w >= 140;
	int facts_h = facts_height(&table_memory, d->w - 2);
	int chart_h = d->h - facts_h - 1;
	struct draw heap, rss, facts;
	char caption[96];

	if (chart_h < 4) { /* numbers first */
		facts = draw_box(d, 0, 1, d->h, d->w - 2);
		facts_draw(&facts, &table_memory, &t->facts.memory);
		return;
	}
	facts = draw_box(d, 0, 1, facts_h, d->w - 2);
	facts_draw(&facts, &table_memory, &t->facts.memory);
	heap = draw_box(d, facts_h + 1, 1, wide ? chart_h : chart_h * 3 / 5,
			wide ? d->w / 2 - 2 : d->w - 2);
	rss = wide ? draw_box(d, facts_h + 1, d->w / 2 + 1, chart_h, d->w / 2 - 2)
		   : draw_box(d, facts_h + 1 + heap.h, 1, chart_h - heap.h, d->w - 2);
	snprintf(caption, sizeof(caption), "heap, and its goal as a line%s%s",
		 t->gc_phase ? "; collector now: " : "", t->gc_phase ? t->gc_phase : "");
	draw_captioned(&heap, caption, &t->history[HISTORY_HEAP_LIVE],
		       &t->history[HISTORY_HEAP_GOAL]);
	draw_captioned(&rss, "RSS", &t->history[HISTORY_RSS], NULL);
}

const struct view_ops memory_view = {
	.title = "Memory",
	.help = "heap against its goal, collector, memory of the process",
	.draw = draw,
};
