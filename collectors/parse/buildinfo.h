/* parse/buildinfo.h - what `go version -m` prints, from the text that the linker leaves in a
 * binary (debug/buildinfo, runtime/debug/mod.go; the inline form of Go 1.18 and later). Pure. */
#ifndef PARSE_BUILDINFO_H
#define PARSE_BUILDINFO_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/sample.h"

#define BUILDINFO_MAGIC "\xff Go buildinf:"

enum {
	BUILDINFO_ALIGN = 16,	   /* of the magic, in its section or segment */
	BUILDINFO_MAX = 1 << 20,   /* bytes from the magic that a caller need read */
	BUILDINFO_DEPS_MAX = 4096, /* refused above, as all these limits */
	BUILDINFO_SETTINGS_MAX = 512,
	BUILDINFO_VERSION_MAX = 256,   /* of the "go1.26.1 X:…" string */
	BUILDINFO_VERSION_BYTES = 512, /* from the magic, enough for parse_buildinfo_version */
};

/* The blob that starts with BUILDINFO_MAGIC; what follows it is ignored. Fills go, path, module,
 * version, vcs_*, deps and settings (stripped is not in it: false; nor is cgo: -1); strings live
 * in the arena. A module text that is not framed counts as none, as in Go.
 * -EBADMSG: no such blob or torn; -E2BIG: above a limit; -ENOTSUP: the pointer form of Go
 * before 1.18. */
int parse_buildinfo(const void *blob, size_t len, struct arena *a, struct build *ret,
		    struct err *e);

/* Only the version, borrowed from the blob, of which BUILDINFO_VERSION_BYTES are enough. */
int parse_buildinfo_version(const void *blob, size_t len, struct str *ret, struct err *e);

#endif
