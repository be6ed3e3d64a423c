#include "collectors/parse/prompage.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/xalloc.h"

/* An address that no page knows, so that none can be made to collide. */
static uint64_t seed(void)
{
	static const char here;

	return (uintptr_t)&here;
}

static bool is_of(const struct prompage *b, const struct prompage_slot *s, struct str name)
{
	return str_eq(b->families[s->family_plus_1 - 1].name, name);
}

/* The one asked for last, which is likely to be it; or NULL. */
static struct prompage_slot *find_last(const struct prompage *b, struct str name)
{
	struct prompage_slot *s = &b->slots[b->last];

	return s->family_plus_1 && is_of(b, s, name) ? s : NULL;
}

static struct prompage_slot *find_hashed(const struct prompage *b, struct str name, uint64_t hash)
{
	for (size_t i = hash;; i++) {
		struct prompage_slot *s = &b->slots[i & (b->n_slots - 1)];

		if (s->family_plus_1 == 0 || (s->hash == hash && is_of(b, s, name)))
			return s;
	}
}

struct prompage_slot *prompage_find(const struct prompage *b, struct str name)
{
	struct prompage_slot *s = find_last(b, name);

	return s ? s : find_hashed(b, name, prompage_hash(seed(), name));
}

static void slots_double(struct prompage *b)
{
	struct prompage_slot *old = b->slots;
	size_t n_old = b->n_slots;

	b->n_slots = n_old ? 2 * n_old : 256;
	b->slots = xcalloc(b->n_slots, sizeof(*b->slots));
	b->last = 0;
	for (size_t i = 0; i < n_old; i++) {
		size_t at = old[i].hash;

		if (!old[i].family_plus_1)
			continue;
		while (b->slots[at & (b->n_slots - 1)].family_plus_1)
			at++;
		b->slots[at & (b->n_slots - 1)] = old[i];
	}
	free(old);
}

struct prompage_slot *prompage_family(struct prompage *b, struct str name)
{
	struct prompage_slot *s = find_last(b, name);
	uint64_t hash;

	if (s)
		return s;
	hash = prompage_hash(seed(), name);
	s = find_hashed(b, name, hash);
	if (s->family_plus_1) {
		b->last = (size_t)(s - b->slots);
		return s;
	}
	if (2 * (b->n_families + 1) > b->n_slots) {
		slots_double(b);
		s = find_hashed(b, name, hash);
	}
	GROW(b->families, b->n_families, b->families_cap);
	b->families[b->n_families] = (struct family){ .name = name, .help = { "", 0 } };
	s->family_plus_1 = (uint32_t)++b->n_families;
	s->hash = hash;
	b->names = prompage_mix(b->names, hash);
	b->last = (size_t)(s - b->slots);
	return s;
}

#define BIT(kind) (1u << (kind))

static const struct {
	const char *suffix;
	unsigned kinds;
} suffixes[] = {
	{ "_bucket", BIT(KIND_HISTOGRAM) | BIT(KIND_GAUGEHISTOGRAM) },
	{ "_sum", BIT(KIND_HISTOGRAM) | BIT(KIND_SUMMARY) | BIT(KIND_GAUGEHISTOGRAM) },
	{ "_gsum", BIT(KIND_GAUGEHISTOGRAM) },
	{ "_count", BIT(KIND_HISTOGRAM) | BIT(KIND_SUMMARY) | BIT(KIND_GAUGEHISTOGRAM) },
	{ "_gcount", BIT(KIND_GAUGEHISTOGRAM) },
	{ "_total", BIT(KIND_COUNTER) },
	{ "_created",
	  BIT(KIND_HISTOGRAM) | BIT(KIND_SUMMARY) | BIT(KIND_COUNTER) | BIT(KIND_GAUGEHISTOGRAM) },
	{ "_info", BIT(KIND_INFO) },
};

static struct prompage_slot *owner_by_suffix(const struct prompage *b, struct str name)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		struct prompage_slot *s;

		if (!str_ends(name, suffixes[i].suffix))
			continue;
		name.len -= (uint32_t)strlen(suffixes[i].suffix);
		s = prompage_find(b, name);
		return s->family_plus_1 && BIT(s->kind) & suffixes[i].kinds ? s : NULL;
	}
	return NULL;
}

bool prompage_clashes(const struct prompage *b, const struct prompage_slot *s)
{
	struct str name = b->families[s->family_plus_1 - 1].name;
	char other[256];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i].suffix);

		if (!(BIT(s->kind) & suffixes[i].kinds) || name.len + n > sizeof(other))
			continue;
		memcpy(other, name.p, name.len);
		memcpy(other + name.len, suffixes[i].suffix, n);
		if (prompage_find(b, (struct str){ other, name.len + (uint32_t)n })->family_plus_1)
			return true;
	}
	return owner_by_suffix(b, name) != NULL;
}

static struct prompage_slot *find_owner(struct prompage *b, struct str name)
{
	struct prompage_slot *s = prompage_find(b, name), *whole;

	if (s->family_plus_1)
		return s;
	whole = owner_by_suffix(b, name);
	return whole ? whole : prompage_family(b, name);
}

struct prompage_slot *prompage_owner(struct prompage *b, struct str name)
{
	struct prompage_recent *r = &b->recent;
	struct prompage_slot *s;
	size_t at;

	if (r->n_families != b->n_families)
		r->n = 0;
	for (size_t i = 0; i < r->n && i < 4; i++) {
		if (str_eq(r->of[i].name, name))
			return &b->slots[r->of[i].slot];
	}
	s = find_owner(b, name);
	if (r->n_families != b->n_families)
		r->n = 0;
	r->n_families = b->n_families;
	at = r->n++ % 4;
	r->of[at].name = name;
	r->of[at].slot = (size_t)(s - b->slots);
	return s;
}

void prompage_set_kind(struct prompage *b, struct prompage_slot *s, enum prom_kind kind)
{
	s->kind = (uint8_t)kind;
	s->typed = true;
	b->families[s->family_plus_1 - 1].type =
		kind <= KIND_SUMMARY ? (enum metric_type)kind : METRIC_GAUGE;
}

void prompage_created(struct prompage *b, uint64_t key_hash, double unix_s)
{
	uint64_t v;

	memcpy(&v, &unix_s, sizeof(v));
	b->created = prompage_mix(prompage_mix(b->created, key_hash), v);
	b->created_min = unix_s < b->created_min ? unix_s : b->created_min;
}

void prompage_clear(struct prompage *b)
{
	b->n_families = b->n_series = b->n_labels = 0;
	b->layout = b->names = seed();
	b->created = 0;
	b->created_min = INFINITY;
	b->cut = false;
	b->recent.n = 0;
	if (!b->slots)
		slots_double(b);
	else
		memset(b->slots, 0, b->n_slots * sizeof(*b->slots));
}

void prompage_finish(struct prompage *b, struct metrics_page *ret)
{
	uint64_t h = prompage_mix(prompage_mix(b->layout, b->n_series), b->names);

	for (size_t i = 0; i < b->n_families; i++)
		h = prompage_mix(h, b->families[i].type);
	*ret = (struct metrics_page){
		.families = b->families,
		.series = b->series,
		.labels = b->labels,
		.n_families = b->n_families,
		.n_series = b->n_series,
		.n_labels = b->n_labels,
		.layout = h,
		.cut = b->cut,
		.restarted =
			(h == b->last_layout && b->created != b->last_created) ||
			(b->last_created && b->created && b->created_min > b->last_created_min),
	};
	b->last_layout = h;
	b->last_created = b->created;
	b->last_created_min = b->created_min;
}

void prompage_release(struct prompage *b)
{
	free(b->families);
	free(b->series);
	free(b->labels);
	free(b->slots);
	*b = (struct prompage){ 0 };
}
