/* Rate limiters from a metrics page. No library exports one; these are the names in use. */
#include <math.h>
#include <stdlib.h>

#include "core/field.h"
#include "core/names.h"
#include "core/state.h"

enum { ROWS_MAX = 1000 };

enum role { ROLE_LIMIT, ROLE_BURST, ROLE_TOKENS, ROLE_ALLOWED, ROLE_DENIED, ROLE_COUNT, ROLE_NONE };

struct limiter_extra {
	double sum[ROLE_COUNT], before[ROLE_COUNT];
};

static const char *const lead_labels[] = { "name",     "limiter", "rate_limiter",
					   "resource", "domain",  NULL };
static const char *const other_labels[] = {
	"result", "outcome", "decision", "instance", "job", NULL
};
static const char *const result_labels[] = { "result", "outcome", "decision", "status", NULL };

static const struct {
	const char *tail;
	enum role role;
} tails[] = {
	{ "_near_limit", ROLE_NONE }, /* the longer tails first */
	{ "_within_limit", ROLE_ALLOWED },
	{ "_over_limit", ROLE_DENIED },
	{ "_limit", ROLE_LIMIT },
	{ "_limit_per_second", ROLE_LIMIT },
	{ "_limiter_rate", ROLE_LIMIT },
	{ "_burst", ROLE_BURST },
	{ "_tokens", ROLE_TOKENS },
	{ "_tokens_available", ROLE_TOKENS },
	{ "_available_permissions", ROLE_TOKENS },
	{ "_remaining", ROLE_TOKENS },
	{ "_allowed_total", ROLE_ALLOWED },
	{ "_accepted_total", ROLE_ALLOWED },
	{ "_denied_total", ROLE_DENIED },
	{ "_rejected_total", ROLE_DENIED },
	{ "_exceeded_total", ROLE_DENIED },
	{ "_limited_total", ROLE_DENIED },
	{ "_throttled_total", ROLE_DENIED },
};

static enum role role_of(const struct metrics_page *p, const struct series *s,
			 const char **ret_tail)
{
	struct str word;

	*ret_tail = "_total";
	if (!name_has(s->name, "rate_limit") && !name_has(s->name, "ratelimit"))
		return ROLE_NONE;
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		if (name_ends(s->name, tails[i].tail)) {
			*ret_tail = tails[i].tail;
			return tails[i].role;
		}
	}
	if (!name_ends(s->name, "_total"))
		return ROLE_NONE;
	word = label_of(p, s, result_labels);
	if (name_is(word, "allowed") || name_is(word, "ok") || name_is(word, "accepted"))
		return ROLE_ALLOWED;
	if (name_is(word, "denied") || name_is(word, "rejected") || name_is(word, "limited"))
		return ROLE_DENIED;
	return ROLE_NONE;
}

static long row_for(struct limiters_state *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->rows[i].name, name) == 0)
			return (long)i;
	}
	if (s->n == ROWS_MAX)
		return -1;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->rows = xreallocarray(s->rows, s->cap, sizeof(*s->rows));
		s->extra = xreallocarray(s->extra, s->cap, sizeof(*s->extra));
	}
	row_clear(&table_limiters, &s->rows[s->n]);
	s->rows[s->n].name = name;
	s->rows[s->n].source = source_name(s->source);
	for (int i = 0; i < ROLE_COUNT; i++)
		s->extra[s->n].before[i] = NAN;
	return (long)s->n++;
}

/* What was counted of a row of the same name goes on under a new layout. */
static void carry_over(struct limiters_state *s, const struct limiter_row *rows,
		       const struct limiter_extra *extra, size_t n)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < n; k++) {
			if (strcmp(rows[k].name, s->rows[i].name) == 0)
				memcpy(s->extra[i].before, extra[k].before,
				       sizeof(extra[k].before));
		}
	}
}

static void map_series(struct limiters_state *s, const struct metrics_page *p)
{
	struct limiter_row *old_rows = s->rows;
	struct limiter_extra *old = s->extra;
	size_t n_old = s->n;

	s->rows = NULL;
	s->extra = NULL;
	s->n = s->cap = s->map.n = 0;
	s->current = !s->current;
	arena_clear(&s->arena[s->current]);
	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *se = &p->series[i];
		const char *tail;
		enum role role = role_of(p, se, &tail);
		long row;

		/* A limit of 0 without any count is one that is switched off. */
		if (role == ROLE_NONE || (role == ROLE_LIMIT && se->value == 0))
			continue;
		row = row_for(
			s, row_name(&s->arena[s->current], p, se, lead_labels, other_labels, tail));
		if (row >= 0)
			page_map_add(&s->map,
				     (struct link){ (uint32_t)i, (uint32_t)row, (uint8_t)role, 0 });
	}
	carry_over(s, old_rows, old, n_old);
	free(old_rows);
	free(old);
	s->map.layout = p->layout;
	s->map.valid = true;
}

static double rate(double before, double now, double dt_s)
{
	return dt_s > 0 && now >= before ? (now - before) / dt_s : NAN;
}

static void fill(struct limiter_row *r, struct limiter_extra *x, double dt_s)
{
	r->limit_per_s = isinf(x->sum[ROLE_LIMIT]) ? NAN : x->sum[ROLE_LIMIT];
	r->burst = x->sum[ROLE_BURST];
	r->tokens = x->sum[ROLE_TOKENS];
	r->allowed_per_s = rate(x->before[ROLE_ALLOWED], x->sum[ROLE_ALLOWED], dt_s);
	r->denied_per_s = rate(x->before[ROLE_DENIED], x->sum[ROLE_DENIED], dt_s);
	memcpy(x->before, x->sum, sizeof(x->before));
}

void limiters_apply(struct limiters_state *s, const struct metrics_page *p, uint64_t t_ns)
{
	double dt_s;

	if (!s->map.valid || s->map.layout != p->layout)
		map_series(s, p);
	dt_s = s->t_ns && !p->restarted ? (double)(t_ns - s->t_ns) / 1e9 : NAN;
	for (size_t i = 0; i < s->n; i++) {
		for (int k = 0; k < ROLE_COUNT; k++)
			s->extra[i].sum[k] = NAN;
	}
	for (size_t i = 0; i < s->map.n; i++) {
		const struct link *l = &s->map.links[i];
		double *sum = &s->extra[l->row].sum[l->role], v = p->series[l->series].value;

		*sum = isnan(*sum) ? v : *sum + v;
	}
	for (size_t i = 0; i < s->n; i++)
		fill(&s->rows[i], &s->extra[i], dt_s);
	s->t_ns = t_ns;
	s->n_live = s->n;
}

void limiters_release(struct limiters_state *s)
{
	arena_release(&s->arena[0]);
	arena_release(&s->arena[1]);
	free(s->rows);
	free(s->extra);
	free(s->map.links);
}
