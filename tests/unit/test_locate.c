#include "collectors/gort/image_impl.h"
#include "collectors/gort/locate.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/gort/coderef.h"
#include "collectors/gort/elfmap.h"
#include "collectors/gort/pclntab.h"

/* A Go program, built by whichever go is there, in several ways. */
struct target {
	const char *flags;
	pid_t pid;
	char path[128];
	struct remote r;
	struct image *im;
	const struct layout *l;
	const char *symbols[LOCATION_SYMBOLS];
};

static struct target targets[] = {
	{ .flags = "" },
	{ .flags = "-ldflags='-s -w'" },
	{ .flags = "-buildmode=pie" },
};
enum { TARGETS = sizeof(targets) / sizeof(*targets), COMMAND_BYTES = 512 };

static char dir[] = P_tmpdir "/gmptop-locate-XXXXXX";
static const char *why_not; /* the tests on programs are skipped for this */

static bool build(struct target *t, size_t i)
{
	char command[COMMAND_BYTES];

	snprintf(t->path, sizeof(t->path), "%s/%zu", dir, i);
	snprintf(command, sizeof(command),
		 "cd tests/fixtures/gort/program && CGO_ENABLED=0 GOTOOLCHAIN=local "
		 "GOFLAGS=-buildvcs=false go build %s -o %s . >/dev/null 2>&1",
		 t->flags, t->path);
	return system(command) == 0;
}

/* Runs until its line has come. */
static bool run(struct target *t)
{
	int out[2];
	char line[16] = "";

	if (pipe(out) < 0)
		return false;
	t->pid = fork();
	if (t->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], 1);
		close(out[0]);
		execl(t->path, t->path, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], line, sizeof(line)) < 0)
		line[0] = '\0';
	close(out[0]);
	t->r.pid = t->pid;
	return strncmp(line, "ready", 5) == 0;
}

static int start(void **state)
{
	char byte;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	if (system("go version >/dev/null 2>&1") != 0)
		why_not = "there is no go to build a program with";
	for (size_t i = 0; i < TARGETS && !why_not; i++) {
		if (!build(&targets[i], i))
			why_not = "go cannot build a program here";
		else if (!run(&targets[i]))
			why_not = "a program that go built does not run here";
	}
	if (!why_not && remote_read(&targets[0].r, 0x400000, &byte, 1) == -EPERM)
		why_not = "reading a child's memory is not allowed here";
	return 0;
}

static int stop(void **state)
{
	char command[COMMAND_BYTES];

	(void)state;
	for (size_t i = 0; i < TARGETS; i++) {
		image_close(targets[i].im);
		if (targets[i].pid > 0) {
			kill(targets[i].pid, SIGKILL);
			waitpid(targets[i].pid, NULL, 0);
		}
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct target *attach(size_t i, bool ignore_symbols)
{
	struct target *t = &targets[i];
	enum layout_match match;
	struct err e = { "" };
	size_t n;
	int r;

	if (why_not) {
		print_message("%s\n", why_not);
		skip();
	}
	image_close(t->im);
	t->im = NULL;
	if (image_open(&t->r, ignore_symbols, &t->im, &e) < 0)
		fail_msg("%s: %s", t->flags, e.text);
	n = location_symbols(t->symbols);
	while (!image_find_symbols(t->im, t->symbols, n, 0))
		;
	t->l = layout_find(image_go_version(t->im), image_arch(t->im), &match, &e);
	if (!t->l)
		fail_msg("%s: %s", t->flags, e.text);
	do {
		r = image_load_go(t->im, t->l, 0, &e);
	} while (r == 1);
	if (r < 0)
		fail_msg("%s: %s", t->flags, e.text);
	return t;
}

static void find_funcs(struct target *t, const char *const *names, size_t n, int *ret)
{
	struct pcln_search *s = pcln_search_new(image_pclntab(t->im), names, n, ret);

	while (!pcln_search_step(s, 0))
		;
	pcln_search_free(s);
}

static void must_locate(struct target *t, struct locations *ret)
{
	struct err e = { "" };
	int r = -EAGAIN;

	struct locator *s = locator_new(t->im, t->l, &t->r);

	for (int try = 0; try < 10000 && (r == -EAGAIN || r == 1); try++)
		r = locator_step(s, 0, ret, &e);
	locator_free(s);
	if (r != 0)
		fail_msg("%s: %s", t->flags, e.text);
}

static void code_leads_to_the_same_places_as_symbols(void **state)
{
	static const size_t with_symbols[] = { 0, 2 };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct locations by_symbol, by_code;

		must_locate(attach(with_symbols[k], false), &by_symbol);
		must_locate(attach(with_symbols[k], true), &by_code);
		for (enum location i = 0; i < LOC_COUNT; i++) {
			if (by_symbol.at[i] != by_code.at[i] || !by_symbol.at[i])
				fail_msg("%s %s: symbol %lx, code %lx",
					 targets[with_symbols[k]].flags, location_name(i),
					 by_symbol.at[i], by_code.at[i]);
			assert_string_equal(by_symbol.how[i], "symbol");
			assert_string_equal(by_code.how[i], "code");
		}
	}
}

static void a_stripped_program_is_located_whole(void **state)
{
	struct target *t = attach(1, false);
	struct locations at;

	(void)state;
	assert_int_equal(image_symbol(t->im, "runtime.allgs"), 0);
	must_locate(t, &at);
	for (enum location i = 0; i < LOC_COUNT; i++) {
		if (!at.at[i])
			fail_msg("%s was not found", location_name(i));
	}
}

static void the_layout_fits_the_process(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARGETS; i++) {
		struct target *t = attach(i, true);
		struct locations at;
		char why[128];

		must_locate(t, &at);
		if (layout_check(t->im, t->l, &t->r, &at, why, sizeof(why)) != 0)
			fail_msg("%s: %s", t->flags, why);
		assert_string_equal(why, "");
	}
}

/* The runtime's variables are where the symbols say, whatever stands there. */
static void a_list_longer_than_memory_is_no_list(void **state)
{
	static uint64_t list[3], sched[4096];
	struct remote r = { .pid = getpid() };
	struct locations at = { .at = { [LOC_ALLGS] = (uint64_t)(uintptr_t)list,
					[LOC_SCHED] = (uint64_t)(uintptr_t)sched } };
	enum layout_match match;
	const struct layout *l = layout_find("go1.26.8", ARCH_AMD64, &match, NULL);
	struct image *im = calloc(1, sizeof(*im));
	char why[128];

	(void)state;
	list[0] = at.at[LOC_ALLGS];
	list[1] = list[2] = UINT64_MAX;
	assert_true(layout_check(im, l, &r, &at, why, sizeof(why)) & CHECK_G);
	free(im);
}

/* Of these fields at least one group of each must be missed when it stands elsewhere. */
static void a_layout_that_does_not_fit_is_noticed(void **state)
{
	static const struct {
		enum layout_field field;
		unsigned group;
	} rows[] = {
		{ LAYOUT_G_GOPC, CHECK_G },
		{ LAYOUT_G_STARTPC, CHECK_G },
		{ LAYOUT_G_WAITING, CHECK_G },
		{ LAYOUT_M_ALLLINK, CHECK_M },
		{ LAYOUT_M_PROCID, CHECK_M },
		{ LAYOUT_P_M, CHECK_P },
		{ LAYOUT_SCHED_MNEXT, CHECK_SCHED },
		{ LAYOUT_GC_HEAPMINIMUM, CHECK_GC },
		{ LAYOUT_MSTATS_PAUSE_END, CHECK_GC },
		{ LAYOUT_MSTATS_NUMGC, CHECK_HISTOGRAM },
	};
	struct target *t = attach(0, false);
	struct locations at;

	(void)state;
	must_locate(t, &at);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct layout moved = *t->l;
		char why[128];
		unsigned failed;

		moved.at[rows[i].field] += 8;
		failed = layout_check(t->im, &moved, &t->r, &at, why, sizeof(why));
		if (!(failed & rows[i].group) || !why[0])
			fail_msg("row %zu: failed %x, want %x in it; \"%s\"", i, failed,
				 rows[i].group, why);
	}
}

static void frames_name_the_function_and_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < TARGETS; i++) {
		struct target *t = attach(i, true);
		const char *names[] = { "main.park", "runtime.goexit", "main.none" };
		struct frame f[4];
		uint64_t end, start;
		int func[3];
		bool top;

		find_funcs(t, names, 3, func);
		assert_int_equal(func[2], -1);
		start = image_func_start(t->im, func[0], &end);
		assert_true(start && end > start && image_in_text(t->im, start));
		assert_int_equal(image_func(t->im, end - 1), func[0]);
		assert_int_equal(image_frames(t->im, start, f, 4), 1);
		assert_true(str_is(f[0].func, "main.park"));
		assert_true(str_ends(f[0].file, "gort/program/main.go"));
		assert_int_equal(f[0].line, 11);
		assert_int_equal(image_sp_delta(t->im, start, &top), 0);
		assert_false(top);
		assert_int_equal(image_sp_delta(t->im, start, &top), 0); /* from its cache */
		start = image_func_start(t->im, func[1], &end);
		image_sp_delta(t->im, start + 1, &top);
		assert_true(top);
		assert_int_equal(image_func(t->im, 0), -1);
		assert_int_equal(image_frames(t->im, 8, f, 4), 0);
	}
}

static void wait_reasons_are_the_targets_own(void **state)
{
	struct target *t = attach(1, false);
	struct locations at;
	struct arena a = { 0 };
	struct str words[64];
	size_t n, k;

	(void)state;
	must_locate(t, &at);
	n = locate_wait_reasons(&t->r, &at, &a, words, 64);
	for (k = 0; t->l->wait_reasons[k]; k++) {
		assert_true(k < n);
		assert_true(str_is(words[k], t->l->wait_reasons[k]));
	}
	assert_true(k > 20);
	arena_release(&a);
}

static void what_is_not_a_go_program_is_refused(void **state)
{
	struct remote r = { .pid = getpid() };
	struct image *im = NULL;
	struct err e = { "" };
	pid_t pid = fork();

	(void)state;
	assert_int_equal(image_open(&r, false, &im, &e), -ENOEXEC);
	assert_non_null(strstr(e.text, "not a Go program"));
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	r.pid = pid;
	assert_int_equal(image_open(&r, false, &im, &e), -ESRCH);
	assert_non_null(strstr(e.text, "has ended"));
	assert_null(im);
}

static void a_foreign_executable_is_refused_with_its_kind(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
		const char *says;
	} rows[] = {
		{ EI_MAG0, 'M', "not an ELF file" },
		{ EI_CLASS, ELFCLASS32, "32-bit" },
		{ EI_DATA, ELFDATA2MSB, "big-endian" },
		{ offsetof(Elf64_Ehdr, e_machine), EM_RISCV, "amd64 and arm64" },
		{ offsetof(Elf64_Ehdr, e_phnum), 0, "not an executable" },
		{ offsetof(Elf64_Ehdr, e_phnum), 9, "torn or absurd" },
	};
	struct {
		Elf64_Ehdr h;
		Elf64_Phdr p;
	} file = {
		.h = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
		       .e_machine = EM_X86_64,
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 1,
		       .e_phoff = sizeof(Elf64_Ehdr) },
		.p = { .p_type = PT_LOAD, .p_memsz = 4096, .p_filesz = 100 },
	};
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/elf", dir);
	for (size_t i = 0; i <= sizeof(rows) / sizeof(*rows); i++) {
		bool broken = i < sizeof(rows) / sizeof(*rows);
		char bytes[sizeof(file)];
		FILE *f = fopen(path, "w");
		struct elfmap m;
		struct err e = { "" };

		memcpy(bytes, &file, sizeof(file));
		if (broken)
			bytes[rows[i].at] = (char)rows[i].byte;
		assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
		fclose(f);
		assert_int_equal(elfmap_open(&m, path, "process 7", &e), broken ? -ENOEXEC : 0);
		if (broken && !strstr(e.text, rows[i].says))
			fail_msg("\"%s\" lacks \"%s\"", e.text, rows[i].says);
		if (!broken)
			elfmap_close(&m);
	}
}

struct seen {
	uint64_t at[64];
	size_t n;
};

static void note(void *ctx, uint64_t target)
{
	struct seen *s = ctx;

	if (s->n < 64)
		s->at[s->n++] = target;
}

static bool saw(const struct seen *s, uint64_t at)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i] == at)
			return true;
	}
	return false;
}

static void amd64_code_tells_what_it_refers_to(void **state)
{
	static const unsigned char code[] = {
		0x48, 0x8b, 0x0d, 0xf9, 0x0f, 0x00, 0x00,	   /* mov rcx, [rip+0xff9] */
		0x83, 0x3d, 0xf2, 0xff, 0xff, 0xff, 0x02,	   /* cmp dword [rip-0xe], 2 */
		0xc7, 0x05, 0xe8, 0x0f, 0x00, 0x00, 1,	  0, 0, 0, /* mov dword [rip+0xfe8], 1 */
		0x66, 0x83, 0x05, 0x00, 0x10, 0x00,		   /* cut off */
	};
	struct seen s = { .n = 0 };

	(void)state;
	coderef_scan(ARCH_AMD64, code, sizeof(code), 0x400000, note, &s);
	assert_true(saw(&s, 0x400007 + 0xff9));
	assert_true(saw(&s, 0x40000e - 0xe));
	assert_true(saw(&s, 0x400018 + 0xfe8));
	assert_false(saw(&s, 0x40001e + 0x1000));
}

/* adrp x27, page; add x27, x27, #off; and the like, as Go 1.26 writes them. */
static void arm64_code_tells_what_it_refers_to(void **state)
{
	static const uint32_t code[] = {
		0xb000001b, /* adrp x27, 0x11000 ahead of 0x10000's page */
		0x9100437b, /* add x27, x27, #0x10 */
		0xf9400f7c, /* ldr x28, [x27, #0x18] */
		0xb9000b7c, /* str w28, [x27, #0x8] */
		0x3940077c, /* ldrb w28, [x27, #0x1] */
		0x08dfff7c, /* ldarb w28, [x27] */
		0xf0ffffe0, /* adrp x0, 1 page back */
		0xd503201f, /* nop */
		0xf9400401, /* ldr x1, [x0, #0x8] */
		0xf9400421, /* ldr x1, [x1, #0x8]: of another register */
	};
	struct seen s = { .n = 0 };

	(void)state;
	coderef_scan(ARCH_ARM64, code, sizeof(code), 0x10000, note, &s);
	assert_true(saw(&s, 0x11010));
	assert_true(saw(&s, 0x11018));
	assert_true(saw(&s, 0x11008));
	assert_true(saw(&s, 0x11001));
	assert_true(saw(&s, 0x11000));
	assert_true(saw(&s, 0xf008));
	assert_int_equal(s.n, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_leads_to_the_same_places_as_symbols),
		cmocka_unit_test(a_stripped_program_is_located_whole),
		cmocka_unit_test(the_layout_fits_the_process),
		cmocka_unit_test(a_layout_that_does_not_fit_is_noticed),
		cmocka_unit_test(a_list_longer_than_memory_is_no_list),
		cmocka_unit_test(frames_name_the_function_and_its_line),
		cmocka_unit_test(wait_reasons_are_the_targets_own),
		cmocka_unit_test(what_is_not_a_go_program_is_refused),
		cmocka_unit_test(a_foreign_executable_is_refused_with_its_kind),
		cmocka_unit_test(amd64_code_tells_what_it_refers_to),
		cmocka_unit_test(arm64_code_tells_what_it_refers_to),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
