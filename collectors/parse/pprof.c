#include "collectors/parse/pprof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/gostate.h"
#include "collectors/parse/pprof_body.h"
#include "collectors/parse/pprof_tables.h"
#include "core/base/xalloc.h"
#include "core/group.h"

/* In a table at most half full honest ids stay far below this; only ids made to collide pass it. */
enum { PROBES_MAX = 256 };

struct pprof_work {
	struct pprof_body body;
	struct pprof_tables t;
	struct goroutine_group *groups;
	size_t n_groups, cap_groups, n_frames;
	uint32_t *slots; /* by group id: index into groups + 1, or 0 */
	size_t n_slots;	 /* a power of two, twice the samples or more */
};

/* One sample, its references resolved. */
struct picked {
	uint64_t id, count;
	uint32_t n_values, n_locations, n_stack, n_labels;
	uint32_t locations[PPROF_STACK_MAX];
	struct pprof_text *names[PPROF_LABELS_MAX], *values[PPROF_LABELS_MAX];
};

/* A CPU or heap profile has several types; the first tells enough. */
static int check_type(struct pprof_tables *t, bool *ret_leaks)
{
	struct str type[2];
	int r = pprof_read_type(t, t->types[0], type);

	if (r < 0)
		return r;
	*ret_leaks = str_is(type[0], "goroutineleak");
	if ((str_is(type[0], "goroutine") || *ret_leaks) && str_is(type[1], "count"))
		return 0;
	return err_set(t->err, -EBADMSG, "it is a profile of %.*s/%.*s, not of goroutines",
		       (int)(type[0].len < 64 ? type[0].len : 64), type[0].p,
		       (int)(type[1].len < 64 ? type[1].len : 64), type[1].p);
}

/* Frames above PPROF_STACK_MAX are left off at the root. */
static int pick_locations(struct pprof_tables *t, struct proto w, struct picked *s)
{
	uint64_t id = 0;
	long at;
	int r;

	while ((r = pprof_number(t, &w, &id)) > 0) {
		at = pprof_find(t, &t->location_ids, id);
		if (at < 0)
			return (int)at;
		if (s->n_stack == PPROF_STACK_MAX)
			continue;
		s->locations[s->n_locations++] = (uint32_t)at;
		s->n_stack += t->locations[at].n;
		if (s->n_stack > PPROF_STACK_MAX)
			s->n_stack = PPROF_STACK_MAX;
	}
	return r;
}

static int pick_values(struct pprof_tables *t, struct proto w, struct picked *s)
{
	uint64_t v = 0;
	int r;

	while ((r = pprof_number(t, &w, &v)) > 0) {
		if (s->n_values++ == 0)
			s->count = v;
	}
	return r;
}

static bool before(struct str a, struct str b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c < 0 : a.len < b.len;
}

/* Sorted by name; of one name in the order of the profile. */
static int add_label(struct pprof_tables *t, struct picked *s, struct pprof_text *kv[2])
{
	uint32_t i = s->n_labels++;

	if (s->n_labels > PPROF_LABELS_MAX)
		return err_set(t->err, -EFBIG, "a sample of more than %d labels is refused",
			       PPROF_LABELS_MAX);
	if (kv[0]->s.len > PPROF_LABEL_NAME_MAX)
		return err_set(t->err, -EFBIG, "a label name of %" PRIu32 " bytes is refused",
			       kv[0]->s.len);
	for (; i > 0 && before(kv[0]->s, s->names[i - 1]->s); i--) {
		s->names[i] = s->names[i - 1];
		s->values[i] = s->values[i - 1];
	}
	s->names[i] = kv[0];
	s->values[i] = kv[1];
	return 0;
}

/* message Label; one with a number (field 3 or its unit, 4) is no label of ours. */
static int pick_label(struct pprof_tables *t, struct proto w, struct picked *s)
{
	struct pprof_text *kv[2] = { &t->texts[0], &t->texts[0] };
	struct proto_field f = { 0 };
	bool number = false;
	int r;

	while ((r = pprof_next(t, &w, &f)) > 0) {
		number |= f.tag == PROTO_NUMBER(3) || f.tag == PROTO_NUMBER(4);
		if (f.tag != PROTO_NUMBER(1) && f.tag != PROTO_NUMBER(2))
			continue;
		kv[(f.tag >> 3) - 1] = pprof_text(t, f.value);
		if (!kv[(f.tag >> 3) - 1])
			return err_set(t->err, -EBADMSG,
				       "damaged profile: a label refers to a missing string");
	}
	return r < 0 || number ? r : add_label(t, s, kv);
}

static int check_values(struct pprof_tables *t, const struct picked *s)
{
	if (s->n_values != t->n_types)
		return err_set(t->err, -EBADMSG,
			       "damaged profile: a sample has %" PRIu32
			       " values, there are %zu types",
			       s->n_values, t->n_types);
	if ((int64_t)s->count < 0)
		return err_set(t->err, -EBADMSG,
			       "damaged profile: a group of %" PRId64 " goroutines",
			       (int64_t)s->count);
	if (s->count > PPROF_COUNT_MAX)
		return err_set(t->err, -EBADMSG,
			       "damaged profile: %" PRIu64 " goroutines in one group", s->count);
	return 0;
}

/* As goroutine_group_id, from kept hashes. */
static uint64_t picked_id(const struct pprof_tables *t, const struct picked *s)
{
	uint64_t h = HASH_START;
	uint32_t left = s->n_stack;

	for (uint32_t i = 0; i < s->n_locations; i++) {
		const struct pprof_location *loc = &t->locations[s->locations[i]];

		for (uint32_t j = 0; j < loc->n && left > 0; j++, left--)
			h = group_join(h, t->hashes[loc->first + j]);
	}
	h = group_join(h, s->n_stack);
	for (uint32_t i = 0; i < s->n_labels; i++) {
		h = group_join(h, pprof_text_hash(s->names[i]));
		h = group_join(h, pprof_text_hash(s->values[i]));
	}
	return h;
}

/* message Sample */
static int pick(struct pprof_tables *t, struct proto w, struct picked *s)
{
	struct proto_field f = { 0 };
	int r;

	s->count = s->n_values = s->n_locations = s->n_stack = s->n_labels = 0;
	while ((r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1) || f.tag == PROTO_MESSAGE(1))
			r = pick_locations(t, f.bytes, s);
		else if (f.tag == PROTO_NUMBER(2) || f.tag == PROTO_MESSAGE(2))
			r = pick_values(t, f.bytes, s);
		else if (f.tag == PROTO_MESSAGE(3))
			r = pick_label(t, f.bytes, s);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = check_values(t, s);
	if (r < 0)
		return r;
	s->id = picked_id(t, s);
	return 0;
}

static void slots_clear(struct pprof_work *w)
{
	size_t want = 64;

	while (want < 2 * w->t.n_samples)
		want *= 2;
	if (want > w->n_slots) {
		w->slots = xreallocarray(w->slots, want, sizeof(*w->slots));
		w->n_slots = want;
	}
	memset(w->slots, 0, w->n_slots * sizeof(*w->slots));
}

/* By id alone: the model and recordings know a group by its id, so two groups of one id could
 * not be told apart later; of a million honest groups two share one once in 40 million times. */
static uint32_t *find_slot(const struct pprof_work *w, uint64_t id)
{
	size_t at = id & (w->n_slots - 1);

	for (int i = 0; i < PROBES_MAX; i++, at = (at + 1) & (w->n_slots - 1)) {
		if (w->slots[at] == 0 || w->groups[w->slots[at] - 1].id == id)
			return &w->slots[at];
	}
	return NULL;
}

static const struct frame *copy_stack(const struct pprof_tables *t, const struct picked *s,
				      struct arena *a)
{
	struct frame *stack = arena_alloc(a, s->n_stack * sizeof(*stack));
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_locations; i++) {
		const struct pprof_location *loc = &t->locations[s->locations[i]];

		for (uint32_t j = 0; j < loc->n && n < s->n_stack; j++)
			stack[n++] = t->frames[loc->first + j];
	}
	return stack;
}

static const struct label *copy_labels(const struct picked *s, struct arena *a)
{
	struct label *labels = arena_alloc(a, s->n_labels * sizeof(*labels));

	for (uint32_t i = 0; i < s->n_labels; i++)
		labels[i] = (struct label){ s->names[i]->s, s->values[i]->s };
	return labels;
}

static int add_group(struct pprof *p, const struct picked *s)
{
	struct pprof_work *w = p->work;
	struct goroutine_group g = {
		.id = s->id,
		.count = s->count,
		.n_stack = s->n_stack,
		.n_labels = s->n_labels,
	};

	w->n_frames += s->n_stack + s->n_labels;
	if (w->n_frames > PPROF_FRAMES_MAX)
		return err_set(w->t.err, -EFBIG, "a profile of more than %d frames is refused",
			       PPROF_FRAMES_MAX);
	g.stack = copy_stack(&w->t, s, &p->arena);
	g.labels = copy_labels(s, &p->arena);
	g.state = goroutine_state(g.stack, g.n_stack);
	if (!w->t.start_lines)
		g.state = goroutine_state_before_go120(g.state);
	GROW(w->groups, w->n_groups, w->cap_groups);
	w->groups[w->n_groups++] = g;
	return 0;
}

static int add_sample(struct pprof *p, const struct picked *s)
{
	struct pprof_work *w = p->work;
	uint32_t *slot;
	int r;

	if (s->count == 0)
		return 0;
	slot = find_slot(w, s->id);
	if (!slot)
		return err_set(w->t.err, -EBADMSG, "a profile built to be slow is refused");
	if (*slot) {
		w->groups[*slot - 1].count += s->count;
		return 0;
	}
	r = add_group(p, s);
	if (r < 0)
		return r;
	*slot = (uint32_t)w->n_groups;
	return 0;
}

static int group_samples(struct pprof *p, uint64_t *ret_total)
{
	struct pprof_work *w = p->work;
	struct proto left = w->t.samples, one;
	struct picked s = { 0 };
	uint64_t total = 0;
	int r;

	slots_clear(w);
	while (pprof_next_sample(&w->t, &left, &one)) {
		r = pick(&w->t, one, &s);
		if (r == 0)
			r = add_sample(p, &s);
		if (r < 0)
			return r;
		total += s.count;
	}
	*ret_total = total;
	return 0;
}

static struct pprof_work *work_of(struct pprof *p, struct err *e)
{
	if (!p->work) {
		p->work = xcalloc(1, sizeof(*p->work));
		pprof_body_init(&p->work->body);
	}
	p->work->t.err = e;
	p->work->n_groups = p->work->n_frames = 0;
	return p->work;
}

/* Go tells what is mapped in the order of /proc/self/maps, where the program stands first. */
static struct str program_of(struct pprof_tables *t)
{
	const struct pprof_text *file = NULL;
	struct err ignored, *err = t->err;

	t->err = &ignored; /* to know no program is no fault */
	if (t->mapping_ids.n > 0)
		file = pprof_text(t, t->mappings[0]);
	t->err = err;
	return file ? file->s : STR("");
}

int pprof_goroutines(struct pprof *p, const void *body, size_t len, struct err *e)
{
	struct pprof_work *w = work_of(p, e);
	struct proto raw;
	uint64_t total = 0;
	int r;

	arena_clear(&p->arena);
	p->goroutines = (struct goroutines){ 0 };
	if (len > UINT32_MAX)
		return err_set(e, -EFBIG, "a profile of more than 4 GiB is refused");
	r = pprof_body_open(&w->body, (struct str){ body, (uint32_t)len }, &raw, e);
	if (r < 0)
		return r;
	r = pprof_tables_read(&w->t, raw, &p->arena);
	if (r == -EBADMSG)
		return pprof_body_name(&w->body, r, e);
	if (r == 0)
		r = check_type(&w->t, &p->leaks);
	if (r == 0)
		r = group_samples(p, &total);
	if (r < 0)
		return r;
	p->goroutines.total = total;
	p->goroutines.groups = w->groups;
	p->goroutines.n_groups = w->n_groups;
	p->goroutines.program = program_of(&w->t);
	return 0;
}

void pprof_release(struct pprof *p)
{
	struct pprof_work *w = p->work;

	if (w) {
		pprof_body_release(&w->body);
		pprof_tables_release(&w->t);
		free(w->groups);
		free(w->slots);
		free(w);
	}
	arena_release(&p->arena);
	*p = (struct pprof){ 0 };
}
