#include "tui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/utf8.h"
#include "tui/ui.h"

#define VIEW_KEY(digit, view, word, text)                              \
	{                                                              \
		{ digit }, ACTION_VIEW, view, "view-" word, NULL, text \
	}

/* clang-format off */
const struct key_entry key_table[] = {
	{ { K_F1, '?', 'h' }, ACTION_HELP, 0, "help", "help", "open this help, or close it" },
	{ { 'q' }, ACTION_QUIT, 0, "quit", "quit", "end gmptop" },
	{ { '/' }, ACTION_PROMPT, PROMPT_SEARCH, "search", "search", "search: select the next row with this text, or that passes a filter" },
	{ { '\\', K_F1 + 3 }, ACTION_PROMPT, PROMPT_FILTER, "filter", "filter", "filter: only rows with these words, or state=chan* age>10m count>100 label.route=/pay !pkg=net/http func~client" },
	{ { ':' }, ACTION_PROMPT, PROMPT_COMMAND, "command", NULL, "any action by its name, found by its words; Tab completes, Enter does it" },
	{ { ' ' }, ACTION_PAUSE, 0, "pause", "pause", "hold the picture, or go on live" },
	{ { 's' }, ACTION_SORT, 0, "sort", "sort", "sort by the next column" },
	{ { K_ENTER }, ACTION_OPEN, 0, "open", "open", "open the selected row; in Overview and Why: go to the view that shows more" },
	{ { K_ESC }, ACTION_BACK, 0, "back", NULL, "close what is open; else drop the filter; else the view before" },
	{ { 'n' }, ACTION_SEARCH_NEXT, 0, "search-next", NULL, "search again" },
	{ { 'S', 'I' }, ACTION_SORT, 1, "sort-reverse", NULL, "sort the other way round" },
	{ { K_UP, 'k' }, ACTION_MOVE, -1, "up", NULL, "up a row" },
	{ { K_DOWN, 'j' }, ACTION_MOVE, 1, "down", NULL, "down a row" },
	{ { K_PAGE_UP, K_CTRL('B') }, ACTION_PAGE, -1, "page-up", NULL, "up a page" },
	{ { K_PAGE_DOWN, K_CTRL('F') }, ACTION_PAGE, 1, "page-down", NULL, "down a page" },
	{ { K_HOME, 'g' }, ACTION_MOVE, -KEY_FAR, "first", NULL, "first row" },
	{ { K_END, 'G' }, ACTION_MOVE, KEY_FAR, "last", NULL, "last row" },
	{ { K_TAB }, ACTION_STEP_VIEW, 1, "next-view", NULL, "next view" },
	{ { K_BACKTAB }, ACTION_STEP_VIEW, -1, "previous-view", NULL, "previous view" },
	VIEW_KEY('1', VIEW_OVERVIEW, "overview", "Overview: is it healthy, and if not, which view next"),
	VIEW_KEY('2', VIEW_SCHED, "sched", "Sched: the scheduler, run queues, threads"),
	VIEW_KEY('3', VIEW_GOROUTINES, "goroutines", "Goroutines: groups with the same stack"),
	VIEW_KEY('4', VIEW_LEAKS, "leaks", "Leaks: groups that grow and do not shrink"),
	VIEW_KEY('5', VIEW_BREAKERS, "breakers", "Breakers: circuit breakers and rate limiters"),
	VIEW_KEY('6', VIEW_REQUESTS, "requests", "Requests: rate, latency and errors by route"),
	VIEW_KEY('7', VIEW_MEMORY, "memory", "Memory: heap, collector, process"),
	VIEW_KEY('8', VIEW_WHY, "why", "Why: all findings, worst first"),
	{ { 'i' }, ACTION_VIEW, VIEW_INFO, "view-info", "info", "Info: build, sources and what each says" },
	{ { '0' }, ACTION_VIEW, VIEW_TARGETS, "view-targets", NULL, "Targets: one row for each" },
	{ { ']' }, ACTION_STEP_TARGET, 1, "next-target", NULL, "next target" },
	{ { '[' }, ACTION_STEP_TARGET, -1, "previous-target", NULL, "previous target" },
	{ { 'f' }, ACTION_FOLD, 0, "fold", NULL, "Goroutines: one row for a stack, or one for each set of labels" },
	{ { 'x' }, ACTION_TAG, 0, "tag", NULL, "tag the row, or take its tag away; below stands what all tagged rows count" },
	{ { 'X' }, ACTION_TAG_ONLY, 0, "tagged-only", NULL, "show only tagged rows, or all again" },
	{ { 'U' }, ACTION_UNTAG, 0, "untag-all", NULL, "take all tags away" },
	{ { 'y' }, ACTION_COPY, 0, "copy", NULL, "copy the row or its stack, or those of all tagged rows, to the clipboard of your terminal (OSC 52)" },
	{ { 'Y' }, ACTION_COPY, 1, "copy-command", NULL, "copy the shell command that shows the same" },
	{ { 'p' }, ACTION_VIEW, VIEW_PROFILE, "view-profile", NULL, "Profile: the last profile taken, by function" },
	{ { 'H' }, ACTION_ASK, PROFILE_HEAP, "ask-heap", NULL, "take the heap profile: some ms of the target's CPU; twice to confirm" },
	{ { 'C' }, ACTION_ASK, PROFILE_CPU, "ask-cpu", NULL, "take a CPU profile of 5 s: it costs 1 to 2 % of the CPU used; twice to confirm" },
	{ { 'M' }, ACTION_ASK, PROFILE_MUTEX, "ask-mutex", NULL, "take the mutex profile: who held locks that others waited for; twice to confirm" },
	{ { 'B' }, ACTION_ASK, PROFILE_BLOCK, "ask-block", NULL, "take the block profile: where goroutines waited; twice to confirm" },
	{ { 'L' }, ACTION_ASK, PROFILE_LEAKS, "ask-leaks", NULL, "ask Go for its own leak profile (Go 1.27): it forces a collection, so twice to confirm" },
	{ { 'D' }, ACTION_DUMP, 0, "dump", NULL, "write all stacks (debug=2) into a file here: the target stands still meanwhile; twice to confirm" },
	{ { K_F1 + 4, K_CTRL('L') }, ACTION_REDRAW, 0, "redraw", NULL, "draw the whole screen again" },
	{ { K_CTRL('Z') }, ACTION_SUSPEND, 0, "suspend", NULL, "back to the shell; `fg` returns" },
};
/* clang-format on */
const size_t n_keys = sizeof(key_table) / sizeof(*key_table);

const struct key_entry *key_find(int key)
{
	for (size_t i = 0; i < n_keys; i++) {
		for (int k = 0; k < KEYS_PER_ENTRY && key_table[i].keys[k]; k++) {
			if (key_table[i].keys[k] == key)
				return &key_table[i];
		}
	}
	return NULL;
}

static const struct {
	int key;
	const char *name;
} names[] = {
	{ K_ENTER, "Enter" },	{ K_ESC, "Esc" },
	{ K_TAB, "Tab" },	{ K_BACKTAB, "Shift-Tab" },
	{ K_UP, "Up" },		{ K_DOWN, "Down" },
	{ K_LEFT, "Left" },	{ K_RIGHT, "Right" },
	{ K_PAGE_UP, "PgUp" },	{ K_PAGE_DOWN, "PgDn" },
	{ K_HOME, "Home" },	{ K_END, "End" },
	{ K_DELETE, "Delete" }, { K_BACKSPACE, "Backspace" },
	{ ' ', "Space" },	{ '<', "lt" },
};
enum { N_NAMES = sizeof(names) / sizeof(*names) };

const char *key_text(int key, char *buf)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (names[i].key == key && key != '<') {
			snprintf(buf, KEY_NAME_MAX, "%s", names[i].name);
			return buf;
		}
	}
	if (key >= K_F1 && key <= K_F12)
		snprintf(buf, KEY_NAME_MAX, "F%d", key - K_F1 + 1);
	else if (key > 0 && key < 0x20)
		snprintf(buf, KEY_NAME_MAX, "^%c", key + 0x40);
	else
		buf[key > 0 ? utf8_put((char32_t)key, buf) : 0] = '\0';
	return buf;
}

/* A name between "<" and ">", in any case; -1: none such. */
static int key_by_name(const char *s, size_t len)
{
	char *end;

	for (size_t i = 0; i < N_NAMES; i++) {
		if (strlen(names[i].name) == len && strncasecmp(names[i].name, s, len) == 0)
			return names[i].key;
	}
	if (len == 3 && (s[0] == 'C' || s[0] == 'c') && s[1] == '-' && (s[2] | 0x20) >= 'a' &&
	    (s[2] | 0x20) <= 'z')
		return K_CTRL(s[2]);
	if (len >= 2 && len <= 3 && (s[0] == 'F' || s[0] == 'f')) {
		long n = strtol(s + 1, &end, 10);

		if (end == s + len && n >= 1 && n <= 12)
			return K_F1 + (int)n - 1;
	}
	return -1;
}

int key_parse(const char **s)
{
	struct str rest = str_of(*s);
	const char *end;
	char32_t c;

	if (rest.len == 0)
		return 0;
	if (**s == '<') {
		end = strchr(*s, '>');
		if (!end)
			return -1;
		const char *name = *s + 1;

		*s = end + 1;
		return key_by_name(name, (size_t)(end - name));
	}
	c = utf8_next(&rest);
	*s = rest.p;
	return c == '\n' || c == '\r' ? K_ENTER : c == '\t' ? K_TAB : c == 0x1b ? K_ESC : (int)c;
}
