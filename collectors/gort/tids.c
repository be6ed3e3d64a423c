#include "collectors/gort/tids.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tids_init(struct tids *t, pid_t pid)
{
	*t = (struct tids){ .pid = pid };
}

void tids_release(struct tids *t)
{
	map64_release(&t->outer);
}

void tids_moment(struct tids *t)
{
	t->fresh = false;
}

/* The numbers of a NSpid line: from our namespace inwards. How many; *ret_inner is the last. */
static int read_nspid(const char *path, uint64_t *ret_inner)
{
	char text[4096], *at, *end;
	int fd = open(path, O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t got;

	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return 0;
	text[got] = '\0';
	at = strstr(text, "\nNSpid:");
	if (!at)
		return 0;
	for (at += 7; *at == '\t' || *at == ' '; at = end, n++) {
		*ret_inner = strtoull(at, &end, 10);
		if (end == at)
			break;
	}
	return n;
}

static void read_all(struct tids *t)
{
	char path[320];
	struct dirent *d;
	uint64_t inner;
	DIR *dir;

	t->fresh = true;
	map64_clear(&t->outer);
	snprintf(path, sizeof(path), "/proc/%d/task", (int)t->pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		uint32_t seen, tid = (uint32_t)strtoul(d->d_name, NULL, 10);

		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)t->pid, d->d_name);
		if (tid && read_nspid(path, &inner) > 0 && !map64_get(&t->outer, inner, &seen))
			map64_put(&t->outer, inner, tid);
	}
	closedir(dir);
}

int32_t tids_outer(struct tids *t, uint64_t procid)
{
	uint32_t tid = 0;

	if (!t->known) {
		char path[64];
		uint64_t inner;
		int n;

		snprintf(path, sizeof(path), "/proc/%d/status", (int)t->pid);
		n = read_nspid(path, &inner);
		t->known = n > 0;
		t->same = n == 1;
	}
	if (t->same)
		return (int32_t)procid;
	if (map64_get(&t->outer, procid, &tid) || t->fresh)
		return (int32_t)tid;
	read_all(t);
	map64_get(&t->outer, procid, &tid);
	return (int32_t)tid;
}
