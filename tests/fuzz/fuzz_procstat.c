#include <stddef.h>
#include <stdint.h>

#include "collectors/parse/procstat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One text to every parser: none may mind what another's file looks like. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, (uint32_t)size };
	struct cgroup_mount mount;
	struct tcp_socket socket;
	struct pid_stat stat;
	struct cgroup cgroup;
	uint64_t a, b;
	double cores;

	if (parse_pid_stat(text, &stat) && stat.comm.len > size)
		__builtin_trap();
	parse_statm(text, &a, &b);
	parse_tcp_line(text, &socket);
	parse_socket_link(text, &a);
	if (parse_cgroup(text, &cgroup) && cgroup.path.p[0] != '/')
		__builtin_trap();
	parse_cgroup_mount(text, false, &mount);
	parse_cgroup_mount(text, true, &mount);
	if (parse_cpu_max(text, &cores) && !(cores >= 0))
		__builtin_trap();
	parse_cfs_quota(text, text, &cores);
	parse_throttled(text, &a);
	return 0;
}
