#include <string.h>

#include "collectors/gort/layout.h"

enum {
	SIZE_MAX_ANY = 1 << 20, /* runtime.mheap has some 70 KB, most others below 1 KB */
	WORD = 8,
	PAUSES = 256,
};

static const char *const types[LAYOUT_FIELDS] = {
#define X(name, type, field) [name] = type,
#include "collectors/gort/layout_fields.h"
#undef X
};

/* Fields that readers take out of a copy of the structure without asking whether they exist. */
static const enum layout_field needed[] = {
	LAYOUT_G_SIZE,
	LAYOUT_G_STACK_LO,
	LAYOUT_G_STACK_HI,
	LAYOUT_G_M,
	LAYOUT_G_SCHED_SP,
	LAYOUT_G_SCHED_PC,
	LAYOUT_G_ATOMICSTATUS,
	LAYOUT_G_GOID,
	LAYOUT_M_SIZE,
	LAYOUT_M_G0,
	LAYOUT_M_CURG,
	LAYOUT_M_PROCID,
	LAYOUT_M_ALLLINK,
	LAYOUT_P_ID,
	LAYOUT_P_STATUS,
	LAYOUT_P_SCHEDTICK,
	LAYOUT_P_SYSCALLTICK,
	LAYOUT_P_RUNQHEAD,
	LAYOUT_P_RUNQTAIL,
	LAYOUT_P_RUNNEXT,
	LAYOUT_P_TIMERS_LEN,
	LAYOUT_SCHED_SIZE,
	LAYOUT_SCHED_TIMETORUN,
	LAYOUT_HISTOGRAM_SIZE,
	LAYOUT_HISTOGRAM_COUNTS,
	LAYOUT_GC_SIZE,
	LAYOUT_GC_GCPERCENT,
	LAYOUT_GC_MEMORYLIMIT,
	LAYOUT_GC_GCPERCENTHEAPGOAL,
	LAYOUT_GC_TRIGGERED,
	LAYOUT_GC_HEAPMARKED,
	LAYOUT_GC_HEAPFREE,
	LAYOUT_GC_TOTALALLOC,
	LAYOUT_GC_TOTALFREE,
	LAYOUT_GC_MAPPEDREADY,
	LAYOUT_MSTATS_SIZE,
	LAYOUT_MSTATS_LAST_GC_UNIX,
	LAYOUT_MSTATS_LAST_GC_NANOTIME,
	LAYOUT_MSTATS_NUMGC,
	LAYOUT_MSTATS_PAUSE_END,
	LAYOUT_MODULEDATA_SIZE,
	LAYOUT_HEAP_ALLSPANS,
	LAYOUT_SPAN_SIZE,
	LAYOUT_SPAN_STARTADDR,
	LAYOUT_SPAN_NPAGES,
	LAYOUT_SPAN_FREEINDEX,
	LAYOUT_SPAN_NELEMS,
	LAYOUT_SPAN_ALLOCBITS,
	LAYOUT_SPAN_SPANCLASS,
	LAYOUT_SPAN_STATE,
	LAYOUT_SPAN_ELEMSIZE,
	LAYOUT_TYPE_SIZE,
	LAYOUT_TYPE_SIZE_,
	LAYOUT_TYPE_TFLAG,
	LAYOUT_TYPE_KIND_,
	LAYOUT_TYPE_STR,
	LAYOUT_STRUCTTYPE_PKGPATH,
	LAYOUT_STRUCTTYPE_FIELDS,
	LAYOUT_STRUCTFIELD_SIZE,
	LAYOUT_STRUCTFIELD_NAME,
	LAYOUT_STRUCTFIELD_TYP,
	LAYOUT_STRUCTFIELD_OFFSET,
	LAYOUT_PTRTYPE_ELEM,
};

/* The first field of each structure of which a copy is made, and what has room for its fields: a
 * few bytes less than the copy, since a word is read at each of them. */
static const struct {
	enum layout_field first;
	int32_t below;
} rooms[] = {
	{ LAYOUT_G_SIZE, 1016 },	/* sweep.c, SPAN_MAX */
	{ LAYOUT_M_SIZE, 4096 },	/* ms.c, for each of 20000 */
	{ LAYOUT_SCHED_SIZE, 1 << 16 }, /* sched.c */
	{ LAYOUT_HISTOGRAM_SIZE, 1 << 16 },
	{ LAYOUT_GC_SIZE, 1 << 16 },
	{ LAYOUT_MSTATS_SIZE, 1 << 16 },  /* sweep.c */
	{ LAYOUT_MODULEDATA_SIZE, 1000 }, /* image_impl.h, MODULEDATA_BYTES_MAX */
	{ LAYOUT_SPAN_SIZE, 248 },	  /* heap.h, HEAP_MSPAN_MAX */
	{ LAYOUT_TYPE_SIZE, 96 },	  /* types.c, HEAD_BYTES; these four */
	{ LAYOUT_STRUCTTYPE_PKGPATH, 96 },
	{ LAYOUT_STRUCTFIELD_SIZE, 32 },
	{ LAYOUT_PTRTYPE_ELEM, 96 },
	{ LAYOUT_HMAP_COUNT, 40 }, /* labels.c, HMAP_BYTES */
};

static int32_t room_of(enum layout_field first)
{
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		if (rooms[i].first == first)
			return rooms[i].below;
	}
	return SIZE_MAX_ANY;
}

/* Fields of one structure stand together, its size first when it is asked for. */
static bool fields_fit(const struct layout *l)
{
	enum layout_field first = LAYOUT_G_SIZE;

	for (int f = 0; f < LAYOUT_FIELDS; f++) {
		if (strcmp(types[f], types[first]) != 0)
			first = (enum layout_field)f;
		if (l->at[f] < LAYOUT_ABSENT || l->at[f] > room_of(first))
			return false;
	}
	return true;
}

/* n bytes of a structure, which may be absent. */
static bool inside(const struct layout *l, enum layout_field size, enum layout_field f, int64_t n)
{
	return l->at[f] == LAYOUT_ABSENT || l->at[f] + n <= l->at[size];
}

static bool parts_fit(const struct layout *l)
{
	static const enum layout_field head[] = { LAYOUT_P_ID, LAYOUT_P_STATUS, LAYOUT_P_SCHEDTICK,
						  LAYOUT_P_SYSCALLTICK };
	int64_t histogram = l->at[LAYOUT_HISTOGRAM_SIZE];

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		if (l->at[head[i]] > 64 - 4) /* ps.c, P_HEAD_BYTES */
			return false;
	}
	for (int f = LAYOUT_SPAN_SIZE + 1; f <= LAYOUT_SPAN_LARGETYPE; f++) {
		if (!inside(l, LAYOUT_SPAN_SIZE, (enum layout_field)f, 1))
			return false;
	}
	return l->at[LAYOUT_GC_TRIGGERED] >= WORD && l->at[LAYOUT_SPAN_SIZE] > 0 &&
	       l->at[LAYOUT_STRUCTFIELD_SIZE] > 0 &&
	       l->at[LAYOUT_TYPE_STR] + WORD <= 48 && /* typefind.c, HEAD_BYTES */
	       l->at[LAYOUT_TYPE_KIND_] + WORD <= 48 && l->histogram_counts >= 0 &&
	       inside(l, LAYOUT_HISTOGRAM_SIZE, LAYOUT_HISTOGRAM_COUNTS,
		      (int64_t)l->histogram_counts * WORD) &&
	       inside(l, LAYOUT_HISTOGRAM_SIZE, LAYOUT_HISTOGRAM_OVERFLOW, WORD) &&
	       inside(l, LAYOUT_SCHED_SIZE, LAYOUT_SCHED_TIMETORUN, histogram) &&
	       inside(l, LAYOUT_SCHED_SIZE, LAYOUT_SCHED_STWTOTALTIMEGC, histogram) &&
	       inside(l, LAYOUT_MSTATS_SIZE, LAYOUT_MSTATS_PAUSE_END, (int64_t)PAUSES * WORD);
}

/* Copies are as large as the structure and a word. */
static bool copies_fit(const struct layout *l)
{
	for (int f = LAYOUT_SCHED_SIZE + 1; f < LAYOUT_HISTOGRAM_SIZE; f++) {
		if (!inside(l, LAYOUT_SCHED_SIZE, (enum layout_field)f, 1))
			return false;
	}
	for (int f = LAYOUT_GC_SIZE + 1; f < LAYOUT_MSTATS_SIZE; f++) {
		if (!inside(l, LAYOUT_GC_SIZE, (enum layout_field)f, 1))
			return false;
	}
	for (int f = LAYOUT_MSTATS_SIZE + 1; f < LAYOUT_WORK_SIZE; f++) {
		if (!inside(l, LAYOUT_MSTATS_SIZE, (enum layout_field)f, 1))
			return false;
	}
	for (int f = LAYOUT_STRUCTFIELD_SIZE + 1; f < LAYOUT_PTRTYPE_ELEM; f++) {
		if (!inside(l, LAYOUT_STRUCTFIELD_SIZE, (enum layout_field)f, WORD))
			return false;
	}
	return true;
}

bool layout_fits(const struct layout *l)
{
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (l->at[needed[i]] < 0)
			return false;
	}
	for (int f = LAYOUT_HMAP_COUNT; f <= LAYOUT_HMAP_OLDBUCKETS; f++) {
		if (!l->labels_list && l->at[f] < 0)
			return false;
	}
	return fields_fit(l) && parts_fit(l) && copies_fit(l);
}
