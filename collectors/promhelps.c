#include "collectors/promhelps.h"

#include <errno.h>

#include "core/names.h"

/* Wider than what core/breaker.c asks of a gauge. */
static bool needs_help(struct str name)
{
	return (name_has(name, "breaker") || name_has(name, "circuit") ||
		name_has(name, "cb_state")) &&
	       !name_ends(name, "_total") && !name_ends(name, "_bucket") &&
	       !name_ends(name, "_count");
}

static bool is_known(const struct promhelps *h, struct str name)
{
	for (size_t i = 0; i < h->n; i++) {
		if (str_eq(h->at[i].name, name))
			return true;
	}
	return false;
}

static void ask_next(struct promhelps *h)
{
	promserver_ask(&h->server, "/api/v1/metadata",
		       (const char *[]){ "metric", h->at[h->n_asked].name.p, NULL });
}

static void on_done(void *arg, int r, const struct err *why)
{
	struct promhelps *h = arg;
	const struct promapi *a = &h->server.answer;
	struct promhelp *at = &h->at[h->n_asked++];

	(void)why; /* without an answer the meaning stays open, and the breaker says so */
	if (r == 0 && a->n_rows) {
		at->help = arena_str(&h->words, a->rows[0].text);
		at->type = a->rows[0].type;
	}
	if (r < 0 && r != -EBADMSG) /* it has no such page, or is slow: do not insist */
		h->n_asked = h->n;
	if (h->n_asked < h->n)
		ask_next(h);
	else
		h->on_done(h->arg);
}

bool promhelps_want(struct promhelps *h, const struct promapi *a)
{
	struct str last = STR("");

	for (size_t i = 0; i < a->n_rows && h->n < PROMHELPS_MAX; i++) {
		struct str name = a->rows[i].name;

		if (name.p == last.p || !needs_help(name) || is_known(h, name))
			continue;
		h->at[h->n++] =
			(struct promhelp){ .name = arena_str(&h->words, name), .help = STR("") };
		last = name;
	}
	if (h->n == h->n_asked)
		return false;
	h->server.on_done = on_done;
	h->server.arg = h;
	ask_next(h);
	return true;
}

void promhelps_release(struct promhelps *h)
{
	promserver_release(&h->server);
	arena_release(&h->words);
}
