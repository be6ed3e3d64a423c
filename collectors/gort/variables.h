/* gort/variables.h - the names of the variables that addresses lie in, by the symbol table. */
#ifndef GORT_VARIABLES_H
#define GORT_VARIABLES_H

#include "collectors/gort/image.h"

enum { VARIABLE_NAME_MAX = 128 };

struct variable {
	uint64_t addr;		      /* somewhere in it */
	char name[VARIABLE_NAME_MAX]; /* "main.limiter"; "": not known */
};

/* Goes through a few thousand symbols: *at begins as 0. `vars` is in order of address. True: there
 * are more symbols. */
bool variables_step(struct image *im, uint64_t *at, struct variable *vars, size_t n);

#endif
