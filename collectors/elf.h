/* elf.h - is this file a Go program, and how was it built? By libelf and pread, so that the
 * binary's pages are not counted as ours (a Go binary may have 100 MB).
 *
 * The file is foreign: counts, names and sizes in it are checked before memory is asked for. */
#ifndef ELF_H
#define ELF_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

/* `path` is usually /proc/PID/exe. Strings live in the arena. A 32-bit program is read as well.
 * -ENOEXEC: not an ELF file or not Go; -ENOTSUP: Go before 1.18; -EBADMSG, -E2BIG: its build
 * information is torn or absurd; -EACCES; -ENOENT; the line says why. */
int elf_build(const char *path, struct arena *a, struct build *ret, struct err *e);

/* Cheap: only whether it is Go and which version, for the picker. ret_go has room for n bytes
 * and gets a NUL; a longer version is cut. */
int elf_go_version(const char *path, char *ret_go, size_t n, struct err *e);

#endif
