#include "core/base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xchecked(void *p)
{
	if (p)
		return p;
	fputs("gmptop: memory: none left\n", stderr);
	exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	return xchecked(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return xchecked(reallocarray(p, n ? n : 1, size));
}

char *xstrdup(const char *s)
{
	return xchecked(strdup(s));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return xchecked(n < 0 ? NULL : s);
}

void *grow(void *arr, size_t *cap, size_t size)
{
	*cap = *cap ? *cap * 2 : 16;
	return xreallocarray(arr, *cap, size);
}
