/* An ELF file that is also the memory of its process, from KIT_BASE on: its sections, symbols, Go's
 * tables, the search for the runtime's variables, and the check of the layout. The first byte says
 * which Go, and whether as if stripped. */
#include "collectors/gort/image_impl.h"
#include "collectors/gort/locate.h"
#include "collectors/gort/variables.h"

#include <stdio.h>

#include "tests/fuzz/gort_kit.h"

enum { STRIPPED = 8 }; /* of the first byte */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct layout *layout_of(uint8_t byte, enum layout_arch arch)
{
	static const char *const versions[] = { "go1.26.8", "go1.19.13", "go1.27.0", "go1.22.1" };
	enum layout_match match;

	return layout_find(versions[byte % 4], arch, &match, NULL);
}

static void ask_functions(struct image *im)
{
	struct frame frames[PCLN_FRAMES_MAX];

	for (int i = 0; i < 16; i++) {
		uint64_t end, start = image_func_start(im, i, &end);
		bool top;

		if (!start)
			break;
		kit_touch(image_func_name(im, start));
		image_frames(im, start, frames, PCLN_FRAMES_MAX);
		image_sp_delta(im, start + 4, &top);
	}
}

static void locate(struct image *im, const struct layout *l, struct remote *r)
{
	struct locator *s = locator_new(im, l, r);
	struct locations at;
	struct err e = { "" };
	char why[160];

	if (locator_step(s, UINT64_MAX, &at, &e) == 0)
		layout_check(im, l, r, &at, why, sizeof(why));
	locator_free(s);
}

static void name_variables(struct image *im)
{
	struct variable vars[4] = { { .addr = KIT_BASE }, { .addr = KIT_BASE + 0x1800 } };
	uint64_t at = 0;

	vars[2].addr = KIT_BASE + 0x1808;
	vars[3].addr = UINT64_MAX;
	while (variables_step(im, &at, vars, 4))
		;
	for (int i = 0; i < 4; i++)
		kit_touch(str_of(vars[i].name));
}

static void read_image(struct image *im, uint8_t which)
{
	const struct layout *l = layout_of(which, im->elf.arch);
	const char *names[LOCATION_SYMBOLS];
	struct err e = { "" };

	im->ignore_symbols = which & STRIPPED;
	im->bias = KIT_BASE - im->elf.segs[0].vaddr;
	while (!image_find_symbols(im, names, location_symbols(names), 0))
		;
	name_variables(im);
	if (image_load_go(im, l, UINT64_MAX, &e) < 0)
		return;
	ask_functions(im);
	locate(im, l, im->r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct remote r = { .pid = getpid() };
	struct image *im;
	struct err e = { "" };
	char path[32];
	int fd;

	if (n < 1 || n - 1 > KIT_BYTES)
		return 0;
	kit_memory(data + 1, n - 1);
	fd = kit_file(data + 1, n - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	im = calloc(1, sizeof(*im));
	im->r = &r;
	if (elfmap_open(&im->elf, path, "it", &e) == 0)
		read_image(im, data[0]);
	else
		kit_check(e.text[0] != '\0');
	image_close(im);
	close(fd);
	return 0;
}
