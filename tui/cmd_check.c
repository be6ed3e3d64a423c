/* gmptop check: watches for a while and says what it found; for scripts and CI. */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/commands.h"
#include "tui/out.h"
#include "tui/sampling.h"

enum { CHECK_S = 30 };

/* Scores from which a finding counts, by the name that --severity takes. A proven leak has 1. */
static const struct {
	const char *name;
	double score;
} severities[] = { { "weak", 0 }, { "strong", 0.8 }, { "proven", 1 } };

static double least_score(const char *severity)
{
	for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++) {
		if (strcmp(severities[i].name, severity) == 0)
			return severities[i].score;
	}
	return 0;
}

/* A process alone says little: without a profile or metrics there was nothing to judge by. */
static bool has_looked(const struct target *t)
{
	if (t->is_server || t->by_server)
		return t->sources[SOURCE_PROMETHEUS].ok_ns;
	return t->sources[SOURCE_MEMORY].ok_ns || t->sources[SOURCE_PPROF].ok_ns ||
	       t->sources[SOURCE_METRICS].ok_ns;
}

/* 0 when every target could be judged, else as for targets that were not reached. */
static int look_code(const struct app *a)
{
	size_t looked = 0;

	for (size_t i = 0; i < a->n_targets; i++) {
		const struct target *t = &a->model->targets[i];

		looked += has_looked(t);
		if (!has_looked(t) && target_reached(t))
			app_complain("%s: nothing to judge by: memory: %s; pprof: %s; metrics: %s",
				     t->name, t->sources[SOURCE_MEMORY].detail,
				     t->sources[SOURCE_PPROF].detail,
				     t->sources[SOURCE_METRICS].detail);
	}
	if (looked == a->n_targets)
		return 0;
	return looked ? EXIT_SOME : EXIT_UNREACHED;
}

static size_t put_findings(const struct app *a, double least)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_targets; i++) {
		const struct target *t = &a->model->targets[i];

		for (size_t k = 0; k < t->n_findings; k++) {
			out_textf(stdout, "%s: %s\n", t->name, t->findings[k].text);
			n += t->findings[k].score >= least;
		}
		if (t->n_findings == 0 && has_looked(t))
			out_textf(stdout, "%s: no findings\n", t->name);
	}
	fflush(stdout);
	return n;
}

static int check_run(const struct options *o)
{
	static struct app a;
	struct sampling run = {
		.app = &a,
		.count = o->count,
		.for_ns = o->for_ns || o->count ? o->for_ns : CHECK_S * NS_PER_S,
	};
	size_t found;
	int r = app_open(&a, o);

	if (r == 0)
		r = sampling_run(&run);
	if (r == 0) {
		found = put_findings(&a, least_score(o->severity));
		r = app_reach_code(&a);
		if (r == 0)
			r = look_code(&a);
		if (found)
			r = EXIT_FOUND;
	}
	app_close(&a);
	return r;
}

const struct command command_check = {
	.name = "check",
	.args = "TARGET... --for 30s",
	.help = "findings as text; exit 4 at or above --severity",
	.min_targets = 1,
	.max_targets = TARGETS_MAX,
	.run = check_run,
};
