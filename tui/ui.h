/* ui.h - what the person looking has chosen: view, selection, filter, pause. No terminal in it, so
 * that a key script, a golden test and a live screen go the same way. Keys change it (ui_key),
 * views draw it; nothing else does. */
#ifndef UI_H
#define UI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/model.h"
#include "tui/draw.h"
#include "tui/keys.h"
#include "tui/list.h"

enum view_id {
	VIEW_TARGETS, /* several targets: one row each */
	VIEW_OVERVIEW,
	VIEW_SCHED,
	VIEW_GOROUTINES,
	VIEW_LEAKS,
	VIEW_BREAKERS,
	VIEW_REQUESTS,
	VIEW_MEMORY,
	VIEW_WHY,
	VIEW_INFO,    /* the process: build, sources, settings */
	VIEW_PROFILE, /* the last profile taken */
	VIEW_HELP,
	VIEW_COUNT,
};

enum { UI_TEXT_MAX = LIST_FILTER_MAX };

struct ui {
	enum view_id view, back;
	size_t target;
	struct selection sel[VIEW_COUNT];
	enum ui_prompt prompt;
	char input[UI_TEXT_MAX];  /* while a prompt is open */
	char before[UI_TEXT_MAX]; /* the filter when its prompt was opened */
	char search[UI_TEXT_MAX];
	int choice; /* of what the palette shows */
	/* What the program is to do about a key; it sets those it has done back to false. */
	bool paused, quit, redraw_all, suspend, dump;
	enum profile_kind ask;		    /* PROFILE_KINDS: nothing */
	enum profile_kind awaited;	    /* asked for, and the message says so; likewise */
	uint64_t awaited_unix_ns;	    /* when */
	const struct key_entry *confirming; /* pressed once: the same key again does it */
	struct buf copied;		    /* to be put into the clipboard; empty: nothing */
	enum glyphs glyphs;
	bool ascii_only;	      /* the terminal takes nothing else */
	uint64_t now_ns, now_unix_ns; /* set before each draw */
	uint64_t interval_ns, paused_unix_ns;
	struct list list;	    /* the rows of the view, collected for a draw or a key */
	int page_rows;		    /* rows of the view at the last draw */
	char message[ERR_TEXT_MAX]; /* one line until the next key */
};

void ui_init(struct ui *ui, size_t n_targets);
void ui_release(struct ui *ui);

/* One key as a person pressed it. m is the model on screen. */
void ui_key(struct ui *ui, const struct model *m, int key);

/* The whole screen: frame and view. Same model, same ui, same cells. */
void ui_draw(struct ui *ui, const struct model *m, struct grid *g);

/* The target on screen; NULL: there is none. */
const struct target *ui_target(const struct ui *ui, const struct model *m);

void ui_search(struct ui *ui,
	       const struct model *m); /* selects the next row that passes ui->search */
void ui_target_set(struct ui *ui, size_t target);
void ui_show(struct ui *ui, enum view_id view); /* goes to a view; Esc comes back */

#endif
