/* sample.h - what one collector saw of one target at one moment: plain values, no rates, no
 * opinions. A failed round is a sample too. Samples are the only thing that flows from
 * collectors to the model, and the only thing a recording keeps.
 *
 * A sample borrows everything it points to from its collector, until sink_push returns. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/base/str.h"

/* In the order of the JSON contract; names by source_name(). */
enum source {
	SOURCE_MEMORY,
	SOURCE_BPF,
	SOURCE_PROC,
	SOURCE_PPROF,
	SOURCE_METRICS,
	SOURCE_EXPVAR,
	SOURCE_HYSTRIX,
	SOURCE_PROMETHEUS,
	SOURCE_COUNT,
};

/* From worst to best: of several endpoints of one source the greatest counts. */
enum source_state {
	SOURCE_OFF,    /* not asked for, or not in this build */
	SOURCE_ABSENT, /* the target does not offer it */
	SOURCE_FAILED, /* it should be there and did not answer usefully */
	SOURCE_DENIED, /* it is there and we may not */
	SOURCE_OK,
	SOURCE_WAITING = -1, /* no round has ended yet; printed as absent */
};

const char *source_name(enum source s);
const char *source_state_name(enum source_state s);
int source_by_name(struct str name); /* enum source, or -1 */

/* ---- goroutines: groups that share stack and labels ---- */

struct frame {
	struct str func; /* as Go's traceback prints it, inlined frames included */
	struct str file;
	uint32_t line; /* 0: unknown */
};

struct label {
	struct str name, value;
};

struct state_count {
	struct str state;
	uint64_t count;
};

/* How long they have been blocked at least: below 1 s, 10 s, 1 min, 10 min, 1 h, 6 h, 1 d, and
 * longer. */
enum { AGE_BUCKETS = 8 };

struct goroutine_group {
	uint64_t id; /* goroutine_group_id(): the same stack and labels have the same id everywhere
		      */
	uint64_t count;
	struct str state;	    /* Go's own wait-reason words; borrowed from a constant table */
	const struct frame *stack;  /* leaf first */
	const struct label *labels; /* sorted by name */
	uint32_t n_stack, n_labels;
	struct frame created_by; /* func.len == 0: the source does not tell */
	uint64_t oldest_ns;	 /* blocked at least this long; 0: unknown */
	const struct state_count
		*states; /* when the stack alone does not tell; `state` is the largest; NULL */
	uint32_t n_states;
	const uint64_t *ages; /* AGE_BUCKETS counts; NULL: unknown */
};

struct goroutines {
	const struct goroutine_group *groups; /* no order */
	size_t n_groups;
	uint64_t total;	    /* as runtime.NumGoroutine counts: without system goroutines */
	uint64_t unknown;   /* of them: changed while they were read from memory, so that only their
			     * start function is known */
	struct str program; /* path of the executable, as a profile tells it; empty: not told */
};

/* What the runtime itself says can never wake again (/debug/pprof/goroutineleak, Go 1.27), asked
 * for once; why.text is set when it did not say. */
struct leak_profile_sample {
	const struct goroutines *leaked; /* NULL: it did not say */
	struct err why;
};

/* ---- a profile: which functions allocate, wait or spend CPU time ---- */

enum profile_kind {
	PROFILE_CPU,
	PROFILE_HEAP,
	PROFILE_ALLOCS,
	PROFILE_MUTEX,
	PROFILE_BLOCK,
	PROFILE_CONTENTION, /* one of the two before: only its address tells which */
	PROFILE_THREADCREATE,
	PROFILE_GOROUTINES,
	PROFILE_OTHER,
	PROFILE_LEAKS, /* the runtime's own proof; its answer is a leak_profile_sample */
	PROFILE_KINDS,
};

const char *profile_kind_name(enum profile_kind k);

/* What came may be what was asked for: a body tells mutex and block as one. */
bool profile_fits(enum profile_kind asked, enum profile_kind got);

enum { PROFILE_TYPES_MAX = 16 };

struct profile_type {
	struct str name, unit; /* "inuse_space", "bytes" */
	int64_t total;	       /* of all samples, without regard to sign */
};

/* A function. flat: it was the leaf; cum: it was on the stack, counted once however often. */
struct profile_site {
	struct str func, file;	   /* file empty: unknown */
	uint32_t line;		   /* of it the heaviest of the default type; 0: unknown */
	const int64_t *flat, *cum; /* of each type */
};

struct profile_sample {
	enum profile_kind kind;
	struct profile_type types[PROFILE_TYPES_MAX];
	uint32_t n_types, shown;	  /* shown: the type to show unless asked otherwise */
	const struct profile_site *sites; /* by flat of that type, largest first */
	size_t n_sites, n_samples;
	uint64_t time_ns, duration_ns; /* as the profile says; 0: it does not */
	int64_t period;		       /* 0: it does not say */
	/* Of the shown type: in Go's own code for interfaces (type switches, conversions), as the
	 * leaf and anywhere on the stack. What an indirect call itself costs is not in it. */
	int64_t dispatch_flat, dispatch_cum;
	bool drops_frames; /* it names frames to leave out, which are shown all the same */
};

/* What came of asking for one. */
struct profile_answer {
	enum profile_kind kind;
	const struct profile_sample *profile; /* NULL: nothing, see why */
	struct err why;
};

uint64_t goroutine_group_id(const struct frame *stack, size_t n_stack, const struct label *labels,
			    size_t n_labels);

/* ---- the scheduler as its own memory shows it (runtime/runtime2.go: p, m, schedt) ---- */

enum p_status { P_IDLE, P_RUNNING, P_SYSCALL, P_GCSTOP, P_DEAD };

struct p_sample {
	int32_t id;
	enum p_status status;
	uint32_t runq;	   /* local run queue, without runnext */
	uint32_t runq_max; /* largest seen since the last sample */
	bool runnext;
	int64_t m, g;			 /* M's id, running G's goid; -1: none */
	uint32_t schedtick, syscalltick; /* counters; wrap at 2^32 */
	uint32_t timers;
	struct str g_func; /* where its goroutine began; empty: unknown */
	bool known;	   /* false: torn, only id is meant */
};

struct m_sample {
	int64_t id;
	int32_t tid;  /* in our own PID namespace; 0: not known */
	int64_t p, g; /* P's id, curg's goid (kept in a syscall); -1: none */
	struct str g_func;
	bool spinning, blocked, in_cgo, locked, in_syscall;
};

enum { HISTOGRAM_BUCKETS_MAX = 724 };

/* Counts as the runtime keeps them, cumulative since the process started. */
struct histogram {
	const uint64_t *bound_ns; /* n + 1 ascending bounds; bucket i is [bound[i], bound[i+1]) */
	const uint64_t *count;
	size_t n; /* 0: not known */
};

struct sched_sample {
	int64_t gomaxprocs, global_runq, idle_ps, idle_ms, spinning_ms; /* -1: not known */
	int64_t threads;						/* Ms */
	const struct p_sample *ps;
	const struct m_sample *ms;
	size_t n_ps, n_ms;
	int64_t goroutines_created; /* counter (Go 1.26); -1: not known */
	struct histogram latency;   /* time that a goroutine was runnable before it ran */
	struct histogram gc_pause;  /* stop-the-world pauses of the collector */
	int64_t heap_live_bytes, heap_goal_bytes, gc_cycles,
		gomemlimit_bytes; /* -1: not known or no limit */
	double gogc_pct;	  /* NAN: off or not known */
	int gc_phase;		  /* 0 off, 1 mark, 2 mark termination; -1 not known */
};

/* ---- what stands in the target's heap: breakers and limiters of known libraries ---- */

enum object_state { OBJECT_CLOSED, OBJECT_HALF_OPEN, OBJECT_OPEN, OBJECT_UNKNOWN };

struct breaker_object {
	uint64_t id; /* its address: the same object, until the heap hands the place out again */
	struct str name;	 /* the library's own; empty: it has none, see holder */
	struct str library;	 /* "sony/gobreaker" */
	struct str holder;	 /* type and field, or variable, that hold it; empty: not known */
	enum object_state state; /* as the library's State() would say at the sample's time */
	int64_t raw;		 /* the state as it is stored */
	int64_t requests, failures, successes; /* of the library's own window; -1: not kept */
	int64_t consecutive_failures;	       /* -1: not kept */
	int64_t retry_in_ns; /* until an open one lets a request through; -1: not known */
	int64_t since_ns;    /* in this state for so long; -1: the library does not keep it */
};

struct limiter_object {
	uint64_t id;
	struct str name, library, holder;
	double limit_per_s;   /* INFINITY: no limit; NAN: not known */
	double burst, tokens; /* tokens: as Tokens() would return now; NAN: not known */
};

struct objects_sample {
	const struct breaker_object *breakers;
	const struct limiter_object *limiters;
	size_t n_breakers, n_limiters;
};

/* ---- one page of metrics ---- */

enum metric_type {
	METRIC_UNTYPED,
	METRIC_COUNTER,
	METRIC_GAUGE, /* also what OpenMetrics calls gaugehistogram, info and stateset */
	METRIC_HISTOGRAM,
	METRIC_SUMMARY,
};

struct family {
	struct str name, help; /* help unescaped; empty when the page has none */
	enum metric_type type;
};

struct series {
	struct str name; /* as on the page: with _bucket, _sum, _count, _total */
	uint32_t family; /* index into families */
	uint32_t label;	 /* first of n_labels in page->labels */
	uint32_t n_labels;
	double value; /* may be NaN or infinite */
};

struct metrics_page {
	const struct family *families;
	const struct series *series; /* in page order */
	const struct label *labels;  /* values unescaped */
	size_t n_families, n_series, n_labels;
	uint64_t layout; /* hash of every name and label in order: equal means the same rows */
	bool cut;	 /* the page had more series than are read */
	bool restarted;	 /* _created values say that counters began anew since the last page */
};

/* The value of a label of a series, or an empty string. */
struct str series_label(const struct metrics_page *p, const struct series *s, const char *name);

/* ---- a Hystrix stream: circuits, and the pools that their calls run in ---- */

/* A number is NAN when the stream does not say it. Counts are of the library's rolling window. */
struct circuit {
	struct str name;
	double n_open, n_closed; /* circuits; Turbine adds up those of several hosts */
	bool forced_open;
	double window_ns, sleep_ns; /* of the counts; until an open circuit lets a call through */
	double requests, errors, error_pct; /* as Hystrix judges: with rejections */
	double successes, failures, timeouts, short_circuited; /* of them; the last: refused */
	double p50_ms, p99_ms;				       /* of the calls that ran */
	double pool_active, pool_max;			       /* threads of the pool of its name */
};

struct circuits_sample {
	const struct circuit *rows; /* in the order in which they came up */
	size_t n;
};

/* ---- the process as /proc and its binary show it ---- */

struct build_dep {
	struct str path, version;
	struct str replace; /* "path version" of what stands in its place; empty: not replaced */
};

struct build_setting {
	struct str key, value;
};

struct build {
	struct str go;		    /* "go1.26.1", perhaps with "X:experiments" */
	struct str path;	    /* the main package's import path */
	struct str module, version; /* the main module; empty when built outside one */
	struct str vcs_revision, vcs_time;
	int vcs_modified; /* 1, 0, or -1 unknown */
	bool stripped;	  /* no .symtab */
	int cgo;	  /* runtime/cgo is linked in: 1, 0, or -1 unknown */
	const struct build_dep *deps;
	const struct build_setting *settings;
	size_t n_deps, n_settings;
};

struct thread {
	int32_t tid;	 /* in our own PID namespace */
	char state;	 /* R, S, D, T, Z, … as in /proc/PID/task/TID/stat */
	uint64_t cpu_ns; /* user + system since it started */
};

struct process {
	pid_t pid;
	uint64_t start_wall_ns; /* when it started */
	struct str name;	/* the executable's base name */
	uint64_t cpu_ns;	/* user + system since it started */
	uint64_t rss_bytes;
	uint64_t n_threads, n_fds; /* n_fds: UINT64_MAX when we may not count */
	uint64_t throttled_ns;	   /* cgroup cpu.stat; UINT64_MAX: not known */
	double cpu_quota;	   /* cgroup cpu.max in cores; NAN: no limit known */
	const struct thread *threads;
	size_t n_thread_rows;
	const struct build *build; /* NULL: not a Go program, or its file is not readable */
};

struct health {
	struct str path;
	int status; /* HTTP */
	uint64_t took_ns;
};

/* ---- the time before gmptop came, as a server has kept it ---- */

enum past_value { PAST_GOROUTINES, PAST_HEAP_LIVE, PAST_HEAP_GOAL, PAST_RSS, PAST_CPU, PAST_COUNT };

struct past_sample {
	const uint64_t *t_ns; /* monotonic, ascending */
	size_t n;
	const double *values[PAST_COUNT]; /* n of each, in the units of the facts; NAN: a gap */
};

/* ---- gmptop's own use, so that the cost meter is a value like any other ---- */

struct own_cost {
	uint64_t cpu_ns, rss_bytes;
	double budget_pct; /* what it may take (--budget); 0: no budget is known */
};

struct sample {
	uint32_t target; /* index of the target in the model */
	enum source source;
	uint64_t t_ns;	  /* monotonic: for rates */
	uint64_t unix_ns; /* when the values were read */
	enum source_state state;
	struct err why;	   /* for a person, whenever the state is not SOURCE_OK */
	struct str note;   /* for a person, while it is: how the values come about */
	uint64_t every_ns; /* its source samples so rarely; 0: in each round */
	struct str url;	   /* where it came from; empty for what has no address */

	/* What the source saw; all NULL when it saw nothing. */
	const struct goroutines *goroutines;
	const struct sched_sample *sched;
	const struct objects_sample *objects;
	const struct leak_profile_sample *leak_profile;
	const struct profile_answer *profile;
	const struct metrics_page *metrics;
	const struct circuits_sample *circuits;
	const struct process *process;
	const struct health *health;
	const struct own_cost *cost;
	const struct past_sample *past;
	bool gone; /* the process has ended */
};

/* Who takes samples: the model, a recording, a tee. */
struct sink {
	void (*push)(struct sink *s, const struct sample *sm);
};

#endif
