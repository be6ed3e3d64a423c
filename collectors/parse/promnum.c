#include "collectors/parse/promnum.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/promscan.h"

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

static inline double value_of(const struct decimal *d, const char *text, locale_t *c_locale)
{
	double v;

	if (d->n_digits > 19 || d->exp10 < -POW10_MAX || d->exp10 > POW10_MAX) {
		if (!*c_locale)
			*c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		return strtod_l(text, NULL, *c_locale);
	}
	/* Below 2^53 both sides are exact, so that it is rounded once. */
	if (d->exp10 == 0)
		v = (double)d->digits;
	else if (d->digits < 1ull << 53)
		v = d->exp10 < 0 ? (double)d->digits / (double)pow10_u64[-d->exp10]
				 : (double)d->digits * (double)pow10_u64[d->exp10];
	else if (d->exp10 > 0)
		v = (double)((unsigned __int128)d->digits * pow10_u64[d->exp10]);
	else
		v = divide_pow10(d->digits, -d->exp10);
	return d->negative ? -v : v;
}

double promnum_value(const struct decimal *d, const char *text, locale_t *c_locale)
{
	return value_of(d, text, c_locale);
}

static inline uint64_t sixteen_digits(const char *p, unsigned n)
{
	return n <= 8 ? promscan_eight(p, n)
		      : promscan_eight(p, 8) * pow10_u64[n - 8] + promscan_eight(p + 8, n - 8);
}

bool promnum_quick(const char *p, const char *end, double *ret, locale_t *c_locale)
{
	const char *text = p;
	struct decimal d;

	unsigned n = promscan_run(promscan_digits(p)), part;

	if (n == 0 || n > 16)
		return false;
	d = (struct decimal){ .digits = sixteen_digits(p, n), .n_digits = (int)n };
	p += n;
	if (p != end && *p == '.') {
		part = promscan_run(promscan_digits(++p));
		if (part == 0 || n + part > POW10_MAX)
			return false;
		d.digits = d.digits * pow10_u64[part] + sixteen_digits(p, part);
		d.n_digits += (int)part;
		d.exp10 = -(int)part;
		p += part;
	}
	if (end - p == 4 && *p == 'e' && (p[1] == '+' || p[1] == '-') &&
	    (promscan_digits(p + 2) & 3) == 3) {
		int exp = (int)promscan_eight(p + 2, 2);

		d.exp10 += p[1] == '-' ? -exp : exp;
		p = end;
	}
	if (p != end)
		return false;
	*ret = value_of(&d, text, c_locale);
	return true;
}

/* Where Go's shortest %g changes to an exponent (strconv.FormatFloat, 'g', -1). */
enum { EXP_MIN = -4, EXP_MAX = 6, DIGITS_MAX = 17 };

/* d.ddde±XX without its point and zeros: the digits, and the power of ten of the first. */
static int shortest_digits(double v, char *digits, int *ret_exp)
{
	char text[PROMNUM_SHORTEST_MAX];
	int n = 0;

	for (int precision = 0; precision < DIGITS_MAX; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	for (const char *p = text; *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	}
	*ret_exp = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	return n;
}

uint32_t promnum_shortest(double v, char to[PROMNUM_SHORTEST_MAX])
{
	char digits[DIGITS_MAX + 1] = { 0 }, *at = to;
	int n, exp;

	if (isnan(v) || isinf(v)) {
		memcpy(to, isnan(v) ? "NaN" : v < 0 ? "-Inf" : "+Inf", 4);
		return isnan(v) ? 3 : 4;
	}
	if (v == 0) {
		*to = '0';
		return 1;
	}
	if (v < 0)
		*at++ = '-';
	n = shortest_digits(fabs(v), digits, &exp);
	if (exp < EXP_MIN || exp >= EXP_MAX) {
		*at++ = digits[0];
		if (n > 1) {
			*at++ = '.';
			memcpy(at, digits + 1, (size_t)n - 1);
			at += n - 1;
		}
		return (uint32_t)(at - to) +
		       (uint32_t)snprintf(at, 8, "e%c%02d", exp < 0 ? '-' : '+', abs(exp));
	}
	if (exp < 0) {
		for (int i = exp; i < 1; i++) /* 0. and -exp - 1 zeros */
			*at++ = i == exp + 1 ? '.' : '0';
	}
	for (int i = 0; i < n || i <= exp; i++) {
		if (exp >= 0 && i == exp + 1)
			*at++ = '.';
		*at++ = '0';
		if (i < n)
			at[-1] = digits[i];
	}
	return (uint32_t)(at - to);
}
