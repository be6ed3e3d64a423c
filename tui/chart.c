#include "tui/chart.h"

#include <math.h>

/* One column, filled from below in steps. */
struct ramp {
	const char32_t *glyphs; /* from the least to full */
	int steps;
};

static struct ramp ramp_of(enum glyphs g)
{
	static const char32_t ascii[] = U"_.:-=+*#", block[] = U"▁▂▃▄▅▆▇█";

	return g == GLYPHS_ASCII ? (struct ramp){ ascii, 8 } : (struct ramp){ block, 8 };
}

typedef double value_at(const void *from, int i);

static double timeline_value(const void *from, int i)
{
	return timeline_at(from, (size_t)i);
}

static double float_value(const void *from, int i)
{
	const struct floats *f = from;

	return i < f->n ? (double)f->v[f->n - 1 - i] : NAN;
}

static double max_of(value_at *value, const void *from, int n)
{
	double max = 0;

	for (int i = 0; i < n; i++) {
		double v = value(from, i);

		if (isfinite(v) && v > max)
			max = v;
	}
	return max;
}

/* v of max in steps from 0 to `steps`; a value above 0 shows. */
static int level(double v, double max, int steps)
{
	int l = max > 0 ? (int)lround(v / max * steps) : 0;

	return l < 0 ? 0 : l > steps ? steps : l == 0 && v > 0 ? 1 : l;
}

/* Two values a cell: dots of its left and right column from below (U+2800, bits 7 3 2 1 and 8 6 5
 * 4). */
static char32_t braille(double left, double right, double max)
{
	static const unsigned char dots[2][4] = { { 0x40, 0x04, 0x02, 0x01 },
						  { 0x80, 0x20, 0x10, 0x08 } };
	double v[2] = { left, right };
	char32_t c = 0x2800;

	for (int side = 0; side < 2; side++) {
		int n = isfinite(v[side]) ? level(v[side], max, 3) + 1 : 0;

		for (int i = 0; i < n; i++)
			c |= dots[side][i];
	}
	return c == 0x2800 ? ' ' : c;
}

struct spark {
	value_at *value;
	const void *from;
	enum style style;
	double max;		      /* 0: of the values */
	const struct timeline *dated; /* whose past is dim; NULL: it has none */
};

/* What another source told of the time before. */
static enum style style_at(const struct timeline *s, int ago, enum style st)
{
	return s && timeline_is_past(s, (size_t)ago) ? STYLE_DIM : st;
}

static void spark(struct draw *d, int row, int col, int cols, const struct spark *sp)
{
	struct ramp ramp = ramp_of(d->glyphs);
	int per_cell = d->glyphs == GLYPHS_BRAILLE ? 2 : 1;
	double max = sp->max > 0 ? sp->max : max_of(sp->value, sp->from, cols * per_cell);

	for (int i = 0; i < cols; i++) {
		double v = sp->value(sp->from, i * per_cell);
		char32_t c = ' ';

		if (per_cell == 2)
			c = braille(sp->value(sp->from, i * 2 + 1), v, max);
		else if (isfinite(v))
			c = ramp.glyphs[level(v, max, ramp.steps - 1)];
		draw_fill(d, row, col + cols - 1 - i, 1,
			  style_at(sp->dated, i * per_cell, sp->style), c);
	}
}

void draw_spark(struct draw *d, int row, int col, int cols, enum style st, const struct timeline *s)
{
	spark(d, row, col, cols, &(struct spark){ timeline_value, s, st, 0, s });
}

void draw_spark_values(struct draw *d, int row, int col, int cols, enum style st,
		       const struct floats *v, double max)
{
	spark(d, row, col, cols, &(struct spark){ float_value, v, st, max, NULL });
}

void draw_heat(struct draw *d, int row, int col, int cols, const struct floats *v, double max)
{
	static const char32_t ascii[] = U".:-=+*%#@", block[] = U"·░░▒▒▓▓██", dots[] = U"⠂⠒⠖⠶⠷⠿⡿⣿⣿";
	const char32_t *shades = d->glyphs == GLYPHS_ASCII   ? ascii
				 : d->glyphs == GLYPHS_BLOCK ? block
							     : dots;
	enum { STEPS = 8 };

	for (int i = 0; i < cols; i++) {
		double x = float_value(v, i);
		char32_t c = isfinite(x) ? shades[level(x, max, STEPS)] : U' ';

		draw_fill(d, row, col + cols - 1 - i, 1, x > 0 ? STYLE_CHART : STYLE_DIM, c);
	}
}

void draw_bar(struct draw *d, int row, int col, int cols, enum style st, double v, double max)
{
	static const char32_t eighths[] = U" ▏▎▍▌▋▊▉";
	bool ascii = d->glyphs == GLYPHS_ASCII;
	int steps = cols * (ascii ? 1 : 8), full, part;

	if (!isfinite(v) || !(max > 0) || cols <= 0) {
		draw_fill(d, row, col, cols, st, ' ');
		return;
	}
	steps = level(v, max, steps);
	full = ascii ? steps : steps / 8;
	part = ascii ? 0 : steps % 8;
	draw_fill(d, row, col, full, st, ascii ? '#' : U'█');
	if (full < cols)
		draw_fill(d, row, col + full, 1, st, eighths[part]);
	draw_fill(d, row, col + full + 1, cols - full - 1, st, ' ');
}

enum { AXIS_COLS = 8 };

/* A value as a column of the chart: full cells, then one of the ramp's, 0 a thin line. */
static void chart_column(struct draw *d, int col, enum style st, double v, double max)
{
	struct ramp ramp = ramp_of(d->glyphs);
	int l;

	if (!isfinite(v))
		return;
	l = level(v, max, d->h * ramp.steps);
	for (int row = d->h - 1; row >= 0 && l > 0; row--, l -= ramp.steps)
		draw_fill(d, row, col, 1, st,
			  ramp.glyphs[l >= ramp.steps ? ramp.steps - 1 : l - 1]);
}

static void chart_mark(struct draw *d, int col, double v, double max)
{
	if (!isfinite(v) || !(max > 0))
		return;
	int row = d->h - 1 - (int)(v / max * (d->h - 1) + 0.5);

	draw_fill(d, row, col, 1, STYLE_DIM, d->glyphs == GLYPHS_ASCII ? '-' : U'─');
}

void draw_chart(struct draw *d, const struct timeline *s, const struct timeline *mark, enum unit u)
{
	struct draw in = draw_box(d, 0, AXIS_COLS, d->h - 1, d->w - AXIS_COLS);
	double max = max_of(timeline_value, s, in.w);
	uint64_t newest = timeline_time(s, 0), oldest;
	char span[FMT_MAX];

	if (in.w < 1 || in.h < 1)
		return;
	if (mark)
		max = fmax(max, max_of(timeline_value, mark, in.w));
	for (int i = 0; i < in.w; i++) {
		chart_column(&in, in.w - 1 - i, style_at(s, i, STYLE_CHART),
			     timeline_at(s, (size_t)i), max);
		if (mark)
			chart_mark(&in, in.w - 1 - i, timeline_at(mark, (size_t)i), max);
	}
	draw_num(d, 0, 0, AXIS_COLS - 1, STYLE_DIM, s->n ? max : NAN, u);
	if (in.h > 1)
		draw_num(d, in.h - 1, 0, AXIS_COLS - 1, STYLE_DIM, 0, u);
	if (s->n < 2)
		return;
	oldest = timeline_time(s, s->n > (size_t)in.w ? (size_t)in.w - 1 : s->n - 1);
	fmt_num(span, (double)(newest - oldest) / 1e9, UNIT_S);
	draw_textf(d, d->h - 1, AXIS_COLS + (s->n < (size_t)in.w ? in.w - (int)s->n : 0), -1,
		   STYLE_DIM, "-%s", span);
	draw_right(d, d->h - 1, d->w - 4, 4, STYLE_DIM, "now");
}
