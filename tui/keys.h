/* keys.h - every key once: help, the bottom line, the man page and --keys come from this table. */
#ifndef KEYS_H
#define KEYS_H

#include <stddef.h>

/* Keys beyond what a character can name. Characters stand for themselves (Unicode); a control
 * character is what Ctrl with the letter sends. */
enum key {
	KEY_NONE = 0,
	K_ENTER = 0x110000,
	K_ESC,
	K_TAB,
	K_BACKTAB,
	K_BACKSPACE,
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_HOME,
	K_END,
	K_DELETE,
	K_F1, /* … K_F1 + 11 is F12 */
	K_F12 = K_F1 + 11,
	K_MOUSE,    /* pressed; term_mouse tells where */
	K_WHEEL_UP, /* turned */
	K_WHEEL_DOWN,
	/* What a click means, beside the keys (grid.h, spots). */
	K_LINE = 0x200000,   /* + a line of the list on screen */
	K_COLUMN = 0x400000, /* + a column of it */
	K_BEYOND = 0x600000,
};

#define K_CTRL(letter) ((letter)&0x1f)

enum action {
	ACTION_NONE,
	ACTION_QUIT,
	ACTION_HELP,
	ACTION_VIEW,	  /* arg: enum view_id */
	ACTION_STEP_VIEW, /* arg: how many further, may be negative */
	ACTION_MOVE,	  /* arg: rows, likewise; KEY_FAR: to the end */
	ACTION_PAGE,	  /* arg: pages, likewise */
	ACTION_OPEN,
	ACTION_BACK,
	ACTION_PROMPT, /* arg: enum ui_prompt */
	ACTION_SEARCH_NEXT,
	ACTION_FOLD,
	ACTION_TAG,
	ACTION_TAG_ONLY,
	ACTION_UNTAG,
	ACTION_DUMP, /* debug=2 into a file */
	ACTION_COPY, /* arg: 0: the row, 1: the command that shows it */
	ACTION_SORT, /* arg: 0: by the next column, 1: the other way round */
	ACTION_PAUSE,
	ACTION_STEP_TARGET, /* arg: how many further, may be negative */
	ACTION_ASK,	    /* arg: enum profile_kind */
	ACTION_REDRAW,
	ACTION_SUSPEND,
	ACTION_COUNT,
};

enum { KEY_FAR = 1 << 24 };

enum ui_prompt { PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_COMMAND };

enum { KEYS_PER_ENTRY = 3, KEY_NAME_MAX = 16 };

struct key_entry {
	int keys[KEYS_PER_ENTRY]; /* 0-terminated unless full */
	enum action action;
	int arg;
	const char *name;  /* as in a command palette: "next-view" */
	const char *label; /* in the bottom line; NULL: not there */
	const char *help;  /* one line */
};

extern const struct key_entry key_table[];
extern const size_t n_keys;

const struct key_entry *key_find(int key);

/* "F1", "Space", "q", "^Z", …; buf has KEY_NAME_MAX bytes. Returns buf. */
const char *key_text(int key, char *buf);

/* Takes the next key of a --keys script ("a<Enter><F1>x", "<lt>" for "<"), moves *s on; 0 at the
 * end, -1 for an unknown name. */
int key_parse(const char **s);

#endif
