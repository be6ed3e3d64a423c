/* out.h - text for people on standard output and standard error: foreign bytes made harmless. */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stdio.h>

/* True when the locale's characters are not UTF-8: everything else is printed as "?". */
bool out_is_ascii(void);

void out_text(FILE *f, const char *s);
__attribute__((format(printf, 2, 3))) void out_textf(FILE *f, const char *fmt, ...);

/* Writes all of it. False when the reader has gone. */
bool out_all(int fd, const char *p, size_t n);

#endif
