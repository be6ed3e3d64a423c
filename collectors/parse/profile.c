#include "collectors/parse/profile.h"

#include <errno.h>
#include <stdlib.h>

#include "collectors/parse/profile_impl.h"
#include "core/base/xalloc.h"

/* ---- what the profile is ---- */

static enum profile_kind kind_of(const struct profile_sample *p)
{
	static const struct {
		const char *type;
		enum profile_kind kind;
	} kinds[] = {
		{ "inuse_space", PROFILE_HEAP },       { "cpu", PROFILE_CPU },
		{ "contentions", PROFILE_CONTENTION }, { "threadcreate", PROFILE_THREADCREATE },
		{ "goroutine", PROFILE_GOROUTINES },   { "goroutineleak", PROFILE_GOROUTINES },
	};

	if (str_is(p->types[p->shown].name, "alloc_space"))
		return PROFILE_ALLOCS;
	for (uint32_t i = 0; i < p->n_types; i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			if (str_is(p->types[i].name, kinds[k].type))
				return kinds[k].kind;
		}
	}
	return PROFILE_OTHER;
}

/* The default type, or the last. */
static uint32_t type_to_show(struct pprof_tables *t, const struct profile_sample *p)
{
	struct pprof_text *want = pprof_text(t, t->about.default_type);

	for (uint32_t i = 0; want && want->s.len && i < p->n_types; i++) {
		if (str_eq(p->types[i].name, want->s))
			return i;
	}
	return p->n_types - 1;
}

static int read_types(struct pprof_tables *t, struct profile_sample *p)
{
	const struct pprof_about *about = &t->about;

	for (size_t i = 0; i < t->n_types; i++) {
		struct str type[2];
		int r = pprof_read_type(t, t->types[i], type);

		if (r < 0)
			return r;
		p->types[i] = (struct profile_type){ .name = type[0], .unit = type[1] };
	}
	if (about->period_type.p) {
		struct str type[2];
		int r = pprof_read_type(t, about->period_type, type);

		if (r < 0)
			return r;
	}
	p->n_types = (uint32_t)t->n_types;
	p->shown = type_to_show(t, p);
	p->kind = kind_of(p);
	p->time_ns = about->time_ns > 0 ? (uint64_t)about->time_ns : 0;
	p->duration_ns = about->duration_ns > 0 ? (uint64_t)about->duration_ns : 0;
	p->period = about->period;
	p->drops_frames = about->drop_frames != 0;
	return 0;
}

/* ---- all of it ---- */

static int add_up(struct profile_work *w, struct profile_sample *p, struct arena *a)
{
	struct pprof_tables *t = &w->t;
	int r = read_types(t, p);

	if (r < 0)
		return r;
	profile_slots_clear(&w->slots, t->function_ids.n + t->location_ids.n);
	w->n_nodes = 0;
	profile_add_node(w, STR("")); /* DISPATCH_NODE */
	r = profile_name_functions(w);
	if (r == 0)
		r = profile_place_locations(w, a);
	if (r == 0)
		r = profile_add_samples(w, p);
	if (r == 0)
		r = profile_find_lines(w);
	if (r == 0)
		profile_make_table(w, p);
	return r;
}

static struct profile_work *work_of(struct profile *p, struct err *e)
{
	if (!p->work) {
		p->work = xcalloc(1, sizeof(*p->work));
		pprof_body_init(&p->work->body);
	}
	p->work->t.err = e;
	return p->work;
}

int profile_read(struct profile *p, const void *body, size_t len, struct err *e)
{
	struct profile_work *w = work_of(p, e);
	struct profile_sample sample = { 0 };
	struct proto raw;
	int r;

	arena_clear(&p->arena);
	p->sample = (struct profile_sample){ 0 };
	if (len > UINT32_MAX)
		return err_set(e, -EFBIG, "a profile of more than 4 GiB is refused");
	r = pprof_body_open(&w->body, (struct str){ body, (uint32_t)len }, &raw, e);
	if (r < 0)
		return r;
	r = pprof_tables_index(&w->t, raw);
	if (r == -EBADMSG)
		return pprof_body_name(&w->body, r, e);
	if (r == 0)
		r = add_up(w, &sample, &p->arena);
	if (r == 0)
		p->sample = sample;
	return r;
}

void profile_release(struct profile *p)
{
	struct profile_work *w = p->work;

	if (w) {
		pprof_body_release(&w->body);
		pprof_tables_release(&w->t);
		free(w->nodes);
		free(w->function_nodes);
		free(w->spans);
		free(w->frames);
		free(w->leaf_flat);
		free(w->places);
		free(w->slots.at);
		free(w->seen);
		free(w->counts);
		free(w->ranks);
		free(w->sites);
		free(w);
	}
	arena_release(&p->arena);
	*p = (struct profile){ 0 };
}
