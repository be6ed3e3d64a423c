/* Pages of Prometheus text, see prom_kit.h. */
#include "tests/fuzz/prom_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	fuzz_page(data, n, "text/plain; version=0.0.4");
	return 0;
}
