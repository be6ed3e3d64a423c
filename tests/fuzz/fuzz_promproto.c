/* Pages of delimited protobuf, see prom_kit.h. */
#include "tests/fuzz/prom_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	fuzz_page(data, n, "application/vnd.google.protobuf; encoding=delimited");
	return 0;
}
