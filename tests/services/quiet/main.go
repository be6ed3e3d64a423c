// Command quiet is an ordinary healthy server. All that it does looks like a
// leak to a careless eye: workers that wait in a select for hours, a ticker, a
// signal handler, an idle kept-alive connection with its two goroutines at
// each end. None is one, and none may be called one. See ../README.md.
package main

import (
	"context"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gmptop.test/services/internal/proc"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:6061", "`address` to serve on; port 0 takes a free one")
	workers := flag.Int("workers", 16, "goroutines of the worker pool, 0 to 1000")
	life := proc.Flags()
	flag.Parse()
	life.Begin()

	ln, url, err := proc.Listen(*listen)
	if err != nil {
		proc.Fail("quiet", err)
	}
	go server().Serve(ln)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	jobs := make(chan time.Time)
	for i := 0; i < *workers && i < 1000; i++ {
		go worker(ctx, jobs)
	}
	go schedule(ctx, jobs)
	if err := greet(url); err != nil {
		proc.Fail("quiet", err)
	}

	proc.Ready("quiet", url)
	life.Wait()
}

func server() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "ok\n")
	})
	mux.Handle("/metrics", promhttp.Handler())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // gmptop's screen may be on this terminal
	}
}

var handled = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "jobs_handled_total", Help: "Jobs the workers have done.",
})

func init() { prometheus.MustRegister(handled) }

// worker waits for jobs, and would end with the context.
func worker(ctx context.Context, jobs <-chan time.Time) {
	for {
		select {
		case <-jobs:
			handled.Inc()
		case <-ctx.Done():
			return
		}
	}
}

// schedule gives out a job a second, so most workers wait for long.
func schedule(ctx context.Context, jobs chan<- time.Time) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			select {
			case jobs <- now:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// greet asks the server once and keeps the connection for the next time, which
// never comes: idle at both ends for as long as the process lives.
func greet(url string) error {
	client := &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 1}, // no IdleConnTimeout
	}
	resp, err := client.Get(url + "/healthz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
