#include "tui/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* A crash handler must find it: the one mutable global of the program. */
static struct {
	int fd;
	bool taken;
	struct termios saved;	       /* as it was found */
	char restore[TTY_RESTORE_MAX]; /* undoes what was painted */
	size_t n_restore;
} tty = { .fd = -1 };

/* An open file of our own, so that O_NONBLOCK does not reach the shell; a copy where that fails. */
static int open_any(void)
{
	for (int fd = STDOUT_FILENO; fd >= STDIN_FILENO; fd--) {
		char path[32];
		int own;

		if (!isatty(fd))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	}
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int tty_open(struct err *e)
{
	tty.fd = open_any();
	if (tty.fd >= 0 && tcgetattr(tty.fd, &tty.saved) == 0)
		return 0;
	tty_close();
	return err_set(
		e, -ENOTTY,
		"terminal: there is none (for one screen as text use --dump, for JSON use once "
		"or stream)");
}

void tty_close(void)
{
	if (tty.fd >= 0)
		close(tty.fd);
	tty.fd = -1;
}

int tty_fd(void)
{
	return tty.fd;
}

void tty_take(void)
{
	struct termios own = tty.saved;

	own.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP | BRKINT);
	own.c_oflag &= ~(tcflag_t)OPOST;
	own.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
	own.c_cc[VMIN] = 1;
	own.c_cc[VTIME] = 0;
	own.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(tty.fd, TCSADRAIN, &own);
	tty.taken = true;
}

/* Waits for a line that is busy, but not for one that is dead. */
static void write_all(const char *p, size_t n)
{
	enum { PATIENCE_MS = 200 };

	while (n > 0) {
		ssize_t w = write(tty.fd, p, n);

		if (w < 0 && errno == EAGAIN) {
			struct pollfd pfd = { .fd = tty.fd, .events = POLLOUT };

			if (poll(&pfd, 1, PATIENCE_MS) <= 0 || pfd.revents & (POLLHUP | POLLERR))
				return;
			continue;
		}
		if (w < 0 && errno != EINTR)
			return;
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		}
	}
}

void tty_give_back(void)
{
	if (!tty.taken)
		return;
	tty.taken = false;
	write_all(tty.restore, tty.n_restore);
	tcsetattr(tty.fd, TCSANOW, &tty.saved);
}

static void on_crash(int sig)
{
	tty_give_back();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
	/* On a stack of its own, for the crash may be that of a full one. */
	static char stack[16 << 10];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_crash,
				.sa_flags = SA_NODEFER | SA_RESETHAND | SA_ONSTACK };

	sigaltstack(&ss, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
}

void tty_set_restore(const char *bytes, size_t n)
{
	tty.n_restore = n < TTY_RESTORE_MAX ? n : TTY_RESTORE_MAX;
	memcpy(tty.restore, bytes, tty.n_restore);
	catch_crashes();
}

void tty_size(int *ret_w, int *ret_h)
{
	struct winsize ws = { 0 };

	if (ioctl(tty.fd, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0 || ws.ws_row == 0) {
		ws.ws_col = 80; /* a serial line does not know */
		ws.ws_row = 24;
	}
	*ret_w = ws.ws_col;
	*ret_h = ws.ws_row;
}

/* A terminal that is gone reads as ready and empty. */
bool tty_hung_up(void)
{
	struct pollfd pfd = { .fd = tty.fd, .events = POLLIN };
	int n = 0;

	if (poll(&pfd, 1, 0) <= 0)
		return false;
	if (pfd.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	return pfd.revents & POLLIN && (ioctl(tty.fd, FIONREAD, &n) < 0 || n == 0);
}
