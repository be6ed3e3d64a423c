#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectors/parse/pprof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Reads every byte of a group, and sees that its id is the one others would give it. */
static void check_group(const struct goroutine_group *g)
{
	uint64_t id = goroutine_group_id(g->stack, g->n_stack, g->labels, g->n_labels);

	if (id != g->id || g->count == 0 || g->state.len == 0 || g->n_stack > PPROF_STACK_MAX)
		abort();
}

/* One decoder for all inputs, as a collector keeps it: what a bad body leaves behind must not
 * harm the next one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct pprof p;
	struct err e = { "" };
	uint64_t total = 0;

	if (pprof_goroutines(&p, data, len, &e) < 0) {
		if (e.text[0] == '\0' || p.goroutines.n_groups != 0)
			abort();
		return 0;
	}
	for (size_t i = 0; i < p.goroutines.n_groups; i++) {
		check_group(&p.goroutines.groups[i]);
		total += p.goroutines.groups[i].count;
	}
	if (total != p.goroutines.total)
		abort();
	return 0;
}
