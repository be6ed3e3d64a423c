/* discover.h - the Go processes of this host, found a slice at a time: on a big host the walk takes
 * longer than a frame. A round that follows looks only at what is new and refreshes the numbers. */
#ifndef DISCOVER_H
#define DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct go_process {
	pid_t pid;
	char name[64];
	char go[48]; /* "go1.26.1" */
	uint64_t start_wall_ns;
	double cpu_pct; /* NAN before the second round */
	uint64_t rss_bytes;
};

struct discover;

struct discover *discover_new(void);
void discover_free(struct discover *d);

/* Goes on with the round for about this long. True while the round is not over. */
bool discover_step(struct discover *d, uint64_t budget_ns);

/* The rows of the last whole round, by CPU, else by PID; valid until the next step. */
size_t discover_rows(const struct discover *d, const struct go_process **ret);

#endif
