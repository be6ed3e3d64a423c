#include "tui/fmt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"

static const char si[] = "kMGTPE";

/* Three significant digits: "1.21", "12.1", "121". */
static int digits3(char *buf, double v)
{
	double a = fabs(v);

	return snprintf(buf, FMT_MAX, "%.*f", a < 9.995 ? 2 : a < 99.95 ? 1 : 0, v);
}

/* v with a prefix of `base` (1000 or 1024): "1.21G". */
static void scaled(char *buf, double v, double base)
{
	int i = -1;

	while (fabs(v) >= 999.5 && i + 1 < (int)sizeof(si) - 1) {
		v /= base;
		i++;
	}
	if (fabs(v) >= 999.5) {
		snprintf(buf, FMT_MAX, "%.1e", v);
		return;
	}
	if (i < 0) {
		snprintf(buf, FMT_MAX, "%.0f", v);
		return;
	}
	int n = digits3(buf, v);

	buf[n] = base > 1000 && i == 0 ? 'K' : si[i];
	buf[n + 1] = '\0';
}

/* A whole number with separators: "14,302"; from a million on "1.43M". */
static void whole(char *buf, double v)
{
	double a = fabs(v);

	if (a >= 999999.5) {
		scaled(buf, v, 1000);
		return;
	}
	long n = lround(a);
	const char *sign = v < 0 && n > 0 ? "-" : "";

	if (n < 1000)
		snprintf(buf, FMT_MAX, "%s%ld", sign, n);
	else
		snprintf(buf, FMT_MAX, "%s%ld,%03ld", sign, n / 1000, n % 1000);
}

/* Whole from ten on, below with the digits that matter. */
static void rate(char *buf, double v)
{
	double a = fabs(v);

	if (a >= 9.95 || v == round(v))
		whole(buf, v);
	else if (a < 0.005)
		snprintf(buf, FMT_MAX, "%s0.01", v > 0 ? "<" : ">-");
	else
		snprintf(buf, FMT_MAX, "%.*f", a < 0.095 ? 2 : 1, v);
}

static void fixed1(char *buf, double v, const char *suffix)
{
	snprintf(buf, FMT_MAX, "%.*f%s", fabs(v) < 9.95 ? 1 : 0, v, suffix);
}

static void seconds(char *buf, double s)
{
	static const struct {
		double below, big, small;
		const char *big_unit, *small_unit;
	} steps[] = {
		{ 599.5, 60, 1, "m", "s" },	 { 3599.5, 60, 0, "m", "" },
		{ 86399.5, 3600, 60, "h", "m" }, { 8639999.5, 86400, 3600, "d", "h" },
		{ INFINITY, 86400, 0, "d", "" },
	};
	size_t i = 0;

	if (s < 59.5) {
		snprintf(buf, FMT_MAX, "%.0fs", s);
		return;
	}
	while (s >= steps[i].below)
		i++;
	s = round(s);
	double big = floor(s / steps[i].big), rest = s - big * steps[i].big;

	if (steps[i].small > 0)
		snprintf(buf, FMT_MAX, "%.0f%s%02.0f%s", big, steps[i].big_unit,
			 floor(rest / steps[i].small), steps[i].small_unit);
	else
		snprintf(buf, FMT_MAX, "%.0f%s", big, steps[i].big_unit);
}

static void duration(char *buf, double ns)
{
	if (ns == 0)
		snprintf(buf, FMT_MAX, "0s");
	else if (ns < 999.5)
		snprintf(buf, FMT_MAX, "%.0fns", ns);
	else if (ns < 999.5e3)
		fixed1(buf, ns / 1e3, "µs");
	else if (ns < 999.5e6)
		fixed1(buf, ns / 1e6, "ms");
	else if (ns < 9.95e9)
		fixed1(buf, ns / 1e9, "s");
	else
		seconds(buf, ns / 1e9);
}

static char *suffixed(char *buf, const char *suffix)
{
	size_t n = strlen(buf);

	snprintf(buf + n, FMT_MAX - n, "%s", suffix);
	return buf;
}

static char *absent_or_infinite(char *buf, double v)
{
	snprintf(buf, FMT_MAX, "%s", isnan(v) ? "-" : v > 0 ? "inf" : "-inf");
	return buf;
}

char *fmt_num(char *buf, double v, enum unit u)
{
	if (!isfinite(v))
		return absent_or_infinite(buf, v);
	switch (u) {
	case UNIT_NONE:
		if (v == round(v))
			whole(buf, v);
		else
			digits3(buf, v);
		break;
	case UNIT_COUNT:
		whole(buf, v);
		break;
	case UNIT_BYTES:
		scaled(buf, v, 1024);
		return fabs(v) < 999.5 ? suffixed(buf, "B") : buf;
	case UNIT_NS:
		duration(buf, v);
		break;
	case UNIT_MS:
		duration(buf, v * 1e6);
		break;
	case UNIT_S:
		if (v > 0 && v < 0.9995)
			duration(buf, v * 1e9);
		else
			seconds(buf, v);
		break;
	case UNIT_PCT:
		if (fabs(v) < 99.95)
			snprintf(buf, FMT_MAX, "%.1f%%", fabs(v) < 0.05 ? 0 : v);
		else
			suffixed((whole(buf, v), buf), "%");
		break;
	case UNIT_PER_S:
	case UNIT_PER_MIN:
	case UNIT_PER_H:
		rate(buf, v);
		return suffixed(buf, unit_suffix(u));
	case UNIT_CORES:
		snprintf(buf, FMT_MAX, "%.*f %s", v == round(v) ? 0 : 1, v,
			 v == 1 ? "core" : "cores");
		break;
	}
	return buf;
}

char *fmt_short(char *buf, double v, enum unit u)
{
	if (!isfinite(v))
		return absent_or_infinite(buf, v);
	switch (u) {
	case UNIT_NONE:
	case UNIT_COUNT:
		scaled(buf, v, 1000);
		return buf;
	case UNIT_PER_S:
	case UNIT_PER_MIN:
	case UNIT_PER_H:
		scaled(buf, v, 1000);
		return suffixed(buf, unit_suffix(u));
	case UNIT_PCT:
		scaled(buf, v, 1000);
		return suffixed(buf, "%");
	case UNIT_CORES:
		snprintf(buf, FMT_MAX, "%.1f", v);
		return buf;
	default:
		return fmt_num(buf, v, u);
	}
}

char *fmt_delta(char *buf, double v)
{
	if (!isfinite(v))
		return absent_or_infinite(buf, v);
	if (fabs(v) < 0.05) {
		snprintf(buf, FMT_MAX, "0");
		return buf;
	}
	buf[0] = '+';
	if (fabs(v) < 9.95 && v != round(v))
		snprintf(buf + (v > 0), FMT_MAX - 1, "%.1f", v);
	else
		whole(buf + (v > 0), v);
	return buf;
}

/* The bounds of a bucket are chosen by people: as many digits as they have, at most three. */
static const char *bound(char *buf, double ms)
{
	static const struct {
		double ms;
		const char *unit;
	} units[] = { { 60e3, "min" }, { 1e3, "s" }, { 1, "ms" }, { 1e-3, "µs" }, { 1e-6, "ns" } };
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(*units) && ms < units[i].ms * (i == 0 ? 2 : 0.9995))
		i++;
	int n = snprintf(buf, FMT_MAX, "%.3g", ms / units[i].ms);

	snprintf(buf + n, FMT_MAX - (size_t)n, "%s", units[i].unit);
	return units[i].unit;
}

char *fmt_range_ms(char *buf, double lo, double hi)
{
	char from[FMT_MAX], to[FMT_MAX];
	const char *unit, *to_unit;

	if (isnan(hi) && isnan(lo))
		return absent_or_infinite(buf, NAN);
	if (isnan(hi) || isinf(hi)) {
		bound(from, lo);
		snprintf(buf, FMT_MAX, "%s%.24s", isnan(lo) ? "" : ">", isnan(lo) ? "-" : from);
		return buf;
	}
	to_unit = bound(to, hi);
	if (isnan(lo) || lo <= 0) {
		snprintf(buf, FMT_MAX, "≤%.24s", to);
		return buf;
	}
	unit = bound(from, lo);
	if (lo >= hi) {
		snprintf(buf, FMT_MAX, "%s", to);
		return buf;
	}
	if (unit == to_unit)
		from[strlen(from) - strlen(unit)] = '\0';
	snprintf(buf, FMT_MAX, "%.14s-%.14s", from, to);
	return buf;
}

char *fmt_clock(char *buf, uint64_t unix_ns)
{
	time_t t = (time_t)(unix_ns / NS_PER_S);
	struct tm tm;

	if (unix_ns == 0 || !localtime_r(&t, &tm) || strftime(buf, FMT_MAX, "%H:%M:%S", &tm) == 0)
		return absent_or_infinite(buf, NAN);
	return buf;
}
