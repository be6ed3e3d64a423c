/* sampling.h - runs the loop for a number of samples: what once, stream, check, doctor and --dump
 * share. */
#ifndef SAMPLING_H
#define SAMPLING_H

#include "tui/app.h"

struct sampling {
	struct app *app;
	uint64_t count;	 /* samples after the first, which only rates are measured against; 0: no
			    limit */
	uint64_t for_ns; /* 0: no limit */
	/* Once a sample has come whole (or timed out). False ends it. NULL: nothing. */
	bool (*each)(void *arg);
	void *arg;
};

/* 0, or 128 + signal, or a negative errno. */
int sampling_run(const struct sampling *s);

#endif
