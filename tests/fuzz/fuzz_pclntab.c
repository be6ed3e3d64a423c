/* A pclntab, then in two bytes where its inline trees begin: whatever it says, each question has an
 * answer, and the answers agree. */
#include "collectors/gort/pclntab.h"

#include "tests/fuzz/gort_kit.h"

enum { ASKED_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ask(struct pclntab *t, int func, uint32_t off)
{
	struct frame frames[PCLN_FRAMES_MAX];
	bool top = false;
	size_t n = pclntab_frames(t, func, off, frames, PCLN_FRAMES_MAX);

	kit_check(n <= PCLN_FRAMES_MAX);
	for (size_t i = 0; i < n; i++) {
		kit_touch(frames[i].func);
		kit_touch(frames[i].file);
	}
	if (n > 0 && n < PCLN_FRAMES_MAX && t->wrapper < 0)
		kit_check(str_eq(frames[n - 1].func, pclntab_name(t, func)));
	pclntab_sp_delta(t, func, off, &top);
}

static void ask_all(struct pclntab *t)
{
	uint32_t start, end, step = t->n_funcs / ASKED_MAX + 1;

	for (uint32_t i = 0; i <= t->n_funcs; i += step) {
		int f;

		if (!pclntab_bounds(t, (int)i, &start, &end))
			continue;
		f = pclntab_func(t, start);
		kit_check(f >= -1 && f <= (int)t->n_funcs);
		ask(t, f, start);
		ask(t, (int)i, start);
		ask(t, (int)i, start + (end - start) / 2);
		ask(t, (int)i, end - 1);
	}
	ask(t, -1, 0);
}

static void find_names(struct pclntab *t)
{
	static const char *const names[] = { "runtime.gopark", "runtime.throw", "runtime.goready",
					     "runtime.wakep", "main.main" };
	int ret[sizeof(names) / sizeof(*names)];
	struct pcln_search *s = pcln_search_new(t, names, sizeof(names) / sizeof(*names), ret);

	while (!pcln_search_step(s, 0))
		;
	pcln_search_free(s);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		kit_check(ret[i] >= -1 && ret[i] < (int)t->n_funcs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct filecache file;
	struct pclntab t = { 0 };
	struct err e = { "" };
	uint16_t trees;

	if (n < sizeof(trees))
		return 0;
	n -= sizeof(trees);
	memcpy(&trees, data + n, sizeof(trees));
	filecache_init(&file, kit_file(data, n), n);
	if (pclntab_init(&t, &file, (struct pcln_part){ 0, n }, &e) == 0) {
		t.inline_trees = (struct pcln_part){ trees, n };
		ask_all(&t);
		t.wrapper = 23;
		ask_all(&t);
		find_names(&t);
	} else {
		kit_check(e.text[0] != '\0');
	}
	pclntab_release(&t);
	filecache_release(&file);
	return 0;
}
