#include "collectors/parse/pprof_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/group.h"

int pprof_bad_field(struct pprof_tables *t, const uint8_t *p, const uint8_t *end, int r)
{
	if (r == -ENODATA)
		return err_set(t->err, -EBADMSG,
			       "the profile is cut short: a field runs past byte %zu",
			       (size_t)(end - t->start));
	return err_set(t->err, r, "not a pprof profile: no field at byte %zu",
		       (size_t)(p - t->start));
}

int pprof_bad_number(struct pprof_tables *t, const uint8_t *p)
{
	return err_set(t->err, -EBADMSG, "damaged profile: no number at byte %zu",
		       (size_t)(p - t->start));
}

int pprof_other_field(struct pprof_tables *t, struct proto_field f, const char *wires)
{
	size_t field = f.tag >> 3;
	char want = field <= strlen(wires) ? wires[field - 1] : '?';

	if (want == '?' || (f.tag & 7) == (want == 'v' ? PROTO_VARINT : PROTO_BYTES) ||
	    (want == 'p' && (f.tag & 7) == PROTO_VARINT))
		return 0;
	return err_set(t->err, -EBADMSG, "not a pprof profile: field %zu is of another kind",
		       field);
}

static int too_many(struct pprof_tables *t, const char *what, size_t max)
{
	return err_set(t->err, -EFBIG, "a profile of more than %zu %s is refused", max, what);
}

static PROTO_HOT int ids_add(struct pprof_tables *t, struct pprof_ids *ids, uint64_t id)
{
	if (id == 0)
		return err_set(t->err, -EBADMSG, "damaged profile: a %s has no id", ids->what);
	GROW(ids->ids, ids->n, ids->cap);
	ids->sorted |= id != ids->n + 1;
	ids->ids[ids->n] = (struct pprof_id){ id, (uint32_t)ids->n };
	ids->n++;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct pprof_id *)a)->id, y = ((const struct pprof_id *)b)->id;

	return (x > y) - (x < y);
}

static int ids_close(struct pprof_tables *t, struct pprof_ids *ids)
{
	if (!ids->sorted)
		return 0;
	qsort(ids->ids, ids->n, sizeof(*ids->ids), by_id);
	for (size_t i = 1; i < ids->n; i++) {
		if (ids->ids[i].id == ids->ids[i - 1].id)
			return err_set(t->err, -EBADMSG,
				       "damaged profile: %s %" PRIu64 " is there twice", ids->what,
				       ids->ids[i].id);
	}
	return 0;
}

long pprof_find_sorted(struct pprof_tables *t, const struct pprof_ids *ids, uint64_t id)
{
	struct pprof_id key = { .id = id };
	const struct pprof_id *at;

	at = ids->sorted ? bsearch(&key, ids->ids, ids->n, sizeof(key), by_id) : NULL;
	if (at)
		return at->at;
	return err_set(t->err, -EBADMSG, "damaged profile: there is no %s %" PRIu64, ids->what, id);
}

uint64_t pprof_text_hash(struct pprof_text *text)
{
	if (text->hash == 0)
		text->hash = group_str_hash(text->s);
	return text->hash;
}

int pprof_read_type(struct pprof_tables *t, struct proto w, struct str ret[2])
{
	struct proto_field f = { 0 };
	struct pprof_text *text;
	int r;

	ret[0] = ret[1] = STR("");
	while ((r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag != PROTO_NUMBER(1) && f.tag != PROTO_NUMBER(2)) {
			r = pprof_other_field(t, f, "vv");
			if (r < 0)
				return r;
			continue;
		}
		text = pprof_text(t, f.value);
		if (!text)
			return err_set(t->err, -EBADMSG,
				       "damaged profile: a sample type refers to a missing string");
		ret[(f.tag >> 3) - 1] = text->s;
	}
	return r;
}

static int read_text(struct pprof_tables *t, struct proto w)
{
	if (t->n_texts == PPROF_TABLE_MAX)
		return too_many(t, "strings", PPROF_TABLE_MAX);
	GROW(t->texts, t->n_texts, t->cap_texts);
	t->texts[t->n_texts++] = (struct pprof_text){
		.s = { (const char *)w.p, (uint32_t)(w.end - w.p) },
	};
	return 0;
}

static inline void note_text(struct pprof_tables *t, uint64_t at)
{
	if (at > t->last_text)
		t->last_text = at;
}

static int read_function(struct pprof_tables *t, struct proto w)
{
	struct pprof_function fn = { 0 };
	struct proto_field f = { 0 };
	uint64_t id = 0, system_name = 0;
	int r;

	if (pprof_take(t, &w, 1, &id) && pprof_take(t, &w, 2, &fn.name) &&
	    pprof_take(t, &w, 3, &system_name))
		pprof_take(t, &w, 4, &fn.file);
	note_text(t, system_name);
	while ((r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1))
			id = f.value;
		else if (f.tag == PROTO_NUMBER(2))
			fn.name = f.value;
		else if (f.tag == PROTO_NUMBER(3))
			note_text(t, f.value);
		else if (f.tag == PROTO_NUMBER(4))
			fn.file = f.value;
		else if (f.tag == PROTO_NUMBER(5))
			t->start_lines |= f.value != 0;
		else if ((r = pprof_other_field(t, f, "vvvvv")) < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (t->function_ids.n == PPROF_TABLE_MAX)
		return too_many(t, "functions", PPROF_TABLE_MAX);
	GROW(t->functions, t->function_ids.n, t->cap_functions);
	t->functions[t->function_ids.n] = fn;
	return ids_add(t, &t->function_ids, id);
}

static PROTO_HOT int read_line(struct pprof_tables *t, struct proto w)
{
	struct proto_field f = { 0 };
	struct pprof_line line = { 0 };
	uint64_t number = 0;
	int r;

	if (pprof_take(t, &w, 1, &line.function))
		pprof_take(t, &w, 2, &number);
	while ((r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1))
			line.function = f.value;
		else if (f.tag == PROTO_NUMBER(2))
			number = f.value;
		else if ((r = pprof_other_field(t, f, "vvv")) < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (t->n_lines == PPROF_TABLE_MAX)
		return too_many(t, "lines", PPROF_TABLE_MAX);
	line.line = (int64_t)number;
	GROW(t->lines, t->n_lines, t->cap_lines);
	t->lines[t->n_lines++] = line;
	return 0;
}

/* Code without symbols has no line: it gets one without a function. */
static int read_location(struct pprof_tables *t, struct proto w)
{
	struct pprof_location loc = { .first = (uint32_t)t->n_lines };
	struct proto_field f = { 0 };
	uint64_t id = 0;
	int r;

	if (pprof_take(t, &w, 1, &id))
		pprof_take(t, &w, 3, &loc.address);
	while ((r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1))
			id = f.value;
		else if (f.tag == PROTO_NUMBER(2))
			loc.mapping = f.value;
		else if (f.tag == PROTO_NUMBER(3))
			loc.address = f.value;
		else if ((r = f.tag == PROTO_MESSAGE(4) ? read_line(t, f.bytes)
							: pprof_other_field(t, f, "vvvmv")) < 0)
			return r;
	}
	if (r == 0 && loc.first == t->n_lines)
		r = read_line(t, (struct proto){ w.end, w.end });
	if (r < 0)
		return r;
	if (t->location_ids.n == PPROF_TABLE_MAX)
		return too_many(t, "locations", PPROF_TABLE_MAX);
	loc.n = (uint32_t)t->n_lines - loc.first;
	GROW(t->locations, t->location_ids.n, t->cap_locations);
	t->locations[t->location_ids.n] = loc;
	return ids_add(t, &t->location_ids, id);
}

static int read_mapping(struct pprof_tables *t, struct proto w)
{
	struct proto_field f = { 0 };
	uint64_t id = 0, file = 0;
	int r;

	while ((r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag == PROTO_NUMBER(1))
			id = f.value;
		else if (f.tag == PROTO_NUMBER(5))
			note_text(t, file = f.value);
		else if (f.tag == PROTO_NUMBER(6))
			note_text(t, f.value);
		else if ((r = pprof_other_field(t, f, "vvvvvvvvvv")) < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (t->mapping_ids.n == PPROF_TABLE_MAX)
		return too_many(t, "mappings", PPROF_TABLE_MAX);
	GROW(t->mappings, t->mapping_ids.n, t->cap_mappings);
	t->mappings[t->mapping_ids.n] = file;
	return ids_add(t, &t->mapping_ids, id);
}

static int keep_sample(struct pprof_tables *t, struct proto_field f, const uint8_t *start)
{
	if (t->n_samples == PPROF_GROUPS_MAX)
		return too_many(t, "samples", PPROF_GROUPS_MAX);
	if (t->n_samples++ == 0)
		t->samples.p = start;
	t->samples.end = f.bytes.end;
	return 0;
}

static int keep_type(struct pprof_tables *t, struct proto w)
{
	if (t->n_types == PPROF_TYPES_MAX)
		return too_many(t, "sample types", PPROF_TYPES_MAX);
	t->types[t->n_types++] = w;
	return 0;
}

static int read_comments(struct pprof_tables *t, struct proto w)
{
	uint64_t at = 0;
	int r;

	while ((r = pprof_number(t, &w, &at)) > 0)
		note_text(t, at);
	return r;
}

static int read_about(struct pprof_tables *t, struct proto_field f)
{
	struct pprof_about *a = &t->about;

	switch (f.tag) {
	case PROTO_NUMBER(7):
		a->drop_frames = f.value;
		return 0;
	case PROTO_NUMBER(8):
	case PROTO_NUMBER(15):
		note_text(t, f.value);
		return 0;
	case PROTO_NUMBER(9):
		if (a->time_ns)
			return err_set(t->err, -EBADMSG,
				       "these are several profiles, one after the other");
		a->time_ns = (int64_t)f.value;
		return 0;
	case PROTO_NUMBER(10):
		a->duration_ns = (int64_t)f.value;
		return 0;
	case PROTO_MESSAGE(11):
		a->period_type = f.bytes;
		return 0;
	case PROTO_NUMBER(12):
		a->period = (int64_t)f.value;
		return 0;
	case PROTO_NUMBER(13):
	case PROTO_MESSAGE(13):
		return read_comments(t, f.bytes);
	case PROTO_NUMBER(14):
		a->default_type = f.value;
		return 0;
	default:
		return pprof_other_field(t, f, "mmmmmmvvvvmvpvv");
	}
}

/* message Profile */
static int index_profile(struct pprof_tables *t, struct proto w)
{
	struct proto_field f = { 0 };
	const uint8_t *start;
	int r;

	while (start = w.p, (r = pprof_next(t, &w, &f)) > 0) {
		if (f.tag == PROTO_MESSAGE(2))
			r = keep_sample(t, f, start);
		else if (f.tag == PROTO_MESSAGE(1))
			r = keep_type(t, f.bytes);
		else if (f.tag == PROTO_MESSAGE(3))
			r = read_mapping(t, f.bytes);
		else if (f.tag == PROTO_MESSAGE(4))
			r = read_location(t, f.bytes);
		else if (f.tag == PROTO_MESSAGE(5))
			r = read_function(t, f.bytes);
		else if (f.tag == PROTO_MESSAGE(6))
			r = read_text(t, f.bytes);
		else
			r = read_about(t, f);
		if (r < 0)
			return r;
	}
	return r;
}

static int check_index(struct pprof_tables *t)
{
	int r;

	if (t->n_types == 0)
		return err_set(t->err, -EBADMSG, "not a pprof profile: it has no sample type");
	if (t->n_texts == 0)
		return err_set(t->err, -EBADMSG, "the profile is cut short: it has no strings");
	if (t->texts[0].s.len != 0)
		return err_set(t->err, -EBADMSG, "damaged profile: its first string is not empty");
	note_text(t, t->about.drop_frames);
	note_text(t, t->about.default_type);
	if (t->last_text >= t->n_texts)
		return err_set(t->err, -EBADMSG, "damaged profile: it refers to a missing string");
	r = ids_close(t, &t->function_ids);
	if (r == 0)
		r = ids_close(t, &t->mapping_ids);
	return r < 0 ? r : ids_close(t, &t->location_ids);
}

static struct str address_name(struct arena *a, uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return arena_str(a, str_of(text));
}

/* Type arguments as a traceback prints them: "main.f[...]" (runtime/symtab.go, funcNameForPrint).
 */
static struct str traceback_name(struct arena *a, struct str name)
{
	const char *open = memchr(name.p, '[', name.len), *close = memrchr(name.p, ']', name.len);
	struct str ret;
	char *to;

	if (!open || !close || close <= open)
		return name;
	to = arena_alloc(a, name.len + sizeof("[...]"));
	ret = (struct str){ to, (uint32_t)(name.len - (size_t)(close - open) + 4) };
	to = mempcpy(to, name.p, (size_t)(open - name.p));
	to = mempcpy(to, "[...]", 5);
	memcpy(to, close + 1, (size_t)(name.p + name.len - close) - 1);
	return ret;
}

static int resolve_line(struct pprof_tables *t, size_t i, struct arena *a)
{
	struct str func;

	const struct pprof_line *line = &t->lines[i];
	struct pprof_text *name, *file;
	long at = pprof_find(t, &t->function_ids, line->function);

	if (at < 0)
		return (int)at;
	name = pprof_text(t, t->functions[at].name);
	file = pprof_text(t, t->functions[at].file);
	if (!name || !file)
		return err_set(t->err, -EBADMSG,
			       "damaged profile: function %" PRIu64 " refers to a missing string",
			       line->function);
	func = name->s.len ? traceback_name(a, name->s) : name->s;
	t->frames[i] = (struct frame){ .func = func, .file = file->s };
	if (line->line > 0 && line->line <= UINT32_MAX)
		t->frames[i].line = (uint32_t)line->line;
	t->hashes[i] =
		group_frame_hash(func.p == name->s.p ? pprof_text_hash(name) : group_str_hash(func),
				 pprof_text_hash(file), t->frames[i].line);
	return 0;
}

static void resolve_address(struct pprof_tables *t, size_t i, struct str name)
{
	t->frames[i] = (struct frame){ .func = name, .file = STR("") };
	t->hashes[i] = group_frame_hash(group_str_hash(name), group_str_hash(STR("")), 0);
}

static int resolve(struct pprof_tables *t, struct arena *a)
{
	if (t->cap_frames < t->n_lines) {
		t->cap_frames = t->cap_lines;
		t->frames = xreallocarray(t->frames, t->cap_frames, sizeof(*t->frames));
		t->hashes = xreallocarray(t->hashes, t->cap_frames, sizeof(*t->hashes));
	}
	for (size_t l = 0; l < t->location_ids.n; l++) {
		const struct pprof_location *loc = &t->locations[l];

		for (uint32_t i = loc->first; i < loc->first + loc->n; i++) {
			int r = 0;

			if (t->lines[i].function == 0)
				resolve_address(t, i, address_name(a, loc->address));
			else
				r = resolve_line(t, i, a);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int pprof_tables_index(struct pprof_tables *t, struct proto raw)
{
	int r;

	t->start = raw.p;
	t->end = raw.end;
	t->n_texts = t->n_lines = t->n_samples = t->n_types = 0;
	t->samples = (struct proto){ 0 };
	t->about = (struct pprof_about){ 0 };
	t->last_text = 0;
	t->start_lines = false;
	t->function_ids = (struct pprof_ids){ "function", t->function_ids.ids, 0,
					      t->function_ids.cap, false };
	t->location_ids = (struct pprof_ids){ "location", t->location_ids.ids, 0,
					      t->location_ids.cap, false };
	t->mapping_ids =
		(struct pprof_ids){ "mapping", t->mapping_ids.ids, 0, t->mapping_ids.cap, false };
	r = index_profile(t, raw);
	return r < 0 ? r : check_index(t);
}

int pprof_tables_read(struct pprof_tables *t, struct proto raw, struct arena *a)
{
	int r = pprof_tables_index(t, raw);

	return r < 0 ? r : resolve(t, a);
}

void pprof_tables_release(struct pprof_tables *t)
{
	free(t->texts);
	free(t->functions);
	free(t->lines);
	free(t->locations);
	free(t->function_ids.ids);
	free(t->location_ids.ids);
	free(t->mapping_ids.ids);
	free(t->mappings);
	free(t->frames);
	free(t->hashes);
	*t = (struct pprof_tables){ 0 };
}
