/* gmptop doctor: what works here, what does not, what would fix it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collectors/discover.h"
#include "core/base/clock.h"
#include "core/field.h"
#include "tui/commands.h"
#include "tui/draw.h"
#include "tui/out.h"
#include "tui/sampling.h"

static void put_sources(const struct target *t, uint64_t now_ns)
{
	out_textf(stdout, "%s%s%s\n", t->name, t->url ? "  " : "", t->url ? t->url : "");
	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct source_row row = target_source_row(t, (enum source)i, now_ns);
		const char *note = t->sources[i].note;

		out_textf(stdout, "  %-10s  %-7s  %s\n", row.name, row.state,
			  row.detail ? row.detail
			  : note[0]  ? note
				     : "works");
	}
}

static void put_exposure(const struct target *t)
{
	const struct build *b = t->build;

	if (t->health.status)
		out_textf(stdout, "  health      %.*s answers %d in %.1f ms\n",
			  (int)t->health.path.len, t->health.path.p, t->health.status,
			  (double)t->health.took_ns / 1e6);
	else if (t->url)
		printf("  health      none found (serve /healthz: orchestrators and gmptop look "
		       "there)\n");
	if (b && !b->vcs_revision.len)
		printf("  provenance  no VCS revision in the binary (build a package in its "
		       "repository, with git "
		       "installed, without -buildvcs=false)\n");
}

static int target_report(const struct options *o)
{
	static struct app a;
	int r = app_open(&a, o);

	if (r == 0) {
		struct sampling s = { .app = &a, .count = 1 };

		r = sampling_run(&s);
		for (size_t i = 0; r == 0 && i < a.n_targets; i++) {
			put_sources(&a.model->targets[i], clock_mono_ns());
			put_exposure(&a.model->targets[i]);
		}
		fflush(stdout);
		if (r == 0)
			r = app_reach_code(&a);
	}
	app_close(&a);
	return r;
}

/* ---- without a target: this host ---- */

static void put_file(const char *what, const char *path, const char *ok, const char *bad)
{
	bool there = access(path, R_OK) == 0;

	out_textf(stdout, "  %-10s  %-7s  %s\n", what, there ? "ok" : "absent", there ? ok : bad);
}

static void put_host(void)
{
	printf("this host\n");
	printf("  user        %-7s  %s\n", geteuid() == 0 ? "root" : "other",
	       geteuid() == 0 ? "every process can be looked at"
			      : "processes of other users show little (try as root)");
	put_file("/proc", "/proc/self/stat", "readable",
		 "not mounted: only addresses can be watched");
	put_file("BTF", "/sys/kernel/btf/vmlinux",
		 "the kernel describes its types; for a later version's kernel programs",
		 "the kernel has none (CONFIG_DEBUG_INFO_BTF); a later version's kernel programs "
		 "will not load");
}

static void put_processes(void)
{
	struct discover *d = discover_new();
	const struct go_process *p;
	size_t n;

	while (discover_step(d, NS_PER_S))
		;
	n = discover_rows(d, &p);
	printf("Go processes\n");
	if (!n)
		printf("  none found\n");
	for (size_t i = 0; i < n; i++)
		out_textf(stdout, "  %-8d %-20s %s\n", (int)p[i].pid, p[i].name, p[i].go);
	discover_free(d);
}

static int doctor_run(const struct options *o)
{
	if (o->n_targets)
		return target_report(o);
	put_host();
	put_processes();
	return 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.args = "[TARGET...]",
	.help = "what works here, what does not, what would fix it",
	.max_targets = TARGETS_MAX,
	.run = doctor_run,
};
