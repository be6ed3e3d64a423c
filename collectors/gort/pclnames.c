#include <stdlib.h>
#include <string.h>

#include "collectors/gort/pclntab.h"
#include "core/base/xalloc.h"

enum {
	CHUNK_BYTES = 64 << 10,
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

struct search {
	struct pclntab *t;
	struct name *names;
	size_t n, left;
	size_t prefix; /* bytes that all the names begin with */
	int *ret;
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

static size_t common_prefix(const struct name *names, size_t n)
{
	const char *first = names[0].text, *last = names[n - 1].text; /* sorted */
	size_t len = 0;

	while (first[len] && first[len] == last[len])
		len++;
	return len;
}

/* One name of the table, NUL-terminated. */
static void note_name(struct search *s, const char *text, uint32_t off)
{
	struct name key = { .text = text }, *n;

	if (strncmp(text, s->names[0].text, s->prefix) != 0)
		return;
	n = bsearch(&key, s->names, s->n, sizeof(key), by_text);
	if (!n || n->found)
		return;
	n->found = true;
	n->off = off;
	s->left--;
}

/* Which of the names exist, by one pass over the table of names: a few MB of strings. */
static void find_names(struct search *s, char *chunk)
{
	const struct pcln_part *p = &s->t->names;
	uint64_t done = 0;

	while (done < p->bytes && s->left > 0) {
		uint64_t left = p->bytes - done;
		size_t want = left < CHUNK_BYTES ? left : CHUNK_BYTES, at = 0;
		size_t got = filecache_stream(s->t->file, p->at + done, chunk, want);

		while (at < got) {
			char *end = memchr(chunk + at, '\0', got - at);

			if (!end)
				break;
			note_name(s, chunk + at, (uint32_t)(done + at));
			at = (size_t)(end - chunk) + 1;
		}
		if (at == 0 || got < want)
			return; /* a name longer than a chunk, or the file ends: no more to find */
		done += at;
	}
}

/* The functions that bear the names: a window over ftab and one over the functions, both ascending.
 */
struct window {
	char *bytes;
	uint64_t at;
	size_t len;
};

static const char *window_at(struct search *s, struct window *w, uint64_t off, size_t n)
{
	const struct pcln_part *p = &s->t->funcs;

	if (off + n > p->bytes)
		return NULL;
	if (off < w->at || off + n > w->at + w->len) {
		uint64_t left = p->bytes - off;

		w->at = off;
		w->len = filecache_stream(s->t->file, p->at + off, w->bytes,
					  left < CHUNK_BYTES ? left : CHUNK_BYTES);
	}
	return off + n <= w->at + w->len ? w->bytes + (off - w->at) : NULL;
}

static void note_func(struct search *s, uint32_t name_off, uint32_t func)
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

static void find_funcs(struct search *s, struct window *table, struct window *funcs)
{
	for (uint32_t i = 0; i < s->t->n_funcs && s->left > 0; i++) {
		const char *p = window_at(s, table, (uint64_t)i * FTAB_ENTRY, FTAB_ENTRY);
		uint32_t off;

		if (!p)
			return;
		memcpy(&off, p + 4, sizeof(off));
		p = window_at(s, funcs, (uint64_t)off + FUNC_NAME, sizeof(off));
		if (!p)
			return;
		memcpy(&off, p, sizeof(off));
		note_func(s, off, i);
	}
}

/* Only those that exist stay in the list. */
static void keep_found(struct search *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->names[i].found)
			s->names[n++] = s->names[i];
	}
	s->n = s->left = n;
	qsort(s->names, n, sizeof(*s->names), by_off);
}

void pclntab_named(struct pclntab *t, const char *const *names, size_t n, int *ret)
{
	struct search s = { .t = t, .n = n, .left = n, .ret = ret };
	char *chunks = xreallocarray(NULL, 2, CHUNK_BYTES);
	struct window table = { .bytes = chunks }, funcs = { .bytes = chunks + CHUNK_BYTES };

	s.names = xcalloc(n + 1, sizeof(*s.names));
	for (size_t i = 0; i < n; i++) {
		s.names[i] = (struct name){ .text = names[i], .index = i };
		ret[i] = -1;
	}
	if (n > 0) {
		qsort(s.names, n, sizeof(*s.names), by_text);
		s.prefix = common_prefix(s.names, n);
		find_names(&s, chunks);
		keep_found(&s);
		find_funcs(&s, &table, &funcs);
	}
	free(s.names);
	free(chunks);
}
