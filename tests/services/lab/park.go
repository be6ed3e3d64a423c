package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// kind is one way to wait. start begins goroutine i; it must go through at()
// on the very line where it then waits.
type kind struct {
	name, help string
	max        int
	wait       string
	fn, entry  string
	start      func(i int) error
	finish     func(g group, n int) []group // splits the group up, where it is not one
}

const (
	many = 100000
	few  = 1000 // those that cost descriptors, or stack
	rare = 64   // those that cost a thread
)

var kinds = []kind{
	{name: "chan-recv", help: "receive from a channel", max: many, wait: "chan receive",
		fn: "main.parkChanRecv", start: func(int) error { go parkChanRecv(make(chan int)); return nil }},
	{name: "chan-send", help: "send to a channel", max: many, wait: "chan send",
		fn: "main.parkChanSend", start: func(int) error { go parkChanSend(make(chan int)); return nil }},
	{name: "select", help: "select with two cases", max: many, wait: "select",
		fn: "main.parkSelect", start: func(int) error { go parkSelect(make(chan int), make(chan string)); return nil }},
	{name: "select0", help: "select without cases", max: many, wait: "select (no cases)",
		fn: "main.parkSelect0", start: func(int) error { go parkSelect0(); return nil }},
	{name: "nilchan", help: "receive from a nil channel", max: many, wait: "chan receive (nil chan)",
		fn: "main.parkNilRecv", start: func(int) error { go parkNilRecv(nil); return nil }},
	{name: "nilsend", help: "send to a nil channel", max: many, wait: "chan send (nil chan)",
		fn: "main.parkNilSend", start: func(int) error { go parkNilSend(nil); return nil }},
	{name: "mutex", help: "lock a mutex that is held", max: many, wait: since(20, "sync.Mutex.Lock", "semacquire"),
		fn: "main.parkMutex", start: func(int) error { go parkMutex(&held.mutex); return nil }},
	{name: "rwmutex-r", help: "read-lock an RWMutex held by a writer", max: many, wait: since(20, "sync.RWMutex.RLock", "semacquire"),
		fn: "main.parkRead", start: func(int) error { go parkRead(&held.writing); return nil }},
	{name: "rwmutex-w", help: "lock an RWMutex held by a reader (one each)", max: many, wait: since(20, "sync.RWMutex.Lock", "semacquire"),
		fn: "main.parkWrite", start: startWrite},
	{name: "wg", help: "wait for a WaitGroup", max: many, wait: since(24, "sync.WaitGroup.Wait", "semacquire"),
		fn: "main.parkWaitGroup", start: func(int) error { go parkWaitGroup(&held.group); return nil }},
	{name: "cond", help: "wait for a Cond", max: many, wait: "sync.Cond.Wait",
		fn: "main.parkCond", start: func(int) error { go parkCond(held.cond); return nil }},
	{name: "sleep", help: "sleep", max: many, wait: "sleep",
		fn: "main.parkSleep", start: func(int) error { go parkSleep(24 * time.Hour); return nil }},
	{name: "iowait", help: "read from a pipe by way of the poller", max: few, wait: "IO wait",
		fn: "main.parkIOWait", start: startPipe},
	{name: "syscall", help: "read from a pipe in the system call", max: rare, wait: "syscall",
		fn: "main.parkSyscall", start: startSyscall},
	{name: "deep", help: fmt.Sprintf("receive under %d frames", deepFrames), max: few, wait: "chan receive",
		fn: "main.parkDeep", start: func(int) error { go parkDeep(deepFrames, make(chan int)); return nil },
		finish: func(g group, n int) []group { g.Depth = deepFrames; return []group{g} }},
	{name: "generic", help: "receive in a generic function", max: many, wait: "chan receive",
		fn: "main.parkGeneric[...]", start: startGeneric},
	{name: "closure", help: "receive in a closure", max: many, wait: "chan receive",
		fn: "main.startClosure.func1", start: startClosure},
	{name: "method", help: "receive in a method, started as a method value", max: many, wait: "chan receive",
		fn: "main.(*bench).parkMethod", start: startMethod},
	{name: "inline", help: "receive under two inlined frames", max: many, wait: "chan receive",
		fn: "main.inlinedInner", entry: "main.parkInline", start: func(int) error { go parkInline(make(chan int)); return nil }},
	{name: "labels", help: "receive, labelled with strange text", max: many, wait: "chan receive",
		fn: "main.parkLabelled", entry: "main.startLabelled.func1", start: startLabelled, finish: labelGroups},
}

// held is what the goroutines wait for. The main goroutine holds it all, so
// that no goroutine exists that was not asked for.
var held = newHeld()

type holdings struct {
	mutex    sync.Mutex
	writing  sync.RWMutex
	group    sync.WaitGroup
	cond     *sync.Cond
	readings []*sync.RWMutex
	pipes    []*os.File
	rawPipes []int
}

func newHeld() *holdings {
	h := &holdings{cond: sync.NewCond(&sync.Mutex{})}
	h.mutex.Lock()
	h.writing.Lock()
	h.group.Add(1)
	return h
}

// place is where the goroutines of the kind being populated arrive.
var place struct {
	arrived atomic.Int64
	file    atomic.Value // string
	line    atomic.Int64
}

// at notes the line of its caller and hands v through. It is written into the
// expression that waits, so the line is the waiting one.
//
//go:noinline
func at[T any](v T) T {
	arrive(0)
	return v
}

// atNext is at for a select, which cannot hold it: what waits is its first
// line, not those of the cases. It must stand on the line before.
//
//go:noinline
func atNext[T any](v T) T {
	arrive(1)
	return v
}

//go:noinline
func arrive(below int64) {
	_, file, line, _ := runtime.Caller(2)
	place.file.Store(filepath.Base(file))
	place.line.Store(int64(line) + below)
	place.arrived.Add(1)
}

const (
	arriveTimeout = 30 * time.Second
	settle        = 50 * time.Millisecond // from at() to the wait itself
)

// populate starts n goroutines of a kind and waits until they wait.
func populate(k kind, n int) ([]group, error) {
	place.arrived.Store(0)
	for i := 0; i < n; i++ {
		if err := k.start(i); err != nil {
			return nil, fmt.Errorf("-%s: %w", k.name, err)
		}
	}
	for end := time.Now().Add(arriveTimeout); place.arrived.Load() < int64(n); {
		if time.Now().After(end) {
			return nil, fmt.Errorf("-%s: %d of %d goroutines arrived", k.name, place.arrived.Load(), n)
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(settle)
	g := group{Kind: k.name, Wait: k.wait, Func: k.fn, Entry: k.entry, Count: n,
		File: place.file.Load().(string), Line: int(place.line.Load())}
	if g.Entry == "" {
		g.Entry = g.Func
	}
	if k.finish != nil {
		return k.finish(g, n), nil
	}
	return []group{g}, nil
}

//go:noinline
func parkChanRecv(ch chan int) {
	<-at(ch)
}

//go:noinline
func parkChanSend(ch chan int) {
	at(ch) <- 1
}

//go:noinline
func parkSelect(a chan int, b chan string) {
	a = atNext(a)
	select {
	case <-a:
	case <-b:
	}
}

//go:noinline
func parkSelect0() {
	atNext(0)
	select {}
}

//go:noinline
func parkNilRecv(ch chan int) {
	<-at(ch)
}

//go:noinline
func parkNilSend(ch chan int) {
	at(ch) <- 1
}

//go:noinline
func parkMutex(mu *sync.Mutex) {
	at(mu).Lock()
}

//go:noinline
func parkRead(mu *sync.RWMutex) {
	at(mu).RLock()
}

func startWrite(int) error {
	mu := &sync.RWMutex{}
	mu.RLock()
	held.readings = append(held.readings, mu)
	go parkWrite(mu)
	return nil
}

//go:noinline
func parkWrite(mu *sync.RWMutex) {
	at(mu).Lock()
}

//go:noinline
func parkWaitGroup(wg *sync.WaitGroup) {
	at(wg).Wait()
}

//go:noinline
func parkCond(c *sync.Cond) {
	c.L.Lock()
	at(c).Wait()
}

//go:noinline
func parkSleep(d time.Duration) {
	time.Sleep(at(d))
}

func startPipe(int) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	held.pipes = append(held.pipes, r, w)
	go parkIOWait(r)
	return nil
}

//go:noinline
func parkIOWait(r *os.File) {
	var b [1]byte
	at(r).Read(b[:])
}

func startSyscall(int) error {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	held.rawPipes = append(held.rawPipes, p[0], p[1])
	go parkSyscall(p[0])
	return nil
}

//go:noinline
func parkSyscall(fd int) {
	var b [1]byte
	syscall.Read(at(fd), b[:])
}

const deepFrames = 240

// parkDeep calls itself until n frames of it are on the stack.
//
//go:noinline
func parkDeep(n int, ch chan int) int {
	if n > 1 {
		return parkDeep(n-1, ch) + 1
	}
	return <-at(ch)
}

// startGeneric alternates two instantiations of different shape; both bear the
// same name in a profile.
func startGeneric(i int) error {
	if i%2 == 0 {
		go parkGeneric(make(chan int))
	} else {
		go parkGeneric(make(chan string))
	}
	return nil
}

//go:noinline
func parkGeneric[T any](ch chan T) T {
	return <-at(ch)
}

func startClosure(int) error {
	ch := make(chan int)
	go func() {
		<-at(ch)
	}()
	return nil
}

type bench struct{ ch chan int }

func startMethod(int) error {
	b := &bench{make(chan int)}
	start(b.parkMethod)
	return nil
}

// start hides from the compiler what f is, so that it stays a method value. Its
// wrapper, parkMethod-fm, is on the stack but in no profile and no dump.
//
//go:noinline
func start(f func()) { go f() }

//go:noinline
func (b *bench) parkMethod() {
	<-at(b.ch)
}

// Two small functions the compiler inlines: the profile has them as lines of
// one address.
//
//go:noinline
func parkInline(ch chan int)   { inlinedOuter(ch) }
func inlinedOuter(ch chan int) { inlinedInner(ch) }
func inlinedInner(ch chan int) { <-at(ch) }
