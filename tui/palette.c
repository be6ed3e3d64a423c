#include "tui/palette.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/ui.h"
#include "tui/view.h"

enum { NAME_COLS = 24, KEYS_COLS = 14 };

/* ---- commands ---- */

static bool no_list(struct ui *ui)
{
	if (views[ui->view]->list)
		return false;
	snprintf(ui->message, sizeof(ui->message), "%s has no rows", views[ui->view]->title);
	return true;
}

static bool run_filter(struct ui *ui, const struct model *m, const char *arg)
{
	(void)m;
	if (no_list(ui))
		return false;
	snprintf(ui->sel[ui->view].filter, sizeof(ui->sel[ui->view].filter), "%s", arg);
	return true;
}

static bool run_search(struct ui *ui, const struct model *m, const char *arg)
{
	if (no_list(ui))
		return false;
	snprintf(ui->search, sizeof(ui->search), "%s", arg);
	ui_search(ui, m);
	return true;
}

static bool is_column(const struct list_ops *ops, size_t i, const char *name)
{
	const struct column *c = &ops->columns[i];
	const struct field *f = field_find(ops->table, c->key);

	return strcasecmp(name, c->key) == 0 || (c->title && strcasecmp(name, c->title) == 0) ||
	       (f->title && strcasecmp(name, f->title) == 0);
}

/* The index of a column, or -1 with a message that names them all. */
static int find_column(struct ui *ui, const char *name)
{
	const struct list_ops *ops = views[ui->view]->list;
	size_t n = 0;

	for (size_t i = 0; ops->columns[i].key; i++) {
		if (is_column(ops, i, name))
			return (int)i;
	}
	n = (size_t)snprintf(ui->message, sizeof(ui->message), "no column \"%s\": there are", name);
	for (size_t i = 0; ops->columns[i].key && n < sizeof(ui->message); i++)
		n += (size_t)snprintf(ui->message + n, sizeof(ui->message) - n, " %s",
				      ops->columns[i].key);
	return -1;
}

static bool run_sort(struct ui *ui, const struct model *m, const char *arg)
{
	int i;

	(void)m;
	if (no_list(ui))
		return false;
	i = *arg ? find_column(ui, arg) : -1;
	if (*arg && i < 0)
		return false;
	ui->sel[ui->view].sort = i + 1;
	ui->sel[ui->view].reverse = false;
	return true;
}

/* "-labels_text +oldest_s"; nothing: all. */
static bool run_columns(struct ui *ui, const struct model *m, const char *arg)
{
	unsigned hidden = *arg ? ui->sel[ui->view].hidden : 0;
	char names[UI_TEXT_MAX], *rest = names, *word;

	(void)m;
	if (no_list(ui))
		return false;
	snprintf(names, sizeof(names), "%s", arg);
	while ((word = strsep(&rest, " ,"))) {
		bool hide = *word == '-';
		int i;

		if (!*word)
			continue;
		i = find_column(ui, word + (hide || *word == '+'));
		if (i < 0)
			return false;
		hidden = hide ? hidden | 1u << i : hidden & ~(1u << i);
	}
	ui->sel[ui->view].hidden = hidden;
	return true;
}

static bool run_target(struct ui *ui, const struct model *m, const char *arg)
{
	for (size_t i = 0; i < m->n_targets; i++) {
		const char *name = m->targets[i].name;

		if (name && text_has(str_of(name), arg)) {
			ui_target_set(ui, i);
			return true;
		}
	}
	snprintf(ui->message, sizeof(ui->message), "no target has \"%s\" in its name", arg);
	return false;
}

static bool run_glyphs(struct ui *ui, const struct model *m, const char *arg)
{
	static const char *const names[] = {
		[GLYPHS_ASCII] = "ascii", [GLYPHS_BLOCK] = "block", [GLYPHS_BRAILLE] = "braille"
	};

	(void)m;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(arg, names[i]) != 0)
			continue;
		if (ui->ascii_only && i != GLYPHS_ASCII) {
			snprintf(ui->message, sizeof(ui->message),
				 "this terminal or locale takes ASCII only");
			return false;
		}
		ui->glyphs = (enum glyphs)i;
		return true;
	}
	snprintf(ui->message, sizeof(ui->message), "glyphs: ascii, block or braille");
	return false;
}

const struct palette_command palette_commands[] = {
	{ "filter", "TERMS", "only rows that pass: state=chan* age>10m !pkg=net/http", run_filter },
	{ "search", "TERMS", "select the next row that passes", run_search },
	{ "sort", "COLUMN", "sort by this column; nothing: the view's own order", run_sort },
	{ "columns", "[-]NAME ...", "hide columns, or show them again; nothing: all", run_columns },
	{ "target", "NAME", "the target with this in its name", run_target },
	{ "glyphs", "ascii|block|braille", "what charts are drawn with", run_glyphs },
};
const size_t n_palette_commands = sizeof(palette_commands) / sizeof(*palette_commands);

/* ---- finding ---- */

const char *palette_name(const struct palette_hit *h)
{
	return h->key ? h->key->name : h->command->name;
}

static const char *help_of(const struct palette_hit *h)
{
	return h->key ? h->key->help : h->command->help;
}

const char *palette_argument(const char *input)
{
	const char *blank = strchr(input, ' ');

	return blank ? blank + strspn(blank, " ") : "";
}

/* Every word of the input stands in the name or the help. */
static bool has_words(const struct palette_hit *h, const char *input)
{
	char words[UI_TEXT_MAX], *rest = words, *word;

	snprintf(words, sizeof(words), "%s", input);
	while ((word = strsep(&rest, " "))) {
		if (!text_has(str_of(palette_name(h)), word) && !text_has(str_of(help_of(h)), word))
			return false;
	}
	return true;
}

enum fit { FIT_NAME, FIT_START, FIT_WORDS, FIT_NONE };

static enum fit fit_of(const struct palette_hit *h, const char *input)
{
	size_t n = strcspn(input, " ");
	const char *name = palette_name(h);

	/* "sort" is the key's action, "sort count" the command. */
	if (strlen(name) == n && strncasecmp(name, input, n) == 0 && (!h->key || !input[n]))
		return FIT_NAME;
	if (input[n] == '\0' && strncasecmp(name, input, n) == 0)
		return FIT_START;
	return has_words(h, input) ? FIT_WORDS : FIT_NONE;
}

size_t palette_find(const char *input, struct palette_hit *ret, size_t max)
{
	size_t n = 0;

	for (enum fit fit = FIT_NAME; fit < FIT_NONE; fit++) {
		for (size_t i = 0; i < n_keys + n_palette_commands && n < max; i++) {
			struct palette_hit h = {
				i < n_keys ? &key_table[i] : NULL,
				i < n_keys ? NULL : &palette_commands[i - n_keys],
			};

			if (fit_of(&h, input) == fit)
				ret[n++] = h;
		}
	}
	return n;
}

/* ---- drawing ---- */

static void draw_hit(struct draw *d, int row, const struct palette_hit *h)
{
	char name[KEY_NAME_MAX];
	int col = 1;

	col += draw_text(d, row, col, NAME_COLS - 1, STYLE_BOLD, palette_name(h)) + 1;
	if (h->command)
		draw_text(d, row, col, NAME_COLS + KEYS_COLS - col, STYLE_KEY, h->command->args);
	else
		draw_text(d, row, 1 + NAME_COLS, KEYS_COLS - 1, STYLE_KEY,
			  key_text(h->key->keys[0], name));
	draw_text(d, row, 1 + NAME_COLS + KEYS_COLS, -1, STYLE_NORMAL, help_of(h));
}

void palette_draw(struct draw *d, const char *input, int chosen)
{
	struct palette_hit hits[PALETTE_ROWS_MAX];
	int n = (int)palette_find(input, hits, PALETTE_ROWS_MAX);
	int first = d->h - n;

	if (n == 0) {
		draw_fill(d, d->h - 1, 0, d->w, STYLE_NORMAL, ' ');
		draw_text(d, d->h - 1, 1, -1, STYLE_DIM, "no action has these words");
		return;
	}
	for (int i = first < 0 ? -first : 0; i < n; i++) {
		draw_fill(d, first + i, 0, d->w, STYLE_NORMAL, ' ');
		draw_hit(d, first + i, &hits[i]);
		if (i == chosen)
			draw_style(d, first + i, 0, d->w, STYLE_SELECTED);
	}
}
