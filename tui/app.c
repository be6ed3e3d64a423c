#include "tui/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collectors/elf.h"
#include "collectors/file.h"
#include "collectors/procfs.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "tui/out.h"

enum { MATCHES_MAX = 20 };

void app_complain(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	fflush(stdout);
	out_textf(stderr, "gmptop: %s\n", text);
	free(text);
}

/* ---- samples, signals, own cost ---- */

static void on_push(struct sink *s, const struct sample *sm)
{
	struct app *a = (struct app *)s;

	if (a->paused)
		return;
	model_apply(a->model, sm);
	if (a->on_sample)
		a->on_sample(a->on_sample_arg);
}

static void on_signal(void *arg)
{
	struct app *a = arg;
	struct signalfd_siginfo si;

	while (read(a->signal_fd, &si, sizeof(si)) == sizeof(si))
		loop_stop(a->loop, 128 + (int)si.ssi_signo);
}

static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread: libcurl's resolver inherits it */
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static uint64_t own_rss_bytes(void)
{
	char text[128], *rss;
	FILE *f = fopen("/proc/self/statm", "re");
	size_t n;

	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	rss = strchr(text, ' '); /* "size resident …", in pages */
	return rss ? strtoull(rss, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_usec * NS_PER_US;
}

static void on_cost(void *arg, uint64_t now_ns)
{
	struct app *a = arg;
	struct rusage u;
	struct own_cost cost = { .budget_pct = a->o->budget_pct };

	getrusage(RUSAGE_SELF, &u);
	cost.cpu_ns = timeval_ns(u.ru_utime) + timeval_ns(u.ru_stime);
	cost.rss_bytes = own_rss_bytes();
	for (size_t i = 0; i < a->n_targets; i++) {
		struct sample sm = {
			.target = (uint32_t)i,
			.source = SOURCE_COUNT,
			.t_ns = now_ns,
			.unix_ns = clock_wall_ns(),
			.cost = &cost,
		};

		a->sink.push(&a->sink, &sm);
	}
	loop_timer_set(a->loop, &a->cost_timer, now_ns + a->o->interval_ns);
}

/* ---- targets ---- */

static int no_single_match(const char *name, const pid_t *pids, int n)
{
	if (n == 0) {
		app_complain("%s: no process has that name (gmptop doctor lists the Go processes)",
			     name);
		return EXIT_USAGE;
	}
	app_complain("%s: %d processes have that name; give a PID:", name, n);
	for (int i = 0; i < n && i < MATCHES_MAX; i++)
		out_textf(stderr, "  %d %s\n", (int)pids[i], name);
	return EXIT_USAGE;
}

/* A name becomes the PID that it stands for. */
static int resolve_name(struct target_spec *s)
{
	pid_t pids[MATCHES_MAX];
	struct err e = { 0 };
	int n;

	if (s->kind != TARGET_NAME)
		return 0;
	n = target_pids_by_name(s->asked, pids, MATCHES_MAX, &e);
	if (n < 0) {
		app_complain("%s: %s", s->asked, e.text);
		return EXIT_USAGE;
	}
	if (n == 0 && access(s->asked, F_OK) == 0) { /* no process: a dump or a profile */
		s->kind = TARGET_FILE;
		return 0;
	}
	if (n != 1)
		return no_single_match(s->asked, pids, n);
	s->kind = TARGET_PID;
	s->pid = pids[0];
	return 0;
}

/* False with a sentence when this process can never be a target. */
static bool is_go_process(pid_t pid, char *name, size_t n, struct err *e)
{
	char path[64], go[64];
	struct err why = { 0 };
	uint64_t start;
	int r = procfs_start_ticks(pid, &start, e);

	if (r < 0)
		return false;
	if (procfs_name(pid, name, n, NULL) < 0)
		name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	r = elf_go_version(path, go, sizeof(go), &why);
	if (r == -EACCES || r == -EPERM) /* it may be one: what can be had without its file, is */
		return true;
	if (r < 0)
		err_put(e, "process %d (%s) is not a Go program", (int)pid, name);
	return r >= 0;
}

static void refuse(struct app *a, uint32_t target, const struct err *why)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		bool wanted = a->o->sources & attach_sources_built() & (1u << i) &&
			      (i != SOURCE_PROMETHEUS || a->o->prometheus);
		struct sample sm = {
			.target = target,
			.source = (enum source)i,
			.t_ns = clock_mono_ns(),
			.unix_ns = clock_wall_ns(),
			.state = wanted ? SOURCE_FAILED : SOURCE_OFF,
			.why = *why,
		};

		a->sink.push(&a->sink, &sm);
	}
}

static void read_file(struct app *a, const struct target_spec *s)
{
	const char *slash = strrchr(s->asked, '/');
	const char *name = s->name[0] ? s->name : slash && slash[1] ? slash + 1 : s->asked;
	uint32_t target = model_add_target(a->model, s->asked, name, false);

	a->model->targets[target].named = true;
	a->n_targets = a->model->n_targets;
	a->attaches[target] = NULL;
	file_push(s->asked, a->signal_fd, &a->sink, target);
}

static void attach(struct app *a, const struct target_spec *s)
{
	const struct attach_options o = {
		.loop = a->loop,
		.http = a->http,
		.sink = &a->sink,
		.interval_ns = a->o->interval_ns,
		.timeout_ns = a->o->timeout_ns,
		.budget_pct = a->o->budget_pct,
		.sources = a->o->sources,
		.prometheus = a->o->prometheus ? &a->prometheus : NULL,
	};
	char found[256] = "";
	const char *name = s->name[0] ? s->name : s->kind == TARGET_URL ? s->host_port : s->asked;
	struct err why = { 0 };
	bool ok = s->kind == TARGET_URL || is_go_process(s->pid, found, sizeof(found), &why);
	uint32_t target;

	if (!s->name[0] && found[0])
		name = found;
	target = model_add_target(a->model, s->asked, name, s->kind == TARGET_URL);
	a->model->targets[target].named = s->name[0];
	if (s->kind == TARGET_PID)
		a->model->targets[target].pid = s->pid;
	a->n_targets = a->model->n_targets;
	if (s->profile_s * NS_PER_S > a->patience_ns)
		a->patience_ns = s->profile_s * NS_PER_S;
	if (!ok)
		refuse(a, target, &why);
	a->attaches[target] = ok ? attach_new(&o, s, target) : NULL;
}

/* ---- fleets ---- */

static uint32_t add_service(void *arg, const char *asked, const char *name)
{
	struct app *a = arg;
	uint32_t target;

	/* While the picture stands still nobody would hear of it: the next round offers it again.
	 */
	if (a->paused || a->model->n_targets == TARGETS_MAX)
		return UINT32_MAX;
	target = model_add_target(a->model, asked, name, true);
	a->model->targets[target].by_server = true;
	a->attaches[target] = NULL;
	a->n_targets = a->model->n_targets;
	return target;
}

static void take_server(const struct app *a, struct promserver_spec *ret,
			const struct target_spec *s)
{
	ret->timeout_ns = a->o->server_timeout_ns;
	ret->base = s->base;
	snprintf(ret->wanted, sizeof(ret->wanted), "%s", s->wanted);
}

static int add_fleet(struct app *a, const struct target_spec *s)
{
	struct fleet_options o = {
		.loop = a->loop,
		.http = a->http,
		.sink = &a->sink,
		.host_port = s->host_port,
		.interval_ns = a->o->interval_ns,
		.oftener = a->o->interval_asked,
		.past = a->o->command == commands[0],
		.add = add_service,
		.arg = a,
	};

	if (!(a->o->sources & (1u << SOURCE_PROMETHEUS))) {
		app_complain("%s: left out by --sources", s->asked);
		return EXIT_USAGE;
	}
	if (a->n_fleets == FLEETS_MAX) {
		app_complain("more than %d Prometheus servers", FLEETS_MAX);
		return EXIT_USAGE;
	}
	take_server(a, &o.server, s);
	o.target = model_add_target(a->model, s->asked, s->name[0] ? s->name : s->host_port, true);
	a->model->targets[o.target].is_server = true;
	a->attaches[o.target] = NULL;
	a->n_targets = a->model->n_targets;
	a->fleets[a->n_fleets++] = fleet_new(&o);
	return 0;
}

int app_add_target(struct app *a, const char *asked)
{
	struct target_spec s;
	struct err e = { 0 };
	int r;

	if (target_parse(asked, &s, &e) < 0) {
		app_complain("%s", e.text);
		return EXIT_USAGE;
	}
	if (s.is_profile && s.profile == PROFILE_CPU && a->o->read_only) {
		app_complain("%s: not with --read-only: a CPU profile costs the target 1 to 2 %%",
			     asked);
		return EXIT_USAGE;
	}
	r = resolve_name(&s);
	if (r == 0 && a->model->n_targets == TARGETS_MAX) {
		app_complain("more than %d targets", TARGETS_MAX);
		r = EXIT_USAGE;
	}
	if (r == 0 && s.kind == TARGET_FILE)
		read_file(a, &s);
	else if (r == 0 && s.kind == TARGET_PROMETHEUS)
		r = add_fleet(a, &s);
	else if (r == 0)
		attach(a, &s);
	return r;
}

static int name_server(struct app *a)
{
	struct target_spec s;
	struct err e = { 0 };

	if (!a->o->prometheus)
		return 0;
	if (target_parse_server(a->o->prometheus, &s, &e) < 0) {
		app_complain("--prometheus: %s", e.text);
		return EXIT_USAGE;
	}
	take_server(a, &a->prometheus, &s);
	return 0;
}

int app_open(struct app *a, const struct options *o)
{
	const struct http_options h = {
		.user_agent = "gmptop/" VERSION,
		.files = o->files,
	};
	struct err e = { 0 };
	int r = 0;

	*a = (struct app){ .sink.push = on_push, .o = o, .signal_fd = open_signals() };
	curl_global_init(CURL_GLOBAL_ALL);
	a->model = model_new();
	a->loop = loop_new(&e);
	if (a->loop)
		a->http = http_new(a->loop, &h, &e);
	if (!a->http) {
		app_complain("%s", e.text);
		return EXIT_USAGE;
	}
	loop_watch(a->loop, a->signal_fd, on_signal, a);
	a->cost_timer = (struct loop_timer){ .fn = on_cost, .arg = a };
	loop_timer_set(a->loop, &a->cost_timer, 1);
	r = name_server(a);
	for (size_t i = 0; i < o->n_targets && r == 0; i++)
		r = app_add_target(a, o->targets[i]);
	return r;
}

void app_close(struct app *a)
{
	for (size_t i = 0; i < a->n_targets; i++)
		attach_free(a->attaches[i]);
	for (size_t i = 0; i < a->n_fleets; i++)
		fleet_free(a->fleets[i]);
	if (a->loop)
		loop_timer_stop(a->loop, &a->cost_timer);
	http_free(a->http);
	loop_free(a->loop);
	model_free(a->model);
	curl_global_cleanup();
	if (a->signal_fd >= 0)
		close(a->signal_fd);
}

bool app_ask(struct app *a, size_t target, enum profile_kind kind)
{
	return target < a->n_targets && a->attaches[target] &&
	       attach_ask(a->attaches[target], kind);
}

/* ---- how it stands ---- */

bool app_busy(const struct app *a)
{
	for (size_t i = 0; i < a->n_targets; i++) {
		if (a->attaches[i] && attach_busy(a->attaches[i]))
			return true;
	}
	for (size_t i = 0; i < a->n_fleets; i++) {
		if (fleet_busy(a->fleets[i]))
			return true;
	}
	return false;
}

uint32_t app_rounds(const struct app *a)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < a->n_targets; i++) {
		if (a->attaches[i] && !attach_gone(a->attaches[i]) &&
		    attach_rounds(a->attaches[i]) < least)
			least = attach_rounds(a->attaches[i]);
	}
	return least;
}

bool app_has_rates(const struct app *a)
{
	for (size_t i = 0; i < a->n_targets; i++) {
		for (int k = 0; k < SOURCE_COUNT; k++) {
			const struct source_status *s = &a->model->targets[i].sources[k];

			/* A server has its own rhythm, and gives two samples at once. */
			if (k != SOURCE_PROMETHEUS && s->state == SOURCE_OK && s->ok_count < 2 &&
			    s->every_ns <= a->o->interval_ns)
				return false;
		}
	}
	return true;
}

bool app_all_gone(const struct app *a)
{
	for (size_t i = 0; i < a->n_targets; i++) {
		if (a->attaches[i] && !attach_gone(a->attaches[i]))
			return false;
	}
	return a->n_fleets == 0;
}

/* The first reason that tells a person something: what failed before what is absent. */
static const char *why_not(const struct target *t)
{
	static const enum source_state order[] = { SOURCE_DENIED, SOURCE_FAILED, SOURCE_ABSENT };

	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++) {
		for (int i = 0; i < SOURCE_COUNT; i++) {
			if (t->is_url && (i == SOURCE_PROC || i == SOURCE_MEMORY))
				continue; /* of the process behind it: not what was asked for */
			if (t->sources[i].state == order[k] && t->sources[i].detail[0])
				return t->sources[i].detail;
		}
	}
	return "nothing answered";
}

/* A sentence that begins with the address needs no name before it. */
static void complain_of(const struct target *t)
{
	const char *why = why_not(t);

	if (strncmp(why, t->name, strlen(t->name)) == 0)
		app_complain("%s", why);
	else
		app_complain("%s: %s", t->name, why);
}

int app_reach_code(const struct app *a)
{
	size_t reached = 0;

	for (size_t i = 0; i < a->n_targets; i++) {
		const struct target *t = &a->model->targets[i];

		if (target_reached(t))
			reached++;
		else
			complain_of(t);
	}
	if (reached == a->n_targets)
		return 0;
	return reached ? EXIT_SOME : EXIT_UNREACHED;
}

uint64_t app_unix_ns(const struct app *a)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < a->n_targets; i++) {
		if (a->model->targets[i].now_unix_ns > newest)
			newest = a->model->targets[i].now_unix_ns;
	}
	return newest ? newest : clock_wall_ns();
}
