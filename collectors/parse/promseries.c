#include "collectors/parse/promseries.h"

#include <stdlib.h>

#include "collectors/parse/promnum.h"
#include "collectors/parse/promrepeat.h"
#include "core/base/xalloc.h"

enum {
	BOUNDS_MAX = 1 << 14, /* distinct ones that are remembered */
	KEY_MAX = 64 << 20,   /* never reached: a metric is at most PROMPROTO_FIELD_MAX */
	ROOM = 64, /* behind what is asked for: a bound, quotes, and what may be loaded */
};

/* ---- bounds as text ---- */

static void write_bound(struct promproto_bound *b, double v)
{
	b->len = promnum_shortest(v, b->text);
	memcpy(b->text + b->len, "\"}", 2);
	memset(b->text + b->len + 2, 0, sizeof(b->text) - b->len - 2);
}

static void bounds_double(struct promproto *p)
{
	struct promproto_bound **old = p->bounds;
	size_t n = p->bounds_cap;

	p->bounds_cap = n ? 2 * n : 256;
	p->bounds = xcalloc(p->bounds_cap, sizeof(struct promproto_bound *));
	for (size_t i = 0; i < n; i++) {
		size_t at;

		if (!old[i])
			continue;
		at = prompage_mix(0, old[i]->bits);
		while (p->bounds[at & (p->bounds_cap - 1)])
			at++;
		p->bounds[at & (p->bounds_cap - 1)] = old[i];
	}
	free(old);
}

/* Writing one takes a microsecond; all histograms of a service share a few. */
static const struct promproto_bound *bound_of(struct promproto *p, double v)
{
	struct promproto_bound *b;
	uint64_t bits;
	size_t at;

	memcpy(&bits, &v, sizeof(bits));
	if (2 * (p->n_bounds + 1) > p->bounds_cap && p->n_bounds < BOUNDS_MAX)
		bounds_double(p);
	for (at = prompage_mix(0, bits); (b = p->bounds[at & (p->bounds_cap - 1)]); at++) {
		if (b->bits == bits)
			return b;
	}
	if (p->n_bounds < BOUNDS_MAX) {
		b = arena_alloc(&p->bound_text, sizeof(*b));
		p->bounds[at & (p->bounds_cap - 1)] = b;
		p->n_bounds++;
	} else {
		b = (void *)promproto_room(p, sizeof(*b));
	}
	b->bits = bits;
	write_bound(b, v);
	return b;
}

/* ---- keys ---- */

static bool is_bare(struct str s, bool colon)
{
	for (uint32_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		    (c == ':' && colon) || (c >= '0' && c <= '9' && i))
			continue;
		return false;
	}
	return s.len > 0;
}

static char *put_escaped(char *to, struct str s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' || s.p[i] == '"' || s.p[i] == '\n')
			*to++ = '\\';
		*to++ = s.p[i] == '\n' ? 'n' : s.p[i];
	}
	return to;
}

static uint64_t zero_bytes(uint64_t v)
{
	return (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
}

/* Eight bytes at a time while there is nothing to escape. */
static char *put_value(char *to, struct str s)
{
	uint32_t i = 0;

	for (; s.len - i >= 8; i += 8) {
		uint64_t v;

		memcpy(&v, s.p + i, 8);
		if (zero_bytes(v ^ 0x2222222222222222u) | zero_bytes(v ^ 0x5c5c5c5c5c5c5c5cu) |
		    zero_bytes(v ^ 0x0a0a0a0a0a0a0a0au))
			break;
		memcpy(to + i, &v, 8);
	}
	return put_escaped(to + i, (struct str){ s.p + i, s.len - i });
}

static char *put_name(char *to, struct str s, bool colon)
{
	if (is_bare(s, colon)) {
		memcpy(to, s.p, s.len);
		return to + s.len;
	}
	*to++ = '"';
	to = put_escaped(to, s);
	*to++ = '"';
	return to;
}

static char *reserve(struct buf *b, size_t n)
{
	if (!b->max)
		buf_init(b, KEY_MAX);
	b->len = 0;
	if (b->cap < n + ROOM) {
		buf_reserve(b, n + ROOM);
		memset(b->ptr, 0, b->cap);
	}
	return b->ptr;
}

/* The labels as text has them, once for all series of the metric. */
void promseries_begin(struct promproto *p, const struct promseries_metric *m)
{
	const struct label *l = p->out.labels + m->first;
	size_t n = 0;
	char *to;

	for (uint32_t i = 0; i < m->n_labels; i++)
		n += 2 * ((size_t)l[i].name.len + l[i].value.len) + 6;
	to = reserve(&p->labels, n);
	for (uint32_t i = 0; i < m->n_labels; i++) {
		if (i)
			*to++ = ',';
		to = put_name(to, l[i].name, false);
		*to++ = '=';
		*to++ = '"';
		to = put_value(to, l[i].value);
		*to++ = '"';
	}
	p->labels.len = (size_t)(to - p->labels.ptr);
}

static struct str name_of(struct promproto *p, enum promseries_suffix suffix)
{
	static const struct str suffixes[] = { STR("_bucket"), STR("_sum"), STR("_count") };
	struct promproto_family *f = &p->family;
	struct str *s;
	char *to;

	if (suffix == SUFFIX_NONE)
		return f->name;
	s = &f->suffixed[suffix];
	if (s->len)
		return *s;
	to = promproto_room(p, f->name.len + suffixes[suffix].len);
	memcpy(to, f->name.p, f->name.len);
	memcpy(to + f->name.len, suffixes[suffix].p, suffixes[suffix].len);
	*s = (struct str){ to, f->name.len + suffixes[suffix].len };
	return *s;
}

/* The key up to where the value of `label` would stand, or whole without one. */
static void begin_key(struct promproto *p, struct str name, struct str label)
{
	char *to = reserve(&p->next_key, 2 * (size_t)name.len + p->labels.len);
	bool bare = is_bare(name, true), open = !bare;

	if (bare) {
		memcpy(to, name.p, name.len);
		to += name.len;
	} else {
		*to++ = '{';
		to = put_name(to, name, true);
	}
	if (p->labels.len) {
		*to++ = open ? ',' : '{';
		memcpy(to, p->labels.ptr, p->labels.len);
		to += p->labels.len;
		open = true;
	}
	if (label.len) {
		*to++ = open ? ',' : '{';
		memcpy(to, label.p, label.len);
		to += label.len;
		*to++ = '=';
		*to++ = '"';
	} else if (open) {
		*to++ = '}';
	}
	p->next_key.len = (size_t)(to - p->next_key.ptr);
}

/* next_key becomes the last one. */
static void add_key(struct promproto *p, size_t common)
{
	struct buf was = p->key;

	p->key = p->next_key;
	p->next_key = was;
	prompage_key(&p->out, (struct str){ p->key.ptr, (uint32_t)p->key.len }, common);
}

static size_t common_keys(const struct promproto *p)
{
	size_t n = p->key.len < p->next_key.len ? p->key.len : p->next_key.len;

	return n ? prompage_common(p->key.ptr, p->next_key.ptr, n) : 0;
}

/* "Stale", as Prometheus marks it: no value (prometheus/model/value.StaleNaN). */
static bool is_stale(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits == 0x7ff0000000000002u;
}

void promseries_add(struct promproto *p, const struct promseries_metric *m,
		    enum promseries_suffix suffix, double v)
{
	struct series s = {
		.family = p->family.index,
		.label = (uint32_t)m->first,
		.n_labels = m->n_labels,
		.value = v,
	};

	if (is_stale(v))
		return;
	if (p->repeat->on) {
		promrepeat_value(p->repeat, &p->out, v);
		return;
	}
	s.name = name_of(p, suffix);
	prompage_add(&p->out, &s);
	if (p->out.cut)
		return;
	begin_key(p, s.name, STR(""));
	add_key(p, common_keys(p));
}

/* The same bound has the same text at the same place. */
static void repeat_bound(struct promproto *p, const struct promproto_bound *b, double v)
{
	const struct series *s = &p->out.series[p->repeat->series];

	if (p->repeat->series < p->out.n_series && s->n_labels &&
	    p->out.labels[s->label + s->n_labels - 1].value.p == b->text)
		promrepeat_value(p->repeat, &p->out, v);
	else
		p->repeat->differs = true;
}

void promseries_add_bound(struct promproto *p, const struct promseries_metric *m,
			  enum promseries_suffix suffix, const char *label, double bound, double v)
{
	const struct promproto_bound *b = bound_of(p, bound);
	struct series s = { .family = p->family.index,
			    .label = (uint32_t)p->out.n_labels,
			    .n_labels = m->n_labels + 1,
			    .value = v };
	struct label *l;

	if (is_stale(v))
		return;
	if (p->repeat->on) {
		repeat_bound(p, b, v);
		return;
	}
	s.name = name_of(p, suffix);
	prompage_add(&p->out, &s);
	if (p->out.cut)
		return;
	prompage_reserve_labels(&p->out, m->n_labels + 1);
	l = p->out.labels + p->out.n_labels;
	memcpy(l, p->out.labels + m->first, m->n_labels * sizeof(*l));
	l[m->n_labels] = (struct label){ str_of(label), { b->text, b->len } };
	p->out.n_labels += m->n_labels + 1;
	begin_key(p, s.name, l[m->n_labels].name);
	memcpy(p->next_key.ptr + p->next_key.len, b->text, b->len + 2);
	p->next_key.len += b->len + 2;
	add_key(p, common_keys(p));
}

void promseries_created(struct promproto *p, double unix_s)
{
	p->repeat->created = unix_s;
	if (p->repeat->on)
		return;
	begin_key(p, p->family.name, STR(""));
	prompage_created(&p->out, (struct str){ p->next_key.ptr, (uint32_t)p->next_key.len },
			 unix_s);
}
