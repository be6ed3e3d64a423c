#include "core/sample.h"

static const char *const source_names[SOURCE_COUNT] = {
	[SOURCE_MEMORY] = "memory",   [SOURCE_BPF] = "bpf",
	[SOURCE_PROC] = "proc",	      [SOURCE_PPROF] = "pprof",
	[SOURCE_METRICS] = "metrics", [SOURCE_EXPVAR] = "expvar",
	[SOURCE_HYSTRIX] = "hystrix", [SOURCE_PROMETHEUS] = "prometheus",
};

const char *source_name(enum source s)
{
	return s < SOURCE_COUNT ? source_names[s] : "none";
}

const char *source_state_name(enum source_state s)
{
	switch (s) {
	case SOURCE_OK:
		return "ok";
	case SOURCE_DENIED:
		return "denied";
	case SOURCE_FAILED:
		return "failed";
	case SOURCE_OFF:
		return "off";
	default:
		return "absent";
	}
}

int source_by_name(struct str name)
{
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (str_is(name, source_names[i]))
			return i;
	}
	return -1;
}
