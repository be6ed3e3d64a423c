package main

import (
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"math/rand"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	rpprof "runtime/pprof"
	"strconv"
	"strings"
	"time"
)

const (
	mailers  = 4
	mailRoom = 256 // letters waiting; more are dropped
)

// server is the payment API.
type server struct {
	m  *metrics
	up *upstream

	api, fxLimit              *limiter
	payment, fx, ledger, mail *breaker

	letters chan string // ids of payments to confirm by mail
	started time.Time
}

func newServer(m *metrics, up *upstream, o *options) *server {
	limit := o.protect == "both" || o.protect == "limiter"
	guard := o.protect == "both" || o.protect == "breaker"
	s := &server{
		m:       m,
		up:      up,
		api:     newLimiter(m, "api", 100, 50, limit),
		fxLimit: newLimiter(m, "fx", 6, 10, limit),
		payment: newBreaker(m, "payment", o.breakerOpen, guard),
		fx:      newBreaker(m, "fx", o.breakerOpen, guard),
		ledger:  newBreaker(m, "ledger", o.breakerOpen, guard),
		mail:    newBreaker(m, "mail", o.breakerOpen, guard),
		letters: make(chan string, mailRoom),
		started: time.Now(),
	}
	m.registry.MustRegister(
		newBreakerCollector(s.payment, s.fx, s.ledger, s.mail),
		newLimiterCollector(s.api, s.fxLimit),
	)
	for i := 0; i < mailers; i++ {
		labels := rpprof.Labels("pool", "mail", "worker", strconv.Itoa(i))
		go rpprof.Do(context.Background(), labels, s.sendMail)
	}
	return s
}

func (s *server) routes(sw *switches) http.Handler {
	mux := http.NewServeMux()
	api := func(name, pattern, route string, h http.HandlerFunc) {
		mux.HandleFunc(pattern, s.m.instrument(name, labelled(route, h)))
	}
	api("pay", "/pay", "/pay", s.limited(s.pay))
	api("fx", "/fx", "/fx", s.limited(s.rates))
	api("refund", "/refund/", "/refund/{id}", s.limited(s.refund))
	api("healthz", "/healthz", "/healthz", s.healthz)

	mux.Handle("/metrics", s.m.handler())
	mux.Handle("/switch", sw)
	mux.Handle("/debug/vars", expvar.Handler())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)

	s.publish(sw)
	return mux
}

// publish adds to /debug/vars what expvar users export by hand.
func (s *server) publish(sw *switches) {
	expvar.Publish("goroutines", expvar.Func(func() interface{} { return runtime.NumGoroutine() }))
	expvar.Publish("uptime_seconds", expvar.Func(func() interface{} { return time.Since(s.started).Seconds() }))
	expvar.Publish("breakers", expvar.Func(func() interface{} { return s.breakerStates() }))
	expvar.Publish("switches", expvar.Func(func() interface{} { return sw.states() }))
}

func (s *server) breakerStates() map[string]string {
	states := map[string]string{}
	for _, b := range []*breaker{s.payment, s.fx, s.ledger, s.mail} {
		states[b.name] = b.cb.State().String()
	}
	return states
}

// labelled puts the route and a trace id on the goroutine, where profiles show
// them. Every request is a label set of its own: groups must survive that.
func labelled(route string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		trace := r.Header.Get("X-Trace-Id")
		if trace == "" || len(trace) > 64 {
			trace = fmt.Sprintf("%016x", rand.Uint64())
		}
		labels := rpprof.Labels("route", route, "trace_id", trace)
		rpprof.Do(r.Context(), labels, func(ctx context.Context) {
			next(w, r.WithContext(ctx))
		})
	}
}

func (s *server) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.api.allow() {
			reply(w, http.StatusTooManyRequests, "error", "too many requests")
			return
		}
		next(w, r)
	}
}

func (s *server) pay(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	err := s.payment.do(func() error { return s.up.call(ctx, "/charge") })
	if err != nil {
		fail(w, fmt.Errorf("charge: %w", err))
		return
	}
	err = s.ledger.do(func() error { return s.up.call(ctx, "/ledger") })
	if err != nil {
		fail(w, fmt.Errorf("book: %w", err))
		return
	}
	id := fmt.Sprintf("pay-%08x", rand.Uint32())
	select {
	case s.letters <- id:
	default: // the mailers are behind; the payment stands without a letter
	}
	reply(w, http.StatusOK, "id", id)
}

func (s *server) rates(w http.ResponseWriter, r *http.Request) {
	if !s.fxLimit.allow() {
		reply(w, http.StatusTooManyRequests, "error", "too many requests for rates")
		return
	}
	err := s.fx.do(func() error { return s.up.call(r.Context(), "/rates") })
	if err != nil {
		fail(w, fmt.Errorf("rates: %w", err))
		return
	}
	reply(w, http.StatusOK, "EUR/USD", "1.0842")
}

func (s *server) refund(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/refund/")
	if id == "" || strings.Contains(id, "/") {
		reply(w, http.StatusNotFound, "error", "no such payment")
		return
	}
	err := s.ledger.do(func() error { return s.up.call(r.Context(), "/ledger") })
	if err != nil {
		fail(w, fmt.Errorf("refund: %w", err))
		return
	}
	reply(w, http.StatusOK, "refunded", id)
}

func (s *server) healthz(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, "status", "ok", "pid", os.Getpid(),
		"uptime_s", int(time.Since(s.started).Seconds()), "breakers", s.breakerStates())
}

// sendMail is one worker of the mail pool.
func (s *server) sendMail(ctx context.Context) {
	for range s.letters {
		s.mail.do(func() error { return s.up.call(ctx, "/mail") }) // lost letters are only counted
	}
}

// fail says what kind of error it was: shed by the breaker, or tried in vain.
func fail(w http.ResponseWriter, err error) {
	code := http.StatusBadGateway
	switch {
	case isRejected(err):
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	case errors.Is(err, context.DeadlineExceeded):
		code = http.StatusGatewayTimeout
	}
	reply(w, code, "error", err.Error())
}

// reply writes a flat JSON object of the given keys and values.
func reply(w http.ResponseWriter, code int, kv ...interface{}) {
	body := map[string]interface{}{}
	for i := 0; i+1 < len(kv); i += 2 {
		body[kv[i].(string)] = kv[i+1]
	}
	writeJSON(w, code, body)
}

func writeJSON(w http.ResponseWriter, code int, v interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v)
}
