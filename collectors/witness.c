#include "collectors/witness.h"

#include <math.h>

#include "collectors/procfs.h"

/* client_golang (procfs, Stat.StartTime) adds to the boot time, in whole seconds, which may go on
 * by one when the clock is trimmed, the hundredths since then. Others take the clock when they
 * start. */
static const double exact_s = 0.011, trimmed_s = 1, other_s = 3;

void witness_init(struct witness *w)
{
	*w = (struct witness){ .start_s = NAN, .of_start_s = NAN };
}

void witness_hear(struct witness *w, const struct sample *sm)
{
	const struct metrics_page *p = sm->metrics;

	if (sm->source >= SOURCE_COUNT)
		return;
	w->heard |= 1u << sm->source;
	for (size_t i = 0; p && i < p->n_series; i++) {
		const struct series *s = &p->series[i];

		/* With labels it would be that of another program, on a page of several. */
		if (s->n_labels == 0 && str_is(s->name, "process_start_time_seconds")) {
			w->start_s = s->value;
			return;
		}
	}
}

static enum verdict judge(double told_s, pid_t pid)
{
	double start_s, off;

	if (!(told_s > 0) || procfs_start_s(pid, &start_s, NULL) < 0)
		return VERDICT_NONE;
	off = fabs(start_s - told_s);
	if (off > other_s)
		return VERDICT_OTHER;
	return off <= exact_s || fabs(off - trimmed_s) <= exact_s ? VERDICT_SAME : VERDICT_NONE;
}

enum verdict witness_judge(struct witness *w, pid_t pid)
{
	if (w->of_pid != pid || w->of_start_s != w->start_s) {
		w->verdict = judge(w->start_s, pid);
		w->of_pid = pid;
		w->of_start_s = w->start_s;
	}
	return w->verdict;
}
