#include "core/sample.h"

struct str series_label(const struct metrics_page *p, const struct series *s, const char *name)
{
	const struct label *l = p->labels + s->label;

	for (uint32_t i = 0; i < s->n_labels; i++) {
		if (str_is(l[i].name, name))
			return l[i].value;
	}
	return (struct str){ "", 0 };
}
