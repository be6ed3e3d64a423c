/* gort/layout_table.c - where the fields stand, by Go version. Written by "make layouts"
 * (tests/layouts/generate.sh), not by hand. Each way a structure is laid out stands once, named after the
 * first row that has it; its numbers are in the order of layout_fields.h. */
#include "collectors/gort/layout_table.h"

/* clang-format off */

#define G_1_26 \
	456, 0, 8, 16, 48, 56, 64, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 177, \
	180, 190, 191, 192, 200, 208, 280, 288, 296, 304, 320, 352

#define SUDOG_1_26 \
	104, 0, 8, 16, 24, 60, 64, 72, 88

#define HCHAN_1_26 \
	112, 0, 8, 16, 24, 28, 32, 40, 64, 72, 80, 88

#define M_1_26 \
	1824, 0, 64, 72, 184, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 384, 648, 652, 680
#define M_1_27 \
	1832, 0, 64, 72, 184, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 384, 648, 652, 680

#define P_1_26 \
	15920, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 13680, 13704, \
	13708, 13720, 13728, 4672, 13776, 13792

#define SCHED_1_26 \
	6872, 0, 8, 16, 40, 64, 68, 72, 80, 84, 88, 96, 100, 104, 112, 116, 120, 128, 136, 144, \
	-1, 200, 216, 264, 268, 280, 328, 336, 360, 1656, 1664, 1672, 2968, 4264, 5560, 6856, \
	6864

#define HISTOGRAM_1_26 \
	1296, 0, 1280, 1288

#define GC_1_26 \
	392, 0, 8, 16, 72, 88, 96, 104, 152, 192, 272, 280, 288, 296, 304, 312

#define MSTATS_1_26 \
	10440, 3520, 3528, 3536, 3544, 3552, 3560, 3568, 3576, 3584, 5632, 7680, 7684, 7688, 7696, \
	7704, 10432, -1

#define WORK_1_26 \
	816, 368, 384, 400, 528, 536, 648, 652, 656, 664, 672, 680, 688, 704, 712, 720

#define MODULEDATA_1_26 \
	592, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, -1, 304, -1, -1, 312, 320, 328, 336, 360, 384, 496, 584
#define MODULEDATA_1_27 \
	568, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, 304, 312, 320, 328, 336, 344, 352, 360, -1, -1, 472, 560

#define PCHEADER_1_26 \
	72, 8, 16, -1, 32, 40, 48, 56, 64

#define TEXTSECT_1_26 \
	24, 0, 8, 16

#define FUNC_1_26 \
	44, 0, 4, 8, 16, 20, 24, 28, 32, 36, 40, 41, 43

#define INLINED_1_26 \
	16, 0, 4, 8

#define HEAP_1_26 \
	93464, 65864

#define SPAN_1_26 \
	160, 24, 32, 48, 50, 64, 88, 96, 98, 99, 104, 112, 152

#define TYPE_1_26 \
	48, 0, 16, 20, 23, 40, 44

#define STRUCTTYPE_1_26 \
	48, 56

#define STRUCTFIELD_1_26 \
	24, 0, 8, 16

#define PTRTYPE_1_26 \
	48

#define HMAP_1_26 \
	-1, -1, -1, -1

static const char *const reasons_1_26[] = {
	"", "GC assist marking", "IO wait", "dumping heap", "garbage collection",
	"garbage collection scan", "panicwait", "GC assist wait", "GC sweep wait",
	"GC scavenge wait", "finalizer wait", "force gc (idle)", "GOMAXPROCS updater (idle)",
	"semacquire", "sleep", "chan receive (nil chan)", "chan send (nil chan)",
	"select (no cases)", "select", "chan receive", "chan send", "sync.Cond.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "sync.WaitGroup.Wait",
	"trace reader (blocked)", "wait for GC cycle", "GC worker (idle)", "GC worker (active)",
	"preempted", "debug call", "GC mark termination", "stopping the world",
	"flushing proc caches", "trace goroutine status", "trace proc status", "page trace flush",
	"coroutine", "GC weak to strong wait", "synctest.Run", "synctest.Wait",
	"chan receive (durable)", "chan send (durable)", "select (durable)",
	"sync.WaitGroup.Wait (durable)", "cleanup wait", NULL,
};

const struct layout layout_table[] = {
	{ "1.26", 26, 0, "", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_26, M_1_26, P_1_26, SCHED_1_26, HISTOGRAM_1_26, GC_1_26,
	    MSTATS_1_26, WORK_1_26, MODULEDATA_1_26, PCHEADER_1_26, TEXTSECT_1_26, FUNC_1_26,
	    INLINED_1_26, HEAP_1_26, SPAN_1_26, TYPE_1_26, STRUCTTYPE_1_26, STRUCTFIELD_1_26,
	    PTRTYPE_1_26, HMAP_1_26,
	  } },
	{ "1.27", 27, 0, "", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_26, M_1_27, P_1_26, SCHED_1_26, HISTOGRAM_1_26, GC_1_26,
	    MSTATS_1_26, WORK_1_26, MODULEDATA_1_27, PCHEADER_1_26, TEXTSECT_1_26, FUNC_1_26,
	    INLINED_1_26, HEAP_1_26, SPAN_1_26, TYPE_1_26, STRUCTTYPE_1_26, STRUCTFIELD_1_26,
	    PTRTYPE_1_26, HMAP_1_26,
	  } },
};

const size_t layout_table_rows = sizeof(layout_table) / sizeof(layout_table[0]);
