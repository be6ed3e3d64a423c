#include "collectors/parse/gotext_stacks.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/group.h"

enum { SLOTS_FIRST = 1024 };

/* ---- tables ---- */

/* Eight bytes at a time: a line is looked up for each frame at a fork. */
static uint64_t quick_hash(struct str s)
{
	uint64_t h = s.len, w;

	while (s.len >= 8) {
		memcpy(&w, s.p, 8);
		h = group_join(h, w);
		s.p += 8;
		s.len -= 8;
	}
	w = 0;
	if (s.len)
		memcpy(&w, s.p, s.len);
	return group_join(group_join(h, w), h);
}

int gotext_slow(struct err *e)
{
	return err_set(e, -EBADMSG, "a goroutine text made to be slow is refused");
}

static uint32_t *table_slot(const struct gotext_table *t, struct str s, uint64_t hash)
{
	size_t at = hash & (t->n_slots - 1);

	for (int i = 0; i < GOTEXT_PROBES_MAX; i++, at = (at + 1) & (t->n_slots - 1)) {
		const struct gotext_text *x = t->slots[at] ? &t->texts[t->slots[at] - 1] : NULL;

		if (!x || (x->hash == hash && str_eq(x->s, s)))
			return &t->slots[at];
	}
	return NULL;
}

bool gotext_slots_put(uint32_t *slots, size_t n_slots, uint64_t hash, uint32_t index)
{
	size_t at = hash & (n_slots - 1);

	for (int i = 0; i < GOTEXT_PROBES_MAX; i++, at = (at + 1) & (n_slots - 1)) {
		if (!slots[at]) {
			slots[at] = index + 1;
			return true;
		}
	}
	return false;
}

uint32_t *gotext_slots_twice(uint32_t *slots, size_t *n)
{
	free(slots);
	*n = *n ? *n * 2 : SLOTS_FIRST;
	return xcalloc(*n, sizeof(*slots));
}

static int table_grow(struct gotext_table *t, struct err *e)
{
	if (2 * (t->n + 1) <= t->n_slots)
		return 0;
	t->slots = gotext_slots_twice(t->slots, &t->n_slots);
	for (size_t i = 0; i < t->n; i++) {
		if (!gotext_slots_put(t->slots, t->n_slots, t->texts[i].hash, (uint32_t)i))
			return gotext_slow(e);
	}
	return 0;
}

/* *ret_new: the text is not kept yet, and its s still that of the caller. */
static long table_find(struct gotext_stacks *t, struct gotext_table *table, struct str s,
		       bool *ret_new)
{
	uint64_t hash = quick_hash(s);
	uint32_t *slot;
	int r = table_grow(table, t->err);

	*ret_new = false;
	if (r < 0)
		return r;
	slot = table_slot(table, s, hash);
	if (!slot)
		return gotext_slow(t->err);
	if (*slot)
		return *slot - 1;
	if (table->n == GOTEXT_TABLE_MAX || t->arena.used_bytes > GOTEXT_TEXT_MAX)
		return err_set(t->err, -EFBIG,
			       "a goroutine text with over %d names or %d MiB of them is refused",
			       GOTEXT_TABLE_MAX, GOTEXT_TEXT_MAX >> 20);
	GROW(table->texts, table->n, table->cap);
	table->texts[table->n] = (struct gotext_text){ .s = s, .hash = hash };
	*slot = (uint32_t)++table->n;
	*ret_new = true;
	return (long)table->n - 1;
}

static void table_clear(struct gotext_table *t)
{
	t->n = 0;
	if (t->n_slots)
		memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
}

static void table_release(struct gotext_table *t)
{
	free(t->texts);
	free(t->slots);
}

struct str gotext_shown_func(struct str func)
{
	return str_is(func, "panic") ? STR("runtime.gopanic") : func;
}

long gotext_stacks_func(struct gotext_stacks *t, struct str func)
{
	bool is_new;
	long at = table_find(t, &t->funcs, func, &is_new);

	if (is_new) {
		t->funcs.texts[at].s = arena_str(&t->arena, func);
		t->funcs.texts[at].shown_hash = group_str_hash(gotext_shown_func(func));
	}
	return at;
}

long gotext_stacks_place(struct gotext_stacks *t, const struct gotext_place *place, struct str rest)
{
	bool is_new;
	long at = table_find(t, &t->places, place->key, &is_new);
	struct gotext_text *x;
	char *full;

	if (!is_new)
		return at;
	x = &t->places.texts[at];
	x->file_len = place->file_len;
	x->line = place->line;
	x->full_len = place->key.len + rest.len + 2;
	x->shown_hash = group_str_hash((struct str){ place->key.p, place->file_len });
	full = arena_alloc(&t->arena, x->full_len);
	full[0] = '\t';
	if (place->key.len)
		memcpy(full + 1, place->key.p, place->key.len);
	if (rest.len)
		memcpy(full + 1 + place->key.len, rest.p, rest.len);
	full[x->full_len - 1] = '\n';
	x->s.p = full + 1;
	return at;
}

long gotext_stacks_labels(struct gotext_stacks *t, struct str text)
{
	struct label labels[GOTEXT_LABELS_MAX];
	bool is_new;
	long at = table_find(t, &t->label_texts, text, &is_new);
	struct gotext_set *set;
	size_t n;

	if (!is_new)
		return at;
	t->label_texts.texts[at].s = arena_str(&t->arena, text);
	n = gotext_labels(text, &t->arena, labels, GOTEXT_LABELS_MAX);
	if (n > GOTEXT_LABELS_MAX)
		return err_set(t->err, -EFBIG, "a goroutine of more than %d labels is refused",
			       GOTEXT_LABELS_MAX);
	GROW(t->sets, (size_t)at, t->cap_sets);
	set = &t->sets[at];
	*set = (struct gotext_set){ arena_alloc(&t->arena, n * sizeof(*labels)), (uint32_t)n };
	if (n)
		memcpy(set->labels, labels, n * sizeof(*labels));
	return at;
}

long gotext_stacks_kind(struct gotext_stacks *t, const struct gotext_kind *kind)
{
	struct gotext_kind *k = t->kinds;

	for (size_t i = 0; i < t->n_kinds; i++, k++) {
		if (k->by_pc == kind->by_pc && k->pc == kind->pc && str_eq(k->word, kind->word))
			return (long)i;
	}
	if (t->n_kinds == GOTEXT_KINDS_MAX)
		return err_set(t->err, -EBADMSG, "more than %d different states are refused",
			       GOTEXT_KINDS_MAX);
	*k = *kind;
	k->word = arena_str(&t->arena, kind->word);
	return (long)t->n_kinds++;
}

/* ---- life ---- */

/* Not of one text: what lies above the first frame, and the place of frames without one. */
static void add_roots(struct gotext_stacks *t)
{
	struct gotext_place none = { .key = STR("") };

	for (int i = 0; i <= GOTEXT_CREATORS; i++) {
		GROW(t->nodes, t->n_nodes, t->cap_nodes);
		t->nodes[t->n_nodes++] = (struct gotext_node){ .hash = HASH_START };
	}
	gotext_stacks_place(t, &none, STR(""));
}

static void clear_slots(uint32_t *slots, size_t n)
{
	if (n)
		memset(slots, 0, n * sizeof(*slots));
}

void gotext_stacks_clear(struct gotext_stacks *t)
{
	arena_clear(&t->arena);
	table_clear(&t->funcs);
	table_clear(&t->places);
	table_clear(&t->label_texts);
	clear_slots(t->node_slots, t->n_node_slots);
	clear_slots(t->group_slots, t->n_group_slots);
	memset(t->guesses, 0, sizeof(t->guesses));
	t->err = NULL;
	t->n_nodes = t->n_groups = t->n_frames = t->n_kinds = 0;
	add_roots(t);
}

void gotext_stacks_release(struct gotext_stacks *t)
{
	table_release(&t->funcs);
	table_release(&t->places);
	table_release(&t->label_texts);
	free(t->nodes);
	free(t->node_slots);
	free(t->sets);
	free(t->groups);
	free(t->group_slots);
	free(t->out);
	arena_release(&t->arena);
	*t = (struct gotext_stacks){ .n_nodes = 0 };
}
