#include "collectors/gort/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_MAX = 8192 };

/* A small file of /proc as a string; false: it cannot be read. */
static bool slurp(const char *path, char *buf, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, n - 1);

	if (fd >= 0)
		close(fd);
	buf[got > 0 ? got : 0] = '\0';
	return got >= 0;
}

/* The number behind "Name:" in /proc/PID/status, in this base; `absent` when it is not there. */
static uint64_t status_word(const char *status, const char *name, int base, uint64_t absent)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), "\n%s:", name);
	at = strstr(status, key);
	return at ? strtoull(at + strlen(key), NULL, base) : absent;
}

/* A map of "inside outside count": the whole one is "0 0 4294967295". */
static bool whole_userns(void)
{
	char map[64], *at = map;
	uint64_t n[3];

	if (!slurp("/proc/self/uid_map", map, sizeof(map)))
		return true;
	for (size_t i = 0; i < 3; i++)
		n[i] = strtoull(at, &at, 10);
	return n[0] == 0 && n[1] == 0 && n[2] == UINT32_MAX;
}

/* Known only to those who may look; then the answer is no. */
static bool other_userns(pid_t pid)
{
	char path[64], ours[64], its[64];
	ssize_t a, b;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	a = readlink("/proc/self/ns/user", ours, sizeof(ours));
	b = readlink(path, its, sizeof(its));
	return a > 0 && b > 0 && (a != b || memcmp(ours, its, (size_t)a) != 0);
}

static void look_at(pid_t pid, struct remote_access *a)
{
	char path[64], ours[STATUS_MAX], its[STATUS_MAX], scope[16];
	uint64_t our_caps = 0;
	struct stat st;

	*a = (struct remote_access){ .pid = pid, .our_uid = geteuid(), .yama_scope = -1 };
	if (slurp("/proc/self/status", ours, sizeof(ours))) {
		our_caps = status_word(ours, "CapEff", 16, 0);
		a->filtered = status_word(ours, "Seccomp", 10, 0) == 2;
	}
	a->can_ptrace = our_caps >> CAP_SYS_PTRACE & 1;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (slurp(path, its, sizeof(its))) {
		a->its_uid = (uid_t)status_word(its, "Uid", 10, a->our_uid);
		a->its_uid_known = true;
		a->more_capable = status_word(its, "CapPrm", 16, 0) & ~our_caps;
	}
	snprintf(path, sizeof(path), "/proc/%d", pid);
	a->undumpable =
		a->its_uid_known && a->its_uid != 0 && stat(path, &st) == 0 && st.st_uid == 0;
	a->in_userns = !whole_userns();
	a->other_userns = other_userns(pid);
	if (slurp("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof(scope)))
		a->yama_scope = (int)strtol(scope, NULL, 10);
}

static int explain_yama(const struct remote_access *a, struct err *e)
{
	if (a->yama_scope >= 3)
		return err_set(
			e, -EPERM,
			"process %d: kernel.yama.ptrace_scope is 3, so nobody may read another "
			"process's memory (set it to 1 in /etc/sysctl.d and reboot)",
			a->pid);
	return err_set(e, -EPERM,
		       "process %d: kernel.yama.ptrace_scope is %d, so its memory is for %s only "
		       "(sysctl kernel.yama.ptrace_scope=0, or run as root, or "
		       "setcap cap_sys_ptrace+ep on gmptop)",
		       a->pid, a->yama_scope,
		       a->yama_scope == 1 ? "its parents" : "CAP_SYS_PTRACE");
}

/* Not by rank nor by Yama: these are left. */
static int explain_rest(const struct remote_access *a, struct err *e)
{
	if (a->in_userns || a->other_userns)
		return err_set(e, -EPERM,
			       "process %d runs in another user namespace, where our rights do not "
			       "count (run gmptop as root on the host)",
			       a->pid);
	return err_set(e, -EPERM, "process %d: reading its memory was refused by %s", a->pid,
		       a->filtered ? "our seccomp filter (in a container: --cap-add SYS_PTRACE)"
				   : "a security module (AppArmor, SELinux: see the audit log)");
}

int remote_explain_access(const struct remote_access *a, struct err *e)
{
	if (a->yama_scope >= 3)
		return explain_yama(a, e);
	if (a->can_ptrace)
		return explain_rest(a, e);
	if (a->its_uid_known && a->its_uid != a->our_uid)
		return err_set(e, -EPERM,
			       "process %d belongs to uid %u and gmptop runs as uid %u "
			       "(run it as that user or as root)",
			       a->pid, a->its_uid, a->our_uid);
	if (a->more_capable)
		return err_set(
			e, -EPERM,
			"process %d holds capabilities that gmptop does not (run as root, or "
			"setcap cap_sys_ptrace+ep on gmptop)",
			a->pid);
	if (a->undumpable)
		return err_set(
			e, -EPERM,
			"process %d is not dumpable (it changed its user, has file "
			"capabilities, or asked for it by prctl), so only CAP_SYS_PTRACE may "
			"read it (run as root)",
			a->pid);
	if (a->yama_scope >= 1 && !a->other_userns)
		return explain_yama(a, e);
	return explain_rest(a, e);
}

int remote_explain(pid_t pid, int error, struct err *e)
{
	struct remote_access a;

	if (error == -ESRCH)
		return err_set(e, -ESRCH, "process %d has ended", pid);
	if (error == -ENOENT)
		return err_set(e, -ESRCH,
			       "process %d has no program: it has ended, or is the kernel's", pid);
	if (error == -ENOSYS)
		return err_set(e, error,
			       "process %d: this kernel has no process_vm_readv "
			       "(CONFIG_CROSS_MEMORY_ATTACH), so its memory is not read",
			       pid);
	if (error != -EPERM && error != -EACCES)
		return err_set(e, error, "process %d: reading its memory: %s", pid,
			       strerror(-error));
	look_at(pid, &a);
	return remote_explain_access(&a, e);
}
