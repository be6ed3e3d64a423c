/* parse/promtext.h - a metrics page as text into families and series: Prometheus 0.0.4 and 1.0.0,
 * and OpenMetrics 1.0. Fed chunk by chunk as bytes arrive; the result does not depend on where the
 * chunks were cut. Pure: no I/O, no clock.
 *
 * Pages of one service differ in values only, most of the time: a page is first read against the
 * lines of the last one, and in full from the first line on that is another.
 *
 * Without promtext_as a page is Prometheus text, and what OpenMetrics adds (# EOF, exemplars,
 * _created, timestamps with a fraction) is read past or taken softly. As OpenMetrics it has to keep
 * that standard's MUSTs: half a page is none, and _created lines are no series. Names and values
 * are bytes as the page has them, perhaps not UTF-8. Series and label names given twice are kept
 * twice. */
#ifndef PARSE_PROMTEXT_H
#define PARSE_PROMTEXT_H

#include <locale.h>
#include <stddef.h>

#include "collectors/parse/prompage.h"
#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum {
	PROMTEXT_LINE_MAX = 1 << 20,
	PROMTEXT_SERIES_MAX = PROM_SERIES_MAX,
	PROMTEXT_LABELS_MAX = PROM_LABELS_MAX,
	PROMTEXT_PAGE_MAX = PROM_PAGE_MAX,
};

/* What reading one line needs beside the line. */
struct promtext_scratch {
	struct arena blocks; /* all of one size, so that any page can use any of them again */
	char *at, *end;	     /* free room in the newest block for what had escapes */
	size_t used_bytes;   /* by what had escapes */
	locale_t c_locale;
};

/* Zeroed is valid. One is kept by each collector, so that its memory is reused. */
struct promtext {
	struct metrics_page page; /* valid after promtext_end, until the next promtext_begin */

	/* private: */
	struct prompage out;
	struct promtext_scratch scratch;
	bool openmetrics, started, ended; /* ended: # EOF was there */
	/* The unfinished line in the newest block of text; names and values point into blocks. */
	char *line, *searched, *end, *block_end;
	size_t line_no, text_bytes; /* of the lines taken so far */
	struct row *row;	    /* the last series; its labels are at row_label */
	uint32_t row_label;
	struct str again, again_help; /* metadata of a name that has series; a TYPE has to come */
	struct promopen *open;	      /* the standard's rules; NULL until they are needed */
	struct promfollow *follow;
};

void promtext_begin(struct promtext *p);
/* Before the first promtext_feed. */
void promtext_as(struct promtext *p, bool openmetrics);
/* 0, -EBADMSG for a line that is not of the format (the line's number and reason in *e), or
 * -EFBIG. After an error the page is to be dropped: only begin or release may follow. */
int promtext_feed(struct promtext *p, const char *data, size_t n, struct err *e);
/* Closes a last line without newline. -EBADMSG also for a page without any series. */
int promtext_end(struct promtext *p, struct err *e);
void promtext_release(struct promtext *p);

/* The page has more series than are read. */
static inline bool promtext_is_cut(const struct promtext *p)
{
	return p->out.cut;
}

#endif
