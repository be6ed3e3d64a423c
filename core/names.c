#include "core/names.h"

#include <ctype.h>

#include "core/base/buf.h"

enum { ROW_NAME_MAX = 512 };

static char plain(char c)
{
	return c == '.' || c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static bool same_at(struct str name, uint32_t at, const char *want, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (plain(name.p[at + i]) != want[i])
			return false;
	}
	return true;
}

bool name_has(struct str name, const char *part)
{
	uint32_t n = (uint32_t)strlen(part);

	for (uint32_t at = 0; at + n <= name.len; at++) {
		if (same_at(name, at, part, n))
			return true;
	}
	return false;
}

bool name_ends(struct str name, const char *tail)
{
	uint32_t n = (uint32_t)strlen(tail);

	return name.len >= n && same_at(name, name.len - n, tail, n);
}

bool name_is(struct str name, const char *want)
{
	return name.len == strlen(want) && same_at(name, 0, want, name.len);
}

static bool in_list(struct str name, const char *const *list)
{
	for (; *list; list++) {
		if (name_is(name, *list))
			return true;
	}
	return false;
}

struct str label_of(const struct metrics_page *p, const struct series *s, const char *const *names)
{
	for (; *names; names++) {
		for (uint32_t i = 0; i < s->n_labels; i++) {
			if (name_is(p->labels[s->label + i].name, *names))
				return p->labels[s->label + i].value;
		}
	}
	return STR("");
}

static void add_part(struct buf *b, struct str part)
{
	if (part.len)
		buf_addf(b, "%s%.*s", b->len ? "/" : "", (int)part.len, part.p);
}

const char *row_name(struct arena *a, const struct metrics_page *p, const struct series *s,
		     const char *const *first, const char *const *not_these, const char *tail)
{
	struct str lead = label_of(p, s, first);
	struct buf b;
	struct str ret;

	buf_init(&b, ROW_NAME_MAX);
	add_part(&b, lead);
	for (uint32_t i = 0; i < s->n_labels; i++) {
		const struct label *l = &p->labels[s->label + i];

		if (l->value.p != lead.p && !in_list(l->name, not_these) && !name_is(l->name, "le"))
			add_part(&b, l->value);
	}
	if (!b.len) {
		uint32_t n = (uint32_t)strlen(tail);

		add_part(&b, (struct str){ s->name.p,
					   s->name.len > n ? s->name.len - n : s->name.len });
	}
	ret = arena_str(a, (struct str){ b.ptr, (uint32_t)b.len });
	buf_release(&b);
	return ret.p;
}
