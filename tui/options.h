/* options.h - the command line: commands and options once, as tables; parsing, --help, the man page
 * and the completions come from them. See cli.md in docs/ for what each means. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/credentials.h"
#include "core/base/err.h"

enum {
	TARGETS_MAX = 256,
	SCREENS_MAX = 16,
	EXIT_USAGE = 1,
	EXIT_UNREACHED = 2, /* no target could be reached */
	EXIT_SOME = 3,	    /* some could not */
	EXIT_FOUND = 4,	    /* check found something */
};

struct options {
	const struct command *command;
	const char *targets[TARGETS_MAX]; /* borrowed from argv */
	size_t n_targets;
	uint64_t interval_ns, for_ns, timeout_ns; /* for_ns 0: not given */
	uint64_t server_timeout_ns;		  /* of a Prometheus server, which has more to do */
	uint64_t count;				  /* 0: not given */
	uint32_t sources;			  /* bits 1 << enum source */
	double budget_pct;
	struct credential_files files;
	const char *color;	       /* "auto", "always", "never" */
	const char *theme;	       /* one of term_themes; NULL: not given */
	const char *keys[SCREENS_MAX]; /* of each --keys: one dumped screen each */
	size_t n_keys;
	const char *severity;	/* "weak", "strong", "proven" */
	const char *prometheus; /* a server that knows the past; NULL: none */
	bool interval_asked;	/* the interval is not the default */
	bool ascii, dump, json, read_only, no_mouse, help, version;
	int w, h;
};

struct command {
	const char *name; /* "": the live screens */
	const char *args; /* "TARGET..." */
	const char *help; /* one line */
	size_t min_targets, max_targets;
	int (*run)(const struct options *o); /* returns the exit code */
};

extern const struct command *const commands[];
extern const size_t n_commands;

struct option_entry {
	const char *name; /* without the two dashes */
	const char *arg;  /* NULL: a switch */
	const char *help;
	const char *commands; /* names of the commands that take it, or NULL: all that look at
				 targets */
};

extern const struct option_entry option_table[];
extern const size_t n_options;

/* -EINVAL with a sentence. */
int options_parse(int argc, char **argv, struct options *ret, struct err *e);

void options_help(const struct command *c); /* to standard output */

/* "500ms", "2s", "1m30s", "5" (seconds). */
int parse_duration(const char *s, uint64_t *ret_ns);

#endif
