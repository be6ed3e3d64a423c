/* How fast goroutine texts are read and grouped: real dumps again and again, and one that is made
 * here: 100,000 goroutines in 300 stacks, whose order and arguments are random. Files
 * given as arguments are read instead of those of the fixtures. */
#include <sys/resource.h>
#include <zlib.h>

#include "collectors/parse/gotext.h"
#include "core/base/clock.h"
#include "tests/bench/kit.h"

enum {
	ROUNDS = 15,
	CHUNK = 256 << 10,
	REPEATED_BYTES = 16 << 20,
	MADE_GOROUTINES = 100000,
	MADE_STACKS = 300,
	BODY_MAX = 512 << 20,
	RESULTS_MAX = 32,
};

struct result {
	char name[64], path[96];
	double mb_per_s;
};

static struct result results[RESULTS_MAX];
static size_t n_results;

/* Also of what is not compressed. */
static void unpack(const char *path, struct buf *b)
{
	static char chunk[CHUNK];
	gzFile f = gzopen(path, "rb");
	int n;

	must(f, path);
	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		must(buf_add(b, chunk, (size_t)n) == 0, path);
	gzclose(f);
}

static long rss_kb(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_maxrss;
}

static void read_text(struct gotext *g, const struct buf *b)
{
	struct err e = { "" };

	gotext_begin(g);
	for (size_t at = 0; at < b->len; at += CHUNK) {
		size_t n = b->len - at < CHUNK ? b->len - at : CHUNK;

		must(gotext_feed(g, b->ptr + at, n, &e) == 0, e.text);
	}
	must(gotext_end(g, &e) == 0, e.text);
}

static void bench(const char *name, const struct buf *b)
{
	struct result *r = &results[n_results];
	struct gotext g = { 0 };
	uint64_t best_ns = UINT64_MAX;
	long rss = rss_kb();

	must(n_results < RESULTS_MAX, "too many files");
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t t = clock_mono_ns();

		read_text(&g, b);
		t = clock_mono_ns() - t;
		best_ns = t < best_ns ? t : best_ns;
	}
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->mb_per_s = (double)b->len * 1e3 / (double)best_ns;
	printf("gotext_read_%s %.0f MB/s (%zu bytes, %llu goroutines, %zu groups, %ld kB more "
	       "memory)\n",
	       name, r->mb_per_s, b->len, (unsigned long long)g.goroutines.total,
	       g.goroutines.n_groups, rss_kb() - rss);
	gotext_release(&g);
	keep(b, "", r->path, sizeof(r->path));
	n_results++;
}

/* The same texts through gostackparse, with grouping; when it is missing that is said. */
static void bench_peer(void)
{
	const char *paths[RESULTS_MAX];
	char line[256];
	FILE *f;

	for (size_t i = 0; i < n_results; i++)
		paths[i] = results[i].path;
	f = peer_run("gostackparse", paths, n_results);
	for (size_t i = 0; i < n_results && fgets(line, sizeof(line), f); i++) {
		double mb_per_s = strtod(line, NULL);

		if (strncmp(line, "missing", 7) == 0) {
			printf("gotext_peer gostackparse %s", line);
			break;
		}
		printf("gotext_peer_%s %.0f MB/s (gostackparse; gotext is %.1f times as fast)\n",
		       results[i].name, mb_per_s, results[i].mb_per_s / mb_per_s);
	}
	pclose(f);
	for (size_t i = 0; i < n_results; i++)
		unlink(results[i].path);
}

static void bench_file(const char *path)
{
	struct buf one, many;
	const char *name = strrchr(path, '/');

	buf_init(&one, BODY_MAX);
	buf_init(&many, BODY_MAX);
	unpack(path, &one);
	must(one.len > 0, "an empty file");
	while (many.len < REPEATED_BYTES) {
		must(buf_add(&many, one.ptr, one.len) == 0, "too long");
		must(buf_adds(&many, "\n") == 0, "too long");
	}
	bench(name ? name + 1 : path, &many);
	buf_release(&one);
	buf_release(&many);
}

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* 4 to 23 frames, of which stacks share those near the root. */
static void put_stack(struct buf *b, uint32_t stack, uint64_t *seed)
{
	uint32_t n = 4 + stack % 20;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t f = i < n / 2 ? stack * 31 + i : 100000 + i;

		buf_addf(b,
			 "example.com/service/internal/part%u.(*Worker).step%u(0xc%09llx, {0x%llx, "
			 "0x%x})\n\t/src/service/internal/part%u/worker.go:%u +0x%x\n",
			 f % 17, f, (unsigned long long)(next_random(seed) & 0xfffffffffu),
			 (unsigned long long)(next_random(seed) & 0xffffff), i, f % 17,
			 10 + f % 900, 0x20 + f % 0x300);
	}
	buf_addf(b,
		 "created by example.com/service/internal.Start in goroutine %u\n"
		 "\t/src/service/internal/start.go:%u +0x8f\n\n",
		 stack, 20 + stack % 7);
}

static void make_dump(struct buf *b)
{
	static const char *const states[] = {
		"chan receive",		"select", "IO wait, 3 minutes",
		"sync.Mutex.Lock",	"sleep",  "chan send, 75 minutes",
		"semacquire, 2 minutes"
	};
	uint64_t seed = 88172645463325252u;

	for (uint32_t i = 0; i < MADE_GOROUTINES; i++) {
		uint32_t stack = (uint32_t)(next_random(&seed) % MADE_STACKS);

		buf_addf(b, "goroutine %u [%s]:\n", i + 1, states[next_random(&seed) % 7]);
		put_stack(b, stack, &seed);
	}
}

int main(int argc, char **argv)
{
	struct buf made;

	buf_init(&made, BODY_MAX);
	make_dump(&made);
	bench("made", &made);
	buf_release(&made);
	for (int i = 1; i < argc; i++)
		bench_file(argv[i]);
	if (argc == 1)
		bench_file("tests/fixtures/gotext/etcd-go1.24.d2.txt.gz");
	bench_peer();
	return 0;
}
