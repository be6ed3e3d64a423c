package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// statusAbandoned is what proxies log when the client went away first.
const statusAbandoned = 499

// metrics holds the counters that the code bumps itself; what can be asked for
// at scrape time is in the collectors beside breakers and limiters.
type metrics struct {
	registry *prometheus.Registry

	duration  *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	abandoned *prometheus.CounterVec

	breakerRequests, breakerTrips, breakerChanges *prometheus.CounterVec
	limiterAllowed, limiterDenied                 *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Duration of the API's requests.",
			Buckets: prometheus.DefBuckets,
		}, []string{"handler", "method", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight",
			Help: "API requests being served now.",
		}),
		abandoned: counter("http_requests_abandoned_total",
			"Requests whose client went away before the answer.", "handler"),
		breakerRequests: counter("circuit_breaker_requests_total",
			"Calls through the circuit breaker by result; rejected calls never reached the upstream.", "name", "result"),
		breakerTrips: counter("circuit_breaker_trips_total",
			"Times the circuit breaker opened, from closed or from half-open.", "name"),
		breakerChanges: counter("circuit_breaker_state_changes_total",
			"Changes of the circuit breaker's state.", "name", "from", "to"),
		limiterAllowed: counter("rate_limiter_allowed_total", "Requests the limiter let through.", "name"),
		limiterDenied:  counter("rate_limiter_denied_total", "Requests the limiter refused.", "name"),
	}
	m.registry.MustRegister(
		// The scheduler's and the collector's own metrics too: latencies,
		// pauses, heap goal. Not all of them: newer Go adds a hundred.
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			collectors.MetricsScheduler, collectors.MetricsGC)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
		m.duration, m.inFlight, m.abandoned,
		m.breakerRequests, m.breakerTrips, m.breakerChanges,
		m.limiterAllowed, m.limiterDenied,
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// instrument measures a handler under a fixed name; the path itself would make
// a label value of every refund id.
func (m *metrics) instrument(name string, next http.HandlerFunc) http.HandlerFunc {
	abandoned := m.abandoned.WithLabelValues(name)
	return func(w http.ResponseWriter, r *http.Request) {
		m.inFlight.Inc()
		defer m.inFlight.Dec()
		sw := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		start := time.Now()
		next(sw, r)
		code := sw.code
		if r.Context().Err() != nil {
			code = statusAbandoned
			abandoned.Inc()
		}
		m.duration.WithLabelValues(name, knownMethod(r.Method), strconv.Itoa(code)).
			Observe(time.Since(start).Seconds())
	}
}

// knownMethod bounds the label: a method is any word the client likes.
func knownMethod(s string) string {
	switch s {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead:
		return s
	}
	return "other"
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}
