#include "tui/out.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/utf8.h"

bool out_is_ascii(void)
{
	const char *codeset = nl_langinfo(CODESET);

	return strcasecmp(codeset, "UTF-8") != 0 && strcasecmp(codeset, "UTF8") != 0;
}

static void put_char(FILE *f, char32_t ch)
{
	char bytes[UTF8_MAX];
	size_t n = utf8_put(ch, bytes);

	fwrite(bytes, 1, n, f);
}

void out_text(FILE *f, const char *text)
{
	struct str s = str_of(text);
	bool ascii = out_is_ascii();

	while (s.len) {
		char32_t ch = utf8_next(&s);

		if (ch == '\n') { /* our own line ends */
			fputc('\n', f);
			continue;
		}
		ch = utf8_visible(ch);
		if (ascii && ch > 0x7e)
			fputc('?', f);
		else
			put_char(f, ch);
	}
}

void out_textf(FILE *f, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	out_text(f, text);
	free(text);
}

bool out_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}
