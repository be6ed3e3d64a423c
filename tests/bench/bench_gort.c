/* What reading a Go program from outside costs: attaching, the fast read, and a sweep over as many
 * goroutines, of which nearly none has changed since the last; and how long the largest step of
 * each holds the loop. CPU time; the best of some rounds, but for a first sweep, which there is
 * only once. GORT_BENCH_MAX=1000000 goes on to a million, which takes a minute and 4 GB. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collectors/gort/gort.h"
#include "core/base/clock.h"

enum {
	ROUNDS = 20,
	KIND_MAX = 100000, /* goroutines that lab makes of one kind */
	ARGS_MAX = 32,
};

static void die(const char *what)
{
	fprintf(stderr, "bench_gort: %s\n", what);
	exit(1);
}

static int first_args(char *args[ARGS_MAX])
{
	static char lab[512], listen[] = "-listen=", life[] = "-for=10m";
	const char *build = getenv("B");

	snprintf(lab, sizeof(lab), "%s/services/lab", build ? build : "build");
	args[0] = lab;
	args[1] = listen;
	args[2] = life;
	return 3;
}

static void special_args(char *args[ARGS_MAX], const char *flag, const char *count)
{
	static char copy[32];
	int i = first_args(args);

	snprintf(copy, sizeof(copy), "%s=%s", flag, count);
	args[i++] = copy;
	args[i] = NULL;
}

/* The arguments that make lab start n goroutines, of several kinds. */
static void lab_args(char *args[ARGS_MAX], long n)
{
	static const char *const kinds[] = {
		"chan-recv", "select", "chan-send", "nilchan", "mutex",
		"select0",   "wg",     "cond",	    "closure", "inline"
	};
	static char flags[10][32];
	int i = first_args(args);

	for (int k = 0; k < 10 && n > 0; k++, n -= KIND_MAX) {
		snprintf(flags[k], sizeof(flags[k]), "-%s=%ld", kinds[k],
			 n < KIND_MAX ? n : (long)KIND_MAX);
		args[i++] = flags[k];
	}
	args[i] = NULL;
}

/* Returns once it has all its goroutines. */
static pid_t start_lab(char **args)
{
	static char line[1 << 20];
	int out[2];
	FILE *f;
	pid_t pid;

	if (pipe(out) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		execv(args[0], args);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "re");
	if (pid < 0 || !f || !fgets(line, sizeof(line), f))
		die("lab did not start (make services)");
	fclose(f);
	return pid;
}

/* CPU time of all steps, and of the largest. */
struct cost {
	uint64_t all_ns, step_ns;
};

static void add_step(struct cost *c, uint64_t begin_ns)
{
	uint64_t t = clock_cpu_ns() - begin_ns;

	c->all_ns += t;
	c->step_ns = t > c->step_ns ? t : c->step_ns;
}

static struct cost sweep_once(struct gort *g)
{
	struct cost c = { 0 };
	struct err e = { 0 };
	int r;

	do {
		uint64_t begin = clock_cpu_ns();

		r = gort_sweep(g, clock_mono_ns(), 0, &e);
		add_step(&c, begin);
	} while (r == 1);
	if (r < 0)
		die(e.text);
	return c;
}

static struct gort *attach(pid_t pid, bool ignore_symbols, struct cost *ret)
{
	struct gort *g = gort_begin(pid, ignore_symbols);
	struct err e = { 0 };
	int r;

	*ret = (struct cost){ 0 };
	do {
		uint64_t begin = clock_cpu_ns();

		r = gort_attach(g, 0, &e);
		add_step(ret, begin);
	} while (r == 1);
	if (r < 0)
		die(e.text);
	return g;
}

static void say(const char *what, const char *kind, long n, const struct cost *c)
{
	printf("gort_%s%s_%ld %.3f ms, largest step %.2f ms\n", what, kind, n,
	       (double)c->all_ns / 1e6, (double)c->step_ns / 1e6);
}

static void bench_fast(struct gort *g, long n)
{
	uint64_t sched = UINT64_MAX, queues = UINT64_MAX;
	const struct sched_sample *s;
	uint16_t depth[64];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin = clock_mono_ns(), middle;

		gort_read_sched(g, &s, NULL);
		middle = clock_mono_ns();
		gort_read_queues(g, depth, 64);
		sched = middle - begin < sched ? middle - begin : sched;
		queues = clock_mono_ns() - middle < queues ? clock_mono_ns() - middle : queues;
	}
	printf("gort_sched_%ld %.1f us\n", n, (double)sched / 1e3);
	printf("gort_queues_%ld %.1f us\n", n, (double)queues / 1e3);
}

static void bench_attach(pid_t pid, long n)
{
	static const char *const kinds[] = { "", "_stripped" };

	for (int k = 0; k < 2; k++) {
		struct cost best = { UINT64_MAX, 0 }, c;

		for (int i = 0; i < ROUNDS; i++) {
			gort_close(attach(pid, k == 1, &c));
			best = c.all_ns < best.all_ns ? c : best;
		}
		say("attach", kinds[k], n, &best);
	}
}

static void bench_sweeps(struct gort *g, const char *kind, long n)
{
	struct cost first = sweep_once(g), best = { UINT64_MAX, 0 };

	say("first_sweep", kind, n, &first);
	for (int i = 0; i < ROUNDS; i++) {
		struct cost c = sweep_once(g);

		best = c.all_ns < best.all_ns ? c : best;
	}
	say("sweep", kind, n, &best);
}

static void bench_one(char **args, const char *kind, long n)
{
	pid_t pid = start_lab(args);
	struct cost c;
	struct gort *g;

	if (n == 1000 && !kind[0])
		bench_attach(pid, n);
	g = attach(pid, false, &c);
	bench_sweeps(g, kind, n);
	if (!kind[0])
		bench_fast(g, n);
	gort_close(g);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	char *args[ARGS_MAX];
	const char *max = getenv("GORT_BENCH_MAX");

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (long n = 1000; n <= (max ? atol(max) : 100000); n *= 10) {
		lab_args(args, n);
		bench_one(args, "", n);
	}
	special_args(args, "-labels", "100000");
	bench_one(args, "_labelled", 100000);
	special_args(args, "-deep", "1000");
	bench_one(args, "_deep", 1000);
	return 0;
}
