#include "collectors/gort/locate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/gort/check.h"
#include "collectors/gort/coderef.h"
#include "collectors/gort/pclntab.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum {
	FUNCS_MAX = 24,	 /* that refer to one variable */
	FIELDS_MAX = 12, /* of one that is referred to by its fields */
	CODE_MAX = 64 << 10,
	TRIES = 3,
	NAMES_MAX = LOC_COUNT * FUNCS_MAX,
	CANDIDATES_MAX = 1 << 16, /* of one variable, each as often as it is referred to */
	JUDGED_MAX = 1024,	  /* of them, those with most votes first */
};

struct variable {
	const char *name;
	const char *funcs[FUNCS_MAX];	      /* of the runtime: who refers to it */
	enum layout_field fields[FIELDS_MAX]; /* that code may refer to instead of its start */
	uint8_t n_fields;
	enum layout_field size; /* of a structure; 0: of a word, or a few */
	bool align4;		/* of 32 bits; the others are of 64 */
	bool best; /* of several fit ones the fittest counts, not the most referred to */
};

/* In the order in which they are looked for: some are judged by those before them. */
static const struct variable variables[LOC_COUNT] = {
	[LOC_ALLGS] = {
		.name = "runtime.allgs",
		.funcs = { "runtime.allgadd", "runtime.allGsSnapshot", "runtime.forEachG",
			   "runtime.checkdead", "runtime.schedtrace", "runtime.gcResetMarkState",
			   "runtime.newproc1", "runtime.gcMarkRootPrepare" },
	},
	[LOC_ALLGLEN] = {
		.name = "runtime.allglen",
		.funcs = { "runtime.allgadd", "runtime.forEachGRace", "runtime.gcount",
			   "runtime.gcResetMarkState", "runtime.atomicAllG", "runtime.newproc1",
			   "runtime.goroutineProfileWithLabelsConcurrent",
			   "runtime.tracebackothers" },
	},
	[LOC_ALLGPTR] = {
		.name = "runtime.allgptr",
		.funcs = { "runtime.allgadd", "runtime.forEachGRace", "runtime.gcResetMarkState",
			   "runtime.atomicAllG", "runtime.newproc1",
			   "runtime.goroutineProfileWithLabelsConcurrent",
			   "runtime.tracebackothers" },
	},
	[LOC_ALLP] = {
		.name = "runtime.allp",
		.funcs = { "runtime.procresize", "runtime.retake", "runtime.gcount",
			   "runtime.schedtrace", "runtime.stopTheWorldWithSema",
			   "runtime.findRunnable", "runtime.forEachP", "runtime.checkdead",
			   "runtime.preemptall" },
	},
	[LOC_ALLM] = {
		.name = "runtime.allm",
		.funcs = { "runtime.allocm", "runtime.mcommoninit", "runtime.schedtrace",
			   "runtime.mexit", "runtime.checkdead", "runtime.doAllThreadsSyscall",
			   "syscall.runtime_doAllThreadsSyscall", "runtime.main" },
		.best = true,
	},
	[LOC_SCHED] = {
		.name = "runtime.sched",
		.funcs = { "runtime.schedule", "runtime.findRunnable", "runtime.checkmcount",
			   "runtime.mput", "runtime.mget", "runtime.schedtrace",
			   "runtime.injectglist", "runtime.startm", "runtime.wakep",
			   "runtime.globrunqget" },
		.fields = { LAYOUT_SCHED_LASTPOLL, LAYOUT_SCHED_MIDLE, LAYOUT_SCHED_NMIDLE,
			    LAYOUT_SCHED_NPIDLE, LAYOUT_SCHED_NMSPINNING, LAYOUT_SCHED_RUNQ_SIZE,
			    LAYOUT_SCHED_RUNQ_HEAD, LAYOUT_SCHED_GCWAITING,
			    LAYOUT_SCHED_MAXMCOUNT, LAYOUT_SCHED_MNEXT },
		.size = LAYOUT_SCHED_SIZE,
		.n_fields = 10,
	},
	[LOC_GOMAXPROCS] = {
		.name = "runtime.gomaxprocs",
		.funcs = { "runtime.procresize", "runtime.findRunnable", "runtime.GOMAXPROCS",
			   "runtime.schedtrace", "runtime.gcBgMarkStartWorkers",
			   "runtime.gcStart", "runtime.startm", "runtime.stopTheWorldWithSema" },
		.align4 = true,
	},
	[LOC_GC_CONTROLLER] = {
		.name = "runtime.gcController",
		.funcs = { "runtime.gcControllerCommit", "runtime.mallocgc", "runtime.gcStart",
			   "runtime/debug.setGCPercent", "runtime.gcMarkTermination",
			   "runtime.gcMarkDone", "runtime.deductSweepCredit",
			   "runtime.readmemstats_m", "runtime.(*mheap).allocNeedsZero",
			   "runtime.(*mheap).allocSpan" },
		.fields = { LAYOUT_GC_HEAPLIVE, LAYOUT_GC_GCPERCENTHEAPGOAL, LAYOUT_GC_HEAPINUSE,
			    LAYOUT_GC_TRIGGERED },
		.size = LAYOUT_GC_SIZE,
		.n_fields = 4,
	},
	[LOC_MEMSTATS] = {
		.name = "runtime.memstats",
		.funcs = { "runtime.gcStart", "runtime.gcMarkTermination",
			   "runtime.gcMarkTermination.func1", "runtime.readGCStats_m",
			   "runtime.readmemstats_m", "runtime/debug.readGCStats_m" },
		.fields = { LAYOUT_MSTATS_NUMGC, LAYOUT_MSTATS_LAST_GC_UNIX,
			    LAYOUT_MSTATS_PAUSE_TOTAL_NS, LAYOUT_MSTATS_ENABLEGC,
			    LAYOUT_MSTATS_GC_CPU_FRACTION, LAYOUT_MSTATS_PAUSE_NS },
		.size = LAYOUT_MSTATS_SIZE,
		.n_fields = 6,
	},
	/* Only functions that write no pointers: elsewhere runtime.writeBarrier, which mostly has the
	 * same value, is referred to more often. */
	[LOC_GCPHASE] = {
		.name = "runtime.gcphase",
		.funcs = { "runtime.stackpoolfree", "runtime.stackfree", "runtime.freeSomeWbufs",
			   "runtime.freeStackSpans", "runtime.gcMark", "runtime.gcSweep",
			   "runtime.gcTrigger.test", "runtime.syncadjustsudogs",
			   "runtime.(*gcWork).balance", "runtime.(*gcWork).tryGet",
			   "runtime.(*gcWork).put", "runtime.wakeScavenger" },
		.align4 = true,
	},
	[LOC_WAIT_REASONS] = {
		.name = "runtime.waitReasonStrings",
		.funcs = { "runtime.goroutineheader", "runtime.waitReason.String",
			   "runtime.gcMarkTermination" },
	},
	[LOC_MHEAP] = {
		.name = "runtime.mheap_",
		.funcs = { "runtime.gcSweep", "runtime.sweepone", "runtime.bgsweep",
			   "runtime.stackalloc", "runtime.stackcacherefill",
			   "runtime.stackpoolalloc", "runtime.schedinit", "runtime.mallocinit",
			   "runtime.gcMarkTermination", "runtime.(*mcache).allocLarge",
			   "runtime.(*mcentral).grow", "runtime.procresize",
			   "runtime.finishsweep_m", "runtime.readmemstats_m",
			   "runtime.gcResetMarkState", "runtime.freeSomeWbufs",
			   "runtime.(*mspan).sweep" },
		.fields = { LAYOUT_HEAP_ALLSPANS },
		.size = LAYOUT_HEAP_SIZE,
		.n_fields = 1,
	},
};

const char *location_name(enum location i)
{
	return variables[i].name;
}

/* ---- candidates ---- */

struct candidate {
	uint64_t addr;
	uint32_t votes; /* functions that refer to it */
	int func;	/* while they are collected: the one that does */
};

struct candidates {
	const struct image *im;
	const struct layout *l;
	const struct variable *v;
	int func;
	struct candidate *c;
	size_t n, cap;
};

static void add(struct candidates *cs, uint64_t addr)
{
	int32_t size = cs->v->size ? cs->l->at[cs->v->size] : 0;

	if (cs->n == CANDIDATES_MAX || addr % (cs->v->align4 ? 4 : 8) != 0 ||
	    !image_in_data(cs->im, addr, size > 0 ? (uint64_t)size : 1))
		return;
	GROW(cs->c, cs->n, cs->cap);
	cs->c[cs->n++] = (struct candidate){ .addr = addr, .func = cs->func };
}

/* A reference is one to the start of the variable, or to a field of it. */
static void note(void *ctx, uint64_t target)
{
	struct candidates *cs = ctx;

	if (!image_in_data(cs->im, target, 1))
		return;
	add(cs, target);
	for (size_t i = 0; i < cs->v->n_fields; i++) {
		int32_t at = cs->l->at[cs->v->fields[i]];

		if (at > 0)
			add(cs, target - (uint64_t)at);
	}
}

static int by_addr(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr > y->addr ? 1 : -1;
	return (x->func > y->func) - (x->func < y->func);
}

static int by_votes(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->votes != y->votes)
		return x->votes < y->votes ? 1 : -1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* Each address once, with the number of functions, most of them first. */
static void count_votes(struct candidates *cs)
{
	size_t n = 0;

	if (cs->n == 0)
		return;
	qsort(cs->c, cs->n, sizeof(*cs->c), by_addr);
	for (size_t i = 0; i < cs->n; i++) {
		struct candidate *last = n ? &cs->c[n - 1] : NULL, c = cs->c[i];

		if (!last || last->addr != c.addr) {
			c.votes = 1;
			cs->c[n++] = c;
		} else if (last->func != c.func) {
			last->votes++;
			last->func = c.func;
		}
	}
	cs->n = n;
	qsort(cs->c, n, sizeof(*cs->c), by_votes);
}

/* ---- the search ---- */

enum phase { BY_SYMBOL, FIND_FUNCS, FIND_CANDIDATES, JUDGE, OVER };

struct locator {
	struct check check;
	struct locations found;
	enum phase phase;
	int next; /* variable */
	int tries;
	size_t judged;		      /* candidates of the next variable */
	unsigned best;		      /* how well the best of them fits */
	const char *names[NAMES_MAX]; /* of the functions */
	int indices[NAMES_MAX];
	struct pcln_search *search;
	int funcs[LOC_COUNT][FUNCS_MAX]; /* of each variable: in names, then in the table */
	struct candidates of[LOC_COUNT];
	unsigned char *code;
};

/* All functions of all variables in one pass over the function table. */
static void begin_funcs(struct locator *s)
{
	size_t n = 0;

	for (int v = 0; v < LOC_COUNT; v++) {
		for (size_t i = 0; i < FUNCS_MAX && variables[v].funcs[i]; i++) {
			size_t k = 0;

			while (k < n && strcmp(s->names[k], variables[v].funcs[i]) != 0)
				k++;
			s->names[k] = variables[v].funcs[i];
			n += k == n;
			s->funcs[v][i] = (int)k;
		}
	}
	s->search = pcln_search_new(image_pclntab(s->check.im), s->names, n, s->indices);
}

static bool find_funcs(struct locator *s, uint64_t until_ns)
{
	if (!s->search)
		begin_funcs(s);
	if (!pcln_search_step(s->search, until_ns))
		return false;
	for (int v = 0; v < LOC_COUNT; v++) {
		for (size_t i = 0; i < FUNCS_MAX; i++)
			s->funcs[v][i] = variables[v].funcs[i] ? s->indices[s->funcs[v][i]] : -1;
	}
	return true;
}

static void find_candidates(struct locator *s, enum location what)
{
	struct image *im = s->check.im;
	struct candidates *cs = &s->of[what];

	*cs = (struct candidates){ .im = im, .l = s->check.l, .v = &variables[what] };
	for (int i = 0; i < FUNCS_MAX; i++) {
		uint64_t end, start = image_func_start(im, s->funcs[what][i], &end);
		size_t n = start && end - start < CODE_MAX ? end - start : CODE_MAX;

		cs->func = i;
		if (start && image_bytes(im, start, s->code, n))
			coderef_scan(image_arch(im), s->code, n, start, note, cs);
	}
	count_votes(cs);
}

/* Goes on with the candidates of a variable until about until_ns; true: that was the last. */
static bool judge(struct locator *s, enum location what, uint64_t until_ns)
{
	struct candidates *cs = &s->of[what];
	struct locations *found = s->check.found;

	while (s->judged < cs->n && s->judged < JUDGED_MAX) {
		uint64_t addr = cs->c[s->judged++].addr;
		unsigned fit = check_location(&s->check, what, addr);

		if (fit > s->best) {
			s->best = fit;
			found->at[what] = addr;
			found->how[what] = "code";
			if (!variables[what].best)
				break;
		}
		if (clock_mono_ns() >= until_ns && s->judged < cs->n && s->judged < JUDGED_MAX)
			return false;
	}
	s->judged = s->best = 0;
	return true;
}

static size_t missing(const struct locations *l)
{
	size_t n = 0;

	for (int i = 0; i < LOC_COUNT; i++)
		n += l->at[i] == 0;
	return n;
}

/* The next variable that is missing; false: that was the last. */
static bool next_missing(struct locator *s)
{
	while (s->next < LOC_COUNT && s->found.at[s->next])
		s->next++;
	return s->next < LOC_COUNT;
}

static void begin_phase(struct locator *s, enum phase p)
{
	s->phase = p;
	s->next = 0;
}

size_t location_symbols(const char *ret[LOCATION_SYMBOLS])
{
	for (int i = 0; i < LOC_COUNT; i++)
		ret[i] = variables[i].name;
	ret[LOC_COUNT] = IMAGE_MODULEDATA_SYMBOL;
	return LOCATION_SYMBOLS;
}

static void by_symbol(struct locator *s)
{
	for (int i = 0; i < LOC_COUNT; i++) {
		s->found.at[i] = image_symbol(s->check.im, variables[i].name);
		s->found.how[i] = s->found.at[i] ? "symbol" : NULL;
	}
}

/* Some milliseconds at most, but for a table of functions of many megabytes. */
static void work(struct locator *s, uint64_t until_ns)
{
	switch (s->phase) {
	case BY_SYMBOL:
		by_symbol(s);
		begin_phase(s, missing(&s->found) > 0 ? FIND_FUNCS : OVER);
		break;
	case FIND_FUNCS:
		if (find_funcs(s, until_ns))
			begin_phase(s, FIND_CANDIDATES);
		break;
	case FIND_CANDIDATES:
		if (next_missing(s))
			find_candidates(s, s->next++);
		else
			begin_phase(s, JUDGE);
		break;
	case JUDGE: /* A no may have been a race: those that are missing are looked at again. */
		if (s->judged > 0 || next_missing(s))
			s->next += judge(s, s->next, until_ns);
		else
			begin_phase(s, missing(&s->found) > 0 && ++s->tries < TRIES ? JUDGE : OVER);
		break;
	case OVER:
		break;
	}
}

/* Without these there is nothing to show. */
static int require(const struct locator *s, struct err *e)
{
	static const enum location needed[] = { LOC_ALLGS, LOC_ALLP, LOC_SCHED };
	int pid = (int)s->check.r->pid;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		enum location v = needed[i];

		if (s->check.found->at[v])
			continue;
		if (s->of[v].n > 0)
			return err_set(
				e, -EAGAIN,
				"process %d: none of %zu places that the code refers to looks "
				"like %s (is it only starting?)",
				pid, s->of[v].n, variables[v].name);
		return err_set(e, -ENOENT,
			       "process %d: no code that refers to %s was found, so goroutines "
			       "cannot be read (obfuscated, or a Go unlike %s)",
			       pid, variables[v].name, s->check.l->version);
	}
	return 0;
}

struct locator *locator_new(struct image *im, const struct layout *l, struct remote *r)
{
	struct locator *s = xcalloc(1, sizeof(*s));

	s->check = (struct check){ .im = im, .l = l, .r = r, .found = &s->found };
	s->code = xreallocarray(NULL, CODE_MAX, 1);
	return s;
}

void locator_free(struct locator *s)
{
	if (!s)
		return;
	for (int v = 0; v < LOC_COUNT; v++)
		free(s->of[v].c);
	pcln_search_free(s->search);
	free(s->code);
	free(s);
}

int locator_step(struct locator *s, uint64_t until_ns, struct locations *ret, struct err *e)
{
	int r;

	while (s->phase != OVER) {
		work(s, until_ns);
		if (s->phase != OVER && clock_mono_ns() >= until_ns)
			return 1;
	}
	r = s->check.error;
	if (r == -ESRCH || r == -EPERM || r == -ENOSYS)
		return remote_explain(s->check.r->pid, r, e);
	r = require(s, e);
	if (r == -EAGAIN) { /* to be judged anew at the next step */
		s->tries = 0;
		begin_phase(s, JUDGE);
	}
	if (r == 0)
		*ret = s->found;
	return r;
}

size_t locate_wait_reasons(struct remote *r, const struct locations *at, struct arena *a,
			   struct str *ret, size_t max)
{
	enum { REASON_MAX = 64 };
	size_t n = 0;

	for (; at->at[LOC_WAIT_REASONS] && n < max; n++) {
		char text[REASON_MAX];
		uint64_t s[2]; /* a string header */

		if (remote_read(r, at->at[LOC_WAIT_REASONS] + n * sizeof(s), s, sizeof(s)) < 0 ||
		    s[1] > sizeof(text) || (n > 0 && s[1] == 0) ||
		    (s[1] > 0 && remote_read(r, s[0], text, s[1]) < 0))
			break;
		ret[n] = arena_str(a, (struct str){ text, (uint32_t)s[1] });
	}
	return n;
}
