#include "tui/view.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

extern const struct view_ops targets_view, overview_view, sched_view, goroutines_view, leaks_view,
	breakers_view, requests_view, memory_view, why_view, info_view, profile_view, help_view;

const struct view_ops *const views[VIEW_COUNT] = {
	[VIEW_TARGETS] = &targets_view,	  [VIEW_OVERVIEW] = &overview_view,
	[VIEW_SCHED] = &sched_view,	  [VIEW_GOROUTINES] = &goroutines_view,
	[VIEW_LEAKS] = &leaks_view,	  [VIEW_BREAKERS] = &breakers_view,
	[VIEW_REQUESTS] = &requests_view, [VIEW_MEMORY] = &memory_view,
	[VIEW_WHY] = &why_view,		  [VIEW_INFO] = &info_view,
	[VIEW_PROFILE] = &profile_view,	  [VIEW_HELP] = &help_view,
};

enum view_id view_by_name(const char *name)
{
	for (int i = 0; name && i < VIEW_COUNT; i++) {
		if (strcasecmp(views[i]->title, name) == 0)
			return (enum view_id)i;
	}
	return VIEW_COUNT;
}

/* "; looked in metrics" or "; not in memory (absent)": the sources of one kind, or nothing. What is
 * off was not to be looked in. */
static size_t list_sources(char *buf, size_t size, const struct target *t, bool ok,
			   unsigned sources)
{
	size_t n = 0;

	for (int i = 0; i < SOURCE_COUNT && n < size; i++) {
		enum source_state st = t->sources[i].state;

		if (!(sources & 1u << i) || (st == SOURCE_OK) != ok || st == SOURCE_OFF)
			continue;
		n += (size_t)snprintf(buf + n, size - n, "%s%s",
				      n	   ? ", "
				      : ok ? "; looked in "
					   : "; not in ",
				      source_name((enum source)i));
		if (!ok && n < size)
			n += (size_t)snprintf(buf + n, size - n, " (%s)",
					      st == SOURCE_WAITING ? "no answer yet"
								   : source_state_name(st));
	}
	return n;
}

unsigned view_metric_sources(const struct target *t)
{
	return 1u << SOURCE_METRICS | 1u << SOURCE_EXPVAR |
	       (t->by_server ? 1u << SOURCE_PROMETHEUS : 0);
}

const char *view_empty_text(char *buf, const struct target *t, const char *what, unsigned sources)
{
	int n = snprintf(buf, VIEW_EMPTY_MAX, "%s", what);
	size_t at = (size_t)n;

	at += list_sources(buf + at, VIEW_EMPTY_MAX - at, t, true, sources);
	if (at < VIEW_EMPTY_MAX)
		list_sources(buf + at, VIEW_EMPTY_MAX - at, t, false, sources);
	return buf;
}
