#include "collectors/parse/gotext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/gotext_line.h"
#include "core/base/hash.h"
#include "core/base/xalloc.h"

enum { STATES_MAX = 8, SLOTS_FIRST = 256, LOOK_BYTES = 8192 };

struct group {
	struct goroutine_group out;
	struct state_count states[STATES_MAX];
	uint64_t ages[AGE_BUCKETS];
	uint64_t minutes; /* of the oldest */
	bool has_ages;
};

/* What a goroutine's lines after its header came to, by the hash of what counts in them: most
 * goroutines of a dump stand where others do. */
struct block {
	uint64_t hash;	/* 0: a free slot */
	uint32_t group; /* BLOCK_SYSTEM: of the runtime's own */
	bool no_stack, elided;
};
enum { BLOCK_SYSTEM = UINT32_MAX, BLOCKS_FIRST = 256, BLOCKS_MAX = 1 << 18 };

enum where { OUTSIDE, IN_STACK, IN_ANCESTOR, IN_PROFILE };

struct gotext_state {
	struct arena kept;     /* what the groups hold */
	struct arena scratch;  /* of the goroutine under way */
	char *line;	       /* what has come of it; GOTEXT_LINE_MAX */
	size_t n_line, prefix; /* bytes of a log before each line */
	enum where where;
	struct gotext_header header;
	uint64_t count; /* goroutines of the record: debug=1 has more than one */
	struct str state;
	struct frame frames[GOTEXT_FRAMES_MAX], creator;
	struct label labels[GOTEXT_LABELS_MAX];
	uint32_t n_frames, n_labels;
	struct str func; /* named, its place is still to come; empty: none */
	bool creating;	 /* and it is the creator */
	struct group *groups;
	size_t n_groups, cap_groups;
	uint32_t *slots; /* by id, 1 + index */
	size_t n_slots;
	struct goroutine_group *out;
	struct block *blocks; /* open addressing */
	size_t n_blocks, cap_blocks;
	struct block block;	    /* of the goroutine under way; hash 0: not to be kept */
	uint64_t understood_before; /* counts.not_understood when it began */
};

/* ---- life ---- */

void gotext_begin(struct gotext *g)
{
	struct gotext_state *s = g->state;

	if (!s) {
		s = g->state = xcalloc(1, sizeof(*s));
		s->line = xcalloc(1, GOTEXT_LINE_MAX);
		s->n_slots = SLOTS_FIRST;
		s->slots = xcalloc(s->n_slots, sizeof(*s->slots));
		s->cap_blocks = BLOCKS_FIRST;
		s->blocks = xcalloc(s->cap_blocks, sizeof(*s->blocks));
	}
	memset(s->blocks, 0, s->cap_blocks * sizeof(*s->blocks));
	s->n_blocks = 0;
	s->block.hash = 0;
	arena_clear(&s->kept);
	arena_clear(&s->scratch);
	memset(s->slots, 0, s->n_slots * sizeof(*s->slots));
	s->n_groups = s->n_line = s->prefix = 0;
	s->where = OUTSIDE;
	s->func = STR("");
	g->counts = (struct gotext_counts){ 0 };
	g->goroutines = (struct goroutines){ 0 };
}

void gotext_release(struct gotext *g)
{
	struct gotext_state *s = g->state;

	if (!s)
		return;
	arena_release(&s->kept);
	arena_release(&s->scratch);
	free(s->line);
	free(s->groups);
	free(s->slots);
	free(s->blocks);
	free(s->out);
	free(s);
	g->state = NULL;
}

/* ---- groups ---- */

static uint32_t *slot_of(struct gotext_state *s, uint64_t id)
{
	size_t i = id & (s->n_slots - 1);

	while (s->slots[i] && s->groups[s->slots[i] - 1].out.id != id)
		i = (i + 1) & (s->n_slots - 1);
	return &s->slots[i];
}

static void grow_slots(struct gotext_state *s)
{
	if (s->n_groups * 2 < s->n_slots)
		return;
	free(s->slots);
	s->n_slots *= 2;
	s->slots = xcalloc(s->n_slots, sizeof(*s->slots));
	for (size_t i = 0; i < s->n_groups; i++)
		*slot_of(s, s->groups[i].out.id) = (uint32_t)i + 1;
}

/* ---- blocks ---- */

static struct block *block_slot(struct gotext_state *s, uint64_t hash)
{
	size_t i = hash & (s->cap_blocks - 1);

	while (s->blocks[i].hash && s->blocks[i].hash != hash)
		i = (i + 1) & (s->cap_blocks - 1);
	return &s->blocks[i];
}

static void grow_blocks(struct gotext_state *s)
{
	struct block *old = s->blocks;
	size_t n = s->cap_blocks;

	if (s->n_blocks * 2 < n)
		return;
	s->cap_blocks *= 2;
	s->blocks = xcalloc(s->cap_blocks, sizeof(*s->blocks));
	for (size_t i = 0; i < n; i++) {
		if (old[i].hash)
			*block_slot(s, old[i].hash) = old[i];
	}
	free(old);
}

static void keep_block(struct gotext *t, uint32_t group)
{
	struct gotext_state *s = t->state;
	struct block *b;

	if (!s->block.hash || t->counts.not_understood != s->understood_before ||
	    s->n_blocks == BLOCKS_MAX)
		return;
	grow_blocks(s);
	b = block_slot(s, s->block.hash);
	s->n_blocks += b->hash == 0;
	*b = s->block;
	b->group = group;
	b->no_stack = s->n_frames == 0;
	s->block.hash = 0;
}

static struct frame keep_frame(struct arena *a, const struct frame *f)
{
	return (struct frame){ arena_str(a, f->func), arena_str(a, f->file), f->line };
}

static struct group *add_group(struct gotext_state *s, uint64_t id)
{
	struct arena *a = &s->kept;
	struct frame *stack = arena_alloc(a, s->n_frames * sizeof(*stack));
	struct label *labels = arena_alloc(a, s->n_labels * sizeof(*labels));
	struct group *g;

	for (uint32_t i = 0; i < s->n_frames; i++)
		stack[i] = keep_frame(a, &s->frames[i]);
	for (uint32_t i = 0; i < s->n_labels; i++)
		labels[i] = (struct label){ arena_str(a, s->labels[i].name),
					    arena_str(a, s->labels[i].value) };
	GROW(s->groups, s->n_groups, s->cap_groups);
	g = &s->groups[s->n_groups++];
	*g = (struct group){ .out = { .id = id,
				      .stack = stack,
				      .n_stack = s->n_frames,
				      .labels = labels,
				      .n_labels = s->n_labels } };
	if (s->creator.func.len)
		g->out.created_by = keep_frame(a, &s->creator);
	return g;
}

static void count_state(struct gotext_state *s, struct group *g)
{
	uint32_t n = g->out.n_states;

	for (uint32_t i = 0; i < n; i++) {
		if (str_eq(g->states[i].state, s->state) || i + 1 == STATES_MAX) {
			g->states[i].count += s->count;
			return;
		}
	}
	g->states[n] = (struct state_count){ arena_str(&s->kept, s->state), s->count };
	g->out.n_states++;
}

static int age_bucket(uint64_t minutes)
{
	static const uint64_t below[] = { 10, 60, 360, 1440 };
	int i = 0;

	while (i < 4 && minutes >= below[i])
		i++;
	return i + 3; /* the first three are below a minute */
}

static void count_into(struct gotext *t, struct group *g)
{
	struct gotext_state *s = t->state;
	uint64_t minutes = s->header.minutes;

	g->out.count += s->count;
	t->goroutines.total += s->count;
	count_state(s, g);
	if (!minutes)
		return;
	g->has_ages = true;
	g->ages[age_bucket(minutes)] += s->count;
	if (minutes > g->minutes)
		g->minutes = minutes;
}

static bool is_systems(const struct gotext_state *s)
{
	const struct frame *root = s->n_frames ? &s->frames[s->n_frames - 1] : NULL;

	return root && str_starts(root->func, "runtime.") && !str_is(root->func, "runtime.main") &&
	       s->where != IN_PROFILE;
}

static void drop_goexit(struct gotext_state *s)
{
	while (s->n_frames && str_is(s->frames[s->n_frames - 1].func, "runtime.goexit"))
		s->n_frames--;
}

/* debug=1 prints neither a state nor the runtime's frames: what the leaf does not tell is unknown.
 */
static struct str state_by_leaf(const struct gotext_state *s)
{
	static const struct {
		const char *func;
		struct str state;
	} leaves[] = {
		{ "internal/poll.runtime_pollWait", STR("IO wait") },
		{ "sync.runtime_SemacquireMutex", STR("sync.Mutex.Lock") },
		{ "internal/sync.runtime_SemacquireMutex", STR("sync.Mutex.Lock") },
		{ "sync.runtime_SemacquireRWMutexR", STR("sync.RWMutex.RLock") },
		{ "sync.runtime_SemacquireRWMutex", STR("sync.RWMutex.Lock") },
		{ "sync.runtime_SemacquireWaitGroup", STR("sync.WaitGroup.Wait") },
		{ "sync.runtime_Semacquire", STR("semacquire") },
		{ "sync.runtime_notifyListWait", STR("sync.Cond.Wait") },
		{ "time.Sleep", STR("sleep") },
		{ "os/signal.signal_recv", STR("syscall") },
		{ "runtime/pprof.writeRuntimeProfile", STR("running") },
		{ "runtime/pprof.runtime_goroutineProfileWithLabels", STR("running") },
	};
	struct str leaf = s->n_frames ? s->frames[0].func : STR("");

	for (size_t i = 0; i < sizeof(leaves) / sizeof(*leaves); i++) {
		if (str_is(leaf, leaves[i].func))
			return leaves[i].state;
	}
	return str_starts(leaf, "syscall.") ? STR("syscall") : STR("unknown");
}

/* The goroutine, or the record of debug=1, is complete. */
static int settle(struct gotext *t, struct err *e)
{
	struct gotext_state *s = t->state;
	uint64_t id;
	uint32_t *slot;

	drop_goexit(s);
	if (is_systems(s)) {
		t->counts.system += s->count;
		keep_block(t, BLOCK_SYSTEM);
		return 0;
	}
	if (s->where == IN_PROFILE)
		s->state = state_by_leaf(s);
	t->counts.no_stack += s->n_frames == 0 ? s->count : 0;
	id = goroutine_group_id(s->frames, s->n_frames, s->labels, s->n_labels);
	grow_slots(s);
	slot = slot_of(s, id);
	if (!*slot) {
		if (s->n_groups == GOTEXT_GROUPS_MAX)
			return err_set(e, -E2BIG, "too many distinct stacks (over %d); refused",
				       GOTEXT_GROUPS_MAX);
		add_group(s, id);
		*slot = (uint32_t)s->n_groups;
	}
	keep_block(t, *slot - 1);
	count_into(t, &s->groups[*slot - 1]);
	return 0;
}

static int leave(struct gotext *t, struct err *e)
{
	struct gotext_state *s = t->state;
	int r = s->where == OUTSIDE ? 0 : settle(t, e);

	s->where = OUTSIDE;
	return r;
}

static void enter(struct gotext_state *s, enum where where, uint64_t count)
{
	arena_clear(&s->scratch);
	s->where = where;
	s->count = count;
	s->n_frames = s->n_labels = 0;
	s->creator = (struct frame){ 0 };
	s->func = STR("");
	s->creating = false;
	s->header.minutes = 0;
}

/* ---- lines ---- */

static void count_header(struct gotext *t, const struct gotext_header *h)
{
	t->counts.headers++;
	t->counts.locked += h->locked;
	t->counts.leaked += h->leaked;
	t->counts.durable += h->durable;
}

static int take_header(struct gotext *t, const struct gotext_header *h, struct err *e)
{
	struct gotext_state *s = t->state;
	int r = leave(t, e);

	count_header(t, h);
	if (h->goid == 0) { /* g0, the thread's own stack */
		t->counts.system++;
		return r;
	}
	enter(s, IN_STACK, 1);
	s->header = *h;
	s->state = arena_str(&s->scratch, h->state);
	if (h->labels.len)
		s->n_labels = (uint32_t)gotext_labels(h->labels, &s->scratch, s->labels,
						      GOTEXT_LABELS_MAX);
	return r;
}

static void add_frame(struct gotext_state *s, struct frame f)
{
	if (s->n_frames < GOTEXT_FRAMES_MAX)
		s->frames[s->n_frames++] = f;
}

/* A function whose place never came. */
static void flush_func(struct gotext_state *s)
{
	struct frame f = { .func = s->func, .file = STR("") };

	if (!s->func.len)
		return;
	if (s->creating)
		s->creator = f;
	else
		add_frame(s, f);
	s->func = STR("");
}

static void take_place(struct gotext_state *s, struct str file, uint32_t line)
{
	struct frame f = { s->func, arena_str(&s->scratch, file), line };

	if (!s->func.len)
		return;
	if (s->creating)
		s->creator = f;
	else
		add_frame(s, f);
	s->func = STR("");
}

static bool is_elision(struct str line)
{
	return str_starts(line, "...") && str_has(line, "frames elided...");
}

static void take_stack_line(struct gotext *t, struct str line)
{
	struct gotext_state *s = t->state;
	struct str text;
	uint32_t number;

	if (gotext_place(line, &text, &number)) {
		take_place(s, text, number);
		return;
	}
	flush_func(s);
	if (is_elision(line)) {
		t->counts.elided++;
		s->block.elided = true;
	} else if (str_starts(line, "[originating from goroutine")) {
		s->where = IN_ANCESTOR;
	} else if (gotext_creator(line, &text)) {
		s->func = arena_str(&s->scratch, text);
		s->creating = true;
	} else if (gotext_func(line, &text)) {
		s->func = arena_str(&s->scratch, text);
		s->creating = false;
	} else if (!str_has(line, "stack unavailable")) {
		t->counts.not_understood++;
	}
}

/* "12 @ 0x43d2b6 0x44e5f1" */
static bool record_head(struct str line, uint64_t *ret)
{
	uint64_t n = 0;
	uint32_t i = 0;

	for (; i < line.len && line.p[i] >= '0' && line.p[i] <= '9' && i < 10; i++)
		n = n * 10 + (uint64_t)(line.p[i] - '0');
	*ret = n;
	return i > 0 && n > 0 && str_starts((struct str){ line.p + i, line.len - i }, " @");
}

static void take_profile_line(struct gotext *t, struct str line)
{
	static const char labels[] = "# labels: {";
	struct gotext_state *s = t->state;
	struct frame f;

	if (gotext_profile_frame(line, &f)) {
		add_frame(s, keep_frame(&s->scratch, &f));
	} else if (str_starts(line, labels)) {
		uint32_t at = sizeof(labels) - 1, end = line.len;

		end -= line.p[end - 1] == '}';
		s->n_labels = (uint32_t)gotext_labels((struct str){ line.p + at, end - at },
						      &s->scratch, s->labels, GOTEXT_LABELS_MAX);
	} else if (!str_starts(line, "#\t0x")) { /* a pc without a name */
		t->counts.not_understood++;
	}
}

/* A log may stand before each line; its length is that before the header. */
static struct str without_prefix(struct gotext_state *s, struct str line)
{
	long at;

	if (line.len >= s->prefix + 10 && memcmp(line.p + s->prefix, "goroutine ", 10) == 0)
		return (struct str){ line.p + s->prefix, line.len - (uint32_t)s->prefix };
	at = s->where == OUTSIDE || s->prefix ? gotext_find_header(line) : -1;
	if (at >= 0)
		s->prefix = (size_t)at;
	if (line.len < s->prefix)
		return (struct str){ line.p, 0 };
	return (struct str){ line.p + s->prefix, line.len - (uint32_t)s->prefix };
}

/* Something else begins before the blank line that ends a goroutine. */
static void not_a_block(struct gotext_state *s)
{
	if (s->where != OUTSIDE)
		s->block.hash = 0;
}

static int take_line(struct gotext *t, struct str line, struct err *e)
{
	struct gotext_state *s = t->state;
	struct gotext_header h;
	uint64_t count;

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	line = without_prefix(s, line);
	while (line.len && s->prefix && line.p[line.len - 1] == ' ')
		line.len--;
	if (line.len == 0) {
		flush_func(s);
		return leave(t, e);
	}
	if (gotext_header(line, &h)) {
		not_a_block(s);
		return take_header(t, &h, e);
	}
	if (record_head(line, &count)) {
		int r;

		not_a_block(s);
		r = leave(t, e);
		t->counts.headers += count;
		enter(s, IN_PROFILE, count);
		return r;
	}
	if (s->where == IN_STACK)
		take_stack_line(t, line);
	else if (s->where == IN_PROFILE)
		take_profile_line(t, line);
	return 0;
}

/* ---- a whole goroutine at once ---- */

static uint64_t mix(uint64_t h, const char *p, size_t n)
{
	uint64_t v = 0;

	for (; n >= sizeof(v); p += sizeof(v), n -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	v = 0;
	if (n)
		memcpy(&v, p, n); /* what is left, with its length above it */
	h = (h ^ v ^ (uint64_t)n << 56) * 0xff51afd7ed558ccdu;
	return h ^ h >> 32;
}

/* A function without its arguments, a creator without the number of its goroutine, else the line.
 */
static size_t what_counts(const char *p, size_t n)
{
	static const char creator[] = "created by ", by[] = " in goroutine ";
	const char *at = NULL;

	if (n > sizeof(creator) && memcmp(p, creator, sizeof(creator) - 1) == 0)
		at = memmem(p, n, by, sizeof(by) - 1);
	else if (p[0] != '\t' && p[n - 1] == ')')
		at = memrchr(p, '(', n);
	return at ? (size_t)(at - p) : n;
}

/* What counts of its lines: functions without their arguments, places, the creator. Returns where
 * the next goroutine may begin; NULL: its end is not in sight. */
static const char *hash_block(const char *p, const char *end, uint64_t *ret)
{
	uint64_t h = HASH_START;
	const char *nl;

	while (p < end && (nl = memchr(p, '\n', (size_t)(end - p)))) {
		size_t n = (size_t)(nl - p);

		if (n == 0) {
			*ret = h | 1;
			return nl + 1;
		}
		h = mix(h, p, what_counts(p, n));
		p = nl + 1;
	}
	return NULL;
}

/* Counts the goroutine that begins at data as one like it was, and returns where it ends; NULL: it
 * has to be read line by line. Remembers its hash, so that the next one like it has not. */
static const char *take_known(struct gotext *t, const char *data, const char *end)
{
	struct gotext_state *s = t->state;
	const char *nl = memchr(data, '\n', (size_t)(end - data)), *next;
	const struct block *b;
	uint64_t hash;

	s->block = (struct block){ 0 };
	if (!nl || nl - data > GOTEXT_LINE_MAX ||
	    !gotext_header((struct str){ data, (uint32_t)(nl - data) }, &s->header) ||
	    s->header.goid == 0)
		return NULL;
	next = hash_block(nl + 1, end, &hash);
	if (!next)
		return NULL;
	hash = mix(hash, s->header.labels.p, s->header.labels.len) | 1;
	b = block_slot(s, hash);
	if (!b->hash) {
		s->block.hash = hash;
		s->understood_before = t->counts.not_understood;
		return NULL;
	}
	count_header(t, &s->header);
	t->counts.elided += b->elided;
	s->count = 1;
	s->state = s->header.state;
	if (b->group == BLOCK_SYSTEM) {
		t->counts.system++;
		return next;
	}
	t->counts.no_stack += b->no_stack;
	count_into(t, &s->groups[b->group]);
	return next;
}

/* ---- bytes ---- */

/* A part of a line, which is looked at when it is whole. */
static void keep_part(struct gotext_state *s, const char *p, size_t n)
{
	size_t room = GOTEXT_LINE_MAX - s->n_line;

	n = n < room ? n : room;
	memcpy(s->line + s->n_line, p, n);
	s->n_line += n;
}

int gotext_feed(struct gotext *g, const char *data, size_t n, struct err *e)
{
	struct gotext_state *s = g->state;
	const char *end = data + n, *nl, *next;
	int r = 0;

	while (r == 0 && data < end && (nl = memchr(data, '\n', (size_t)(end - data)))) {
		struct str line = { data, (uint32_t)(nl - data) };

		if (s->where == OUTSIDE && s->n_line == 0 && s->prefix == 0 && data[0] == 'g' &&
		    (next = take_known(g, data, end))) {
			data = next;
			continue;
		}

		if (s->n_line || line.len > GOTEXT_LINE_MAX) {
			keep_part(s, data, (size_t)(nl - data));
			line = (struct str){ s->line, (uint32_t)s->n_line };
		}
		r = take_line(g, line, e);
		s->n_line = 0;
		data = nl + 1;
	}
	if (r == 0 && data < end)
		keep_part(s, data, (size_t)(end - data));
	return r;
}

static void put_groups(struct gotext *g)
{
	struct gotext_state *s = g->state;

	s->out = xreallocarray(s->out, s->n_groups, sizeof(*s->out));
	for (size_t i = 0; i < s->n_groups; i++) {
		struct group *gr = &s->groups[i];
		uint32_t best = 0;

		for (uint32_t k = 1; k < gr->out.n_states; k++) {
			if (gr->states[k].count > gr->states[best].count)
				best = k;
		}
		gr->out.state = gr->states[best].state;
		gr->out.states = gr->states;
		gr->out.ages = gr->has_ages ? gr->ages : NULL;
		gr->out.oldest_ns = gr->minutes * 60 * 1000000000u;
		s->out[i] = gr->out;
	}
	g->goroutines.groups = s->out;
	g->goroutines.n_groups = s->n_groups;
}

int gotext_end(struct gotext *g, struct err *e)
{
	struct gotext_state *s = g->state;
	int r = 0;

	if (s->n_line) {
		/* Go ends every text with a line's end: this one was cut, or pasted without it. */
		g->counts.cut = s->where != OUTSIDE && s->line[s->n_line - 1] != ')';
		r = take_line(g, (struct str){ s->line, (uint32_t)s->n_line }, e);
		s->n_line = 0;
	}
	flush_func(s);
	if (r == 0)
		r = leave(g, e);
	if (r == 0 && g->counts.headers == 0)
		return err_set(e, -EBADMSG, "no goroutine in it");
	put_groups(g);
	return r;
}

bool gotext_looks_like(const char *data, size_t n)
{
	struct str all = { data, (uint32_t)(n < LOOK_BYTES ? n : LOOK_BYTES) };

	if (str_starts(all, "goroutine profile: total "))
		return true;
	while (all.len) {
		const char *nl = memchr(all.p, '\n', all.len);
		struct str line = { all.p, nl ? (uint32_t)(nl - all.p) : all.len };

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (gotext_find_header(line) >= 0)
			return true;
		all = nl ? (struct str){ nl + 1, all.len - (uint32_t)(nl + 1 - all.p) }
			 : (struct str){ all.p, 0 };
	}
	return false;
}
