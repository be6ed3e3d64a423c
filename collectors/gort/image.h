/* gort/image.h - a running Go program's binary: segments, load bias, symbol table if there is one,
 * pclntab (functions, lines, inlining, stack depth by pc; runtime/symtab.go,
 * internal/abi/symtab.go), moduledata. Read by pread through a small cache, so that a 100 MB binary
 * costs 2 MB. */
#ifndef GORT_IMAGE_H
#define GORT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/gort/layout.h"
#include "collectors/gort/remote.h"
#include "core/base/err.h"
#include "core/sample.h"

struct image;

/* Opens /proc/PID/exe. -ENOEXEC: not ELF, 32-bit, not Go, each with its sentence; -ENOTSUP: Go
 * before 1.18; -EACCES; -ESRCH. ignore_symbols: as if stripped (for tests). Borrows r. */
int image_open(struct remote *r, bool ignore_symbols, struct image **ret, struct err *e);
void image_close(struct image *im); /* NULL is fine */

const char *image_go_version(const struct image *im);
enum layout_arch image_arch(const struct image *im);

/* Steps go on until about until_ns of clock_mono_ns; UINT64_MAX: to the end. */

/* Looks for named variables in one pass over the symbols, before image_load_go; once for an image.
 * Borrows the names. True: it is over. */
bool image_find_symbols(struct image *im, const char *const *names, size_t n, uint64_t until_ns);
/* The runtime address of one that was looked for; 0: none, or stripped. */
uint64_t image_symbol(const struct image *im, const char *name);

#define IMAGE_MODULEDATA_SYMBOL "runtime.firstmoduledata" /* to be among them */

/* Finds pclntab and moduledata (symbol, section, magic, scan) and checks them. 1: there is more to
 * do; 0; -ENOENT with a sentence; -ESRCH, -EPERM. Once for an image. */
int image_load_go(struct image *im, const struct layout *l, uint64_t until_ns, struct err *e);

/* A word of moduledata, by layout field (LAYOUT_MODULEDATA_TEXT, …); 0: this Go has no such field.
 */
uint64_t image_moduledata(const struct image *im, enum layout_field f);

/* Whether an address is of Go's code; whether n bytes are of Go's variables (data, bss). */
bool image_in_text(const struct image *im, uint64_t pc);
bool image_in_data(const struct image *im, uint64_t addr, uint64_t n);

/* Bytes of the file at a runtime address (code, read-only data). False beyond the file's part. */
bool image_bytes(struct image *im, uint64_t addr, void *to, size_t n);

/* ---- functions ---- */

/* Index of the function that holds pc, or -1. The result stays valid as long as the image. */
int image_func(struct image *im, uint64_t pc);
/* Its first instruction's address, or 0; *ret_end: where the next function begins. */
uint64_t image_func_start(struct image *im, int func, uint64_t *ret_end);
/* The table of functions itself, for a search by name (pclntab.h). */
struct pclntab;
struct pclntab *image_pclntab(struct image *im);

/* Name of the function that holds pc, be it a wrapper that frames leave out; not an inlined one.
 * Borrowed for the image's life; empty: in no function. */
struct str image_func_name(struct image *im, uint64_t pc);

/* Frames of a pc, innermost inlined first; wrappers left out; pc is that of the instruction (for a
 * return address: one less). Strings are borrowed and interned for the image's life. Returns how
 * many. */
size_t image_frames(struct image *im, uint64_t pc, struct frame *ret, size_t max);

/* Bytes between SP and the return address at pc (pcsp), or -1: unknown. On arm64: from SP to the
 * caller's SP, the return address being at SP unless it is 0. *ret_top: the stack ends here
 * (TOPFRAME). Kept by pc, so that the second time costs next to nothing. */
int32_t image_sp_delta(struct image *im, uint64_t pc, bool *ret_top);

#endif
