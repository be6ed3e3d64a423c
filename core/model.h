/* model.h - all that is known of all targets: a pure function of the samples so far. It reads no
 * clock and no file; a view, the JSON writer and a report draw a const model and know no source.
 * Everything in it is owned by the model and borrowed by readers until the next model_apply. */
#ifndef MODEL_H
#define MODEL_H

#include "core/base/arena.h"
#include "core/rows.h"
#include "core/sample.h"
#include "core/timeline.h"

struct facts {
	struct sched_facts sched;
	struct latency_facts latency;
	struct goroutine_facts goroutines;
	struct memory_facts memory;
	struct net_facts net;
	struct process_facts process;
	struct cost_facts cost;
};

/* What is charted over time. */
enum history {
	HISTORY_GOROUTINES,
	HISTORY_HEAP_LIVE,
	HISTORY_HEAP_GOAL,
	HISTORY_REQUESTS,
	HISTORY_CPU,
	HISTORY_RSS,
	HISTORY_LATENCY, /* p99, upper end of its bucket */
	HISTORY_GLOBAL_RUNQ,
	HISTORY_COUNT,
};

struct source_status {
	enum source_state state;
	uint64_t t_ns;		   /* last sample; 0: none yet */
	uint64_t ok_ns;		   /* last good one; 0: never */
	uint64_t since_ns;	   /* in this state since */
	uint64_t ok_count;	   /* good samples so far: rates need two */
	uint64_t every_ns;	   /* it samples so rarely; 0: in each round */
	char detail[ERR_TEXT_MAX]; /* why it is not ok; "" while it is */
	char note[ERR_TEXT_MAX];   /* while it is: how its values come about; "": nothing to say */
};

/* The runtime's own leak profile, asked for on demand. */
struct leak_profile {
	uint64_t unix_ns; /* of the last answer; 0: never asked */
	double found;	  /* goroutines that can never wake again; NAN: it did not say, see why */
	char why[ERR_TEXT_MAX];
};

struct target {
	char *name;		/* shown; see json.md, "name" */
	char *asked;		/* as the user wrote it */
	char *url;		/* the base that answered; NULL: none */
	pid_t pid;		/* 0: not known */
	bool named;		/* the user gave the name */
	bool is_url;		/* was asked for by address: reached only by an HTTP answer */
	bool is_server;		/* a Prometheus server, asked for its services: no service itself */
	bool by_server;		/* seen through such a server only */
	uint64_t start_unix_ns; /* of the process; 0: not known */
	uint64_t gone_unix_ns;	/* the process ended; 0: it has not */
	const struct build *build; /* NULL: not known */
	struct health health;	   /* status 0: no health endpoint answered */

	struct source_status sources[SOURCE_COUNT];
	struct facts facts;	       /* the best source of each */
	enum source goroutines_source; /* whose total it is; SOURCE_COUNT: nobody's */
	enum source groups_source;     /* whose groups they are; SOURCE_COUNT: nobody's */
	enum source latency_source;
	enum source metrics_source; /* whose page it is; SOURCE_COUNT: nobody's */
	struct group_row **groups;  /* present now, by count, largest first */
	struct group_row **stacks;  /* the same without regard to labels: what people look at */
	size_t n_groups, n_stacks;
	double by_running, by_runnable, by_waiting, by_syscall; /* NAN: no groups known */
	struct leak_row *leaks;					/* worst first */
	size_t n_leaks;
	bool leaks_looked; /* enough samples to say "none" */
	struct leak_profile leak_profile;
	struct p_row *ps;
	struct m_row *ms;
	size_t n_ps, n_ms;
	const uint64_t *depth_t_ns; /* of each of ps[].depths, newest last */
	const char *gc_phase;	    /* off, mark, mark termination; NULL: not known */
	bool objects_looked;	    /* the heap was searched for breakers and limiters */
	struct breaker_row *breakers;
	struct limiter_row *limiters;
	struct request_row *requests;
	struct thread_row *threads;
	size_t n_breakers, n_limiters, n_requests, n_threads;
	const struct profile_row *profiles[PROFILE_KINDS]; /* NULL: never asked for */
	enum profile_kind last_profile;			   /* PROFILE_KINDS: none */
	struct finding_row *findings;			   /* worst first */
	size_t n_findings;
	uint64_t first_ns, now_ns, now_unix_ns; /* of samples */
	struct target_state *state;		/* the model's own */
	struct timeline history[HISTORY_COUNT]; /* last: it is large */
};

struct model {
	struct target *targets;
	size_t n_targets;
};

struct model *model_new(void);
void model_free(struct model *m); /* NULL is fine */

/* `asked` is copied; `name` may be NULL: then a name is found when the target is known better.
 * Returns the target's index for samples. */
uint32_t model_add_target(struct model *m, const char *asked, const char *name, bool is_url);

/* s->t_ns is "now". Source states, facts, groups, breakers, suspects and findings follow. */
void model_apply(struct model *m, const struct sample *s);

/* True once the target has given something: a URL by at least one HTTP source, a PID by /proc. */
bool target_reached(const struct target *t);

/* A row for the table of sources; `now_ns` gives the age. */
struct source_row target_source_row(const struct target *t, enum source s, uint64_t now_ns);

#endif
