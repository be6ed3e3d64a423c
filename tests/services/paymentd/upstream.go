package main

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	callTimeout = 2 * time.Second // of one upstream call; an answer later than this is none

	// An upstream that comes back is slow at first (cold caches). Besides
	// being true to life, this keeps a half-open breaker half open for long
	// enough to be seen.
	coldRequests = 8
	coldLatency  = 900 * time.Millisecond

	overloadLatency = 250 * time.Millisecond
)

// upstream is what the payment API depends on: an HTTP server of its own on
// another loopback port, whose faults can be switched, and a tarpit.
type upstream struct {
	url       string // of the server
	tarpitURL string // accepts, never answers
	client    *http.Client

	charge, rates, ledger, mail fault

	extraMS  atomic.Int64  // added to every answer
	waves    atomic.Bool   // demo: bad in waves
	capacity *rate.Limiter // of charges; nil = unlimited
	started  time.Time
}

// fault is the trouble of one upstream path.
type fault struct {
	failPct atomic.Int64 // share of requests that fail
	cold    atomic.Int64 // slow answers still to give after a failure
}

func startUpstream(capacity float64) (*upstream, error) {
	u := &upstream{
		started: time.Now(),
		// Limits as a careful service sets them; the default of two idle
		// connections per host dials anew under any load.
		client: &http.Client{
			Timeout: callTimeout,
			Transport: &http.Transport{
				MaxIdleConns:        200,
				MaxIdleConnsPerHost: 50,
				IdleConnTimeout:     90 * time.Second,
			},
		},
	}
	if capacity > 0 {
		u.capacity = rate.NewLimiter(rate.Limit(capacity), int(capacity/4)+1)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	u.url = "http://" + ln.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("/charge", u.serve(&u.charge, 8*time.Millisecond, chargeWave))
	mux.HandleFunc("/rates", u.serve(&u.rates, 4*time.Millisecond, ratesWave))
	mux.HandleFunc("/ledger", u.serve(&u.ledger, 2*time.Millisecond, nil))
	mux.HandleFunc("/mail", u.serve(&u.mail, 5*time.Millisecond, nil))
	go quietServer(mux).Serve(ln)

	u.tarpitURL, err = startTarpit()
	return u, err
}

// The demo's bad times, as the share of failures at a time since the start.
// They begin soon, so that who looks for half a minute sees a whole cycle.
func chargeWave(t time.Duration) int64 {
	return wave(t, 20*time.Second, 3*time.Second, 8*time.Second, 80)
}
func ratesWave(t time.Duration) int64 {
	return wave(t, 45*time.Second, 14*time.Second, 6*time.Second, 90)
}

// wave is pct for length after start in every period, otherwise 0.
func wave(t, period, start, length time.Duration, pct int64) int64 {
	if at := t % period; at >= start && at < start+length {
		return pct
	}
	return 0
}

func (u *upstream) serve(f *fault, latency time.Duration, bad func(time.Duration) int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		delay := latency/2 + time.Duration(rand.Int63n(int64(latency))) +
			time.Duration(u.extraMS.Load())*time.Millisecond
		pct := f.failPct.Load()
		if bad != nil && u.waves.Load() && pct == 0 {
			pct = bad(time.Since(u.started))
		}
		fail := rand.Int63n(100) < pct
		switch {
		case fail:
			f.cold.Store(coldRequests)
		case pct == 0 && f.cold.Load() > 0:
			f.cold.Add(-1)
			delay += coldLatency
		}
		if f == &u.charge && u.capacity != nil && !u.capacity.Allow() {
			delay += overloadLatency
			fail = true
		}
		if !pause(r.Context(), delay) {
			return
		}
		if fail {
			http.Error(w, "upstream is having a bad time", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "{\"ok\":true}\n")
	}
}

// pause sleeps unless the context ends first. A timer of its own, stopped: this
// is the remedy for what leak-after does wrong.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// call asks one path of the upstream; the caller's deadline flows down to the
// connection.
func (u *upstream) call(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return fmt.Errorf("upstream %s: %w", path, err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body) // to the end, or the connection is not reused
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("upstream %s: %s", path, resp.Status)
	}
	return nil
}

// startTarpit listens and accepts, reads nothing and answers nothing. It keeps
// the connections, or the collector's finalizers would close them.
func startTarpit() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go tarpit(ln)
	return "http://" + ln.Addr().String() + "/settle", nil
}

func tarpit(ln net.Listener) {
	var kept []net.Conn
	for {
		c, err := ln.Accept()
		if err != nil {
			time.Sleep(100 * time.Millisecond) // out of descriptors: do not spin
			continue
		}
		kept = append(kept, c)
		runtime.KeepAlive(kept)
	}
}
