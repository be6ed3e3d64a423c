#include "collectors/gort/gort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/gort/objects.h"
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

enum attach_stage {
	STAGE_OPEN,
	STAGE_SYMBOLS,
	STAGE_TABLES,
	STAGE_LOCATE,
	STAGE_CHECK,
	STAGE_READERS,
	STAGE_OVER,
};

/* Between the steps of attaching. */
struct attaching {
	enum attach_stage stage;
	bool ignore_symbols;
	const char *symbols[LOCATION_SYMBOLS];
	struct locator *locator;
	int tries;
	enum layout_match match;
	bool own_layout;
};

struct gort {
	struct remote remote;
	struct attaching attaching;
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
	struct objects *objects;
	uint64_t start_ticks, auxv_hash; /* of this process, and of what it executes */
	uint64_t cpu_ns, last_cpu_ns;	 /* of the sweep under way, and of the last whole one */
	uint64_t scan_ns, last_scan_ns;	 /* likewise of scans for objects */
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

static struct str code_func_name(void *arg, uint64_t pc)
{
	return image_func_name(arg, pc);
}

/* The target's own types where its version is not in the table. */
static int find_layout(struct gort *g, struct err *e)
{
	struct attaching *a = &g->attaching;
	char path[64];

	g->layout = layout_find(image_go_version(g->image), image_arch(g->image), &a->match, e);
	if (!g->layout)
		return -ENOTSUP;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)g->remote.pid);
	a->own_layout = a->match != LAYOUT_EXACT &&
			layout_from_dwarf(path, g->layout, &g->own_layout, NULL) == 0;
	if (a->own_layout)
		g->layout = &g->own_layout;
	return 0;
}

static int open_image(struct gort *g, struct err *e)
{
	int r = procfs_start_ticks(g->remote.pid, &g->start_ticks, e);

	if (r == 0)
		r = image_open(&g->remote, g->attaching.ignore_symbols, &g->image, e);
	if (r == 0)
		r = auxv_hash(g->remote.pid, &g->auxv_hash);
	if (r == -EPERM || r == -EACCES)
		remote_explain(g->remote.pid, r, e);
	return r < 0 ? r : find_layout(g, e);
}

static int find_symbols(struct gort *g, uint64_t until_ns)
{
	const char **names = g->attaching.symbols;

	return image_find_symbols(g->image, names, location_symbols(names), until_ns) ? 0 : 1;
}

static int find_variables(struct gort *g, uint64_t until_ns, struct err *e)
{
	struct attaching *a = &g->attaching;
	int r;

	if (!a->locator)
		a->locator = locator_new(g->image, g->layout, &g->remote);
	r = locator_step(a->locator, until_ns, &g->locations, e);
	return r == -EAGAIN && ++a->tries < LOCATE_TRIES ? 1 : r;
}

static void read_reasons(struct gort *g)
{
	const char *const *words = g->layout->wait_reasons;

	g->n_reasons =
		locate_wait_reasons(&g->remote, &g->locations, &g->arena, g->reasons, REASONS_MAX);
	if (g->n_reasons)
		return;
	for (size_t i = 0; words && words[i] && i < REASONS_MAX; i++)
		g->reasons[g->n_reasons++] = str_of(words[i]);
}

static void say_provenance(struct gort *g, const char *why)
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
		 g->attaching.own_layout ? "from its own debug information"
					 : matches[g->attaching.match],
		 found, LOC_COUNT, symbols, g->failed ? "checks failed: " : "checks passed",
		 g->failed ? why : "");
}

static int check_layout(struct gort *g, struct err *e)
{
	char why[160] = "";

	g->failed = layout_check(g->image, g->layout, &g->remote, &g->locations, why, sizeof(why));
	say_provenance(g, why);
	if (!(g->failed & CHECK_G) || !(g->failed & (CHECK_P | CHECK_SCHED)))
		return 0;
	return err_set(
		e, -ENOTSUP,
		"%s: its runtime does not look like go%s, the %s layout (%s): a newer gmptop "
		"may know it",
		image_go_version(g->image), g->layout->version,
		g->attaching.match == LAYOUT_EXACT ? "expected" : "newest known", why);
}

static int start_readers(struct gort *g)
{
	struct sched_target sched = {
		.remote = &g->remote,
		.layout = g->layout,
		.locations = &g->locations,
		.code = &g->code,
		.failed = g->failed,
	};
	struct sweep_target sweep = {
		.remote = &g->remote,
		.layout = g->layout,
		.locations = &g->locations,
		.code = &g->code,
		.wait_reasons = g->reasons,
	};

	read_reasons(g);
	sweep.n_wait_reasons = g->n_reasons;
	g->code = (struct code){ g->image, code_sp_delta, code_frames, code_func_start,
				 code_func_name };
	g->sched = sched_reader_new(&sched);
	g->sweep = g->failed & CHECK_G ? NULL : sweep_new(&sweep);
	g->objects = objects_new(&g->remote, g->layout, &g->locations, g->image);
	return 0;
}

static int attach_stage(struct gort *g, uint64_t until_ns, struct err *e)
{
	switch (g->attaching.stage) {
	case STAGE_OPEN:
		return open_image(g, e);
	case STAGE_SYMBOLS:
		return find_symbols(g, until_ns);
	case STAGE_TABLES:
		return image_load_go(g->image, g->layout, until_ns, e);
	case STAGE_LOCATE:
		return find_variables(g, until_ns, e);
	case STAGE_CHECK:
		return check_layout(g, e);
	case STAGE_READERS:
		return start_readers(g);
	default:
		return 0;
	}
}

struct gort *gort_begin(pid_t pid, bool ignore_symbols)
{
	struct gort *g = xcalloc(1, sizeof(*g));

	g->remote.pid = pid;
	g->attaching.ignore_symbols = ignore_symbols;
	return g;
}

int gort_attach(struct gort *g, uint64_t budget_ns, struct err *e)
{
	struct attaching *a = &g->attaching;
	uint64_t until = clock_mono_ns() + budget_ns;

	while (a->stage != STAGE_OVER) {
		int r = attach_stage(g, until, e);

		if (r < 0)
			return r;
		if (r == 0)
			a->stage++;
		if (a->stage != STAGE_OVER && clock_mono_ns() >= until)
			return 1;
	}
	locator_free(a->locator);
	a->locator = NULL;
	return 0;
}

int gort_open(pid_t pid, bool ignore_symbols, struct gort **ret, struct err *e)
{
	struct gort *g = gort_begin(pid, ignore_symbols);
	int r;

	do {
		r = gort_attach(g, NS_PER_MS, e);
	} while (r == 1);
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
	locator_free(g->attaching.locator);
	objects_free(g->objects);
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

int gort_sweep(struct gort *g, uint64_t now_ns, uint64_t budget_ns, struct err *e)
{
	uint64_t begin = clock_mono_ns(), cpu = clock_cpu_ns();
	int r;

	if (!g->sweep)
		return err_set(e, -ENOTSUP, "goroutines cannot be read: %s", g->provenance);
	do {
		r = sweep_step(g->sweep, now_ns);
	} while (r == 1 && clock_mono_ns() - begin < budget_ns);
	g->cpu_ns += clock_cpu_ns() - cpu;
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

int gort_scan_objects(struct gort *g, uint64_t now_ns, uint64_t budget_ns, struct err *e)
{
	uint64_t cpu = clock_cpu_ns();
	int r;

	do {
		r = objects_step(g->objects);
	} while (r == 1 && clock_mono_ns() - now_ns < budget_ns);
	g->scan_ns += clock_cpu_ns() - cpu;
	if (r == 1)
		return 1;
	g->last_scan_ns = g->scan_ns;
	g->scan_ns = 0;
	if (r == -ENOTSUP)
		return err_set(e, r,
			       "process %d uses no circuit breaker or rate limiter that is known",
			       (int)g->remote.pid);
	return explain(g, r, e);
}

int gort_read_objects(struct gort *g, uint64_t unix_ns, const struct objects_sample **ret)
{
	return objects_read(g->objects, unix_ns, ret);
}

void gort_honesty(const struct gort *g, struct gort_honesty *ret)
{
	struct sweep_counts c = { 0 };
	struct objects_counts o;

	if (g->sweep)
		sweep_counts(g->sweep, &c);
	objects_counts(g->objects, &o);
	*ret = (struct gort_honesty){
		.goroutines = c.goroutines,
		.unknown = c.unknown,
		.torn = c.torn,
		.bad_pc = c.bad_pc,
		.cut = c.cut,
		.sweep_ns = g->last_cpu_ns,
		.stacks_read = c.stacks_read,
		.stacks_kept = c.stacks_kept,
		.scan_ns = g->last_scan_ns,
		.scan_bytes = o.bytes,
		.scan_cut = o.cut,
	};
}
