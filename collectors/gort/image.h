/* gort/image.h - a running Go program's binary: segments, load bias, symbol table if there is one,
 * pclntab (functions, lines, inlining, stack depth by pc; runtime/symtab.go, internal/abi/symtab.go),
 * moduledata. Read by pread through a small cache, so that a 100 MB binary costs 1-2 MB. */
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

/* Opens /proc/PID/exe. -ENOEXEC: not ELF, 32-bit, not Go, or a Go too old, each with its sentence;
 * -EACCES; -ESRCH. ignore_symbols: as if stripped (for tests). */
int image_open(struct remote *r, bool ignore_symbols, struct image **ret, struct err *e);
void image_close(struct image *im); /* NULL is fine */

const char *image_go_version(const struct image *im);
enum layout_arch image_arch(const struct image *im);
uint64_t image_symbol(struct image *im, const char *name); /* runtime address; 0: none or stripped */

/* Finds pclntab and moduledata (symbol, section, magic, scan) and checks them. -ENOENT with a sentence. */
int image_load_go(struct image *im, const struct layout *l, struct err *e);

/* A word of moduledata, by layout field (LAYOUT_MODULEDATA_TEXT, …). */
uint64_t image_moduledata(const struct image *im, enum layout_field f);

/* Bytes of the file at a runtime address (code, read-only data). False beyond the file's part. */
bool image_bytes(struct image *im, uint64_t addr, void *to, size_t n);

/* ---- functions ---- */

/* Index of the function that holds pc, or -1. The result stays valid as long as the image. */
int image_func(struct image *im, uint64_t pc);
uint64_t image_func_start(struct image *im, int func, uint64_t *ret_end);
/* Indices of the named functions in one pass over the table; -1 for those that are not linked in. */
void image_funcs_named(struct image *im, const char *const *names, size_t n, int *ret);

/* Frames of a pc, innermost inlined first; wrappers left out; pc is that of the instruction (for a return
 * address: one less). Strings are borrowed and interned for the image's life. Returns how many. */
size_t image_frames(struct image *im, uint64_t pc, struct frame *ret, size_t max);

/* Bytes between SP and the return address at pc (pcsp), or -1. *ret_top: the stack ends here (TOPFRAME). */
int32_t image_sp_delta(struct image *im, uint64_t pc, bool *ret_top);

#endif
