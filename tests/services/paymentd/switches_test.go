package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Every paced switch, however far it is turned up, stops at its cap.
func TestPacedSwitchesAreBounded(t *testing.T) {
	up, err := startUpstream(0)
	if err != nil {
		t.Fatal(err)
	}
	sw := newSwitches()
	sw.connect(up, startTraffic(up.url, false))
	for _, x := range sw.list {
		if x.step == nil {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			if x.cap == 0 && x.name != "cancel-storm" {
				t.Fatal("makes goroutines or memory without a cap")
			}
			x.turn(1e9)
			if v := x.value.load(); v != x.max {
				t.Fatalf("value %g, want the maximum %g", v, x.max)
			}
			if x.cap > 0 {
				x.cap = 7 // rather than make thousands
			}
			for i := 0; i < 100; i++ {
				x.advance(0.05)
			}
			if x.cap > 0 && x.made.Load() != x.cap {
				t.Errorf("made %d, want %d", x.made.Load(), x.cap)
			}
			x.turn(0)
		})
	}
}

func TestRateIsKept(t *testing.T) {
	x := &toggle{max: 1000, step: func() bool { return true }}
	x.turn(3)
	for i := 0; i < 200; i++ { // ten seconds
		x.advance(0.05)
	}
	if n := x.made.Load(); n < 29 || n > 30 {
		t.Errorf("made %d in 10 s at 3/s", n)
	}
}

func TestSpinnersEnd(t *testing.T) {
	var s spinners
	s.level(4)
	s.level(1)
	s.level(3)
	s.level(0)
	for end := time.Now().Add(5 * time.Second); s.running.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d still spin", s.running.Load())
		}
	}
}

func TestSwitchRequests(t *testing.T) {
	sw := newSwitches()
	for _, c := range []struct {
		method, query string
		code          int
		want          string
	}{
		{"GET", "", 200, `"name":"leak-select","on":false`},
		{"POST", "?name=leak-select&rate=5", 200, `"on":true,"value":5`},
		{"POST", "?name=leak-select&rate=1e300", 200, `"value":1000`},
		{"POST", "?name=leak-select&on=0", 200, `"on":false,"value":0`},
		{"POST", "?name=leak-select", 200, `"value":5`},
		{"POST", "?name=leak-select&rate=NaN", 400, "must be a number"},
		{"POST", "?name=leak-select&rate=-1", 400, "must be a number"},
		{"POST", "?name=leak-select&on=maybe", 400, "must be 1 or 0"},
		{"POST", "?name=nonsense", 404, "no such switch"},
		{"PUT", "?name=leak-select", 405, "POST turns one"},
	} {
		w := httptest.NewRecorder()
		sw.ServeHTTP(w, httptest.NewRequest(c.method, "/switch"+c.query, nil))
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s, want %d …%s…", c.method, c.query, w.Code, w.Body, c.code, c.want)
		}
	}
}

func TestWave(t *testing.T) {
	for _, c := range []struct {
		at   time.Duration
		want int64
	}{{0, 0}, {3 * time.Second, 80}, {10 * time.Second, 80}, {11 * time.Second, 0}, {24 * time.Second, 80}} {
		if got := chargeWave(c.at); got != c.want {
			t.Errorf("at %v: %d %%, want %d", c.at, got, c.want)
		}
	}
}
