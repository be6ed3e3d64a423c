#include "collectors/parse/gostate.h"

/* Read off the runtime package of Go 1.19, 1.21, 1.24, 1.25, 1.26 and 1.27: who calls gopark with
 * which reason. Functions that others reach by linkname carry the name they were pushed to. */
struct rule {
	struct str func, word;
};

#define RULE(func, word)                       \
	{                                      \
		{ func, sizeof(func) - 1 },    \
		{                              \
			word, sizeof(word) - 1 \
		}                              \
	}

/* Leaves that are not parked by gopark: in a system call, or switched away from. */
static const struct rule leaves[] = {
	/* entersyscall leaves its caller as the leaf. */
	RULE("syscall.Syscall", "syscall"),
	RULE("syscall.Syscall6", "syscall"),
	RULE("syscall.Syscall9", "syscall"),
	RULE("syscall.syscall", "syscall"),
	RULE("syscall.syscall6", "syscall"),
	RULE("syscall.SyscallN", "syscall"),
	RULE("syscall.runtime_entersyscall", "syscall"),
	RULE("internal/runtime/syscall.Syscall6", "syscall"),
	RULE("internal/runtime/syscall/linux.Syscall6", "syscall"),
	RULE("runtime/internal/syscall.Syscall6", "syscall"),
	RULE("runtime.entersyscall", "syscall"),
	RULE("runtime.entersyscallblock", "syscall"),
	RULE("runtime.reentersyscall", "syscall"),
	RULE("runtime.cgocall", "syscall"),
	RULE("runtime.asmcgocall", "syscall"),
	RULE("runtime.notetsleepg", "syscall"),
	RULE("os/signal.signal_recv", "syscall"),
	RULE("runtime.coroswitch", "coroutine"),
	RULE("runtime.corostart", "coroutine"),
	RULE("runtime.debugCallWrap", "debug call"),
	/* Who takes the profile is in it. */
	RULE("runtime.goroutineProfileWithLabels", "running"),
	RULE("runtime.goroutineProfileWithLabelsConcurrent", "running"),
	RULE("runtime.goroutineProfileWithLabelsSync", "running"),
	RULE("runtime.pprof_goroutineProfileWithLabels", "running"),
	RULE("runtime/pprof.runtime_goroutineProfileWithLabels", "running"),
	RULE("runtime/pprof.pprof_goroutineProfileWithLabels", "running"),
	RULE("runtime.GoroutineProfile", "running"),
	RULE("runtime.goroutineProfileInternal", "running"),
	RULE("runtime/pprof.runtime_goroutineProfile", "running"),
};

/* Frames on top of gopark. A chain of them may lie there: the outermost one knows best, so that a
 * mutex is told from other semaphores. */
static const struct rule parks[] = {
	RULE("runtime.goparkunlock", "waiting"),
	RULE("runtime.chanrecv", "chan receive"),
	RULE("runtime.chanrecv1", "chan receive"),
	RULE("runtime.chanrecv2", "chan receive"),
	RULE("runtime.chansend", "chan send"),
	RULE("runtime.chansend1", "chan send"),
	RULE("runtime.selectgo", "select"),
	RULE("runtime.block", "select (no cases)"),
	RULE("runtime.netpollblock", "IO wait"),
	RULE("internal/poll.runtime_pollWait", "IO wait"),
	RULE("time.Sleep", "sleep"),
	RULE("runtime.timeSleep", "sleep"),
	RULE("runtime.semacquire", "semacquire"),
	RULE("runtime.semacquire1", "semacquire"),
	RULE("sync.runtime_Semacquire", "semacquire"),
	RULE("internal/poll.runtime_Semacquire", "semacquire"),
	RULE("sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"),
	RULE("sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
	RULE("internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock"),
	RULE("sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock"),
	RULE("sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock"),
	/* Before Go 1.20 an RWMutex waits as a mutex does. */
	RULE("sync.(*RWMutex).RLock", "sync.RWMutex.RLock"),
	RULE("sync.(*RWMutex).Lock", "sync.RWMutex.Lock"),
	RULE("sync.runtime_notifyListWait", "sync.Cond.Wait"),
	RULE("internal/synctest.Run", "synctest.Run"),
	RULE("internal/synctest.Wait", "synctest.Wait"),
	RULE("runtime.ReadTrace", "trace reader (blocked)"),
	RULE("runtime.readTrace", "trace reader (blocked)"),
	RULE("runtime/trace.runtime_readTrace", "trace reader (blocked)"),
	RULE("runtime.gcWaitOnMark", "wait for GC cycle"),
	RULE("runtime.gcParkAssist", "GC assist wait"),
	RULE("runtime.gcParkStrongFromWeak", "GC weak to strong wait"),
	RULE("runtime.gcBgMarkWorker", "GC worker (idle)"),
	RULE("runtime.bgsweep", "GC sweep wait"),
	RULE("runtime.bgscavenge", "GC scavenge wait"),
	RULE("runtime.(*scavengerState).park", "GC scavenge wait"),
	RULE("runtime.(*scavengerState).sleep", "sleep"),
	RULE("runtime.forcegchelper", "force gc (idle)"),
	RULE("runtime.runfinq", "finalizer wait"),
	RULE("runtime.runFinalizers", "finalizer wait"),
	RULE("runtime.(*cleanupQueue).dequeue", "cleanup wait"),
	RULE("runtime.updateMaxProcsGoroutine", "GOMAXPROCS updater (idle)"),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct rule *find(const struct rule *rules, size_t n, struct str func)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(rules[i].func, func))
			return &rules[i];
	}
	return NULL;
}

static struct str park_word(const struct frame *stack, size_t n)
{
	struct str word = STR("waiting");
	const struct rule *rule;

	for (size_t i = 0; i < n; i++) {
		rule = find(parks, COUNT(parks), stack[i].func);
		if (!rule)
			break;
		word = rule->word;
	}
	return word;
}

struct str goroutine_state(const struct frame *stack, size_t n)
{
	const struct rule *rule;

	/* A goroutine that has not yet run has only goexit below it, which profiles leave out. */
	if (n == 0)
		return STR("runnable");
	if (str_is(stack[0].func, "runtime.gopark"))
		return park_word(stack + 1, n - 1);
	rule = find(leaves, COUNT(leaves), stack[0].func);
	return rule ? rule->word : STR("runnable");
}

struct str goroutine_state_before_go120(struct str state)
{
	bool locked = str_starts(state, "sync.Mutex") || str_starts(state, "sync.RWMutex");

	return locked ? STR("semacquire") : state;
}
