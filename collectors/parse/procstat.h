/* parse/procstat.h - lines of the kernel's text files: /proc/PID/stat, statm, net/tcp, cgroup,
 * mountinfo and the cgroup's own. Pure. Every function says false for what is not of its format
 * (proc(5), cgroups(7)) and then leaves *ret alone; strings are borrowed from the input. */
#ifndef PARSE_PROCSTAT_H
#define PARSE_PROCSTAT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct pid_stat {
	struct str comm; /* foreign text; may hold blanks, parentheses and newlines */
	char state;
	uint64_t cpu_ticks; /* user + system, in USER_HZ */
	uint64_t n_threads;
	uint64_t start_ticks; /* since boot */
};

/* Of a process or of a thread. */
bool parse_pid_stat(struct str text, struct pid_stat *ret);

/* size and resident of statm. */
bool parse_statm(struct str text, uint64_t *ret_size_pages, uint64_t *ret_rss_pages);

union sock_addr {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

struct tcp_socket {
	union sock_addr local;
	bool listens;
	uint64_t inode;
};

/* A line of /proc/PID/net/tcp or tcp6, told apart by the address's length; false for its head. */
bool parse_tcp_line(struct str line, struct tcp_socket *ret);

/* The inode in "socket:[123]". */
bool parse_socket_link(struct str link, uint64_t *ret);

struct cgroup {
	bool v1;	 /* the cpu controller is in a version 1 hierarchy */
	struct str path; /* as seen from our cgroup namespace */
};

/* Of /proc/PID/cgroup: the hierarchy that controls the CPU. */
bool parse_cgroup(struct str text, struct cgroup *ret);

struct cgroup_mount {
	struct str root, point; /* blanks in them are written \040 and so on */
};

/* A line of mountinfo, if it mounts the hierarchy asked for. */
bool parse_cgroup_mount(struct str line, bool v1, struct cgroup_mount *ret);

/* cpu.max, or cpu.cfs_quota_us and cpu.cfs_period_us: in cores; INFINITY: no limit. */
bool parse_cpu_max(struct str text, double *ret_cores);
bool parse_cfs_quota(struct str quota, struct str period, double *ret_cores);

/* Of cpu.stat: throttled_usec (v2) or throttled_time (v1). False: the controller is off. */
bool parse_throttled(struct str text, uint64_t *ret_ns);

#endif
