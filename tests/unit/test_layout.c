/* Which row of the layout table a Go version takes, what stands in the rows, and that DWARF says
 * the same. */
#include "collectors/gort/layout.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/gort/layout_table.h"
#include "core/base/xalloc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name, *type, *field;
} fields[LAYOUT_FIELDS] = {
#define X(name, type, field) { #name, type, field },
#include "collectors/gort/layout_fields.h"
#undef X
};

static const struct layout *find(const char *version, enum layout_arch arch, enum layout_match *ret)
{
	struct err e = { "" };
	const struct layout *l = layout_find(version, arch, ret, &e);

	if (!l)
		fail_msg("%s: %s", version, e.text);
	return l;
}

static void a_version_takes_the_last_row_that_is_not_after_it(void **state)
{
	static const struct {
		const char *version, *row;
		enum layout_match match;
	} rows[] = {
		{ "go1.19", "1.19", LAYOUT_EXACT },
		{ "go1.19.13", "1.19", LAYOUT_EXACT },
		{ "go1.20.14", "1.20", LAYOUT_EXACT },
		{ "go1.21.0", "1.21", LAYOUT_EXACT },
		{ "go1.22.5", "1.22", LAYOUT_EXACT },
		{ "go1.23.3", "1.23", LAYOUT_EXACT },
		{ "go1.23.4", "1.23.4", LAYOUT_EXACT },
		{ "go1.23.11", "1.23.4", LAYOUT_EXACT },
		{ "go1.23.12", "1.23.12", LAYOUT_EXACT },
		{ "go1.24.5", "1.24", LAYOUT_EXACT },
		{ "go1.24.6", "1.24.6", LAYOUT_EXACT },
		{ "go1.24.13", "1.24.6", LAYOUT_EXACT },
		{ "go1.27.4", "1.27", LAYOUT_EXACT },
		{ "go1.27rc1", "1.27", LAYOUT_EXACT },
		{ "go1.27beta1", "1.27", LAYOUT_UNKNOWN },
		/* vendors */
		{ "go1.22.5-fips", "1.22", LAYOUT_EXACT },
		{ "go1.21.3 (Red Hat 1.21.3-7.el9)", "1.21", LAYOUT_EXACT },
		{ "go1.23.12-1 X:boringcrypto", "1.23.12", LAYOUT_EXACT },
		{ "go1.19.13b7", "1.19", LAYOUT_EXACT },
		/* experiments */
		{ "go1.25.12 X:greenteagc", "1.25-X:greenteagc", LAYOUT_EXACT },
		{ "go1.26.11-X:nogreenteagc", "1.26-X:nogreenteagc", LAYOUT_EXACT },
		{ "go1.26.11-X:nogreenteagc,jsonv2", "1.26-X:nogreenteagc", LAYOUT_EXACT },
		{ "go1.26.8-X:jsonv2,nogreenteagc (vendor)", "1.26-X:nogreenteagc", LAYOUT_EXACT },
		{ "go1.26.8-X:staticlockranking", "1.26-X:staticlockranking", LAYOUT_EXACT },
		{ "go1.27.0-X:nogreenteagc", "1.27-X:nogreenteagc", LAYOUT_EXACT },
		{ "go1.24.5 X:nospinbitmutex", "1.24-X:nospinbitmutex", LAYOUT_EXACT },
		{ "go1.24.6 X:nospinbitmutex", "1.24.6-X:nospinbitmutex", LAYOUT_EXACT },
		{ "go1.24.4 X:noswissmap,aliastypeparams,synctest", "1.24", LAYOUT_EXACT },
		{ "go1.22.12 X:noallocheaders,rangefunc", "1.22", LAYOUT_EXACT },
		{ "go1.27.4-X:jsonv2,norandomizedheapbase64", "1.27", LAYOUT_EXACT },
		{ "go1.26.8-X:goroutineleakprofile", "1.26", LAYOUT_EXACT },
		{ "go1.26.8-X:nogreenteagc,staticlockranking", "1.26", LAYOUT_UNKNOWN },
		{ "go1.21.13 X:staticlockranking", "1.21", LAYOUT_UNKNOWN },
		{ "go1.22.12 X:noexectracer2", "1.22", LAYOUT_UNKNOWN },
		/* development, and newer than the table */
		{ "devel go1.24-abcdef Tue Nov 5 10:00:00 2024 +0000", "1.24", LAYOUT_UNKNOWN },
		{ "go1.25-devel_0123abc Tue Nov 5 10:00:00 2024", "1.25", LAYOUT_UNKNOWN },
		{ "devel go1.28-abcdef Tue Nov 5 10:00:00 2026 +0000", "1.27", LAYOUT_NEWEST },
		{ "go1.28.1", "1.27", LAYOUT_NEWEST },
		{ "go1.28.1-X:nogreenteagc", "1.27-X:nogreenteagc", LAYOUT_NEWEST },
		{ "go2.0", "1.27", LAYOUT_NEWEST },
		{ "go1.99999999999999999999", "1.27", LAYOUT_NEWEST },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int arch = ARCH_AMD64; arch <= ARCH_ARM64; arch++) {
			enum layout_match match;
			const struct layout *l = find(rows[i].version, arch, &match);

			if (strcmp(l->version, rows[i].row) != 0 || match != rows[i].match ||
			    (int)l->arch != arch)
				fail_msg("%s: got %s, %d; want %s, %d", rows[i].version, l->version,
					 match, rows[i].row, rows[i].match);
		}
	}
}

static void what_is_too_old_or_no_version_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *version, *sentence;
	} rows[] = {
		{ "go1.17",
		  "built with go1.17: before 1.19, which is the oldest that is understood" },
		{ "go1.18.10",
		  "built with go1.18.10: before 1.19, which is the oldest that is understood" },
		{ "devel +abcdef", "\"devel +abcdef\" is not a Go version" },
		{ "go1", "\"go1\" is not a Go version" },
		{ "go1.", "\"go1.\" is not a Go version" },
		{ "go", "\"go\" is not a Go version" },
		{ "", "\"\" is not a Go version" },
		{ "X:greenteagc", "\"X:greenteagc\" is not a Go version" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { "" };
		enum layout_match match;

		assert_null(layout_find(rows[i].version, ARCH_AMD64, &match, &e));
		assert_string_equal(e.text, rows[i].sentence);
	}
}

/* Read by hand from the DWARF of each version, by another program than the one that wrote the
 * table. */
static void the_rows_hold_what_was_seen_in_each_version(void **state)
{
	static const char *const versions[] = { "go1.19.8", "go1.21.13", "go1.22.12", "go1.23.5",
						"go1.24.4", "go1.25.12", "go1.26.11", "go1.27.4" };
	static const struct {
		enum layout_field field;
		int32_t at[COUNT(versions)];
	} rows[] = {
		{ LAYOUT_G_SIZE, { 392, 408, 424, 432, 440, 440, 456, 456 } },
		{ LAYOUT_G_M, { 48, 48, 48, 48, 48, 48, 48, 48 } },
		{ LAYOUT_G_SCHED_BP, { 104, 104, 104, 104, 104, 96, 96, 96 } },
		{ LAYOUT_G_SYSCALLSP, { 112, 112, 112, 112, 112, 104, 104, 104 } },
		{ LAYOUT_G_SYSCALLBP, { -1, -1, -1, 128, 128, 120, 120, 120 } },
		{ LAYOUT_G_ATOMICSTATUS, { 144, 144, 144, 152, 152, 144, 144, 144 } },
		{ LAYOUT_G_GOID, { 152, 152, 152, 160, 160, 152, 152, 152 } },
		{ LAYOUT_G_WAITSINCE, { 168, 168, 168, 176, 176, 168, 168, 168 } },
		{ LAYOUT_G_WAITREASON, { 176, 176, 176, 184, 184, 176, 176, 176 } },
		{ LAYOUT_G_TRACKINGSEQ, { 189, 188, 191, 199, 199, 191, 191, 191 } },
		{ LAYOUT_G_LOCKEDM, { 232, 208, 208, 216, 216, 208, 208, 208 } },
		{ LAYOUT_G_PARENTGOID, { -1, 272, 272, 280, 280, 272, 280, 280 } },
		{ LAYOUT_G_GOPC, { 296, 280, 280, 288, 288, 280, 288, 288 } },
		{ LAYOUT_G_STARTPC, { 312, 296, 296, 304, 304, 296, 304, 304 } },
		{ LAYOUT_G_WAITING, { 328, 312, 312, 320, 320, 312, 320, 320 } },
		{ LAYOUT_G_LABELS, { 360, 344, 344, 352, 352, 344, 352, 352 } },
		{ LAYOUT_M_SIZE, { 1008, 1008, 2024, 1760, 1808, 1816, 1824, 1832 } },
		{ LAYOUT_M_PROCID, { 72, 72, 72, 72, 72, 64, 64, 64 } },
		{ LAYOUT_M_CURG, { 192, 192, 192, 192, 192, 184, 184, 184 } },
		{ LAYOUT_M_P, { 208, 208, 208, 208, 208, 200, 208, 208 } },
		{ LAYOUT_M_ID, { 232, 232, 232, 232, 232, 224, 232, 232 } },
		{ LAYOUT_M_SPINNING, { 276, 276, 276, 276, 276, 268, 276, 276 } },
		{ LAYOUT_M_INCGO, { 280, 280, 280, 280, 280, 272, 280, 280 } },
		{ LAYOUT_M_NCGOCALL, { 304, 304, 296, 296, 296, 312, 320, 320 } },
		{ LAYOUT_M_ALLLINK, { 336, 336, 328, 328, 328, 344, 352, 352 } },
		{ LAYOUT_M_LOCKEDG, { 352, 352, 344, 344, 344, 360, 384, 384 } },
		{ LAYOUT_P_SIZE, { 8912, 8912, 8944, 8944, 8952, 9512, 15920, 15920 } },
		{ LAYOUT_P_M, { 56, 56, 56, 48, 48, 48, 48, 48 } },
		{ LAYOUT_P_RUNQHEAD, { 400, 400, 400, 392, 392, 392, 400, 400 } },
		{ LAYOUT_P_RUNNEXT, { 2456, 2456, 2456, 2448, 2448, 2448, 2456, 2456 } },
		{ LAYOUT_P_TIMERS_LEN, { 8864, 8864, 8896, 8872, 8872, 9424, 13704, 13704 } },
		{ LAYOUT_P_TIMERS_FIRST_WHEN,
		  { 4616, 4616, 4648, 8888, 8888, 9440, 13720, 13720 } },
		{ LAYOUT_SCHED_SIZE, { 6080, 1632, 6824, 6824, 6824, 6848, 6872, 6872 } },
		{ LAYOUT_SCHED_NMIDLE, { 40, 40, 40, 40, 40, 48, 64, 64 } },
		{ LAYOUT_SCHED_NGSYS, { 72, 72, 72, 72, 72, 80, 96, 96 } },
		{ LAYOUT_SCHED_NMSPINNING, { 92, 92, 92, 92, 92, 100, 116, 116 } },
		{ LAYOUT_SCHED_RUNQ_HEAD, { 96, 104, 104, 104, 104, 112, 128, 128 } },
		{ LAYOUT_SCHED_RUNQ_SIZE, { 112, 120, 120, 120, 120, 128, 144, 144 } },
		{ LAYOUT_SCHED_GCWAITING, { 224, 232, 232, 232, 232, 248, 264, 264 } },
		{ LAYOUT_SCHED_TIMETORUN, { 312, 320, 320, 320, 320, 344, 360, 360 } },
		{ LAYOUT_SCHED_STWTOTALTIMEGC, { -1, -1, 4224, 4224, 4224, 4248, 4264, 4264 } },
		{ LAYOUT_SCHED_GOROUTINESCREATED, { -1, -1, -1, -1, -1, -1, 6864, 6864 } },
		{ LAYOUT_MSTATS_GCPAUSEDIST, { 7744, 7744, -1, -1, -1, -1, -1, -1 } },
		{ LAYOUT_MSTATS_PAUSE_NS, { 3608, 3608, 3608, 3608, 3608, 3584, 3584, 3584 } },
		{ LAYOUT_MSTATS_ENABLEGC, { 7736, 7736, 7736, 7736, 7736, 8256, 10432, 10432 } },
		{ LAYOUT_GC_GCPERCENTHEAPGOAL, { 104, 72, 72, 72, 72, 72, 72, 72 } },
		{ LAYOUT_GC_HEAPLIVE, { 136, 104, 104, 104, 104, 104, 104, 104 } },
		{ LAYOUT_GC_MAPPEDREADY, { 344, 312, 312, 312, 312, 312, 312, 312 } },
		{ LAYOUT_WORK_CYCLES, { 344, 400, 400, 424, 424, 512, 648, 648 } },
		{ LAYOUT_SUDOG_C, { 80, 80, 80, 80, 80, 80, 88, 88 } },
		{ LAYOUT_HCHAN_SIZE, { 96, 96, 96, 104, 104, 112, 112, 112 } },
		{ LAYOUT_MODULEDATA_TYPES, { 280, 296, 296, 296, 296, 296, 296, 296 } },
		{ LAYOUT_MODULEDATA_GOFUNC, { 304, 320, 320, 320, 320, 320, 320, 344 } },
		{ LAYOUT_FUNC_SIZE, { 40, 44, 44, 44, 44, 44, 44, 44 } },
		{ LAYOUT_INLINED_SIZE, { 20, 16, 16, 16, 16, 16, 16, 16 } },
		{ LAYOUT_SPAN_ELEMSIZE, { 104, 112, 104, 104, 104, 104, 104, 104 } },
		{ LAYOUT_HEAP_ALLSPANS,
		  { 65856, 65864, 65864, 65864, 65864, 65864, 65864, 65864 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t k = 0; k < COUNT(versions); k++) {
			enum layout_match match;
			const struct layout *l = find(versions[k], ARCH_AMD64, &match);

			if (l->at[rows[i].field] != rows[i].at[k])
				fail_msg("%s %s: got %d, want %d", versions[k],
					 fields[rows[i].field].name, l->at[rows[i].field],
					 rows[i].at[k]);
		}
	}
}

static void reasons_and_constants_follow_the_version(void **state)
{
	static const struct {
		const char *version, *reason_19, *last_reason;
		int wrapper, counts, sub, min_bits;
		bool list;
	} rows[] = {
		{ "go1.19.8", "sleep", "debug call", 21, 720, 16, 4, false },
		{ "go1.21.13", "sleep", "stopping the world", 21, 160, 4, 8, false },
		{ "go1.25.12", "semacquire", "cleanup wait", 23, 160, 4, 8, true },
		{ "go1.27.4", "chan receive", "cleanup wait", 23, 160, 4, 8, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum layout_match match;
		const struct layout *l = find(rows[i].version, ARCH_AMD64, &match);
		size_t n = 0;

		while (l->wait_reasons[n])
			n++;
		assert_string_equal(l->wait_reasons[1], "GC assist marking");
		assert_true(n > 19);
		assert_string_equal(l->wait_reasons[19], rows[i].reason_19);
		assert_string_equal(l->wait_reasons[n - 1], rows[i].last_reason);
		assert_int_equal(l->funcid_wrapper, rows[i].wrapper);
		assert_int_equal(l->histogram_counts, rows[i].counts);
		assert_int_equal(l->histogram_sub, rows[i].sub);
		assert_int_equal(l->histogram_min_bits, rows[i].min_bits);
		assert_int_equal(l->labels_list, rows[i].list);
	}
}

static void every_field_stands_within_its_structure(void **state)
{
	(void)state;
	for (size_t r = 0; r < layout_table_rows; r++) {
		const struct layout *l = &layout_table[r];
		size_t size = LAYOUT_FIELDS;

		for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
			if (fields[i].field[0] == '\0')
				size = i;
			if (size == LAYOUT_FIELDS || strcmp(fields[size].type, fields[i].type) != 0)
				continue;
			if (i == size ? l->at[i] <= 0 : l->at[i] >= l->at[size])
				fail_msg("%s: %s at %d of %d", l->version, fields[i].name, l->at[i],
					 l->at[size]);
		}
	}
}

static void the_rows_and_nothing_odd_fit_the_readers(void **state)
{
	static const struct {
		enum layout_field field;
		int32_t at;
	} odd[] = {
		{ LAYOUT_G_GOID, 1 << 20 },
		{ LAYOUT_G_SIZE, LAYOUT_ABSENT },
		{ LAYOUT_M_ALLLINK, LAYOUT_ABSENT },
		{ LAYOUT_M_PROCID, 1 << 23 },
		{ LAYOUT_P_STATUS, 64 },
		{ LAYOUT_SCHED_TIMETORUN, LAYOUT_ABSENT },
		{ LAYOUT_SCHED_NPIDLE, 1 << 16 },
		{ LAYOUT_SCHED_SIZE, 8 },
		{ LAYOUT_HISTOGRAM_COUNTS, 1 << 12 },
		{ LAYOUT_GC_TRIGGERED, 0 },
		{ LAYOUT_MSTATS_SIZE, LAYOUT_ABSENT },
		{ LAYOUT_MSTATS_PAUSE_END, 1 << 15 },
		{ LAYOUT_MODULEDATA_TEXTSECTMAP, 1020 },
		{ LAYOUT_SPAN_SIZE, 512 },
		{ LAYOUT_SPAN_STATE, 255 },
		{ LAYOUT_TYPE_SIZE, LAYOUT_ABSENT },
		{ LAYOUT_TYPE_KIND_, 120 },
		{ LAYOUT_STRUCTFIELD_SIZE, 0 },
		{ LAYOUT_STRUCTFIELD_OFFSET, 24 },
		{ LAYOUT_PTRTYPE_ELEM, 112 },
		{ LAYOUT_HEAP_ALLSPANS, -8 },
	};

	(void)state;
	for (size_t r = 0; r < layout_table_rows; r++) {
		if (!layout_fits(&layout_table[r]))
			fail_msg("%s does not fit", layout_table[r].version);
		for (size_t i = 0; i < COUNT(odd); i++) {
			struct layout l = layout_table[r];

			l.at[odd[i].field] = odd[i].at;
			if (layout_fits(&l))
				fail_msg("%s: %s at %d fits", l.version, fields[odd[i].field].name,
					 odd[i].at);
		}
	}
}

/* Two spellings of one thing: each version has one of them. And no field is a typing error. */
static void spelled_differently_or_not_a_field_is_there_in_some_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		size_t present = 0;

		for (size_t r = 0; r < layout_table_rows; r++)
			present += layout_table[r].at[i] != LAYOUT_ABSENT;
		if (present == 0 || (strchr(fields[i].field, '|') && present < layout_table_rows))
			fail_msg("%s is there in %zu of %zu rows", fields[i].name, present,
				 layout_table_rows);
	}
}

static void the_rows_are_sorted_and_both_architectures_have_each(void **state)
{
	(void)state;
	for (size_t r = 0; r < layout_table_rows; r++) {
		const struct layout *l = &layout_table[r], *was = r ? l - 1 : NULL;

		assert_int_equal(l->arch, r % 2 ? ARCH_ARM64 : ARCH_AMD64);
		if (r % 2)
			assert_string_equal(l->version, was->version);
		else if (was)
			assert_true(l->minor > was->minor ||
				    (l->minor == was->minor && l->patch >= was->patch));
	}
}

/* The first line that a command prints, without its end; NULL when it fails. free() */
static char *output_of(const char *command)
{
	char line[256] = "";
	FILE *f = popen(command, "r");
	bool got;

	if (!f)
		return NULL;
	got = fgets(line, sizeof(line), f) != NULL;
	if (pclose(f) != 0 || !got)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(line);
}

static void dwarf_equals_row(const char *binary, const char *version, enum layout_arch arch)
{
	struct layout got;
	struct err e = { "" };
	enum layout_match match;
	const struct layout *want = find(version, arch, &match);

	if (layout_from_dwarf(binary, want, &got, &e) != 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		if (got.at[i] != want->at[i])
			fail_msg("%s %s: DWARF %d, table %d", version, fields[i].name, got.at[i],
				 want->at[i]);
	}
	assert_string_equal(got.version, want->version);
}

static void the_dwarf_of_the_go_that_is_here_says_what_its_row_says(void **state)
{
	static const char *const arch[] = { [ARCH_AMD64] = "amd64", [ARCH_ARM64] = "arm64" };
	char *version = output_of("go env GOVERSION 2>&1");
	char dir[] = P_tmpdir "/test_layout.XXXXXX";

	(void)state;
	if (!version || strncmp(version, "go1", 3) != 0 || !mkdtemp(dir)) {
		free(version);
		skip(); /* no Go here */
	}
	for (int i = ARCH_AMD64; i <= ARCH_ARM64; i++) {
		char *binary = xasprintf("%s/%s", dir, arch[i]);
		char *command = xasprintf("CGO_ENABLED=0 GOOS=linux GOARCH=%s go build -o %s "
					  "tests/layouts/probe/main.go && echo built",
					  arch[i], binary);
		char *built = output_of(command);

		assert_non_null(built);
		dwarf_equals_row(binary, version, i);
		unlink(binary);
		free(built);
		free(command);
		free(binary);
	}
	rmdir(dir);
	free(version);
}

static void without_dwarf_of_go_there_is_a_sentence(void **state)
{
	struct layout l = { .version = "untouched" };
	struct err e = { "" };

	(void)state;
	assert_int_equal(layout_from_dwarf("tests/layouts/none", &layout_table[0], &l, &e),
			 -ENOENT);
	assert_string_equal(e.text, "tests/layouts/none: No such file or directory");
	assert_int_equal(layout_from_dwarf("Makefile", &layout_table[0], &l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "Makefile: no DWARF"));
	assert_string_equal(l.version, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_version_takes_the_last_row_that_is_not_after_it),
		cmocka_unit_test(what_is_too_old_or_no_version_is_refused_with_a_sentence),
		cmocka_unit_test(the_rows_hold_what_was_seen_in_each_version),
		cmocka_unit_test(reasons_and_constants_follow_the_version),
		cmocka_unit_test(every_field_stands_within_its_structure),
		cmocka_unit_test(the_rows_and_nothing_odd_fit_the_readers),
		cmocka_unit_test(spelled_differently_or_not_a_field_is_there_in_some_version),
		cmocka_unit_test(the_rows_are_sorted_and_both_architectures_have_each),
		cmocka_unit_test(the_dwarf_of_the_go_that_is_here_says_what_its_row_says),
		cmocka_unit_test(without_dwarf_of_go_there_is_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
