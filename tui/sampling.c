#include "tui/sampling.h"

#include "core/base/clock.h"

struct run {
	const struct sampling *s;
	struct loop_timer timer;
	uint64_t due_ns, end_ns, done;
	uint32_t rounds; /* that the last sample had: the next needs one more */
	bool waiting;	 /* the interval is over, answers are not all there */
	uint64_t give_up_ns;
};

/* The attaches tick by themselves at the same interval; a sample is complete shortly after. */
enum { SETTLE_MS = 5, POLL_MS = 10 };

static void finish(struct run *r, uint64_t now_ns)
{
	const struct sampling *s = r->s;

	r->waiting = false;
	r->rounds = app_rounds(s->app);
	r->done++;
	if ((s->each && !s->each(s->arg)) || (s->count && r->done >= s->count) ||
	    (r->end_ns && now_ns >= r->end_ns) || app_all_gone(s->app)) {
		loop_stop(s->app->loop, 0);
		return;
	}
	r->due_ns += s->app->o->interval_ns;
	if (r->due_ns < now_ns)
		r->due_ns = now_ns;
	loop_timer_set(s->app->loop, &r->timer, r->due_ns);
}

/* Services of a fleet have their server's rounds, which no sample waits for. */
static bool lacks_round(const struct run *r)
{
	uint32_t rounds = app_rounds(r->s->app);

	return rounds <= r->rounds && rounds != UINT32_MAX;
}

static void on_timer(void *arg, uint64_t now_ns)
{
	struct run *r = arg;

	if (!r->waiting) {
		r->waiting = true;
		r->give_up_ns =
			now_ns +
			(r->s->app->n_fleets && r->done == 0 ? r->s->app->o->server_timeout_ns
							     : r->s->app->o->timeout_ns) +
			r->s->app->patience_ns;
	}
	if ((app_busy(r->s->app) || lacks_round(r) ||
	     (r->done == 0 && !app_has_rates(r->s->app))) &&
	    now_ns < r->give_up_ns)
		loop_timer_set(r->s->app->loop, &r->timer, now_ns + POLL_MS * NS_PER_MS);
	else
		finish(r, now_ns);
}

int sampling_run(const struct sampling *s)
{
	uint64_t now_ns = clock_mono_ns();
	struct run r = {
		.s = s,
		.timer = { .fn = on_timer, .arg = &r },
		.rounds = 1,
		.due_ns = now_ns + s->app->o->interval_ns + SETTLE_MS * NS_PER_MS,
		.end_ns = s->for_ns ? now_ns + s->for_ns : 0,
	};
	struct err e = { 0 };
	int ret;

	if (app_all_gone(s->app)) {
		if (s->each)
			s->each(s->arg);
		return 0;
	}
	loop_timer_set(s->app->loop, &r.timer, r.due_ns);
	ret = loop_run(s->app->loop, &e);
	loop_timer_stop(s->app->loop, &r.timer);
	if (ret < 0)
		app_complain("%s", e.text);
	return ret;
}
