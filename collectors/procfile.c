#include "collectors/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int procfile_gone(pid_t pid, struct err *e)
{
	return err_set(e, -ESRCH, "process %d: it has ended", (int)pid);
}

int procfile_open(pid_t pid, struct err *e)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	fd = pid > 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0)
		return fd;
	if (pid <= 0 || errno == ENOENT)
		return err_set(e, -ESRCH, "process %d: there is none (or /proc hides it)",
			       (int)pid);
	return err_set(e, -errno, "%s: %m", path);
}

/* Fills buf from *len on: at the end of the file *len stays. */
static int read_more(int fd, char *buf, size_t size, size_t *len)
{
	ssize_t n;

	do
		n = read(fd, buf + *len, size - *len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*len += (size_t)n;
	return n > 0;
}

int procfile_read(int dir, const char *name, struct procfile *ret)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), r = 1;
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (r > 0 && len < sizeof(ret->buf))
		r = read_more(fd, ret->buf, sizeof(ret->buf), &len);
	close(fd);
	if (r < 0)
		return r;
	if (r > 0)
		return -EFBIG;
	ret->text = (struct str){ ret->buf, (uint32_t)len };
	return 0;
}

DIR *procfile_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int proclines_open(struct proclines *l, int dir, const char *name)
{
	l->at = l->len = 0;
	l->fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	return l->fd < 0 ? -errno : 0;
}

bool proclines_next(struct proclines *l, struct str *ret)
{
	for (;;) {
		char *start = l->buf + l->at, *end = memchr(start, '\n', l->len - l->at);
		size_t n = end ? (size_t)(end - start) : l->len - l->at;

		if (!end && (l->at > 0 || l->len < sizeof(l->buf))) {
			memmove(l->buf, start, n);
			l->at = 0;
			l->len = n;
			if (read_more(l->fd, l->buf, sizeof(l->buf), &l->len) > 0)
				continue;
			start = l->buf;
			if (n == 0)
				return false;
		}
		l->at += n + (end ? 1 : 0);
		*ret = (struct str){ start, (uint32_t)n };
		return true;
	}
}

void proclines_close(struct proclines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
