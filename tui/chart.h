/* chart.h - numbers as pictures, in three sets of glyphs. A gap stays a gap; scales start at 0. */
#ifndef CHART_H
#define CHART_H

#include "core/timeline.h"
#include "tui/draw.h"

struct floats {
	const float *v;
	int n;
};

/* The last values, newest at the right, scaled to their maximum; gaps are blank. What a server told
 * of the time before gmptop came is dim, here and in draw_chart, at its own step. */
void draw_spark(struct draw *d, int row, int col, int cols, enum style st,
		const struct timeline *s);
/* The same of plain values, oldest first; scaled to `max`, or to their own maximum when that is 0.
 */
void draw_spark_values(struct draw *d, int row, int col, int cols, enum style st,
		       const struct floats *v, double max);

/* The last `cols` of values, oldest first, as shades: from a dot for 0 to full for `max`; a gap is
 * blank. One row of a heat map. */
void draw_heat(struct draw *d, int row, int col, int cols, const struct floats *v, double max);

/* v of max as a bar of `cols` columns; nothing for NAN. */
void draw_bar(struct draw *d, int row, int col, int cols, enum style st, double v, double max);

/* The series over the whole box: columns of a bar chart, its maximum and 0 at the left, the span of
 * time below. With `mark`, one more series as a line above or in it (a goal). */
void draw_chart(struct draw *d, const struct timeline *s, const struct timeline *mark, enum unit u);

#endif
