/* How fast profiles are read and added up as `go tool pprof -top` does: real ones again and again,
 * and one that is made here, of half a million samples. Beside google/pprof's parser, which adds
 * nothing up. Files given as arguments are read instead of the fixtures. */
#include <zlib.h>

#include "collectors/parse/profile.h"
#include "core/base/clock.h"
#include "tests/bench/kit.h"

enum {
	BODY_MAX = 256 << 20,
	RESULTS_MAX = 32,
	LARGE = 1 << 20, /* of these few rounds tell enough */
	MADE_SAMPLES = 500000,
	MADE_FUNCTIONS = 25000,
	MADE_LOCATIONS = 90000,
};

struct result {
	char name[64], path[256];
	double us;
};

static struct result results[RESULTS_MAX];
static size_t n_results;

static void bench(const char *name, const char *path)
{
	struct result *r = &results[n_results];
	struct profile p = { 0 };
	struct err e = { "" };
	struct buf b;
	uint64_t best_ns = UINT64_MAX;

	must(n_results < RESULTS_MAX, "too many files");
	buf_init(&b, BODY_MAX);
	slurp(path, &b);
	for (int i = 0; i < (b.len > LARGE ? 5 : 300); i++) {
		uint64_t t = clock_mono_ns();

		must(profile_read(&p, b.ptr, b.len, &e) == 0, e.text);
		t = clock_mono_ns() - t;
		best_ns = t < best_ns ? t : best_ns;
	}
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->path, sizeof(r->path), "%s", path);
	r->us = (double)best_ns / 1e3;
	printf("profile_top_%s %.1f us (%zu bytes, %zu samples, %zu functions)\n", name, r->us,
	       b.len, p.sample.n_samples, p.sample.n_sites);
	profile_release(&p);
	buf_release(&b);
	n_results++;
}

static void bench_peer(void)
{
	const char *paths[RESULTS_MAX];
	char line[256];
	FILE *f;

	for (size_t i = 0; i < n_results; i++)
		paths[i] = results[i].path;
	f = peer_run("pprof", paths, n_results);
	for (size_t i = 0; i < n_results && fgets(line, sizeof(line), f); i++) {
		double us = strtod(line, NULL);

		if (strncmp(line, "missing", 7) == 0) {
			printf("profile_peer google/pprof %s", line);
			break;
		}
		printf("profile_peer_%s %.1f us (google/pprof, Parse alone; %.1f times as long)\n",
		       results[i].name, us, us / results[i].us);
	}
	pclose(f);
}

/* ---- a made profile ---- */

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void put_varint(struct buf *b, uint64_t v)
{
	char bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v);
	must(buf_add(b, bytes, n) == 0, "too long");
}

static void put_number(struct buf *b, uint32_t field, uint64_t v)
{
	put_varint(b, field << 3);
	put_varint(b, v);
}

static void put_bytes(struct buf *b, uint32_t field, const struct buf *m)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, m->len);
	must(buf_add(b, m->ptr, m->len) == 0, "too long");
}

/* 8 to 35 frames; what is similar stands together, and the leaf end has 64 variants: as a merge of
 * many profiles is. */
static void put_sample(struct buf *b, struct buf *m, uint32_t i_sample, uint64_t *seed)
{
	uint64_t stack = i_sample / 160 + next_random(seed) % 3, size = 16u << stack % 10;
	uint64_t variant = next_random(seed) % 64;
	uint32_t depth = 8 + (uint32_t)((stack * 31 + variant) % 28);
	struct buf packed, *part = &packed;

	buf_init(part, 4096);
	buf_clear(m);
	for (uint32_t i = 0; i < depth; i++) {
		uint64_t at = stack * 7919 + (depth - i) * 104729;

		if (i < depth / 3)
			at += variant * 15485863;

		put_varint(part, 1 + at % MADE_LOCATIONS);
	}
	put_bytes(m, 1, part);
	buf_clear(part);
	put_varint(part, 1 + next_random(seed) % 5000);
	put_varint(part, size * (1 + next_random(seed) % 5000));
	put_varint(part, next_random(seed) % 100);
	put_varint(part, size * (next_random(seed) % 100));
	put_bytes(m, 2, part);
	buf_clear(part);
	put_number(part, 1, 9);
	put_number(part, 3, size);
	put_bytes(m, 3, part);
	put_bytes(b, 2, m);
	buf_release(part);
}

static void put_tables(struct buf *b, struct buf *m, struct buf *part, uint64_t *seed)
{
	for (uint32_t i = 1; i <= MADE_LOCATIONS; i++) {
		buf_clear(m);
		put_number(m, 1, i);
		put_number(m, 2, 1);
		put_number(m, 3, 0x400000 + i * 37);
		for (uint64_t k = 0; k <= next_random(seed) % 4 / 3; k++) {
			buf_clear(part);
			put_number(part, 1, 1 + next_random(seed) % MADE_FUNCTIONS);
			put_number(part, 2, 1 + next_random(seed) % 900);
			put_bytes(m, 4, part);
		}
		put_bytes(b, 4, m);
	}
	for (uint32_t i = 1; i <= MADE_FUNCTIONS; i++) {
		buf_clear(m);
		put_number(m, 1, i);
		put_number(m, 2, 9 + i);
		put_number(m, 3, 9 + i);
		put_number(m, 4, 10 + MADE_FUNCTIONS + i % 900);
		put_bytes(b, 5, m);
	}
}

static void put_strings(struct buf *b, struct buf *m)
{
	static const char *const words[] = { "",
					     "alloc_objects",
					     "count",
					     "alloc_space",
					     "bytes",
					     "inuse_objects",
					     "inuse_space",
					     "space",
					     "/bin/service",
					     "bytes" };

	for (uint32_t i = 0; i < 10; i++) {
		buf_clear(m);
		buf_adds(m, words[i]);
		put_bytes(b, 6, m);
	}
	for (uint32_t i = 1; i <= MADE_FUNCTIONS + 900; i++) {
		buf_clear(m);
		if (i <= MADE_FUNCTIONS)
			buf_addf(m, "example.com/service/internal/part%u.(*Worker).step%u", i % 97,
				 i);
		else
			buf_addf(m, "/src/service/internal/part%u/worker.go", i);
		put_bytes(b, 6, m);
	}
}

static void gzip_to_file(const struct buf *b, const char *path)
{
	gzFile f = gzopen(path, "wb6");

	must(f && gzwrite(f, b->ptr, (unsigned)b->len) == (int)b->len && gzclose(f) == Z_OK, path);
}

static void bench_made(void)
{
	const char *dir = getenv("TMPDIR");
	uint64_t seed = 88172645463325252u;
	struct buf b, m, part;
	char path[128];

	buf_init(&b, BODY_MAX);
	buf_init(&m, 4096);
	buf_init(&part, 4096);
	for (uint64_t i = 1; i < 8; i += 2) {
		buf_clear(&m);
		put_number(&m, 1, i == 7 ? 6 : i);
		put_number(&m, 2, i == 1 || i == 5 ? 2 : 4);
		put_bytes(&b, 1, &m);
	}
	for (uint32_t i = 0; i < MADE_SAMPLES; i++)
		put_sample(&b, &m, i, &seed);
	buf_clear(&m);
	put_number(&m, 1, 1);
	put_number(&m, 5, 8);
	put_bytes(&b, 3, &m);
	put_tables(&b, &m, &part, &seed);
	put_strings(&b, &m);
	snprintf(path, sizeof(path), "%s/profile-made.%d.pb.gz", dir ? dir : "/tmp", (int)getpid());
	printf("profile_made %zu bytes raw\n", b.len);
	gzip_to_file(&b, path);
	buf_release(&b);
	buf_release(&m);
	buf_release(&part);
	bench("made", path);
}

int main(int argc, char **argv)
{
	static const char *const fixtures[] = { "etcd-heap", "etcd-cpu", "prometheus-heap" };
	char path[128];

	bench_made();
	for (int i = 1; i < argc; i++) {
		const char *name = strrchr(argv[i], '/');

		bench(name ? name + 1 : argv[i], argv[i]);
	}
	for (size_t i = 0; argc == 1 && i < sizeof(fixtures) / sizeof(*fixtures); i++) {
		snprintf(path, sizeof(path), "tests/fixtures/profile/%s.pb.gz", fixtures[i]);
		bench(fixtures[i], path);
	}
	if (argc == 1)
		bench("etcd-goroutine", "tests/fixtures/pprof/etcd.pb.gz");
	bench_peer();
	unlink(results[0].path);
	return 0;
}
