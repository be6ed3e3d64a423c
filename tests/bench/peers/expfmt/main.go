// expfmt reads pages with Prometheus' own library: .pb as delimited protobuf, else as text. One line a
// file: the best MB/s of some rounds.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

func read(body []byte, format expfmt.Format) (families int) {
	d := expfmt.NewDecoder(bytes.NewReader(body), format)
	for {
		var f dto.MetricFamily
		err := d.Decode(&f)
		if errors.Is(err, io.EOF) {
			return families
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		families++
	}
}

func main() {
	for _, path := range os.Args[1:] {
		body, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		format := expfmt.FmtText
		if strings.HasSuffix(path, ".pb") {
			format = expfmt.FmtProtoDelim
		}
		best := time.Hour
		for i, until := 0, time.Now().Add(400*time.Millisecond); i < 5 || time.Now().Before(until); i++ {
			t := time.Now()
			read(body, format)
			best = min(best, time.Since(t))
		}
		fmt.Printf("%.1f expfmt\n", float64(len(body))/1e6/best.Seconds())
	}
}
