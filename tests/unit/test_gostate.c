#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first. */
#include <cmocka.h>
#include <stdio.h>

#include "collectors/parse/gostate.h"

enum { STACK_MAX = 6 };

struct row {
	const char *word;
	const char *stack[STACK_MAX];
};

static void check(const struct row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		struct frame stack[STACK_MAX] = { 0 };
		char got[64];
		size_t n = 0;

		for (; n < STACK_MAX && rows[i].stack[n]; n++)
			stack[n].func = str_of(rows[i].stack[n]);
		struct str word = goroutine_state(stack, n);

		snprintf(got, sizeof(got), "%.*s", (int)word.len, word.p);
		assert_string_equal(got, rows[i].word);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))
#define PARK	    "runtime.gopark"
#define SEMA	    PARK, "runtime.goparkunlock", "runtime.semacquire1"

static void a_park_is_named_by_its_caller(void **state)
{
	static const struct row rows[] = {
		{ "chan receive", { PARK, "runtime.chanrecv", "runtime.chanrecv1", "main.f" } },
		{ "chan receive", { PARK, "runtime.chanrecv", "runtime.chanrecv2", "main.f" } },
		{ "chan send", { PARK, "runtime.chansend", "runtime.chansend1", "main.f" } },
		{ "select", { PARK, "runtime.selectgo", "main.f" } },
		{ "select (no cases)", { PARK, "runtime.block", "main.f" } },
		{ "IO wait", { PARK, "runtime.netpollblock", "internal/poll.runtime_pollWait" } },
		{ "sleep", { PARK, "time.Sleep", "main.f" } },
		{ "sync.Cond.Wait",
		  { PARK, "runtime.goparkunlock", "sync.runtime_notifyListWait" } },
		{ "synctest.Run", { PARK, "internal/synctest.Run" } },
		{ "synctest.Wait", { PARK, "internal/synctest.Wait" } },
		{ "trace reader (blocked)", { PARK, "runtime.ReadTrace" } },
		{ "trace reader (blocked)", { PARK, "runtime.readTrace" } },
		{ "wait for GC cycle", { PARK, "runtime.goparkunlock", "runtime.gcWaitOnMark" } },
		{ "GC assist wait", { PARK, "runtime.goparkunlock", "runtime.gcParkAssist" } },
		{ "GC worker (idle)", { PARK, "runtime.gcBgMarkWorker" } },
		{ "GC sweep wait", { PARK, "runtime.goparkunlock", "runtime.bgsweep" } },
		{ "GC scavenge wait", { PARK, "runtime.(*scavengerState).park" } },
		{ "force gc (idle)", { PARK, "runtime.goparkunlock", "runtime.forcegchelper" } },
		{ "finalizer wait", { PARK, "runtime.runfinq" } },
		{ "finalizer wait", { PARK, "runtime.runFinalizers" } },
		{ "cleanup wait", { PARK, "runtime.(*cleanupQueue).dequeue" } },
		{ "GOMAXPROCS updater (idle)", { PARK, "runtime.updateMaxProcsGoroutine" } },
	};

	(void)state;
	CHECK(rows);
}

static void a_semaphore_is_named_by_its_owner(void **state)
{
	static const struct row rows[] = {
		{ "semacquire", { SEMA, "runtime.semacquire", "runtime.gcStart" } },
		{ "semacquire", { SEMA, "sync.runtime_Semacquire", "sync.(*WaitGroup).Wait" } },
		{ "semacquire", { SEMA, "internal/poll.runtime_Semacquire" } },
		{ "sync.WaitGroup.Wait", { SEMA, "sync.runtime_SemacquireWaitGroup" } },
		{ "sync.Mutex.Lock",
		  { SEMA, "sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow" } },
		{ "sync.Mutex.Lock", { SEMA, "internal/sync.runtime_SemacquireMutex" } },
		{ "sync.RWMutex.RLock", { SEMA, "sync.runtime_SemacquireRWMutexR" } },
		{ "sync.RWMutex.Lock", { SEMA, "sync.runtime_SemacquireRWMutex" } },
		{ "sync.RWMutex.RLock",
		  { SEMA, "sync.runtime_SemacquireMutex", "sync.(*RWMutex).RLock" } },
		{ "sync.RWMutex.Lock",
		  { SEMA, "sync.runtime_SemacquireMutex", "sync.(*RWMutex).Lock" } },
	};

	(void)state;
	CHECK(rows);
}

static void what_is_not_parked_is_told_by_its_leaf(void **state)
{
	static const struct row rows[] = {
		{ "syscall", { "syscall.Syscall", "syscall.read" } },
		{ "syscall", { "syscall.Syscall6", "os.(*Process).blockUntilWaitable" } },
		{ "syscall", { "internal/runtime/syscall.Syscall6" } },
		{ "syscall", { "runtime.cgocall", "main._Cfunc_nap" } },
		{ "syscall", { "runtime.notetsleepg", "os/signal.signal_recv" } },
		{ "coroutine", { "runtime.coroswitch", "iter.Pull[...].func2" } },
		{ "coroutine", { "runtime.corostart" } },
		{ "running",
		  { "runtime.goroutineProfileWithLabels", "runtime/pprof.writeGoroutine" } },
		{ "runnable", { "runtime.asyncPreempt2", "runtime.asyncPreempt", "main.spin" } },
		{ "runnable", { "runtime.Gosched", "main.f" } },
		{ "runnable", { "runtime.exitsyscall", "syscall.Syscall" } },
		{ "runnable", { "main.spin" } },
		{ "runnable", { "" } },
		{ "runnable", { NULL } }, /* not yet started */
	};

	(void)state;
	CHECK(rows);
}

static void an_unknown_park_is_waiting(void **state)
{
	static const struct row rows[] = {
		{ "waiting", { PARK, "runtime.parkOfNextYear", "runtime.chanrecv" } },
		{ "waiting", { PARK, "runtime.goparkunlock", "main.f" } },
		{ "waiting", { PARK } },
	};

	(void)state;
	CHECK(rows);
}

/* A function of the program's own does not name the park below it. */
static void the_chain_ends_at_the_first_other_frame(void **state)
{
	static const struct row rows[] = {
		{ "chan receive", { PARK, "runtime.chanrecv", "main.f", "sync.(*RWMutex).Lock" } },
		{ "chan receive",
		  { PARK, "runtime.chanrecv", "main.finalize", "runtime.runfinq" } },
	};

	(void)state;
	CHECK(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_park_is_named_by_its_caller),
		cmocka_unit_test(a_semaphore_is_named_by_its_owner),
		cmocka_unit_test(what_is_not_parked_is_told_by_its_leaf),
		cmocka_unit_test(an_unknown_park_is_waiting),
		cmocka_unit_test(the_chain_ends_at_the_first_other_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
