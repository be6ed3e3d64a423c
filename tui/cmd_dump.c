/* gmptop dump: every goroutine's stack as Go itself prints it (debug=2), once. The target stands
 * still while it writes them, so what that will take is said before. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "tui/commands.h"
#include "tui/fmt.h"
#include "tui/out.h"
#include "tui/sampling.h"

enum {
	ASK_FROM = 5000,    /* goroutines: fewer stop the target for less than 0.2 s */
	BYTES_A_G = 1000,   /* of text: 545 to 1300 in real services */
	STOP_NS_A_G = 7500, /* of a standstill, for each try */
	FIRST_TRY =
		1 << 20, /* runtime/pprof, writeGoroutineStacks: its buffer doubles from here … */
	GO_CUTS_AT = 64 << 20, /* … to here, each try a standstill of its own */
	BODY_MAX = GO_CUTS_AT + (1 << 20),
	TIMEOUT_S = 120, /* 65 to 104 s for a million */
	LINE_MAX_BYTES = 64 << 10,
};

struct dump {
	struct app *app;
	char line[LINE_MAX_BYTES]; /* what has come of it */
	size_t n_line;
	uint64_t bytes, goroutines, took_ns;
	int error;
	struct err why;
	bool reader_gone;
};

/* ---- what it will take ---- */

static int tries_for(double bytes)
{
	int n = 1;

	for (double room = FIRST_TRY; room < bytes && room < GO_CUTS_AT; room *= 2)
		n++;
	return n;
}

static void say_cost(const struct target *t, double goroutines)
{
	char n[FMT_MAX], size[FMT_MAX], stop[FMT_MAX];
	double bytes = goroutines * BYTES_A_G;
	int tries = tries_for(bytes);

	if (isnan(goroutines)) {
		app_complain("%s: nobody knows how many goroutines it has; each 10,000 stop it for "
			     "about 0.4 s",
			     t->name);
		return;
	}
	fmt_num(n, goroutines, UNIT_COUNT);
	fmt_num(size, bytes < GO_CUTS_AT ? bytes : GO_CUTS_AT, UNIT_BYTES);
	fmt_num(stop, goroutines * STOP_NS_A_G * tries, UNIT_NS);
	app_complain("%s: %s goroutines: about %s of text; it will stand still for about %s in %d "
		     "parts%s",
		     t->name, n, size, stop, tries,
		     bytes < GO_CUTS_AT ? "" : "; Go cuts the text at 64 MiB");
}

static bool may_go_on(const struct options *o, double goroutines)
{
	char answer[16] = "";

	if (goroutines < ASK_FROM || o->budget_pct >= 100)
		return true;
	if (!isatty(STDIN_FILENO)) {
		app_complain("not asked for: that is long (--budget 100 goes on)");
		return false;
	}
	fputs("go on? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* ---- the text ---- */

/* Harmless, but for the tabs that Go puts before a place. */
static void put_line(struct dump *d)
{
	char *at = d->line, *tab;

	d->line[d->n_line] = '\0';
	while ((tab = strchr(at, '\t'))) {
		*tab = '\0';
		out_text(stdout, at);
		putchar('\t');
		at = tab + 1;
	}
	out_text(stdout, at);
	d->goroutines += strncmp(d->line, "goroutine ", 10) == 0;
	d->n_line = 0;
}

static int on_data(void *arg, const char *data, size_t n, struct err *e)
{
	struct dump *d = arg;

	d->bytes += n;
	for (size_t i = 0; i < n; i++) {
		char c = data[i] ? data[i] : '?';

		if (c != '\n' && d->n_line < sizeof(d->line) - 1)
			d->line[d->n_line++] = c;
		if (c != '\n')
			continue;
		put_line(d);
		putchar('\n');
	}
	d->reader_gone = fflush(stdout) != 0;
	return d->reader_gone ? err_set(e, -EPIPE, "standard output: %s", strerror(errno)) : 0;
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct dump *d = arg;

	d->error = r->error;
	d->why = r->why;
	d->took_ns = r->took_ns;
	loop_stop(d->app->loop, 0);
}

static int fetch(struct dump *d, const struct endpoint_base *base)
{
	char url[512], took[FMT_MAX], n[FMT_MAX];
	struct err e = { 0 };
	int r;

	snprintf(url, sizeof(url), "%s/debug/pprof/goroutine?debug=2", base->url);
	http_get(d->app->http, &(struct http_request){
				       .url = url,
				       .unix_path = base->unix_path,
				       .body_max = BODY_MAX,
				       .timeout_ns = TIMEOUT_S * NS_PER_S,
				       .on_data = on_data,
				       .on_done = on_done,
				       .arg = d,
			       });
	r = loop_run(d->app->loop, &e);
	if (r != 0)
		return r;
	if (d->error < 0) {
		if (d->error != -EPIPE)
			app_complain("%s", d->why.text);
		return d->error == -EPIPE ? 0 : EXIT_UNREACHED;
	}
	if (d->n_line)
		put_line(d);
	fflush(stdout);
	app_complain("%s goroutines, in %s%s", fmt_num(n, (double)d->goroutines, UNIT_COUNT),
		     fmt_num(took, (double)d->took_ns, UNIT_NS),
		     d->bytes >= GO_CUTS_AT ? "; cut by Go at 64 MiB, the rest is missing" : "");
	return 0;
}

/* ---- the command ---- */

static int dump_target(struct app *a)
{
	const struct target *t = &a->model->targets[0];
	double goroutines = t->facts.goroutines.total;
	const struct endpoint_base *at = NULL;
	struct endpoint_base base;
	struct dump *d;
	int r;

	if (a->attaches[0])
		at = attach_pprof(a->attaches[0]);
	if (!at) {
		app_complain("%s: pprof: %s", t->name, t->sources[SOURCE_PPROF].detail);
		return EXIT_UNREACHED;
	}
	say_cost(t, goroutines);
	if (!may_go_on(a->o, goroutines))
		return EXIT_USAGE;
	base = *at;
	attach_free(a->attaches[0]); /* no other request beside it */
	a->attaches[0] = NULL;
	d = xcalloc(1, sizeof(*d));
	d->app = a;
	r = fetch(d, &base);
	free(d);
	return r;
}

static int dump_run(const struct options *o)
{
	static struct app a;
	struct sampling s = { .app = &a, .count = 1 };
	int r;

	if (o->read_only) {
		app_complain("dump: not with --read-only: it stops the target for a moment");
		return EXIT_USAGE;
	}
	r = app_open(&a, o);
	if (r == 0)
		r = sampling_run(&s);
	if (r == 0)
		r = dump_target(&a);
	app_close(&a);
	return r;
}

const struct command command_dump = {
	.name = "dump",
	.args = "TARGET",
	.help = "every goroutine's stack as Go prints it (debug=2), once, after saying what it "
		"costs",
	.min_targets = 1,
	.max_targets = 1,
	.run = dump_run,
};
