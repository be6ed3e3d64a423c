// Command paymentd is a payment API to point gmptop at: real breakers, real
// limiters, the usual metrics, its own upstream and its own traffic, and a
// switch for each way in which a Go service goes wrong. See ../README.md.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"gmptop.test/services/internal/proc"
)

type options struct {
	listen      string
	demo        bool
	breakerOpen time.Duration
	protect     string
	capacity    float64
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:6060", "`address` to serve on; port 0 takes a free one")
	flag.BoolVar(&o.demo, "demo", false, "a good show: traffic with rushes, a leak, breakers that trip now and then")
	flag.DurationVar(&o.breakerOpen, "breaker-timeout", 60*time.Second, "how long a breaker stays open (10s with -demo)")
	flag.StringVar(&o.protect, "protect", "both", "what guards the service: both, limiter, breaker or none")
	flag.Float64Var(&o.capacity, "capacity", 0, "charges/s the upstream bears; what is beyond is slow and fails (0 = any)")
	life := proc.Flags()

	sw := newSwitches()
	initial := sw.flags()
	flag.Parse()
	life.Begin()
	if flag.NArg() > 0 {
		usage("unexpected argument " + flag.Arg(0))
	}
	switch o.protect {
	case "both", "limiter", "breaker", "none":
	default:
		usage("-protect must be both, limiter, breaker or none")
	}
	if o.demo {
		demoDefaults()
	}

	// gmptop's screen may be on the same terminal: nothing but a failed start
	// is worth a line there.
	log.SetOutput(io.Discard)

	url, err := start(&o, sw)
	if err != nil {
		proc.Fail("paymentd", err)
	}
	for name, v := range initial {
		sw.byName[name].turn(*v)
	}
	proc.Ready("paymentd", url)
	life.Wait()
}

// demoDefaults sets what -demo means, except where a flag was given.
func demoDefaults() {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{
		"traffic":         "40",
		"leak-select":     "3",
		"breaker-timeout": "10s",
	} {
		if !given[name] {
			flag.Set(name, value)
		}
	}
}

// start brings up the upstream, the API and the driver of the switches, and
// returns the API's URL.
func start(o *options, sw *switches) (string, error) {
	up, err := startUpstream(o.capacity)
	if err != nil {
		return "", err
	}
	up.waves.Store(o.demo)

	ln, url, err := proc.Listen(o.listen)
	if err != nil {
		return "", err
	}
	m := newMetrics()
	s := newServer(m, up, o)
	go quietServer(s.routes(sw)).Serve(ln)

	t := startTraffic(url, o.demo)
	sw.connect(up, t)
	go sw.drive(nil)
	return url, nil
}

// quietServer is an HTTP server with the time-outs a careful service sets. No
// write time-out: a CPU profile takes as long as its caller asks for.
func quietServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

func usage(msg string) {
	io.WriteString(flag.CommandLine.Output(), "paymentd: "+msg+"\n")
	flag.Usage()
	os.Exit(2)
}
