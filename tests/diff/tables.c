/* Profiles from standard input (four bytes of length, little endian, then the body), their whole
 * tables to standard output: what tests/diff/pprof compares with google/pprof's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/profile.h"
#include "core/base/buf.h"

static void print(const struct profile_sample *p)
{
	printf("ok %" PRIu32 " %" PRIu32 "\n", p->n_types, p->shown);
	for (uint32_t i = 0; i < p->n_types; i++)
		printf("total %" PRId64 "\n", p->types[i].total);
	for (size_t i = 0; i < p->n_sites; i++) {
		printf("site");
		for (uint32_t k = 0; k < p->n_types; k++)
			printf(" %" PRId64 " %" PRId64, p->sites[i].flat[k], p->sites[i].cum[k]);
		printf(" ");
		for (uint32_t k = 0; k < p->sites[i].func.len; k++)
			printf("%02x", (unsigned char)p->sites[i].func.p[k]);
		printf("\n");
	}
	printf("end\n");
}

int main(void)
{
	struct profile p = { 0 };
	struct buf b;
	uint8_t head[4];

	buf_init(&b, 256 << 20);
	while (fread(head, 1, 4, stdin) == 4) {
		size_t n = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
		struct err e = { "" };

		buf_clear(&b);
		if (buf_reserve(&b, n) < 0 || fread(b.ptr, 1, n, stdin) != n)
			return 1;
		b.len = n;
		if (profile_read(&p, b.ptr, n, &e) < 0)
			printf("bad %s\nend\n", e.text);
		else
			print(&p.sample);
		fflush(stdout);
	}
	buf_release(&b);
	profile_release(&p);
	return 0;
}
