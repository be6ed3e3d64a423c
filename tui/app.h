/* app.h - the program's state and what all commands share: targets resolved and attached, samples
 * into the model, signals, gmptop's own cost. */
#ifndef APP_H
#define APP_H

#include "collectors/attach.h"
#include "collectors/fleet.h"
#include "core/model.h"
#include "tui/options.h"

enum { FLEETS_MAX = 8 };

struct app {
	struct sink sink; /* first: samples come back through it */
	const struct options *o;
	struct loop *loop;
	struct http *http;
	struct model *model;
	struct attach *attaches[TARGETS_MAX]; /* NULL: the target was refused at once */
	size_t n_targets;
	struct fleet *fleets[FLEETS_MAX]; /* servers asked for their services */
	size_t n_fleets;
	struct promserver_spec prometheus; /* --prometheus; unused without */
	struct loop_timer cost_timer;
	uint64_t patience_ns;	      /* that an answer may take beyond the timeout */
	int signal_fd;		      /* -1: none */
	bool paused;		      /* samples are dropped: the model stands still */
	void (*on_sample)(void *arg); /* NULL: nobody waits for it */
	void *on_sample_arg;
};

/* 0, or an exit code after having said why on standard error: a target that cannot be one, a name
 * that fits no process or several. A PID that is gone or not a Go program is a target that failed.
 */
int app_open(struct app *a, const struct options *o);
void app_close(struct app *a);

/* Adds one more target while running (the picker's choice). 0 or an exit code. */
int app_add_target(struct app *a, const char *asked);

/* Asks a target for a profile; the answer comes as a sample, and so does a refusal. False: there is
 * no target to ask, or something is being asked already. */
bool app_ask(struct app *a, size_t target, enum profile_kind kind);

bool app_busy(const struct app *a);	  /* some target's round is under way */
uint32_t app_rounds(const struct app *a); /* begun by every target that is still there and has
					   * some; UINT32_MAX: none has */
bool app_has_rates(const struct app *a);  /* each source that is ok has had its two samples */
bool app_all_gone(const struct app *a);	  /* no target is left to watch */

/* The contract's exit code for how many targets could be reached; says who could not and why. */
int app_reach_code(const struct app *a);

/* "gmptop: what: why" on standard error, made safe for a terminal. */
__attribute__((format(printf, 1, 2))) void app_complain(const char *fmt, ...);

/* When the newest value of any target was read; the clock when there is none. */
uint64_t app_unix_ns(const struct app *a);

#endif
