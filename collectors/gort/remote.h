/* gort/remote.h - another process's memory, read by process_vm_readv: nothing is written, nothing
 * is stopped. The target goes on while it is read, so what comes back may be torn: callers
 * validate. Needs the same uid and a ptrace scope that lets us, or CAP_SYS_PTRACE. */
#ifndef GORT_REMOTE_H
#define GORT_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"

struct remote {
	pid_t pid;
	uint64_t calls, bytes; /* for the cost meter */
};

struct remote_part {
	uint64_t addr;
	void *to;
	uint32_t len;
	bool ok; /* set by remote_gather: all of it was read */
};

/* All n bytes or an error: -ESRCH gone, -EPERM, -ENOSYS, -EFAULT not mapped. */
int remote_read(struct remote *r, uint64_t addr, void *to, size_t n);

/* Many pieces in few calls (up to 1024 at once, 1 MiB a call so that the target's mmap_lock is held
 * shortly). A piece that is not mapped is marked, the others are read. 0, or -ESRCH, -EPERM,
 * -ENOSYS; then the pieces not yet read are marked. */
int remote_gather(struct remote *r, struct remote_part *parts, size_t n);

/* The sentence for such an error, also for -EACCES of a file in /proc/PID: what stands in the way
 * and what would take it away. Returns the error, so that a failing function ends with it. */
int remote_explain(pid_t pid, int error, struct err *e);

/* What remote_explain looks at; apart, so that each sentence can be tested. */
struct remote_access {
	pid_t pid;
	uid_t our_uid, its_uid;
	bool its_uid_known; /* false: /proc/PID/status could not be read */
	bool can_ptrace;    /* we have CAP_SYS_PTRACE */
	bool more_capable;  /* it holds capabilities that we do not */
	bool undumpable;    /* /proc/PID belongs to root though the process does not */
	bool in_userns;	    /* we run in a user namespace that does not map every user */
	bool other_userns;  /* it runs in another one than we */
	bool filtered;	    /* we run under a seccomp filter */
	int yama_scope;	    /* 0-3; -1: no Yama */
};

int remote_explain_access(const struct remote_access *a, struct err *e);

#endif
