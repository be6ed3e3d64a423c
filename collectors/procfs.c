#include "collectors/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collectors/cgroup.h"
#include "collectors/procfile.h"
#include "core/base/clock.h"

static uint64_t ticks_to_ns(uint64_t ticks)
{
	return ticks * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* The start of a process is told on the clock that also counts time asleep. */
static uint64_t boot_wall_ns(void)
{
	return clock_wall_ns() - clock_boot_ns();
}

/* A process that ended and waits for its parent still has a stat. */
static int read_stat(int dir, struct procfile *f, struct pid_stat *ret)
{
	int r = procfile_read(dir, "stat", f);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	if (!parse_pid_stat(f->text, ret))
		return -EBADMSG;
	return ret->state == 'Z' || ret->state == 'X' ? -ESRCH : 0;
}

static int stat_failed(pid_t pid, int r, struct err *e)
{
	if (r == -ESRCH)
		return procfile_gone(pid, e);
	return err_set(e, r, "/proc/%d/stat: %s", (int)pid, strerror(-r));
}

/* Without memory of its own it has ended, or never was in user space. Read last, this proves
 * that all before was read from a living process. */
static int read_rss(int dir, uint64_t *ret_bytes)
{
	struct procfile f;
	uint64_t size, rss;
	int r = procfile_read(dir, "statm", &f);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	if (!parse_statm(f.text, &size, &rss))
		return -EBADMSG;
	if (size == 0)
		return -ESRCH;
	*ret_bytes = rss * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

/* UINT64_MAX: we may not. */
static uint64_t count_fds(int dir)
{
	struct stat st;
	uint64_t n = 0;
	DIR *d;

	/* Since Linux 6.2 the directory's size is the number; before it is 0. */
	if (fstatat(dir, "fd", &st, 0) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	d = procfile_dir(dir, "fd");
	if (!d)
		return UINT64_MAX;
	for (struct dirent *de; (de = readdir(d));)
		n += de->d_name[0] != '.';
	closedir(d);
	return n;
}

/* At most ret->n_threads rows: threads that start meanwhile come with the next reading. */
static void read_threads(int dir, struct arena *a, struct process *ret)
{
	size_t max = ret->n_threads < PROCFS_THREADS_MAX ? ret->n_threads : PROCFS_THREADS_MAX;
	struct thread *rows = arena_alloc(a, max * sizeof(*rows));
	DIR *d = procfile_dir(dir, "task");
	size_t n = 0;

	for (struct dirent *de; d && n < max && (de = readdir(d));) {
		char name[sizeof(de->d_name) + sizeof("/stat")];
		struct procfile f;
		struct pid_stat st;

		if (de->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/stat", de->d_name);
		if (procfile_read(dirfd(d), name, &f) < 0 || !parse_pid_stat(f.text, &st))
			continue; /* a thread may end at any time */
		rows[n++] = (struct thread){ (int32_t)strtol(de->d_name, NULL, 10), st.state,
					     ticks_to_ns(st.cpu_ticks) };
	}
	if (d)
		closedir(d);
	ret->threads = rows;
	ret->n_thread_rows = n;
}

/* The base name of what exe links to; false if there is none or it is not ours to read. */
static bool read_exe_name(int dir, char *buf, size_t n, struct str *ret)
{
	static const char deleted[] = " (deleted)";
	ssize_t len = readlinkat(dir, "exe", buf, n);
	const char *slash;
	struct str path;

	if (len <= 0)
		return false;
	path = (struct str){ buf, (uint32_t)len };
	if (str_ends(path, deleted))
		path.len -= sizeof(deleted) - 1;
	slash = memrchr(path.p, '/', path.len);
	if (slash)
		path = (struct str){ slash + 1, path.len - (uint32_t)(slash + 1 - path.p) };
	*ret = path;
	return path.len > 0;
}

int procfs_read(pid_t pid, struct arena *a, struct process *ret, struct err *e)
{
	struct process p = { .pid = pid };
	struct cgroup_cpu cg;
	struct pid_stat st;
	struct procfile f;
	char exe[PATH_MAX];
	int dir = procfile_open(pid, e), r;

	if (dir < 0)
		return dir;
	r = read_stat(dir, &f, &st);
	if (r < 0)
		goto out;
	if (!read_exe_name(dir, exe, sizeof(exe), &p.name))
		p.name = st.comm;
	p.name = arena_str(a, p.name);
	p.start_wall_ns = boot_wall_ns() + ticks_to_ns(st.start_ticks);
	p.cpu_ns = ticks_to_ns(st.cpu_ticks);
	p.n_threads = st.n_threads;
	p.n_fds = count_fds(dir);
	read_threads(dir, a, &p);
	cgroup_read(dir, &cg);
	p.cpu_quota = cg.quota_cores;
	p.throttled_ns = cg.throttled_ns;
	r = read_rss(dir, &p.rss_bytes);
out:
	close(dir);
	if (r < 0)
		return stat_failed(pid, r, e);
	*ret = p;
	return 0;
}

int procfs_start_ticks(pid_t pid, uint64_t *ret, struct err *e)
{
	struct pid_stat st;
	struct procfile f;
	int dir = procfile_open(pid, e), r;

	if (dir < 0)
		return dir;
	r = read_stat(dir, &f, &st);
	close(dir);
	if (r < 0)
		return stat_failed(pid, r, e);
	*ret = st.start_ticks;
	return 0;
}

static double boot_s(void)
{
	char line[4096];
	double ret = NAN;
	FILE *f = fopen("/proc/stat", "re");

	while (f && isnan(ret) && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "btime ", 6) == 0)
			ret = strtod(line + 6, NULL);
	}
	if (f)
		fclose(f);
	return ret;
}

int procfs_start_s(pid_t pid, double *ret, struct err *e)
{
	double boot = boot_s();
	uint64_t ticks;
	int r = procfs_start_ticks(pid, &ticks, e);

	if (r < 0)
		return r;
	if (isnan(boot))
		return err_set(e, -ENODATA, "/proc/stat: no btime");
	*ret = boot + (double)ticks_to_ns(ticks) / 1e9;
	return 0;
}

int procfs_name(pid_t pid, char *ret, size_t n, struct err *e)
{
	struct pid_stat st;
	struct procfile f;
	struct str name;
	char exe[PATH_MAX];
	int dir = procfile_open(pid, e), r;

	if (dir < 0)
		return dir;
	r = read_stat(dir, &f, &st);
	if (r == 0 && !read_exe_name(dir, exe, sizeof(exe), &name))
		name = st.comm;
	close(dir);
	if (r < 0)
		return stat_failed(pid, r, e);
	snprintf(ret, n, "%.*s", (int)name.len, name.p);
	return 0;
}
