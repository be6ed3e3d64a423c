/* view_picker.h - the Go processes of this host, to choose one from: what gmptop shows without a
 * target. */
#ifndef VIEW_PICKER_H
#define VIEW_PICKER_H

#include <sys/types.h>

#include "tui/list.h"

struct picker_row {
	double pid;
	const char *name, *go; /* executable's base name; "go1.24.1"; NULL: not known */
	double age_s, cpu_pct, rss_bytes;
};

struct picker {
	const struct picker_row *rows; /* the caller's; may change between two calls */
	size_t n_rows;
	const char *note; /* one line at the bottom, as why some are missing; NULL: none */
	enum glyphs glyphs;
	bool quit, suspend, redraw_all; /* asked for by a key; the caller resets the last two */
	pid_t chosen;			/* by Enter; 0: not yet */
	bool filtering;
	struct selection sel;
	struct list list;
};

void picker_init(struct picker *p);
void picker_release(struct picker *p);
void picker_key(struct picker *p, int key);
void picker_draw(struct picker *p, struct grid *g);

#endif
