/* How fast pages of metrics are read, in text, OpenMetrics and protobuf: the first page of a
 * service, and following ones, of which a quarter of the values changed or all of them. Pages of
 * 160 kB and 10 MB are made here; files given as arguments are read too (.om OpenMetrics, .pb
 * protobuf). The same pages go through other parsers (tests/bench/peers), side by side. */
#include <endian.h>

#include "collectors/parse/prombody.h"
#include "core/base/clock.h"
#include "tests/bench/kit.h"

enum {
	CHUNK = 16 << 10,
	BODY_MAX = 64 << 20,
	PAGES_MAX = 32,
	ROUNDS_MIN = 7,
	BUDGET_NS = 400000000,
	TARGETS = 200,
};

enum format { TEXT, OPENMETRICS, PROTOBUF };

static const char *const types[] = {
	[TEXT] = "text/plain; version=0.0.4",
	[OPENMETRICS] = "application/openmetrics-text; version=1.0.0",
	[PROTOBUF] = "application/vnd.google.protobuf; "
		     "proto=io.prometheus.client.MetricFamily; encoding=delimited",
};
static const char *const suffixes[] = { ".txt", ".om", ".pb" };

struct page {
	char name[64], path[96];
	enum format format;
	struct buf body, quarter, all; /* the last two: as a second later; empty for files */
	double first_mb_s, following_mb_s;
};

static struct page pages[PAGES_MAX];
static size_t n_pages;

/* ---- pages ---- */

struct writer {
	struct buf *b, family, metric, value, part;
	enum format format;
	int changed; /* of four values */
};

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9u;
}

/* The k-th value of the page: the same on each page, or another one where it changed. */
static uint64_t value_of(const struct writer *w, uint64_t k)
{
	uint64_t v = mix(k) % 10000000;

	return (mix(k * 7) & 3) < (unsigned)w->changed ? v + 1 + (mix(k) & 15) : v;
}

static void put_varint(struct buf *b, uint64_t v)
{
	char c;

	for (; v >= 0x80; v >>= 7) {
		c = (char)(v | 0x80);
		buf_add(b, &c, 1);
	}
	c = (char)v;
	buf_add(b, &c, 1);
}

static void put_bytes(struct buf *b, unsigned field, const char *p, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	buf_add(b, p, n);
}

static void put_double(struct buf *b, unsigned field, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	bits = htole64(bits);
	put_varint(b, field << 3 | 1);
	buf_add(b, (char *)&bits, sizeof(bits));
}

static void put_label(struct writer *w, const char *name, const char *value)
{
	buf_clear(&w->part);
	put_bytes(&w->part, 1, name, strlen(name));
	put_bytes(&w->part, 2, value, strlen(value));
	put_bytes(&w->metric, 1, w->part.ptr, w->part.len);
}

static const double bounds[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };
enum { N_BOUNDS = sizeof(bounds) / sizeof(bounds[0]), METRICS = 12 };

static void labels_of(char (*ret)[48], unsigned family, unsigned i)
{
	snprintf(ret[0], sizeof(ret[0]), "svc-%03u-%05llx", i % 7,
		 (unsigned long long)mix(i) % 99999);
	snprintf(ret[1], sizeof(ret[1]), "/api/v1/orders/%u", i);
	snprintf(ret[2], sizeof(ret[2]), "%s", i % 3 ? "200" : "503");
	(void)family;
}

static const char *const label_names[] = { "pod", "route", "code" };

static void put_text_metric(struct writer *w, const char *name, int kind, unsigned f, unsigned i)
{
	char l[3][48], labels[256];
	uint64_t k = (uint64_t)f * 1000 + i, sum = 0;

	labels_of(l, f, i);
	snprintf(labels, sizeof(labels), "pod=\"%s\",route=\"%s\",code=\"%s\"", l[0], l[1], l[2]);
	if (kind == 0)
		buf_addf(w->b, "%s_total{%s} %llu\n", name, labels,
			 (unsigned long long)value_of(w, k));
	if (kind == 1)
		buf_addf(w->b, "%s{%s} %.6g\n", name, labels, (double)value_of(w, k) / 1024);
	if (kind != 2)
		return;
	for (unsigned b = 0; b < N_BOUNDS; b++) {
		sum += value_of(w, k * 16 + b) % 1000;
		buf_addf(w->b, "%s_bucket{%s,le=\"%g%s\"} %llu\n", name, labels, bounds[b],
			 w->format == OPENMETRICS && bounds[b] >= 1 && bounds[b] != 2.5 ? ".0" : "",
			 (unsigned long long)sum);
	}
	buf_addf(w->b, "%s_bucket{%s,le=\"+Inf\"} %llu\n%s_sum{%s} %.9g\n%s_count{%s} %llu\n", name,
		 labels, (unsigned long long)sum, name, labels, (double)value_of(w, k) / 7, name,
		 labels, (unsigned long long)sum);
}

static void put_proto_metric(struct writer *w, int kind, unsigned f, unsigned i)
{
	static const unsigned fields[] = { 3, 2, 7 };
	char l[3][48];
	uint64_t k = (uint64_t)f * 1000 + i, sum = 0;

	labels_of(l, f, i);
	buf_clear(&w->metric);
	buf_clear(&w->value);
	for (int n = 0; n < 3; n++)
		put_label(w, label_names[n], l[n]);
	if (kind < 2)
		put_double(&w->value, 1, (double)value_of(w, k) / (kind ? 1024 : 1));
	for (unsigned b = 0; kind == 2 && b < N_BOUNDS; b++) {
		sum += value_of(w, k * 16 + b) % 1000;
		buf_clear(&w->part);
		put_varint(&w->part, 1 << 3);
		put_varint(&w->part, sum);
		put_double(&w->part, 2, bounds[b]);
		put_bytes(&w->value, 3, w->part.ptr, w->part.len);
	}
	if (kind == 2) {
		put_varint(&w->value, 1 << 3);
		put_varint(&w->value, sum);
		put_double(&w->value, 2, (double)value_of(w, k) / 7);
	}
	put_bytes(&w->metric, fields[kind], w->value.ptr, w->value.len);
	put_bytes(&w->family, 4, w->metric.ptr, w->metric.len);
}

static void put_family(struct writer *w, unsigned f)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	static const char type_numbers[] = { 0, 1, 4 };
	int kind = (int)(f % 3);
	char name[64], total[80];

	snprintf(name, sizeof(name), "service_%s_%u_seconds", kinds[kind], f);
	snprintf(total, sizeof(total), "%s%s", name, kind == 0 ? "_total" : "");
	if (w->format != PROTOBUF) {
		const char *of = w->format == TEXT ? total : name;

		buf_addf(w->b, "# HELP %s How long it took, or how often.\n# TYPE %s %s\n", of, of,
			 kinds[kind]);
		for (unsigned i = 0; i < METRICS; i++)
			put_text_metric(w, name, kind, f, i);
		return;
	}
	buf_clear(&w->family);
	put_bytes(&w->family, 1, total, strlen(total));
	put_bytes(&w->family, 2, "How long it took, or how often.", 31);
	put_varint(&w->family, 3 << 3);
	put_varint(&w->family, (uint64_t)type_numbers[kind]);
	for (unsigned i = 0; i < METRICS; i++)
		put_proto_metric(w, kind, f, i);
	put_varint(w->b, w->family.len);
	buf_add(w->b, w->family.ptr, w->family.len);
}

static void make(struct buf *b, enum format format, size_t size, int changed)
{
	struct writer w = { .b = b, .format = format, .changed = changed };

	buf_init(b, BODY_MAX);
	buf_init(&w.family, BODY_MAX);
	buf_init(&w.metric, BODY_MAX);
	buf_init(&w.value, BODY_MAX);
	buf_init(&w.part, BODY_MAX);
	for (unsigned f = 0; b->len < size; f++)
		put_family(&w, f);
	if (format == OPENMETRICS)
		buf_adds(b, "# EOF\n");
	buf_release(&w.family);
	buf_release(&w.metric);
	buf_release(&w.value);
	buf_release(&w.part);
}

/* ---- measuring ---- */

static void read_page(struct prombody *b, enum format format, const struct buf *page)
{
	struct err e = { "" };

	prombody_begin(b);
	prombody_type(b, str_of(types[format]));
	for (size_t at = 0; at < page->len; at += CHUNK) {
		size_t n = page->len - at < CHUNK ? page->len - at : CHUNK;

		must(prombody_feed(b, page->ptr + at, n, &e) == 0, e.text);
	}
	must(prombody_end(b, &e) == 0, e.text);
}

/* What is refused is followed by no page: the next one is read as a first one, in memory that is
 * there already, as the peers have it too. */
static void forget(struct prombody *b)
{
	struct err e;

	prombody_begin(b);
	if (prombody_feed(b, "!", 1, &e) == 0)
		must(prombody_end(b, &e) < 0, "a page that is none was taken");
	prombody_begin(b);
	prombody_type(b, str_of(types[PROTOBUF]));
	if (prombody_feed(b, "\1\12", 2, &e) == 0)
		must(prombody_end(b, &e) < 0, "a page that is none was taken");
}

/* The best of many rounds: what the code needs when nothing else runs. `before` is read before
 * each; NULL: nothing. */
static uint64_t best_ns(struct prombody *b, const struct page *p, const struct buf *before,
			const struct buf *page)
{
	uint64_t best = UINT64_MAX, until = clock_mono_ns() + BUDGET_NS;

	for (int i = 0; i < ROUNDS_MIN || clock_mono_ns() < until; i++) {
		uint64_t t;

		if (before)
			read_page(b, p->format, before);
		else
			forget(b);
		t = clock_mono_ns();
		read_page(b, p->format, page);
		t = clock_mono_ns() - t;
		best = t < best ? t : best;
	}
	return best;
}

static double report(const struct page *p, const char *what, uint64_t ns)
{
	double mb_s = (double)p->body.len * 1e3 / (double)ns;

	printf("metrics_%s_%s %.0f MB/s (%.3f ms, %zu bytes)\n", what, p->name, mb_s,
	       (double)ns / 1e6, p->body.len);
	return mb_s;
}

static void bench(struct page *p)
{
	struct prombody b = { 0 };
	uint64_t ns;

	p->first_mb_s = report(p, "first", best_ns(&b, p, NULL, &p->body));
	if (p->all.len) {
		ns = best_ns(&b, p, &p->quarter, &p->body);
		p->following_mb_s = report(p, "following", ns);
		if (p->body.len < 1 << 20)
			printf("metrics_share_%s %.2f %% of a core (%d targets, one page a second "
			       "each)\n",
			       p->name, (double)ns * TARGETS / 1e7, TARGETS);
		report(p, "all_changed", best_ns(&b, p, &p->all, &p->body));
	} else {
		p->following_mb_s = report(p, "repeated", best_ns(&b, p, &p->body, &p->body));
	}
	prombody_release(&b);
}

/* ---- peers ---- */

/* "MB/s its-name" for each page of the format, in this order. */
static void bench_peer(const char *peer, enum format format)
{
	const struct page *asked[PAGES_MAX];
	const char *paths[PAGES_MAX];
	size_t n = 0;
	char line[256];
	FILE *f;

	for (size_t i = 0; i < n_pages; i++) {
		if (pages[i].format != format)
			continue;
		paths[n] = pages[i].path;
		asked[n++] = &pages[i];
	}
	f = peer_run(peer, paths, n);
	for (size_t i = 0; i < n; i++) {
		char *name;
		double mb_s;

		if (!fgets(line, sizeof(line), f) || strncmp(line, "missing", 7) == 0) {
			printf("metrics_peer %s %s", peer, line);
			break;
		}
		mb_s = strtod(line, &name);
		printf("metrics_peer_%s %.0f MB/s (%.*s; a first page is read %.1f times as fast, "
		       "a "
		       "following one %.1f times)\n",
		       asked[i]->name, mb_s, (int)strcspn(name + 1, "\n"), name + 1,
		       asked[i]->first_mb_s / mb_s, asked[i]->following_mb_s / mb_s);
	}
	pclose(f);
}

static void add_made(const char *name, enum format format, size_t size)
{
	struct page *p = &pages[n_pages++];

	snprintf(p->name, sizeof(p->name), "%s", name);
	p->format = format;
	make(&p->body, format, size, 0);
	make(&p->quarter, format, size, 1);
	make(&p->all, format, size, 4);
}

static void add_file(const char *path)
{
	struct page *p = &pages[n_pages++];
	const char *name = strrchr(path, '/');
	struct str s = str_of(path);

	must(n_pages <= PAGES_MAX, "too many files");
	snprintf(p->name, sizeof(p->name), "%s", name ? name + 1 : path);
	p->format = str_ends(s, ".pb") ? PROTOBUF : str_ends(s, ".om") ? OPENMETRICS : TEXT;
	buf_init(&p->body, BODY_MAX);
	slurp(path, &p->body);
}

int main(int argc, char **argv)
{
	add_made("text_160k", TEXT, 160000);
	add_made("text_10M", TEXT, 10 << 20);
	add_made("openmetrics_160k", OPENMETRICS, 160000);
	add_made("proto_160k", PROTOBUF, 160000);
	add_made("proto_5M", PROTOBUF, 5 << 20);
	for (int i = 1; i < argc && n_pages < PAGES_MAX; i++)
		add_file(argv[i]);
	if (argc == 1) {
		add_file("tests/fixtures/promtext/node_exporter.txt");
		add_file("tests/fixtures/promtext/kubelike.txt");
		add_file("tests/fixtures/openmetrics/etcd.om");
		add_file("tests/fixtures/promproto/etcd.pb");
	}
	for (size_t i = 0; i < n_pages; i++) {
		bench(&pages[i]);
		keep(&pages[i].body, suffixes[pages[i].format], pages[i].path,
		     sizeof(pages[i].path));
	}
	bench_peer("vmtext", TEXT);
	bench_peer("expfmt", TEXT);
	bench_peer("expfmt", PROTOBUF);
	bench_peer("protobuf", PROTOBUF);
	for (size_t i = 0; i < n_pages; i++) {
		unlink(pages[i].path);
		buf_release(&pages[i].body);
		buf_release(&pages[i].quarter);
		buf_release(&pages[i].all);
	}
	return 0;
}
