package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// limiter is a token bucket that counts what it lets through and what not.
type limiter struct {
	name    string
	bucket  *rate.Limiter
	enabled bool // false: count, but let everything through

	allowed, denied prometheus.Counter
}

func newLimiter(m *metrics, name string, perSecond float64, burst int, enabled bool) *limiter {
	return &limiter{
		name:    name,
		bucket:  rate.NewLimiter(rate.Limit(perSecond), burst),
		enabled: enabled,
		allowed: m.limiterAllowed.WithLabelValues(name),
		denied:  m.limiterDenied.WithLabelValues(name),
	}
}

func (l *limiter) allow() bool {
	if l.enabled && !l.bucket.Allow() {
		l.denied.Inc()
		return false
	}
	l.allowed.Inc()
	return true
}

// limiterCollector reads the buckets at the moment of the scrape: tokens flow
// in between two requests, so a value stored at the last request would lie.
type limiterCollector struct {
	limiters             []*limiter
	limit, burst, tokens *prometheus.Desc
}

func newLimiterCollector(ls ...*limiter) *limiterCollector {
	name := []string{"name"}
	return &limiterCollector{
		limiters: ls,
		limit:    prometheus.NewDesc("rate_limiter_limit", "Events per second the limiter allows.", name, nil),
		burst:    prometheus.NewDesc("rate_limiter_burst", "Largest burst the limiter allows.", name, nil),
		tokens:   prometheus.NewDesc("rate_limiter_tokens", "Tokens in the bucket now; negative when reserved ahead.", name, nil),
	}
}

func (c *limiterCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.limit
	ch <- c.burst
	ch <- c.tokens
}

func (c *limiterCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, name string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, name)
	}
	for _, l := range c.limiters {
		gauge(c.limit, float64(l.bucket.Limit()), l.name)
		gauge(c.burst, float64(l.bucket.Burst()), l.name)
		gauge(c.tokens, l.bucket.Tokens(), l.name)
	}
}
