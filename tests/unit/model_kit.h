/* model_kit.h - a model and samples for it as tests like to read them: a metrics page is its text,
 * goroutines are lines of a short notation, time is in seconds since the test began.
 *
 *     kit_page(&k, 1, "circuit_breaker_state{name=\"pay\"} 2\n");
 *     kit_groups(&k, 2, "12 chan receive: runtime.gopark < main.wait < main.serve {trace=7}"); */
#ifndef MODEL_KIT_H
#define MODEL_KIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collectors/parse/promtext.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/model.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ABSENT	     NAN

#define KIT_T0_NS    (1000 * NS_PER_S)
#define KIT_UNIX_NS  (1763992800ull * NS_PER_S) /* 2025-11-24 14:00:00 UTC */

enum { KIT_GROUPS_MAX = 2048, KIT_FRAMES_MAX = 32, KIT_LABELS_MAX = 8 };

struct kit {
	struct model *m;
	struct target *t;
	struct promtext text;
	struct arena words; /* of the sample under way */
};

static inline bool same_num(double a, double b)
{
	return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

#define assert_num(got, want)                                                   \
	do {                                                                    \
		double got_ = (got), want_ = (want);                            \
		if (!same_num(got_, want_))                                     \
			fail_msg("%s: got %.9g, want %.9g", #got, got_, want_); \
	} while (0)

#define assert_text(got, want)                                                                  \
	do {                                                                                    \
		const char *got_ = (got), *want_ = (want);                                      \
		if (!got_ || strcmp(got_, want_) != 0)                                          \
			fail_msg("%s: got \"%s\", want \"%s\"", #got, got_ ? got_ : "(absent)", \
				 want_);                                                        \
	} while (0)

static inline void kit_start(struct kit *k, bool is_url)
{
	*k = (struct kit){ .m = model_new() };
	model_add_target(k->m, "asked", NULL, is_url);
	k->t = &k->m->targets[0];
}

static inline void kit_end(struct kit *k)
{
	model_free(k->m);
	promtext_release(&k->text);
	arena_release(&k->words);
}

static inline uint64_t kit_ns(double at_s)
{
	return KIT_T0_NS + (uint64_t)llround(at_s * 1e9);
}

static inline struct sample kit_sample(double at_s, enum source source)
{
	return (struct sample){
		.source = source,
		.t_ns = kit_ns(at_s),
		.unix_ns = KIT_UNIX_NS + (uint64_t)llround(at_s * 1e9),
		.state = SOURCE_OK,
	};
}

/* A round that gave nothing. */
static inline void kit_lost(struct kit *k, double at_s, enum source source, enum source_state state)
{
	struct sample s = kit_sample(at_s, source);

	s.state = state;
	(void)err_set(&s.why, 0, "no answer within 2.0 s");
	model_apply(k->m, &s);
}

static inline void kit_page(struct kit *k, double at_s, const char *text)
{
	struct sample s = kit_sample(at_s, SOURCE_METRICS);
	struct err e = { "" };

	promtext_begin(&k->text);
	if (promtext_feed(&k->text, text, strlen(text), &e) < 0 || promtext_end(&k->text, &e) < 0)
		fail_msg("the test's page is not one: %s", e.text);
	s.metrics = &k->text.page;
	model_apply(k->m, &s);
}

static inline void kit_process(struct kit *k, double at_s, const struct process *p)
{
	struct sample s = kit_sample(at_s, SOURCE_PROC);

	s.process = p;
	model_apply(k->m, &s);
}

/* ---- goroutines ---- */

static inline char *kit_cut(char **at, const char *separator)
{
	char *start = *at, *end = start ? strstr(start, separator) : NULL;

	*at = end ? end + strlen(separator) : NULL;
	if (end)
		*end = '\0';
	return start;
}

static inline struct frame kit_frame(const char *func, uint32_t line)
{
	return (struct frame){ str_of(func), STR("/src/app/app.go"), line };
}

/* "COUNT STATE: leaf < caller < root {k=v,k=v} by creator", the last two as wanted. */
static inline void kit_group(struct kit *k, char *text, struct goroutine_group *g)
{
	struct frame *stack = arena_alloc(&k->words, KIT_FRAMES_MAX * sizeof(*stack));
	struct label *labels = arena_alloc(&k->words, KIT_LABELS_MAX * sizeof(*labels));
	char *by, *braces, *func, *pair;

	*g = (struct goroutine_group){ .stack = stack, .labels = labels };
	g->count = strtoull(text, &text, 10);
	text += *text == ' ';
	g->state = str_of(kit_cut(&text, ": "));
	by = text;
	kit_cut(&by, " by ");
	if (by)
		g->created_by = kit_frame(by, 7);
	braces = text;
	kit_cut(&braces, " {");
	while (text && (func = kit_cut(&text, " < "))) {
		stack[g->n_stack] = kit_frame(func, 10 + g->n_stack);
		g->n_stack++;
	}
	if (braces)
		kit_cut(&(char *){ braces }, "}");
	while (braces && (pair = kit_cut(&braces, ","))) {
		char *name = kit_cut(&pair, "=");

		labels[g->n_labels++] = (struct label){ str_of(name), str_of(pair) };
	}
	g->id = goroutine_group_id(stack, g->n_stack, labels, g->n_labels);
}

/* Groups separated by "; ". */
static inline void kit_groups(struct kit *k, double at_s, const char *notation)
{
	struct sample s = kit_sample(at_s, SOURCE_PPROF);
	struct goroutines g = { 0 };
	struct goroutine_group *groups;
	char *text, *one;

	arena_clear(&k->words);
	groups = arena_alloc(&k->words, KIT_GROUPS_MAX * sizeof(*groups));
	text = (char *)(uintptr_t)arena_str(&k->words, str_of(notation)).p;
	while (text && (one = kit_cut(&text, "; ")) && *one) {
		kit_group(k, one, &groups[g.n_groups]);
		g.total += groups[g.n_groups++].count;
	}
	g.groups = groups;
	s.goroutines = &g;
	model_apply(k->m, &s);
}

#endif
