#include "collectors/witness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collectors/procfs.h"

/* client_golang (procfs, Stat.StartTime) adds to the boot time, in whole seconds, which may go on
 * by one when the clock is trimmed, the hundredths since then. Others take the clock when they
 * start. */
static const double exact_s = 0.011, trimmed_s = 1, other_s = 3;

void witness_init(struct witness *w)
{
	*w = (struct witness){ .start_s = NAN, .of_start_s = NAN };
}

/* "/srv/bin/api (deleted)" is api. */
static void take_program(struct witness *w, struct str path)
{
	static const char deleted[] = " (deleted)";
	const char *slash;
	char name[sizeof(w->program)];

	if (str_ends(path, deleted))
		path.len -= sizeof(deleted) - 1;
	slash = path.len ? memrchr(path.p, '/', path.len) : NULL;
	if (!slash) /* [vdso], or made up */
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(path.p + path.len - slash - 1), slash + 1);
	if (strcmp(name, w->program) == 0)
		return;
	memcpy(w->program, name, sizeof(name));
	w->of_pid = 0; /* to be judged anew */
}

void witness_hear(struct witness *w, const struct sample *sm)
{
	const struct metrics_page *p = sm->source == SOURCE_METRICS ? sm->metrics : NULL;

	if (sm->source >= SOURCE_COUNT)
		return;
	w->heard |= 1u << sm->source;
	if (sm->goroutines && sm->source == SOURCE_PPROF)
		take_program(w, sm->goroutines->program);
	for (size_t i = 0; p && i < p->n_series; i++) {
		const struct series *s = &p->series[i];

		/* With labels it would be that of another program, on a page of several. */
		if (s->n_labels == 0 && str_is(s->name, "process_start_time_seconds")) {
			w->start_s = s->value;
			return;
		}
	}
}

static bool is_other_program(const char *told, pid_t pid)
{
	char name[sizeof(((struct witness *)0)->program)];

	return told[0] && procfs_name(pid, name, sizeof(name), NULL) == 0 &&
	       strcmp(name, told) != 0;
}

static enum verdict judge(const struct witness *w, pid_t pid)
{
	double start_s, off, told_s = w->start_s;

	if (is_other_program(w->program, pid))
		return VERDICT_OTHER;
	if (!(told_s > 0) || procfs_start_s(pid, &start_s, NULL) < 0)
		return VERDICT_NONE;
	off = fabs(start_s - told_s);
	if (off > other_s)
		return VERDICT_OTHER;
	return off <= exact_s || fabs(off - trimmed_s) <= exact_s ? VERDICT_SAME : VERDICT_NONE;
}

enum verdict witness_judge(struct witness *w, pid_t pid)
{
	if (w->of_pid != pid || (w->of_start_s != w->start_s && !isnan(w->start_s))) {
		w->verdict = judge(w, pid);
		w->of_pid = pid;
		w->of_start_s = w->start_s;
	}
	return w->verdict;
}
