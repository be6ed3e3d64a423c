/* attach.h - watches one target: finds its process from its address and its addresses from its
 * process, opens the collectors that fit and gives each its rounds. Refusals are samples, so that
 * the screen, `doctor` and the JSON say the same sentence. */
#ifndef ATTACH_H
#define ATTACH_H

#include "collectors/collector.h"
#include "collectors/target.h"

struct attach;

struct attach_options {
	struct loop *loop;
	struct http *http;
	struct sink *sink;
	uint64_t interval_ns, timeout_ns;
	double budget_pct;			  /* above 0, up to 100 */
	uint32_t sources;			  /* bit 1 << enum source: wanted */
	const struct promserver_spec *prometheus; /* who knows the past; NULL: nobody is named */
};

/* Which sources this version can read at all; `why` of the others is said by attach. */
uint32_t attach_sources_built(void);

/* The first round starts at the next turn of the loop. attach_free stops everything. */
struct attach *attach_new(const struct attach_options *o, const struct target_spec *spec,
			  uint32_t target);
void attach_free(struct attach *a);

/* Where pprof answered usefully; NULL: nowhere. */
const struct endpoint_base *attach_pprof(const struct attach *a);

/* Asks for a profile, or for the runtime's own proof of leaks (ondemand.h). False: something is
 * being asked already. */
bool attach_ask(struct attach *a, enum profile_kind kind);

bool attach_busy(const struct attach *a); /* a round or a look-up is under way */
bool attach_gone(
	const struct attach *a); /* its process has ended (and, for an address, nothing answers) */
uint32_t attach_rounds(const struct attach *a); /* begun so far */

#endif
