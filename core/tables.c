/* The tables of field.h. To add a number: a member in rows.h, a line here, and whoever fills it;
 * the JSON, its schema, columns, help and docs/fields.md follow. A metric's name in a line is all
 * that it takes to read it from a page; names are those of client_golang, OpenTelemetry and
 * promhttp. */
#include "core/field.h"

#include "core/rows.h"

#define FIELD(row, member, kind, u, w, head, text, ...)                                 \
	{                                                                               \
		.key = #member, .title = (head), .help = (text), .type = FIELD_##kind,  \
		.unit = UNIT_##u, .offset = offsetof(struct row, member), .width = (w), \
		__VA_ARGS__                                                             \
	}
#define OBJECT(name, type, head, text)                                                      \
	const struct table table_##name = { #name,                                          \
					    head,                                           \
					    text,                                           \
					    name##_fields,                                  \
					    sizeof(name##_fields) / sizeof(*name##_fields), \
					    sizeof(struct type),                            \
					    false }
#define ROWS(name, type, head, text)                                                        \
	const struct table table_##name = { #name,                                          \
					    head,                                           \
					    text,                                           \
					    name##_fields,                                  \
					    sizeof(name##_fields) / sizeof(*name##_fields), \
					    sizeof(struct type),                            \
					    true }

/* math.MaxInt64 and 2^64-1 stand for "no limit" in runtime/metrics and MemStats. */
#define NO_LIMIT 9.2e18

/* clang-format off */
static const struct field sched_fields[] = {
	FIELD(sched_facts, gomaxprocs, NUM, COUNT, 4, "GOMAXPROCS", "number of Ps, the most threads that run Go code at once",
	      .metrics = { "go_sched_gomaxprocs_threads", "go_processor_limit" }),
	FIELD(sched_facts, global_runq, NUM, COUNT, 5, "global run queue", "goroutines in the global run queue"),
	FIELD(sched_facts, idle_ps, NUM, COUNT, 4, "idle P", "Ps with nothing to run"),
	FIELD(sched_facts, threads, NUM, COUNT, 5, "threads", "threads of the process",
	      .metrics = { "go_sched_threads_total_threads", "go_threads" }),
	FIELD(sched_facts, idle_ms, NUM, COUNT, 4, "idle M", "Ms parked without work"),
	FIELD(sched_facts, spinning_ms, NUM, COUNT, 4, "spinning M", "Ms that look for work"),
	FIELD(sched_facts, runq_total, NUM, COUNT, 5, "local run queues", "sum of the Ps' local run queues"),
	FIELD(sched_facts, created_per_s, NUM, PER_S, 7, "goroutines created", "goroutines created a second",
	      .how = HOW_PER_S, .metrics = { "go_sched_goroutines_created_goroutines_total" }),
	FIELD(sched_facts, runnable, NUM, COUNT, 6, "runnable", "goroutines that wait for a P, as the runtime counts them (Go 1.26, MetricsScheduler)",
	      .metrics = { "go_sched_goroutines_runnable_goroutines" }),
	FIELD(sched_facts, running, NUM, COUNT, 6, "running", "goroutines that run, as the runtime counts them (Go 1.26, MetricsScheduler)",
	      .metrics = { "go_sched_goroutines_running_goroutines" }),
	FIELD(sched_facts, waiting, NUM, COUNT, 6, "waiting", "goroutines that wait, as the runtime counts them (Go 1.26, MetricsScheduler)",
	      .metrics = { "go_sched_goroutines_waiting_goroutines" }),
	FIELD(sched_facts, not_in_go, NUM, COUNT, 6, "in syscall or cgo", "goroutines outside Go code, as the runtime counts them (Go 1.26, MetricsScheduler)",
	      .metrics = { "go_sched_goroutines_not_in_go_goroutines" }),
};
OBJECT(sched, sched_facts, "Scheduler", "Go's scheduler: goroutines (G), threads (M), processors (P)");

static const struct field latency_fields[] = {
	FIELD(latency_facts, p50_lo_ns, NUM, NS, 7, NULL, "half of the goroutines waited longer than this for a P: the lower end of the runtime's bucket"),
	FIELD(latency_facts, p50_ns, NUM, NS, 7, "p50, at most", "half of the goroutines waited at most this: the upper end of the bucket"),
	FIELD(latency_facts, p99_lo_ns, NUM, NS, 7, NULL, "the 99th of a hundred waited longer than this: the lower end of the bucket"),
	FIELD(latency_facts, p99_ns, NUM, NS, 7, "p99, at most", "the 99th of a hundred waited at most this: the upper end of the bucket"),
	FIELD(latency_facts, window_s, NUM, S, 6, "window", "over so many seconds"),
};
OBJECT(latency, latency_facts, "Scheduling latency", "time that goroutines were runnable before they ran, as the runtime counts it (sched.timeToRun)");

static const struct field ps_fields[] = {
	FIELD(p_row, id, NUM, COUNT, 4, "P", "number of the P"),
	FIELD(p_row, status, TEXT, NONE, 8, "status", "idle, running, syscall, gcstop or dead; absent when it changed while it was read"),
	FIELD(p_row, runq, NUM, COUNT, 5, "runq", "goroutines in its local run queue, without runnext"),
	FIELD(p_row, runq_max, NUM, COUNT, 5, "max", "deepest that the queue was seen since the last sample (25 looks a second)"),
	FIELD(p_row, runnext, FLAG, NONE, 4, "next", "a goroutine is to run next, before the queue"),
	FIELD(p_row, m, NUM, COUNT, 5, "M", "the M that has it"),
	FIELD(p_row, g, NUM, COUNT, 9, "G", "goid of the goroutine that runs on it"),
	FIELD(p_row, g_func, TEXT, NONE, 0, "g now", "where that goroutine began", .screen_only = true),
	FIELD(p_row, sched_per_s, NUM, PER_S, 8, "sched", "goroutines scheduled a second (p.schedtick)"),
	FIELD(p_row, syscall_per_s, NUM, PER_S, 8, "syscalls", "system calls a second (p.syscalltick); Go 1.26 counts blocking ones only"),
	FIELD(p_row, timers, NUM, COUNT, 6, "timers", "timers in its heap"),
};
ROWS(ps, p_row, "Ps", "the processors of Go's scheduler and their run queues");

static const struct field ms_fields[] = {
	FIELD(m_row, id, NUM, COUNT, 4, "M", "number of the M"),
	FIELD(m_row, tid, NUM, COUNT, 7, "tid", "thread id in gmptop's own PID namespace"),
	FIELD(m_row, state, TEXT, NONE, 9, "state", "what it is doing", .screen_only = true),
	FIELD(m_row, p, NUM, COUNT, 4, "P", "the P that it has"),
	FIELD(m_row, g, NUM, COUNT, 9, "G", "goid of its goroutine (m.curg), kept in a system call"),
	FIELD(m_row, spinning, FLAG, NONE, 5, NULL, "it looks for work"),
	FIELD(m_row, blocked, FLAG, NONE, 5, NULL, "parked on its note"),
	FIELD(m_row, in_cgo, FLAG, NONE, 5, NULL, "in a call of C"),
	FIELD(m_row, locked, FLAG, NONE, 6, "locked", "a goroutine is locked to it (runtime.LockOSThread)"),
	FIELD(m_row, cpu_pct, NUM, PCT, 6, "cpu", "CPU time of its thread over the last interval, in per cent of one core"),
	FIELD(m_row, g_func, TEXT, NONE, 0, "g began in", "where its goroutine began", .screen_only = true),
};
ROWS(ms, m_row, "Ms", "the threads as Go's scheduler knows them");

static const struct field goroutines_fields[] = {
	FIELD(goroutine_facts, total, NUM, COUNT, 7, "Goroutines", "goroutines as runtime.NumGoroutine counts them: without system goroutines",
	      .metrics = { "go_sched_goroutines_goroutines", "go_goroutines", "go_goroutine_count", "process_runtime_go_goroutines" }),
	FIELD(goroutine_facts, unknown, NUM, COUNT, 7, "unknown", "of them, changed while they were read from memory: only their start function is known"),
};
OBJECT(goroutines, goroutine_facts, "Goroutines", "all goroutines; the groups are those with the same stack and labels");

static const struct field memory_fields[] = {
	FIELD(memory_facts, heap_live_bytes, NUM, BYTES, 7, "heap", "bytes in live and not yet swept objects",
	      .metrics = { "go_memory_classes_heap_objects_bytes", "go_memstats_heap_alloc_bytes", "go_memstats_alloc_bytes" }),
	FIELD(memory_facts, heap_goal_bytes, NUM, BYTES, 7, "goal", "heap size at which the next collection ends; absent with GOGC=off",
	      .metrics = { "go_gc_heap_goal_bytes", "go_memory_gc_goal_bytes", "go_memstats_next_gc_bytes" }, .none_from = NO_LIMIT),
	FIELD(memory_facts, heap_objects, NUM, COUNT, 8, "objects", "objects in the heap",
	      .metrics = { "go_gc_heap_objects_objects", "go_memstats_heap_objects" }),
	FIELD(memory_facts, alloc_bytes_per_s, NUM, BYTES, 8, "allocated a second", "bytes allocated a second",
	      .how = HOW_PER_S, .metrics = { "go_gc_heap_allocs_bytes_total", "go_memory_allocated_bytes_total", "go_memstats_alloc_bytes_total" }),
	FIELD(memory_facts, allocs_per_s, NUM, PER_S, 8, "allocations", "objects allocated a second",
	      .how = HOW_PER_S, .metrics = { "go_gc_heap_allocs_objects_total", "go_memory_allocations_total", "go_memstats_mallocs_total" }),
	FIELD(memory_facts, gc_cpu_pct, NUM, PCT, 6, "GC CPU", "CPU time of the collector over the last interval, in per cent of one core",
	      .how = HOW_PCT_OF_S, .metrics = { "go_cpu_classes_gc_total_cpu_seconds_total", "go_gc_cpu_seconds_total" }),
	FIELD(memory_facts, gc_per_min, NUM, PER_MIN, 7, "collections", "collections a minute",
	      .how = HOW_PER_MIN, .metrics = { "go_gc_cycles_total_gc_cycles_total", "go_memory_gc_cycles_total", "go_gc_duration_seconds_count" }),
	FIELD(memory_facts, pause_max_ns, NUM, NS, 7, "longest pause", "longest of the last 256 stop-the-world pauses of the collector (MemStats.PauseNs)",
	      .how = HOW_S_TO_NS, .metrics = { "go_gc_duration_seconds{quantile=1}" }),
	FIELD(memory_facts, pause_p99_lo_ns, NUM, NS, 7, NULL, "99 of 100 stop-the-world pauses of the last minute: the lower end of the runtime's bucket"),
	FIELD(memory_facts, pause_p99_ns, NUM, NS, 7, "pause p99, at most", "99 of 100 stop-the-world pauses of the last minute took at most this: the upper end of the bucket"),
	FIELD(memory_facts, gogc_pct, NUM, PCT, 6, "GOGC", "heap growth that starts a collection",
	      .metrics = { "go_gc_gogc_percent", "go_config_gogc_percent" }, .none_from = NO_LIMIT),
	FIELD(memory_facts, gomemlimit_bytes, NUM, BYTES, 7, "GOMEMLIMIT", "soft memory limit; absent when there is none",
	      .metrics = { "go_gc_gomemlimit_bytes", "go_memory_limit_bytes", "go_memlimit_bytes" }, .none_from = NO_LIMIT),
	FIELD(memory_facts, rss_bytes, NUM, BYTES, 7, "RSS", "memory of the process that is in RAM (/proc/PID/statm)",
	      .metrics = { "process_resident_memory_bytes" }),
	FIELD(memory_facts, stack_bytes, NUM, BYTES, 7, "stacks", "memory that goroutine stacks use",
	      .metrics = { "go_memory_classes_heap_stacks_bytes", "go_memstats_stack_inuse_bytes" }),
	FIELD(memory_facts, sys_bytes, NUM, BYTES, 7, "from the OS", "memory that the runtime got from the system",
	      .metrics = { "go_memory_classes_total_bytes", "go_memstats_sys_bytes" }),
};
OBJECT(memory, memory_facts, "Memory and GC", "heap, collector and process memory");

static const struct field net_fields[] = {
	FIELD(net_facts, accepted_per_s, NUM, PER_S, 7, "accepted", "connections accepted a second"),
	FIELD(net_facts, retransmits_per_s, NUM, PER_S, 7, "retransmits", "TCP segments sent again a second"),
	FIELD(net_facts, open_connections, NUM, COUNT, 6, "connections", "established TCP connections"),
	FIELD(net_facts, listening, NUM, COUNT, 4, "listening", "TCP ports in LISTEN"),
};
OBJECT(net, net_facts, "Network", "connections of the process");

static const struct field process_fields[] = {
	FIELD(process_facts, cpu_pct, NUM, PCT, 6, "CPU", "CPU time of the process over the last interval, in per cent of one core (/proc/PID/stat)",
	      .how = HOW_PCT_OF_S, .metrics = { "process_cpu_seconds_total" }),
	FIELD(process_facts, cpu_quota_cores, NUM, CORES, 6, "CPU limit", "CPU quota of its cgroup in cores; absent when there is none"),
	FIELD(process_facts, throttled_pct, NUM, PCT, 6, "throttled", "time that its cgroup was held back by the CPU quota over the last interval"),
	FIELD(process_facts, fds, NUM, COUNT, 6, "open files", "open file descriptors",
	      .metrics = { "process_open_fds" }),
	FIELD(process_facts, max_fds, NUM, COUNT, 6, "file limit", "most file descriptors that it may open",
	      .metrics = { "process_max_fds" }),
};
OBJECT(process, process_facts, "Process", "what the kernel says of the process");

static const struct field cost_fields[] = {
	FIELD(cost_facts, own_cpu_pct, NUM, PCT, 5, "own CPU", "gmptop's own CPU time, in per cent of one core"),
	FIELD(cost_facts, own_rss_bytes, NUM, BYTES, 6, "own RSS", "gmptop's own memory in RAM"),
	FIELD(cost_facts, target_cpu_pct, NUM, PCT, 5, "target CPU", "CPU that probing costs the target; absent when it cannot be measured"),
	FIELD(cost_facts, probe_hits_per_s, NUM, PER_S, 7, "probe hits", "kernel probe hits a second"),
	FIELD(cost_facts, budget_pct, NUM, PCT, 5, "budget", "what all probing may cost the target (--budget)"),
};
OBJECT(cost, cost_facts, "Cost", "what gmptop costs");

static const struct field sources_fields[] = {
	FIELD(source_row, name, TEXT, NONE, 10, "source", "where values come from"),
	FIELD(source_row, state, TEXT, NONE, 7, "state", "ok, absent, denied, failed or off"),
	FIELD(source_row, age_ms, NUM, MS, 7, "age", "since its last answer"),
	FIELD(source_row, every_ms, NUM, MS, 7, NULL, "it is asked so rarely, to spare the target; absent: at each interval"),
	FIELD(source_row, detail, TEXT, NONE, 0, "why, and what would fix it", "said whenever the state is not ok"),
};
ROWS(sources, source_row, "Sources", "each place that values can come from, and how it fares");

static const struct field groups_fields[] = {
	FIELD(group_row, id, ID, NONE, 16, NULL, "the same stack and labels have the same id, as long as the target lives"),
	FIELD(group_row, count, NUM, COUNT, 7, "count", "goroutines with this stack and these labels"),
	FIELD(group_row, delta_per_min, NUM, PER_MIN, 7, "\xce\x94/min", "change of the count a minute, over the last minute at most"),
	FIELD(group_row, state, TEXT, NONE, 14, "state", "wait reason in Go's own words; from HTTP profiles read off the stack"),
	FIELD(group_row, oldest_s, NUM, S, 6, "oldest", "the oldest has been blocked at least this long"),
	FIELD(group_row, started, TEXT, NONE, 26, "created by", "where they were started; `in F` names the goroutine's own function when the source does not tell the creator", .screen_only = true),
	FIELD(group_row, site, TEXT, NONE, 0, "blocked at", "first frame outside the standard library", .screen_only = true),
	FIELD(group_row, labels_text, TEXT, NONE, 20, "labels", "pprof labels", .screen_only = true),
};
ROWS(groups, group_row, "Goroutines", "goroutines grouped by stack and labels");

static const struct field leaks_fields[] = {
	FIELD(leak_row, grade, TEXT, NONE, 6, "grade", "proven, strong or weak"),
	FIELD(leak_row, score, NUM, NONE, 5, NULL, "how sure, 0 to 1"),
	FIELD(leak_row, group, ID, NONE, 16, NULL, "id of the group in `groups`"),
	FIELD(leak_row, count, NUM, COUNT, 7, "count", "goroutines of the suspect now"),
	FIELD(leak_row, delta_per_min, NUM, PER_MIN, 7, "\xce\x94/min", "robust growth a minute over the time watched"),
	FIELD(leak_row, oldest_s, NUM, S, 6, "oldest", "the oldest has been blocked at least this long"),
	FIELD(leak_row, site, TEXT, NONE, 30, "site", "where they are blocked", .screen_only = true),
	FIELD(leak_row, pattern, TEXT, NONE, 0, "pattern", "the known way to leak that it looks like"),
	FIELD(leak_row, started, TEXT, NONE, 26, NULL, "where they were started", .screen_only = true),
	FIELD(leak_row, since_s, NUM, S, 6, NULL, "growing for this long"),
	FIELD(leak_row, advice, TEXT, NONE, 0, NULL, "the usual remedy"),
};
ROWS(leaks, leak_row, "Leaks", "groups that grow and do not shrink, with the evidence");

static const struct field breakers_fields[] = {
	FIELD(breaker_row, name, TEXT, NONE, 16, "name", "the breaker's name, from its labels or as the library keeps it"),
	FIELD(breaker_row, state, TEXT, NONE, 7, "state", "closed, half_open, open, or unknown when nothing says what the number means"),
	FIELD(breaker_row, since_s, NUM, S, 6, "for", "time in this state, since gmptop saw it change or as the library keeps it; absent before"),
	FIELD(breaker_row, requests, NUM, COUNT, 8, "requests", "calls counted by the service since it started; from memory and Hystrix: by the library in its own window"),
	FIELD(breaker_row, failures, NUM, COUNT, 8, "failures", "failed calls, counted likewise"),
	FIELD(breaker_row, failure_pct, NUM, PCT, 5, "fail%", "failed of all calls let through, over the last interval or the library's window; absent when there were none"),
	FIELD(breaker_row, rejected_per_s, NUM, PER_S, 7, "reject/s", "calls refused by the breaker a second"),
	FIELD(breaker_row, flaps_per_h, NUM, PER_H, 6, "flaps/h", "changes to open an hour, over the time watched"),
	FIELD(breaker_row, retry_in_s, NUM, S, 6, NULL, "until an open breaker lets a call through; where known"),
	FIELD(breaker_row, raw, NUM, NONE, 4, NULL, "the number as exported or stored"),
	FIELD(breaker_row, consecutive_failures, NUM, COUNT, 6, NULL, "failures in a row, as the library counts them"),
	FIELD(breaker_row, holder, TEXT, NONE, 20, NULL, "type and field, or variable, that hold it; where known"),
	FIELD(breaker_row, library, TEXT, NONE, 14, NULL, "the library, where known"),
	FIELD(breaker_row, source, TEXT, NONE, 8, "source", "where it was seen"),
	FIELD(breaker_row, detail, TEXT, NONE, 0, "read as", "how the state was read, or why it is unknown"),
};
ROWS(breakers, breaker_row, "Breakers", "circuit breakers and their states");

static const struct field limiters_fields[] = {
	FIELD(limiter_row, name, TEXT, NONE, 16, "limiter", "the limiter's name, from its labels; absent when nothing names it"),
	FIELD(limiter_row, limit_per_s, NUM, PER_S, 8, "limit", "events a second that it lets through"),
	FIELD(limiter_row, burst, NUM, COUNT, 6, "burst", "size of the bucket"),
	FIELD(limiter_row, tokens, NUM, COUNT, 7, "tokens", "tokens in the bucket now"),
	FIELD(limiter_row, allowed_per_s, NUM, PER_S, 9, "allowed", "events let through a second"),
	FIELD(limiter_row, denied_per_s, NUM, PER_S, 9, "denied", "events refused a second"),
	FIELD(limiter_row, unlimited, FLAG, NONE, 5, NULL, "it lets everything through (rate.Inf)"),
	FIELD(limiter_row, holder, TEXT, NONE, 20, NULL, "type and field, or variable, that hold it; where known"),
	FIELD(limiter_row, library, TEXT, NONE, 14, NULL, "the library, where known"),
	FIELD(limiter_row, source, TEXT, NONE, 0, "source", "where it was seen"),
};
ROWS(limiters, limiter_row, "Limiters", "rate limiters");

static const struct field requests_fields[] = {
	FIELD(request_row, method, TEXT, NONE, 7, "method", "HTTP method or call type"),
	FIELD(request_row, route, TEXT, NONE, 26, "route", "handler, route or method name as labelled by the service"),
	FIELD(request_row, rate_per_s, NUM, PER_S, 8, "rate", "requests a second"),
	FIELD(request_row, p50_lo_ms, NUM, MS, 8, NULL, "half of the requests took longer than this: the lower end of the histogram's bucket"),
	FIELD(request_row, p50_ms, NUM, MS, 8, NULL, "half of the requests took at most this: the upper end of the histogram's bucket"),
	FIELD(request_row, p99_lo_ms, NUM, MS, 8, NULL, "the 99th of a hundred took longer than this: the lower end of the histogram's bucket"),
	FIELD(request_row, p99_ms, NUM, MS, 8, NULL, "the 99th of a hundred took at most this: the upper end of the histogram's bucket"),
	FIELD(request_row, status_2xx, NUM, PER_S, 8, NULL, "answered 2xx a second", .screen_only = true),
	FIELD(request_row, status_3xx, NUM, PER_S, 8, NULL, "answered 3xx a second", .screen_only = true),
	FIELD(request_row, status_4xx, NUM, PER_S, 8, "4xx", "answered 4xx a second", .screen_only = true),
	FIELD(request_row, status_5xx, NUM, PER_S, 8, "5xx", "answered 5xx a second", .screen_only = true),
	FIELD(request_row, source, TEXT, NONE, 0, "source", "where it was seen"),
};
ROWS(requests, request_row, "Requests", "requests by route, from the service's own histograms");

static const struct field sites_fields[] = {
	FIELD(site_row, flat, NUM, COUNT, 8, "flat", "of this function itself, in the type shown"),
	FIELD(site_row, flat_bytes, NUM, BYTES, 8, "flat", "bytes of this function itself"),
	FIELD(site_row, flat_ns, NUM, NS, 8, "flat", "time of this function itself"),
	FIELD(site_row, flat_pct, NUM, PCT, 6, "flat%", "share of this function itself in the profile's total"),
	FIELD(site_row, cum, NUM, COUNT, 8, "cum", "of this function and what it called, in the type shown; recursion counts once"),
	FIELD(site_row, cum_bytes, NUM, BYTES, 8, "cum", "bytes of this function and what it called"),
	FIELD(site_row, cum_ns, NUM, NS, 8, "cum", "time of this function and what it called"),
	FIELD(site_row, cum_pct, NUM, PCT, 6, "cum%", "share of this function and what it called in the profile's total"),
	FIELD(site_row, alloc_bytes_per_s, NUM, BYTES, 8, "alloc/s", "bytes that this function itself allocated a second, between the last two heap profiles; absent before"),
	FIELD(site_row, place, TEXT, NONE, 22, "heaviest line", "the line of the function with most of it", .screen_only = true),
	FIELD(site_row, func, TEXT, NONE, 0, "function", "as Go names it; code without symbols is one [file] each"),
	FIELD(site_row, file, TEXT, NONE, 0, NULL, "file of its heaviest line"),
	FIELD(site_row, line, NUM, NONE, 6, NULL, "its heaviest line"),
};
ROWS(sites, site_row, "Functions of the profile", "where it was spent, as `go tool pprof -top` adds it up");

static const struct field profiles_fields[] = {
	FIELD(profile_row, kind, TEXT, NONE, 12, "profile", "cpu, heap, allocs, mutex, block, contention (a file of one of the two before), threadcreate or other"),
	FIELD(profile_row, type, TEXT, NONE, 14, "type", "the type of value that is shown: the profile's default"),
	FIELD(profile_row, total, NUM, COUNT, 8, "total", "of all samples, in the type shown"),
	FIELD(profile_row, total_bytes, NUM, BYTES, 8, "total", "bytes of all samples"),
	FIELD(profile_row, total_ns, NUM, NS, 8, "total", "time of all samples"),
	FIELD(profile_row, duration_s, NUM, S, 8, "over", "time that it covers, where it says so"),
	FIELD(profile_row, samples, NUM, COUNT, 8, "samples", "stacks in the profile"),
	FIELD(profile_row, functions, NUM, COUNT, 8, "functions", "functions in the profile; `sites` has the heaviest of them"),
	FIELD(profile_row, dispatch_pct, NUM, PCT, 6, "dynamic dispatch", "of CPU profiles: share of samples with Go's own code for interfaces on the stack (look-up of method tables, type switches, conversions); an indirect call itself is not in it"),
	FIELD(profile_row, dispatch_leaf_pct, NUM, PCT, 6, "as the leaf", "of them: in that code itself, not in what it called"),
	FIELD(profile_row, detail, TEXT, NONE, 0, "note", "why there is none, or what to know about it"),
};
ROWS(profiles, profile_row, "Profiles", "pprof profiles taken so far: from a file, an address, or asked for by key");

static const struct field threads_fields[] = {
	FIELD(thread_row, tid, NUM, COUNT, 7, "tid", "thread id"),
	FIELD(thread_row, state, TEXT, NONE, 10, "state", "running, sleeping, disk, stopped, as the kernel says"),
	FIELD(thread_row, cpu_pct, NUM, PCT, 6, "cpu", "CPU time over the last interval, in per cent of one core"),
	FIELD(thread_row, m, NUM, COUNT, 4, "M", "number of its M; a thread without one is C's", .screen_only = true),
	FIELD(thread_row, m_state, TEXT, NONE, 9, "Go state", "what Go's scheduler has it do: running, syscall, cgo, spinning, scheduler, parked, idle", .screen_only = true),
	FIELD(thread_row, p, NUM, COUNT, 4, "P", "the P that it has", .screen_only = true),
	FIELD(thread_row, g, NUM, COUNT, 9, "G", "goid of its goroutine, kept in a system call", .screen_only = true),
	FIELD(thread_row, locked, TEXT, NONE, 6, "locked", "a goroutine is locked to it (runtime.LockOSThread)", .screen_only = true),
	FIELD(thread_row, g_func, TEXT, NONE, 0, "g began in", "where its goroutine began", .screen_only = true),
};
ROWS(threads, thread_row, "Threads", "the process's threads, busiest first (/proc/PID/task)");

static const struct field findings_fields[] = {
	FIELD(finding_row, layer, TEXT, NONE, 10, "layer", "kernel, runtime, app, dependency or inference"),
	FIELD(finding_row, source, TEXT, NONE, 12, "source", "what it was seen in"),
	FIELD(finding_row, signal, TEXT, NONE, 24, "signal", "what happened"),
	FIELD(finding_row, value, TEXT, NONE, 12, "value", "its number"),
	FIELD(finding_row, score, NUM, NONE, 5, "score", "weight, 0 to 1"),
	FIELD(finding_row, text, TEXT, NONE, 0, "finding", "one sentence"),
	FIELD(finding_row, view, TEXT, NONE, 10, NULL, "the view that shows more"),
};
ROWS(findings, finding_row, "Findings", "what is wrong, worst first");
/* clang-format on */

const struct table *const tables[] = {
	&table_sources,	 &table_sched,	    &table_latency,  &table_ps,	    &table_ms,
	&table_threads,	 &table_goroutines, &table_groups,   &table_leaks,  &table_breakers,
	&table_limiters, &table_requests,   &table_net,	     &table_memory, &table_profiles,
	&table_sites,	 &table_process,    &table_findings, &table_cost,
};
const size_t n_tables = sizeof(tables) / sizeof(*tables);
