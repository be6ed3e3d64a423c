#include <stdlib.h>
#include <string.h>

#include "collectors/gort/objects_impl.h"
#include "core/base/xalloc.h"

enum {
	WORD = GCMASK_WORD,
	VARIABLES_MAX = 4 * OBJECTS_MAX, /* whose names are kept */
};

/* ---- objects in variables ---- */

static void look_at(struct objects *o, const struct statics_chunk *c, size_t i)
{
	for (uint32_t t = 0; t < o->n_ots; t++) {
		const struct object_type *ot = &o->ots[t];

		if (!gcmask_at(&ot->mask, c->mask, c->bit + i, ot->mask.words) ||

		    !object_checks_bytes(&ot->checks, (const uint8_t *)(c->words + i)))
			continue;
		objects_push(o, &(struct candidate){ .addr = c->addr + i * WORD, .type = t });
	}
}

int objects_variables_step(struct objects *o)
{
	struct statics_chunk c;
	int r;

	if (o->next_candidate < o->n_candidates) {
		r = objects_judge(o);
		return r < 0 ? r : 1;
	}
	r = statics_next(&o->statics, &c);
	if (r <= 0)
		return r;
	for (size_t i = 0; i < c.n; i++)
		look_at(o, &c, i);
	o->counts.variables += c.n * WORD;
	return 1;
}

/* ---- who holds what was found ---- */

int objects_holders_step(struct objects *o)
{
	struct statics_chunk c;
	uint32_t index;
	int r;

	if (o->next.n == 0)
		return 0;
	r = statics_next(&o->statics, &c);
	if (r <= 0)
		return r;
	for (size_t i = 0; i < c.n; i++) {
		if (gcmask_bit(c.mask, c.bit + i) && c.words[i] &&
		    map64_get(&o->by_addr, c.words[i], &index) && !o->next.at[index].variable)
			o->next.at[index].variable = c.addr + i * WORD;
	}
	return 1;
}

/* ---- names ---- */

static int by_addr(const void *a, const void *b)
{
	const struct variable *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static const struct variable *find_variable(const struct objects *o, uint64_t addr)
{
	struct variable key = { .addr = addr };

	return o->n_variables ? bsearch(&key, o->variables, o->n_variables, sizeof(key), by_addr)
			      : NULL;
}

/* Room for those that were not asked before. True: there are such. */
static bool add_variables(struct objects *o)
{
	size_t n;

	if (o->n_variables > VARIABLES_MAX)
		o->n_variables = 0;
	n = o->n_variables;
	for (size_t i = 0; i < o->next.n; i++) {
		struct known_object *k = &o->next.at[i];

		if (!k->variable && k->span == 0)
			k->variable = k->addr;
		if (!k->variable || find_variable(o, k->variable))
			continue;
		GROW(o->variables, n, o->cap_variables);
		o->variables[n++] = (struct variable){ .addr = k->variable };
	}
	if (n == o->n_variables)
		return false;
	o->n_variables = n;
	qsort(o->variables, n, sizeof(*o->variables), by_addr);
	return true;
}

bool objects_names_step(struct objects *o)
{
	bool more;

	if (o->symbols_at == 0 && !add_variables(o))
		return false;
	more = variables_step(o->image, &o->symbols_at, o->variables, o->n_variables);
	if (!more)
		o->symbols_at = 0;
	return more;
}

struct str objects_holder(const struct objects *o, const struct known_object *k)
{
	const struct variable *v = k->variable ? find_variable(o, k->variable) : NULL;

	return v ? str_of(v->name) : (struct str){ 0 };
}

/* What stands in a variable has to be pointed to, or to be in a variable
 * that is not the runtime's. */
static bool is_doubtful(const struct objects *o, const struct known_object *k)
{
	struct str name = objects_holder(o, k);

	return k->span == 0 && k->variable == k->addr &&
	       (name.len == 0 || str_starts(name, "runtime."));
}

void objects_drop_doubtful(struct objects *o)
{
	size_t left = 0;

	for (size_t i = 0; i < o->next.n; i++) {
		if (!is_doubtful(o, &o->next.at[i]))
			o->next.at[left++] = o->next.at[i];
	}
	o->next.n = left;
}
