/* What can be known of an arm64 program without running it: its tables, its variables, what its
 * code refers to, and how its stacks are walked. Built by whichever go is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/elf.h"
#include "collectors/gort/coderef.h"
#include "collectors/gort/elfmap.h"
#include "collectors/gort/locate.h"
#include "collectors/gort/pclntab.h"
#include "collectors/gort/unwind.h"

enum { CODE_MAX = 64 << 10, COMMAND_BYTES = 512 };

static char dir[] = P_tmpdir "/gmptop-arm64-XXXXXX", path[128];
static const char *why_not; /* the tests are skipped for this */

static struct program {
	struct elfmap elf;
	struct pclntab pclntab;
	const struct layout *layout;
	uint64_t text;
	const char *names[LOCATION_SYMBOLS];
	uint64_t at[LOCATION_SYMBOLS];
} program;

static bool load(struct program *p)
{
	char version[256];
	struct elf_section s;
	struct elf_symbols symbols;
	enum layout_match match;
	struct err e = { "" };
	size_t n = location_symbols(p->names);

	if (elfmap_open(&p->elf, path, "program", &e) < 0 ||
	    elf_go_version(path, version, sizeof(version), &e) < 0 ||
	    !elfmap_section(&p->elf, ".gopclntab", &s) ||
	    pclntab_init(&p->pclntab, &p->elf.file, (struct pcln_part){ s.at, s.bytes }, &e) < 0 ||
	    !elfmap_section(&p->elf, ".text", &s))
		return false;
	p->text = s.vaddr;
	p->layout = layout_find(version, p->elf.arch, &match, &e);
	elf_symbols_begin(&symbols, &p->elf, p->names, n, p->at);
	while (!elf_symbols_step(&symbols, 0))
		;
	return p->layout != NULL;
}

static int start(void **state)
{
	char command[COMMAND_BYTES];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/program", dir);
	snprintf(command, sizeof(command),
		 "cd tests/fixtures/gort/program && GOARCH=arm64 CGO_ENABLED=0 GOTOOLCHAIN=local "
		 "GOFLAGS=-buildvcs=false go build -o %s . >/dev/null 2>&1",
		 path);
	if (system("go version >/dev/null 2>&1") != 0)
		why_not = "there is no go to build a program with";
	else if (system(command) != 0)
		why_not = "go cannot build for arm64 here";
	else if (!load(&program))
		return -1;
	return 0;
}

static int stop(void **state)
{
	char command[COMMAND_BYTES];

	(void)state;
	if (!why_not) {
		pclntab_release(&program.pclntab);
		elfmap_close(&program.elf);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct program *need_program(void)
{
	if (why_not) {
		print_message("%s\n", why_not);
		skip();
	}
	return &program;
}

/* Text offsets of a function that must be there. */
static int func_named(struct program *p, const char *name, uint32_t *ret_from, uint32_t *ret_to)
{
	int func;
	struct pcln_search *s = pcln_search_new(&p->pclntab, &name, 1, &func);

	while (!pcln_search_step(s, 0))
		;
	pcln_search_free(s);
	if (func < 0 || !pclntab_bounds(&p->pclntab, func, ret_from, ret_to))
		fail_msg("%s is not there", name);
	return func;
}

static void its_tables_are_those_of_arm64(void **state)
{
	struct program *p = need_program();

	(void)state;
	assert_int_equal(p->elf.arch, ARCH_ARM64);
	assert_int_equal(p->layout->arch, ARCH_ARM64);
	assert_int_equal(p->pclntab.quantum, 4);
	for (size_t i = 0; i < LOCATION_SYMBOLS; i++) {
		if (!p->at[i])
			fail_msg("%s has no symbol", p->names[i]);
	}
}

struct refers {
	uint64_t from, to;
	bool found;
};

static void note(void *ctx, uint64_t target)
{
	struct refers *r = ctx;

	r->found = r->found || (target >= r->from && target < r->to);
}

static void its_code_refers_to_each_variable(void **state)
{
	static const struct {
		enum location what;
		const char *func;
		enum layout_field size; /* of a structure, of which any field counts; 0: a word */
	} rows[] = {
		{ LOC_ALLGS, "runtime.allgadd", 0 },
		{ LOC_ALLGLEN, "runtime.allgadd", 0 },
		{ LOC_ALLGPTR, "runtime.allgadd", 0 },
		{ LOC_ALLP, "runtime.procresize", 0 },
		{ LOC_ALLM, "runtime.mcommoninit", 0 },
		{ LOC_SCHED, "runtime.schedtrace", LAYOUT_SCHED_SIZE },
		{ LOC_GOMAXPROCS, "runtime.procresize", 0 },
		{ LOC_GC_CONTROLLER, "runtime.gcMarkTermination", LAYOUT_GC_SIZE },
		{ LOC_MEMSTATS, "runtime.gcMarkTermination", LAYOUT_MSTATS_SIZE },
		{ LOC_GCPHASE, "runtime.gcSweep", 0 },
		{ LOC_MHEAP, "runtime.gcSweep", LAYOUT_HEAP_SIZE },
	};
	static char code[CODE_MAX];
	struct program *p = need_program();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t addr = p->at[rows[i].what], file_at;
		int32_t size = rows[i].size ? p->layout->at[rows[i].size] : 0;
		struct refers r = { addr, addr + (uint64_t)(size > 0 ? size : 1), false };
		uint32_t from, to;

		func_named(p, rows[i].func, &from, &to);
		assert_true(to - from <= CODE_MAX);
		assert_true(elfmap_offset(&p->elf, p->text + from, to - from, &file_at));
		assert_true(filecache_read(&p->elf.file, file_at, code, to - from));
		coderef_scan(ARCH_ARM64, code, to - from, p->text + from, note, &r);
		if (!r.found)
			fail_msg("%s is not seen to refer to %s", rows[i].func,
				 location_name(rows[i].what));
	}
}

/* ---- stacks ---- */

static int32_t sp_delta(void *arg, uint64_t pc, bool *ret_top)
{
	struct program *p = arg;
	uint32_t off = (uint32_t)(pc - p->text);

	return pclntab_sp_delta(&p->pclntab, pclntab_func(&p->pclntab, off), off, ret_top);
}

static void its_stacks_are_walked_by_link_register_and_frames(void **state)
{
	struct program *p = need_program();
	const struct code code = { .arg = p, .sp_delta = sp_delta };
	const struct unwinder u = { &code, true, UNWIND_MAX };
	uint64_t stack[128] = { 0 }, sp = 0x10000, park, goexit;
	struct unwind_window w = { sp, (const uint8_t *)stack, sizeof(stack) };
	uint32_t from, to, into = 0, exit_from, exit_to;
	struct unwind_pcs pcs;
	int32_t delta = 0;
	bool top;

	(void)state;
	func_named(p, "main.park", &from, &to);
	func_named(p, "runtime.goexit", &exit_from, &exit_to);
	park = p->text + from;
	goexit = p->text + exit_from + 4;
	assert_int_equal(sp_delta(p, park, &top), 0);
	while (from + into < to && (delta = sp_delta(p, park + into, &top)) == 0)
		into += 4;
	assert_true(delta > 0 && delta % 16 == 0);
	assert_false(top);
	stack[0] = goexit; /* where its frame keeps what was in the link register */
	assert_int_equal(unwind(&u, &(struct unwind_start){ park + into, sp, 0 }, &w, &pcs),
			 UNWIND_TOP);
	assert_int_equal(pcs.n, 2);
	assert_int_equal(pcs.pc[1], goexit);
	/* Before it has a frame. */
	stack[0] = 0;
	assert_int_equal(unwind(&u, &(struct unwind_start){ park, sp, goexit }, &w, &pcs),
			 UNWIND_TOP);
	assert_int_equal(pcs.n, 2);
}

static void its_frames_have_names_and_lines(void **state)
{
	struct program *p = need_program();
	uint32_t from, to;
	struct frame f[4];
	int func = func_named(p, "main.park", &from, &to);

	(void)state;
	assert_int_equal(pclntab_frames(&p->pclntab, func, from, f, 4), 1);
	assert_true(str_is(f[0].func, "main.park"));
	assert_int_equal(f[0].line, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_tables_are_those_of_arm64),
		cmocka_unit_test(its_code_refers_to_each_variable),
		cmocka_unit_test(its_stacks_are_walked_by_link_register_and_frames),
		cmocka_unit_test(its_frames_have_names_and_lines),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
