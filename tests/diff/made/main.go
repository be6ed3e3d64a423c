// made writes the profiles tests/fixtures/profile/goN-*.pb.gz: built with a Go of that version, run with
// the path and "goN" as its argument.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type shape interface{ area() int }
type sq struct{ n int }
type rc struct{ a, b int }

func (s sq) area() int  { return s.n * s.n }
func (r *rc) area() int { return r.a * r.b }

type namer interface{ name() string }

//go:noinline
func dispatch(xs []interface{}) (n int) {
	for _, x := range xs {
		switch v := x.(type) {
		case namer:
			n += len(v.name())
		case shape:
			n += v.area()
		}
		if s, ok := x.(shape); ok {
			n += s.area()
		}
	}
	return
}

//go:noinline
func box(i int) interface{} { return i }

//go:noinline
func burn(d time.Duration) (n int) {
	xs := []interface{}{sq{3}, &rc{2, 3}, 7, "a"}
	for t := time.Now(); time.Since(t) < d; {
		n += dispatch(xs)
		for i := 0; i < 100; i++ {
			if box(i+1000) == nil {
				n++
			}
		}
	}
	return
}

var keep [][]byte

//go:noinline
func grow[T any](n int) (r []T) {
	for i := 0; i < n; i++ {
		var t T
		r = append(r, t)
	}
	return
}

func recurse(n int) {
	if n > 0 {
		recurse(n - 1)
		return
	}
	keep = append(keep, make([]byte, 1<<20))
}

func main() {
	out := os.Args[1]
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := 0; k < 20; k++ {
				mu.Lock()
				time.Sleep(time.Millisecond)
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	for i := 0; i < 20; i++ {
		recurse(i)
		keep = append(keep, grow[byte](1<<20))
		_ = grow[int64](1 << 15)
	}
	cpu, _ := os.Create(out + "-cpu.pb.gz")
	pprof.StartCPUProfile(cpu)
	pprof.Do(context.Background(), pprof.Labels("route", "/pay"), func(context.Context) { burn(400 * time.Millisecond) })
	burn(200 * time.Millisecond)
	pprof.StopCPUProfile()
	cpu.Close()
	runtime.GC()
	for _, n := range []string{"heap", "allocs", "mutex", "block", "threadcreate"} {
		f, _ := os.Create(out + "-" + n + ".pb.gz")
		pprof.Lookup(n).WriteTo(f, 0)
		f.Close()
	}
}
