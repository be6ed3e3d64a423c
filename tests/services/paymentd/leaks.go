package main

import (
	"errors"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The classic leaks, each as it comes about in real code. None keeps a
// reference to what its goroutine waits for: nothing could ever wake it, which
// is what tells a leak from a goroutine that is merely patient.

type quote struct{ cents int64 }

// leakSelect: two providers are asked, and neither answers nor closes.
func leakSelect() bool {
	a, b := make(chan quote), make(chan quote)
	go awaitQuote(a, b)
	return true
}

func awaitQuote(a, b <-chan quote) quote {
	select { // no context, no time-out
	case q := <-a:
		return q
	case q := <-b:
		return q
	}
}

// leakChan: the producer is done and forgot to close the channel.
func leakChan() bool {
	events := make(chan quote, 1)
	events <- quote{100}
	go drainEvents(events)
	return true
}

func drainEvents(events <-chan quote) (sum int64) {
	for q := range events {
		sum += q.cents
	}
	return sum
}

// leakSend: the answer comes after the caller's patience has ended, to a
// channel without room for it.
func leakSend() bool {
	answer := make(chan quote) // a buffer of 1 would be the remedy
	go askProvider(answer)
	go func() {
		select {
		case <-answer:
		case <-time.After(5 * time.Millisecond):
		}
	}()
	return true
}

func askProvider(answer chan<- quote) {
	time.Sleep(20 * time.Millisecond)
	answer <- quote{100}
}

// leakAfter: watchers that nobody ends, and in each turn of their loops a new
// timer of ten minutes. The goroutines wake now and then and their channel is
// alive, so unlike the others they look healthy one by one; what grows is
// their number and the heap under time.After. (From Go 1.23 on the collector
// frees such timers, unless go.mod asks for an older Go, as ours does; Go 1.27
// drops that exception.)
func leakAfter() bool {
	feedOnce.Do(func() { go feedEvents() })
	go watchEvents()
	return true
}

const (
	eventsPerSecond = 500 // bounds the timers alive: 500 times the idle time
	idleAfter       = 10 * time.Minute
)

var (
	feedOnce sync.Once
	feed     = make(chan quote)
	idles    atomic.Int64
)

func feedEvents() {
	for range time.NewTicker(time.Second / eventsPerSecond).C {
		select {
		case feed <- quote{100}:
		default:
		}
	}
}

func watchEvents() {
	for {
		select {
		case <-feed:
		case <-time.After(idleAfter):
			idles.Add(1)
		}
	}
}

// leakWaitGroup: one of two workers returns early and never says Done.
func leakWaitGroup() bool {
	go settleBatch()
	return true
}

func settleBatch() {
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func(i int) {
			if err := settlePart(i); err != nil {
				return // defer wg.Done() would be the remedy
			}
			wg.Done()
		}(i)
	}
	wg.Wait()
}

func settlePart(i int) error {
	if i == 1 {
		return errors.New("no settlement today")
	}
	return nil
}

// leakMutex: an error path leaves with the account locked; every later booking
// piles up behind it. The account itself stays in use, so here the goroutines
// are stuck though what they wait for is reachable.
func leakMutex() bool {
	frozenOnce.Do(func() { frozen.book(-1) })
	go frozen.book(100)
	return true
}

type account struct {
	mu    sync.Mutex
	cents int64
}

var (
	frozen     account
	frozenOnce sync.Once
)

func (a *account) book(cents int64) error {
	a.mu.Lock()
	if cents < 0 {
		return errors.New("negative booking") // without Unlock
	}
	a.cents += cents
	a.mu.Unlock()
	return nil
}

// hungClient is an http.Client as the zero value gives it: no time-out, for a
// server that accepts and never answers. Each call costs three goroutines: the
// caller, and the connection's reader and writer.
type hungClient struct {
	http http.Client
	url  string
}

func newHungClient(url string) *hungClient {
	return &hungClient{url: url, http: http.Client{Transport: &http.Transport{}}}
}

func (c *hungClient) settle() bool {
	go c.fetchSettlement()
	return true
}

func (c *hungClient) fetchSettlement() error {
	resp, err := c.http.Get(c.url)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// heapGrower is a cache of sessions that forgets nothing.
type heapGrower struct {
	mu       sync.Mutex
	sessions [][]byte
}

const sessionSize = 16 << 10

// grow adds 1 MB. Every page is touched: memory that was only asked for does
// not show as resident.
func (h *heapGrower) grow() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.sessions)*sessionSize >= maxHeapMB<<20 {
		return false
	}
	for i := 0; i < (1<<20)/sessionSize; i++ {
		b := make([]byte, sessionSize)
		for j := 0; j < len(b); j += 4096 {
			b[j] = 1
		}
		h.sessions = append(h.sessions, b)
	}
	return true
}

func (h *heapGrower) empty() {
	h.mu.Lock()
	h.sessions = nil
	h.mu.Unlock()
}

// spinners are goroutines that never wait. At 64 the longest wait for a turn,
// at ten milliseconds each, is still short enough for the switch that turns
// them off.
type spinners struct {
	mu      sync.Mutex
	stops   []*atomic.Bool // one for each that spins
	running atomic.Int64
}

const maxSpinners = 64

// level starts or ends spinners until there are v of them.
func (s *spinners) level(v float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for want := int(v); len(s.stops) > want; {
		last := len(s.stops) - 1
		s.stops[last].Store(true)
		s.stops = s.stops[:last]
	}
	for want := int(v); len(s.stops) < want; {
		stop := &atomic.Bool{}
		s.stops = append(s.stops, stop)
		s.running.Add(1)
		go s.spin(stop)
	}
}

// spin burns CPU until told to stop. Now and then it yields, which puts it on
// the global queue.
func (s *spinners) spin(stop *atomic.Bool) {
	defer s.running.Add(-1)
	x := uint64(88172645463325252)
	for !stop.Load() {
		for i := 0; i < 1<<20; i++ {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		runtime.Gosched()
	}
	sink.Store(x)
}

var sink atomic.Uint64 // keeps the loop above from being optimised away
