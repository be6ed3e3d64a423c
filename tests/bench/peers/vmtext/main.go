// vmtext reads Prometheus text with VictoriaMetrics' parser into rows that are used again. One line a
// file: the best MB/s of some rounds.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
)

func main() {
	for _, path := range os.Args[1:] {
		body, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		text := string(body)
		var rows prometheus.Rows
		best := time.Hour
		for i, until := 0, time.Now().Add(400*time.Millisecond); i < 7 || time.Now().Before(until); i++ {
			t := time.Now()
			rows.Reset()
			rows.Unmarshal(text)
			best = min(best, time.Since(t))
		}
		if len(rows.Rows) == 0 {
			fmt.Fprintln(os.Stderr, "no rows")
			os.Exit(1)
		}
		fmt.Printf("%.1f VictoriaMetrics\n", float64(len(text))/1e6/best.Seconds())
	}
}
