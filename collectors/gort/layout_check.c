#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/gort/check.h"

enum {
	TRIES = 3, /* a no may be a race */
	WORD = 8,
	GS_SAMPLED = 64,
	MS_SAMPLED = 64,
	PS_SAMPLED = 64,
	TIMERS_MAX = 1 << 28,
	COUNTS_MAX = 1024,
	STATUS_BYTES = 4096,

	G_IDLE = 0,
	G_WAITING = 4,
	G_DEAD = 6,
	G_DEAD_EXTRA = 11,
	G_SCANNED = 0x1000,
};

#define COUNT_MAX (1ull << 40) /* of one bucket; a clock in ns that has run for 20 min is more */

struct slice {
	uint64_t ptr, len, cap;
};

static bool get_slice(struct check *c, uint64_t addr, struct slice *ret)
{
	return addr && remote_read(c->r, addr, ret, sizeof(*ret)) == 0 && ret->len > 0 &&
	       ret->len <= ret->cap && ret->cap < CHECK_GS_MAX;
}

static uint64_t field(const struct check *c, uint64_t base, enum layout_field f)
{
	return base + (uint64_t)c->l->at[f];
}

/* 0 or an M, which its own g0 points back to. */
static bool is_m_or_none(struct check *c, uint64_t m)
{
	uint64_t g0, back;

	return m == 0 || (check_word(c, field(c, m, LAYOUT_M_G0), &g0) && g0 &&
			  check_word(c, field(c, g0, LAYOUT_G_M), &back) && back == m);
}

static size_t count_reasons(const struct layout *l)
{
	size_t n = 0;

	while (l->wait_reasons && l->wait_reasons[n])
		n++;
	return n;
}

/* ---- goroutines ---- */

/* In a channel's queue, by the number of its wait reason. */
static bool waits_in_queue(const struct layout *l, uint8_t reason)
{
	static const char *const words[] = { "chan receive", "chan send", "select" };
	bool is = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && reason < count_reasons(l); i++)
		is = is || strcmp(l->wait_reasons[reason], words[i]) == 0;
	return is;
}

/* NULL, or what is wrong with a goroutine's fields. */
static const char *check_one_g(struct check *c, uint64_t g, uint64_t last_goid)
{
	static const enum layout_field fields[] = {
		LAYOUT_G_ATOMICSTATUS, LAYOUT_G_GOPC,	    LAYOUT_G_STARTPC, LAYOUT_G_M,
		LAYOUT_G_LOCKEDM,      LAYOUT_G_WAITREASON, LAYOUT_G_WAITING, LAYOUT_G_PARENTGOID,
	};
	uint64_t w[8], goid, waiter;
	uint32_t status;

	if (!check_g(c, g, &goid) || !check_words(c, g, fields, 8, w))
		return "goroutines have impossible states or stacks";
	status = (uint32_t)w[0] & ~(uint32_t)G_SCANNED;
	if (status == G_IDLE || status == G_DEAD || status == G_DEAD_EXTRA)
		return NULL;
	if (goid > last_goid || w[7] > last_goid)
		return "goroutines have numbers that were not yet given";
	/* Both are 0 for a thread that came from C. */
	if ((w[1] || w[2]) && (!image_in_text(c->im, w[1]) || !image_in_text(c->im, w[2])))
		return "goroutines begin outside of the program's code";
	if (!is_m_or_none(c, w[3]) || !is_m_or_none(c, w[4]))
		return "goroutines run on threads that do not exist";
	if ((uint8_t)w[5] >= count_reasons(c->l) && count_reasons(c->l) > 0)
		return "goroutines wait for unknown reasons";
	if (!w[6] && status == G_WAITING && waits_in_queue(c->l, (uint8_t)w[5]))
		return "goroutines wait for channels and in no queue";
	if (w[6] && (!check_word(c, field(c, w[6], LAYOUT_SUDOG_G), &waiter) || waiter != g))
		return "goroutines wait in queues of others";
	return NULL;
}

static const char *check_gs(struct check *c)
{
	uint64_t last_goid, step, bad = 0, n = 0;
	const char *why = NULL;
	struct slice s;

	if (!get_slice(c, c->found->at[LOC_ALLGS], &s) ||
	    !check_word(c, field(c, c->found->at[LOC_SCHED], LAYOUT_SCHED_GOIDGEN), &last_goid))
		return "the list of goroutines cannot be read";
	last_goid += 1 << 20; /* what is created meanwhile */
	step = s.len / GS_SAMPLED + 1;
	for (uint64_t i = 0; i < s.len; i += step, n++) {
		uint64_t g;
		const char *wrong = "the list of goroutines cannot be read";

		if (check_word(c, s.ptr + i * WORD, &g))
			wrong = check_one_g(c, g, last_goid);
		why = wrong ? wrong : why;
		bad += wrong != NULL;
	}
	return bad * 10 > n ? why : NULL; /* in a busy process some change while they are read */
}

/* ---- threads ---- */

/* The process's own number for itself; 0: not known. */
static uint64_t inner_pid(pid_t pid)
{
	char path[32], text[STATUS_BYTES], *at, *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "\nNSpid:");
	end = at ? strchr(at + 1, '\n') : NULL;
	if (!end)
		return 0;
	*end = '\0';
	at = strrchr(at, '\t'); /* the innermost namespace is the last */
	return at ? strtoull(at, NULL, 10) : 0;
}

static const char *check_one_m(struct check *c, uint64_t m, uint64_t next_id)
{
	static const enum layout_field fields[] = { LAYOUT_M_ID, LAYOUT_M_CURG, LAYOUT_M_P,
						    LAYOUT_M_PROCID };
	uint64_t w[4], back, again;

	if (!is_m_or_none(c, m) || !check_words(c, m, fields, 4, w))
		return "threads have no stack of their own";
	if (w[0] >= next_id || w[3] > INT32_MAX)
		return "threads have impossible numbers";
	if (w[1] && check_word(c, field(c, w[1], LAYOUT_G_M), &back) && back != m &&
	    check_word(c, field(c, m, LAYOUT_M_CURG), &again) && again == w[1])
		return "threads run goroutines of others";
	if (w[2] &&
	    (!check_word(c, field(c, w[2], LAYOUT_P_ID), &back) || (uint32_t)back >= CHECK_PS_MAX))
		return "threads hold processors that do not exist";
	return NULL;
}

/* How many more or fewer may be in the list than the scheduler has numbered: they get their number
 * first. */
static uint64_t starting(uint64_t n)
{
	return 1 + n / 8;
}

static const char *check_ms(struct check *c)
{
	static const enum layout_field counts[] = { LAYOUT_SCHED_MNEXT, LAYOUT_SCHED_NMFREED };
	uint64_t m, last = 0, n = 0, bad = 0, w[2], count, tid, pid = inner_pid(c->r->pid);
	const char *why = NULL;

	if (!check_words(c, c->found->at[LOC_SCHED], counts, 2, w) || !c->found->at[LOC_ALLM] ||
	    !check_word(c, c->found->at[LOC_ALLM], &m))
		return "the list of threads cannot be read";
	count = w[0] - w[1];
	for (; m && n < CHECK_MS_MAX; n++) {
		const char *wrong =
			n < MS_SAMPLED ? check_one_m(c, m, w[0] + starting(count)) : NULL;

		why = wrong ? wrong : why;
		bad += wrong != NULL;
		last = m;
		if (!check_word(c, field(c, m, LAYOUT_M_ALLLINK), &m))
			return "the list of threads is broken";
	}
	if (n + starting(count) < count || n > count + starting(count))
		return "the list of threads is not as long as the scheduler says";
	if (!last || !image_in_data(c->im, last, WORD) ||
	    !check_word(c, field(c, last, LAYOUT_M_PROCID), &tid) || (pid && tid != pid))
		return "the list of threads does not end with the process's first";
	return bad * 4 > (n < MS_SAMPLED ? n : MS_SAMPLED) ? why : NULL;
}

/* ---- processors ---- */

static const char *check_one_p(struct check *c, uint64_t p, uint64_t i)
{
	static const enum layout_field fields[] = {
		LAYOUT_P_ID, LAYOUT_P_STATUS,  LAYOUT_P_RUNQHEAD,   LAYOUT_P_RUNQTAIL,
		LAYOUT_P_M,  LAYOUT_P_RUNNEXT, LAYOUT_P_TIMERS_LEN,
	};
	uint64_t w[7], back, goid;
	struct slice heap = { 0 };

	if (!check_words(c, p, fields, 7, w) || (uint32_t)w[0] != i || (uint32_t)w[1] > 4)
		return "processors have impossible numbers or states";
	if ((uint32_t)w[3] - (uint32_t)w[2] > 256)
		return "processors have impossible run queues";
	/* An idle P keeps no M; a running one's may just change hands. */
	if (w[4] && (!is_m_or_none(c, w[4]) || !check_word(c, field(c, w[4], LAYOUT_M_P), &back)))
		return "processors run on threads that do not exist";
	if (w[5] && !check_g(c, w[5], &goid))
		return "processors have impossible goroutines to run next";
	if (remote_read(c->r, field(c, p, LAYOUT_P_TIMERS_HEAP), &heap, sizeof(heap)) < 0 ||
	    heap.len > heap.cap || heap.cap > TIMERS_MAX || (uint32_t)w[6] > heap.cap)
		return "processors have impossible timers";
	return NULL;
}

static const char *check_ps(struct check *c)
{
	uint64_t p, bad = 0, n;
	const char *why = NULL;
	struct slice s;

	if (!get_slice(c, c->found->at[LOC_ALLP], &s) || s.len > CHECK_PS_MAX)
		return "the list of processors cannot be read";
	n = s.len < PS_SAMPLED ? s.len : PS_SAMPLED;
	for (uint64_t i = 0; i < n; i++) {
		const char *wrong = "the list of processors cannot be read";

		if (check_word(c, s.ptr + i * WORD, &p))
			wrong = check_one_p(c, p, i);
		why = wrong ? wrong : why;
		bad += wrong != NULL;
	}
	return bad * 4 > n ? why : NULL;
}

/* ---- the scheduler, the collector, histograms ---- */

static const char *check_sched(struct check *c)
{
	static const enum layout_field fields[] = {
		LAYOUT_SCHED_GFREE_N, LAYOUT_SCHED_GFREE_STACK, LAYOUT_SCHED_GFREE_NOSTACK,
		LAYOUT_SCHED_NGSYS,   LAYOUT_SCHED_NPIDLE,
	};
	uint64_t w[5], sched = c->found->at[LOC_SCHED];
	struct slice gs, ps;

	if (!check_location(c, LOC_SCHED, sched))
		return "the scheduler's counts are impossible";
	if (!get_slice(c, c->found->at[LOC_ALLGS], &gs) ||
	    !get_slice(c, c->found->at[LOC_ALLP], &ps) || !check_words(c, sched, fields, 5, w))
		return "the scheduler's counts cannot be read";
	if ((uint32_t)w[0] > gs.len || (uint32_t)w[1] > gs.len || (uint32_t)w[2] > gs.len ||
	    (uint32_t)w[3] > gs.len)
		return "the scheduler counts more goroutines than there are";
	return (uint32_t)w[4] > ps.len ? "the scheduler counts more processors than there are"
				       : NULL;
}

static const char *check_gc(struct check *c)
{
	static const enum layout_field fields[] = { LAYOUT_GC_HEAPLIVE,	  LAYOUT_GC_HEAPMARKED,
						    LAYOUT_GC_HEAPINUSE,  LAYOUT_GC_MAPPEDREADY,
						    LAYOUT_GC_TOTALALLOC, LAYOUT_GC_TOTALFREE };
	uint64_t gc = c->found->at[LOC_GC_CONTROLLER], memstats = c->found->at[LOC_MEMSTATS], w[6];

	if (gc && !check_location(c, LOC_GC_CONTROLLER, gc))
		return "the collector's pacing is impossible";
	if (memstats && !check_location(c, LOC_MEMSTATS, memstats))
		return "the collector's statistics are impossible";
	if (!gc)
		return NULL;
	if (!check_words(c, gc, fields, 6, w))
		return "the collector's state cannot be read";
	/* Live memory is an estimate, mapped memory is exact. */
	if (w[2] > w[3] || w[0] / 2 > w[3] || w[1] / 2 > w[3] || w[5] > w[4])
		return "the collector counts more memory than there is";
	return NULL;
}

/* The sum of a timeHistogram; false: it cannot be one. */
static bool histogram_total(struct check *c, uint64_t at, uint64_t *ret)
{
	uint64_t counts[COUNTS_MAX], sum = 0;
	size_t n = (size_t)c->l->histogram_counts;

	if (n > COUNTS_MAX || remote_read(c->r, field(c, at, LAYOUT_HISTOGRAM_COUNTS), counts,
					  n * sizeof(*counts)) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (counts[i] >= COUNT_MAX)
			return false;
		sum += counts[i];
	}
	*ret = sum;
	return true;
}

static const char *check_histograms(struct check *c)
{
	uint64_t sched = c->found->at[LOC_SCHED], memstats = c->found->at[LOC_MEMSTATS];
	uint64_t before, after, pauses, cycles, at;

	at = field(c, sched, LAYOUT_SCHED_TIMETORUN);
	if (!histogram_total(c, at, &before) || !histogram_total(c, at, &after) || after < before)
		return "the latency histogram is impossible";
	if (!memstats || !check_word(c, field(c, memstats, LAYOUT_MSTATS_NUMGC), &cycles))
		return NULL;
	if (c->l->at[LAYOUT_SCHED_STWTOTALTIMEGC] >= 0)
		at = field(c, sched, LAYOUT_SCHED_STWTOTALTIMEGC);
	else
		at = field(c, memstats, LAYOUT_MSTATS_GCPAUSEDIST);
	/* Each cycle stops the world twice, seldom more often. */
	cycles = (uint32_t)cycles;
	if (!histogram_total(c, at, &pauses) || pauses < cycles || pauses > (cycles + 2) * 4)
		return "the histogram of pauses is impossible";
	return NULL;
}

unsigned layout_check(struct image *im, const struct layout *l, struct remote *r,
		      const struct locations *at, char *ret_why, size_t n)
{
	static const struct {
		enum layout_group group;
		const char *(*check)(struct check *);
	} groups[] = {
		{ CHECK_SCHED, check_sched }, { CHECK_P, check_ps },
		{ CHECK_M, check_ms },	      { CHECK_G, check_gs },
		{ CHECK_GC, check_gc },	      { CHECK_HISTOGRAM, check_histograms },
	};
	struct locations found = *at;
	struct check c = { .im = im, .l = l, .r = r, .found = &found };
	unsigned failed = 0;

	snprintf(ret_why, n, "%s", "");
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		const char *why = NULL;

		for (int try = 0; try == 0 || (why && try < TRIES); try++)
			why = groups[i].check(&c);
		if (why && !failed)
			snprintf(ret_why, n, "%s", why);
		failed |= why ? groups[i].group : 0;
	}
	return failed;
}
