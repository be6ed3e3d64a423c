/* gort/code.h - what a program's own tables tell of a pc. A test has small tables of its own. */
#ifndef GORT_CODE_H
#define GORT_CODE_H

#include <stdbool.h>

#include "core/sample.h"

struct code {
	void *arg;
	/* Bytes between SP and the return address, or -1; *ret_top: nothing called this frame. */
	int32_t (*sp_delta)(void *arg, uint64_t pc, bool *ret_top);
	/* Frames at an instruction, innermost inlined first, wrappers left out. */
	size_t (*frames)(void *arg, uint64_t pc, struct frame *ret, size_t max);
	uint64_t (*func_start)(void *arg, uint64_t pc); /* 0: in no function */
	/* Of the whole function, also of a wrapper; empty: in none. */
	struct str (*func_name)(void *arg, uint64_t pc);
};

#endif
