/* fmt.h - numbers as a person reads them, each with its unit; unknown (NAN) is "-". Texts are
 * UTF-8, at most FMT_MAX bytes with the NUL; every function returns its buf. */
#ifndef FMT_H
#define FMT_H

#include <stdint.h>

#include "core/field.h"

enum { FMT_MAX = 32 };

char *fmt_num(char *buf, double v, enum unit u); /* "14,302", "1.21G", "1.8ms", "41m", "2.1%" */
char *fmt_short(char *buf, double v,
		enum unit u);	      /* where fmt_num's text is too wide: "14.3k", "1.2k/s" */
char *fmt_delta(char *buf, double v); /* a signed change: "+412", "-3"; "0" for none */
char *fmt_range_ms(char *buf, double lo, double hi); /* a bucket: "50-100ms", "≤5ms", ">10s" */
char *fmt_clock(char *buf, uint64_t unix_ns);	     /* local time: "14:03:27" */

#endif
