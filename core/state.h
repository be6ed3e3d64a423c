/* state.h - what the model keeps of a target beside what it shows; private to core/. */
#ifndef STATE_H
#define STATE_H

#include "core/base/arena.h"
#include "core/base/xalloc.h"
#include "core/model.h"
#include "core/window.h"

/* A page's series that matter to one kind of row, found once for each layout. */
struct link {
	uint32_t series, row;
	uint8_t role;
	uint8_t arg;
};

struct page_map {
	struct link *links;
	size_t n, cap;
	uint64_t layout;
	bool valid;
};

static inline void page_map_add(struct page_map *m, struct link l)
{
	GROW(m->links, m->n, m->cap);
	m->links[m->n++] = l;
}

/* The sources that tell by pages of metrics; what is kept of a page is kept of each. */
enum page { PAGE_METRICS, PAGE_EXPVAR, PAGE_COUNT };

/* ---- facts of one source, and the counters behind its rates ---- */

struct page_facts {
	struct page_map map; /* row: index of the field over all fact tables */
	double *previous;    /* by the same index; NAN: none */
	uint8_t *which;	     /* of the field's metric names, by the same index */
	uint64_t previous_ns;
};

struct facts_state {
	struct facts now[SOURCE_COUNT];
	struct page_facts pages[PAGE_COUNT];
	uint64_t cpu_ns, throttled_ns, process_ns; /* of /proc */
	struct cost_facts cost;			   /* of gmptop itself, whatever the sources do */
	uint64_t own_cpu_ns, own_ns;
};

void facts_clear(struct facts *f);
void facts_from_page(struct facts *ret, struct page_facts *s, const struct metrics_page *p,
		     uint64_t t_ns);
void facts_forget_rates(struct page_facts *s); /* the next page is another source's */
void facts_from_process(struct facts_state *s, const struct process *p, uint64_t t_ns);
void facts_from_cost(struct facts_state *s, const struct own_cost *c, uint64_t t_ns);
void facts_merge(const struct target *t, const struct facts_state *s, struct facts *ret);
void facts_release(struct facts_state *s);

/* ---- the scheduler ---- */

struct sched_state;
struct sched_state *sched_new(void);
void sched_free(struct sched_state *s); /* NULL is fine */
/* Rows of `t`, and what is one number each into `f`. */
void sched_apply(struct target *t, struct sched_state *s, struct facts *f,
		 const struct sched_sample *sm, uint64_t t_ns);
void sched_gap(struct sched_state *s, uint64_t t_ns); /* the source did not tell */
void sched_join_threads(struct target *t);	      /* CPU time of each M, by its thread */

/* ---- goroutine groups ---- */

/* Rows by id, open addressing; the list is what a target shows. */
struct group_table {
	struct group_row **slots;
	size_t n_slots, n;
	struct group_row **list;
	size_t list_cap;
};

struct group_row **group_slot(struct group_table *t,
			      uint64_t id);   /* its row, or where it would stand */
void group_table_room(struct group_table *t); /* before a row is put into a slot */
size_t group_table_list(struct group_table *t,
			uint64_t t_ns); /* those seen at t_ns; forgets the others */
void group_table_release(struct group_table *t);

struct group_row *group_row_new(const struct goroutine_group *g, uint64_t t_ns);
void group_row_free(struct group_row *r); /* NULL is fine */
/* The row in the slot, made when there is none, and made anew when `g` knows who created it and the
 * row does not. */
struct group_row *group_row_at(struct group_table *t, struct group_row **slot,
			       const struct goroutine_group *g, uint64_t t_ns);
/* States and ages: forgotten, then added up from samples or from other rows. */
void group_row_clear_states(struct group_row *r);
void group_row_add_state(struct group_row *r, struct str state, double count);
void group_row_settle_state(struct group_row *r); /* the commonest becomes its state */
void group_row_update(struct group_row *r, double count, double oldest_s, uint64_t t_ns);
void group_row_inherit(struct group_row *r,
		       const struct group_row *from);	 /* what was seen so far */
void group_list_sort(struct group_row **list, size_t n); /* by count, largest first */

struct groups_state {
	struct group_table groups;
	struct group_table folded; /* rows that stand for several label sets of one stack */
	struct stack_sum *sums;	   /* of one sample */
	size_t n_sums, sums_cap;
	struct group_row **stacks;
	size_t stacks_cap;
};

void groups_apply(struct target *t, struct groups_state *s, const struct goroutines *g,
		  uint64_t t_ns);
void stacks_apply(struct target *t, struct groups_state *s, uint64_t t_ns);
void groups_release(struct groups_state *s);

/* ---- suspects ---- */

void trend_push(struct trend *tr, uint64_t t_ns, double value);
void leaks_apply(struct target *t, struct arena *a, uint64_t t_ns);
void leaks_prove(struct target *t, const struct leak_profile_sample *p, uint64_t unix_ns);

/* ---- breakers, limiters, requests ---- */

struct breaker_extra;
struct breakers_state {
	struct arena arena[2]; /* of the rows' words: of this layout and of the one before */
	int current;
	struct breaker_row *rows;
	struct breaker_extra *extra; /* beside each row */
	size_t n, cap;
	size_t n_live; /* rows that hold: n, or none while the source is silent */
	struct page_map map;
	uint64_t t_ns;
	enum source source; /* whose page it is */
};

void breakers_apply(struct target *t, struct breakers_state *s, const struct metrics_page *p,
		    uint64_t t_ns);
void breakers_release(struct breakers_state *s);

struct limiter_extra;
struct limiters_state {
	struct arena arena[2]; /* of the rows' words, as for breakers */
	int current;
	struct limiter_row *rows;
	struct limiter_extra *extra;
	size_t n, cap;
	size_t n_live;
	struct page_map map;
	uint64_t t_ns;
	enum source source;
};

void limiters_apply(struct limiters_state *s, const struct metrics_page *p, uint64_t t_ns);
void limiters_release(struct limiters_state *s);

struct request_extra;
struct requests_state {
	struct arena arena;
	struct request_row *rows;
	struct request_extra *extra;
	size_t n, cap;
	struct page_map map;
	uint64_t t_ns;
	enum source source; /* of the page */
};

void requests_apply(struct target *t, struct requests_state *s, const struct metrics_page *p,
		    uint64_t t_ns);
void requests_release(struct requests_state *s);

/* ---- breakers of a Hystrix stream ---- */

struct circuit_extra;
struct circuits_state {
	struct arena words[2]; /* of the rows now and of those before */
	int current;
	struct breaker_row *rows;
	struct circuit_extra *extra; /* beside each row */
	size_t n, n_live;
};

void circuits_apply(struct target *t, struct circuits_state *s, const struct circuits_sample *sm,
		    uint64_t t_ns);
void circuits_release(struct circuits_state *s);

/* ---- breakers and limiters in the target's memory ---- */

struct object_past;
struct objects_state {
	struct arena words;
	struct object_past *pasts;
	size_t n_pasts;
	struct breaker_row *breakers;
	struct limiter_row *limiters;
	size_t n_breakers, n_limiters;
	struct breaker_row *all_breakers; /* with those of other sources: what the target shows */
	struct limiter_row *all_limiters;
};

void objects_apply(struct objects_state *s, const struct objects_sample *sm, uint64_t t_ns);
void objects_join(struct target *t); /* after either has changed */
void objects_release(struct objects_state *s);

/* ---- profiles ---- */

struct profile_state {
	struct arena arena; /* of what the row shows */
	struct profile_row row;
	char detail[ERR_TEXT_MAX];
	/* What each function had allocated at the last good profile, by hash: a rate needs two. */
	struct allocated {
		uint64_t func;
		int64_t bytes;
	} * allocated;
	size_t n_allocated;
	uint64_t allocated_unix_ns; /* 0: none */
};

void profiles_apply(struct target *t, const struct profile_answer *a, uint64_t unix_ns);
void profiles_forget(struct target *t);

/* ---- findings ---- */

void findings_apply(struct target *t, struct arena *a);

struct target_state {
	struct facts_state facts;
	struct groups_state groups;
	struct breakers_state breakers[PAGE_COUNT];
	struct limiters_state limiters[PAGE_COUNT];
	struct circuits_state circuits;
	struct requests_state requests;
	struct objects_state objects;
	struct sched_state *sched;
	struct profile_state profiles[PROFILE_KINDS];
	enum source page_source; /* of the last page of metrics */
	struct arena build_arena, thread_arena, leak_arena, finding_arena;
	struct proven_stack {
		uint64_t stack_id;
		double count;
	} * proven; /* by the runtime's own profile */
	size_t n_proven;
	size_t n_leaks_kept; /* rows of target->leaks while n_leaks hides them */
	struct build build;
	uint64_t build_key; /* pid and start of the process whose build it is */
	char *base_name;    /* of the executable */
	char health_path[64];
	struct thread_row *threads;
	size_t threads_cap;
	struct thread_before {
		int32_t tid;
		uint64_t cpu_ns;
	} * threads_before;
	size_t n_threads_before;
	uint64_t threads_ns;
};

#endif
