#include "collectors/gort/pclntab.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINE = 512, FUNCS = 64 };

/* A real table, cut down to a few functions, and what Go itself says of them: "func START NAME",
 * and "START|FRAME", the innermost frame from that text offset on. */
struct fixture {
	const char *name;
	int wrapper; /* this Go's internal/abi.FuncIDWrapper */
	FILE *says;
	struct filecache file;
	struct pclntab t;
	uint32_t starts[FUNCS];
	char names[FUNCS][LINE];
	size_t n;
};

static void open_fixture(struct fixture *f)
{
	char path[128], line[LINE];
	struct pcln_part where = { 0 };
	struct stat st;
	struct err e = { "" };
	int fd;

	snprintf(path, sizeof(path), "tests/fixtures/gort/%s.txt", f->name);
	f->says = fopen(path, "r");
	assert_non_null(f->says);
	snprintf(path, sizeof(path), "tests/fixtures/gort/%s.pclntab", f->name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	filecache_init(&f->file, fd, (uint64_t)st.st_size);
	while (fgets(line, sizeof(line), f->says) && !strchr(line, '|')) {
		line[strcspn(line, "\n")] = '\0';
		sscanf(line, "inline_trees %lx", &where.bytes);
		if (f->n < FUNCS &&
		    sscanf(line, "func %x %511[^\n]", &f->starts[f->n], f->names[f->n]) == 2)
			f->n++;
	}
	assert_int_equal(pclntab_init(&f->t, &f->file, where, &e), 0);
	f->t.inline_trees = (struct pcln_part){ where.bytes, (uint64_t)st.st_size - where.bytes };
	rewind(f->says);
}

static void find_named(struct pclntab *t, const char *const *names, size_t n, int *ret)
{
	struct pcln_search *s = pcln_search_new(t, names, n, ret);

	while (!pcln_search_step(s, 0))
		;
	pcln_search_free(s);
}

static void close_fixture(struct fixture *f)
{
	pclntab_release(&f->t);
	filecache_release(&f->file);
	fclose(f->says);
}

static struct fixture fixtures[] = {
	{ .name = "go1.26.8", .wrapper = 23 },
	{ .name = "go1.19.13", .wrapper = 21 },
};
enum { FIXTURES = sizeof(fixtures) / sizeof(*fixtures) };

static int open_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURES; i++)
		open_fixture(&fixtures[i]);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURES; i++)
		close_fixture(&fixtures[i]);
	return 0;
}

static void check_pc(struct fixture *f, uint32_t off, const char *want)
{
	struct frame frames[PCLN_FRAMES_MAX];
	size_t n = pclntab_frames(&f->t, pclntab_func(&f->t, off), off, frames, PCLN_FRAMES_MAX);
	char got[LINE];

	if (n == 0)
		fail_msg("%s %x: no frame, want %s", f->name, off, want);
	snprintf(got, sizeof(got), "%.*s@%.*s:%u", (int)frames[0].func.len, frames[0].func.p,
		 (int)frames[0].file.len, frames[0].file.p, frames[0].line);
	if (strcmp(got, want) != 0)
		fail_msg("%s %x: got %s, want %s", f->name, off, got, want);
}

static void every_pc_has_the_frame_that_go_tells(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURES; i++) {
		struct fixture *f = &fixtures[i];
		char line[LINE], want[LINE] = "";
		uint32_t next, off = 0, checked = 0;

		while (fgets(line, sizeof(line), f->says)) {
			char *bar = strchr(line, '|');

			line[strcspn(line, "\n")] = '\0';
			if (sscanf(line, "%x", &next) != 1 || strncmp(line, "func", 4) == 0)
				continue;
			for (; *want && off < next; off++, checked++)
				check_pc(f, off, want);
			off = next;
			snprintf(want, sizeof(want), "%s", bar ? bar + 1 : "");
		}
		assert_true(checked > 2000);
		rewind(f->says);
	}
}

static void functions_are_found_by_pc_and_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURES; i++) {
		struct fixture *f = &fixtures[i];
		const char *names[] = { "main.deep", "runtime.goexit", "no.such", "main" };
		int got[4];
		uint32_t start, end;

		for (size_t k = 0; k < f->n; k++) {
			assert_int_equal(pclntab_func(&f->t, f->starts[k]), k);
			assert_int_equal(pclntab_func(&f->t, f->starts[k] - 1), (int)k - 1);
			assert_true(pclntab_bounds(&f->t, (int)k, &start, &end));
			assert_int_equal(start, f->starts[k]);
			assert_true(k + 1 == f->n || end == f->starts[k + 1]);
		}
		assert_int_equal(pclntab_func(&f->t, UINT32_MAX), -1);
		find_named(&f->t, names, 4, got);
		assert_true(got[0] >= 0 && got[1] >= 0);
		assert_string_equal(f->names[got[0]], "main.deep");
		assert_string_equal(f->names[got[1]], "runtime.goexit");
		assert_int_equal(got[2], -1);
		assert_int_equal(got[3], -1);
	}
}

/* The frames of main.deep where it receives: main.small and main.tiny are inlined into it. */
static void inlined_calls_are_told_innermost_first(void **state)
{
	static const char *const want[] = { "main.tiny", "main.small", "main.deep" };

	(void)state;
	for (size_t i = 0; i < FIXTURES; i++) {
		struct fixture *f = &fixtures[i];
		const char *name = "main.deep";
		struct frame frames[4];
		uint32_t start, end, seen = 0;
		int func;

		find_named(&f->t, &name, 1, &func);
		assert_true(pclntab_bounds(&f->t, func, &start, &end));
		for (uint32_t off = start; off < end; off++) {
			size_t n = pclntab_frames(&f->t, func, off, frames, 4);

			if (n == 0 || !str_is(frames[0].func, want[0]))
				continue;
			assert_int_equal(n, 3);
			for (size_t k = 0; k < 3; k++)
				assert_true(str_is(frames[k].func, want[k]));
			assert_true(frames[0].line > frames[1].line);
			assert_int_equal(pclntab_frames(&f->t, func, off, frames, 2), 2);
			seen++;
		}
		assert_true(seen > 0);
	}
}

static void wrappers_are_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURES; i++) {
		struct fixture *f = &fixtures[i];
		size_t with = 0, without = 0;
		struct frame frame;

		for (size_t k = 0; k < f->n; k++)
			with += pclntab_frames(&f->t, (int)k, f->starts[k], &frame, 1);
		f->t.wrapper = f->wrapper;
		for (size_t k = 0; k < f->n; k++)
			without += pclntab_frames(&f->t, (int)k, f->starts[k], &frame, 1);
		f->t.wrapper = -1;
		assert_int_equal(with, f->n);
		assert_true(without < with && without > 0);
	}
}

static void the_stack_depth_is_known_and_ends_at_goexit(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURES; i++) {
		struct fixture *f = &fixtures[i];
		const char *names[] = { "main.deep", "runtime.goexit" };
		int func[2], deepest = 0;
		uint32_t start, end;
		bool top = true;

		find_named(&f->t, names, 2, func);
		assert_true(pclntab_bounds(&f->t, func[0], &start, &end));
		assert_int_equal(pclntab_sp_delta(&f->t, func[0], start, &top), 0);
		assert_false(top);
		for (uint32_t off = start; off < end; off++) {
			int d = pclntab_sp_delta(&f->t, func[0], off, &top);

			deepest = d > deepest ? d : deepest;
		}
		assert_true(deepest > 512 && deepest < 1024); /* it has an array of 512 bytes */
		assert_true(pclntab_bounds(&f->t, func[1], &start, &end));
		pclntab_sp_delta(&f->t, func[1], start + 1, &top);
		assert_true(top);
	}
}

static void generic_names_are_short_as_in_tracebacks(void **state)
{
	struct fixture *f = &fixtures[0];

	(void)state;
	for (size_t k = 0; k < f->n; k++) {
		struct frame frame;

		if (strncmp(f->names[k], "main.(*pair[", 12) != 0)
			continue;
		assert_int_equal(pclntab_frames(&f->t, (int)k, f->starts[k], &frame, 1), 1);
		assert_true(str_is(frame.func, "main.(*pair[...]).wait"));
		return;
	}
	fail_msg("no generic function in the fixture");
}

static void a_foreign_header_is_refused(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
		int want;
	} rows[] = {
		{ 0, 0xfb, -ENOTSUP }, /* Go 1.2 */
		{ 0, 0xfa, -ENOTSUP }, /* Go 1.16 */
		{ 0, 0xf2, -EBADMSG }, /* one to come */
		{ 4, 1, -EBADMSG },    { 6, 2, -EBADMSG },  { 7, 4, -EBADMSG },
		{ 15, 1, -EBADMSG },   { 32, 0, -EBADMSG }, { 46, 1, -EBADMSG },
	};
	char h[PCLN_HEADER_BYTES];
	struct pcln_header parsed;
	struct err e;

	(void)state;
	assert_true(filecache_read(&fixtures[0].file, 0, h, sizeof(h)));
	assert_int_equal(pcln_header_parse(h, &parsed, &e), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char broken[PCLN_HEADER_BYTES];

		memcpy(broken, h, sizeof(h));
		broken[rows[i].at] = (char)rows[i].byte;
		if (pcln_header_parse(broken, &parsed, &e) != rows[i].want)
			fail_msg("byte %zu = %d was not refused", rows[i].at, rows[i].byte);
	}
}

/* Whatever byte of a table is wrong: an answer or none, but nothing is read beyond it. */
static void a_broken_table_gives_wrong_frames_at_worst(void **state)
{
	struct fixture *f = &fixtures[0];
	size_t n = f->file.bytes;
	char *bytes = malloc(n);
	struct pcln_part trees = f->t.inline_trees;

	(void)state;
	assert_true(filecache_read(&f->file, 0, bytes, n));
	for (size_t i = 0; i < n; i += 3) {
		FILE *tmp = tmpfile();
		struct pclntab t = { 0 };
		struct filecache file;
		struct frame frames[8];
		struct err e;
		bool top;
		char was = bytes[i];

		assert_non_null(tmp);
		bytes[i] = (char)(was ^ 0xff);
		assert_int_equal(fwrite(bytes, 1, n, tmp), n);
		fflush(tmp);
		bytes[i] = was;
		filecache_init(&file, dup(fileno(tmp)), n);
		if (pclntab_init(&t, &file, (struct pcln_part){ 0, trees.at }, &e) == 0) {
			t.inline_trees = trees;
			for (size_t k = 0; k < f->n; k++) {
				int func = pclntab_func(&t, f->starts[k] + 40);

				pclntab_frames(&t, func, f->starts[k] + 40, frames, 8);
				pclntab_sp_delta(&t, func, f->starts[k] + 40, &top);
			}
		}
		pclntab_release(&t);
		filecache_release(&file);
		fclose(tmp);
	}
	free(bytes);
}

/* One function, whose stack depth is told after so many steps that go nowhere. */
static int32_t delta_after(size_t steps)
{
	enum { NAMES = 72, PCS = NAMES + 8, FUNC = 16, FUNC_BYTES = 44, TAIL = 64 };
	size_t pcs_bytes = 1 + 2 * steps + 8, funcs = PCS + pcs_bytes, n = funcs + FUNC + TAIL;
	uint8_t *b = calloc(1, n);
	uint64_t head[] = { 0x08010000fffffff1, 1, 0, 0, NAMES, NAMES, NAMES, PCS, funcs };
	uint32_t ftab[] = { 0, FUNC, 0x100 }, pcsp = 1;
	struct pclntab t = { 0 };
	struct filecache file;
	struct err e = { "" };
	int32_t delta;
	bool top;
	int fd = memfd_create("pclntab", MFD_CLOEXEC);

	memcpy(b, head, sizeof(head));
	memcpy(b + funcs, ftab, sizeof(ftab));
	memcpy(b + funcs + FUNC + 16, &pcsp, sizeof(pcsp));
	for (size_t i = 0; i < steps; i++)
		b[PCS + 1 + 2 * i] = 2; /* one deeper, no pc further */
	b[PCS + 1 + 2 * steps] = 2;
	b[PCS + 2 + 2 * steps] = 0x7f; /* bytes of code with this depth */
	assert_int_equal(pwrite(fd, b, n, 0), n);
	filecache_init(&file, fd, n);
	assert_int_equal(pclntab_init(&t, &file, (struct pcln_part){ 0, n }, &e), 0);
	assert_int_equal(pclntab_func(&t, 0x10), 0);
	delta = pclntab_sp_delta(&t, 0, 0x10, &top);
	pclntab_release(&t);
	filecache_release(&file);
	free(b);
	return delta;
}

static void a_table_that_hardly_ends_is_given_up(void **state)
{
	(void)state;
	assert_int_equal(delta_after(0), 0);
	assert_int_equal(delta_after(1000), 1000);
	assert_int_equal(delta_after(4000000), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pc_has_the_frame_that_go_tells),
		cmocka_unit_test(functions_are_found_by_pc_and_by_name),
		cmocka_unit_test(inlined_calls_are_told_innermost_first),
		cmocka_unit_test(wrappers_are_left_out),
		cmocka_unit_test(the_stack_depth_is_known_and_ends_at_goexit),
		cmocka_unit_test(generic_names_are_short_as_in_tracebacks),
		cmocka_unit_test(a_foreign_header_is_refused),
		cmocka_unit_test(a_broken_table_gives_wrong_frames_at_worst),
		cmocka_unit_test(a_table_that_hardly_ends_is_given_up),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
