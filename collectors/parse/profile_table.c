#include "collectors/parse/profile_impl.h"

#include <stdlib.h>
#include <string.h>

enum { FEW_RANKS = 24 };

/* By flat, then cum; of equals in the order of the profile. */
static bool is_before(const struct rank *a, const struct rank *b)
{
	if (a->flat != b->flat)
		return a->flat > b->flat;
	if (a->cum != b->cum)
		return a->cum > b->cum;
	return a->node < b->node;
}

static void sort_few(struct rank *ranks, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct rank r = ranks[i];
		size_t to = i;

		for (; to > 0 && is_before(&r, &ranks[to - 1]); to--)
			ranks[to] = ranks[to - 1];
		ranks[to] = r;
	}
}

/* One pass of a radix sort, largest first, by eight bits of one of the keys. */
static void sort_pass(const struct rank *from, struct rank *to, size_t n, bool by_flat, int shift)
{
	size_t starts[256] = { 0 }, at = 0;

	for (size_t i = 0; i < n; i++)
		starts[(by_flat ? from[i].flat : from[i].cum) >> shift & 0xff]++;
	for (int digit = 255; digit >= 0; digit--) {
		size_t count = starts[digit];

		starts[digit] = at;
		at += count;
	}
	for (size_t i = 0; i < n; i++)
		to[starts[(by_flat ? from[i].flat : from[i].cum) >> shift & 0xff]++] = from[i];
}

/* By the bits that differ anywhere: few of them, in most profiles. `spare` is as long. */
static void sort_ranks(struct rank *ranks, struct rank *spare, size_t n)
{
	struct rank *from = ranks, *to = spare, *sorted;
	uint64_t differs[2] = { 0 }; /* of cum, of flat */

	if (n <= FEW_RANKS) {
		sort_few(ranks, n);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		differs[0] |= (uint64_t)(ranks[i].cum ^ ranks[0].cum);
		differs[1] |= (uint64_t)(ranks[i].flat ^ ranks[0].flat);
	}
	for (int by_flat = 0; by_flat < 2; by_flat++) {
		while (differs[by_flat]) {
			int shift = __builtin_ctzll(differs[by_flat]);

			differs[by_flat] &= ~((uint64_t)0xff << shift);
			sort_pass(from, to, n, by_flat, shift);
			sorted = to;
			to = from;
			from = sorted;
		}
	}
	if (from != ranks)
		memcpy(ranks, from, n * sizeof(*ranks));
}

/* Most functions are never the leaf: those are sorted apart, by one key. What is of other types
 * alone comes last. */
static void sort_table(struct rank *ranks, struct rank *spare, size_t n)
{
	size_t n_flat = 0, n_cum = 0;

	for (size_t i = 0; i < n; i++) {
		struct rank r = ranks[i];

		if (r.flat)
			ranks[n_flat++] = r;
		else
			spare[n_cum++] = r;
	}
	memcpy(ranks + n_flat, spare, n_cum * sizeof(*ranks));
	sort_ranks(ranks, spare, n_flat);
	sort_ranks(ranks + n_flat, spare, n_cum);
}

static bool is_zero(const int64_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (v[i])
			return false;
	}
	return true;
}

void profile_make_table(struct profile_work *w, struct profile_sample *p)
{
	uint32_t types = p->n_types;
	size_t n = 0;

	w->ranks = profile_room(w->ranks, &w->cap_ranks, 2 * w->n_nodes, sizeof(*w->ranks));
	w->sites = profile_room(w->sites, &w->cap_sites, w->n_nodes, sizeof(*w->sites));
	for (size_t i = FIRST_NODE; i < w->n_nodes; i++) {
		const int64_t *cum = &w->counts[i * 2 * types], *flat = cum + types;

		if (!is_zero(cum, 2 * types))
			w->ranks[n++] = (struct rank){ llabs(flat[p->shown]), llabs(cum[p->shown]),
						       (uint32_t)i };
	}
	sort_table(w->ranks, w->ranks + w->n_nodes, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t at = w->ranks[i].node;
		const struct node *node = &w->nodes[at];

		w->sites[i] = (struct profile_site){ node->name, node->file, node->line,
						     &w->counts[((size_t)at * 2 + 1) * types],
						     &w->counts[(size_t)at * 2 * types] };
	}
	p->sites = w->sites;
	p->n_sites = n;
	p->dispatch_flat = w->counts[types + p->shown];
	p->dispatch_cum = w->counts[p->shown];
}
