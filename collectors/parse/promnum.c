#include "collectors/parse/promnum.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum { EXPONENT_ENOUGH = 1 << 24 };

/* Each is exact as a double too. */
static const uint64_t pow10_u64[] = { 1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,	1e7,  1e8,  1e9,
				      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19 };
enum { POW10_MAX = sizeof(pow10_u64) / sizeof(pow10_u64[0]) - 1 };

static const char *scan_digits(const char *p, struct decimal *d)
{
	for (; *p >= '0' && *p <= '9'; p++) {
		d->digits = d->digits * 10 + (uint64_t)(*p - '0');
		d->n_digits += d->n_digits || *p != '0';
	}
	return p;
}

/* The end of a decimal number as Go's ParseFloat reads it, or NULL. */
const char *promnum_scan(const char *p, struct decimal *ret)
{
	const char *point, *from;
	long exp = 0;

	*ret = (struct decimal){ .negative = *p == '-' };
	from = p + (*p == '-' || *p == '+');
	point = p = scan_digits(from, ret);
	if (*p == '.') {
		p = scan_digits(p + 1, ret);
		ret->exp10 = (int)(point + 1 - p);
	}
	if (p - from == (*point == '.'))
		return NULL;
	if (*p != 'e' && *p != 'E')
		return p;
	point = p + 1 + (p[1] == '-' || p[1] == '+');
	for (from = point; *from >= '0' && *from <= '9'; from++) {
		/* Far beyond what the digits of the longest line could make good. */
		if (exp < EXPONENT_ENOUGH)
			exp = exp * 10 + (*from - '0');
	}
	ret->exp10 += (int)(p[1] == '-' ? -exp : exp);
	return from == point ? NULL : from;
}

/* digits / 10^k, rounded once: the quotient has at least 62 bits and its last one stands for
 * everything behind it, which is all that the rounding to 53 bits can ask for. */
static double divide_pow10(uint64_t digits, int k)
{
	int up = __builtin_clzll(digits), down = __builtin_clzll(pow10_u64[k]);
	unsigned __int128 n = (unsigned __int128)(digits << up) << 63;
	uint64_t d = pow10_u64[k] << down;
	uint64_t q = (uint64_t)(n / d);

	q |= n % d != 0;
	return ldexp((double)q, down - up - 63);
}

double promnum_value(const struct decimal *d, const char *text, locale_t *c_locale)
{
	double v;

	if (d->n_digits > 19 || d->exp10 < -POW10_MAX || d->exp10 > POW10_MAX) {
		if (!*c_locale)
			*c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		return strtod_l(text, NULL, *c_locale);
	}
	/* Below 2^53 both sides are exact, so that the division rounds once. */
	if (d->exp10 >= 0)
		v = (double)((unsigned __int128)d->digits * pow10_u64[d->exp10]);
	else if (d->digits < 1ull << 53)
		v = (double)d->digits / (double)pow10_u64[-d->exp10];
	else
		v = divide_pow10(d->digits, -d->exp10);
	return d->negative ? -v : v;
}
