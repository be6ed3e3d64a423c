/* gort/remote.h - another process's memory, read by process_vm_readv: nothing is written, nothing is
 * stopped. The target goes on while it is read, so what comes back may be torn: callers validate.
 * Needs the same uid and a ptrace scope that lets us, or CAP_SYS_PTRACE. */
#ifndef GORT_REMOTE_H
#define GORT_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"

struct remote {
	pid_t pid;
	uint64_t calls, bytes;  /* for the cost meter */
};

struct remote_part {
	uint64_t addr;
	void *to;
	uint32_t len;
	bool ok;                /* set by remote_gather: all of it was read */
};

/* All n bytes or an error: -ESRCH gone, -EPERM, -EFAULT not mapped. */
int remote_read(struct remote *r, uint64_t addr, void *to, size_t n);

/* Many pieces in few calls (up to 1024 at once, 1 MiB a call so that the target's mmap_lock is held
 * shortly). A piece that is not mapped is marked, the others are read. 0, or -ESRCH, -EPERM. */
int remote_gather(struct remote *r, struct remote_part *parts, size_t n);

/* The sentence for -EPERM of this process: ptrace_scope, other user, capabilities, namespaces; and
 * what would fix it. */
void remote_explain(pid_t pid, int error, struct err *e);

#endif
