#include "collectors/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collectors/parse/gotext.h"
#include "collectors/parse/pprof.h"
#include "collectors/parse/profile.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

enum {
	CHUNK_BYTES = 256 << 10,
	NOTE_MAX = 1 << 10,
	PROFILE_MAX = 64 << 20, /* of a profile, which is looked at whole; a text may be longer */
};

struct reader {
	int fd, stop_fd;
	const char *path;
	char chunk[CHUNK_BYTES];
};

/* Some bytes, 0 at the end, -errno. */
static ssize_t read_some(struct reader *r, struct err *e)
{
	struct pollfd fds[2] = { { r->fd, POLLIN, 0 }, { r->stop_fd, POLLIN, 0 } };
	ssize_t n;

	if (poll(fds, r->stop_fd >= 0 ? 2 : 1, -1) < 0 || fds[1].revents)
		return err_set(e, -EINTR, "%s: interrupted", r->path);
	n = read(r->fd, r->chunk, sizeof(r->chunk));
	return n < 0 ? err_set(e, -errno, "%s: %s", r->path, strerror(errno)) : n;
}

static void push(struct sink *sink, uint32_t target, enum source source, struct sample *sm)
{
	sm->target = target;
	sm->source = source;
	sm->t_ns = clock_mono_ns();
	sm->unix_ns = clock_wall_ns();
	sink->push(sink, sm);
}

/* ---- a text, as it comes ---- */

static int read_text(struct reader *r, ssize_t n, struct gotext *t, struct err *e)
{
	int ret = 0;

	gotext_begin(t);
	while (ret == 0 && n > 0) {
		ret = gotext_feed(t, r->chunk, (size_t)n, e);
		n = ret == 0 ? read_some(r, e) : 0;
	}
	if (ret == 0 && n < 0)
		return (int)n;
	return ret == 0 ? gotext_end(t, e) : ret;
}

static void say(struct buf *b, uint64_t n, const char *what)
{
	if (n > 0)
		buf_addf(b, "; %llu %s", (unsigned long long)n, what);
}

/* Of what is missing or doubtful in it. */
static void say_how(const struct gotext_counts *c, struct buf *b)
{
	buf_addf(b, "%llu goroutines in the text", (unsigned long long)c->headers);
	say(b, c->system, "of them the runtime's own");
	say(b, c->repeated, "told twice, counted once");
	say(b, c->no_stack, "without a stack: they ran on other threads");
	say(b, c->elided, "stacks of which the text leaves frames out");
	say(b, c->not_understood, "lines not understood");
	if (c->mains > 1)
		say(b, c->mains, "dumps, one after the other, added up");
	if (c->cut && c->bytes >= GOTEXT_BODY_MAX)
		say(b, GOTEXT_BODY_MAX >> 20, "MiB: there Go cuts it, so that some are missing");
	else if (c->cut)
		say(b, c->bytes, "bytes and cut short: some are missing");
}

/* ---- a profile, whole ---- */

struct found {
	struct gotext text;
	struct pprof goroutines;
	struct profile profile;
	struct profile_answer answer;
	struct buf body, note;
};

static int read_whole(struct reader *r, ssize_t n, struct buf *body, struct err *e)
{
	int ret = 0;

	while (ret == 0 && n > 0) {
		ret = buf_add(body, r->chunk, (size_t)n);
		if (ret < 0)
			err_set(e, ret, "%s: more than %d MiB; refused", r->path,
				PROFILE_MAX >> 20);
		n = ret == 0 ? read_some(r, e) : 0;
	}
	return ret == 0 && n < 0 ? (int)n : ret;
}

/* Of goroutines or of anything else. */
static int read_profile(struct reader *r, ssize_t n, struct found *f, struct sample *sm)
{
	int ret = read_whole(r, n, &f->body, &sm->why);

	if (ret == 0)
		ret = profile_read(&f->profile, f->body.ptr, f->body.len, &sm->why);
	if (ret == 0 && f->profile.sample.kind == PROFILE_GOROUTINES) {
		sm->goroutines = &f->goroutines.goroutines;
		return pprof_goroutines(&f->goroutines, f->body.ptr, f->body.len, &sm->why);
	}
	if (ret < 0)
		return ret;
	f->answer = (struct profile_answer){ .kind = f->profile.sample.kind,
					     .profile = &f->profile.sample };
	sm->profile = &f->answer;
	return 0;
}

static int read_found(struct reader *r, struct found *f, struct sample *sm)
{
	ssize_t n = read_some(r, &sm->why);
	int ret;

	if (n < 0)
		return (int)n;
	if (n == 0)
		return err_set(&sm->why, -ENODATA, "%s: empty", r->path);
	if (!gotext_looks_like(r->chunk, (size_t)n))
		return read_profile(r, n, f, sm);
	ret = read_text(r, n, &f->text, &sm->why);
	sm->goroutines = &f->text.goroutines;
	say_how(&f->text.counts, &f->note);
	return ret;
}

static void push_found(struct reader *r, struct sink *sink, uint32_t target)
{
	struct sample sm = { .state = SOURCE_OK };
	struct found f = { 0 };

	buf_init(&f.note, NOTE_MAX);
	buf_init(&f.body, PROFILE_MAX);
	if (read_found(r, &f, &sm) < 0) {
		sm.goroutines = NULL;
		sm.profile = NULL;
		sm.state = SOURCE_FAILED;
	}
	sm.note = (struct str){ f.note.ptr, (uint32_t)f.note.len };
	push(sink, target, SOURCE_PPROF, &sm);
	gotext_release(&f.text);
	pprof_release(&f.goroutines);
	profile_release(&f.profile);
	buf_release(&f.note);
	buf_release(&f.body);
}

void file_push(const char *path, int stop_fd, struct sink *sink, uint32_t target)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct reader *r = calloc(1, sizeof(*r));
	struct sample failed = { .state = SOURCE_FAILED };

	for (int i = 0; i < SOURCE_COUNT; i++) {
		struct sample off = { .state = SOURCE_OFF };

		err_put(&off.why, "a file has one profile or dump and nothing else");
		if (i != SOURCE_PPROF)
			push(sink, target, (enum source)i, &off);
	}
	if (!r)
		return;
	r->path = is_stdin ? "standard input" : path;
	r->stop_fd = stop_fd;
	r->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0) {
		err_put(&failed.why, "%s: %s", path, strerror(errno));
		push(sink, target, SOURCE_PPROF, &failed);
	} else {
		push_found(r, sink, target);
	}
	if (r->fd >= 0 && !is_stdin)
		close(r->fd);
	free(r);
}
