/* cgroup.h - how much CPU a process's cgroup may use and how long it was held back: cgroups(7),
 * version 2 and version 1. A limit may stand at the group or at any above it (a pod's, a
 * slice's): the tightest one is told, with the throttling of that group. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdint.h>

struct cgroup_cpu {
	double quota_cores;    /* NAN: no limit, or none known */
	uint64_t throttled_ns; /* since the group was made, all its processes; UINT64_MAX: not known
				*/
};

/* `proc_dir` is of procfile_open. What cannot be read stays unknown. */
void cgroup_read(int proc_dir, struct cgroup_cpu *ret);

#endif
