#include "core/pattern.h"

#include <string.h>

#include "core/base/str.h"

struct rule {
	const char *state; /* wait reason that it starts with; NULL: any */
	const char *func;  /* a frame whose function is this; NULL: any */
	const struct pattern *pattern;
};

#define PATTERN(name, advice) (&(const struct pattern){ name, advice })

/* Several rules each. */
static const struct pattern waitgroup = { "waitgroup-missing-done",
					  "A WaitGroup is waited for whose counter does not reach "
					  "zero. Put `defer wg.Done()` first in "
					  "each goroutine, and Add before the go statement." };

static const struct pattern mutex = { "mutex-never-unlocked",
				      "Goroutines queue for a mutex that is not released. Look for "
				      "the holder: a missing Unlock "
				      "(use defer), or a lock held across a blocking call." };

static const struct pattern rwmutex = {
	"rwmutex-never-unlocked", "Goroutines queue for a read-write mutex. Look for a missing "
				  "RUnlock or Unlock, or a read "
				  "lock taken twice while a writer waits."
};

/* The first that fits. */
static const struct rule rules[] = {
	{ NULL, "net/http.(*persistConn).roundTrip",
	  PATTERN("http-client-no-timeout",
		  "An HTTP call waits for an answer that does not come. Set "
		  "http.Client.Timeout, or give the "
		  "request a context with a deadline.") },
	{ NULL, "net/http.(*Transport).getConn",
	  PATTERN("http-client-no-connection",
		  "HTTP calls wait for a connection. Close response bodies, "
		  "set Client.Timeout, and look at "
		  "MaxConnsPerHost.") },
	{ NULL, "database/sql.(*DB).conn",
	  PATTERN("sql-pool-exhausted",
		  "Callers wait for a database connection. Close Rows and Tx, give "
		  "queries a context, and look "
		  "at SetMaxOpenConns.") },
	{ "sync.WaitGroup.Wait", NULL, &waitgroup },
	{ NULL, "sync.(*WaitGroup).Wait", &waitgroup },
	{ "sync.Mutex.Lock", NULL, &mutex },
	{ NULL, "sync.(*Mutex).Lock", &mutex },
	{ "sync.RWMutex", NULL, &rwmutex },
	{ NULL, "sync.(*RWMutex).RLock", &rwmutex },
	{ NULL, "sync.(*RWMutex).Lock", &rwmutex },
	{ "sync.Cond.Wait", NULL,
	  PATTERN("cond-never-signalled",
		  "Nobody calls Signal or Broadcast. Signal after every change "
		  "of the condition; Broadcast "
		  "when several may wait.") },
	{ "select (no cases)", NULL,
	  PATTERN("select-without-cases", "An empty select waits for ever. Replace it by a wait on "
					  "a context or a channel.") },
	{ "select", NULL,
	  PATTERN("select-never-ready",
		  "A select waits on channels that nobody sends to or closes. Add `case "
		  "<-ctx.Done()` "
		  "and cancel "
		  "the context; in loops use time.NewTimer and stop it instead of time.After.") },
	{ "chan send", NULL,
	  PATTERN("chan-send-no-receiver",
		  "The receiver has gone. Give the channel a buffer of one, or "
		  "select on the context as well.") },
	{ "chan receive", NULL,
	  PATTERN("chan-receive-never-sent",
		  "Nobody sends or closes the channel. Close it when the "
		  "sender ends, or select on the context "
		  "as well.") },
	{ "sleep", NULL,
	  PATTERN("sleeping-in-a-loop",
		  "Loops that sleep were started and not ended. Use a ticker and a "
		  "context instead of time.Sleep.") },
	{ "IO wait", NULL,
	  PATTERN("io-without-deadline",
		  "Connections wait for a peer that says nothing. Set read and "
		  "write deadlines, and close what "
		  "is no longer used.") },
	{ NULL, NULL,
	  PATTERN("grows-without-end",
		  "The group only grows. Look at who starts it and what should end it.") },
};

static bool has_frame(const struct group_row *r, const char *func)
{
	for (uint32_t i = 0; i < r->n_stack; i++) {
		if (str_is(r->stack[i].func, func))
			return true;
	}
	return false;
}

static bool fits(const struct rule *rule, const struct group_row *r)
{
	if (rule->state && strncmp(r->state, rule->state, strlen(rule->state)) != 0)
		return false;
	return !rule->func || has_frame(r, rule->func);
}

const struct pattern *pattern_of(const struct group_row *r)
{
	const struct rule *rule = rules;

	while (!fits(rule, r))
		rule++;
	return rule->pattern;
}

bool pattern_is_benign(const struct group_row *r)
{
	/* A goroutine whose own function is one of these belongs to a server or a client that
	 * lives; what leaks with it is the goroutine that calls, which has a stack of its own. */
	static const char *const by_design[] = {
		"net/http.(*persistConn).readLoop",
		"net/http.(*persistConn).writeLoop",
		"net/http.(*connReader).backgroundRead",
		"net/http.(*http2clientConnReadLoop).run",
		"net/http.(*http2serverConn).serve",
		"net/http.(*http2serverConn).readFrames",
		"golang.org/x/net/http2.(*clientConnReadLoop).run",
		"golang.org/x/net/http2.(*serverConn).serve",
		"golang.org/x/net/http2.(*serverConn).readFrames",
		"net/http.(*Server).Serve",
		"os/signal.loop",
		"os/signal.signal_recv",
		"database/sql.(*DB).connectionOpener",
		"database/sql.(*DB).connectionCleaner",
		"google.golang.org/grpc/internal/transport.(*http2Client).reader",
		"google.golang.org/grpc/internal/transport.(*loopyWriter).run",
		"google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams",
		"google.golang.org/grpc/internal/transport.(*http2Server).keepalive",
		"internal/poll.(*FD).Accept",
	};

	for (size_t i = 0; i < sizeof(by_design) / sizeof(*by_design); i++) {
		if (has_frame(r, by_design[i]))
			return true;
	}
	/* A server's connection that reads: idle keep-alive, or a slow client. */
	return !r->site_frame && has_frame(r, "net/http.(*conn).serve") &&
	       strcmp(r->state, "IO wait") == 0;
}
