#include "tui/clipboard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "tui/term.h"

enum {
	TMUX_MS = 300,
	SCREEN_CHUNK = 512, /* screen takes strings of at most 768 bytes */
};

/* ---- tmux ---- */

/* Whether it ended well within the time; one that hangs is ended. */
static bool ended_well(pid_t pid)
{
	struct pollfd fd = { (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 };
	int status;

	if (fd.fd < 0 || poll(&fd, 1, TMUX_MS) != 1)
		kill(pid, SIGKILL);
	if (fd.fd >= 0)
		close(fd.fd);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Into its buffer and, with -w (3.2), on to the terminal that it runs in. */
static bool tmux_put(const char *text, size_t n, bool on)
{
	char name[] = "tmux", command[] = "load-buffer", with[] = "-w", in[] = "-";
	char *argv[] = { name, command, on ? with : in, on ? in : NULL, NULL };
	int fd = memfd_create("gmptop-copy", MFD_CLOEXEC);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	bool ok;

	if (fd < 0)
		return false;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fd, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", 1, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", 1, 0);
	ok = pwrite(fd, text, n, 0) == (ssize_t)n &&
	     posix_spawnp(&pid, "tmux", &files, &attr, argv, environ) == 0 && ended_well(pid);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close(fd);
	return ok;
}

/* ---- OSC 52 ---- */

static void add_base64(struct buf *b, const char *text, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)text[i] << 16;
		char four[4];

		v |= i + 1 < n ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint32_t)(unsigned char)text[i + 2] : 0;
		for (int k = 0; k < 4; k++)
			four[k] = digits[v >> (18 - 6 * k) & 63];
		if (i + 1 >= n)
			four[2] = '=';
		if (i + 2 >= n)
			four[3] = '=';
		buf_add(b, four, sizeof(four));
	}
}

/* screen passes on what stands between ESC P and ESC \, a piece at a time. */
static void wrap_for_screen(struct buf *b, const struct buf *osc)
{
	for (size_t i = 0; i < osc->len; i += SCREEN_CHUNK) {
		size_t n = osc->len - i < SCREEN_CHUNK ? osc->len - i : SCREEN_CHUNK;

		buf_adds(b, "\033P");
		buf_add(b, osc->ptr + i, n);
		buf_adds(b, "\033\\");
	}
}

int clipboard_put(const char *text, size_t n, struct err *e)
{
	struct buf osc, wrapped;

	if (n > CLIPBOARD_MAX)
		return err_set(e, -EFBIG, "%zu kB are more than terminals take to copy (%d kB)",
			       n >> 10, CLIPBOARD_MAX >> 10);
	if (getenv("TMUX") && (tmux_put(text, n, true) || tmux_put(text, n, false)))
		return 0;
	buf_init(&osc, 2 * CLIPBOARD_MAX);
	buf_init(&wrapped, 3 * CLIPBOARD_MAX);
	buf_adds(&osc, "\033]52;c;");
	add_base64(&osc, text, n);
	buf_adds(&osc, getenv("STY") ? "\a" : "\033\\");
	if (getenv("STY"))
		wrap_for_screen(&wrapped, &osc);
	else
		buf_add(&wrapped, osc.ptr, osc.len);
	term_send(wrapped.ptr, wrapped.len);
	buf_release(&osc);
	buf_release(&wrapped);
	return 0;
}
