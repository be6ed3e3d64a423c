/* view.h - a view draws a const model and maps nothing, fetches nothing. One file each, at its end
 * one const struct. */
#ifndef VIEW_H
#define VIEW_H

#include "tui/ui.h"

/* What a view is drawn from. */
struct view {
	const struct model *m;
	const struct target *t; /* the one on screen; NULL only where `no_target` */
	struct ui *ui;
	struct selection *sel; /* the view's own */
};

struct view_ops {
	const char
		*title;	  /* in the bar of views; in lower case as a finding names it (row->view) */
	const char *help; /* what it answers, one line */
	void (*draw)(const struct view *v, struct draw *d);

	/* A view with a list: its rows are collected into ui->list before each draw and each key.
	 */
	const struct list_ops *list;
	void (*collect)(const struct model *m, const struct target *t, struct list *l);
	bool opens; /* Enter opens a detail of the row, scrolled by sel->detail_top */
	/* Where Enter leads instead; VIEW_COUNT: nowhere. May be NULL. */
	enum view_id (*leads_to)(const struct view *v);
	bool no_target;	   /* draws without one */
	const char *folds; /* what sel->unfolded shows apart; NULL: nothing is folded */
};

extern const struct view_ops *const views[VIEW_COUNT];

enum { VIEW_EMPTY_MAX = 400 };

/* "no breakers seen; looked in metrics; not in memory (absent)": what a view says that has no rows.
 * `sources` has bit 1 << s for each enum source that could have told. Returns buf. */
const char *view_empty_text(char *buf, const struct target *t, const char *what, unsigned sources);

/* Bits of the sources whose metrics a view of `t` is made of. */
unsigned view_metric_sources(const struct target *t);

/* The rows of a view as they are to be shown, into ui->list; nothing for a view without a list. */
void ui_collect(struct ui *ui, const struct model *m, enum view_id view);

/* The view with this name, or VIEW_COUNT. */
enum view_id view_by_name(const char *name);

#endif
