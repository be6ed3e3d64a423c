#include "tui/term.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "core/base/utf8.h"
#include "core/base/xalloc.h"
#include "tui/keys.h"
#include "tui/tty.h"

enum { ESC_DELAY_MS = 25, SYNC_MAX = 32 };

/* There is one terminal, and what runs at exit must find it. */
static struct {
	bool open, redraw, mouse;
	int mouse_row, mouse_col;
	int mem;	/* where curses writes to */
	FILE *out, *in; /* that, and the terminal, for curses */
	SCREEN *screen;
	WINDOW *keys; /* never shown: reading keys through it paints nothing */
	char sync_begin[SYNC_MAX], sync_end[SYNC_MAX];
	char *pending; /* of a frame that the line has not taken yet */
	size_t n_pending, at_pending;
	char *sent; /* by term_send, for the next frame */
	size_t n_sent;
	attr_t attrs[STYLE_COUNT];
	short pairs[STYLE_COUNT];
	struct grid shown; /* what curses was last given */
} term = { .mem = -1 };

/* ---- which terminal, and what it can do ---- */

/* Hosts lack the descriptions of new terminals, which understand those of old ones. */
static const struct {
	const char *prefix, *like[2];
} fallbacks[] = {
	{ "xterm", { "xterm-256color", "xterm" } },
	{ "tmux", { "screen-256color", "screen" } },
	{ "screen", { "screen-256color", "screen" } },
	{ "alacritty", { "xterm-256color", "xterm" } },
	{ "foot", { "xterm-256color", "xterm" } },
	{ "wezterm", { "xterm-256color", "xterm" } },
	{ "ghostty", { "xterm-256color", "xterm" } },
	{ "kitty", { "xterm-256color", "xterm" } },
	{ "konsole", { "xterm-256color", "xterm" } },
	{ "vte", { "xterm-256color", "xterm" } },
	{ "gnome", { "xterm-256color", "xterm" } },
	{ "st-", { "xterm-256color", "xterm" } },
	{ "rxvt", { "rxvt-unicode", "rxvt" } },
	{ "linux", { "linux", "vt220" } },
	{ "", { "ansi", "vt100" } },
};

static bool try_type(const char *type)
{
	term.screen = newterm(type, term.out, term.in);
	return term.screen != NULL;
}

static bool has(const char *capability)
{
	const char *s = tigetstr(capability);

	return s && s != (char *)-1;
}

static int open_screen(struct err *e)
{
	const char *type = getenv("TERM");

	if (!type || !*type)
		return err_set(e, -ENOTTY,
			       "terminal: TERM is not set (set it, for example TERM=xterm; or use "
			       "--dump or once)");
	if (!try_type(type)) {
		for (size_t i = 0; i < sizeof(fallbacks) / sizeof(*fallbacks) && !term.screen;
		     i++) {
			if (strncmp(type, fallbacks[i].prefix, strlen(fallbacks[i].prefix)) != 0)
				continue;
			for (int k = 0; k < 2 && !term.screen; k++)
				try_type(fallbacks[i].like[k]);
		}
	}
	if (!term.screen)
		return err_set(e, -ENOTTY,
			       "terminal: nothing is known of TERM=%s (install ncurses-term, or "
			       "set TERM=xterm)",
			       type);
	if (!has("cup"))
		return err_set(e, -ENOTTY,
			       "terminal: TERM=%s cannot move the cursor (set TERM to what it is; "
			       "or use --dump or once)",
			       type);
	return 0;
}

/* ---- colours: the terminal's own palette, so that light and dark both read ---- */

const char *const term_themes[] = { [TERM_THEME_DEFAULT] = "default",
				    [TERM_THEME_COLORBLIND] = "colorblind",
				    [TERM_THEME_CONTRAST] = "contrast",
				    [TERM_THEME_MONO] = "mono",
				    NULL };

struct look {
	attr_t attr;
	short colour; /* -1: the default */
};

static const struct look looks[STYLE_COUNT] = {
	[STYLE_NORMAL] = { A_NORMAL, -1 },
	[STYLE_DIM] = { A_DIM, -1 },
	[STYLE_BOLD] = { A_BOLD, -1 },
	[STYLE_HEAD] = { A_REVERSE, -1 },
	[STYLE_OK] = { A_NORMAL, COLOR_GREEN },
	[STYLE_WARN] = { A_BOLD, COLOR_YELLOW },
	[STYLE_ALARM] = { A_BOLD, COLOR_RED },
	[STYLE_SELECTED] = { A_REVERSE | A_BOLD, -1 },
	[STYLE_CHART] = { A_NORMAL, COLOR_CYAN },
	[STYLE_KEY] = { A_BOLD, COLOR_CYAN },
};

/* Neither red nor green, which most who see colours badly take for one another. */
static const struct look colorblind[STYLE_COUNT] = {
	[STYLE_OK] = { A_NORMAL, COLOR_CYAN },
	[STYLE_WARN] = { A_BOLD, COLOR_YELLOW },
	[STYLE_ALARM] = { A_BOLD | A_UNDERLINE, COLOR_MAGENTA },
	[STYLE_CHART] = { A_NORMAL, COLOR_BLUE },
};

/* Nothing dim; by attributes alone. */
static const struct look contrast[STYLE_COUNT] = {
	[STYLE_DIM] = { A_NORMAL, -1 },
	[STYLE_OK] = { A_BOLD, -1 },
	[STYLE_WARN] = { A_BOLD | A_UNDERLINE, -1 },
	[STYLE_ALARM] = { A_BOLD | A_REVERSE, -1 },
	[STYLE_CHART] = { A_BOLD, -1 },
	[STYLE_KEY] = { A_BOLD | A_UNDERLINE, -1 },
};

/* What a theme does not name is as by default. */
static struct look look_of(enum term_theme theme, int style)
{
	const struct look *own = theme == TERM_THEME_COLORBLIND ? colorblind
				 : theme == TERM_THEME_CONTRAST ? contrast
								: looks;

	return own[style].attr || own[style].colour ? own[style] : looks[style];
}

static void set_styles(enum term_color color, enum term_theme theme)
{
	const char *no_color = getenv("NO_COLOR");
	bool wanted = color == TERM_COLOR_ALWAYS ||
		      (color == TERM_COLOR_AUTO && !(no_color && *no_color));
	bool coloured = wanted && theme != TERM_THEME_MONO && has_colors() && start_color() == OK &&
			use_default_colors() == OK;

	for (int i = 0; i < STYLE_COUNT; i++) {
		struct look l = look_of(theme, i);

		term.attrs[i] = l.attr;
		term.pairs[i] = 0;
		if (!coloured || l.colour < 0 || i >= COLOR_PAIRS)
			continue;
		if (init_pair((short)i, l.colour, -1) == OK)
			term.pairs[i] = (short)i;
	}
}

/* ---- giving the terminal back ---- */

/* A capability without its delays ("$<2>"): they are for terminals on a wire. */
static size_t add_capability(char *buf, size_t n, const char *name)
{
	const char *s = tigetstr(name);

	if (!s || s == (char *)-1)
		return n;
	while (*s && n < TTY_RESTORE_MAX) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>') + 1;
		else
			buf[n++] = *s++;
	}
	return n;
}

/* What undoes each thing that painting may leave behind: colours, keypad mode, cursor, alternate
 * screen. */
static void prepare_restore(void)
{
	static const char mouse_off[] = "\033[?1006l\033[?1000l";
	static const char *const names[] = { "sgr0", "op", "rmkx", "cnorm", "rmcup" };
	char buf[TTY_RESTORE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		n = add_capability(buf, n, names[i]);
	if (!has("rmcup") && n + 2 <= sizeof(buf)) {
		buf[n++] = '\r';
		buf[n++] = '\n';
	}
	if (term.mouse && n + sizeof(mouse_off) <= sizeof(buf)) {
		memcpy(buf + n, mouse_off, sizeof(mouse_off) - 1);
		n += sizeof(mouse_off) - 1;
	}
	tty_set_restore(buf, n);
}

/* ---- opening and closing ---- */

/* `name` is tmux's extended capability; its parameter is 1 to begin and 2 to end an update. */
static void prepare_sync(void)
{
	const char *sync = tigetstr("Sync");

	term.sync_begin[0] = term.sync_end[0] = '\0';
	if (!sync || sync == (char *)-1)
		return;
	snprintf(term.sync_begin, SYNC_MAX, "%s", tiparm(sync, 1));
	snprintf(term.sync_end, SYNC_MAX, "%s", tiparm(sync, 2));
}

static void start_drawing(enum term_color color, enum term_theme theme)
{
	int w, h;

	set_escdelay(ESC_DELAY_MS);
	nonl();
	curs_set(0);
	leaveok(stdscr, TRUE);
	idlok(stdscr, FALSE);
	term.keys = newpad(1, 1);
	keypad(term.keys, TRUE);
	nodelay(term.keys, TRUE);
	if (term.mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0); /* a press counts at once */
	}
	set_styles(color, theme);
	term_size(&w, &h);
	resizeterm(h, w);
	grid_init(&term.shown, w, h);
	term.redraw = true;
}

static void close_files(void)
{
	if (term.out)
		fclose(term.out);
	if (term.in)
		fclose(term.in);
	tty_close();
	if (term.mem >= 0)
		close(term.mem);
	term.out = term.in = NULL;
	term.mem = -1;
}

static int open_files(struct err *e)
{
	int r = tty_open(e);

	if (r < 0)
		return r;
	term.mem = memfd_create("gmptop-frame", MFD_CLOEXEC);
	if (term.mem < 0)
		return err_set(e, -errno, "terminal: memfd_create: %s", strerror(errno));
	term.out = fdopen(dup(term.mem), "w");
	term.in = fdopen(dup(tty_fd()), "r");
	return term.out && term.in ? 0 : err_set(e, -EMFILE, "terminal: %s", strerror(errno));
}

int term_open(enum term_color color, enum term_theme theme, bool mouse, struct err *e)
{
	int r = open_files(e);

	if (r == 0)
		r = open_screen(e);
	if (r < 0) {
		close_files();
		return r;
	}
	term.mouse = mouse && has("kmous");
	prepare_restore();
	prepare_sync();
	tty_take();
	term.open = true;
	atexit(term_close);
	start_drawing(color, theme);
	return 0;
}

void term_close(void)
{
	if (!term.open)
		return;
	term.open = false;
	if (term.n_pending)
		tcflush(tty_fd(), TCOFLUSH);
	tty_give_back();
	delwin(term.keys);
	delscreen(term.screen);
	grid_release(&term.shown);
	free(term.pending);
	free(term.sent);
	term.pending = term.sent = NULL;
	term.n_sent = 0;
	term.n_pending = 0;
	close_files();
}

int term_fd(void)
{
	return tty_fd();
}

void term_size(int *ret_w, int *ret_h)
{
	tty_size(ret_w, ret_h);
}

/* ---- keys ---- */

static int key_of_code(wint_t code)
{
	static const struct {
		int curses, key;
	} keys[] = {
		{ KEY_UP, K_UP },
		{ KEY_DOWN, K_DOWN },
		{ KEY_LEFT, K_LEFT },
		{ KEY_RIGHT, K_RIGHT },
		{ KEY_PPAGE, K_PAGE_UP },
		{ KEY_NPAGE, K_PAGE_DOWN },
		{ KEY_HOME, K_HOME },
		{ KEY_END, K_END },
		{ KEY_DC, K_DELETE },
		{ KEY_ENTER, K_ENTER },
		{ KEY_BACKSPACE, K_BACKSPACE },
		{ KEY_BTAB, K_BACKTAB },
		{ KEY_FIND, K_HOME },
		{ KEY_SELECT, K_END },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].curses == (int)code)
			return keys[i].key;
	}
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return K_F1 + (int)code - KEY_F(1);
	return KEY_NONE;
}

static int key_of_char(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return K_ENTER;
	case '\t':
		return K_TAB;
	case 0x1b:
		return K_ESC;
	case 0x7f:
	case 0x08:
		return K_BACKSPACE;
	default:
		return (int)c;
	}
}

static int key_of_mouse(void)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return KEY_NONE;
	term.mouse_row = ev.y;
	term.mouse_col = ev.x;
	if (ev.bstate & BUTTON4_PRESSED)
		return K_WHEEL_UP;
	if (ev.bstate & BUTTON5_PRESSED)
		return K_WHEEL_DOWN;
	return ev.bstate & BUTTON1_PRESSED ? K_MOUSE : KEY_NONE;
}

void term_mouse(int *ret_row, int *ret_col)
{
	*ret_row = term.mouse_row;
	*ret_col = term.mouse_col;
}

int term_read_key(void)
{
	wint_t c;

	for (;;) {
		int r = wget_wch(term.keys, &c), key;

		if (r == ERR)
			return tty_hung_up() ? TERM_HANGUP : TERM_NO_KEY;
		if (r == KEY_CODE_YES && c == KEY_MOUSE)
			key = key_of_mouse();
		else
			key = r == KEY_CODE_YES ? key_of_code(c) : key_of_char(c);
		if (key != KEY_NONE)
			return key;
	}
}

/* ---- painting ---- */

/* What the C library measures differently from us would shift the line: it is not painted. */
static bool measured_alike(const struct cell *c, int width)
{
	if (c->ch >= 0x80 && wcwidth((wchar_t)c->ch) != width)
		return false;
	for (int i = 0; i < CELL_MARKS_MAX && c->marks[i]; i++) {
		if (wcwidth((wchar_t)c->marks[i]) != 0)
			return false;
	}
	return true;
}

static int paint_cell(int row, int col, const struct cell *c, int width)
{
	wchar_t text[2 + CELL_MARKS_MAX] = { (wchar_t)c->ch };
	cchar_t cc;

	if (measured_alike(c, width)) {
		for (int i = 0; i < CELL_MARKS_MAX; i++)
			text[1 + i] = (wchar_t)c->marks[i];
	} else {
		text[0] = L'?';
	}
	setcchar(&cc, text, term.attrs[c->style], term.pairs[c->style], NULL);
	return mvadd_wch(row, col, &cc);
}

static void paint_row(const struct grid *g, int row)
{
	const struct cell *c = grid_at(g, row, 0);

	for (int col = 0; col < g->w; col++) {
		bool wide = col + 1 < g->w && c[col + 1].ch == 0;
		struct cell rest = { .ch = ' ', .style = c[col].style };

		if (c[col].ch == 0)
			continue;
		paint_cell(row, col, &c[col], wide ? 2 : 1);
		if (wide && !measured_alike(&c[col], 2))
			paint_cell(row, col + 1, &rest, 1);
	}
}

static void give_to_curses(const struct grid *g)
{
	bool all = term.redraw || g->w != term.shown.w || g->h != term.shown.h;
	size_t row_size = (size_t)g->w * sizeof(*g->cells);

	if (g->w != COLS || g->h != LINES)
		resizeterm(g->h, g->w);
	if (all)
		grid_resize(&term.shown, g->w, g->h);
	if (term.redraw)
		clearok(stdscr, TRUE);
	term.redraw = false;
	for (int row = 0; row < g->h; row++) {
		if (!all && memcmp(grid_at(g, row, 0), grid_at(&term.shown, row, 0), row_size) == 0)
			continue;
		paint_row(g, row);
		memcpy(grid_at(&term.shown, row, 0), grid_at(g, row, 0), row_size);
	}
	refresh();
}

/* Moves what curses wrote into `pending`; nothing when the frame changed nothing. */
static void take_frame(void)
{
	off_t n = lseek(term.mem, 0, SEEK_CUR);
	size_t begin = strlen(term.sync_begin), end = strlen(term.sync_end);

	term.n_pending = term.at_pending = 0;
	if (n <= 0)
		return;
	term.pending = xreallocarray(term.pending, (size_t)n + begin + end, 1);
	memcpy(term.pending, term.sync_begin, begin);
	if (pread(term.mem, term.pending + begin, (size_t)n, 0) != n)
		n = 0;
	memcpy(term.pending + begin + (size_t)n, term.sync_end, end);
	term.n_pending = begin + (size_t)n + end;
	lseek(term.mem, 0, SEEK_SET);
	if (ftruncate(term.mem, 0) < 0)
		term.redraw = true;
}

/* What is to be sent stands behind the frame. */
static void take_sent(void)
{
	if (term.n_sent == 0)
		return;
	term.pending = xreallocarray(term.pending, term.n_pending + term.n_sent, 1);
	memcpy(term.pending + term.n_pending, term.sent, term.n_sent);
	term.n_pending += term.n_sent;
	term.n_sent = 0;
}

/* Returns as term_paint. */
static int flush_pending(void)
{
	while (term.at_pending < term.n_pending) {
		ssize_t w = write(tty_fd(), term.pending + term.at_pending,
				  term.n_pending - term.at_pending);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return errno == EAGAIN ? 1 : -EIO;
		term.at_pending += (size_t)w;
	}
	term.n_pending = term.at_pending = 0;
	return 0;
}

int term_paint(const struct grid *g)
{
	int r = flush_pending();

	if (r)
		return r;
	give_to_curses(g);
	take_frame();
	take_sent();
	return flush_pending();
}

void term_send(const char *bytes, size_t n)
{
	term.sent = xreallocarray(term.sent, term.n_sent + n, 1);
	memcpy(term.sent + term.n_sent, bytes, n);
	term.n_sent += n;
}

void term_redraw(void)
{
	term.redraw = true;
}

void term_suspend(void)
{
	sigset_t stop, before;

	endwin(); /* so that the next frame enters the alternate screen again */
	take_frame();
	term.n_pending = 0;
	tty_give_back();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	signal(SIGTSTP, SIG_DFL);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &before); /* here it stops */
	sigprocmask(SIG_SETMASK, &before, NULL);
	tty_take();
	term.redraw = true;
}
