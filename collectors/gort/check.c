#include "collectors/gort/check.h"

#include <string.h>

#include "core/base/clock.h"

enum {
	WORD = 8,
	FIELDS_MAX = 12,
	SAMPLES = 8,
	RUNQ_SLOTS = 256,
	M_LINKS = 32, /* Ms whose g0 is looked at */
	PAGE_SHIFT = 13,
	SPANS_MIN = 16,
	FIRST_REASON_LEN = 17,

	G_SCANNED = 0x1000,
	G_STATUS_MAX = 11,
	P_STATUS_MAX = 4,
};

#define ADDRESS_MAX	   (1ull << 48)
#define FIRST_REASON	   "GC assist marking"
#define HEAP_MINIMUM_BYTES (4ull << 20) /* runtime.defaultHeapMinimum */

struct slice {
	uint64_t ptr, len, cap;
};

static bool get(struct check *c, uint64_t addr, void *to, size_t n)
{
	int r = remote_read(c->r, addr, to, n);

	if (r < 0)
		c->error = r;
	return r == 0;
}

bool check_word(struct check *c, uint64_t addr, uint64_t *ret)
{
	return get(c, addr, ret, sizeof(*ret));
}

bool check_words(struct check *c, uint64_t base, const enum layout_field *fields, size_t n,
		 uint64_t *ret)
{
	struct remote_part parts[FIELDS_MAX];
	bool ok = true;
	int r;

	for (size_t i = 0; i < n; i++) {
		int32_t at = c->l->at[fields[i]];

		ret[i] = 0;
		parts[i] = (struct remote_part){ .addr = base + (uint64_t)(at < 0 ? 0 : at),
						 .to = &ret[i],
						 .len = at < 0 ? 0 : WORD };
	}
	r = remote_gather(c->r, parts, n);
	if (r < 0)
		c->error = r;
	for (size_t i = 0; i < n; i++)
		ok = ok && parts[i].ok;
	return ok;
}

static bool plausible_pointer(uint64_t p)
{
	return p >= 4096 && p < ADDRESS_MAX && p % WORD == 0;
}

static bool get_slice(struct check *c, uint64_t addr, struct slice *ret)
{
	return get(c, addr, ret, sizeof(*ret)) && plausible_pointer(ret->ptr) && ret->len > 0 &&
	       ret->len <= ret->cap && ret->cap < CHECK_GS_MAX;
}

bool check_g(struct check *c, uint64_t g, uint64_t *ret_goid)
{
	static const enum layout_field fields[] = { LAYOUT_G_STACK_LO, LAYOUT_G_STACK_HI,
						    LAYOUT_G_ATOMICSTATUS, LAYOUT_G_GOID };
	uint64_t w[4], lo, hi, status;

	if (!plausible_pointer(g) || !check_words(c, g, fields, 4, w))
		return false;
	lo = w[0];
	hi = w[1];
	status = (uint32_t)w[2] & ~(uint32_t)G_SCANNED;
	*ret_goid = w[3];
	if (status > G_STATUS_MAX || w[3] >= 1ull << 40)
		return false;
	/* One that is dead has given its stack back. */
	return lo == 0 ? hi == 0 : lo < hi && lo % 1024 == 0 && hi - lo <= 2ull << 30;
}

/* ---- goroutines ---- */

static unsigned is_allgs(struct check *c, uint64_t addr)
{
	struct slice s;
	uint64_t last = 0;

	if (!get_slice(c, addr, &s) || s.len < 2)
		return 0;
	for (uint64_t i = 0; i < SAMPLES && i < s.len; i++) {
		uint64_t g, goid;

		if (!check_word(c, s.ptr + i * s.len / (s.len < SAMPLES ? s.len : SAMPLES) * WORD,
				&g) ||
		    !check_g(c, g, &goid))
			return 0;
		/* The first is main's, and goroutines are given their numbers in order; but a dead
		 * one's structure is used again, with a new number. */
		if (goid == 0 || goid == last)
			return 0;
		last = goid;
	}
	return 1;
}

/* Equal to a word of allgs, both read in one call since they grow together. */
static unsigned equals_allgs(struct check *c, uint64_t addr, uint64_t word)
{
	uint64_t a = 0, b = 0, allgs = c->found->at[LOC_ALLGS];
	struct remote_part parts[] = { { .addr = allgs + word, .to = &a, .len = WORD },
				       { .addr = addr, .to = &b, .len = WORD } };

	if (!allgs || (addr >= allgs && addr < allgs + sizeof(struct slice)))
		return 0;
	c->error = remote_gather(c->r, parts, 2);
	return parts[0].ok && parts[1].ok && a == b && a != 0;
}

static unsigned is_allglen(struct check *c, uint64_t addr)
{
	return equals_allgs(c, addr, WORD);
}

static unsigned is_allgptr(struct check *c, uint64_t addr)
{
	return equals_allgs(c, addr, 0);
}

/* ---- Ps and Ms ---- */

static bool is_p(struct check *c, uint64_t p, uint64_t id)
{
	static const enum layout_field fields[] = { LAYOUT_P_ID, LAYOUT_P_STATUS, LAYOUT_P_RUNQHEAD,
						    LAYOUT_P_RUNQTAIL };
	uint64_t w[4];

	return plausible_pointer(p) && check_words(c, p, fields, 4, w) && (uint32_t)w[0] == id &&
	       (uint32_t)w[1] <= P_STATUS_MAX && (uint32_t)w[3] - (uint32_t)w[2] <= RUNQ_SLOTS;
}

static unsigned is_allp(struct check *c, uint64_t addr)
{
	struct slice s;

	if (!get_slice(c, addr, &s) || s.len > CHECK_PS_MAX)
		return 0;
	for (uint64_t i = 0; i < s.len; i++) {
		uint64_t p;

		if (!check_word(c, s.ptr + i * WORD, &p) || !is_p(c, p, i))
			return 0;
	}
	return 1;
}

static unsigned is_gomaxprocs(struct check *c, uint64_t addr)
{
	uint64_t v = 0, n = 0, allp = c->found->at[LOC_ALLP];

	return allp && check_word(c, allp + WORD, &n) && get(c, addr, &v, sizeof(uint32_t)) &&
	       v == n;
}

/* The longest list counts: sched.midle begins one that is a part of it. */
static unsigned is_allm(struct check *c, uint64_t addr)
{
	static const enum layout_field fields[] = { LAYOUT_M_ALLLINK, LAYOUT_M_G0, LAYOUT_M_ID };
	uint64_t m, g0_m, w[3] = { 0 }, mark = 0;
	unsigned n = 0;
	uint64_t last = 0;

	if (!check_word(c, addr, &m))
		return 0;
	for (; m && n < CHECK_MS_MAX; n++, last = m, m = w[0]) {
		if (m == mark || !plausible_pointer(m) || !check_words(c, m, fields, 3, w))
			return 0;
		if ((n & (n - 1)) == 0) /* met again in a circle (Brent) */
			mark = m;
		if (n < M_LINKS &&
		    (!plausible_pointer(w[1]) ||
		     !check_word(c, w[1] + (uint64_t)c->l->at[LAYOUT_G_M], &g0_m) || g0_m != m))
			return 0;
	}
	/* It ends with runtime.m0, the first thread's. */
	return last && image_in_data(c->im, last, WORD) && w[2] == 0 ? n : 0;
}

/* ---- the scheduler and the collector ---- */

static unsigned is_sched(struct check *c, uint64_t addr)
{
	static const enum layout_field fields[] = {
		LAYOUT_SCHED_MAXMCOUNT, LAYOUT_SCHED_MNEXT,	     LAYOUT_SCHED_NMIDLE,
		LAYOUT_SCHED_NPIDLE,	LAYOUT_SCHED_NMSPINNING,     LAYOUT_SCHED_GOIDGEN,
		LAYOUT_SCHED_RUNQ_SIZE, LAYOUT_SCHED_PROCRESIZETIME, LAYOUT_SCHED_LASTPOLL,
	};
	uint64_t w[9], now = clock_mono_ns();
	int32_t max_ms, idle_ms, idle_ps, spinning, queued;

	if (!check_words(c, addr, fields, 9, w))
		return 0;
	max_ms = (int32_t)w[0];
	idle_ms = (int32_t)w[2];
	idle_ps = (int32_t)w[3];
	spinning = (int32_t)w[4];
	queued = (int32_t)w[6];
	return max_ms > 0 && w[1] >= 1 && w[1] <= (uint64_t)max_ms && idle_ms >= 0 &&
	       (uint64_t)idle_ms <= w[1] && idle_ps >= 0 && idle_ps <= CHECK_PS_MAX &&
	       spinning >= 0 && spinning <= CHECK_PS_MAX && w[5] >= 2 && w[5] < 1ull << 40 &&
	       queued >= 0 && queued < CHECK_GS_MAX && w[7] > 0 && w[7] <= now &&
	       w[8] <= now + NS_PER_S;
}

/* heapMinimum = 4 MiB * gcPercent / 100, also with -1 as Go computes it
 * (gcControllerState.setGCPercent), and plain 4 MiB before the first call. */
static unsigned is_gc_controller(struct check *c, uint64_t addr)
{
	static const enum layout_field fields[] = { LAYOUT_GC_GCPERCENT, LAYOUT_GC_MEMORYLIMIT,
						    LAYOUT_GC_HEAPMINIMUM, LAYOUT_GC_MAPPEDREADY };
	uint64_t w[4];
	int32_t percent;

	if (!check_words(c, addr, fields, 4, w))
		return 0;
	percent = (int32_t)w[0];
	return percent >= -1 && (int64_t)w[1] > 0 &&
	       (w[2] == HEAP_MINIMUM_BYTES * (uint64_t)(int64_t)percent / 100 ||
		(percent < 0 && w[2] == HEAP_MINIMUM_BYTES)) &&
	       w[3] > 0 && w[3] < ADDRESS_MAX;
}

static bool in_range(uint64_t v, uint64_t from, uint64_t below)
{
	return v >= from && v < below;
}

/* The end of the last pause is also the time of the last collection. Before the first one only
 * sizes can be judged: those of the first chunks of spans and caches (runtime._FixAllocChunk) and
 * more. */
static unsigned is_memstats(struct check *c, uint64_t addr)
{
	static const enum layout_field fields[] = {
		LAYOUT_MSTATS_ENABLEGC,	       LAYOUT_MSTATS_NUMGC,
		LAYOUT_MSTATS_LAST_GC_UNIX,    LAYOUT_MSTATS_MSPAN_SYS,
		LAYOUT_MSTATS_MCACHE_SYS,      LAYOUT_MSTATS_BUCKHASH_SYS,
		LAYOUT_MSTATS_GCMISCSYS,       LAYOUT_MSTATS_OTHER_SYS,
		LAYOUT_MSTATS_PAUSE_TOTAL_NS,  LAYOUT_MSTATS_PAUSE_NS,
		LAYOUT_MSTATS_GC_CPU_FRACTION,
	};
	enum { FIRST_CHUNK = 12 << 10 };
	uint64_t w[11], end, size_max = 1ull << 40;
	uint32_t cycles;

	/* enablegc is a bool, and what follows it is padding. */
	if (!check_words(c, addr, fields, 11, w) || w[0] != 1 ||
	    !in_range(w[3], FIRST_CHUNK, size_max) || !in_range(w[4], FIRST_CHUNK, size_max) ||
	    !in_range(w[5], 1, size_max) || !in_range(w[6], 1, size_max) ||
	    !in_range(w[7], 1, size_max))
		return 0;
	cycles = (uint32_t)w[1];
	if (cycles == 0)
		return w[1] == 0 && w[2] == 0 && w[8] == 0 && w[9] == 0 && w[10] == 0;
	return w[2] != 0 && w[8] != 0 &&
	       check_word(c,
			  addr + (uint64_t)c->l->at[LAYOUT_MSTATS_PAUSE_END] +
				  (uint64_t)((cycles + 255) % 256) * WORD,
			  &end) &&
	       end == w[2];
}

static unsigned is_gcphase(struct check *c, uint64_t addr)
{
	uint32_t v;

	return get(c, addr, &v, sizeof(v)) && v <= 2;
}

static unsigned is_wait_reasons(struct check *c, uint64_t addr)
{
	char text[FIRST_REASON_LEN];
	uint64_t s[4]; /* two string headers; the first is empty */

	return get(c, addr, s, sizeof(s)) && s[1] == 0 && s[3] == sizeof(text) &&
	       get(c, s[2], text, sizeof(text)) && memcmp(text, FIRST_REASON, sizeof(text)) == 0;
}

/* ---- the heap ---- */

/* 1: a span. 0: the structure of one that was freed. -1: neither, or half written. */
static int is_span(struct check *c, uint64_t span)
{
	static const enum layout_field fields[] = { LAYOUT_SPAN_STARTADDR, LAYOUT_SPAN_NPAGES,
						    LAYOUT_SPAN_ELEMSIZE };
	uint64_t w[3];

	if (!plausible_pointer(span) || !check_words(c, span, fields, 3, w))
		return -1;
	if (w[0] == 0 && w[1] == 0)
		return 0;
	return w[0] && w[0] < ADDRESS_MAX && (w[0] & ((1 << PAGE_SHIFT) - 1)) == 0 && w[1] > 0 &&
			       w[1] < 1 << 24 && w[2] <= w[1] << PAGE_SHIFT
		       ? 1
		       : -1;
}

static unsigned is_mheap(struct check *c, uint64_t addr)
{
	struct slice s;
	int32_t at = c->l->at[LAYOUT_HEAP_ALLSPANS];
	unsigned spans = 0, bad = 0;

	if (at < 0 || !get_slice(c, addr + (uint64_t)at, &s) || s.len < SPANS_MIN)
		return 0;
	for (uint64_t i = 0; i < SPANS_MIN; i++) {
		uint64_t span;
		int is;

		if (!check_word(c, s.ptr + s.len * i / SPANS_MIN * WORD, &span))
			return 0;
		is = is_span(c, span);
		spans += is > 0;
		bad += is < 0;
	}
	return spans > 1 && bad <= 1;
}

unsigned check_location(struct check *c, enum location what, uint64_t addr)
{
	static unsigned (*const judges[])(struct check *, uint64_t) = {
		[LOC_ALLGS] = is_allgs,
		[LOC_ALLGLEN] = is_allglen,
		[LOC_ALLGPTR] = is_allgptr,
		[LOC_ALLP] = is_allp,
		[LOC_ALLM] = is_allm,
		[LOC_SCHED] = is_sched,
		[LOC_GOMAXPROCS] = is_gomaxprocs,
		[LOC_GC_CONTROLLER] = is_gc_controller,
		[LOC_MEMSTATS] = is_memstats,
		[LOC_GCPHASE] = is_gcphase,
		[LOC_WAIT_REASONS] = is_wait_reasons,
		[LOC_MHEAP] = is_mheap,
	};

	return judges[what](c, addr);
}
