// Command fleet is as many services as asked for in one process, each a port of
// its own with a page of metrics as large as asked for; a fifth of its values
// change from one request to the next. For tests/bench/fleet.py.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"gmptop.test/services/internal/proc"
)

func main() {
	services := flag.Int("services", 200, "how many services, 1 to 1000")
	kilobytes := flag.Int("kb", 160, "size of a page, 1 to 20000")
	life := proc.Flags()
	flag.Parse()
	life.Begin()
	if *services < 1 || *services > 1000 || *kilobytes < 1 || *kilobytes > 20000 {
		proc.Fail("fleet", fmt.Errorf("more than there may be"))
	}
	var urls []string
	for i := 0; i < *services; i++ {
		ln, url, err := proc.Listen("127.0.0.1:0")
		if err != nil {
			proc.Fail("fleet", err)
		}
		urls = append(urls, strconv.Quote(url))
		server := &http.Server{Handler: newPage(*kilobytes * 1000), ErrorLog: log.New(io.Discard, "", 0)}
		go server.Serve(ln)
	}
	fmt.Printf("{\"pid\":%d,\"url\":%s,\"urls\":[%s]}\n", os.Getpid(), urls[0], strings.Join(urls, ","))
	life.Wait()
}

// page is the text of one service, and where the values stand that change.
type page struct {
	mu    sync.Mutex
	text  []byte
	asked int
	moves []int
}

const digits = 9

// newPage looks as client_golang's: the usual values, then latencies by route.
func newPage(size int) *page {
	var b bytes.Buffer
	p := &page{}
	fmt.Fprintf(&b, "# HELP go_goroutines Number of goroutines that currently exist.\n# TYPE go_goroutines gauge\ngo_goroutines 42\n")
	fmt.Fprintf(&b, "# HELP go_memstats_heap_alloc_bytes Bytes in use.\n# TYPE go_memstats_heap_alloc_bytes gauge\ngo_memstats_heap_alloc_bytes 1.234567e+06\n")
	fmt.Fprintf(&b, "# HELP http_request_duration_seconds Time of a request.\n# TYPE http_request_duration_seconds histogram\n")
	bounds := []string{"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"}
	for route, n := 0, 0; b.Len() < size; route++ {
		labels := fmt.Sprintf("code=\"200\",handler=\"/api/v1/tenants/{tenant}/items/%d\",method=\"GET\"", route)
		for _, le := range bounds {
			fmt.Fprintf(&b, "http_request_duration_seconds_bucket{%s,le=\"%s\"} ", labels, le)
			if n++; n%5 == 0 {
				p.moves = append(p.moves, b.Len())
			}
			fmt.Fprintf(&b, "%d\n", 100000000+n)
		}
		fmt.Fprintf(&b, "http_request_duration_seconds_sum{%s} %d.25\n", labels, n)
		fmt.Fprintf(&b, "http_request_duration_seconds_count{%s} %d\n", labels, 100000000+n)
	}
	p.text = b.Bytes()
	return p
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/metrics" {
		http.NotFound(w, r)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	for i, at := range p.moves {
		copy(p.text[at:at+digits], strconv.Itoa(100000000+p.asked*3+i))
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(p.text)))
	w.Write(p.text)
}
