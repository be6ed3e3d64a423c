#include "tui/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/sample.h"
#include "tui/commands.h"

enum { SIZE_MAX_W = 1000, SIZE_MAX_H = 1000, SERVER_TIMEOUT_S = 10 };

#define INTERVAL_MIN_NS (20 * NS_PER_MS)
#define INTERVAL_MAX_NS (3600 * NS_PER_S)

const struct command *const commands[] = {
	&command_live, &command_once,	&command_stream, &command_check,
	&command_dump, &command_doctor, &command_docs,
};
const size_t n_commands = sizeof(commands) / sizeof(*commands);

enum { /* in the order of option_table */
       OPT_INTERVAL,
       OPT_FOR,
       OPT_COUNT,
       OPT_SOURCES,
       OPT_PROMETHEUS,
       OPT_TIMEOUT,
       OPT_BUDGET,
       OPT_BEARER,
       OPT_USER,
       OPT_CERT,
       OPT_KEY,
       OPT_CACERT,
       OPT_COLOR,
       OPT_THEME,
       OPT_ASCII,
       OPT_NO_MOUSE,
       OPT_DUMP,
       OPT_SIZE,
       OPT_KEYS,
       OPT_JSON,
       OPT_SEVERITY,
       OPT_READ_ONLY,
       OPT_HELP,
       OPT_VERSION,
       OPT_TOTAL,
};

const struct option_entry option_table[] = {
	[OPT_INTERVAL] = { "interval", "D", "time between two samples: 500ms, 2s (default 1s)",
			   NULL },
	[OPT_FOR] = { "for", "D", "end after this long (check: 30s, once and --dump: one interval)",
		      NULL },
	[OPT_COUNT] = { "count", "N", "end after this many samples", NULL },
	[OPT_SOURCES] = { "sources", "LIST",
			  "only these: memory,bpf,proc,pprof,metrics,expvar,hystrix,prometheus; "
			  "-bpf leaves one out",
			  NULL },
	[OPT_PROMETHEUS] = { "prometheus", "URL",
			     "a server that knows the hour before; #instance=HOST:PORT behind it "
			     "names the target there",
			     NULL },
	[OPT_TIMEOUT] = { "timeout", "D",
			  "for one request (default 2s, at most twice the interval; 10s for "
			  "Prometheus servers)",
			  NULL },
	[OPT_BUDGET] = { "budget", "PCT",
			 "what probing may cost in % of a core: many goroutines are looked at more "
			 "rarely (default 1.0)",
			 NULL },
	[OPT_BEARER] = { "bearer-file", "F", "file with a bearer token; mode 600", NULL },
	[OPT_USER] = { "user-file", "F", "file with user:password; mode 600", NULL },
	[OPT_CERT] = { "cert", "F", "client certificate (PEM)", NULL },
	[OPT_KEY] = { "key", "F", "its key (PEM)", NULL },
	[OPT_CACERT] = { "cacert", "F", "who may sign the server's certificate (PEM)", NULL },
	[OPT_COLOR] = { "color", "auto|always|never", "colours; NO_COLOR is honoured", "" },
	[OPT_THEME] = { "theme", "default|colorblind|contrast|mono",
			"colours from the terminal's own palette, or attributes alone", "" },
	[OPT_ASCII] = { "ascii", NULL, "ASCII only, as in LANG=C", NULL },
	[OPT_NO_MOUSE] = { "no-mouse", NULL, "leave the mouse to the terminal", "" },
	[OPT_DUMP] = { "dump", NULL, "draw one screen as plain text and exit, after two samples",
		       "" },
	[OPT_SIZE] = { "size", "WxH", "of the dumped screen (default 80x24)", "" },
	[OPT_KEYS] = { "keys", "KEYS",
		       "type these before the screen is drawn: 3, <Down>, <Enter>; each --keys "
		       "draws one more screen",
		       "" },
	[OPT_JSON] = { "json", NULL, "one object in JSON", "once" },
	[OPT_SEVERITY] = { "severity", "weak|strong|proven", "exit 4 from here on (default strong)",
			   "check" },
	[OPT_READ_ONLY] = { "read-only", NULL, "no action that costs the target more than sampling",
			    NULL },
	[OPT_HELP] = { "help", NULL, "this text", NULL },
	[OPT_VERSION] = { "version", NULL, "the version", NULL },
};
const size_t n_options = OPT_TOTAL;

/* ---- values ---- */

int parse_duration(const char *s, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ms", 1e6 }, { "us", 1e3 },   { "s", 1e9 },
		      { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };
	double total = 0;

	if (!*s)
		return -EINVAL;
	while (*s) {
		char *end;
		double v = strtod(s, &end);
		size_t i = 0, n = sizeof(units) / sizeof(*units);

		if (end == s || !isdigit((unsigned char)*s) || !(v >= 0))
			return -EINVAL;
		while (i < n && strncmp(end, units[i].unit, strlen(units[i].unit)) != 0)
			i++;
		if (i == n && *end)
			return -EINVAL;
		total += v * (i == n ? 1e9 : units[i].ns);
		s = i == n ? end : end + strlen(units[i].unit);
	}
	if (!(total < 1e18))
		return -EINVAL;
	*ret_ns = (uint64_t)total;
	return 0;
}

static int parse_sources(const char *s, uint32_t *ret, struct err *e)
{
	uint32_t all = (1u << SOURCE_COUNT) - 1, only = 0, out = 0;

	while (*s) {
		size_t n = strcspn(s, ",");
		bool minus = *s == '-';
		struct str name = { s + minus, (uint32_t)n - minus };
		int source = source_by_name(name);

		if (source < 0)
			return err_set(
				e, -EINVAL,
				"--sources: %.*s: not a source (memory, bpf, proc, pprof, metrics, "
				"expvar, hystrix, prometheus)",
				(int)n, s);
		if (minus)
			out |= 1u << source;
		else
			only |= 1u << source;
		s += n + (s[n] == ',');
	}
	*ret = (only ? only : all) & ~out;
	return 0;
}

static int parse_size(const char *s, struct options *o, struct err *e)
{
	char *x, *end;
	long w = strtol(s, &x, 10), h = *x == 'x' ? strtol(x + 1, &end, 10) : 0;

	if (*x != 'x' || *end || w < 1 || h < 1 || w > SIZE_MAX_W || h > SIZE_MAX_H)
		return err_set(e, -EINVAL, "--size: %s: not a size (80x24; at most %dx%d)", s,
			       SIZE_MAX_W, SIZE_MAX_H);
	o->w = (int)w;
	o->h = (int)h;
	return 0;
}

static int parse_word(const char *name, const char *s, const char *words, struct err *e)
{
	size_t n = strlen(s);

	for (const char *at = words; *at;) {
		size_t len = strcspn(at, "|");

		if (len == n && strncmp(at, s, n) == 0)
			return 0;
		at += len + (at[len] == '|');
	}
	return err_set(e, -EINVAL, "--%s: %s: not one of %s", name, s, words);
}

static int parse_count(const char *s, uint64_t *ret, struct err *e)
{
	char *end;

	errno = 0;
	*ret = strtoull(s, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*s) || *ret == 0)
		return err_set(e, -EINVAL, "--count: %s: not a number above 0", s);
	return 0;
}

static int take_duration(const char *name, const char *s, uint64_t min_ns, uint64_t max_ns,
			 uint64_t *ret, struct err *e)
{
	uint64_t ns;

	if (parse_duration(s, &ns) < 0)
		return err_set(e, -EINVAL, "--%s: %s: not a duration (500ms, 2s, 5m)", name, s);
	if (ns < min_ns || ns > max_ns)
		return err_set(e, -EINVAL, "--%s: %s: must be between %gs and %gs", name, s,
			       (double)min_ns / 1e9, (double)max_ns / 1e9);
	*ret = ns;
	return 0;
}

static int take_budget(const char *s, double *ret, struct err *e)
{
	char *end;

	*ret = strtod(s, &end);
	if (*end || end == s || !(*ret > 0 && *ret <= 100))
		return err_set(e, -EINVAL, "--budget: %s: not a per cent between 0 and 100", s);
	return 0;
}

static int take_option(struct options *o, int opt, const char *arg, struct err *e)
{
	const char *name = option_table[opt].name;

	switch (opt) {
	case OPT_INTERVAL:
		o->interval_asked = true;
		return take_duration(name, arg, INTERVAL_MIN_NS, INTERVAL_MAX_NS, &o->interval_ns,
				     e);
	case OPT_FOR:
		return take_duration(name, arg, NS_PER_MS, UINT64_MAX, &o->for_ns, e);
	case OPT_PROMETHEUS:
		o->prometheus = arg;
		return 0;
	case OPT_TIMEOUT:
		return take_duration(name, arg, NS_PER_MS, INTERVAL_MAX_NS, &o->timeout_ns, e);
	case OPT_COUNT:
		return parse_count(arg, &o->count, e);
	case OPT_SOURCES:
		return parse_sources(arg, &o->sources, e);
	case OPT_BUDGET:
		return take_budget(arg, &o->budget_pct, e);
	case OPT_BEARER:
		o->files.bearer = arg;
		return 0;
	case OPT_USER:
		o->files.user = arg;
		return 0;
	case OPT_CERT:
		o->files.cert = arg;
		return 0;
	case OPT_KEY:
		o->files.key = arg;
		return 0;
	case OPT_CACERT:
		o->files.ca = arg;
		return 0;
	case OPT_COLOR:
		o->color = arg;
		return parse_word(name, arg, option_table[opt].arg, e);
	case OPT_THEME:
		o->theme = arg;
		return parse_word(name, arg, option_table[opt].arg, e);
	case OPT_SEVERITY:
		o->severity = arg;
		return parse_word(name, arg, option_table[opt].arg, e);
	case OPT_SIZE:
		return parse_size(arg, o, e);
	case OPT_KEYS:
		if (o->n_keys == SCREENS_MAX)
			return err_set(e, -EINVAL, "--keys: given more than %d times", SCREENS_MAX);
		o->keys[o->n_keys++] = arg;
		return 0;
	case OPT_ASCII:
		o->ascii = true;
		return 0;
	case OPT_DUMP:
		o->dump = true;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_READ_ONLY:
		o->read_only = true;
		return 0;
	case OPT_NO_MOUSE:
		o->no_mouse = true;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	case OPT_VERSION:
		o->version = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- which command takes which option ---- */

static bool takes(const struct command *c, const struct option_entry *opt)
{
	const char *at = opt->commands;
	size_t n = strlen(c->name);

	if (c == &command_docs)
		return strcmp(opt->name, "help") == 0;
	if (!at)
		return true;
	if (!*at)
		return n == 0;
	for (; *at; at += strcspn(at, " "), at += *at == ' ') {
		if (n && strncmp(at, c->name, n) == 0 && (at[n] == ' ' || !at[n]))
			return true;
	}
	return false;
}

static const struct command *find_command(const char *word)
{
	for (size_t i = 1; i < n_commands; i++) {
		if (strcmp(commands[i]->name, word) == 0)
			return commands[i];
	}
	return NULL;
}

/* Commands of the design that this version does not have yet: a target of that name is unlikely. */
static bool is_future_command(const char *word)
{
	static const char *const future[] = { "record", "replay", "report",
					      "diff",	"export", "config" };

	for (size_t i = 0; i < sizeof(future) / sizeof(*future); i++) {
		if (strcmp(word, future[i]) == 0)
			return true;
	}
	return false;
}

static int check_use(const struct options *o, const bool *given, struct err *e)
{
	const struct command *c = o->command;

	for (int i = 0; i < OPT_TOTAL; i++) {
		if (given[i] && !takes(c, &option_table[i]))
			return err_set(e, -EINVAL, "--%s: not for %s (gmptop %s --help)",
				       option_table[i].name,
				       c->name[0] ? c->name : "the live screens", c->name);
	}
	if (o->help || o->version)
		return 0;
	if (o->n_targets < c->min_targets)
		return err_set(e, -EINVAL,
			       "%s: needs a target: a PID, a process name, host:port or a URL",
			       c->name);
	if (o->n_targets > c->max_targets)
		return err_set(e, -EINVAL, "%s: too many targets", c->name[0] ? c->name : "gmptop");
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct err *e)
{
	struct option longs[OPT_TOTAL + 1] = { 0 };
	bool given[OPT_TOTAL] = { false };
	struct options o = {
		.command = commands[0],
		.interval_ns = NS_PER_S,
		.sources = (1u << SOURCE_COUNT) - 1,
		.budget_pct = 1.0,
		.color = "auto",
		.severity = "strong",
		.w = 80,
		.h = 24,
	};
	int opt, r;

	for (int i = 0; i < OPT_TOTAL; i++)
		longs[i] = (struct option){ option_table[i].name,
					    option_table[i].arg ? required_argument : no_argument,
					    NULL, 256 + i };
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (opt == 'h')
			opt = 256 + OPT_HELP;
		if (opt == ':')
			return err_set(e, -EINVAL, "%s: needs a value", argv[optind - 1]);
		if (opt < 256)
			return err_set(e, -EINVAL, "%s: not an option (gmptop --help)",
				       argv[optind - 1]);
		given[opt - 256] = true;
		r = take_option(&o, opt - 256, optarg, e);
		if (r < 0)
			return r;
	}
	if (optind < argc && find_command(argv[optind]))
		o.command = find_command(argv[optind++]);
	else if (optind < argc && is_future_command(argv[optind]))
		return err_set(e, -EINVAL, "%s: this version does not have that command yet",
			       argv[optind]);
	for (; optind < argc; optind++) {
		if (o.n_targets == TARGETS_MAX)
			return err_set(e, -EINVAL, "more than %d targets", TARGETS_MAX);
		o.targets[o.n_targets++] = argv[optind];
	}
	r = check_use(&o, given, e);
	if (r < 0)
		return r;
	o.server_timeout_ns = o.timeout_ns ? o.timeout_ns : SERVER_TIMEOUT_S * NS_PER_S;
	if (!o.timeout_ns) {
		o.timeout_ns = 2 * NS_PER_S;
		if (o.timeout_ns > 2 * o.interval_ns)
			o.timeout_ns = 2 * o.interval_ns;
	}
	*ret = o;
	return 0;
}

/* ---- help ---- */

static void put_option(const struct option_entry *opt)
{
	char left[40];

	snprintf(left, sizeof(left), "--%s%s%s", opt->name, opt->arg ? " " : "",
		 opt->arg ? opt->arg : "");
	if (strlen(left) > 20)
		printf("  %s\n  %-20s %s\n", left, "", opt->help);
	else
		printf("  %-20s %s\n", left, opt->help);
}

void options_help(const struct command *c)
{
	if (c == commands[0]) {
		printf("gmptop shows live Go services from outside: scheduler, goroutines, leaks, "
		       "breakers.\n\n");
		for (size_t i = 0; i < n_commands; i++)
			printf("  gmptop %s%s%-*s %s\n", commands[i]->name,
			       commands[i]->name[0] ? " " : "", 26 - (int)strlen(commands[i]->name),
			       commands[i]->args, commands[i]->help);
		printf("\nTARGET: a PID, a process name, host:port, a URL, unix:/path, "
		       "prometheus:URL, or NAME=\nbefore any.\n\n");
	} else {
		printf("gmptop %s %s\n  %s\n\n", c->name, c->args, c->help);
	}
	for (size_t i = 0; i < n_options; i++) {
		if (takes(c, &option_table[i]))
			put_option(&option_table[i]);
	}
	if (c == commands[0])
		printf("\nKeys: F1 or ? lists them. Exit: 0 ok, 1 usage, 2 no target reached, 3 "
		       "some not,\n"
		       "4 check found something, 130/143 by signal. More: man gmptop\n");
}
