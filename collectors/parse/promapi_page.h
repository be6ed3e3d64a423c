/* parse/promapi_page.h - the series that a server has of one service as the page that the service
 * itself would have shown at one moment: labels that the server added are taken off, families and
 * their types are read off the names. Pure: no I/O, no clock. */
#ifndef PARSE_PROMAPI_PAGE_H
#define PARSE_PROMAPI_PAGE_H

#include "collectors/parse/promapi.h"

/* What is known of a metric beside its samples. */
struct promhelp {
	struct str name, help;
	enum metric_type type;
};

/* Zeroed is valid; reused from page to page. */
struct promapi_page {
	struct metrics_page page; /* valid until the next build or release; borrows the answer's
				   * words */

	/* private: */
	struct family *families;
	struct series *series;
	struct label *labels;
	size_t families_cap, series_cap, labels_cap;
};

/* Rows of one service, in any order; they are sorted, so that the same series always have the same
 * layout. */
struct promapi_page_rows {
	const struct promapi *answer;
	uint32_t *rows; /* indices into answer->rows */
	size_t n;
	const struct label *added; /* what the server knows the service by */
	size_t n_added;
	const struct promhelp *helps;
	size_t n_helps;
	int64_t slack_ms; /* samples of one scrape may stand so far apart */
};

/* The newest time of a sample, at most `until_ms`; -1: none. */
int64_t promapi_page_newest_ms(const struct promapi_page_rows *r, int64_t until_ms);

/* The page of that time: series without a sample then are not on it. False: there is none at all.
 */
bool promapi_page_build(struct promapi_page *p, struct promapi_page_rows *r, int64_t t_ms);
void promapi_page_release(struct promapi_page *p);

#endif
