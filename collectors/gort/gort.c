#include "collectors/gort/gort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collectors/gort/sched.h"
#include "collectors/gort/sweep.h"
#include "collectors/procfs.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/xalloc.h"

enum {
	LOCATE_TRIES = 5,
	REASONS_MAX = 96,
};

struct gort {
	struct remote remote;
	struct image *image;
	const struct layout *layout;
	struct layout own_layout; /* from the target's DWARF */
	struct locations locations;
	unsigned failed;
	struct code code;
	struct arena arena;
	struct str reasons[REASONS_MAX];
	size_t n_reasons;
	struct sched_reader *sched;
	struct sweep *sweep;
	uint64_t start_ticks, auxv_hash; /* of this process, and of what it executes */
	uint64_t cpu_ns, last_cpu_ns;	 /* of the sweep under way, and of the last whole one */
	char provenance[256];
};

/* ---- is it still the same process, and the same program in it? ---- */

/* The auxiliary vector holds addresses that the kernel draws anew at each exec. */
static int auxv_hash(pid_t pid, uint64_t *ret)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0)
		return -ESRCH; /* it has no memory any more */
	*ret = hash_bytes(HASH_START, text, (size_t)n);
	return 0;
}

static int check_same(const struct gort *g, struct err *e)
{
	int pid = (int)g->remote.pid;
	uint64_t ticks = 0, hash = 0;

	if (procfs_start_ticks(g->remote.pid, &ticks, NULL) < 0 || ticks != g->start_ticks)
		return err_set(e, -ESRCH, "process %d has ended", pid);
	if (auxv_hash(g->remote.pid, &hash) < 0)
		return err_set(e, -ESRCH, "process %d is ending", pid);
	if (hash != g->auxv_hash)
		return err_set(e, -ESRCH, "process %d has become another program", pid);
	return 0;
}

/* ---- attaching ---- */

static int32_t code_sp_delta(void *arg, uint64_t pc, bool *ret_top)
{
	return image_sp_delta(arg, pc, ret_top);
}

static size_t code_frames(void *arg, uint64_t pc, struct frame *ret, size_t max)
{
	return image_frames(arg, pc, ret, max);
}

static uint64_t code_func_start(void *arg, uint64_t pc)
{
	uint64_t end;
	int f = image_func(arg, pc);

	return f < 0 ? 0 : image_func_start(arg, f, &end);
}

/* The target's own types where its version is not in the table. */
static int find_layout(struct gort *g, enum layout_match *ret_match, bool *ret_own, struct err *e)
{
	const char *version = image_go_version(g->image);
	char path[64];

	g->layout = layout_find(version, image_arch(g->image), ret_match, e);
	if (!g->layout)
		return -ENOTSUP;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)g->remote.pid);
	*ret_own = *ret_match != LAYOUT_EXACT &&
		   layout_from_dwarf(path, g->layout, &g->own_layout, NULL) == 0;
	if (*ret_own)
		g->layout = &g->own_layout;
	return 0;
}

static int find_variables(struct gort *g, struct err *e)
{
	int r = image_load_go(g->image, g->layout, e);

	for (int i = 0; r == 0 && i < LOCATE_TRIES; i++) {
		r = locate(g->image, g->layout, &g->remote, &g->locations, e);
		if (r != -EAGAIN)
			return r;
		r = i + 1 < LOCATE_TRIES ? 0 : r;
	}
	return r;
}

static void read_reasons(struct gort *g)
{
	const char *const *words = g->layout->wait_reasons;

	g->n_reasons = locate_wait_reasons(&g->remote, &g->locations, &g->arena, g->reasons,
					   REASONS_MAX);
	if (g->n_reasons)
		return;
	for (size_t i = 0; words && words[i] && i < REASONS_MAX; i++)
		g->reasons[g->n_reasons++] = str_of(words[i]);
}

static void say_provenance(struct gort *g, enum layout_match match, bool own, const char *why)
{
	static const char *const matches[] = {
		[LAYOUT_EXACT] = "exact",
		[LAYOUT_NEWEST] = "the newest known",
		[LAYOUT_UNKNOWN] = "the nearest known",
	};
	int symbols = 0, found = 0;

	for (int i = 0; i < LOC_COUNT; i++) {
		found += g->locations.at[i] != 0;
		symbols += g->locations.how[i] && strcmp(g->locations.how[i], "symbol") == 0;
	}
	snprintf(g->provenance, sizeof(g->provenance),
		 "%s: layout go%s, %s; %d of %d variables, %d by symbol; %s%.100s",
		 image_go_version(g->image), g->layout->version,
		 own ? "from its own debug information" : matches[match], found, LOC_COUNT, symbols,
		 g->failed ? "checks failed: " : "checks passed", g->failed ? why : "");
}

static int check_layout(struct gort *g, enum layout_match match, bool own, struct err *e)
{
	char why[160] = "";

	g->failed = layout_check(g->image, g->layout, &g->remote, &g->locations, why, sizeof(why));
	say_provenance(g, match, own, why);
	if (!(g->failed & CHECK_G) || !(g->failed & (CHECK_P | CHECK_SCHED)))
		return 0;
	return err_set(e, -ENOTSUP,
		       "%s: its runtime does not look like go%s, the %s layout (%s): a newer gmptop "
		       "may know it",
		       image_go_version(g->image), g->layout->version,
		       match == LAYOUT_EXACT ? "expected" : "newest known", why);
}

static void start_readers(struct gort *g)
{
	struct sched_target sched = {
		.remote = &g->remote,
		.layout = g->layout,
		.locations = &g->locations,
		.failed = g->failed,
	};
	struct sweep_target sweep = {
		.remote = &g->remote,
		.layout = g->layout,
		.locations = &g->locations,
		.code = &g->code,
		.wait_reasons = g->reasons,
		.n_wait_reasons = g->n_reasons,
	};

	g->code = (struct code){ g->image, code_sp_delta, code_frames, code_func_start };
	g->sched = sched_reader_new(&sched);
	g->sweep = g->failed & CHECK_G ? NULL : sweep_new(&sweep);
}

static int attach(struct gort *g, bool ignore_symbols, struct err *e)
{
	enum layout_match match = LAYOUT_EXACT;
	bool own = false;
	int r = procfs_start_ticks(g->remote.pid, &g->start_ticks, e);

	if (r == 0)
		r = image_open(&g->remote, ignore_symbols, &g->image, e);
	if (r == 0)
		r = auxv_hash(g->remote.pid, &g->auxv_hash);
	if (r == -EPERM || r == -EACCES)
		remote_explain(g->remote.pid, r, e);
	if (r < 0)
		return r;
	r = find_layout(g, &match, &own, e);
	if (r == 0)
		r = find_variables(g, e);
	if (r == 0)
		r = check_layout(g, match, own, e);
	if (r < 0)
		return r;
	read_reasons(g);
	start_readers(g);
	return 0;
}

int gort_open(pid_t pid, bool ignore_symbols, struct gort **ret, struct err *e)
{
	struct gort *g = xcalloc(1, sizeof(*g));
	int r;

	g->remote.pid = pid;
	r = attach(g, ignore_symbols, e);
	if (r < 0) {
		gort_close(g);
		return r;
	}
	*ret = g;
	return 0;
}

void gort_close(struct gort *g)
{
	if (!g)
		return;
	sweep_free(g->sweep);
	sched_reader_free(g->sched);
	image_close(g->image);
	arena_release(&g->arena);
	free(g);
}

const char *gort_provenance(const struct gort *g)
{
	return g->provenance;
}

/* ---- reading ---- */

/* What a failed reading means: gone, refused since, or only torn. */
static int explain(struct gort *g, int r, struct err *e)
{
	int same;

	if (r >= 0)
		return r;
	same = check_same(g, e);
	if (same < 0)
		return same;
	if (r == -EPERM || r == -EACCES)
		remote_explain(g->remote.pid, r, e);
	else
		err_set(e, r, "process %d changed while it was read", (int)g->remote.pid);
	return r;
}

int gort_read_sched(struct gort *g, const struct sched_sample **ret, struct err *e)
{
	int r = check_same(g, e);

	if (r == 0)
		r = explain(g, sched_read(g->sched, ret), e);
	return r;
}

int gort_read_queues(struct gort *g, uint16_t *depth, size_t max)
{
	return sched_read_queues(g->sched, depth, max);
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

int gort_sweep(struct gort *g, uint64_t now_ns, uint64_t budget_ns, struct err *e)
{
	uint64_t begin = clock_mono_ns(), cpu = thread_cpu_ns();
	int r;

	if (!g->sweep)
		return err_set(e, -ENOTSUP, "goroutines cannot be read: %s", g->provenance);
	do {
		r = sweep_step(g->sweep, now_ns);
	} while (r == 1 && clock_mono_ns() - begin < budget_ns);
	g->cpu_ns += thread_cpu_ns() - cpu;
	if (r == 1)
		return 1;
	g->last_cpu_ns = g->cpu_ns;
	g->cpu_ns = 0;
	return explain(g, r, e);
}

const struct goroutines *gort_goroutines(const struct gort *g)
{
	return g->sweep ? sweep_goroutines(g->sweep) : NULL;
}

void gort_honesty(const struct gort *g, struct gort_honesty *ret)
{
	struct sweep_counts c = { 0 };

	if (g->sweep)
		sweep_counts(g->sweep, &c);
	*ret = (struct gort_honesty){
		.goroutines = c.goroutines,
		.unknown = c.unknown,
		.torn = c.torn,
		.bad_pc = c.bad_pc,
		.cut = c.cut,
		.sweep_ns = g->last_cpu_ns,
		.stacks_read = c.stacks_read,
		.stacks_kept = c.stacks_kept,
	};
}
