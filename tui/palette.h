/* palette.h - every action by its name: those of the key table, and some that take an argument.
 * It is what `:` opens, and what help is searched with. */
#ifndef PALETTE_H
#define PALETTE_H

#include <stddef.h>

#include "tui/draw.h"
#include "tui/keys.h"

struct ui;
struct model;

enum { PALETTE_ROWS_MAX = 10 };

/* A command that takes an argument: "sort count". The name may be that of a key too. */
struct palette_command {
	const char *name, *args, *help;
	/* False with ui->message set when the argument is not understood. */
	bool (*run)(struct ui *ui, const struct model *m, const char *arg);
};

struct palette_hit {
	const struct key_entry *key;	       /* NULL: a command */
	const struct palette_command *command; /* NULL: of the key table */
};

/* What the first word of the input, or all words, may mean: names that begin so first, then names
 * and helps that have it somewhere. Returns how many, at most max. */
size_t palette_find(const char *input, struct palette_hit *ret, size_t max);

const char *palette_name(const struct palette_hit *h);

/* The argument: what stands after the first word. */
const char *palette_argument(const char *input);

/* The hits, at the bottom of d; `chosen` is under the cursor. */
void palette_draw(struct draw *d, const char *input, int chosen);

extern const struct palette_command palette_commands[];
extern const size_t n_palette_commands;

#endif
