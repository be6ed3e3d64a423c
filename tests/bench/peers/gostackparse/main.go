// gostackparse reads goroutine texts with DataDog's parser and groups them by stack, which it leaves
// to its callers. One line a file: the best MB/s of some rounds, goroutines, groups.
package main

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"os"
	"strconv"
	"time"

	"github.com/DataDog/gostackparse"
)

var seed = maphash.MakeSeed()

func key(g *gostackparse.Goroutine, buf []byte) (uint64, []byte) {
	buf = buf[:0]
	for _, f := range g.Stack {
		buf = append(buf, f.Func...)
		buf = append(buf, f.File...)
		buf = strconv.AppendInt(buf, int64(f.Line), 10)
	}
	return maphash.Bytes(seed, buf), buf
}

func read(text []byte) (goroutines, groups int) {
	gs, _ := gostackparse.Parse(bytes.NewReader(text))
	counts := map[uint64]int{}
	var buf []byte
	var k uint64
	for _, g := range gs {
		k, buf = key(g, buf)
		counts[k]++
	}
	return len(gs), len(counts)
}

func main() {
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		best := time.Duration(1 << 62)
		var goroutines, groups int
		for i := 0; i < 5; i++ {
			t := time.Now()
			goroutines, groups = read(text)
			if d := time.Since(t); d < best {
				best = d
			}
		}
		fmt.Printf("%.0f %d %d\n", float64(len(text))/1e6/best.Seconds(), goroutines, groups)
	}
}
