/* gort/layout_table.c - where the fields stand, by Go version. Written by "make layouts"
 * (tests/layouts/generate.sh), not by hand. Each way a structure is laid out stands once, named
 * after the first row that has it; its numbers are in the order of layout_fields.h. */
#include "collectors/gort/layout_table.h"

/* clang-format off */

#define G_1_19 \
	392, 0, 8, 16, 48, 56, 64, 96, 104, 112, 120, -1, 128, 136, 144, 152, 160, 168, 176, 177, \
	180, 188, 189, 192, 200, 232, -1, 296, 304, 312, 328, 360
#define G_1_21 \
	408, 0, 8, 16, 48, 56, 64, 96, 104, 112, 120, -1, 128, 136, 144, 152, 160, 168, 176, 177, \
	180, 187, 188, 192, 200, 208, 272, 280, 288, 296, 312, 344
#define G_1_22 \
	424, 0, 8, 16, 48, 56, 64, 96, 104, 112, 120, -1, 128, 136, 144, 152, 160, 168, 176, 177, \
	180, 190, 191, 192, 200, 208, 272, 280, 288, 296, 312, 344
#define G_1_23 \
	432, 0, 8, 16, 48, 56, 64, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 185, \
	188, 198, 199, 200, 208, 216, 280, 288, 296, 304, 320, 352
#define G_1_24 \
	440, 0, 8, 16, 48, 56, 64, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 185, \
	188, 198, 199, 200, 208, 216, 280, 288, 296, 304, 320, 352
#define G_1_25 \
	440, 0, 8, 16, 48, 56, 64, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 177, \
	180, 190, 191, 192, 200, 208, 272, 280, 288, 296, 312, 344
#define G_1_26 \
	456, 0, 8, 16, 48, 56, 64, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 177, \
	180, 190, 191, 192, 200, 208, 280, 288, 296, 304, 320, 352

#define SUDOG_1_19 \
	88, 0, 8, 16, 24, 52, 56, 64, 80
#define SUDOG_1_26 \
	104, 0, 8, 16, 24, 60, 64, 72, 88

#define HCHAN_1_19 \
	96, 0, 8, 16, 24, 28, -1, 32, 56, 64, 72, 80
#define HCHAN_1_23 \
	104, 0, 8, 16, 24, 28, 32, 40, 64, 72, 80, 88
#define HCHAN_1_25 \
	112, 0, 8, 16, 24, 28, 32, 40, 64, 72, 80, 88
#define HCHAN_1_26_STATICLOCKRANKING \
	128, 0, 8, 16, 24, 28, 32, 40, 64, 72, 80, 88

#define M_1_19 \
	1008, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, -1, -1, 304, 312, 336, \
	344, 352, 616, 620, -1
#define M_1_20 \
	1000, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, -1, 304, 312, 336, \
	344, 352, 616, 620, -1
#define M_1_21 \
	1008, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 304, 312, \
	336, 344, 352, 616, 620, -1
#define M_1_22 \
	2024, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 296, 304, \
	328, 336, 344, 608, 612, 624
#define M_1_23 \
	1760, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 296, 304, \
	328, 336, 344, 608, 612, 624
#define M_1_23_12 \
	1784, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 368, 632, 636, 648
#define M_1_24 \
	1808, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 296, 304, \
	328, 336, 344, 608, 612, 624
#define M_1_24_NOSPINBITMUTEX \
	1800, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 296, 304, \
	328, 336, 344, 608, 612, 616
#define M_1_24_6 \
	1832, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 368, 632, 636, 648
#define M_1_24_6_NOSPINBITMUTEX \
	1824, 0, 72, 80, 192, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 368, 632, 636, 640
#define M_1_25 \
	1816, 0, 64, 72, 184, 200, 208, 216, 224, 232, 256, 268, 269, 272, 273, 274, 312, 320, \
	344, 352, 360, 624, 628, 648
#define M_1_26 \
	1824, 0, 64, 72, 184, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 384, 648, 652, 680
#define M_1_27 \
	1832, 0, 64, 72, 184, 208, 216, 224, 232, 240, 264, 276, 277, 280, 281, 282, 320, 328, \
	352, 360, 384, 648, 652, 680

#define P_1_19 \
	8912, 0, 4, 8, 16, 20, 24, 32, 48, 56, 384, 392, 400, 404, 408, 2456, 2472, 8840, 8864, \
	8868, 4616, 4624, 4656, 8904, -1
#define P_1_20 \
	8904, 0, 4, 8, 16, 20, 24, 32, 48, 56, 384, 392, 400, 404, 408, 2456, 2472, 8832, 8856, \
	8860, 4608, 4616, 4648, 8896, -1
#define P_1_22 \
	8944, 0, 4, 8, 16, 20, 24, 32, 48, 56, 384, 392, 400, 404, 408, 2456, 2472, 8872, 8896, \
	8900, 4648, 4656, 4688, 8936, -1
#define P_1_23 \
	8944, 0, 4, 8, 16, 20, 24, 32, 40, 48, 376, 384, 392, 396, 400, 2448, 2464, 8848, 8872, \
	8876, 8888, 8896, 4664, 8928, -1
#define P_1_24 \
	8952, 0, 4, 8, 16, 20, 24, 32, 40, 48, 376, 384, 392, 396, 400, 2448, 2464, 8848, 8872, \
	8876, 8888, 8896, 4664, 8936, -1
#define P_1_25 \
	9512, 0, 4, 8, 16, 20, 24, 32, 40, 48, 376, 384, 392, 396, 400, 2448, 2464, 9400, 9424, \
	9428, 9440, 9448, 4664, 9496, -1
#define P_1_25_GREENTEAGC \
	13744, 0, 4, 8, 16, 20, 24, 32, 40, 48, 376, 384, 392, 396, 400, 2448, 2464, 13632, 13656, \
	13660, 13672, 13680, 4664, 13728, -1
#define P_1_26 \
	15920, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 13680, 13704, \
	13708, 13720, 13728, 4672, 13776, 13792
#define P_1_26_ARM64 \
	14320, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 13680, 13704, \
	13708, 13720, 13728, 4672, 13776, 13792
#define P_1_26_NOGREENTEAGC \
	11664, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 9424, 9448, \
	9452, 9464, 9472, 4672, 9520, 9536
#define P_1_26_NOGREENTEAGC_ARM64 \
	10064, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 9424, 9448, \
	9452, 9464, 9472, 4672, 9520, 9536
#define P_1_26_STATICLOCKRANKING \
	15936, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 13696, 13720, \
	13724, 13736, 13744, 4672, 13792, 13808
#define P_1_26_STATICLOCKRANKING_ARM64 \
	14336, 0, 4, 8, 16, 20, 24, 32, 40, 48, 384, 392, 400, 404, 408, 2456, 2472, 13696, 13720, \
	13724, 13736, 13744, 4672, 13792, 13808

#define SCHED_1_19 \
	6080, 0, 8, 16, 32, 40, 44, 48, 56, 60, 64, 72, -1, 80, 88, 92, -1, 96, 104, 112, 176, -1, \
	-1, 224, 228, 240, 288, 296, 312, -1, -1, -1, -1, -1, -1, -1, -1
#define SCHED_1_20 \
	1632, 0, 8, 16, 32, 40, 44, 48, 56, 60, 64, 72, -1, 80, 88, 92, 96, 104, 112, 120, 184, \
	-1, -1, 232, 236, 248, 296, 304, 320, 1616, 1624, -1, -1, -1, -1, -1, -1
#define SCHED_1_22 \
	6824, 0, 8, 16, 32, 40, 44, 48, 56, 60, 64, 72, -1, 80, 88, 92, 96, 104, 112, 120, 184, \
	-1, -1, 232, 236, 248, 296, 304, 320, 1616, 1624, 1632, 2928, 4224, 5520, 6816, -1
#define SCHED_1_25 \
	6848, 0, 8, 16, 40, 48, 52, 56, 64, 68, 72, 80, -1, 88, 96, 100, 104, 112, 120, 128, -1, \
	184, 200, 248, 252, 264, 312, 320, 344, 1640, 1648, 1656, 2952, 4248, 5544, 6840, -1
#define SCHED_1_26 \
	6872, 0, 8, 16, 40, 64, 68, 72, 80, 84, 88, 96, 100, 104, 112, 116, 120, 128, 136, 144, \
	-1, 200, 216, 264, 268, 280, 328, 336, 360, 1656, 1664, 1672, 2968, 4264, 5560, 6856, \
	6864
#define SCHED_1_26_STATICLOCKRANKING \
	6952, 0, 8, 16, 56, 80, 84, 88, 96, 100, 104, 112, 116, 120, 128, 132, 136, 144, 152, 160, \
	-1, 232, 248, 328, 332, 344, 392, 400, 440, 1736, 1744, 1752, 3048, 4344, 5640, 6936, \
	6944

#define HISTOGRAM_1_19 \
	5768, 0, 5760, -1
#define HISTOGRAM_1_20 \
	1296, 0, 1280, 1288

#define GC_1_19 \
	424, 0, 8, 16, 104, 120, 128, 136, 184, 224, 304, 312, 320, 328, 336, 344
#define GC_1_20 \
	368, 0, 8, 16, 48, 64, 72, 80, 128, 168, 248, 256, 264, 272, 280, 288
#define GC_1_20_ARM64 \
	432, 0, 8, 16, 48, 64, 72, 80, 128, 168, 248, 256, 264, 272, 280, 288
#define GC_1_21 \
	392, 0, 8, 16, 72, 88, 96, 104, 152, 192, 272, 280, 288, 296, 304, 312
#define GC_1_21_ARM64 \
	456, 0, 8, 16, 72, 88, 96, 104, 152, 192, 272, 280, 288, 296, 304, 312

#define MSTATS_1_19 \
	13512, 3544, 3552, 3560, 3568, 3576, 3584, 3592, 3600, 3608, 5656, 7704, 7708, 7712, 7720, \
	7728, 7736, 7744
#define MSTATS_1_20 \
	9040, 3544, 3552, 3560, 3568, 3576, 3584, 3592, 3600, 3608, 5656, 7704, 7708, 7712, 7720, \
	7728, 7736, 7744
#define MSTATS_1_22 \
	7744, 3544, 3552, 3560, 3568, 3576, 3584, 3592, 3600, 3608, 5656, 7704, 7708, 7712, 7720, \
	7728, 7736, -1
#define MSTATS_1_25 \
	8264, 3520, 3528, 3536, 3544, 3552, 3560, 3568, 3576, 3584, 5632, 7680, 7684, 7688, 7696, \
	7704, 8256, -1
#define MSTATS_1_25_GREENTEAGC \
	10440, 3520, 3528, 3536, 3544, 3552, 3560, 3568, 3576, 3584, 5632, 7680, 7684, 7688, 7696, \
	7704, 10432, -1
#define MSTATS_1_26_STATICLOCKRANKING \
	10456, 3536, 3544, 3552, 3560, 3568, 3576, 3584, 3592, 3600, 5648, 7696, 7700, 7704, 7712, \
	7720, 10448, -1

#define WORK_1_19 \
	432, 128, 144, 160, 272, 280, 344, 348, 352, 360, 368, 376, 384, 408, 416, 424
#define WORK_1_20 \
	512, 128, 144, 160, 272, 280, 336, 340, 344, 352, 360, 368, 376, 400, 408, 416
#define WORK_1_20_ARM64 \
	576, 192, 208, 224, 336, 344, 400, 404, 408, 416, 424, 432, 440, 464, 472, 480
#define WORK_1_21_ARM64 \
	704, 320, 336, 352, 464, 472, 528, 532, 536, 544, 552, 560, 568, 592, 600, 608
#define WORK_1_22 \
	568, 192, 208, 224, 336, 344, 400, 404, 408, 416, 424, 432, 440, 456, 464, 472
#define WORK_1_22_ARM64 \
	696, 320, 336, 352, 464, 472, 528, 532, 536, 544, 552, 560, 568, 584, 592, 600
#define WORK_1_23 \
	560, 192, 208, 224, 328, 336, 392, 396, 400, 408, 416, 424, 432, 448, 456, 464
#define WORK_1_23_ARM64 \
	688, 320, 336, 352, 456, 464, 520, 524, 528, 536, 544, 552, 560, 576, 584, 592
#define WORK_1_23_4 \
	592, 192, 208, 224, 328, 336, 424, 428, 432, 440, 448, 456, 464, 480, 488, 496
#define WORK_1_23_4_ARM64 \
	720, 320, 336, 352, 456, 464, 552, 556, 560, 568, 576, 584, 592, 608, 616, 624
#define WORK_1_25 \
	680, 256, 272, 288, 392, 400, 512, 516, 520, 528, 536, 544, 552, 568, 576, 584
#define WORK_1_25_ARM64 \
	872, 448, 464, 480, 584, 592, 704, 708, 712, 720, 728, 736, 744, 760, 768, 776
#define WORK_1_25_GREENTEAGC \
	776, 352, 368, 384, 488, 496, 608, 612, 616, 624, 632, 640, 648, 664, 672, 680
#define WORK_1_25_GREENTEAGC_ARM64 \
	1032, 608, 624, 640, 744, 752, 864, 868, 872, 880, 888, 896, 904, 920, 928, 936
#define WORK_1_26 \
	816, 368, 384, 400, 528, 536, 648, 652, 656, 664, 672, 680, 688, 704, 712, 720
#define WORK_1_26_ARM64 \
	1072, 624, 640, 656, 784, 792, 904, 908, 912, 920, 928, 936, 944, 960, 968, 976
#define WORK_1_26_STATICLOCKRANKING \
	896, 400, 416, 432, 560, 568, 728, 732, 736, 744, 752, 760, 768, 784, 792, 800
#define WORK_1_26_STATICLOCKRANKING_ARM64 \
	1152, 656, 672, 688, 816, 824, 984, 988, 992, 1000, 1008, 1016, 1024, 1040, 1048, 1056

#define MODULEDATA_1_19 \
	552, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 256, 264, 272, 280, -1, 288, -1, -1, 296, 304, -1, 312, 336, 360, 448, 544
#define MODULEDATA_1_20 \
	568, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, -1, 304, -1, -1, 312, 320, -1, 328, 352, 376, 464, 560
#define MODULEDATA_1_21 \
	592, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, -1, 304, -1, -1, 312, 320, -1, 328, 352, 376, 488, 584
#define MODULEDATA_1_23 \
	584, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, -1, 304, -1, -1, 312, 320, -1, 328, 352, 376, 488, 576
#define MODULEDATA_1_26 \
	592, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, -1, 304, -1, -1, 312, 320, 328, 336, 360, 384, 496, 584
#define MODULEDATA_1_27 \
	568, 0, 8, 32, 56, 80, 104, 128, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, \
	240, 248, 272, 280, 288, 296, 304, 312, 320, 328, 336, 344, 352, 360, -1, -1, 472, 560

#define PCHEADER_1_19 \
	72, 8, 16, 24, 32, 40, 48, 56, 64
#define PCHEADER_1_26 \
	72, 8, 16, -1, 32, 40, 48, 56, 64

#define TEXTSECT_1_19 \
	24, 0, 8, 16

#define FUNC_1_19 \
	40, 0, 4, 8, 16, 20, 24, 28, 32, -1, 36, 37, 39
#define FUNC_1_20 \
	44, 0, 4, 8, 16, 20, 24, 28, 32, 36, 40, 41, 43

#define INLINED_1_19 \
	20, 2, 12, 16
#define INLINED_1_20 \
	16, 0, 4, 8

#define HEAP_1_19 \
	92672, 65856
#define HEAP_1_20 \
	92672, 65824
#define HEAP_1_20_ARM64 \
	101376, 65824
#define HEAP_1_21 \
	92792, 65864
#define HEAP_1_21_ARM64 \
	101496, 65864
#define HEAP_1_22 \
	92856, 65864
#define HEAP_1_22_ARM64 \
	101624, 65864
#define HEAP_1_23 \
	92928, 65864
#define HEAP_1_23_ARM64 \
	101696, 65864
#define HEAP_1_24 \
	93008, 65864
#define HEAP_1_24_ARM64 \
	101776, 65864
#define HEAP_1_25 \
	93320, 65864
#define HEAP_1_25_ARM64 \
	102152, 65864
#define HEAP_1_26 \
	93464, 65864
#define HEAP_1_26_ARM64 \
	102296, 65864
#define HEAP_1_26_STATICLOCKRANKING \
	102200, 65880
#define HEAP_1_26_STATICLOCKRANKING_ARM64 \
	102328, 65880

#define SPAN_1_19 \
	144, 24, 32, 48, 56, 72, 88, 96, 98, 99, 104, 112, -1
#define SPAN_1_20 \
	160, 24, 32, 48, 56, 72, 88, 96, 98, 99, 104, 112, -1
#define SPAN_1_21 \
	168, 24, 32, 48, 56, 72, 96, 104, 106, 107, 112, 120, -1
#define SPAN_1_22 \
	160, 24, 32, 48, 50, 64, 88, 96, 98, 99, 104, 112, 152
#define SPAN_1_26_STATICLOCKRANKING \
	176, 24, 32, 48, 50, 64, 88, 96, 98, 99, 104, 112, 168

#define TYPE_1_19 \
	48, 0, 16, 20, 23, 40, 44

#define STRUCTTYPE_1_19 \
	48, 56

#define STRUCTFIELD_1_19 \
	24, 0, 8, 16

#define PTRTYPE_1_19 \
	48

#define HMAP_1_19 \
	0, 9, 16, 24
#define HMAP_1_24 \
	-1, -1, -1, -1

static const char *const reasons_1_19[] = {
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)",
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select",
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", "chan receive",
	"chan send", "finalizer wait", "force gc (idle)", "semacquire", "sleep", "sync.Cond.Wait",
	"timer goroutine (idle)", "trace reader (blocked)", "wait for GC cycle", "GC worker (idle)",
	"preempted", "debug call", NULL,
};

static const char *const reasons_1_20[] = {
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)",
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select",
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", "chan receive",
	"chan send", "finalizer wait", "force gc (idle)", "semacquire", "sleep", "sync.Cond.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "trace reader (blocked)",
	"wait for GC cycle", "GC worker (idle)", "GC worker (active)", "preempted", "debug call",
	"GC mark termination", "stopping the world", NULL,
};

static const char *const reasons_1_22[] = {
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)",
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select",
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", "chan receive",
	"chan send", "finalizer wait", "force gc (idle)", "semacquire", "sleep", "sync.Cond.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "trace reader (blocked)",
	"wait for GC cycle", "GC worker (idle)", "GC worker (active)", "preempted", "debug call",
	"GC mark termination", "stopping the world", "flushing proc caches",
	"trace goroutine status", "trace proc status", "page trace flush", "coroutine", NULL,
};

static const char *const reasons_1_23_4[] = {
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)",
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select",
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", "chan receive",
	"chan send", "finalizer wait", "force gc (idle)", "semacquire", "sleep", "sync.Cond.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "trace reader (blocked)",
	"wait for GC cycle", "GC worker (idle)", "GC worker (active)", "preempted", "debug call",
	"GC mark termination", "stopping the world", "flushing proc caches",
	"trace goroutine status", "trace proc status", "page trace flush", "coroutine",
	"GC weak to strong wait", NULL,
};

static const char *const reasons_1_24[] = {
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)",
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select",
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", "chan receive",
	"chan send", "finalizer wait", "force gc (idle)", "semacquire", "sleep", "sync.Cond.Wait",
	"sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock", "sync.WaitGroup.Wait",
	"trace reader (blocked)", "wait for GC cycle", "GC worker (idle)", "GC worker (active)",
	"preempted", "debug call", "GC mark termination", "stopping the world",
	"flushing proc caches", "trace goroutine status", "trace proc status", "page trace flush",
	"coroutine", "GC weak to strong wait", "synctest.Run", "synctest.Wait",
	"chan receive (synctest)", "chan send (synctest)", "select (synctest)", NULL,
};

static const char *const reasons_1_25[] = {
	"", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)",
	"dumping heap", "garbage collection", "garbage collection scan", "panicwait", "select",
	"select (no cases)", "GC assist wait", "GC sweep wait", "GC scavenge wait", "chan receive",
	"chan send", "finalizer wait", "force gc (idle)", "GOMAXPROCS updater (idle)", "semacquire",
	"sleep", "sync.Cond.Wait", "sync.Mutex.Lock", "sync.RWMutex.RLock", "sync.RWMutex.Lock",
	"sync.WaitGroup.Wait", "trace reader (blocked)", "wait for GC cycle", "GC worker (idle)",
	"GC worker (active)", "preempted", "debug call", "GC mark termination",
	"stopping the world", "flushing proc caches", "trace goroutine status", "trace proc status",
	"page trace flush", "coroutine", "GC weak to strong wait", "synctest.Run", "synctest.Wait",
	"chan receive (durable)", "chan send (durable)", "select (durable)",
	"sync.WaitGroup.Wait (durable)", "cleanup wait", NULL,
};

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
	{ "1.19", 19, 0, "", ARCH_AMD64, reasons_1_19,
	  21, 720, 16, 4, false, {
	    G_1_19, SUDOG_1_19, HCHAN_1_19, M_1_19, P_1_19, SCHED_1_19, HISTOGRAM_1_19, GC_1_19,
	    MSTATS_1_19, WORK_1_19, MODULEDATA_1_19, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_19,
	    INLINED_1_19, HEAP_1_19, SPAN_1_19, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.19", 19, 0, "", ARCH_ARM64, reasons_1_19,
	  21, 720, 16, 4, false, {
	    G_1_19, SUDOG_1_19, HCHAN_1_19, M_1_19, P_1_19, SCHED_1_19, HISTOGRAM_1_19, GC_1_19,
	    MSTATS_1_19, WORK_1_19, MODULEDATA_1_19, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_19,
	    INLINED_1_19, HEAP_1_19, SPAN_1_19, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.20", 20, 0, "", ARCH_AMD64, reasons_1_20,
	  21, 160, 4, 8, false, {
	    G_1_19, SUDOG_1_19, HCHAN_1_19, M_1_20, P_1_20, SCHED_1_20, HISTOGRAM_1_20, GC_1_20,
	    MSTATS_1_20, WORK_1_20, MODULEDATA_1_20, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_20, SPAN_1_20, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.20", 20, 0, "", ARCH_ARM64, reasons_1_20,
	  21, 160, 4, 8, false, {
	    G_1_19, SUDOG_1_19, HCHAN_1_19, M_1_20, P_1_20, SCHED_1_20, HISTOGRAM_1_20,
	    GC_1_20_ARM64, MSTATS_1_20, WORK_1_20_ARM64, MODULEDATA_1_20, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_20_ARM64, SPAN_1_20, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.21", 21, 0, "", ARCH_AMD64, reasons_1_20,
	  21, 160, 4, 8, false, {
	    G_1_21, SUDOG_1_19, HCHAN_1_19, M_1_21, P_1_19, SCHED_1_20, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_20, WORK_1_20_ARM64, MODULEDATA_1_21, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_21, SPAN_1_21, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.21", 21, 0, "", ARCH_ARM64, reasons_1_20,
	  21, 160, 4, 8, false, {
	    G_1_21, SUDOG_1_19, HCHAN_1_19, M_1_21, P_1_19, SCHED_1_20, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_20, WORK_1_21_ARM64, MODULEDATA_1_21, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_21_ARM64, SPAN_1_21, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.22", 22, 0, "", ARCH_AMD64, reasons_1_22,
	  22, 160, 4, 8, false, {
	    G_1_22, SUDOG_1_19, HCHAN_1_19, M_1_22, P_1_22, SCHED_1_22, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_22, WORK_1_22, MODULEDATA_1_21, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_22, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.22", 22, 0, "", ARCH_ARM64, reasons_1_22,
	  22, 160, 4, 8, false, {
	    G_1_22, SUDOG_1_19, HCHAN_1_19, M_1_22, P_1_22, SCHED_1_22, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_22, WORK_1_22_ARM64, MODULEDATA_1_21, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_22_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.23", 23, 0, "", ARCH_AMD64, reasons_1_22,
	  22, 160, 4, 8, false, {
	    G_1_23, SUDOG_1_19, HCHAN_1_23, M_1_23, P_1_23, SCHED_1_22, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_22, WORK_1_23, MODULEDATA_1_23, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_23, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.23", 23, 0, "", ARCH_ARM64, reasons_1_22,
	  22, 160, 4, 8, false, {
	    G_1_23, SUDOG_1_19, HCHAN_1_23, M_1_23, P_1_23, SCHED_1_22, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_ARM64, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_23_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.23.4", 23, 4, "", ARCH_AMD64, reasons_1_23_4,
	  22, 160, 4, 8, false, {
	    G_1_23, SUDOG_1_19, HCHAN_1_23, M_1_23, P_1_23, SCHED_1_22, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_22, WORK_1_23_4, MODULEDATA_1_23, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_23, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.23.4", 23, 4, "", ARCH_ARM64, reasons_1_23_4,
	  22, 160, 4, 8, false, {
	    G_1_23, SUDOG_1_19, HCHAN_1_23, M_1_23, P_1_23, SCHED_1_22, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_4_ARM64, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_23_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.23.12", 23, 12, "", ARCH_AMD64, reasons_1_23_4,
	  22, 160, 4, 8, false, {
	    G_1_23, SUDOG_1_19, HCHAN_1_23, M_1_23_12, P_1_23, SCHED_1_22, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_22, WORK_1_23_4, MODULEDATA_1_23, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_23, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.23.12", 23, 12, "", ARCH_ARM64, reasons_1_23_4,
	  22, 160, 4, 8, false, {
	    G_1_23, SUDOG_1_19, HCHAN_1_23, M_1_23_12, P_1_23, SCHED_1_22, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_4_ARM64, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_23_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_19,
	  } },
	{ "1.24", 24, 0, "", ARCH_AMD64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24, P_1_24, SCHED_1_22, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_22, WORK_1_23_4, MODULEDATA_1_23, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_24, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24", 24, 0, "", ARCH_ARM64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24, P_1_24, SCHED_1_22, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_4_ARM64, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_24_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24-X:nospinbitmutex", 24, 0, "nospinbitmutex", ARCH_AMD64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24_NOSPINBITMUTEX, P_1_24, SCHED_1_22,
	    HISTOGRAM_1_20, GC_1_21, MSTATS_1_22, WORK_1_23_4, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_24, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24-X:nospinbitmutex", 24, 0, "nospinbitmutex", ARCH_ARM64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24_NOSPINBITMUTEX, P_1_24, SCHED_1_22,
	    HISTOGRAM_1_20, GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_4_ARM64, MODULEDATA_1_23,
	    PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_24_ARM64, SPAN_1_22,
	    TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24.6", 24, 6, "", ARCH_AMD64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24_6, P_1_24, SCHED_1_22, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_22, WORK_1_23_4, MODULEDATA_1_23, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_24, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24.6", 24, 6, "", ARCH_ARM64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24_6, P_1_24, SCHED_1_22, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_4_ARM64, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_24_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24.6-X:nospinbitmutex", 24, 6, "nospinbitmutex", ARCH_AMD64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24_6_NOSPINBITMUTEX, P_1_24, SCHED_1_22,
	    HISTOGRAM_1_20, GC_1_21, MSTATS_1_22, WORK_1_23_4, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_24, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.24.6-X:nospinbitmutex", 24, 6, "nospinbitmutex", ARCH_ARM64, reasons_1_24,
	  22, 160, 4, 8, true, {
	    G_1_24, SUDOG_1_19, HCHAN_1_23, M_1_24_6_NOSPINBITMUTEX, P_1_24, SCHED_1_22,
	    HISTOGRAM_1_20, GC_1_21_ARM64, MSTATS_1_22, WORK_1_23_4_ARM64, MODULEDATA_1_23,
	    PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_24_ARM64, SPAN_1_22,
	    TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.25", 25, 0, "", ARCH_AMD64, reasons_1_25,
	  23, 160, 4, 8, true, {
	    G_1_25, SUDOG_1_19, HCHAN_1_25, M_1_25, P_1_25, SCHED_1_25, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_25, WORK_1_25, MODULEDATA_1_23, PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_25, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19,
	    PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.25", 25, 0, "", ARCH_ARM64, reasons_1_25,
	  23, 160, 4, 8, true, {
	    G_1_25, SUDOG_1_19, HCHAN_1_25, M_1_25, P_1_25, SCHED_1_25, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_25, WORK_1_25_ARM64, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_25_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.25-X:greenteagc", 25, 0, "greenteagc", ARCH_AMD64, reasons_1_25,
	  23, 160, 4, 8, true, {
	    G_1_25, SUDOG_1_19, HCHAN_1_25, M_1_25, P_1_25_GREENTEAGC, SCHED_1_25, HISTOGRAM_1_20,
	    GC_1_21, MSTATS_1_25_GREENTEAGC, WORK_1_25_GREENTEAGC, MODULEDATA_1_23, PCHEADER_1_19,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_25, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.25-X:greenteagc", 25, 0, "greenteagc", ARCH_ARM64, reasons_1_25,
	  23, 160, 4, 8, true, {
	    G_1_25, SUDOG_1_19, HCHAN_1_25, M_1_25, P_1_25_GREENTEAGC, SCHED_1_25, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_25_GREENTEAGC, WORK_1_25_GREENTEAGC_ARM64, MODULEDATA_1_23,
	    PCHEADER_1_19, TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_25_ARM64, SPAN_1_22,
	    TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.26", 26, 0, "", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_26, P_1_26, SCHED_1_26, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_25_GREENTEAGC, WORK_1_26, MODULEDATA_1_26, PCHEADER_1_26, TEXTSECT_1_19,
	    FUNC_1_20, INLINED_1_20, HEAP_1_26, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19,
	    STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.26", 26, 0, "", ARCH_ARM64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_26, P_1_26_ARM64, SCHED_1_26, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_25_GREENTEAGC, WORK_1_26_ARM64, MODULEDATA_1_26, PCHEADER_1_26,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_26_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.26-X:nogreenteagc", 26, 0, "nogreenteagc", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_26, P_1_26_NOGREENTEAGC, SCHED_1_26, HISTOGRAM_1_20,
	    GC_1_21, MSTATS_1_25, WORK_1_26, MODULEDATA_1_26, PCHEADER_1_26, TEXTSECT_1_19,
	    FUNC_1_20, INLINED_1_20, HEAP_1_26, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19,
	    STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.26-X:nogreenteagc", 26, 0, "nogreenteagc", ARCH_ARM64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_26, P_1_26_NOGREENTEAGC_ARM64, SCHED_1_26,
	    HISTOGRAM_1_20, GC_1_21_ARM64, MSTATS_1_25, WORK_1_26_ARM64, MODULEDATA_1_26,
	    PCHEADER_1_26, TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_26_ARM64, SPAN_1_22,
	    TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.26-X:staticlockranking", 26, 0, "staticlockranking", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_26_STATICLOCKRANKING, M_1_26, P_1_26_STATICLOCKRANKING,
	    SCHED_1_26_STATICLOCKRANKING, HISTOGRAM_1_20, GC_1_21, MSTATS_1_26_STATICLOCKRANKING,
	    WORK_1_26_STATICLOCKRANKING, MODULEDATA_1_26, PCHEADER_1_26, TEXTSECT_1_19, FUNC_1_20,
	    INLINED_1_20, HEAP_1_26_STATICLOCKRANKING, SPAN_1_26_STATICLOCKRANKING, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.26-X:staticlockranking", 26, 0, "staticlockranking", ARCH_ARM64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_26_STATICLOCKRANKING, M_1_26,
	    P_1_26_STATICLOCKRANKING_ARM64, SCHED_1_26_STATICLOCKRANKING, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_26_STATICLOCKRANKING, WORK_1_26_STATICLOCKRANKING_ARM64,
	    MODULEDATA_1_26, PCHEADER_1_26, TEXTSECT_1_19, FUNC_1_20, INLINED_1_20,
	    HEAP_1_26_STATICLOCKRANKING_ARM64, SPAN_1_26_STATICLOCKRANKING, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.27", 27, 0, "", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_27, P_1_26, SCHED_1_26, HISTOGRAM_1_20, GC_1_21,
	    MSTATS_1_25_GREENTEAGC, WORK_1_26, MODULEDATA_1_27, PCHEADER_1_26, TEXTSECT_1_19,
	    FUNC_1_20, INLINED_1_20, HEAP_1_26, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19,
	    STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.27", 27, 0, "", ARCH_ARM64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_27, P_1_26_ARM64, SCHED_1_26, HISTOGRAM_1_20,
	    GC_1_21_ARM64, MSTATS_1_25_GREENTEAGC, WORK_1_26_ARM64, MODULEDATA_1_27, PCHEADER_1_26,
	    TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_26_ARM64, SPAN_1_22, TYPE_1_19,
	    STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.27-X:nogreenteagc", 27, 0, "nogreenteagc", ARCH_AMD64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_27, P_1_26_NOGREENTEAGC, SCHED_1_26, HISTOGRAM_1_20,
	    GC_1_21, MSTATS_1_25, WORK_1_26, MODULEDATA_1_27, PCHEADER_1_26, TEXTSECT_1_19,
	    FUNC_1_20, INLINED_1_20, HEAP_1_26, SPAN_1_22, TYPE_1_19, STRUCTTYPE_1_19,
	    STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
	{ "1.27-X:nogreenteagc", 27, 0, "nogreenteagc", ARCH_ARM64, reasons_1_26,
	  23, 160, 4, 8, true, {
	    G_1_26, SUDOG_1_26, HCHAN_1_25, M_1_27, P_1_26_NOGREENTEAGC_ARM64, SCHED_1_26,
	    HISTOGRAM_1_20, GC_1_21_ARM64, MSTATS_1_25, WORK_1_26_ARM64, MODULEDATA_1_27,
	    PCHEADER_1_26, TEXTSECT_1_19, FUNC_1_20, INLINED_1_20, HEAP_1_26_ARM64, SPAN_1_22,
	    TYPE_1_19, STRUCTTYPE_1_19, STRUCTFIELD_1_19, PTRTYPE_1_19, HMAP_1_24,
	  } },
};

const size_t layout_table_rows = sizeof(layout_table) / sizeof(layout_table[0]);
