#include <stdlib.h>
#include <string.h>

#include "collectors/gort/pclntab.h"
#include "core/base/clock.h"
#include "core/base/pages.h"
#include "core/base/xalloc.h"

enum {
	CHUNK_BYTES = 64 << 10,
	FUNCS_AT_ONCE = 1024,
	BEGINNINGS_MAX = 8,
	FTAB_ENTRY = 8,
	FUNC_NAME = 4, /* _func.nameOff */
};

/* A name that is looked for, and where the table of names has it. */
struct name {
	const char *text;
	uint32_t off;
	bool found;
	size_t index; /* in the caller's list */
};

/* A part of the table of functions, read ahead. */
struct window {
	char *bytes;
	uint64_t at;
	size_t len;
	bool moved; /* since the step began */
};

enum phase { NAMES, FUNCS, OVER };

struct pcln_search {
	struct pclntab *t;
	struct name *names;
	size_t n, left;
	uint32_t beginnings[BEGINNINGS_MAX]; /* of the names: most others differ in these */
	size_t n_beginnings;
	int *ret;
	enum phase phase;
	uint64_t done; /* bytes of the table of names; functions */
	char *chunks;
	struct window table, funcs; /* ftab and the functions, both ascending */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static int by_off(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

static uint32_t beginning(const char *name)
{
	char four[sizeof(uint32_t)] = { 0 };
	uint32_t v;

	memcpy(four, name, strnlen(name, sizeof(four)));
	memcpy(&v, four, sizeof(v));
	return v;
}

static void note_beginnings(struct pcln_search *s)
{
	for (size_t i = 0; i < s->n && s->n_beginnings <= BEGINNINGS_MAX; i++) {
		uint32_t b = beginning(s->names[i].text);

		if (s->n_beginnings && s->beginnings[s->n_beginnings - 1] == b)
			continue; /* they are sorted */
		if (s->n_beginnings < BEGINNINGS_MAX)
			s->beginnings[s->n_beginnings] = b;
		s->n_beginnings++;
	}
}

static bool begins_well(const struct pcln_search *s, const char *text)
{
	uint32_t b = beginning(text);

	for (size_t i = 0; i < s->n_beginnings && i < BEGINNINGS_MAX; i++) {
		if (s->beginnings[i] == b)
			return true;
	}
	return s->n_beginnings > BEGINNINGS_MAX;
}

/* One name of the table, NUL-terminated. */
static void note_name(struct pcln_search *s, const char *text, uint32_t off)
{
	struct name key = { .text = text }, *n;

	if (!begins_well(s, text))
		return;
	n = bsearch(&key, s->names, s->n, sizeof(key), by_text);
	if (!n || n->found)
		return;
	n->found = true;
	n->off = off;
	s->left--;
}

/* Which of the names exist, in a chunk of the table of names, which is a few MB of strings. False:
 * it was the last. */
static bool find_names(struct pcln_search *s)
{
	const struct pcln_part *p = &s->t->names;
	uint64_t left = p->bytes - s->done;
	size_t want = left < CHUNK_BYTES ? left : CHUNK_BYTES, at = 0;
	size_t got = filecache_stream(s->t->file, p->at + s->done, s->chunks, want);

	while (at < got) {
		char *end = memchr(s->chunks + at, '\0', got - at);

		if (!end)
			break;
		note_name(s, s->chunks + at, (uint32_t)(s->done + at));
		at = (size_t)(end - s->chunks) + 1;
	}
	s->done += at;
	/* A name longer than a chunk, or the file ends: there is no more to find. */
	return at > 0 && got == want && s->done < p->bytes && s->left > 0;
}

static const char *window_at(struct pcln_search *s, struct window *w, uint64_t off, size_t n)
{
	const struct pcln_part *p = &s->t->funcs;

	if (off + n > p->bytes)
		return NULL;
	if (off < w->at || off + n > w->at + w->len) {
		uint64_t left = p->bytes - off;

		w->at = off;
		w->moved = true;
		w->len = filecache_stream(s->t->file, p->at + off, w->bytes,
					  left < CHUNK_BYTES ? left : CHUNK_BYTES);
	}
	return off + n <= w->at + w->len ? w->bytes + (off - w->at) : NULL;
}

static void note_func(struct pcln_search *s, uint32_t name_off, uint32_t func)
{
	struct name key = { .off = name_off }, *n;

	if (name_off < s->names[0].off || name_off > s->names[s->n - 1].off)
		return;
	n = bsearch(&key, s->names, s->n, sizeof(key), by_off);
	if (!n || s->ret[n->index] >= 0)
		return;
	s->ret[n->index] = (int)func;
	s->left--;
}

/* False: there are no more. */
static bool find_funcs(struct pcln_search *s)
{
	s->funcs.moved = false;
	/* Functions that are not in order would have each its window read: one is enough. */
	for (int i = 0; i < FUNCS_AT_ONCE && !s->funcs.moved; i++, s->done++) {
		const char *p;
		uint32_t off;

		if (s->done == s->t->n_funcs || s->left == 0)
			return false;
		p = window_at(s, &s->table, s->done * FTAB_ENTRY, FTAB_ENTRY);
		if (!p)
			return false;
		memcpy(&off, p + 4, sizeof(off));
		p = window_at(s, &s->funcs, (uint64_t)off + FUNC_NAME, sizeof(off));
		if (!p)
			return false;
		memcpy(&off, p, sizeof(off));
		note_func(s, off, (uint32_t)s->done);
	}
	return true;
}

/* Only those that exist stay in the list. */
static void keep_found(struct pcln_search *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->names[i].found)
			s->names[n++] = s->names[i];
	}
	s->n = s->left = n;
	qsort(s->names, n, sizeof(*s->names), by_off);
}

struct pcln_search *pcln_search_new(struct pclntab *t, const char *const *names, size_t n, int *ret)
{
	struct pcln_search *s = xcalloc(1, sizeof(*s));

	*s = (struct pcln_search){ .t = t, .n = n, .left = n, .ret = ret };
	s->phase = n ? NAMES : OVER;
	s->chunks = pages_calloc(2 * CHUNK_BYTES);
	s->table.bytes = s->chunks;
	s->funcs.bytes = s->chunks + CHUNK_BYTES;
	s->names = xcalloc(n, sizeof(*s->names));
	for (size_t i = 0; i < n; i++) {
		s->names[i] = (struct name){ .text = names[i], .index = i };
		ret[i] = -1;
	}
	qsort(s->names, n, sizeof(*s->names), by_text);
	note_beginnings(s);
	return s;
}

void pcln_search_free(struct pcln_search *s)
{
	if (!s)
		return;
	free(s->names);
	free(s->chunks);
	free(s);
}

bool pcln_search_step(struct pcln_search *s, uint64_t until_ns)
{
	while (s->phase != OVER) {
		bool more = s->phase == NAMES ? find_names(s) : find_funcs(s);

		if (!more) {
			if (s->phase == NAMES)
				keep_found(s);
			s->done = 0;
			s->phase++;
		}
		if (clock_mono_ns() >= until_ns)
			break;
	}
	return s->phase == OVER;
}
