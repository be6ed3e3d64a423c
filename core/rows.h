/* rows.h - the shapes of what the model knows. Each struct has its table in core/tables.c; a
 * number is NAN when it is not known, a text NULL. Texts are foreign: draw them sanitised.
 * All are owned by the model and valid until the next model_apply. */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>

#include "core/sample.h"

/* ---- facts: one of each a target ---- */

struct sched_facts {
	double gomaxprocs, global_runq, idle_ps, threads, idle_ms, spinning_ms, runq_total;
	double created_per_s, runnable, running, waiting, not_in_go;
};

/* How long goroutines were runnable before they ran, over the last seconds. A histogram tells a
 * range: above lo, at most the other. */
struct latency_facts {
	double p50_lo_ns, p50_ns, p99_lo_ns, p99_ns, window_s;
};

struct goroutine_facts {
	double total, unknown;
};

struct memory_facts {
	double heap_live_bytes, heap_goal_bytes, heap_objects, alloc_bytes_per_s, allocs_per_s;
	double gc_cpu_pct, gc_per_min, pause_max_ns, pause_p99_lo_ns, pause_p99_ns, gogc_pct;
	double gomemlimit_bytes;
	double rss_bytes, stack_bytes, sys_bytes;
};

struct net_facts {
	double accepted_per_s, retransmits_per_s, open_connections, listening;
};

struct process_facts {
	double cpu_pct, cpu_quota_cores, throttled_pct, fds, max_fds;
};

struct cost_facts {
	double own_cpu_pct, own_rss_bytes, target_cpu_pct, probe_hits_per_s, budget_pct;
};

/* ---- rows ---- */

struct source_row {
	const char *name, *state;
	double age_ms, every_ms;
	const char *detail;
};

/* One P (runtime/runtime2.go, type p). */
struct p_row {
	double id;
	const char *status; /* NULL: torn while it was read */
	double runq, runq_max;
	int8_t runnext; /* 1, 0, or -1 unknown */
	double m, g, sched_per_s, syscall_per_s, timers;
	const char *g_func;  /* where its goroutine began; NULL: unknown */
	const float *depths; /* runq_max of the last n_depths samples, oldest first; NAN: a gap */
	int n_depths;
};

/* One M (runtime/runtime2.go, type m). */
struct m_row {
	double id, tid, p, g;
	const char *state; /* for people: running, syscall, cgo, spinning, parked, … */
	int8_t spinning, blocked, in_cgo, locked;
	double cpu_pct;
	const char *g_func;
};

enum { TREND_POINTS = 64, RECENT_POINTS = 8 };

/* What is kept of a number over time to judge its growth: points at a spacing that doubles
 * when they are full, so that they always span all that was seen. */
struct trend {
	uint64_t t_ns[TREND_POINTS];
	float value[TREND_POINTS];
	uint16_t n, stride, skip;
	uint32_t seen; /* samples, also those between two points */
};

struct state_row {
	char state[40];
	double count;
};

struct group_row {
	uint64_t id;
	double count, delta_per_min, oldest_s;
	const char *state;   /* the commonest */
	const char *site;    /* where it is blocked, for people: func file:line of `site_frame` */
	const char *started; /* created_by, or the root frame when the source does not tell */
	const struct frame *stack;
	const struct label *labels;
	uint32_t n_stack, n_labels;
	const struct frame *site_frame; /* first frame outside the standard library; NULL: none */
	const struct frame *root_frame; /* the goroutine's own function; NULL: no stack */
	const struct frame *created_by; /* NULL: the source does not tell */
	/* Where the source tells them apart: what they wait for, largest first; else none. */
	struct state_row *states;
	uint32_t n_states;
	bool has_ages;
	double ages[AGE_BUCKETS]; /* how many, by how long they have been blocked */
	char state_text[40];
	const char *labels_text;    /* k=v k=v; NULL: none */
	uint64_t stack_id;	    /* of the stack alone; id itself when there are no labels */
	uint64_t largest_id;	    /* of a row of target->stacks: its largest group; else id */
	uint32_t n_variants;	    /* how many label sets it stands for; 1 for a group */
	uint64_t first_ns, seen_ns; /* t_ns of the first and of the last sample with it */
	struct trend trend;
	uint64_t recent_ns[RECENT_POINTS]; /* of the last minute, for delta_per_min; a ring */
	float recent[RECENT_POINTS];
	uint8_t n_recent, next_recent;
};

struct leak_row {
	const char *grade; /* "proven", "strong", "weak" */
	double score, count, delta_per_min, oldest_s, since_s;
	uint64_t group;	   /* id of its largest group */
	uint64_t stack_id; /* what makes it the same suspect */
	const char *pattern, *advice;
	const char *site, *started;
	const struct group_row *row;
	double peak; /* largest count since it is a suspect */
	const char *evidence[4];
	uint32_t n_evidence;
};

struct breaker_row {
	const char *name, *state, *library, *source;
	double raw, since_s, requests, failures, failure_pct, rejected_per_s, retry_in_s,
		flaps_per_h, consecutive_failures;
	const char *holder; /* what holds it in the target; NULL: not known */
	const char *detail; /* how the state was read, or why it is unknown */
	uint64_t object;    /* its address in the target; 0: not from memory */
};

struct limiter_row {
	const char *name, *library, *source;
	double limit_per_s, burst, tokens, allowed_per_s, denied_per_s;
	const char *holder;
	int8_t unlimited; /* 1: it lets everything through (rate.Inf); -1: not known */
	uint64_t object;
};

struct request_row {
	const char *source, *method, *route;
	double rate_per_s;
	double p50_lo_ms, p50_ms, p99_lo_ms,
		p99_ms; /* a histogram tells a range: above lo, at most the other */
	double status_2xx, status_3xx, status_4xx, status_5xx; /* a second */
};

struct thread_row {
	double tid;
	const char *state;
	double cpu_pct;
	/* Of its M; NAN and NULL when the scheduler is not seen, or it is no M. */
	double m, p, g;
	const char *m_state, *locked, *g_func;
};

/* One function of a profile. Values stand in the member of their unit; the others are absent. */
struct site_row {
	const char *func;
	double flat, flat_bytes, flat_ns, flat_pct;
	double cum, cum_bytes, cum_ns, cum_pct;
	double alloc_bytes_per_s;
	const char *place; /* "client.go:88"; NULL: unknown */
	const char *file;
	double line;
	const int64_t *by_type; /* flat and cum of each type */
	uint64_t id;		/* of its name */
};

struct profile_type_row {
	const char *name, *unit;
	double total;
};

struct profile_row {
	const char *kind, *type;
	double total, total_bytes, total_ns;
	double duration_s, samples, functions;
	double dispatch_pct, dispatch_leaf_pct;
	const char *detail;
	uint64_t taken_unix_ns; /* 0: never, see detail */
	uint64_t asked_unix_ns; /* of the last answer, good or bad */
	struct profile_type_row *types;
	uint32_t n_types;
	struct site_row *sites; /* by flat, largest first */
	size_t n_sites;
};

struct finding_row {
	uint64_t onset_unix_ns;
	const char *layer, *source, *signal, *value, *text, *view;
	double score;
};

#endif
