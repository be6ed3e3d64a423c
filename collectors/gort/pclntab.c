#include "collectors/gort/pclntab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

/* _func and inlinedCall of runtime/symtab.go: these moved between the magics. */
struct pcln_format {
	uint32_t magic;
	uint8_t func_id, func_flag, n_funcdata, func_bytes;
	uint8_t call_bytes, call_id, call_name, call_parent_pc;
};

static const struct pcln_format formats[] = {
	{ 0xfffffff0, 36, 37, 39, 40, 20, 2, 12, 16 }, /* Go 1.18, 1.19 */
	{ 0xfffffff1, 40, 41, 43, 44, 16, 0, 4, 8 },   /* Go 1.20 and later */
};

enum {
	FUNC_NAME = 4,
	FUNC_PCSP = 16,
	FUNC_PCFILE = 20,
	FUNC_PCLN = 24,
	FUNC_N_PCDATA = 28,
	FUNC_CU = 32,
	FUNC_BYTES_MAX = 44,
	CALL_BYTES_MAX = 20,

	FLAG_TOP_FRAME = 1,
	PCDATA_INLINE_INDEX = 2,
	FUNCDATA_INLINE_TREE = 3,

	MAGIC_GO_1_2 = 0xfb, /* low bytes of 0xfffffffb and 0xfffffffa */
	MAGIC_GO_1_16 = 0xfa,
	FUNCS_MAX = 1 << 24,
	FTAB_ENTRY = 8,
	STEP_FUNCS = 2048, /* a block of the file's cache */

	NAME_MAX_BYTES = 4096,	/* longer ones are cut; generics have long ones */
	STRINGS_MAX = 16 << 20, /* of all names that were ever shown */

	/* Steps through pctab for one question: each pc of a deep stack asks for its depth. */
	STEPS_OF_FRAMES = 1 << 18,
	STEPS_OF_DELTA = 1 << 14,
};

struct pcln_name {
	uint64_t at; /* in the file; 0: empty */
	struct str text;
};

/* A function's fixed part, read at once. */
struct func {
	uint64_t at;	/* in the file */
	uint32_t start; /* text offset */
	uint8_t raw[FUNC_BYTES_MAX];
};

static uint32_t u32_at(const void *p, size_t at)
{
	uint32_t v;

	memcpy(&v, (const char *)p + at, sizeof(v));
	return v;
}

static uint64_t u64_at(const void *p, size_t at)
{
	uint64_t v;

	memcpy(&v, (const char *)p + at, sizeof(v));
	return v;
}

/* ---- the header ---- */

int pcln_header_parse(const void *bytes, struct pcln_header *ret, struct err *e)
{
	const uint8_t *b = bytes;
	struct pcln_header h = {
		.magic = u32_at(b, 0),
		.quantum = b[6],
		.n_funcs = u64_at(b, 8),
		.names = u64_at(b, 32),
		.cus = u64_at(b, 40),
		.files = u64_at(b, 48),
		.pcs = u64_at(b, 56),
		.funcs = u64_at(b, 64),
	};

	if (h.magic >> 8 == 0xffffff &&
	    ((h.magic & 0xff) == MAGIC_GO_1_2 || (h.magic & 0xff) == MAGIC_GO_1_16))
		return err_set(e, -ENOTSUP,
			       "built with Go 1.17 or older; 1.19 and later can be read");
	if ((h.magic != formats[0].magic && h.magic != formats[1].magic) || b[4] || b[5] ||
	    (h.quantum != 1 && h.quantum != 4) || b[7] != 8 || h.n_funcs == 0 ||
	    h.n_funcs > FUNCS_MAX || h.names < PCLN_HEADER_BYTES || h.names > h.cus ||
	    h.cus > h.files || h.files > h.pcs || h.pcs > h.funcs || h.funcs >> 40)
		return err_set(e, -EBADMSG, "its function table (pclntab) has an unknown form");
	*ret = h;
	return 0;
}

int pclntab_init(struct pclntab *t, struct filecache *file, struct pcln_part where, struct err *e)
{
	char raw[PCLN_HEADER_BYTES];
	struct pcln_header h;
	int r;

	if (where.bytes < sizeof(raw) || !filecache_read(file, where.at, raw, sizeof(raw)))
		return err_set(e, -EBADMSG, "its function table (pclntab) is torn");
	r = pcln_header_parse(raw, &h, e);
	if (r < 0)
		return r;
	if (h.funcs > where.bytes || (h.n_funcs + 1) * FTAB_ENTRY > where.bytes - h.funcs)
		return err_set(e, -EBADMSG, "its function table (pclntab) is torn");
	*t = (struct pclntab){
		.file = file,
		.format = &formats[h.magic == formats[1].magic],
		.names = { where.at + h.names, h.cus - h.names },
		.cus = { where.at + h.cus, h.files - h.cus },
		.files = { where.at + h.files, h.pcs - h.files },
		.pcs = { where.at + h.pcs, h.funcs - h.pcs },
		.funcs = { where.at + h.funcs, where.bytes - h.funcs },
		.n_funcs = (uint32_t)h.n_funcs,
		.quantum = h.quantum,
		.wrapper = -1,
	};
	return 0;
}

void pclntab_release(struct pclntab *t)
{
	arena_release(&t->strings);
	free(t->interned);
	free(t->steps);
	*t = (struct pclntab){ 0 };
}

static bool part_read(struct pclntab *t, const struct pcln_part *p, uint64_t off, void *to,
		      size_t n)
{
	return off <= p->bytes && n <= p->bytes - off &&
	       filecache_read(t->file, p->at + off, to, n);
}

/* ---- functions ---- */

/* ftab: { text offset, offset of _func } and one more text offset at its end. */
static bool ftab_read(struct pclntab *t, uint32_t i, uint32_t *ret_start, uint32_t *ret_func)
{
	uint32_t pair[2] = { 0 };

	if (i > t->n_funcs || !part_read(t, &t->funcs, (uint64_t)i * FTAB_ENTRY, pair,
					 i < t->n_funcs ? sizeof(pair) : sizeof(*pair)))
		return false;
	*ret_start = pair[0];
	*ret_func = pair[1];
	return true;
}

/* A search over all of ftab would read a block of the file at each of its first steps. */
static void read_steps(struct pclntab *t)
{
	uint32_t n = t->n_funcs / STEP_FUNCS + 1;

	t->steps = xcalloc(n, sizeof(*t->steps));
	for (t->n_steps = 0; t->n_steps < n; t->n_steps++) {
		uint64_t at = t->funcs.at + (uint64_t)t->n_steps * STEP_FUNCS * FTAB_ENTRY;

		if (filecache_stream(t->file, at, &t->steps[t->n_steps], sizeof(*t->steps)) <
		    sizeof(*t->steps))
			return;
	}
}

/* The functions among which the search goes on. */
static void narrow(struct pclntab *t, uint32_t text_off, uint32_t *lo, uint32_t *hi)
{
	uint32_t from = 0, to;

	if (!t->steps)
		read_steps(t);
	to = t->n_steps;
	while (to - from > 1) {
		uint32_t mid = from + (to - from) / 2;

		if (t->steps[mid] <= text_off)
			from = mid;
		else
			to = mid;
	}
	*lo = from * STEP_FUNCS;
	if (to < t->n_steps)
		*hi = to * STEP_FUNCS;
}

int pclntab_func(struct pclntab *t, uint32_t text_off)
{
	uint32_t lo = 0, hi = t->n_funcs, start, unused;

	if (!ftab_read(t, 0, &start, &unused) || text_off < start ||
	    !ftab_read(t, hi, &start, &unused) || text_off >= start)
		return -1;
	narrow(t, text_off, &lo, &hi);
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (!ftab_read(t, mid, &start, &unused))
			return -1;
		if (start <= text_off)
			lo = mid;
		else
			hi = mid;
	}
	return (int)lo;
}

bool pclntab_bounds(struct pclntab *t, int func, uint32_t *ret_start, uint32_t *ret_end)
{
	uint32_t unused;

	return func >= 0 && ftab_read(t, (uint32_t)func, ret_start, &unused) &&
	       ftab_read(t, (uint32_t)func + 1, ret_end, &unused);
}

static bool func_read(struct pclntab *t, int func, struct func *ret)
{
	uint32_t off;

	if (func < 0 || (uint32_t)func >= t->n_funcs ||
	    !ftab_read(t, (uint32_t)func, &ret->start, &off) ||
	    !part_read(t, &t->funcs, off, ret->raw, t->format->func_bytes))
		return false;
	ret->at = off;
	return true;
}

/* ---- values by pc ---- */

/* A cursor over the varints of pctab. */
struct varints {
	uint8_t buf[64];
	size_t at, len;
	uint64_t next; /* offset in pctab of what follows buf */
};

static bool varint(struct pclntab *t, struct varints *v, uint32_t *ret)
{
	uint32_t n = 0;

	for (int shift = 0; shift < 35; shift += 7) {
		if (v->at == v->len) {
			uint64_t left = v->next < t->pcs.bytes ? t->pcs.bytes - v->next : 0;

			v->len = left < sizeof(v->buf) ? left : sizeof(v->buf);
			if (v->len == 0 || !part_read(t, &t->pcs, v->next, v->buf, v->len))
				return false;
			v->next += v->len;
			v->at = 0;
		}
		n |= (uint32_t)(v->buf[v->at] & 0x7f) << (shift & 31);
		if (!(v->buf[v->at++] & 0x80)) {
			*ret = n;
			return true;
		}
	}
	return false;
}

/* The value that a table of pctab gives for a pc, which is `into` bytes behind its function's
 * start; -1: none. The table is pairs of a zigzag step in value and a step in pc (runtime.pcvalue).
 */
static int32_t value_at(struct pclntab *t, uint32_t table, uint32_t into)
{
	struct varints v = { .next = table };
	uint32_t step, pc_step, value = UINT32_MAX;
	uint64_t pc = 0;

	if (table == 0)
		return -1;
	for (bool first = true; varint(t, &v, &step) && (step != 0 || first); first = false) {
		if (t->steps_left == 0 || !varint(t, &v, &pc_step))
			return -1;
		t->steps_left--;
		value += step & 1 ? ~(step >> 1) : step >> 1;
		pc += (uint64_t)pc_step * t->quantum;
		if (into < pc)
			return (int32_t)value;
	}
	return -1;
}

static int32_t inline_index(struct pclntab *t, const struct func *f, uint32_t into)
{
	uint32_t n = u32_at(f->raw, FUNC_N_PCDATA), table;

	if (n <= PCDATA_INLINE_INDEX ||
	    !part_read(t, &t->funcs,
		       f->at + t->format->func_bytes + PCDATA_INLINE_INDEX * sizeof(table), &table,
		       sizeof(table)))
		return -1;
	return value_at(t, table, into);
}

int32_t pclntab_sp_delta(struct pclntab *t, int func, uint32_t text_off, bool *ret_top)
{
	struct func f;

	if (!func_read(t, func, &f))
		return -1;
	*ret_top = f.raw[t->format->func_flag] & FLAG_TOP_FRAME;
	t->steps_left = STEPS_OF_DELTA;
	return value_at(t, u32_at(f.raw, FUNC_PCSP), text_off - f.start);
}

/* ---- names ---- */

static struct pcln_name *name_slot(struct pcln_name *names, size_t cap, uint64_t at)
{
	size_t i = (size_t)(at * 0x9e3779b97f4a7c15u >> 32) & (cap - 1);

	while (names[i].at && names[i].at != at)
		i = (i + 1) & (cap - 1);
	return &names[i];
}

static void grow_names(struct pclntab *t)
{
	size_t cap = t->cap_interned ? t->cap_interned * 2 : 1024;
	struct pcln_name *names = xcalloc(cap, sizeof(*names));

	for (size_t i = 0; i < t->cap_interned; i++) {
		if (t->interned[i].at)
			*name_slot(names, cap, t->interned[i].at) = t->interned[i];
	}
	free(t->interned);
	t->interned = names;
	t->cap_interned = cap;
}

/* What stands between the outermost brackets becomes "...", as in Go's tracebacks
 * (runtime.funcNameForPrint). */
static void shorten_generics(char *name)
{
	char *open = strchr(name, '['), *close = strrchr(name, ']');

	if (open && close > open + 4) {
		memset(open + 1, '.', 3);
		memmove(open + 4, close, strlen(close) + 1);
	}
}

/* The string at an offset of `part`, for as long as the table lives. */
static struct str intern(struct pclntab *t, const struct pcln_part *part, uint32_t off)
{
	char text[NAME_MAX_BYTES];
	struct pcln_name *n;

	if (off >= part->bytes)
		return STR("?");
	if (t->n_interned * 2 >= t->cap_interned)
		grow_names(t);
	n = name_slot(t->interned, t->cap_interned, part->at + off);
	if (n->at)
		return n->text;
	if (t->strings.used_bytes > STRINGS_MAX ||
	    !filecache_string(t->file, part->at + off, text, sizeof(text)))
		return STR("?");
	if (part == &t->names)
		shorten_generics(text);
	n->at = part->at + off;
	n->text = arena_str(&t->strings, str_of(text));
	t->n_interned++;
	return n->text;
}

static struct str file_name(struct pclntab *t, const struct func *f, uint32_t into)
{
	int32_t i = value_at(t, u32_at(f->raw, FUNC_PCFILE), into);
	uint32_t cu = u32_at(f->raw, FUNC_CU), off;

	if (i < 0 || cu == UINT32_MAX ||
	    !part_read(t, &t->cus, ((uint64_t)cu + (uint32_t)i) * sizeof(off), &off, sizeof(off)) ||
	    off == UINT32_MAX)
		return STR("?");
	return intern(t, &t->files, off);
}

/* ---- frames ---- */

/* Where go:func.* holds the function's tree of inlined calls. */
static bool inline_tree(struct pclntab *t, const struct func *f, uint32_t *ret)
{
	uint32_t n_pcdata = u32_at(f->raw, FUNC_N_PCDATA);
	uint64_t at = f->at + t->format->func_bytes +
		      ((uint64_t)n_pcdata + FUNCDATA_INLINE_TREE) * sizeof(*ret);

	return f->raw[t->format->n_funcdata] > FUNCDATA_INLINE_TREE &&
	       part_read(t, &t->funcs, at, ret, sizeof(*ret)) && *ret != UINT32_MAX;
}

struct str pclntab_name(struct pclntab *t, int func)
{
	struct func f;

	return func_read(t, func, &f) ? intern(t, &t->names, u32_at(f.raw, FUNC_NAME)) : STR("");
}

size_t pclntab_frames(struct pclntab *t, int func, uint32_t text_off, struct frame *ret, size_t max)
{
	const struct pcln_format *fmt = t->format;
	uint8_t call[CALL_BYTES_MAX];
	uint32_t tree = 0, into;
	struct func f;
	size_t n = 0;
	bool inlined;

	if (!func_read(t, func, &f))
		return 0;
	inlined = inline_tree(t, &f, &tree);
	into = text_off - f.start;
	t->steps_left = STEPS_OF_FRAMES;
	for (int depth = 0; depth < PCLN_FRAMES_MAX && n < max; depth++) {
		int32_t i = inlined ? inline_index(t, &f, into) : -1;
		int32_t line = value_at(t, u32_at(f.raw, FUNC_PCLN), into);
		bool is_call = i >= 0 &&
			       part_read(t, &t->inline_trees, tree + (uint64_t)i * fmt->call_bytes,
					 call, fmt->call_bytes);
		uint8_t id = is_call ? call[fmt->call_id] : f.raw[fmt->func_id];
		uint32_t name = is_call ? u32_at(call, fmt->call_name) : u32_at(f.raw, FUNC_NAME);

		if (id != t->wrapper)
			ret[n++] = (struct frame){ .func = intern(t, &t->names, name),
						   .file = file_name(t, &f, into),
						   .line = line > 0 ? (uint32_t)line : 0 };
		if (!is_call)
			break;
		into = u32_at(call, fmt->call_parent_pc);
	}
	return n;
}
