// Probe is the smallest program: the DWARF of the runtime that is linked into it describes all that
// collectors/gort reads.
package main

func main() {
	c := make(chan int, 1)
	select {
	case c <- 1:
	case <-c:
	}
}
