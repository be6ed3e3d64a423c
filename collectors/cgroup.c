#include "collectors/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "collectors/parse/procstat.h"
#include "collectors/procfile.h"

enum { LEVELS_MAX = 32 };

/* Where a cgroup is in our file system. */
struct place {
	char path[2 * PATH_MAX];
	int levels; /* below the mount point */
};

/* mountinfo writes blanks and backslashes as three octal digits. */
static size_t unescape(struct str s, char *out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s.len; i++) {
		const char *p = s.p + i;

		if (*p == '\\' && s.len - i > 3) {
			out[n++] = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		} else {
			out[n++] = *p;
		}
	}
	return n;
}

/* False: the cgroup is not below this mount, or outside our cgroup namespace. */
static bool place_below(const struct cgroup_mount *m, struct str path, struct place *ret)
{
	struct str rest = path;
	size_t n;

	if (m->root.len >= PATH_MAX || m->point.len >= PATH_MAX || path.len >= PATH_MAX)
		return false;
	if (m->root.len > 1) {
		n = unescape(m->root, ret->path);
		if (path.len < n || memcmp(path.p, ret->path, n) != 0 ||
		    (path.len > n && path.p[n] != '/'))
			return false;
		rest = (struct str){ path.p + n, path.len - (uint32_t)n };
	}
	if (str_has(rest, "/../") || str_ends(rest, "/.."))
		return false;
	n = unescape(m->point, ret->path);
	memcpy(ret->path + n, rest.p, rest.len);
	ret->path[n + rest.len] = '\0';
	ret->levels = 0;
	for (uint32_t i = 0; i + 1 < rest.len; i++)
		ret->levels += rest.p[i] == '/';
	return true;
}

/* mountinfo may be long, but the kernel lists in order of mounting and cgroups come early. */
static bool find_place(const struct cgroup *cg, struct place *ret)
{
	struct proclines l;
	struct str line;
	bool found = false;

	if (proclines_open(&l, AT_FDCWD, "/proc/self/mountinfo") < 0)
		return false;
	while (!found && proclines_next(&l, &line)) {
		struct cgroup_mount m;

		found = parse_cgroup_mount(line, cg->v1, &m) && place_below(&m, cg->path, ret);
	}
	proclines_close(&l);
	return found;
}

/* In cores; INFINITY: none here. */
static double read_quota(int dir, bool v1)
{
	struct procfile quota, period;
	double cores;

	if (v1) {
		if (procfile_read(dir, "cpu.cfs_quota_us", &quota) == 0 &&
		    procfile_read(dir, "cpu.cfs_period_us", &period) == 0 &&
		    parse_cfs_quota(quota.text, period.text, &cores))
			return cores;
	} else if (procfile_read(dir, "cpu.max", &quota) == 0 &&
		   parse_cpu_max(quota.text, &cores)) {
		return cores;
	}
	return INFINITY;
}

static uint64_t read_throttled(int dir)
{
	struct procfile f;
	uint64_t ns;

	if (procfile_read(dir, "cpu.stat", &f) < 0 || !parse_throttled(f.text, &ns))
		return UINT64_MAX;
	return ns;
}

/* From the group up to its mount point. */
static void read_levels(const struct place *at, bool v1, struct cgroup_cpu *ret)
{
	int dir = open(at->path, O_PATH | O_DIRECTORY | O_CLOEXEC), up;
	double tightest = INFINITY;

	for (int i = 0; dir >= 0; i++) {
		double cores = read_quota(dir, v1);

		if (i == 0 || cores < tightest) {
			tightest = cores;
			ret->throttled_ns = read_throttled(dir);
		}
		up = i < at->levels && i < LEVELS_MAX
			     ? openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)
			     : -1;
		close(dir);
		dir = up;
	}
	if (isfinite(tightest))
		ret->quota_cores = tightest;
}

void cgroup_read(int proc_dir, struct cgroup_cpu *ret)
{
	struct procfile f;
	struct cgroup cg;
	struct place at;

	*ret = (struct cgroup_cpu){ .quota_cores = NAN, .throttled_ns = UINT64_MAX };
	if (procfile_read(proc_dir, "cgroup", &f) == 0 && parse_cgroup(f.text, &cg) &&
	    find_place(&cg, &at))
		read_levels(&at, cg.v1, ret);
}
