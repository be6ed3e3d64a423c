package main

import (
	"context"
	"encoding/hex"
	"runtime/pprof"
	"strconv"
	"strings"
)

const labelKey = "note"

// strangeLabels are what a hostile or careless service puts on a goroutine, and
// what must not reach a terminal as it is.
var strangeLabels = []string{
	"plain",
	"",
	"\x1b[2J\x1b[H cleared?",             // clears a screen
	"\x1b]0;retitled\x07",                // sets a window's title
	"\u009b31mred",                       // C1 CSI as U+009B
	"C1 raw byte \x9b31m",                // the same as a bare byte, which is no UTF-8
	`"quoted" 'single' \back{brace="x"}`, // breaks naive quoting
	"line one\nline two\r\ttab",          // breaks lines
	"漢字かな交じり文",                           // two columns each
	"👩‍👩‍👧‍👦 family, é as e + ´: e\u0301",   // joined and combining
	"\xff\xfe bad \xc3( utf-8 \xed\xa0\x80", // invalid sequences, a surrogate
	"right to left: \u202eevil\u202c שלום",  // overrides the direction
	"nul \x00 inside",
	strings.Repeat("long ", 400),
}

func startLabelled(i int) error {
	ch := make(chan int)
	labels := pprof.Labels(labelKey, strangeLabels[i%len(strangeLabels)])
	go func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
		parkLabelled(ch)
	}()
	return nil
}

//go:noinline
func parkLabelled(ch chan int) {
	<-at(ch)
}

// labelGroups says which labels the n goroutines bear.
func labelGroups(g group, n int) []group {
	for i, v := range strangeLabels {
		count := (n - i + len(strangeLabels) - 1) / len(strangeLabels)
		if i >= n {
			break
		}
		g.Labels = append(g.Labels, label{
			Key:      labelKey,
			Quoted:   strconv.QuoteToASCII(v),
			ValueHex: hex.EncodeToString([]byte(v)),
			Count:    count,
		})
	}
	return []group{g}
}
