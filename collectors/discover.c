#include "collectors/discover.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/elf.h"
#include "collectors/procfs.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

/* What is remembered of a process from round to round; most are not Go and are asked only once. */
struct known {
	pid_t pid;
	uint64_t start_ticks;
	bool is_go;
	char go[48];
	uint64_t cpu_ns, at_ns; /* of the last reading; at_ns 0: none */
	bool seen;		/* in this round */
};

struct discover {
	struct procfs_walk *walk; /* NULL: between two rounds */
	struct known *known;
	size_t n_known, known_cap;
	struct go_process *rows, *building;
	size_t n_rows, n_building, rows_cap, building_cap;
	struct arena arena;
};

struct discover *discover_new(void)
{
	return xcalloc(1, sizeof(struct discover));
}

void discover_free(struct discover *d)
{
	if (!d)
		return;
	procfs_walk_free(d->walk);
	free(d->known);
	free(d->rows);
	free(d->building);
	arena_release(&d->arena);
	free(d);
}

static struct known *find_known(struct discover *d, pid_t pid, uint64_t start_ticks)
{
	char path[64];
	struct known *k;

	for (size_t i = 0; i < d->n_known; i++) {
		if (d->known[i].pid == pid && d->known[i].start_ticks == start_ticks)
			return &d->known[i];
	}
	GROW(d->known, d->n_known, d->known_cap);
	k = &d->known[d->n_known++];
	*k = (struct known){ .pid = pid, .start_ticks = start_ticks };
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	k->is_go = elf_go_version(path, k->go, sizeof(k->go), NULL) == 0;
	return k;
}

static void add_row(struct discover *d, struct known *k, const struct process *p, uint64_t now_ns)
{
	struct go_process *row;

	GROW(d->building, d->n_building, d->building_cap);
	row = &d->building[d->n_building++];
	*row = (struct go_process){ .pid = k->pid,
				    .start_wall_ns = p->start_wall_ns,
				    .rss_bytes = p->rss_bytes };
	snprintf(row->name, sizeof(row->name), "%.*s", (int)p->name.len, p->name.p);
	snprintf(row->go, sizeof(row->go), "%s", k->go);
	row->cpu_pct = NAN;
	if (k->at_ns && now_ns > k->at_ns && p->cpu_ns >= k->cpu_ns)
		row->cpu_pct = (double)(p->cpu_ns - k->cpu_ns) * 100 / (double)(now_ns - k->at_ns);
	k->cpu_ns = p->cpu_ns;
	k->at_ns = now_ns;
}

static void look_at(struct discover *d, pid_t pid)
{
	struct process p;
	struct known *k;
	uint64_t start;

	if (procfs_start_ticks(pid, &start, NULL) < 0)
		return;
	k = find_known(d, pid, start);
	k->seen = true;
	arena_clear(&d->arena);
	if (k->is_go && procfs_read(pid, &d->arena, &p, NULL) == 0)
		add_row(d, k, &p, clock_mono_ns());
}

static int by_cpu(const void *a, const void *b)
{
	const struct go_process *x = a, *y = b;
	double cx = isnan(x->cpu_pct) ? 0 : x->cpu_pct, cy = isnan(y->cpu_pct) ? 0 : y->cpu_pct;

	if (cx != cy)
		return cx < cy ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void end_round(struct discover *d)
{
	struct go_process *rows = d->rows;
	size_t cap = d->rows_cap, n = 0;

	procfs_walk_free(d->walk);
	d->walk = NULL;
	for (size_t i = 0; i < d->n_known; i++) {
		if (d->known[i].seen)
			d->known[n++] = d->known[i];
	}
	d->n_known = n;
	if (d->n_building)
		qsort(d->building, d->n_building, sizeof(*d->building), by_cpu);
	d->rows = d->building;
	d->n_rows = d->n_building;
	d->rows_cap = d->building_cap;
	d->building = rows;
	d->building_cap = cap;
}

static bool begin_round(struct discover *d)
{
	d->walk = procfs_walk_new(NULL);
	d->n_building = 0;
	for (size_t i = 0; i < d->n_known; i++)
		d->known[i].seen = false;
	return d->walk;
}

bool discover_step(struct discover *d, uint64_t budget_ns)
{
	uint64_t end_ns = clock_mono_ns() + budget_ns;
	pid_t pid;

	if (!d->walk && !begin_round(d))
		return false;
	while ((pid = procfs_walk_next(d->walk))) {
		look_at(d, pid);
		if (clock_mono_ns() >= end_ns)
			return true;
	}
	end_round(d);
	return false;
}

size_t discover_rows(const struct discover *d, const struct go_process **ret)
{
	*ret = d->rows;
	return d->n_rows;
}
