/* procfile.h - the small files of /proc and of cgroups: whole, or line by line when they may be
 * long. All is read through a directory that stays with one process: when its PID goes to
 * another process, reads fail with ESRCH. */
#ifndef PROCFILE_H
#define PROCFILE_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/base/str.h"

/* An O_PATH descriptor of /proc/PID, to be closed; -ESRCH: no such process. */
int procfile_open(pid_t pid, struct err *e);

/* -ESRCH and its line, for a process that went away meanwhile. */
int procfile_gone(pid_t pid, struct err *e);

struct procfile {
	struct str text;
	char buf[8192];
};

/* -EFBIG: does not fit; else as open and read. */
int procfile_read(int dir, const char *name, struct procfile *ret);

DIR *procfile_dir(int dir, const char *name); /* NULL and errno; closedir */

struct proclines {
	int fd;
	size_t at, len;
	char buf[16384]; /* a longer line comes in pieces */
};

int proclines_open(struct proclines *l, int dir, const char *name); /* 0 or a negative errno */
bool proclines_next(struct proclines *l, struct str *ret); /* borrowed until the next call */
void proclines_close(struct proclines *l);

#endif
