#include "tui/ui.h"

#include <stdio.h>
#include <string.h>

#include "tui/copy.h"
#include "tui/dump.h"
#include "tui/frame.h"
#include "tui/palette.h"
#include "tui/view.h"

enum { COPY_MAX = 256 << 10 };

void ui_init(struct ui *ui, size_t n_targets)
{
	*ui = (struct ui){ .glyphs = GLYPHS_BLOCK,
			   .page_rows = 1,
			   .ask = PROFILE_KINDS,
			   .awaited = PROFILE_KINDS };
	buf_init(&ui->copied, COPY_MAX);
	ui->view = n_targets > 1 ? VIEW_TARGETS : VIEW_OVERVIEW;
	ui->back = ui->view;
	ui->sel[VIEW_REQUESTS].sort = 3; /* its rate: what is busy first, quiet routes last */
}

void ui_release(struct ui *ui)
{
	list_release(&ui->list);
	buf_release(&ui->copied);
}

const struct target *ui_target(const struct ui *ui, const struct model *m)
{
	return ui->target < m->n_targets ? &m->targets[ui->target] : NULL;
}

static struct selection *selection(struct ui *ui)
{
	return &ui->sel[ui->view];
}

static struct view view_of(struct ui *ui, const struct model *m)
{
	return (struct view){ m, ui_target(ui, m), ui, selection(ui) };
}

void ui_collect(struct ui *ui, const struct model *m, enum view_id view)
{
	const struct view_ops *ops = views[view];
	const struct target *t = ui_target(ui, m);

	if (!ops->list)
		return;
	list_start(&ui->list, ops->list, &ui->sel[view]);
	if (t || ops->no_target)
		ops->collect(m, t, &ui->list);
	list_finish(&ui->list);
}

void ui_show(struct ui *ui, enum view_id view)
{
	if (view == ui->view)
		return;
	if (ui->view != VIEW_HELP)
		ui->back = ui->view;
	ui->view = view;
	selection(ui)->detail_top = 0;
}

/* ---- moving ---- */

/* True when keys scroll text, not the rows of a list. */
static bool scrolls(struct ui *ui)
{
	return !views[ui->view]->list || selection(ui)->open;
}

static void move(struct ui *ui, const struct model *m, int by)
{
	if (scrolls(ui)) {
		int top = selection(ui)->detail_top + by;

		selection(ui)->detail_top = top < 0 ? 0 : top; /* the draw clamps the other end */
		return;
	}
	ui_collect(ui, m, ui->view);
	list_move(&ui->list, by);
}

static void next_view(struct ui *ui, int by)
{
	enum { N = VIEW_WHY - VIEW_OVERVIEW + 1 };
	int at = (int)ui->view - VIEW_OVERVIEW;

	if (at < 0 || at >= N)
		at = by > 0 ? N - 1 : 0;
	ui_show(ui, (enum view_id)(VIEW_OVERVIEW + (at + by + N) % N));
}

void ui_target_set(struct ui *ui, size_t target)
{
	ui->target = target;
	for (int i = VIEW_TARGETS + 1; i < VIEW_COUNT; i++)
		ui->sel[i] = (struct selection){ .sort = ui->sel[i].sort,
						 .reverse = ui->sel[i].reverse,
						 .hidden = ui->sel[i].hidden };
}

static void next_target(struct ui *ui, const struct model *m, int by)
{
	size_t n = m->n_targets;

	if (n >= 2)
		ui_target_set(ui, (ui->target + n + (size_t)by) % n);
}

static void open_row(struct ui *ui, const struct model *m)
{
	const struct view_ops *ops = views[ui->view];
	struct view v = view_of(ui, m);
	enum view_id to;

	ui_collect(ui, m, ui->view);
	if (ops->opens && ui->list.n > 0 && !v.sel->open) {
		list_move(&ui->list, 0); /* holds on to the row */
		v.sel->open = true;
		v.sel->detail_top = 0;
		return;
	}
	to = ops->leads_to ? ops->leads_to(&v) : VIEW_COUNT;
	if (to != VIEW_COUNT)
		ui_show(ui, to);
}

static void go_back(struct ui *ui)
{
	struct selection *sel = selection(ui);
	enum view_id here = ui->view;

	if (sel->open) {
		sel->open = false;
	} else if (sel->filter[0]) {
		sel->filter[0] = '\0';
	} else {
		ui->view = ui->back;
		ui->back = here == VIEW_HELP ? ui->view : ui->back;
	}
}

static void toggle_help(struct ui *ui)
{
	if (ui->view == VIEW_HELP) {
		go_back(ui);
		return;
	}
	ui->back = ui->view;
	ui->view = VIEW_HELP;
	selection(ui)->detail_top = 0;
}

/* ---- sorting, search and filter ---- */

static void say_sorting(struct ui *ui, const struct list_ops *ops)
{
	const struct selection *sel = selection(ui);
	const struct column *c = sel->sort ? &ops->columns[sel->sort - 1] : NULL;
	const struct field *f = c ? field_find(ops->table, c->key) : NULL;

	if (!f)
		snprintf(ui->message, sizeof(ui->message), "sorted in the view's own order%s",
			 sel->reverse ? ", reversed" : "");
	else
		snprintf(ui->message, sizeof(ui->message), "sorted by %s, %s",
			 c->title   ? c->title
			 : f->title ? f->title
				    : f->key,
			 f->type != FIELD_NUM ? sel->reverse ? "Z to A" : "A to Z"
			 : sel->reverse	      ? "smallest first"
					      : "largest first");
}

static void sort_next(struct ui *ui, bool reverse)
{
	const struct list_ops *ops = views[ui->view]->list;
	struct selection *sel = selection(ui);

	if (!ops)
		return;
	if (reverse) {
		sel->reverse = !sel->reverse;
	} else {
		sel->sort = ops->columns[sel->sort].key ? sel->sort + 1 : 0;
		sel->reverse = false;
	}
	say_sorting(ui, ops);
}

static void search_next(struct ui *ui, const struct model *m, bool from_next)
{
	if (!views[ui->view]->list || !ui->search[0])
		return;
	ui_collect(ui, m, ui->view);
	if (!list_search(&ui->list, ui->search, from_next))
		snprintf(ui->message, sizeof(ui->message), "no row has \"%s\"", ui->search);
}

void ui_search(struct ui *ui, const struct model *m)
{
	search_next(ui, m, true);
}

static void open_prompt(struct ui *ui, enum ui_prompt prompt)
{
	if (prompt == PROMPT_SEARCH && ui->view == VIEW_HELP)
		prompt = PROMPT_COMMAND;
	if (prompt != PROMPT_COMMAND && (!views[ui->view]->list || selection(ui)->open))
		return;
	ui->prompt = prompt;
	ui->choice = 0;
	ui->input[0] = '\0';
	if (prompt == PROMPT_FILTER) {
		memcpy(ui->before, selection(ui)->filter, sizeof(ui->before));
		memcpy(ui->input, ui->before, sizeof(ui->input));
	}
}

static void act(struct ui *ui, const struct model *m, const struct key_entry *k, bool confirmed);

/* With an argument only what is named exactly can be meant. */
static void run_hit(struct ui *ui, const struct model *m, const struct palette_hit *h)
{
	bool confirmed = h->key && ui->confirming == h->key;

	ui->confirming = NULL;
	if (ui->view == VIEW_HELP)
		go_back(ui);
	if (h->key)
		act(ui, m, h->key, confirmed);
	else
		h->command->run(ui, m, palette_argument(ui->input));
}

static void command_key(struct ui *ui, const struct model *m, int key)
{
	struct palette_hit hits[PALETTE_ROWS_MAX];
	int n = (int)palette_find(ui->input, hits, PALETTE_ROWS_MAX);

	switch (key) {
	case K_ESC:
		ui->prompt = PROMPT_NONE;
		return;
	case K_UP:
	case K_DOWN:
		ui->choice = n ? (ui->choice + (key == K_UP ? n - 1 : 1)) % n : 0;
		return;
	case K_TAB:
		if (ui->choice < n)
			snprintf(ui->input, sizeof(ui->input), "%s%s",
				 palette_name(&hits[ui->choice]),
				 hits[ui->choice].command ? " " : "");
		ui->choice = 0;
		return;
	case K_ENTER:
		ui->prompt = PROMPT_NONE;
		if (ui->choice < n)
			run_hit(ui, m, &hits[ui->choice]);
		else
			snprintf(ui->message, sizeof(ui->message), "no action \"%s\"", ui->input);
		return;
	default:
		text_edit(ui->input, sizeof(ui->input), key);
		ui->choice = 0;
	}
}

static void prompt_key(struct ui *ui, const struct model *m, int key)
{
	enum ui_prompt prompt = ui->prompt;

	if (prompt == PROMPT_COMMAND) {
		command_key(ui, m, key);
		return;
	}
	if (key == K_ENTER || key == K_ESC)
		ui->prompt = PROMPT_NONE;
	else
		text_edit(ui->input, sizeof(ui->input), key);
	if (prompt == PROMPT_FILTER) /* seen while it is typed */
		memcpy(selection(ui)->filter, key == K_ESC ? ui->before : ui->input,
		       sizeof(ui->input));
	if (prompt == PROMPT_SEARCH && key == K_ENTER) {
		if (ui->input[0])
			memcpy(ui->search, ui->input, sizeof(ui->search));
		search_next(ui, m, !ui->input[0]);
	}
}

/* ---- keys ---- */

static void pause_or_go_on(struct ui *ui)
{
	ui->paused = !ui->paused;
	ui->paused_unix_ns = ui->now_unix_ns;
}

/* What each costs the target; said first, and done at the second press. */
static void say_cost(struct ui *ui, const struct target *t, enum profile_kind kind)
{
	char heap[FMT_MAX];

	if (kind == PROFILE_LEAKS)
		snprintf(ui->message, sizeof(ui->message),
			 "L again asks Go for its leak profile: it forces a collection of %s of "
			 "heap",
			 fmt_num(heap, t->facts.memory.heap_live_bytes, UNIT_BYTES));
	else if (kind == PROFILE_CPU)
		snprintf(ui->message, sizeof(ui->message),
			 "C again profiles its CPU for 5 s: 1 to 2 %% of what it uses, 100 signals "
			 "a "
			 "second and core");
	else
		snprintf(
			ui->message, sizeof(ui->message),
			"%c again takes its %s profile: some ms of its CPU; nothing stops, nothing "
			"is collected",
			kind == PROFILE_HEAP	? 'H'
			: kind == PROFILE_MUTEX ? 'M'
						: 'B',
			profile_kind_name(kind));
}

static void ask(struct ui *ui, const struct model *m, const struct key_entry *k, bool confirmed)
{
	const struct target *t = ui_target(ui, m);
	enum profile_kind kind = (enum profile_kind)k->arg;

	if (!t)
		return;
	if (!confirmed) {
		ui->confirming = k;
		say_cost(ui, t, kind);
		return;
	}
	ui->ask = ui->awaited = kind;
	ui->awaited_unix_ns = ui->now_unix_ns;
	snprintf(ui->message, sizeof(ui->message), "asking for the %s profile%s",
		 profile_kind_name(kind), kind == PROFILE_CPU ? ": the answer takes 5 s" : "");
	if (kind == PROFILE_HEAP)
		ui_show(ui, VIEW_MEMORY);
	else if (kind != PROFILE_LEAKS)
		ui_show(ui, VIEW_PROFILE);
}

static void dump(struct ui *ui, const struct model *m, const struct key_entry *k, bool confirmed)
{
	const struct target *t = ui_target(ui, m);
	char cost[256];

	if (!t)
		return;
	ui->dump = confirmed;
	ui->confirming = confirmed ? NULL : k;
	if (!confirmed)
		snprintf(ui->message, sizeof(ui->message), "D again: %s",
			 dump_cost(t->facts.goroutines.total, cost, sizeof(cost)));
}

static void fold(struct ui *ui)
{
	const struct view_ops *ops = views[ui->view];
	struct selection *sel = selection(ui);

	if (!ops->folds) {
		snprintf(ui->message, sizeof(ui->message), "%s folds nothing", ops->title);
		return;
	}
	sel->unfolded = !sel->unfolded;
	snprintf(ui->message, sizeof(ui->message), "%s %s", ops->folds,
		 sel->unfolded ? "stand apart" : "are one");
}

static void tag(struct ui *ui, const struct model *m)
{
	if (!views[ui->view]->list || selection(ui)->open)
		return;
	ui_collect(ui, m, ui->view);
	if (!list_tag(&ui->list))
		snprintf(ui->message, sizeof(ui->message), "no more than %d tags", LIST_TAGS_MAX);
}

static void tagged_only(struct ui *ui)
{
	struct selection *sel = selection(ui);

	sel->only_tagged = !sel->only_tagged && sel->n_tags > 0;
	if (sel->n_tags == 0)
		snprintf(ui->message, sizeof(ui->message), "no row is tagged (x tags one)");
}

static void copy(struct ui *ui, const struct model *m, bool command)
{
	buf_clear(&ui->copied);
	if (!(command ? copy_command : copy_row)(ui, m, &ui->copied))
		snprintf(ui->message, sizeof(ui->message), "nothing to copy here");
}

static void act(struct ui *ui, const struct model *m, const struct key_entry *k, bool confirmed)
{
	int page = ui->page_rows > 1 ? ui->page_rows - 1 : 1;

	switch (k->action) {
	case ACTION_QUIT:
		ui->quit = true;
		break;
	case ACTION_HELP:
		toggle_help(ui);
		break;
	case ACTION_VIEW:
		ui_show(ui, (enum view_id)k->arg);
		break;
	case ACTION_STEP_VIEW:
		next_view(ui, k->arg);
		break;
	case ACTION_STEP_TARGET:
		next_target(ui, m, k->arg);
		break;
	case ACTION_MOVE:
		move(ui, m, k->arg);
		break;
	case ACTION_PAGE:
		move(ui, m, k->arg * page);
		break;
	case ACTION_OPEN:
		open_row(ui, m);
		break;
	case ACTION_BACK:
		go_back(ui);
		break;
	case ACTION_PROMPT:
		open_prompt(ui, (enum ui_prompt)k->arg);
		break;
	case ACTION_SEARCH_NEXT:
		search_next(ui, m, true);
		break;
	case ACTION_SORT:
		sort_next(ui, k->arg);
		break;
	case ACTION_FOLD:
		fold(ui);
		break;
	case ACTION_TAG:
		tag(ui, m);
		break;
	case ACTION_TAG_ONLY:
		tagged_only(ui);
		break;
	case ACTION_UNTAG:
		list_untag_all(selection(ui));
		break;
	case ACTION_COPY:
		copy(ui, m, k->arg);
		break;
	case ACTION_PAUSE:
		pause_or_go_on(ui);
		break;
	case ACTION_ASK:
		ask(ui, m, k, confirmed);
		break;
	case ACTION_DUMP:
		dump(ui, m, k, confirmed);
		break;
	case ACTION_REDRAW:
		ui->redraw_all = true;
		break;
	case ACTION_SUSPEND:
		ui->suspend = true;
		break;
	case ACTION_NONE:
	case ACTION_COUNT:
		break;
	}
}

/* A click on the row under the cursor opens it. */
static void click_line(struct ui *ui, const struct model *m, int line)
{
	struct selection *sel = selection(ui);
	uint64_t before = sel->key;

	if (!views[ui->view]->list || sel->open)
		return;
	ui_collect(ui, m, ui->view);
	if (!list_select_drawn(&ui->list, line))
		snprintf(ui->message, sizeof(ui->message), "that row is gone");
	else if (sel->key == before)
		open_row(ui, m);
}

/* By that column; a second click: the other way round. */
static void click_column(struct ui *ui, int column)
{
	struct selection *sel = selection(ui);

	if (!views[ui->view]->list)
		return;
	sel->reverse = sel->sort == column + 1 && !sel->reverse;
	sel->sort = column + 1;
	say_sorting(ui, views[ui->view]->list);
}

static void click(struct ui *ui, const struct model *m, int key)
{
	ui->message[0] = '\0';
	ui->confirming = NULL;
	ui->prompt = PROMPT_NONE;
	if (key >= K_COLUMN)
		click_column(ui, key - K_COLUMN);
	else
		click_line(ui, m, key - K_LINE);
}

void ui_key(struct ui *ui, const struct model *m, int key)
{
	const struct key_entry *k = key_find(key);
	bool confirmed = k && ui->confirming == k;

	if (key >= K_LINE && key < K_BEYOND) {
		click(ui, m, key);
		return;
	}
	ui->message[0] = '\0';
	ui->awaited = PROFILE_KINDS;
	if (ui->prompt != PROMPT_NONE) {
		prompt_key(ui, m, key);
		return;
	}
	/* A confirmation may be given in the palette too. */
	if (!k || k->action != ACTION_PROMPT || k->arg != PROMPT_COMMAND)
		ui->confirming = NULL;
	if (k)
		act(ui, m, k, confirmed);
}

/* ---- drawing ---- */

static void draw_view(struct ui *ui, const struct model *m, struct draw *d)
{
	const struct view_ops *ops = views[ui->view];
	struct view v = view_of(ui, m);
	int top = v.sel->detail_top;

	ui_collect(ui, m, ui->view);
	if (!v.t && !ops->no_target) {
		draw_text(d, 1, 1, -1, STYLE_DIM, "no target");
		return;
	}
	ops->draw(&v, d);
	if (v.sel->detail_top == top)
		return;
	/* It was scrolled past its end, which only the drawing could tell. */
	for (int row = 0; row < d->h; row++)
		draw_fill(d, row, 0, d->w, STYLE_NORMAL, ' ');
	ops->draw(&v, d);
}

/* "asking for" is no longer true once the answer is there. */
static void end_waiting(struct ui *ui, const struct target *t)
{
	const struct profile_row *p;
	uint64_t answered_unix_ns;

	if (!t || ui->awaited == PROFILE_KINDS)
		return;
	p = ui->awaited == PROFILE_LEAKS ? NULL : t->profiles[ui->awaited];
	answered_unix_ns = p ? p->asked_unix_ns : 0;
	if (ui->awaited == PROFILE_LEAKS)
		answered_unix_ns = t->leak_profile.unix_ns;
	if (answered_unix_ns < ui->awaited_unix_ns || !answered_unix_ns)
		return;
	ui->awaited = PROFILE_KINDS;
	ui->message[0] = '\0';
}

void ui_draw(struct ui *ui, const struct model *m, struct grid *g)
{
	struct draw all = { g, 0, 0, g->w, g->h, ui->glyphs }, body;

	grid_clear(g);
	if (ui->target >= m->n_targets)
		ui->target = 0;
	end_waiting(ui, ui_target(ui, m));
	if (g->w < FRAME_MIN_W || g->h < FRAME_MIN_H) {
		frame_draw_alarm_only(ui, m, &all);
		return;
	}
	body = frame_body(&all);
	draw_view(ui, m, &body);
	if (ui->prompt == PROMPT_COMMAND)
		palette_draw(&body, ui->input, ui->choice);
	ui->page_rows = views[ui->view]->list && !selection(ui)->open ? ui->list.page_rows : body.h;
	frame_draw(ui, m, &all);
}
