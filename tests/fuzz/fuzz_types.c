/* Memory with type descriptors, objects, spans and GC programs in it. The first byte says which Go,
 * the others stand at KIT_BASE, where all types are. */
#include "collectors/gort/gcmask.h"
#include "collectors/gort/heap.h"
#include "collectors/gort/image_impl.h"
#include "collectors/gort/object_check.h"
#include "collectors/gort/object_values.h"
#include "collectors/gort/typefind.h"

#include "tests/fuzz/gort_kit.h"

enum { LOOKED_AT = 2048, MASK_BITS = 4096, MASK_SLACK = 48 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct type_wanted wanted[64];

static const struct layout *layout_of(uint8_t byte)
{
	static const char *const versions[] = { "go1.26.8", "go1.19.13", "go1.27.0", "go1.22.1" };
	enum layout_match match;

	return layout_find(versions[byte % 4], ARCH_AMD64, &match, NULL);
}

static void touch_values(const struct values_object *o)
{
	const struct object_kind *k = o->paths->kind;
	struct breaker_object b;
	struct limiter_object l;

	kit_touch(o->values.name);
	kit_touch(o->values.held);
	if (k->breaker)
		object_breaker(k, &o->values, &b);
	else
		object_limiter(k, &o->values, &l);
}

/* The object's bytes are all that is on the heap, so that nothing behind them is read unseen. */
static void read_object(struct types *t, const struct type *type, const struct object_kind *k,
			const uint8_t *memory)
{
	struct values_reader r = { .types = t };
	struct value_paths paths;
	struct object_checks checks;
	struct values_object o = { .paths = &paths, .addr = KIT_BASE, .strict = true };
	uint8_t *bytes;

	if (type->bytes == 0 || type->bytes > TYPE_BYTES_MAX)
		return;
	bytes = malloc(type->bytes);
	memcpy(bytes, memory, type->bytes);
	value_paths_of(t, type, k, &paths);
	o.bytes = bytes;
	kit_check(values_read(&r, &o, 1, 1790000000000000000) == 0);
	touch_values(&o);
	if (object_checks_of(t, type, k->never_nil, &checks) && object_checks_bytes(&checks, bytes))
		object_checks_pointers(&checks, bytes, t);
	values_reader_release(&r);
	free(bytes);
}

static void look_at(struct types *t, const struct type *type, const uint8_t *memory, size_t i)
{
	struct gcmask mask;
	uint8_t *bits;

	kit_touch(type->name);
	kit_touch(type->package);
	for (size_t f = 0; f < type->n_fields; f++)
		kit_touch(type->fields[f].name);
	if (gcmask_of(t, type, &mask)) {
		kit_check(mask.words <= GCMASK_WORDS_MAX);
		bits = malloc((mask.words + 7) / 8 + 8);
		memcpy(bits, memory, (mask.words + 7) / 8 + 8);
		gcmask_at(&mask, bits, 0, mask.words);
		free(bits);
	}
	read_object(t, type, &object_kinds[i % object_kinds_n], memory);
}

static void find_all(struct types *t, const uint8_t *memory)
{
	struct typefind f;
	int r;

	for (size_t i = 0; i < object_kinds_n; i++)
		wanted[i] = (struct type_wanted){ object_kinds[i].type, object_kinds[i].generic };
	typefind_init(&f, t, wanted, object_kinds_n);
	do {
		r = typefind_step(&f);
	} while (r == 1);
	for (size_t i = 0; i < f.n_found; i++)
		read_object(t, f.found[i].type, &object_kinds[f.found[i].wanted], memory);
	typefind_release(&f);
}

struct program {
	const uint8_t *p;
	size_t n;
};

static size_t fetch(void *arg, uint64_t at, uint8_t *to, size_t n)
{
	const struct program *p = arg;

	if (at >= p->n)
		return 0;
	n = n < p->n - at ? n : p->n - at;
	memcpy(to, p->p + at, n);
	return n;
}

static void run_program(const uint8_t *data, size_t n)
{
	struct program p = { data, n };
	uint8_t *bits = calloc(1, MASK_BITS / 8 + MASK_SLACK);

	gcprog_run(fetch, &p, bits, MASK_BITS);
	free(bits);
}

static void walk_heap(struct remote *r, const struct layout *l)
{
	static struct heap_span spans[HEAP_SPANS_AT_ONCE];
	struct heap_walk w;
	size_t n;
	int rounds = 0;

	heap_walk_init(&w, r, l, KIT_BASE - (uint64_t)l->at[LAYOUT_HEAP_ALLSPANS]);
	heap_walk_begin(&w);
	while (heap_walk_next(&w, spans, &n) == 1 && rounds++ < 16) {
		for (size_t i = 0; i < n; i++)
			kit_check(spans[i].elem_bytes > 0 &&
				  (uint64_t)spans[i].n * spans[i].elem_bytes <= spans[i].bytes);
	}
	heap_walk_release(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct remote r = { .pid = getpid() };
	const struct layout *l;
	struct image *im;
	const uint8_t *memory;
	struct types t;

	if (n < 1 || n - 1 > KIT_BYTES)
		return 0;
	l = layout_of(data[0]);
	memory = kit_memory(data + 1, n - 1);
	im = calloc(1, sizeof(*im)); /* without a file: everything comes from memory */
	im->r = &r;
	im->layout = l;
	im->text = KIT_BASE;
	im->etext = KIT_BASE + KIT_BYTES;
	types_init(&t, &r, l, im);
	t.from = KIT_BASE;
	t.to = KIT_BASE + KIT_BYTES;
	for (size_t at = 0; at + 8 <= n && at < LOOKED_AT; at += 8) {
		const struct type *type = types_at(&t, KIT_BASE + at);

		if (type)
			look_at(&t, type, memory, at / 8);
		types_of_itab(&t, KIT_BASE + at);
	}
	t.to = KIT_BASE + n;
	find_all(&t, memory);
	run_program(data + 1, n - 1);
	walk_heap(&r, l);
	types_release(&t);
	free(im);
	return 0;
}
