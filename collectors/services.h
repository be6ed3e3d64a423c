/* services.h - what is known of each service that a Prometheus server scrapes, by its job and
 * instance. */
#ifndef SERVICES_H
#define SERVICES_H

#include "collectors/parse/promapi.h"

struct service {
	uint32_t target;	   /* UINT32_MAX: not shown */
	struct str job, instance;  /* with a NUL behind them */
	const struct label *added; /* all that the server calls it by */
	size_t n_added;
	int64_t up_ms;	     /* of the last sample of `up` */
	int64_t pushed_ms;   /* of the last page; 0: none yet */
	int64_t interval_ms; /* between two scrapes; 0: not known yet */
	bool up;	     /* the last scrape went well */
	bool seen;	     /* it is in the answer at hand */
	bool due;	     /* the server has something new of it */
	bool asked;	     /* it is in the question under way */
	bool has_past;	     /* its past was asked for */
	char why_down[200];  /* as the server says; "": it does not */
};

struct services {
	struct service *at; /* in the order they were found in */
	size_t n;
	size_t n_double;    /* of the last answer: the same job and instance as another */
	int64_t scraped_ms; /* shortest interval of any; 0: not known */

	/* private: */
	struct arena words;
	uint32_t *slots; /* by hash; index + 1 */
	size_t n_slots, cap;
};

enum { SERVICES_MAX = 20000 }; /* known; more are neither counted nor shown */

/* Takes an answer to up[…] in. False: it is no such answer. */
bool services_take_up(struct services *s, const struct promapi *a);
/* Takes why scrapes fail from an answer of /api/v1/targets. */
void services_take_targets(struct services *s, const struct promapi *a);
/* Whose row it is; NULL: nobody's. */
struct service *services_of_row(const struct services *s, const struct promapi *a,
				const struct promapi_row *r);
void services_release(struct services *s);

#endif
