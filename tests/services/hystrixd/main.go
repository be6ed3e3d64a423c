// Command hystrixd has circuits of afex/hystrix-go and serves their stream.
// See ../README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/afex/hystrix-go/hystrix"

	"gmptop.test/services/internal/proc"
)

// sleepWindow is how long, in ms, an open circuit waits before each test.
const sleepWindow = 5000

var errUpstream = errors.New("upstream failed")

// A circuit runs its command a few times a second; failing is the share of
// calls that fail, in per cent.
type circuit struct {
	name    string
	failing int64
}

func (c *circuit) run(perSecond int) {
	for n := int64(0); ; n++ {
		time.Sleep(time.Second / time.Duration(perSecond))
		// Nobody waits for the answer: what comes of it, the circuit counts.
		hystrix.Go(c.name, func() error {
			time.Sleep(2 * time.Millisecond)
			if n%100 < atomic.LoadInt64(&c.failing) {
				return errUpstream
			}
			return nil
		}, func(error) error { return nil })
	}
}

// switches serves /switch?name=payment&failing=80.
func switches(circuits []*circuit) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		percent, err := strconv.ParseInt(r.FormValue("failing"), 10, 64)
		if err != nil || percent < 0 || percent > 100 {
			http.Error(w, "failing: 0 to 100", http.StatusBadRequest)
			return
		}
		for _, c := range circuits {
			if c.name == r.FormValue("name") {
				atomic.StoreInt64(&c.failing, percent)
				fmt.Fprintln(w, "ok")
				return
			}
		}
		http.Error(w, "no such circuit", http.StatusNotFound)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:6070", "`address` to serve on; port 0 takes a free one")
	idle := flag.Bool("idle", false, "run no command: the stream is then silent")
	life := proc.Flags()
	flag.Parse()
	life.Begin()
	log.SetOutput(io.Discard)

	circuits := []*circuit{{name: "payment"}, {name: "fx"}}
	for _, c := range circuits {
		hystrix.ConfigureCommand(c.name, hystrix.CommandConfig{
			Timeout:                1000,
			MaxConcurrentRequests:  10,
			RequestVolumeThreshold: 5,
			SleepWindow:            sleepWindow,
			ErrorPercentThreshold:  50,
		})
		if !*idle {
			go c.run(20)
		}
	}
	stream := hystrix.NewStreamHandler()
	stream.Start()
	mux := http.NewServeMux()
	mux.Handle("/hystrix.stream", stream)
	mux.HandleFunc("/switch", switches(circuits))
	ln, url, err := proc.Listen(*listen)
	if err != nil {
		proc.Fail("hystrixd", err)
	}
	go http.Serve(ln, mux)
	proc.Ready("hystrixd", url)
	life.Wait()
}
