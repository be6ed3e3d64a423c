/* parse/promnum.h - decimal numbers as Go's ParseFloat takes them, exactly rounded. */
#ifndef PARSE_PROMNUM_H
#define PARSE_PROMNUM_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>

struct decimal {
	uint64_t digits; /* wrapped around when n_digits > 19 */
	int n_digits;	 /* without leading zeros */
	int exp10;
	bool negative;
};

/* Reads digits, point and exponent; the end of it, or NULL when there is no number. */
const char *promnum_scan(const char *p, struct decimal *ret);

/* `text` is where it was read: what the fast way cannot round exactly goes to strtod. The locale is
 * made when first needed; freed by the owner. */
double promnum_value(const struct decimal *d, const char *text, locale_t *c_locale);

/* Both for a plain number that ends at `end`, behind which PROMSCAN_SLACK bytes are readable: false
 * for what has a sign before it, more than 19 digits, or another exponent than of two. */
bool promnum_quick(const char *p, const char *end, double *ret, locale_t *c_locale);

/* The fewest digits that read back as v, laid out as Go's %g and the text format have them: 1,
 * 0.005, 1e+06, +Inf. Its length; no NUL. */
enum { PROMNUM_SHORTEST_MAX = 32 };
uint32_t promnum_shortest(double v, char to[PROMNUM_SHORTEST_MAX]);

#endif
