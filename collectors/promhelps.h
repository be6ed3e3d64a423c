/* promhelps.h - the HELP of metrics that need it: what the number of a breaker's state means stands
 * nowhere else. Asked of the server once for each name. */
#ifndef PROMHELPS_H
#define PROMHELPS_H

#include "collectors/parse/promapi_page.h"
#include "collectors/promserver.h"

enum { PROMHELPS_MAX = 32 };

struct promhelps {
	/* Set by the owner, with http and spec of `server`: */
	void (*on_done)(void *arg);
	void *arg;
	struct promserver server;

	struct promhelp at[PROMHELPS_MAX]; /* help empty: the server does not know */
	size_t n;

	/* private: */
	size_t n_asked;
	struct arena words;
};

/* Takes the names in; true: on_done comes once all that are new have been asked for. */
bool promhelps_want(struct promhelps *h, const struct promapi *a);
void promhelps_release(struct promhelps *h);

#endif
