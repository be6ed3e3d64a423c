#include "collectors/parse/gotext_stacks.h"

#include <errno.h>

#include "core/base/xalloc.h"
#include "core/group.h"

static uint64_t node_hash(uint32_t parent, uint32_t func, uint32_t place)
{
	return group_join(group_join(group_join(HASH_START, parent), func), place);
}

static int nodes_grow(struct gotext_stacks *t)
{
	if (2 * (t->n_nodes + 1) <= t->n_node_slots)
		return 0;
	t->node_slots = gotext_slots_twice(t->node_slots, &t->n_node_slots);
	for (size_t i = GOTEXT_CREATORS + 1; i < t->n_nodes; i++) {
		const struct gotext_node *n = &t->nodes[i];

		if (!gotext_slots_put(t->node_slots, t->n_node_slots,
				      node_hash(n->parent, n->func_id, n->place_id), (uint32_t)i))
			return gotext_slow(t->err);
	}
	return 0;
}

static uint32_t *node_slot(const struct gotext_stacks *t, uint32_t at, uint32_t func,
			   uint32_t place)
{
	size_t i = node_hash(at, func, place) & (t->n_node_slots - 1);

	for (int k = 0; k < GOTEXT_PROBES_MAX; k++, i = (i + 1) & (t->n_node_slots - 1)) {
		const struct gotext_node *n =
			t->node_slots[i] ? &t->nodes[t->node_slots[i] - 1] : NULL;

		if (!n || (n->parent == at && n->func_id == func && n->place_id == place))
			return &t->node_slots[i];
	}
	return NULL;
}

static void node_add(struct gotext_stacks *t, uint32_t at, uint32_t func, uint32_t place)
{
	const struct gotext_text *f = &t->funcs.texts[func], *p = &t->places.texts[place];
	struct gotext_node n = {
		.func = f->s.p,
		.place = place && gotext_func_plain(f->s) ? p->s.p - 1 : NULL,
		.func_len = f->s.len,
		.key_len = p->s.len,
		.full_len = p->full_len,
		.func_id = func,
		.place_id = place,
		.parent = at,
		.depth = t->nodes[at].depth + 1,
		.hash = group_join(t->nodes[at].hash,
				   group_frame_hash(f->shown_hash, p->shown_hash, p->line)),
	};

	GROW(t->nodes, t->n_nodes, t->cap_nodes);
	t->nodes[t->n_nodes++] = n;
}

long gotext_stacks_step(struct gotext_stacks *t, uint32_t at, uint32_t func, uint32_t place)
{
	uint32_t *slot;
	int r = nodes_grow(t);

	if (r < 0)
		return r;
	if (t->nodes[at].depth == GOTEXT_STACK_MAX)
		return at;
	slot = node_slot(t, at, func, place);
	if (!slot)
		return gotext_slow(t->err);
	if (!*slot) {
		if (t->n_nodes == GOTEXT_NODES_MAX)
			return err_set(t->err, -EFBIG,
				       "a goroutine text of over %d different frames is refused",
				       GOTEXT_NODES_MAX);
		*slot = (uint32_t)t->n_nodes + 1;
		node_add(t, at, func, place);
	}
	t->nodes[at].child = *slot - 1;
	return *slot - 1;
}

/* As gotext_place: what follows the line's number has a blank before it and no colon. */
static const char *follow_place(const struct gotext_node *n, const char *p, const char *end)
{
	size_t left = (size_t)(end - p);
	const char *nl, *rest = p + n->key_len + 1;

	if (left >= n->full_len && memcmp(p, n->place, n->full_len) == 0)
		return p + n->full_len;
	if (left <= n->key_len + 1u || memcmp(p, n->place, n->key_len + 1) != 0)
		return NULL;
	nl = memchr(rest, '\n', (size_t)(end - rest));
	if (!nl || nl - p > GOTEXT_LINE_MAX)
		return NULL;
	if (*rest == ' ' ? memchr(rest, ':', (size_t)(nl - rest)) != NULL
			 : rest != nl && !(*rest == '\r' && rest + 1 == nl))
		return NULL;
	return nl + 1;
}

/* As gotext_func: what follows the name is a parenthesis, and the line ends with one. */
static const char *follow_frame(const struct gotext_node *n, const char *p, const char *end)
{
	const char *nl, *last;

	if (!n->place || (size_t)(end - p) < n->func_len + 2u || p[n->func_len] != '(' ||
	    memcmp(p, n->func, n->func_len) != 0)
		return NULL;
	nl = memchr(p + n->func_len, '\n', (size_t)(end - p) - n->func_len);
	if (!nl || nl - p > GOTEXT_LINE_MAX)
		return NULL;
	last = nl[-1] == '\r' ? nl - 2 : nl - 1;
	return *last == ')' ? follow_place(n, nl + 1, end) : NULL;
}

/* As gotext_creator. */
static const char *follow_creator(const struct gotext_node *n, const char *p, const char *end)
{
	static const char by[] = "created by ", in[] = " in goroutine ";
	size_t head = sizeof(by) - 1;

	if (!n->place || (size_t)(end - p) < head + n->func_len + sizeof(in) + 1 ||
	    memcmp(p, by, head) != 0 || memcmp(p + head, n->func, n->func_len) != 0)
		return NULL;
	p += head + n->func_len;
	if (memcmp(p, in, sizeof(in) - 1) == 0) {
		const char *digits = p + sizeof(in) - 1, *stop = digits + 19;

		for (p = digits; p < end && p < stop && *p >= '0' && *p <= '9';)
			p++;
		if (p == digits)
			return NULL;
	}
	if (p < end && *p == '\r')
		p++;
	return p < end && *p == '\n' ? follow_place(n, p + 1, end) : NULL;
}

/* Where a fork's frames are by the end of their second line, which has the number of the line and
 * how far into the function it is. */
static uint32_t *guess_slot(struct gotext_stacks *t, uint32_t at, const char *line, size_t len)
{
	uint64_t w[2];

	if (len < sizeof(w))
		return NULL;
	memcpy(w, line + len - sizeof(w), sizeof(w));
	return &t->guesses[group_join(group_join(w[0], w[1]), (uint64_t)at << 16 ^ len) %
			   GOTEXT_GUESSES];
}

void gotext_stacks_remember(struct gotext_stacks *t, uint32_t node, struct str place_line)
{
	uint32_t *slot = guess_slot(t, t->nodes[node].parent, place_line.p, place_line.len);

	if (slot)
		*slot = node;
}

/* The frame at p, when the one that came last is not it; GOTEXT_ROOT: no guess. */
static uint32_t guess(struct gotext_stacks *t, uint32_t at, const char *p, const char *end)
{
	const char *line = memchr(p, '\n', (size_t)(end - p)), *nl;
	uint32_t *slot;

	if (!line || ++line == end || *line != '\t')
		return GOTEXT_ROOT;
	nl = memchr(line, '\n', (size_t)(end - line));
	if (!nl)
		return GOTEXT_ROOT;
	nl -= nl[-1] == '\r';
	slot = guess_slot(t, at, line, (size_t)(nl - line));
	return slot && t->nodes[*slot].parent == at ? *slot : GOTEXT_ROOT;
}

const char *gotext_stacks_follow(struct gotext_stacks *t, uint32_t *at, uint32_t *creator,
				 const char *p, const char *end)
{
	const struct gotext_node *n = &t->nodes[*at];
	const char *next;

	while (n->child && p < end) {
		uint32_t child = n->child;

		next = follow_frame(&t->nodes[child], p, end);
		if (!next && (*p == 'c' || !(child = guess(t, *at, p, end)) ||
			      !(next = follow_frame(&t->nodes[child], p, end))))
			break;
		t->nodes[*at].child = child;
		*at = child;
		n = &t->nodes[child];
		p = next;
	}
	if (n->creator && p < end && *p == 'c' &&
	    (next = follow_creator(&t->nodes[n->creator], p, end))) {
		*creator = n->creator;
		p = next;
	}
	return p;
}

struct str gotext_stacks_func_of(const struct gotext_stacks *t, uint32_t node)
{
	return (struct str){ t->nodes[node].func, t->nodes[node].func_len };
}

struct frame gotext_stacks_frame(const struct gotext_stacks *t, uint32_t node)
{
	const struct gotext_text *place = &t->places.texts[t->nodes[node].place_id];

	return (struct frame){ gotext_shown_func(gotext_stacks_func_of(t, node)),
			       { place->s.p, place->file_len },
			       place->line };
}
