package main

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// What the ready line promises must be what this Go version's own dump says.
func TestEveryKindIsWhereItSays(t *testing.T) {
	for _, k := range kinds {
		n := 3
		groups, err := populate(k, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if got := inDump(g); got != g.Count {
				t.Errorf("-%s: %d goroutines of [%s] in %s at %s:%d, want %d",
					g.Kind, got, g.Wait, g.Func, g.File, g.Line, g.Count)
			}
		}
	}
}

// inDump counts the goroutines of g in a dump of all.
func inDump(g group) (count int) {
	buf := make([]byte, 4<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for _, block := range strings.Split(string(buf), "\n\n") {
		head := block[:strings.IndexByte(block+"\n", '\n')]
		if !strings.Contains(head, "["+g.Wait+"]") && !strings.Contains(head, "["+g.Wait+",") {
			continue
		}
		at := regexp.MustCompile(fmt.Sprintf(`/%s:%d\b`, g.File, g.Line))
		// In a test this package bears its import path instead of "main".
		fn := strings.TrimPrefix(g.Func, "main") + "("
		if strings.Contains(block, "/lab"+fn) && at.MatchString(block) {
			count++
		}
	}
	return count
}

func TestLabelCountsAddUp(t *testing.T) {
	for _, n := range []int{1, 5, len(strangeLabels), 100} {
		sum := 0
		for _, l := range labelGroups(group{}, n)[0].Labels {
			sum += l.Count
		}
		if sum != n {
			t.Errorf("%d goroutines bear %d labels", n, sum)
		}
	}
}
