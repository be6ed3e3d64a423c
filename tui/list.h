/* list.h - rows of a table of core/field.h on screen: columns that fit, selection that follows its
 * row, sorting, filter, search. Rows are collected anew for each draw and each key; nothing is
 * kept of them but the key of the selected one. */
#ifndef LIST_H
#define LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/field.h"
#include "tui/draw.h"
#include "tui/filter.h"

/* The selection follows its row: it is kept by key, the line is found again at each draw. */
enum {
	LIST_TEXT_MAX = 160,
	LIST_FILTER_MAX = FILTER_TEXT_MAX,
	LIST_COLUMNS_MAX = 16,
	LIST_DRAWN_MAX = 200,
	LIST_TAGS_MAX = 64,
};

struct selection {
	uint64_t key; /* row_key of the row; 0: the first row */
	int line;     /* where it stood last: used when the row is gone */
	int top;      /* first row shown */
	int sort;     /* 0: the view's own order; else 1 + index into the view's columns */
	bool reverse;
	unsigned hidden; /* bit i: column i was chosen not to be shown */
	bool open;	 /* Enter: the detail of the selected row */
	int detail_top;
	char filter[LIST_FILTER_MAX]; /* filter.h; "": all rows */
	uint64_t tags[LIST_TAGS_MAX]; /* row_key of rows that are tagged */
	int n_tags;
	bool only_tagged;
	bool unfolded; /* rows that a view folds into one stand apart */
};

struct column {
	const char *key;   /* of the table's field */
	const char *title; /* NULL: the field's */
	int width;	   /* 0: the field's */
	int rank;	/* where the screen is narrow the highest goes first; of equals the last */
	int share;	/* above 0: width is the least, and this its share of what is left over */
	bool optional;	/* left out when no row has a value */
	bool both_ends; /* what is too long is cut in its middle: its end tells most */
};

struct list_ops {
	const struct table *table;
	/* key NULL ends it; fewer than LIST_COLUMNS_MAX. */
	const struct column *columns;
	uint64_t (*row_key)(const void *row); /* never 0 */
	/* A cell's text where it is not simply the field's value: returns buf (LIST_TEXT_MAX bytes)
	 * or any text that lives as long as the row; NULL: the value. May be NULL itself. */
	const char *(*text)(const void *row, const struct field *f, char *buf);
	enum style (*style)(const void *row, const struct field *f); /* NULL: normal */
	/* Names that a filter may use beside the table's (filter_set), and the texts that belong to
	 * one of them; name "": what a word may be found in beside the columns. NULL: none. */
	const char *const *names;
	bool (*any)(const void *row, struct str name, filter_test *test, const void *test_arg);
};

struct list {
	const struct list_ops *ops;
	struct selection *sel;
	const struct field *fields[LIST_COLUMNS_MAX]; /* of the columns; NULL ends it */
	struct filter filter;			      /* as sel->filter says it */
	const void **rows; /* as shown: filtered and sorted; borrowed from the model */
	size_t n, total, cap;
	bool passive;			/* shown beside another view: no row is under the cursor */
	int page_rows;			/* rows of it on screen at the last draw */
	uint64_t drawn[LIST_DRAWN_MAX]; /* their keys: what a click on a line means */
	int drawn_top, n_drawn;
};

void list_start(struct list *l, const struct list_ops *ops, struct selection *sel); /* empty */
void list_add(struct list *l, const void *row); /* unless the filter is against it */
void list_finish(struct list *l);		/* sorts, and finds the selected row again */
void list_release(struct list *l);

const void *list_selected(const struct list *l); /* NULL: no rows */
void list_move(struct list *l, int by);		 /* clamped */
bool list_is_tagged(const struct selection *sel, uint64_t key);
/* Tags the selected row, or takes its tag away, and goes on to the next; false: no more tags. */
bool list_tag(struct list *l);
void list_untag_all(struct selection *sel);

/* Selects what stood on a line at the last draw, wherever it stands now; false: it is gone. */
bool list_select_drawn(struct list *l, int line);
/* The next row that passes a filter (filter.h). */
bool list_search(struct list *l, const char *what, bool from_next);

/* Head, rows, and a last line that tells of the filter and of rows out of sight. `empty` is what to
 * say when there are no rows at all. */
void list_draw(struct list *l, struct draw *d, const char *empty);

/* Rows that list_draw would like to have: head, all rows, and no more. */
int list_height(const struct list *l);

/* One key of a person who types into a line of `size` bytes: a character, Backspace, ^U. */
void text_edit(char *line, size_t size, int key);

#endif
