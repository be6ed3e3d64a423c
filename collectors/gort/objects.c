#include "collectors/gort/objects.h"

#include <errno.h>
#include <stdlib.h>

#include "collectors/gort/objects_impl.h"
#include "core/base/xalloc.h"

enum { RETRIES_MAX = 3 };

static struct type_wanted *wanted_types(void)
{
	struct type_wanted *w = xcalloc(object_kinds_n, sizeof(*w));

	for (size_t i = 0; i < object_kinds_n; i++)
		w[i] = (struct type_wanted){ object_kinds[i].type, object_kinds[i].generic };
	return w;
}

struct objects *objects_new(struct remote *r, const struct layout *l, const struct locations *at,
			    struct image *im)
{
	struct objects *o = xcalloc(1, sizeof(*o));

	o->remote = r;
	o->layout = l;
	o->locations = at;
	o->image = im;
	o->trial.types = &o->types;
	types_init(&o->types, r, l, im);
	typefind_init(&o->find, &o->types, wanted_types(), object_kinds_n);
	return o;
}

static void end_find(struct objects *o)
{
	free((void *)(uintptr_t)o->find.wanted);
	o->find.wanted = NULL;
	typefind_release(&o->find);
}

void objects_free(struct objects *o)
{
	if (!o)
		return;
	end_find(o);
	heap_walk_release(&o->walk);
	statics_release(&o->statics);
	values_reader_release(&o->trial);
	read_batch_free(o->read);
	map64_release(&o->by_addr);
	types_release(&o->types);
	free(o->batch);
	free(o->ots);
	free(o->spans);
	free(o->candidates);
	free(o->known.at);
	free(o->next.at);
	free(o->variables);
	free(o);
}

/* ---- which types ---- */

/* A program may hold the package of somebody else in its own vendor directory. */
static bool is_package(struct str have, const char *want)
{
	size_t n = strlen(want);

	return str_is(have, want) ||
	       (str_ends(have, want) && have.len > n &&
		str_ends((struct str){ have.p, have.len - (uint32_t)n }, "/vendor/"));
}

static bool usable(const struct object_type *t)
{
	enum object_val needed = t->kind->breaker		 ? VAL_STATE
				 : t->kind->fields[VAL_INTERVAL] ? VAL_INTERVAL
								 : VAL_LIMIT;

	return t->paths.at[needed].how != VALUE_ABSENT;
}

/* Two rows may want the same name: of one kind generic, of the other not. */
static void add_type(struct objects *o, const struct type *type, const struct object_kind *kind)
{
	struct object_type *t = &o->ots[o->n_ots];

	if (o->n_ots == OBJECT_TYPES_MAX || !is_package(type->package, kind->package))
		return;
	*t = (struct object_type){ .kind = kind, .type = type };
	if (!gcmask_of(&o->types, type, &t->mask) ||
	    !object_checks_of(&o->types, type, kind->never_nil, &t->checks))
		return;
	value_paths_of(&o->types, type, kind, &t->paths);
	t->class_bytes = heap_class_bytes(o->layout, type->bytes);
	t->header = heap_has_header(o->layout, t->class_bytes);
	t->masks = heap_has_masks(o->layout, t->class_bytes);
	o->n_ots += usable(t);
}

static bool same_name(const struct object_kind *a, const struct object_kind *b)
{
	return a->generic == b->generic && strcmp(a->type, b->type) == 0;
}

static int find_types(struct objects *o)
{
	int r = typefind_step(&o->find);

	if (r == 0) {
		o->ots = xcalloc(OBJECT_TYPES_MAX + 1, sizeof(*o->ots));
		o->state = OBJECTS_TYPES;
		return 1;
	}
	if (r == -ENOTSUP) {
		end_find(o);
		o->state = OBJECTS_NONE;
	}
	return r;
}

static int add_types(struct objects *o)
{
	const struct type_found *f = &o->find.found[o->next_found];

	if (o->next_found < o->find.n_found) {
		for (size_t k = f->wanted; k < object_kinds_n; k++) {
			if (same_name(&object_kinds[f->wanted], &object_kinds[k]))
				add_type(o, f->type, &object_kinds[k]);
		}
		o->next_found++;
		return 1;
	}
	end_find(o);
	if (o->n_ots == 0 || !o->locations->at[LOC_MHEAP]) {
		o->state = OBJECTS_NONE;
		return -ENOTSUP;
	}
	heap_walk_init(&o->walk, o->remote, o->layout, o->locations->at[LOC_MHEAP]);
	statics_init(&o->statics, o->remote, o->image);
	o->spans = xcalloc(HEAP_SPANS_AT_ONCE, sizeof(*o->spans));
	o->batch = heap_batch_new();
	o->state = OBJECTS_BEGIN;
	return 1;
}

/* ---- a scan ---- */

static void begin(struct objects *o)
{
	heap_walk_begin(&o->walk);
	statics_begin(&o->statics);
	o->n_spans = o->next_span = 0;
	o->n_candidates = o->next_candidate = 0;
	o->chunk = (struct statics_chunk){ .n = 0 };
	o->walked = false;
	o->next.n = o->n_fresh = 0;
	o->counts = (struct objects_counts){ .types = o->n_ots };
	o->state = OBJECTS_HEAP;
}

static void index_found(struct objects *o)
{
	map64_clear(&o->by_addr);
	for (size_t i = 0; i < o->next.n; i++)
		map64_put(&o->by_addr, o->next.at[i].addr, (uint32_t)i);
}

static void end(struct objects *o)
{
	struct known_list l = o->known;

	objects_drop_doubtful(o);
	index_found(o);
	o->known = o->next;
	o->next = l;
	o->counts.found = o->known.n;
	o->last = o->counts;
	o->retries = 0;
	o->state = OBJECTS_BEGIN;
}

static void begin_holders(struct objects *o)
{
	index_found(o);
	statics_begin(&o->statics);
	o->state = OBJECTS_HOLDERS;
}

static int part(struct objects *o)
{
	int r = 1;

	switch (o->state) {
	case OBJECTS_FIND:
		return find_types(o);
	case OBJECTS_TYPES:
		return add_types(o);
	case OBJECTS_BEGIN:
		begin(o);
		return 1;
	case OBJECTS_HEAP:
		r = objects_heap_step(o);
		o->state = r == 0 ? OBJECTS_VARIABLES : o->state;
		break;
	case OBJECTS_VARIABLES:
		r = objects_variables_step(o);
		if (r == 0)
			begin_holders(o);
		break;
	case OBJECTS_HOLDERS:
		r = objects_holders_step(o);
		o->state = r == 0 ? OBJECTS_NAMES : o->state;
		break;
	case OBJECTS_NAMES:
		if (objects_names_step(o))
			return 1;
		end(o);
		return 0;
	case OBJECTS_NONE:
		return -ENOTSUP;
	}
	return r < 0 ? r : 1;
}

int objects_step(struct objects *o)
{
	int r = part(o);

	if (r >= 0 || o->state == OBJECTS_NONE)
		return r;
	if (o->state > OBJECTS_TYPES)
		o->state = OBJECTS_BEGIN;
	if (r == -EAGAIN && ++o->retries < RETRIES_MAX)
		return 1;
	o->retries = 0;
	return r;
}

void objects_counts(const struct objects *o, struct objects_counts *ret)
{
	*ret = o->last;
	ret->types = o->n_ots;
}
