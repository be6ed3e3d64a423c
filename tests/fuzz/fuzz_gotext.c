/* The first byte is the size of chunks, the rest a goroutine text: whole or in chunks it must be
 * the same, and every group must hold together. */
#include "collectors/parse/gotext.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int read_text(struct gotext *g, const char *text, size_t n, size_t piece)
{
	struct err e = { "" };
	int r = 0;

	gotext_begin(g);
	for (size_t at = 0; r == 0 && at < n; at += piece)
		r = gotext_feed(g, text + at, piece < n - at ? piece : n - at, &e);
	if (r == 0)
		r = gotext_end(g, &e);
	check((r < 0) == (e.text[0] != '\0'));
	return r;
}

static uint64_t touch(struct str s)
{
	uint64_t sum = s.len;

	for (uint32_t i = 0; i < s.len; i++)
		sum = sum * 31 + (unsigned char)s.p[i];
	return sum;
}

static bool before(struct str a, struct str b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	return r ? r < 0 : a.len < b.len;
}

static uint64_t check_group(const struct goroutine_group *g)
{
	uint64_t sum = 0, states = 0;

	check(g->count > 0 && g->n_states > 0);
	for (uint32_t i = 0; i < g->n_states; i++) {
		sum += touch(g->states[i].state);
		states += g->states[i].count;
	}
	check(states == g->count);
	for (uint32_t i = 0; i < g->n_stack; i++)
		sum += touch(g->stack[i].func) + touch(g->stack[i].file) + g->stack[i].line;
	for (uint32_t i = 0; i < g->n_labels; i++)
		check(i == 0 || !before(g->labels[i].name, g->labels[i - 1].name));
	for (uint32_t i = 0; i < g->n_labels; i++)
		sum += touch(g->labels[i].name) + touch(g->labels[i].value);
	check(g->id == goroutine_group_id(g->stack, g->n_stack, g->labels, g->n_labels));
	return sum + touch(g->state) + touch(g->created_by.func) + touch(g->created_by.file);
}

static uint64_t check_all(const struct gotext *g)
{
	uint64_t total = 0, sum = 0;

	for (size_t i = 0; i < g->goroutines.n_groups; i++) {
		total += g->goroutines.groups[i].count;
		sum += check_group(&g->goroutines.groups[i]);
	}
	check(total == g->goroutines.total);
	check(total + g->counts.system + g->counts.repeated == g->counts.headers);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct gotext whole, chunks; /* kept, as a command keeps its own */
	const char *text = (const char *)data + 1;
	int r;

	if (n < 1)
		return 0;
	gotext_looks_like(text, n - 1);
	r = read_text(&whole, text, n - 1, n);
	check(r == read_text(&chunks, text, n - 1, data[0] % 64 + 1u));
	check(memcmp(&whole.counts, &chunks.counts, sizeof(whole.counts)) == 0 || r < 0);
	if (r == 0)
		check(check_all(&whole) == check_all(&chunks));
	return 0;
}
