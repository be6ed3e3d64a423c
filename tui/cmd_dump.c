/* gmptop dump: every goroutine's stack as Go itself prints it (debug=2), to standard output. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "tui/commands.h"
#include "tui/dump.h"
#include "tui/sampling.h"

enum { ASK_FROM = 5000 }; /* goroutines: fewer stop the target for less than 0.2 s */

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

struct run {
	struct loop *loop;
	struct dump_result result;
};

static void on_done(void *arg, const struct dump_result *result)
{
	struct run *r = arg;

	r->result = *result;
	loop_stop(r->loop, 0);
}

static int fetch(struct app *a, const struct endpoint_base *base)
{
	struct run run = { .loop = a->loop };
	struct dump *d = dump_start(a->http, base, stdout, on_done, &run);
	char text[256];
	struct err e = { 0 };
	int r = loop_run(a->loop, &e);

	dump_free(d);
	if (r != 0)
		return r;
	if (run.result.error == -EPIPE)
		return 0;
	if (run.result.error < 0) {
		app_complain("%s", run.result.why.text);
		return EXIT_UNREACHED;
	}
	app_complain("%s", dump_summary(&run.result, text, sizeof(text)));
	return 0;
}

/* ---- the command ---- */

static int dump_target(struct app *a)
{
	const struct target *t = &a->model->targets[0];
	double goroutines = t->facts.goroutines.total;
	const struct endpoint_base *at = NULL;
	struct endpoint_base base;
	char cost[256];

	if (a->attaches[0])
		at = attach_pprof(a->attaches[0]);
	if (!at) {
		app_complain("%s: pprof: %s", t->name, t->sources[SOURCE_PPROF].detail);
		return EXIT_UNREACHED;
	}
	app_complain("%s: %s", t->name, dump_cost(goroutines, cost, sizeof(cost)));
	if (!may_go_on(a->o, goroutines))
		return EXIT_USAGE;
	base = *at;
	attach_free(a->attaches[0]); /* no other request beside it */
	a->attaches[0] = NULL;
	return fetch(a, &base);
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
