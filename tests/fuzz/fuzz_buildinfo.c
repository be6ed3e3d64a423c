#include <stddef.h>
#include <stdint.h>

#include "collectors/parse/buildinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct build b;
	struct err e;
	struct str go;

	parse_buildinfo_version(data, size, &go, &e);
	if (parse_buildinfo(data, size, &a, &b, &e) == 0 &&
	    (b.n_deps > BUILDINFO_DEPS_MAX || b.n_settings > BUILDINFO_SETTINGS_MAX))
		__builtin_trap();
	arena_release(&a);
	return 0;
}
