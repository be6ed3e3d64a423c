/* Pages of OpenMetrics, see prom_kit.h. */
#include "tests/fuzz/prom_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	fuzz_page(data, n, "application/openmetrics-text; version=1.0.0");
	return 0;
}
