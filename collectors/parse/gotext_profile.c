/* debug=1 tells no state, and leaves out the runtime's frames at the leaf: all but their pcs. But
 * all who wait do so in gopark, at one pc, and some of those who call it can be seen. */
#include <errno.h>
#include <inttypes.h>

#include "collectors/parse/gostate.h"
#include "collectors/parse/gotext_reader.h"

enum { LOOK_FRAMES = 15 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_one_of(struct str func, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(func, names[i]))
			return true;
	}
	return false;
}

/* Functions of the runtime under the names of those they are made for. */
static bool is_parker(struct str func)
{
	static const char *const names[] = {
		"internal/poll.runtime_pollWait",	 "internal/poll.runtime_Semacquire",
		"internal/sync.runtime_SemacquireMutex", "sync.runtime_Semacquire",
		"sync.runtime_SemacquireMutex",		 "sync.runtime_SemacquireRWMutex",
		"sync.runtime_SemacquireRWMutexR",	 "sync.runtime_SemacquireWaitGroup",
		"sync.runtime_notifyListWait",		 "time.Sleep",
	};

	return is_one_of(func, names, COUNT(names));
}

/* The frames as if gopark were shown. */
static struct str parked_state(const struct frame *stack, size_t n)
{
	struct frame frames[LOOK_FRAMES + 1] = { { .func = STR("runtime.gopark") } };

	n = n < LOOK_FRAMES ? n : LOOK_FRAMES;
	if (n)
		memcpy(frames + 1, stack, n * sizeof(*stack));
	return goroutine_state(frames, n + 1);
}

struct str gotext_profile_state(const struct frame *stack, size_t n, uint64_t pc, uint64_t parked)
{
	/* Who takes the profile: what it calls is the runtime's. */
	static const char *const takers[] = { "runtime/pprof.writeRuntimeProfile",
					      "runtime/pprof.writeGoroutine" };
	struct str leaf = n ? stack[0].func : STR("");
	struct str word = goroutine_state(stack, n);

	if (pc == 0)
		return word;
	if (is_one_of(leaf, takers, COUNT(takers)))
		return STR("running");
	if (pc == parked)
		return parked_state(stack, n);
	if (!str_is(word, "runnable"))
		return word;
	if (str_starts(leaf, "iter.Pull"))
		return STR("coroutine");
	if (str_starts(leaf, "syscall.") || str_has(leaf, "._Cfunc_"))
		return STR("syscall");
	return parked ? word : STR("unknown");
}

/* ---- records ---- */

/* gopark's pc is that of most who are known to wait (Boyer and Moore's vote). */
static void vote(struct gotext_state *s)
{
	if (s->parked == s->leaf_pc) {
		s->parked_votes += s->count;
	} else if (s->parked_votes >= s->count) {
		s->parked_votes -= s->count;
	} else {
		s->parked = s->leaf_pc;
		s->parked_votes = s->count - s->parked_votes;
	}
}

int gotext_settle_record(struct gotext *g)
{
	struct gotext_state *s = g->state;
	struct gotext_kind kind = { .by_pc = true, .pc = s->leaf_pc };
	uint32_t leaf = s->at;
	long k = gotext_stacks_kind(&s->stacks, &kind);

	if (k < 0)
		return (int)k;
	s->kind = (uint32_t)k;
	while (leaf != GOTEXT_ROOT && s->stacks.nodes[leaf].parent != GOTEXT_ROOT)
		leaf = s->stacks.nodes[leaf].parent;
	if (s->leaf_pc && is_parker(gotext_stacks_func_of(&s->stacks, leaf)))
		vote(s);
	return gotext_count_in(g, s->at);
}

static struct str from(struct str s, size_t at)
{
	return (struct str){ s.p + at, s.len - (uint32_t)at };
}

int gotext_take_record(struct gotext *g, uint64_t count, struct str pcs)
{
	struct gotext_state *s = g->state;
	uint64_t pc = 0;
	int r = gotext_leave(g);

	if (r < 0)
		return r;
	if (count > GOTEXT_COUNT_MAX)
		return err_set(s->stacks.err, -EBADMSG, "%" PRIu64 " goroutines in one record",
			       count);
	gotext_enter(s, GOTEXT_RECORD, count);
	g->counts.headers += count;
	if (gotext_next_pc(&pcs, &pc))
		s->leaf_pc = pc;
	return 0;
}

static int take_record_labels(struct gotext *g, struct str text)
{
	long n = gotext_labels_end(text), set;

	if (n < 0) {
		g->counts.not_understood++;
		return 0;
	}
	set = gotext_stacks_labels(&g->state->stacks, (struct str){ text.p, (uint32_t)n });
	if (set < 0)
		return (int)set;
	g->state->labels = (uint32_t)set + 1;
	return 0;
}

int gotext_take_record_line(struct gotext *g, struct str line)
{
	static const char labels[] = "# labels: {";
	struct gotext_state *s = g->state;
	struct gotext_record_frame f;
	long func, place, node;

	if (str_starts(line, labels))
		return take_record_labels(g, from(line, sizeof(labels) - 1));
	if (!gotext_record_frame(line, &f)) {
		g->counts.not_understood++;
		return 0;
	}
	/* The list has where calls return to, the lines where they were made. */
	if (!s->leaf_seen && f.pc + 1 == s->leaf_pc)
		s->leaf_pc = 0;
	s->leaf_seen = true;
	if (f.func.len == 0)
		return 0;
	func = gotext_stacks_func(&s->stacks, f.func);
	place = func < 0 ? func : gotext_stacks_place(&s->stacks, &f.place, STR(""));
	node = place < 0 ? place
			 : gotext_stacks_step(&s->stacks, s->at, (uint32_t)func, (uint32_t)place);
	if (node < 0)
		return (int)node;
	s->at = (uint32_t)node;
	return 0;
}
