/* procfs.h - /proc, as files: one process's numbers, its listening ports, the owner of a port.
 * Linux, proc(5). Everything returns 0 or a negative errno with a line for a person; a result
 * is whole or not there, also if the process ends meanwhile (-ESRCH). Names are foreign text. */
#ifndef PROCFS_H
#define PROCFS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collectors/parse/procstat.h"
#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

enum { PROCFS_THREADS_MAX = 256 }; /* rows; n_threads counts all */

/* Reads stat, statm, task/, fd/ and the cgroup's cpu.stat and cpu.max (v2, else v1). The arena
 * holds names and thread rows. ret->build is left NULL. CPU times and start_wall_ns come in steps
 * of 10 ms; start_wall_ns follows the wall clock when that is set, so two readings may differ.
 * -ESRCH: no such process (also a zombie, or a thread of the kernel). */
int procfs_read(pid_t pid, struct arena *a, struct process *ret, struct err *e);

/* The identity of a process: its start in clock ticks since boot (field 22 of stat). A PID with
 * another start is another process. */
int procfs_start_ticks(pid_t pid, uint64_t *ret, struct err *e);

/* When it started, unix time, counted from the btime of /proc/stat as client_golang does. */
int procfs_start_s(pid_t pid, double *ret, struct err *e);

/* The executable's base name ("(deleted)" cut off), else comm. ret has room for n bytes, a NUL
 * among them. */
int procfs_name(pid_t pid, char *ret, size_t n, struct err *e);

/* ---- sockets: procfs_net.c ---- */

struct listener {
	union sock_addr addr; /* as bound: may be 0.0.0.0 or ::, which takes IPv4 as well */
	uint64_t inode;
};

/* TCP sockets in LISTEN that the process holds, at most n, each address once; sorted by port,
 * 127.0.0.1 and 0.0.0.0 before IPv6 of the same port. Returns how many. -EACCES: its fds are not
 * ours to read. *ret_other_netns: its network namespace is not ours, so its loopback cannot be
 * reached. */
int procfs_listeners(pid_t pid, struct listener *ret, int n, bool *ret_other_netns, struct err *e);

/* The inode of the socket that listens for connections to this local address and port, in our
 * network namespace: the exact address first (for IPv4 also bound as ::ffff:a.b.c.d), then the
 * wildcard. -ENOENT: none. */
int procfs_listen_inode(const struct sockaddr *sa, uint64_t *ret_inode, struct err *e);

/* Looks for the process that holds a socket, or for processes at all, a slice at a time. */
struct procfs_walk;
struct procfs_walk *procfs_walk_new(struct err *e); /* procfs_walk_free */
pid_t procfs_walk_next(struct procfs_walk *w);	    /* 0 at the end; our own is left out */
void procfs_walk_free(struct procfs_walk *w);

/* False also when its fds are not ours to read. */
bool procfs_has_socket(pid_t pid, uint64_t inode);

#endif
