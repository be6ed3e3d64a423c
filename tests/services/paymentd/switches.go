package main

import (
	"flag"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	driverPace    = 50 * time.Millisecond
	maxGoroutines = 20000 // that one leak may make
	maxWatchers   = 2000  // leak-after: each one runs now and then
	maxHung       = 2000  // leak-http: each one costs two descriptors
	maxHeapMB     = 512
)

// toggle is one switch. Its value is a rate, a share or a count; 0 is off.
//
// There are two sorts: a paced one has step, which the driver calls value times
// a second until cap units are made; a level one has set, which is called once
// with each new value. What a paced switch has leaked stays leaked when it is
// turned off: that is what makes it a leak.
type toggle struct {
	name, unit, help string
	deflt            float64 // value when turned on without one
	max              float64 // largest value; more is cut down to it
	cap              int64   // most units ever made; 0 = not counted

	step func() bool // makes one unit; false when it could not just now
	set  func(v float64)

	value atomicFloat
	made  atomic.Int64
	due   float64 // the driver's own
}

// turn sets the value, within bounds.
func (t *toggle) turn(v float64) {
	v = math.Max(0, math.Min(v, t.max)) // NaN is refused by those who parse
	t.value.store(v)
	if t.set != nil {
		t.set(v)
	}
}

// advance makes what is due after dt seconds.
func (t *toggle) advance(dt float64) {
	v := t.value.load()
	if t.step == nil || v == 0 {
		t.due = 0
		return
	}
	for t.due += v * dt; t.due >= 1; t.due-- {
		if t.cap > 0 && t.made.Load() >= t.cap {
			t.due = 0
			return
		}
		if t.step() {
			t.made.Add(1)
		}
	}
}

// switches are all toggles, in the order in which they are listed.
type switches struct {
	list   []*toggle
	byName map[string]*toggle

	heap  heapGrower
	spins spinners
}

func newSwitches() *switches {
	s := &switches{byName: map[string]*toggle{}}
	leak := func(name string, cap int64, step func() bool, help string) {
		s.add(&toggle{name: name, unit: "/s", help: help, deflt: 5, max: 1000, cap: cap, step: step})
	}
	leak("leak-select", maxGoroutines, leakSelect, "select for ever on channels nobody closes")
	leak("leak-chan", maxGoroutines, leakChan, "range over a channel that is never closed")
	leak("leak-send", maxGoroutines, leakSend, "send to a receiver that gave up after its time-out")
	leak("leak-after", maxWatchers, leakAfter, "time.After in a loop that lives for ever")
	leak("leak-http", hungLimit(), nil, "http.Client without time-out against a server that never answers")
	leak("leak-wg", maxGoroutines, leakWaitGroup, "wait for a WaitGroup whose Done was forgotten")
	leak("leak-mutex", maxGoroutines, leakMutex, "wait for a mutex that was never unlocked")

	s.add(&toggle{name: "trip", unit: "%", deflt: 80, max: 100,
		help: "share of charges that fail upstream; trips the payment breaker"})
	s.add(&toggle{name: "trip-fx", unit: "%", deflt: 80, max: 100,
		help: "share of rate look-ups that fail upstream; trips the fx breaker"})
	s.add(&toggle{name: "slow", unit: "ms", deflt: 300, max: 5000,
		help: "added to every answer of the upstream"})
	s.add(&toggle{name: "traffic", unit: "/s", deflt: 40, max: 2000,
		help: "requests to itself"})
	s.add(&toggle{name: "cancel-storm", unit: "/s", deflt: 50, max: 1000,
		help: "payments whose client goes away before the answer"})
	s.add(&toggle{name: "heap", unit: "MB/s", deflt: 4, max: 64, cap: maxHeapMB,
		step: s.heap.grow, set: s.heapLevel, help: "grow a cache that forgets nothing; off empties it"})
	s.add(&toggle{name: "saturate", unit: "goroutines", deflt: 8, max: maxSpinners,
		set: s.spins.level, help: "goroutines that spin"})
	return s
}

func (s *switches) add(t *toggle) {
	s.list = append(s.list, t)
	s.byName[t.name] = t
}

// flags registers each switch on the command line; the values are applied once
// the service is up.
func (s *switches) flags() map[string]*float64 {
	values := map[string]*float64{}
	for _, t := range s.list {
		help := t.help
		if t.cap > 0 {
			help += fmt.Sprintf("; at most %d", t.cap)
		}
		values[t.name] = flag.Float64(t.name, 0, fmt.Sprintf("`%s`: %s", t.unit, help))
	}
	return values
}

// connect gives the switches what they act upon.
func (s *switches) connect(up *upstream, t *traffic) {
	s.byName["leak-http"].step = newHungClient(up.tarpitURL).settle
	s.byName["trip"].set = func(v float64) { up.charge.failPct.Store(int64(v)) }
	s.byName["trip-fx"].set = func(v float64) { up.rates.failPct.Store(int64(v)) }
	s.byName["slow"].set = func(v float64) { up.extraMS.Store(int64(v)) }
	s.byName["traffic"].set = t.rate.store
	s.byName["cancel-storm"].step = t.storm
}

// heapLevel empties the cache when the switch is turned off, and lets it grow
// anew from nothing afterwards.
func (s *switches) heapLevel(v float64) {
	if v == 0 {
		s.heap.empty()
		s.byName["heap"].made.Store(0)
	}
}

// drive runs the paced switches until stop is closed; nil runs for ever.
func (s *switches) drive(stop <-chan struct{}) {
	tick := time.NewTicker(driverPace)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-stop:
			return
		case now := <-tick.C:
			dt := math.Min(now.Sub(last).Seconds(), 1) // no burst after a stall
			last = now
			for _, t := range s.list {
				t.advance(dt)
			}
		}
	}
}

// state is a switch as /switch shows it.
type state struct {
	Name  string  `json:"name"`
	On    bool    `json:"on"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Max   float64 `json:"max"`
	Made  int64   `json:"made"`
	Cap   int64   `json:"cap,omitempty"`
	Help  string  `json:"help"`
}

func (t *toggle) state() state {
	v := t.value.load()
	return state{t.name, v > 0, v, t.unit, t.max, t.made.Load(), t.cap, t.help}
}

func (s *switches) states() []state {
	all := make([]state, len(s.list))
	for i, t := range s.list {
		all[i] = t.state()
	}
	return all
}

// ServeHTTP lists the switches (GET) or turns one (POST ?name=N[&rate=V][&on=0]).
func (s *switches) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		writeJSON(w, http.StatusOK, map[string]interface{}{"switches": s.states()})
	case http.MethodPost:
		t, ok := s.byName[r.FormValue("name")]
		if !ok {
			reply(w, http.StatusNotFound, "error", "no such switch; GET /switch lists them")
			return
		}
		v, err := t.parse(r.FormValue("rate"), r.FormValue("on"))
		if err != nil {
			reply(w, http.StatusBadRequest, "error", err.Error())
			return
		}
		t.turn(v)
		writeJSON(w, http.StatusOK, t.state())
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		reply(w, http.StatusMethodNotAllowed, "error", "GET lists the switches, POST turns one")
	}
}

func (t *toggle) parse(rate, on string) (float64, error) {
	switch on {
	case "", "1", "true", "on":
	case "0", "false", "off":
		return 0, nil
	default:
		return 0, fmt.Errorf("on=%q: must be 1 or 0", on)
	}
	if rate == "" {
		return t.deflt, nil
	}
	v, err := strconv.ParseFloat(rate, 64)
	if err != nil || math.IsNaN(v) || v < 0 {
		return 0, fmt.Errorf("rate=%q: must be a number of %s, 0 to %g", rate, t.unit, t.max)
	}
	return v, nil
}

// hungLimit is how many hung HTTP calls the process has descriptors for: each
// takes one for the client's end and one for the tarpit's.
func hungLimit() int64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 100
	}
	const spare = 300 // for the service itself
	if l.Cur >= 2*maxHung+spare {
		return maxHung
	}
	if l.Cur <= spare+20 {
		return 10
	}
	return int64(l.Cur-spare) / 2
}
