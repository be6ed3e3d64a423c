/* gmptop: the live screens, the picker without a target, and --dump, which draws one of either as
 * text. */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collectors/discover.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "tui/clipboard.h"
#include "tui/commands.h"
#include "tui/dump.h"
#include "tui/out.h"
#include "tui/sampling.h"
#include "tui/term.h"
#include "tui/ui.h"
#include "tui/view_picker.h"

enum {
	FRAME_MS = 50,	 /* at most 20 frames a second */
	CLOCK_MS = 1000, /* ages and clocks move without a sample */
	PICKER_EVERY_MS = 1000,
	PICKER_SLICE_MS = 3,
};

struct live {
	struct app app;
	const struct options *o;
	struct ui ui;
	struct grid grid;
	struct loop_timer frame, picker_timer, end;
	struct dump *dump; /* NULL: none under way */
	FILE *dump_file;
	char dump_path[64];
	struct loop_timer dump_end;
	bool picking;
	struct discover *discover;
	struct picker picker;
	struct picker_row *picker_rows;
	size_t picker_cap;
};

static enum glyphs glyphs_of(const struct options *o)
{
	return o->ascii || out_is_ascii() ? GLYPHS_ASCII : GLYPHS_BLOCK;
}

static void set_glyphs(struct live *l)
{
	l->ui.glyphs = glyphs_of(l->o);
	l->ui.ascii_only = l->ui.glyphs == GLYPHS_ASCII;
}

/* ---- drawing ---- */

static void draw(struct live *l, uint64_t now_ns)
{
	if (l->picking) {
		picker_draw(&l->picker, &l->grid);
		return;
	}
	l->ui.now_ns = now_ns;
	l->ui.now_unix_ns = clock_wall_ns();
	ui_draw(&l->ui, l->app.model, &l->grid);
}

static void on_frame(void *arg, uint64_t now_ns)
{
	struct live *l = arg;
	int w, h, r;

	term_size(&w, &h);
	if (w != l->grid.w || h != l->grid.h)
		grid_resize(&l->grid, w, h);
	draw(l, now_ns);
	r = term_paint(&l->grid);
	if (r < 0)
		loop_stop(l->app.loop, 0);
	loop_timer_set(l->app.loop, &l->frame, now_ns + (r > 0 ? FRAME_MS : CLOCK_MS) * NS_PER_MS);
}

/* Something changed: the next frame is due, but not sooner than the rate allows. */
static void want_frame(void *arg)
{
	struct live *l = arg;
	uint64_t at_ns = clock_mono_ns() + FRAME_MS * NS_PER_MS;

	if (!l->frame.at_ns || l->frame.at_ns > at_ns)
		loop_timer_set(l->app.loop, &l->frame, at_ns);
}

/* ---- keys ---- */

static void follow_picker(struct live *l)
{
	char pid[16];

	if (!l->picker.chosen)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)l->picker.chosen);
	l->picker.chosen = 0;
	if (app_add_target(&l->app, pid) != 0)
		return;
	l->picking = false;
	ui_init(&l->ui, l->app.n_targets);
	set_glyphs(l);
	l->ui.interval_ns = l->o->interval_ns;
	loop_timer_stop(l->app.loop, &l->picker_timer);
}

static void take_key(struct live *l, int key)
{
	if (l->picking) {
		picker_key(&l->picker, key);
		follow_picker(l);
		return;
	}
	ui_key(&l->ui, l->app.model, key);
	l->app.paused = l->ui.paused;
}

/* ---- a dump into a file ---- */

static void end_dump(struct live *l)
{
	dump_free(l->dump);
	l->dump = NULL;
	if (l->dump_file)
		fclose(l->dump_file);
	l->dump_file = NULL;
}

static void on_dump_end(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	end_dump(arg);
}

static void on_dump(void *arg, const struct dump_result *r)
{
	struct live *l = arg;
	char text[256];

	if (r->error < 0) {
		snprintf(l->ui.message, sizeof(l->ui.message), "dump: %.300s", r->why.text);
		unlink(l->dump_path);
	} else {
		snprintf(l->ui.message, sizeof(l->ui.message), "%s: %s", l->dump_path,
			 dump_summary(r, text, sizeof(text)));
	}
	loop_timer_set(l->app.loop, &l->dump_end, 1); /* this is its own callback */
	want_frame(l);
}

/* A new file of ours alone, in the current directory. */
static FILE *open_dump(struct live *l)
{
	time_t now = (time_t)(clock_wall_ns() / NS_PER_S);
	char at[32];
	struct tm tm;
	int fd;

	localtime_r(&now, &tm);
	strftime(at, sizeof(at), "%Y%m%d-%H%M%S", &tm);
	snprintf(l->dump_path, sizeof(l->dump_path), "gmptop-dump-%s.txt", at);
	fd = open(l->dump_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static void begin_dump(struct live *l)
{
	struct attach *at = l->ui.target < l->app.n_targets ? l->app.attaches[l->ui.target] : NULL;
	const struct endpoint_base *base = at ? attach_pprof(at) : NULL;
	const char *why = NULL;

	if (!l->ui.dump)
		return;
	l->ui.dump = false;
	if (l->o->read_only)
		why = "not with --read-only: it stops the target for a moment";
	else if (l->dump)
		why = "one is being written already";
	else if (!base)
		why = "no pprof to ask: import _ \"net/http/pprof\" and serve its mux on loopback";
	else if (!(l->dump_file = open_dump(l)))
		why = strerror(errno);
	snprintf(l->ui.message, sizeof(l->ui.message), "dump: %s",
		 why ? why : "asked for; the target stands still while it writes");
	if (!why)
		l->dump = dump_start(l->app.http, base, l->dump_file, on_dump, l);
}

static void put_copied(struct live *l)
{
	struct buf *b = &l->ui.copied;
	struct err e = { 0 };
	char size[FMT_MAX];

	if (b->len == 0)
		return;
	if (clipboard_put(b->ptr, b->len, &e) < 0)
		snprintf(l->ui.message, sizeof(l->ui.message), "%s", e.text);
	else
		snprintf(l->ui.message, sizeof(l->ui.message), "copied %s: %.*s",
			 fmt_num(size, (double)b->len, UNIT_BYTES), (int)strcspn(buf_str(b), "\n"),
			 buf_str(b));
	buf_clear(b);
}

static void ask(struct live *l)
{
	enum profile_kind kind = l->ui.ask;
	const char *why = NULL;

	l->ui.ask = PROFILE_KINDS;
	if (kind == PROFILE_KINDS)
		return;
	if (l->o->read_only)
		why = "not with --read-only: it costs the target something";
	else if (l->ui.paused)
		why = "not while paused: the picture stands still (Space goes on)";
	else if (!app_ask(&l->app, l->ui.target, kind))
		why = "nothing to ask, or one is under way: one at a time";
	if (why)
		snprintf(l->ui.message, sizeof(l->ui.message), "%s", why);
}

static void obey(struct live *l)
{
	bool *redraw = l->picking ? &l->picker.redraw_all : &l->ui.redraw_all;
	bool *suspend = l->picking ? &l->picker.suspend : &l->ui.suspend;

	if (l->picking ? l->picker.quit : l->ui.quit)
		loop_stop(l->app.loop, 0);
	put_copied(l);
	begin_dump(l);
	ask(l);
	if (*suspend)
		term_suspend();
	if (*redraw)
		term_redraw();
	*redraw = *suspend = false;
}

/* A click is the key that stands there, a turn of the wheel some rows. */
static void take_input(struct live *l, int key)
{
	enum { WHEEL_ROWS = 3 };
	int row, col;

	if (key == K_MOUSE) {
		term_mouse(&row, &col);
		key = grid_spot_at(&l->grid, row, col);
		if (key)
			take_key(l, key);
	} else if (key == K_WHEEL_UP || key == K_WHEEL_DOWN) {
		for (int i = 0; i < WHEEL_ROWS; i++)
			take_key(l, key == K_WHEEL_UP ? K_UP : K_DOWN);
	} else {
		take_key(l, key);
	}
}

static void on_tty(void *arg)
{
	struct live *l = arg;
	int key;

	while ((key = term_read_key()) >= 0) {
		take_input(l, key);
		obey(l);
	}
	if (key == TERM_HANGUP) {
		loop_stop(l->app.loop, 0);
		return;
	}
	on_frame(l, clock_mono_ns()); /* a key is answered at once */
}

/* ---- the picker ---- */

static void fill_picker(struct live *l)
{
	const struct go_process *p;
	size_t n = discover_rows(l->discover, &p);
	uint64_t unix_ns = clock_wall_ns();

	if (n > l->picker_cap) {
		l->picker_cap = n;
		l->picker_rows = xreallocarray(l->picker_rows, n, sizeof(*l->picker_rows));
	}
	for (size_t i = 0; i < n; i++)
		l->picker_rows[i] = (struct picker_row){
			.pid = p[i].pid,
			.name = p[i].name,
			.go = p[i].go,
			.age_s = unix_ns > p[i].start_wall_ns
					 ? (double)(unix_ns - p[i].start_wall_ns) / 1e9
					 : 0,
			.cpu_pct = p[i].cpu_pct,
			.rss_bytes = (double)p[i].rss_bytes,
		};
	l->picker.rows = l->picker_rows;
	l->picker.n_rows = n;
	l->picker.note = geteuid() == 0
				 ? NULL
				 : "programs of other users cannot be recognised (try as root)";
}

static void on_picker(void *arg, uint64_t now_ns)
{
	struct live *l = arg;
	bool more = discover_step(l->discover, PICKER_SLICE_MS * NS_PER_MS);

	if (!more) {
		fill_picker(l);
		want_frame(l);
	}
	loop_timer_set(l->app.loop, &l->picker_timer,
		       now_ns + (more ? 1 : PICKER_EVERY_MS) * NS_PER_MS);
}

/* ---- the two ways to run ---- */

static void on_end(void *arg, uint64_t now_ns)
{
	struct live *l = arg;

	(void)now_ns;
	loop_stop(l->app.loop, 0);
}

static enum term_theme theme_of(const struct options *o)
{
	for (int i = 0; o->theme && term_themes[i]; i++) {
		if (strcmp(o->theme, term_themes[i]) == 0)
			return (enum term_theme)i;
	}
	return TERM_THEME_DEFAULT;
}

static int run_live(struct live *l)
{
	enum term_color color = strcmp(l->o->color, "never") == 0    ? TERM_COLOR_NEVER
				: strcmp(l->o->color, "always") == 0 ? TERM_COLOR_ALWAYS
								     : TERM_COLOR_AUTO;
	struct err e = { 0 };
	int r = term_open(color, theme_of(l->o), !l->o->no_mouse, &e);

	if (r < 0) {
		app_complain("%s", e.text);
		return EXIT_USAGE;
	}
	loop_watch(l->app.loop, term_fd(), on_tty, l);
	l->app.on_sample = want_frame;
	l->app.on_sample_arg = l;
	l->dump_end = (struct loop_timer){ .fn = on_dump_end, .arg = l };
	loop_timer_set(l->app.loop, &l->frame, 1);
	if (l->o->for_ns || l->o->count)
		loop_timer_set(l->app.loop, &l->end,
			       clock_mono_ns() + (l->o->for_ns ? l->o->for_ns
							       : l->o->count * l->o->interval_ns));
	if (l->picking)
		loop_timer_set(l->app.loop, &l->picker_timer, 1);
	r = loop_run(l->app.loop, &e);
	loop_unwatch(l->app.loop, term_fd());
	loop_timer_stop(l->app.loop, &l->dump_end);
	end_dump(l);
	term_close();
	if (r < 0)
		app_complain("%s", e.text);
	return r;
}

/* Keys are typed on the screen as it will be drawn: a view knows its rows only once it was drawn.
 */
static int type_keys(struct live *l, const char *s)
{
	int key;

	for (const char *from = s; (key = key_parse(&s)); from = s) {
		if (key < 0) {
			app_complain("--keys: %s: not a key", from);
			return EXIT_USAGE;
		}
		draw(l, clock_mono_ns());
		take_key(l, key);
	}
	return 0;
}

/* One screen for each --keys, all of the same look; without any, the first. */
static int dump_screens(struct live *l)
{
	size_t n = l->o->n_keys ? l->o->n_keys : 1;
	int r;

	for (size_t i = 0; i < n; i++) {
		r = type_keys(l, l->o->n_keys ? l->o->keys[i] : "");
		if (r)
			return r;
		draw(l, clock_mono_ns());
		grid_print(&l->grid, glyphs_of(l->o) == GLYPHS_ASCII, stdout);
	}
	fflush(stdout);
	return 0;
}

static int dump(struct live *l)
{
	struct sampling s = { .app = &l->app, .count = l->o->count, .for_ns = l->o->for_ns };
	int r = 0;

	if (!s.count && !s.for_ns)
		s.count = 1;

	if (l->picking) {
		for (int round = 0; round < 2; round++) { /* CPU needs two */
			while (discover_step(l->discover, NS_PER_S))
				;
			if (round == 0)
				usleep((useconds_t)(l->o->interval_ns / NS_PER_US));
		}
		fill_picker(l);
	} else {
		r = sampling_run(&s);
	}
	if (r == 0)
		r = dump_screens(l);
	if (r)
		return r;
	return l->picking ? 0 : app_reach_code(&l->app);
}

static bool refused_at_once(const struct app *a)
{
	for (size_t i = 0; i < a->n_targets; i++) {
		if (a->attaches[i])
			return false;
	}
	return a->n_targets > 0 && a->n_fleets == 0;
}

static int live_run(const struct options *o)
{
	static struct live l;
	int r = app_open(&l.app, o);

	if (r == 0) {
		l.o = o;
		l.picking = o->n_targets == 0;
		l.frame = (struct loop_timer){ .fn = on_frame, .arg = &l };
		l.picker_timer = (struct loop_timer){ .fn = on_picker, .arg = &l };
		l.end = (struct loop_timer){ .fn = on_end, .arg = &l };
		l.discover = discover_new();
		grid_init(&l.grid, o->w, o->h);
		picker_init(&l.picker);
		l.picker.glyphs = glyphs_of(o);
		ui_init(&l.ui, l.app.n_fleets ? TARGETS_MAX : l.app.n_targets);
		set_glyphs(&l);
		l.ui.interval_ns = o->interval_ns;
		if (!o->dump && refused_at_once(&l.app))
			r = app_reach_code(&l.app);
		else
			r = o->dump ? dump(&l) : run_live(&l);
		ui_release(&l.ui);
		picker_release(&l.picker);
		grid_release(&l.grid);
		discover_free(l.discover);
		free(l.picker_rows);
	}
	if (l.app.loop) {
		loop_timer_stop(l.app.loop, &l.frame);
		loop_timer_stop(l.app.loop, &l.picker_timer);
		loop_timer_stop(l.app.loop, &l.end);
	}
	app_close(&l.app);
	return r;
}

const struct command command_live = {
	.name = "",
	.args = "[TARGET...]",
	.help = "the live screens; without a target, a picker",
	.max_targets = TARGETS_MAX,
	.run = live_run,
};
