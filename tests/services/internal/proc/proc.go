// Package proc is what every command here shares: where it listens, how it
// says that it is ready, and how it ends. A test service that outlives its
// test is a bug, so each has three ways to end besides a signal.
package proc

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// parentPoll is how often the parent is looked at.
const parentPoll = 500 * time.Millisecond

// Life ends the process: at a signal, after a time, or with its parent.
type Life struct {
	limit  time.Duration
	parent int
	sig    chan os.Signal
}

// Flags registers -for and -with-parent on the command line.
func Flags() *Life {
	l := &Life{}
	flag.DurationVar(&l.limit, "for", time.Hour, "end by itself after this long (0 = never)")
	flag.IntVar(&l.parent, "with-parent", 0, "end when the process with this `PID` goes away")
	return l
}

// Begin catches the signals; call it right after flag.Parse, so that a signal
// that comes during the start is an orderly end too.
func (l *Life) Begin() {
	l.sig = make(chan os.Signal, 1)
	signal.Notify(l.sig, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
}

// Wait blocks until it is time to end. It runs on the caller's goroutine: the
// population of these programs is what the tests count.
func (l *Life) Wait() {
	var limit, poll <-chan time.Time
	if l.limit > 0 {
		limit = time.After(l.limit)
	}
	gone := l.parentGone()
	if gone != nil {
		t := time.NewTicker(parentPoll)
		defer t.Stop()
		poll = t.C
	}
	for {
		select {
		case <-l.sig:
			return
		case <-limit:
			return
		case <-poll:
			if gone() {
				return
			}
		}
	}
}

// parentGone tells how to notice that the parent has ended. A direct parent is
// noticed by the change of getppid, which no reuse of its PID can fool; a
// grandparent (a shell or make in between) only by its PID.
func (l *Life) parentGone() func() bool {
	switch {
	case l.parent <= 0:
		return nil
	case os.Getppid() == l.parent:
		return func() bool { return os.Getppid() != l.parent }
	default:
		return func() bool { return syscall.Kill(l.parent, 0) == syscall.ESRCH }
	}
}

// Listen opens addr and returns the listener with the URL to reach it by.
func Listen(addr string) (net.Listener, string, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return nil, "", err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // all addresses: name one that can be dialled
	}
	return ln, "http://" + net.JoinHostPort(host, port), nil
}

// Ready prints the one line that scripts wait for.
func Ready(name, url string) {
	fmt.Printf("%s: listening on %s pid %d\n", name, url, os.Getpid())
}

// Fail ends the process with a sentence on standard error.
func Fail(name string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}
