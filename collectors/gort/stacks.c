#include "collectors/gort/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/group.h"

enum {
	INLINED_MAX = 64,	  /* frames of one instruction */
	STACKS_BYTES = 128 << 20, /* of all stacks and names; beyond, new ones are empty */
};

struct pc_frames {
	const struct frame *frames;
	const uint64_t *hashes;
	uint32_t n;
	bool goexit;
};

void stacks_init(struct stacks *s, const struct code *code, size_t max)
{
	*s = (struct stacks){ .code = code, .max = max, .list.item_bytes = sizeof(struct stack) };
}

void stacks_clear(struct stacks *s)
{
	map64_clear(&s->by_hash);
	map64_clear(&s->by_pc);
	s->list.n = s->n_named = 0;
	arena_clear(&s->arena);
}

void stacks_release(struct stacks *s)
{
	map64_release(&s->by_hash);
	map64_release(&s->by_pc);
	chunks_release(&s->list);
	free(s->named);
	arena_release(&s->arena);
}

uint32_t stacks_intern(struct stacks *s, const uint64_t *pcs, size_t n)
{
	uint64_t h = HASH_START, *copy;
	uint32_t i;

	for (size_t j = 0; j < n; j++)
		h = group_join(h, pcs[j]);
	if (map64_get(&s->by_hash, h, &i))
		return i;
	if (s->arena.used_bytes > STACKS_BYTES && n > 0)
		return stacks_intern(s, pcs, 0);
	copy = arena_alloc(&s->arena, n * sizeof(*copy));
	if (n > 0)
		memcpy(copy, pcs, n * sizeof(*copy));
	i = (uint32_t)s->list.n;
	*(struct stack *)chunks_add(&s->list) = (struct stack){ .pcs = copy, .n_pcs = (uint32_t)n };
	map64_put(&s->by_hash, h, i);
	return i;
}

static struct pc_frames name_pc(struct stacks *s, uint64_t pc)
{
	struct frame frames[INLINED_MAX], *copy;
	struct pc_frames f = { 0 };
	uint64_t *hashes;

	f.n = (uint32_t)s->code->frames(s->code->arg, pc, frames, INLINED_MAX);
	copy = arena_alloc(&s->arena, f.n * sizeof(*copy));
	hashes = arena_alloc(&s->arena, f.n * sizeof(*hashes));
	for (uint32_t i = 0; i < f.n; i++) {
		copy[i] = frames[i];
		hashes[i] = group_frame_hash(group_str_hash(frames[i].func),
					     group_str_hash(frames[i].file), frames[i].line);
	}
	f.frames = copy;
	f.hashes = hashes;
	f.goexit = f.n == 1 && str_is(copy[0].func, "runtime.goexit");
	return f;
}

/* A return address follows its call, which may be the last of a line or of an inlined function. A
 * function that was not entered yet has none. */
static struct pc_frames frames_of(struct stacks *s, uint64_t pc)
{
	uint32_t i;

	if (map64_get(&s->by_pc, pc, &i))
		return s->named[i];
	if (s->arena.used_bytes > STACKS_BYTES)
		return (struct pc_frames){ 0 };
	GROW(s->named, s->n_named, s->cap_named);
	s->named[s->n_named] =
		name_pc(s, s->code->func_start(s->code->arg, pc) == pc ? pc : pc - 1);
	map64_put(&s->by_pc, pc, (uint32_t)s->n_named);
	return s->named[s->n_named++];
}

static size_t count_frames(struct stacks *s, const struct stack *st)
{
	size_t n = 0;

	for (uint32_t i = 0; i < st->n_pcs && n < s->max; i++)
		n += frames_of(s, st->pcs[i]).n;
	return n;
}

static struct frame only_name(const struct stacks *s, uint64_t pc)
{
	return (struct frame){ .func = s->code->func_name(s->code->arg, pc), .file = STR("") };
}

static void name_stack(struct stacks *s, struct stack *st)
{
	size_t want = count_frames(s, st), n = 0;
	struct frame *frames = arena_alloc(&s->arena, (want + 1) * sizeof(*frames));
	uint64_t h = HASH_START;

	for (uint32_t i = 0; i < st->n_pcs && n < want; i++) {
		struct pc_frames f = frames_of(s, st->pcs[i]);

		if (f.goexit)
			break;
		for (uint32_t j = 0; j < f.n && n < want; j++) {
			frames[n++] = f.frames[j];
			h = group_join(h, f.hashes[j]);
		}
	}
	if (n == 0 && st->n_pcs) { /* nothing but a wrapper, which has a name at least */
		frames[n] = only_name(s, st->pcs[0]);
		if (frames[n].func.len)
			h = group_join(h, group_frame_hash(group_str_hash(frames[n].func),
							   group_str_hash(frames[n].file), 0));
		n += frames[n].func.len > 0;
	}
	st->frames = frames;
	st->n_frames = (uint32_t)n;
	st->hash = group_join(h, n);
}

bool stacks_look_up(struct stacks *s, uint32_t i, uint64_t until_ns)
{
	const struct stack *st = chunks_at(&s->list, i);
	uint32_t unused;
	size_t n = 0;

	for (uint32_t k = 0; !st->frames && k < st->n_pcs && n < s->max; k++) {
		uint64_t pc = st->pcs[k];
		bool known = map64_get(&s->by_pc, pc, &unused);

		n += frames_of(s, pc).n;
		if (!known && clock_mono_ns() >= until_ns)
			return false;
	}
	return true;
}

const struct stack *stacks_named(struct stacks *s, uint32_t i)
{
	struct stack *st = chunks_at(&s->list, i);

	if (!st->frames)
		name_stack(s, st);
	return st;
}

/* runtime/traceback.go, showfuncinfo: functions of the runtime are shown when exported. */
static bool shown(struct str func)
{
	if (!str_has(func, "."))
		return false;
	return !str_starts(func, "runtime.") ||
	       (func.len > 8 && func.p[8] >= 'A' && func.p[8] <= 'Z');
}

struct frame stacks_creator(struct stacks *s, uint64_t gopc)
{
	struct pc_frames f = { 0 };
	struct frame ret = { 0 };

	if (gopc)
		f = frames_of(s, gopc);
	if (f.n == 0 || !shown(f.frames[f.n - 1].func))
		return ret;
	ret = f.frames[0];
	ret.func = f.frames[f.n - 1].func;
	return ret;
}
