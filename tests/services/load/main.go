// Command load is what bench measures a reader's effect on: a program that works
// as fast as it can and counts. Each line on its standard input is answered with
// one of JSON about the time since the last.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gmptop.test/services/internal/proc"
)

// answer is what was done since the last line.
type answer struct {
	Ops    uint64  `json:"ops"`
	WallNS int64   `json:"wall_ns"`
	CPUNS  int64   `json:"cpu_ns"` // of this process
	P50US  float64 `json:"p50_us,omitempty"`
	P99US  float64 `json:"p99_us,omitempty"`
}

func main() {
	listen := flag.String("listen", "", "`address` to serve HTTP on; empty = none")
	get := flag.String("get", "", "`URL` to ask for again and again")
	pairs := flag.Int("pairs", 0, "pairs of goroutines that play ping-pong (at most 1000)")
	conns := flag.Int("conns", 8, "requests under way (at most 256)")
	rate := flag.Int("rate", 2000, "requests a second in all, evenly spread; 0 = as many as there can be")
	parked := flag.Int("parked", 0, "goroutines that only wait (at most 1000000)")
	life := proc.Flags()
	flag.Parse()
	life.Begin()
	if *pairs > 1000 || *conns > 256 || *parked > 1000000 {
		proc.Fail("load", fmt.Errorf("more than there may be"))
	}

	var c counter
	for i := 0; i < *parked; i++ {
		go func() { <-make(chan int) }()
	}
	for i := 0; i < *pairs; i++ {
		c.pingPong()
	}
	url := ""
	if *listen != "" {
		ln, u, err := proc.Listen(*listen)
		if err != nil {
			proc.Fail("load", err)
		}
		url = u
		go http.Serve(ln, http.HandlerFunc(c.handle))
	}
	if *get != "" {
		c.ask(*get, *conns, *rate)
	}
	fmt.Printf("{\"pid\":%d,\"url\":%q}\n", os.Getpid(), url)
	go c.answerLines()
	life.Wait()
}

type counter struct {
	ops    uint64 // atomic
	mutex  sync.Mutex
	took   []time.Duration
	last   time.Time
	lastOp uint64
	lastNS int64
}

func (c *counter) pingPong() {
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	go func() {
		for {
			there <- 1
			atomic.AddUint64(&c.ops, uint64(<-back))
		}
	}()
}

// handle does about as much as a small API does: some text, some hashing.
func (c *counter) handle(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(strings.Repeat(r.URL.Path, 64)))
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]interface{}{"path": r.URL.Path, "sum": fmt.Sprintf("%x", sum)})
	atomic.AddUint64(&c.ops, 1)
}

// ask keeps conns requests under way, each at its own time: one that is late does
// not delay the next, and its lateness counts.
func (c *counter) ask(url string, conns, rate int) {
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns},
		Timeout:   10 * time.Second,
	}
	var every time.Duration
	if rate > 0 {
		every = time.Second * time.Duration(conns) / time.Duration(rate)
	}
	start := time.Now()
	for i := 0; i < conns; i++ {
		go func(due time.Time) {
			for {
				time.Sleep(time.Until(due))
				if every == 0 {
					due = time.Now()
				}
				r, err := client.Get(url)
				if err != nil {
					proc.Fail("load", err)
				}
				io.Copy(io.Discard, r.Body)
				r.Body.Close()
				c.note(time.Since(due))
				due = due.Add(every)
			}
		}(start.Add(every * time.Duration(i) / time.Duration(conns)))
	}
}

func (c *counter) note(d time.Duration) {
	atomic.AddUint64(&c.ops, 1)
	c.mutex.Lock()
	c.took = append(c.took, d)
	c.mutex.Unlock()
}

func (c *counter) answerLines() {
	c.since()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		line, _ := json.Marshal(c.since())
		fmt.Println(string(line))
	}
}

func (c *counter) since() answer {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	now, ops, cpu := time.Now(), atomic.LoadUint64(&c.ops), u.Utime.Nano()+u.Stime.Nano()
	c.mutex.Lock()
	took := c.took
	c.took = nil
	c.mutex.Unlock()
	a := answer{Ops: ops - c.lastOp, CPUNS: cpu - c.lastNS, WallNS: now.Sub(c.last).Nanoseconds()}
	c.last, c.lastOp, c.lastNS = now, ops, cpu
	if n := len(took); n > 0 {
		sort.Slice(took, func(i, k int) bool { return took[i] < took[k] })
		a.P50US = float64(took[n/2].Nanoseconds()) / 1e3
		a.P99US = float64(took[n*99/100].Nanoseconds()) / 1e3
	}
	return a
}
