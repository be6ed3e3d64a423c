/* gmptop stream: the JSON contract's object, one line an interval. */
#include <unistd.h>

#include "core/base/clock.h"
#include "core/json.h"
#include "tui/commands.h"
#include "tui/out.h"
#include "tui/sampling.h"

struct stream {
	struct app app;
	struct buf line;
	bool reader_gone;
};

static bool put_line(void *arg)
{
	struct stream *s = arg;

	buf_clear(&s->line);
	json_model(&s->line, s->app.model, clock_mono_ns(), app_unix_ns(&s->app));
	s->reader_gone = !out_all(STDOUT_FILENO, s->line.ptr, s->line.len);
	return !s->reader_gone;
}

static int stream_run(const struct options *o)
{
	static struct stream s;
	struct sampling run = {
		.app = &s.app,
		.count = o->count,
		.for_ns = o->for_ns,
		.each = put_line,
		.arg = &s,
	};
	int r = app_open(&s.app, o);

	buf_init(&s.line, JSON_MAX);
	if (r == 0)
		r = sampling_run(&run);
	if (r == 0 && !s.reader_gone)
		r = app_reach_code(&s.app);
	app_close(&s.app);
	buf_release(&s.line);
	return r;
}

const struct command command_stream = {
	.name = "stream",
	.args = "TARGET...",
	.help = "JSON lines, one an interval, flushed",
	.min_targets = 1,
	.max_targets = TARGETS_MAX,
	.run = stream_run,
};
