package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker"
)

const (
	tripRatio    = 0.30            // failures of requests that open a breaker
	tripRequests = 10              // fewer requests than this prove nothing
	tripWindow   = 5 * time.Second // counts of the closed state start anew after this
	probes       = 5               // requests let through while half open
)

// breaker is a gobreaker with counters. The counters count what the callers
// saw: a result that comes after the breaker has moved on to another state is
// in them, though gobreaker itself no longer counts it.
type breaker struct {
	name    string
	cb      *gobreaker.CircuitBreaker
	enabled bool // false: count, but never reject

	success, failure, rejected prometheus.Counter
}

func newBreaker(m *metrics, name string, openFor time.Duration, enabled bool) *breaker {
	b := &breaker{
		name:     name,
		enabled:  enabled,
		success:  m.breakerRequests.WithLabelValues(name, "success"),
		failure:  m.breakerRequests.WithLabelValues(name, "failure"),
		rejected: m.breakerRequests.WithLabelValues(name, "rejected"),
	}
	// The series exist from the start, so that a rate over them does not miss
	// the first trip.
	m.breakerTrips.WithLabelValues(name)
	for _, edge := range stateEdges {
		m.breakerChanges.WithLabelValues(name, edge[0], edge[1])
	}
	b.cb = gobreaker.NewCircuitBreaker(gobreaker.Settings{
		Name:        name,
		MaxRequests: probes,
		Interval:    tripWindow,
		Timeout:     openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= tripRequests &&
				float64(c.TotalFailures) > tripRatio*float64(c.Requests)
		},
		// Called under the breaker's own lock: no call of State() in here.
		OnStateChange: func(name string, from, to gobreaker.State) {
			m.breakerChanges.WithLabelValues(name, from.String(), to.String()).Inc()
			if to == gobreaker.StateOpen {
				m.breakerTrips.WithLabelValues(name).Inc()
			}
		},
		// A caller that went away says nothing about the upstream.
		IsSuccessful: func(err error) bool {
			return err == nil || errors.Is(err, context.Canceled)
		},
	})
	return b
}

var stateEdges = [][2]string{
	{"closed", "open"}, {"open", "half-open"}, {"half-open", "open"}, {"half-open", "closed"},
}

// do calls fn unless the breaker is open.
func (b *breaker) do(fn func() error) error {
	call := func() (interface{}, error) { return nil, fn() }
	var err error
	if b.enabled {
		_, err = b.cb.Execute(call)
	} else {
		_, err = call()
	}
	switch {
	case err == nil:
		b.success.Inc()
	case isRejected(err):
		b.rejected.Inc()
	case errors.Is(err, context.Canceled):
		b.success.Inc()
	default:
		b.failure.Inc()
	}
	return err
}

func isRejected(err error) bool {
	return errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests)
}

// breakerCollector asks each breaker for its state at the moment of the
// scrape. gobreaker goes from open to half-open only when somebody looks, so
// a gauge set in OnStateChange would show "open" long after the time-out.
type breakerCollector struct {
	breakers []*breaker
	state    *prometheus.Desc
}

func newBreakerCollector(bs ...*breaker) *breakerCollector {
	return &breakerCollector{
		breakers: bs,
		state: prometheus.NewDesc("circuit_breaker_state",
			"State of the circuit breaker: 0=closed, 1=half-open, 2=open.", []string{"name"}, nil),
	}
}

func (c *breakerCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.state }

func (c *breakerCollector) Collect(ch chan<- prometheus.Metric) {
	for _, b := range c.breakers {
		// gobreaker's own numbers: closed 0, half-open 1, open 2.
		ch <- prometheus.MustNewConstMetric(c.state, prometheus.GaugeValue, float64(b.cb.State()), b.name)
	}
}
