#include "collectors/past.h"

#include <stdio.h>

#include "collectors/parse/promql.h"
#include "core/base/clock.h"

enum {
	PAST_S = 3600,
	STEP_S =
		30, /* 121 points: a chart of 190 columns shows them and the first minute of ours */
	QUERY_MAX = 16 << 10,
};

static void set_grid(struct past *p, const struct promserver *s)
{
	int64_t step_ms = STEP_S * 1000, now_ms = (int64_t)(clock_wall_ns() / NS_PER_MS);

	p->grid.n = PAST_S / STEP_S + 1;
	p->grid.step_ms = step_ms;
	p->grid.start_ms = (now_ms + s->ahead_ms) / step_ms * step_ms - PAST_S * 1000;
}

void past_ask(struct past *p, struct promserver *s, const char *matchers)
{
	char start[32], end[32], step[16];
	struct buf query;

	set_grid(p, s);
	snprintf(start, sizeof(start), "%lld", (long long)p->grid.start_ms / 1000);
	snprintf(end, sizeof(end), "%lld", (long long)p->grid.start_ms / 1000 + PAST_S);
	snprintf(step, sizeof(step), "%d", STEP_S);
	buf_init(&query, QUERY_MAX);
	buf_adds(&query, "{__name__=~\"");
	promql_charted_names(&query);
	buf_addf(&query, "\",%s}", matchers);
	promserver_ask(s, "/api/v1/query_range",
		       (const char *[]){ "query", buf_str(&query), "start", start, "end", end,
					 "step", step, NULL });
	buf_release(&query);
}

bool past_fill(struct past *p, const struct promserver *s, const struct promapi_page_rows *rows,
	       struct past_sample *ret)
{
	size_t from = 0;

	if (!prompast_build(&p->values, rows, &p->grid))
		return false;
	for (size_t i = 0; i < p->grid.n; i++) {
		p->t_ns[i] = promserver_mono_ns(s, p->grid.start_ms + (int64_t)i * p->grid.step_ms);
		from += p->t_ns[i] == 0; /* this host had not started yet */
	}
	*ret = (struct past_sample){ .t_ns = p->t_ns + from, .n = p->grid.n - from };
	for (int i = 0; i < PAST_COUNT; i++)
		ret->values[i] = p->values.values[i] + from;
	return ret->n > 0;
}
