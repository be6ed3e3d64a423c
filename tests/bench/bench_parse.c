/* How fast bodies are read: a goroutine profile and a metrics page, from the fixtures. */
#include <stdio.h>
#include <stdlib.h>

#include "collectors/parse/pprof.h"
#include "collectors/parse/promtext.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

enum { ROUNDS = 200, CHUNK = 16 << 10 };

static void slurp(const char *path, struct buf *b)
{
	char chunk[4096];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	buf_init(b, 64 << 20);
	while ((n = fread(chunk, 1, sizeof(chunk), f)))
		buf_add(b, chunk, n);
	fclose(f);
}

/* The best of many rounds: what the code needs when nothing else runs. */
static void bench_profile(const char *path)
{
	struct pprof p = { 0 };
	struct err e = { 0 };
	struct buf b;
	uint64_t best_ns = UINT64_MAX;

	slurp(path, &b);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t t = clock_mono_ns();

		if (pprof_goroutines(&p, b.ptr, b.len, &e) < 0) {
			puts(e.text);
			exit(1);
		}
		t = clock_mono_ns() - t;
		best_ns = t < best_ns ? t : best_ns;
	}
	printf("profile_decode %.1f us (%zu bytes, %zu groups)\n", (double)best_ns / 1e3, b.len,
	       p.goroutines.n_groups);
	pprof_release(&p);
	buf_release(&b);
}

static void bench_page(const char *path)
{
	struct promtext p = { 0 };
	struct err e = { 0 };
	struct buf b;
	uint64_t best_ns = UINT64_MAX;

	slurp(path, &b);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t t = clock_mono_ns();

		promtext_begin(&p);
		for (size_t at = 0; at < b.len; at += CHUNK) {
			size_t n = b.len - at < CHUNK ? b.len - at : CHUNK;

			if (promtext_feed(&p, b.ptr + at, n, &e) < 0) {
				puts(e.text);
				exit(1);
			}
		}
		promtext_end(&p, &e);
		t = clock_mono_ns() - t;
		best_ns = t < best_ns ? t : best_ns;
	}
	printf("metrics_parse %.0f MB/s (%zu bytes, %zu series)\n",
	       (double)b.len * 1e3 / (double)best_ns, b.len, p.page.n_series);
	promtext_release(&p);
	buf_release(&b);
}

int main(void)
{
	bench_profile("tests/fixtures/pprof/etcd.pb.gz");
	bench_page("tests/fixtures/promtext/etcd.txt");
	bench_page("tests/fixtures/promtext/kubelike.txt");
	return 0;
}
