#include "core/site.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/xalloc.h"

enum { LABELS_TEXT_MAX = 4096 };

/* The first element of the import paths of Go's own packages (go list std). */
static const char *const std_roots[] = {
	"archive",  "bufio",   "bytes",	  "cmp",      "compress", "container", "context", "crypto",
	"database", "debug",   "embed",	  "encoding", "errors",	  "expvar",    "flag",	  "fmt",
	"go",	    "hash",    "html",	  "image",    "index",	  "internal",  "io",	  "iter",
	"log",	    "maps",    "math",	  "mime",     "net",	  "os",	       "path",	  "plugin",
	"reflect",  "regexp",  "runtime", "slices",   "sort",	  "strconv",   "strings", "structs",
	"sync",	    "syscall", "testing", "text",     "time",	  "unicode",   "unique",  "unsafe",
	"vendor",   "weak",
};

/* The end of the import path's first element: a slash, or the dot before the function's name. */
static uint32_t first_element(struct str func)
{
	uint32_t path = 0, i;

	while (path < func.len && func.p[path] != '[' && func.p[path] != '(')
		path++;
	for (i = 0; i < path && func.p[i] != '/'; i++)
		;
	if (i < path)
		return i;
	for (i = 0; i < path && func.p[i] != '.'; i++)
		;
	return i;
}

bool func_is_std(struct str func)
{
	struct str first = { func.p, first_element(func) };

	for (size_t i = 0; i < sizeof(std_roots) / sizeof(*std_roots); i++) {
		if (str_is(first, std_roots[i]))
			return true;
	}
	return false;
}

static struct str after_last_slash(struct str s)
{
	for (uint32_t i = s.len; i > 0; i--) {
		if (s.p[i - 1] == '/')
			return (struct str){ s.p + i, s.len - i };
	}
	return s;
}

/* Type arguments may hold slashes: the package path ends before the first bracket. */
static struct str short_func(struct str func)
{
	const char *bracket = func.len ? memchr(func.p, '[', func.len) : NULL;
	struct str path = { func.p, bracket ? (uint32_t)(bracket - func.p) : func.len };
	struct str tail = after_last_slash(path);

	return (struct str){ tail.p, func.len - (uint32_t)(tail.p - func.p) };
}

char *site_text(const struct frame *f)
{
	struct str file = after_last_slash(f->file), func = short_func(f->func);

	if (!file.len)
		return xasprintf("%.*s", (int)func.len, func.p);
	return xasprintf("%.*s:%u %.*s", (int)file.len, file.p, f->line, (int)func.len, func.p);
}

static char *labels_text(const struct label *labels, uint32_t n)
{
	struct buf b;
	char *ret;

	if (!n)
		return NULL;
	buf_init(&b, LABELS_TEXT_MAX);
	for (uint32_t i = 0; i < n; i++)
		buf_addf(&b, "%s%.*s=%.*s", i ? " " : "", (int)labels[i].name.len, labels[i].name.p,
			 (int)labels[i].value.len, labels[i].value.p);
	ret = xstrdup(buf_str(&b));
	buf_release(&b);
	return ret;
}

static void free_text(const char *s)
{
	free((void *)(uintptr_t)s);
}

void group_name_labels(struct group_row *r)
{
	free_text(r->labels_text);
	r->labels_text = labels_text(r->labels, r->n_labels);
}

void group_name_sites(struct group_row *r)
{
	for (uint32_t i = 0; i < r->n_stack && !r->site_frame; i++) {
		if (!func_is_std(r->stack[i].func))
			r->site_frame = &r->stack[i];
	}
	r->root_frame = r->n_stack ? &r->stack[r->n_stack - 1] : NULL;
	if (r->root_frame && str_is(r->root_frame->func, "runtime.main") && r->n_stack > 1)
		r->root_frame--;
	r->site = r->site_frame	  ? site_text(r->site_frame)
		  : r->root_frame ? site_text(r->root_frame)
				  : NULL;
	group_name_labels(r);
	if (r->created_by) {
		r->started = site_text(r->created_by);
	} else if (r->root_frame) {
		struct str f = short_func(r->root_frame->func);

		r->started = xasprintf("in %.*s", (int)f.len, f.p);
	}
}

void group_free_sites(struct group_row *r)
{
	free_text(r->site);
	free_text(r->started);
	free_text(r->labels_text);
}
