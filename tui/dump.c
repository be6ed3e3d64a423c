#include "tui/dump.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/parse/gotext.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "tui/fmt.h"
#include "tui/out.h"

enum {
	BYTES_A_G = 1000,	  /* of text: 545 to 1300 in real services */
	STOP_NS_A_G = 7500,	  /* of a standstill, for each try */
	FIRST_TRY = 1 << 20,	  /* its buffer doubles from here … */
	GO_CUTS_AT = DUMP_CUT_AT, /* … to here, each try a standstill of its own */
	BODY_MAX = GO_CUTS_AT + (1 << 20),
	TIMEOUT_S = 120, /* 65 to 104 s for a million */
	LINE_MAX_BYTES = 64 << 10,
};

struct dump {
	struct http_handle *request;
	FILE *out;
	void (*done)(void *arg, const struct dump_result *r);
	void *arg;
	struct gotext text;
	bool text_failed;	   /* it is written all the same */
	char line[LINE_MAX_BYTES]; /* what has come of it */
	size_t n_line;
	struct dump_result result;
};

/* ---- what it will take, and took ---- */

static int tries_for(double bytes)
{
	int n = 1;

	for (double room = FIRST_TRY; room < bytes && room < GO_CUTS_AT; room *= 2)
		n++;
	return n;
}

const char *dump_cost(double goroutines, char *buf, size_t n)
{
	char many[FMT_MAX], size[FMT_MAX], stop[FMT_MAX], parts[32] = "";
	double bytes = goroutines * BYTES_A_G;
	int tries = tries_for(bytes);

	if (isnan(goroutines)) {
		snprintf(buf, n,
			 "nobody knows how many goroutines it has; each 10,000 stop it for about "
			 "0.4 s");
		return buf;
	}
	fmt_num(many, goroutines, UNIT_COUNT);
	fmt_num(size, bytes < GO_CUTS_AT ? bytes : GO_CUTS_AT, UNIT_BYTES);
	fmt_num(stop, goroutines * STOP_NS_A_G * tries, UNIT_NS);
	if (tries > 1)
		snprintf(parts, sizeof(parts), " in %d parts", tries);
	snprintf(buf, n,
		 "%s goroutines: about %s of text; it will stand still for about %s in %d parts%s",
		 many, size, stop, tries, bytes < GO_CUTS_AT ? "" : "; Go cuts the text at 64 MiB");
	return buf;
}

const char *dump_summary(const struct dump_result *r, char *buf, size_t n)
{
	char many[FMT_MAX], took[FMT_MAX], oldest[FMT_MAX], age[FMT_MAX + 32] = "";
	double goroutines = r->goroutines ? (double)r->goroutines : NAN; /* none: not understood */

	if (r->oldest_ns)
		snprintf(age, sizeof(age), ", the oldest blocked for %s",
			 fmt_num(oldest, (double)r->oldest_ns / 1e9, UNIT_S));
	snprintf(buf, n, "%s goroutines%s, in %s%s", fmt_num(many, goroutines, UNIT_COUNT), age,
		 fmt_num(took, (double)r->took_ns, UNIT_NS),
		 r->bytes >= GO_CUTS_AT ? "; cut by Go at 64 MiB, the rest is missing" : "");
	return buf;
}

/* ---- the text ---- */

/* Harmless, but for the tabs that Go puts before a place. */
static void put_line(struct dump *d)
{
	char *at = d->line, *tab;

	d->line[d->n_line] = '\0';
	while ((tab = strchr(at, '\t'))) {
		*tab = '\0';
		out_text(d->out, at);
		fputc('\t', d->out);
		at = tab + 1;
	}
	out_text(d->out, at);
	d->n_line = 0;
}

static int on_data(void *arg, const char *data, size_t n, struct err *e)
{
	struct dump *d = arg;
	struct err ignored;

	d->result.bytes += n;
	if (!d->text_failed)
		d->text_failed = gotext_feed(&d->text, data, n, &ignored) < 0;
	for (size_t i = 0; i < n; i++) {
		char c = data[i] ? data[i] : '?';

		if (c != '\n' && d->n_line < sizeof(d->line) - 1)
			d->line[d->n_line++] = c;
		if (c != '\n')
			continue;
		put_line(d);
		fputc('\n', d->out);
	}
	return ferror(d->out) || fflush(d->out) ? err_set(e, -EPIPE, "%s", strerror(errno)) : 0;
}

static void sum_up(struct dump *d)
{
	const struct goroutines *g = &d->text.goroutines;
	struct err ignored;

	if (d->text_failed || gotext_end(&d->text, &ignored) < 0)
		return;
	d->result.goroutines = g->total;
	for (size_t i = 0; i < g->n_groups; i++) {
		if (g->groups[i].oldest_ns > d->result.oldest_ns)
			d->result.oldest_ns = g->groups[i].oldest_ns;
	}
}

static void on_done(void *arg, const struct http_reply *r)
{
	struct dump *d = arg;

	d->request = NULL;
	if (r->error == 0 && d->n_line)
		put_line(d);
	fflush(d->out);
	sum_up(d);
	d->result.error = r->error;
	d->result.why = r->why;
	d->result.took_ns = r->took_ns;
	d->done(d->arg, &d->result);
}

struct dump *dump_start(struct http *h, const struct endpoint_base *base, FILE *out,
			void (*done)(void *arg, const struct dump_result *r), void *arg)
{
	struct dump *d = xcalloc(1, sizeof(*d));
	char url[512];

	d->out = out;
	d->done = done;
	d->arg = arg;
	gotext_begin(&d->text);
	snprintf(url, sizeof(url), "%s/debug/pprof/goroutine?debug=2", base->url);
	d->request = http_get(h, &(struct http_request){
					 .url = url,
					 .unix_path = base->unix_path,
					 .body_max = BODY_MAX,
					 .timeout_ns = TIMEOUT_S * NS_PER_S,
					 .on_data = on_data,
					 .on_done = on_done,
					 .arg = d,
				 });
	return d;
}

void dump_free(struct dump *d)
{
	if (!d)
		return;
	http_cancel(d->request);
	gotext_release(&d->text);
	free(d);
}
