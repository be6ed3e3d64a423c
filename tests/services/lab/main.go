// Command lab knows its own population: it makes exactly the goroutines it is
// asked for, waits until each is where it should be, and then prints what a
// look from outside must find. See ../README.md.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"strconv"
	"time"

	"gmptop.test/services/internal/proc"
)

// group is what the ready line says about the goroutines of one place.
type group struct {
	Kind  string `json:"kind"`  // the flag that made them
	Wait  string `json:"wait"`  // wait reason, as debug=2 spells it in this Go version
	Func  string `json:"func"`  // the function of ours that waits
	Entry string `json:"entry"` // the function the goroutine began in
	File  string `json:"file"`  // base name
	Line  int    `json:"line"`  // where it waits
	Count int    `json:"count"`
	Depth int    `json:"depth,omitempty"` // frames of ours, where that is the point

	Labels []label `json:"labels,omitempty"`
}

// label is a pprof label, twice: quoted for people, in hex because a label may
// be no text at all.
type label struct {
	Key      string `json:"key"`
	Quoted   string `json:"quoted"`
	ValueHex string `json:"value_hex"`
	Count    int    `json:"count"`
}

type report struct {
	Lab      int     `json:"lab"` // version of this format
	PID      int     `json:"pid"`
	URL      string  `json:"url"` // "" without an endpoint
	Go       string  `json:"go"`
	Total    int     `json:"total"` // goroutines in groups; main and the HTTP server's come on top
	Expected []group `json:"expected"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`address` to serve pprof on; empty = no endpoint")
	life := proc.Flags()
	counts := map[string]*int{}
	for _, k := range kinds {
		counts[k.name] = flag.Int(k.name, 0, fmt.Sprintf("%s; at most %d", k.help, k.max))
	}
	flag.Parse()
	life.Begin()
	for _, k := range kinds {
		if n := *counts[k.name]; n < 0 || n > k.max {
			proc.Fail("lab", fmt.Errorf("-%s %d: must be 0 to %d", k.name, n, k.max))
		}
	}

	r := report{Lab: 1, PID: os.Getpid(), Go: runtime.Version(), Expected: []group{}}
	for _, k := range kinds {
		n := *counts[k.name]
		if n == 0 {
			continue
		}
		g, err := populate(k, n)
		if err != nil {
			proc.Fail("lab", err)
		}
		r.Expected = append(r.Expected, g...)
		r.Total += n
	}
	if *listen != "" {
		ln, url, err := proc.Listen(*listen)
		if err != nil {
			proc.Fail("lab", err)
		}
		r.URL = url
		go server().Serve(ln)
	}
	line, err := json.Marshal(r)
	if err != nil {
		proc.Fail("lab", err)
	}
	fmt.Println(string(line))
	life.Wait()
	runtime.KeepAlive(held)
}

func server() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
}

// since gives the wait reason of this Go version: the general one before minor,
// the particular one from then on.
func since(minor int, particular, before string) string {
	if goMinor() >= minor {
		return particular
	}
	return before
}

// goMinor is the 26 of "go1.26.8"; a development version counts as newest.
func goMinor() int {
	v := runtime.Version()
	if len(v) < 5 || v[:4] != "go1." {
		return 1 << 20
	}
	end := 4
	for end < len(v) && v[end] >= '0' && v[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(v[4:end])
	if err != nil {
		return 1 << 20
	}
	return n
}
