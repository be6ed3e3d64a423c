#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "collectors/parse/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

/* Reads every byte of a site, and sees that no part is larger than the whole. */
static uint64_t check_site(const struct profile_sample *p, const struct profile_site *s)
{
	uint64_t sum = s->line;

	for (uint32_t i = 0; i < p->n_types; i++) {
		if (magnitude(s->flat[i]) > magnitude(p->types[i].total) ||
		    magnitude(s->cum[i]) > magnitude(p->types[i].total))
			abort();
	}
	for (uint32_t i = 0; i < s->func.len; i++)
		sum += (uint8_t)s->func.p[i];
	for (uint32_t i = 0; i < s->file.len; i++)
		sum += (uint8_t)s->file.p[i];
	return sum;
}

/* One reader for all inputs: what a bad body leaves behind must not harm the next one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct profile p;
	static volatile uint64_t sum;
	const struct profile_sample *s = &p.sample;
	struct err e = { "" };

	if (profile_read(&p, data, len, &e) < 0) {
		if (e.text[0] == '\0' || s->n_sites != 0)
			abort();
		return 0;
	}
	if (s->n_types == 0 || s->shown >= s->n_types || e.text[0])
		abort();
	for (size_t i = 0; i < s->n_sites; i++) {
		sum += check_site(s, &s->sites[i]);
		if (i > 0 && magnitude(s->sites[i - 1].flat[s->shown]) <
				     magnitude(s->sites[i].flat[s->shown]))
			abort();
	}
	return 0;
}
