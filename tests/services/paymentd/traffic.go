package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand"
	"net/http"
	rpprof "runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	customers = 32 // requests in flight at most
	pace      = 20 * time.Millisecond

	stormInFlight = 64
)

// traffic is the service's own load: requests over loopback to itself and to
// nowhere else.
type traffic struct {
	url    string
	client *http.Client
	rate   atomicFloat
	rushes bool // demo: more than the limiter lets through, now and then
	jobs   chan string

	storms chan struct{} // a slot for each request of a cancel storm in flight
}

func startTraffic(url string, rushes bool) *traffic {
	t := &traffic{
		url:    url,
		rushes: rushes,
		client: &http.Client{
			Timeout: 5 * time.Second,
			Transport: &http.Transport{
				MaxIdleConns:        200,
				MaxIdleConnsPerHost: 50,
				IdleConnTimeout:     90 * time.Second,
			},
		},
		jobs:   make(chan string, customers),
		storms: make(chan struct{}, stormInFlight),
	}
	for i := 0; i < customers; i++ {
		labels := rpprof.Labels("pool", "customers", "worker", strconv.Itoa(i))
		go rpprof.Do(context.Background(), labels, t.customer)
	}
	go t.run()
	return t
}

// run hands out requests at the asked rate. When all customers are busy the
// request is dropped: a slow service must not build up a backlog here.
func (t *traffic) run() {
	start, last, due := time.Now(), time.Now(), 0.0
	for now := range time.NewTicker(pace).C {
		r := t.rate.load()
		if t.rushes {
			r *= rush(now.Sub(start))
		}
		// No more than a second's worth after a stall.
		due += r * math.Min(now.Sub(last).Seconds(), 1)
		last = now
		for ; due >= 1; due-- {
			select {
			case t.jobs <- somePath():
			default:
			}
		}
	}
}

// rush multiplies the traffic for 4 s in every 30: the api limiter then shows
// what it is for.
func rush(t time.Duration) float64 {
	if at := t % (30 * time.Second); at >= 18*time.Second && at < 22*time.Second {
		return 4.5
	}
	return 1
}

// somePath picks a request: mostly payments.
func somePath() string {
	switch n := rand.Intn(100); {
	case n < 70:
		return "/pay"
	case n < 88:
		return "/fx"
	case n < 97:
		return fmt.Sprintf("/refund/%d", rand.Intn(1e6))
	default:
		return "/healthz"
	}
}

func (t *traffic) customer(ctx context.Context) {
	for path := range t.jobs {
		t.get(ctx, path)
	}
}

func (t *traffic) get(ctx context.Context, path string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+path, nil)
	if err != nil {
		return
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

// storm sends one request and walks away from it before the answer. A
// cancelled request takes its connection along, so a storm is also a storm of
// dials.
func (t *traffic) storm() bool {
	select {
	case t.storms <- struct{}{}:
	default:
		return false
	}
	go func() {
		defer func() { <-t.storms }()
		ctx, cancel := context.WithTimeout(context.Background(),
			2*time.Millisecond+time.Duration(rand.Intn(3000))*time.Microsecond)
		defer cancel()
		t.get(ctx, "/pay")
	}()
	return true
}

// atomicFloat is a float64 that one goroutine sets and others read.
type atomicFloat struct{ bits atomic.Uint64 }

func (f *atomicFloat) load() float64   { return math.Float64frombits(f.bits.Load()) }
func (f *atomicFloat) store(v float64) { f.bits.Store(math.Float64bits(v)) }
