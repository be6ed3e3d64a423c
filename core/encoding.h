/* encoding.h - which number means which breaker state. There is no convention: half-open is 1 with
 * one library and 2 with another, so a number is read only with a witness. */
#ifndef ENCODING_H
#define ENCODING_H

#include "core/sample.h"

enum breaker_state { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN, BREAKER_UNKNOWN };

const char *breaker_state_name(enum breaker_state s); /* "closed", "half_open", "open", "unknown" */
enum breaker_state breaker_state_of_word(struct str word); /* "Half-Open", "halfopen", "OPEN", … */

struct encoding {
	double value[BREAKER_UNKNOWN]; /* NAN: does not occur */
	bool known;
	char witness[96]; /* where it was read, for people */
};

/* From a HELP text: "0=closed, 1=half-open, 2=open", "closed (0), open (1)", … Needs at least
 * closed and open with different numbers. */
bool encoding_from_help(struct str help, struct encoding *ret);

/* From the breaker library that is linked in, when it is the only one known; build may be NULL. */
bool encoding_from_build(const struct build *b, struct encoding *ret, const char **ret_library);

enum breaker_state encoding_read(const struct encoding *e, double value);

#endif
