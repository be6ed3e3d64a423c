/* kit.h - what the benches share: an end with a sentence, files, and peers run beside us. Times are
 * the least of many rounds on the monotonic clock, ours and theirs: the work cannot take less, and
 * what else the machine does falls out. */
#ifndef BENCH_KIT_H
#define BENCH_KIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"

static inline void must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench: %s\n", what);
		exit(1);
	}
}

/* The whole file as it is. */
static inline void slurp(const char *path, struct buf *b)
{
	static char chunk[256 << 10];
	FILE *f = fopen(path, "re");
	size_t n;

	must(f, path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)))
		must(buf_add(b, chunk, n) == 0, path);
	fclose(f);
}

/* Writes it to a new file, for a peer; ret gets its path, which ends in `suffix`. */
static inline void keep(const struct buf *b, const char *suffix, char *ret, size_t n)
{
	const char *dir = getenv("TMPDIR");
	FILE *f;

	snprintf(ret, n, "%s/gmptop-bench.XXXXXX%s", dir ? dir : "/tmp", suffix);
	f = fdopen(mkstemps(ret, (int)strlen(suffix)), "w");
	must(f && fwrite(b->ptr, 1, b->len, f) == b->len && fclose(f) == 0, ret);
}

/* Of `peer`, which prints a line for each file in their order; the first begins with "missing" when
 * it cannot be had. pclose it. */
static inline FILE *peer_run(const char *peer, const char *const *paths, size_t n)
{
	struct buf command;
	FILE *f;

	buf_init(&command, 1 << 20);
	must(buf_addf(&command, "sh tests/bench/peers/run.sh %s", peer) == 0, peer);
	for (size_t i = 0; i < n; i++)
		must(buf_addf(&command, " '%s'", paths[i]) == 0, peer);
	fflush(stdout);
	f = popen(buf_str(&command), "r");
	must(f, "no shell");
	buf_release(&command);
	return f;
}

#endif
