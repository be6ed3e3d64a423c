/* parse/promtext.h - a Prometheus text page (format 0.0.4) into families and series. Fed chunk
 * by chunk as bytes arrive; the result does not depend on where the chunks were cut. Pure: no
 * I/O, no clock.
 *
 * What OpenMetrics adds (# EOF, exemplars, _total, _created, timestamps with a fraction, quoted
 * UTF-8 names) is read past or taken softly. Names and values are bytes as the page has them,
 * perhaps not UTF-8. Series and label names given twice are kept twice. */
#ifndef PARSE_PROMTEXT_H
#define PARSE_PROMTEXT_H

#include <locale.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum {
	PROMTEXT_LINE_MAX = 1 << 20,
	PROMTEXT_SERIES_MAX = 1 << 18, /* the rest of the page is not read: page.cut */
	PROMTEXT_LABELS_MAX = 256,     /* of one series */
	PROMTEXT_PAGE_MAX = 256 << 20, /* bytes of text and arrays together */
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
	struct promtext_scratch scratch;
	/* The unfinished line in the newest block of text; names and values point into blocks. */
	char *line, *searched, *end, *block_end;
	size_t line_no, text_bytes; /* of the lines taken so far */
	struct family *families;
	struct series *series;
	struct label *labels;
	size_t families_cap, series_cap, labels_cap;
	struct promtext_slot *slots; /* families by name; n_slots is a power of two */
	size_t n_slots;
};

void promtext_begin(struct promtext *p);
/* 0, -EBADMSG for a line that is not of the format (the line's number and reason in *e), or
 * -EFBIG. After an error the page is to be dropped: only begin or release may follow. */
int promtext_feed(struct promtext *p, const char *data, size_t n, struct err *e);
/* Closes a last line without newline. -EBADMSG also for a page without any series. */
int promtext_end(struct promtext *p, struct err *e);
void promtext_release(struct promtext *p);

#endif
