/* The process itself: CPU, memory, threads and files from /proc, the build from its binary. */
#include <errno.h>

#include "collectors/collector.h"
#include "collectors/elf.h"
#include "collectors/procfs.h"
#include "core/base/clock.h"

struct proc_state {
	struct arena arena;	  /* of one round */
	struct arena build_arena; /* of one process */
	struct build build;
	bool has_build;
	pid_t build_pid;
};

static void read_build(struct proc_state *s, pid_t pid)
{
	char path[64];

	if (s->build_pid == pid)
		return;
	s->build_pid = pid;
	arena_clear(&s->build_arena);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	s->has_build = elf_build(path, &s->build_arena, &s->build, NULL) == 0;
}

/* Another process under the same number is not the target. */
static int read_process(struct collector *c, struct process *ret, struct err *e)
{
	struct proc_state *s = c->state;
	const struct site *site = c->site;
	uint64_t start = 0;
	int r;

	arena_clear(&s->arena);
	r = procfs_start_ticks(site->pid, &start, e);
	if (r == 0 && site->start_ticks && start != site->start_ticks)
		r = -ESRCH;
	if (r == 0)
		r = procfs_read(site->pid, &s->arena, ret, e);
	if (r < 0)
		return r;
	read_build(s, site->pid);
	ret->build = s->has_build ? &s->build : NULL;
	return 0;
}

static void proc_tick(struct collector *c, uint64_t now_ns)
{
	struct process p;
	struct sample sm = {
		.target = c->site->target,
		.source = SOURCE_PROC,
		.unix_ns = clock_wall_ns(),
		.state = SOURCE_ABSENT,
	};
	int r;

	(void)now_ns;
	sm.t_ns = clock_mono_ns(); /* CPU time is a rate: the moment of reading counts */
	if (!c->site->pid) {
		sm.why = c->site->no_pid;
		c->sink->push(c->sink, &sm);
		return;
	}
	r = read_process(c, &p, &sm.why);
	if (r == -ESRCH) {
		site_ended(c->site, sm.unix_ns);
		return;
	}
	sm.state = r == 0 ? SOURCE_OK : r == -EACCES || r == -EPERM ? SOURCE_DENIED : SOURCE_FAILED;
	sm.process = r == 0 ? &p : NULL;
	c->sink->push(c->sink, &sm);
}

static void proc_close(struct collector *c)
{
	struct proc_state *s = c->state;

	arena_release(&s->arena);
	arena_release(&s->build_arena);
}

const struct collector_ops proc_ops = {
	.name = "proc",
	.source = SOURCE_PROC,
	.state_size = sizeof(struct proc_state),
	.tick = proc_tick,
	.close = proc_close,
};
