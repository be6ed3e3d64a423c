// pprof compares gmptop's reading of profiles with google/pprof's.
//
//	pprof run TABLES SEED N FILE...  N mutants of the files and made ones, each through both
//	pprof top FILE                   what `go tool pprof -top` prints, as a table for unit tests
//
// TABLES is the program built from tests/diff/tables.c. A disagreement that is not explained is
// printed and kept as a file; the exit code is then 1.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"
)

type value struct{ flat, cum int64 }

// table is what one type of a profile adds up to, by name.
type table struct {
	total int64
	rows  map[string]value
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pprof:", err)
		os.Exit(2)
	}
}

// ---- by google/pprof's parser, and its graph's rules ----

func nameOf(l *profile.Location, ln profile.Line) string {
	if ln.Function != nil && ln.Function.Name != "" {
		return ln.Function.Name
	}
	if l.Mapping != nil && l.Mapping.File != "" {
		return "[" + filepath.Base(l.Mapping.File) + "]"
	}
	return "<unknown>"
}

func names(l *profile.Location) []string {
	if len(l.Line) == 0 {
		return []string{nameOf(l, profile.Line{})}
	}
	var r []string
	for _, ln := range l.Line {
		r = append(r, nameOf(l, ln))
	}
	return r
}

func addUp(p *profile.Profile, typ int) table {
	t := table{rows: map[string]value{}}
	for _, s := range p.Sample {
		v := s.Value[typ]
		seen := map[string]bool{}
		if v < 0 {
			t.total -= v
		} else {
			t.total += v
		}
		for i, l := range s.Location {
			for k, n := range names(l) {
				row := t.rows[n]
				if i == 0 && k == 0 {
					row.flat += v
				}
				if !seen[n] {
					row.cum += v
				}
				seen[n] = true
				t.rows[n] = row
			}
		}
	}
	for n, row := range t.rows {
		if row == (value{}) {
			delete(t.rows, n)
		}
	}
	return t
}

// ---- by the whole of `pprof -top`, in process ----

type flags struct {
	*flag.FlagSet
	args []string
}

func (f *flags) StringList(name, def, usage string) *[]*string {
	return &[]*string{f.String(name, def, usage)}
}
func (f *flags) ExtraUsage() string   { return "" }
func (f *flags) AddExtraUsage(string) {}
func (f *flags) Parse(usage func()) []string {
	f.Usage = usage
	die(f.FlagSet.Parse(f.args))
	return f.Args()
}

type ui struct{ complaints []string }

func (u *ui) ReadLine(string) (string, error)     { return "", io.EOF }
func (u *ui) Print(...interface{})                {}
func (u *ui) PrintErr(a ...interface{})           { u.complaints = append(u.complaints, fmt.Sprint(a...)) }
func (u *ui) IsTerminal() bool                    { return false }
func (u *ui) WantBrowser() bool                   { return false }
func (u *ui) SetAutoComplete(func(string) string) {}

type sink struct{ bytes.Buffer }

func (s *sink) Close() error                        { return nil }
func (s *sink) Open(string) (io.WriteCloser, error) { return s, nil }

var (
	rowRE    = regexp.MustCompile(`^ *(-?[0-9.e+]+)[A-Za-z]* +\S+% +\S+% +(-?[0-9.e+]+)[A-Za-z]* +\S+%  (.*)$`)
	inlineRE = regexp.MustCompile(` \((partial-)?inline\)$`)
)

// exact is the unit in which -top prints whole numbers.
func exact(unit string) string {
	switch unit {
	case "bytes":
		return "B"
	case "nanoseconds":
		return "ns"
	}
	return "minimum"
}

func top(path string, typ int, unit string) (map[string]value, error) {
	f := &flags{FlagSet: flag.NewFlagSet("pprof", flag.ContinueOnError)}
	f.args = []string{"-top", "-symbolize=none", "-nodefraction=0", "-edgefraction=0", "-nodecount=0",
		"-unit=" + exact(unit), "-sample_index=" + strconv.Itoa(typ), "-output=x", path}
	out := &sink{}
	if err := driver.PProf(&driver.Options{Flagset: f, UI: &ui{}, Writer: out}); err != nil {
		return nil, err
	}
	rows := map[string]value{}
	for _, line := range strings.Split(out.String(), "\n") {
		m := rowRE.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		flat, err1 := strconv.ParseFloat(m[1], 64)
		cum, err2 := strconv.ParseFloat(m[2], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("no numbers: %q", line)
		}
		name := inlineRE.ReplaceAllString(m[3], "")
		rows[name] = value{rows[name].flat + int64(flat), rows[name].cum + int64(cum)}
	}
	return rows, nil
}

// ---- by gmptop ----

type ours struct {
	in  io.Writer
	out *bufio.Reader
}

func (o *ours) read(body []byte) (tables []table, why string, shown int) {
	var head [4]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(body)))
	_, err := o.in.Write(append(head[:], body...))
	die(err)
	for {
		line, err := o.out.ReadString('\n')
		if err != nil {
			return nil, "it ended: " + err.Error(), 0
		}
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "ok":
			fmt.Sscan(rest, new(int), &shown)
		case "bad":
			why = rest
		case "total":
			t := table{rows: map[string]value{}}
			fmt.Sscan(rest, &t.total)
			tables = append(tables, t)
		case "site":
			w := strings.Split(rest, " ")
			name, err := hex.DecodeString(w[len(w)-1])
			die(err)
			for i := range tables {
				var v value
				fmt.Sscan(w[2*i], &v.flat)
				fmt.Sscan(w[2*i+1], &v.cum)
				if v != (value{}) {
					tables[i].rows[string(name)] = v
				}
			}
		case "end":
			return tables, why, shown
		}
	}
}

// ---- made profiles and mutants ----

func pick(r *rand.Rand, words ...string) string { return words[r.Intn(len(words))] }

func made(r *rand.Rand) []byte {
	p := &profile.Profile{TimeNanos: r.Int63n(1 << 60), DurationNanos: r.Int63n(1 << 40), Period: 1}
	for i := 0; i <= r.Intn(4); i++ {
		p.SampleType = append(p.SampleType, &profile.ValueType{
			Type: pick(r, "cpu", "samples", "inuse_space", "alloc_space", "delay") + strconv.Itoa(i),
			Unit: pick(r, "count", "bytes", "nanoseconds", "furlongs")})
	}
	if r.Intn(2) == 0 {
		p.DefaultSampleType = p.SampleType[r.Intn(len(p.SampleType))].Type
	}
	for i := 0; i < r.Intn(3); i++ {
		p.Mapping = append(p.Mapping, &profile.Mapping{ID: uint64(i + 1), Start: uint64(i) << 20,
			Limit: uint64(i+1) << 20, File: pick(r, "", "/bin/a", "/lib/b.so", "c")})
	}
	ids := func(i int) uint64 { return uint64(i + 1) }
	if r.Intn(3) == 0 {
		step := uint64(r.Int63())
		ids = func(i int) uint64 { return uint64(i+1) * (step | 1) }
	}
	for i := 0; i <= r.Intn(12); i++ {
		p.Function = append(p.Function, &profile.Function{ID: ids(i), StartLine: r.Int63n(9),
			Name:     pick(r, "", "main.f", "main.g", "runtime.getitab", "main.(*T[...]).m", "a b", "é\x00", "f"+strconv.Itoa(i)),
			Filename: pick(r, "", "/src/f.go", "g.go")})
	}
	for i := 0; i <= r.Intn(15); i++ {
		l := &profile.Location{ID: ids(i), Address: uint64(r.Int63())}
		if len(p.Mapping) > 0 && r.Intn(2) == 0 {
			l.Mapping = p.Mapping[r.Intn(len(p.Mapping))]
		}
		for k := 0; k < r.Intn(4); k++ {
			l.Line = append(l.Line, profile.Line{Function: p.Function[r.Intn(len(p.Function))], Line: r.Int63n(300) - 9})
		}
		p.Location = append(p.Location, l)
	}
	for i := 0; i < r.Intn(30); i++ {
		s := &profile.Sample{}
		for range p.SampleType {
			v := r.Int63() >> r.Intn(63)
			if r.Intn(9) == 0 {
				v = -v
			}
			s.Value = append(s.Value, v>>8)
		}
		for k := 0; k < r.Intn(40); k++ {
			s.Location = append(s.Location, p.Location[r.Intn(len(p.Location))])
		}
		if r.Intn(3) == 0 {
			s.Label = map[string][]string{"route": {"/pay", "/buy"}}
			s.NumLabel = map[string][]int64{"bytes": {r.Int63n(99)}}
		}
		p.Sample = append(p.Sample, s)
	}
	var b bytes.Buffer
	die(p.WriteUncompressed(&b))
	return b.Bytes()
}

func mutate(r *rand.Rand, b []byte) []byte {
	b = append([]byte(nil), b...)
	for n := 1 + r.Intn(3); n > 0 && len(b) > 8; n-- {
		at := r.Intn(len(b))
		switch r.Intn(7) {
		case 0:
			b[at] ^= 1 << r.Intn(8)
		case 1:
			b[at] = byte(r.Intn(256))
		case 2:
			b = append(b[:at], b[at+1:]...)
		case 3:
			b = append(b[:at], append([]byte{byte(r.Intn(256))}, b[at:]...)...)
		case 4:
			b = b[:at]
		case 5: // a part of it again
			end := at + r.Intn(len(b)-at)
			b = append(b[:end], append(append([]byte(nil), b[at:end]...), b[end:]...)...)
		case 6:
			b[at] = pick(r, "\x00", "\x01", "\x7f", "\x80", "\xff")[0]
		}
	}
	return b
}

func zip(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

func raw(path string) []byte {
	b, err := os.ReadFile(path)
	die(err)
	return unzip(b)
}

func unzip(b []byte) []byte {
	if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		b, err = io.ReadAll(z)
		die(err)
	}
	return b
}

// ---- the comparison ----

// Where gmptop refuses what google/pprof takes, and why that is meant.
var stricter = []string{
	"add up to more than 2^63", // google/pprof's sums wrap around
	"no number at byte",        // a number of more than 64 bits
	"no field at byte",         // a tag of more than 32 bits or of field 0, which protobuf forbids
	"more than",                // a limit
	"expands more than",
}

// Where google/pprof refuses what gmptop takes: fields that it does not use.
var laxer = []string{
	"unknown wire type: 3",         // a group, which is skipped
	"has a line with nil function", // code without symbols, as a location without lines
}

func has(list []string, s string) bool {
	for _, w := range list {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

type tally map[string]int

func differ(a, b table) string {
	if a.total != b.total {
		return fmt.Sprintf("total %d, not %d", a.total, b.total)
	}
	for n, v := range b.rows {
		if a.rows[n] != v {
			return fmt.Sprintf("%q is %v, not %v", n, a.rows[n], v)
		}
	}
	for n, v := range a.rows {
		if _, ok := b.rows[n]; !ok {
			return fmt.Sprintf("%q is %v, not there", n, v)
		}
	}
	return ""
}

// Names and values that the text of -top tells apart, and exactly.
func plain(p *profile.Profile) bool {
	for _, f := range p.Function {
		if strings.ContainsAny(f.Name, "\x00\n ") || f.Name == "" {
			return false
		}
	}
	for _, s := range p.Sample {
		for _, v := range s.Value {
			if v > 1<<40 || v < -1<<40 {
				return false
			}
		}
	}
	return len(p.Sample) > 0
}

func compare(o *ours, body []byte, whole bool, t tally) string {
	p, err := profile.ParseUncompressed(unzip(body))
	if err == nil {
		err = p.CheckValid()
	}
	got, why, shown := o.read(body)
	switch {
	case err != nil && got == nil:
		t["both refuse"]++
		return ""
	case err == nil && got == nil:
		t["gmptop alone refuses: "+regexp.MustCompile(`[0-9]+`).ReplaceAllString(why, "N")]++
		if has(stricter, why) {
			return ""
		}
		return "gmptop refuses: " + why
	case err != nil:
		t["google/pprof alone refuses: "+regexp.MustCompile(`[0-9]+`).ReplaceAllString(err.Error(), "N")]++
		if has(laxer, err.Error()) {
			return ""
		}
		return "google/pprof refuses: " + err.Error()
	}
	t["both take it"]++
	if want, err := p.SampleIndexByName(""); err == nil && want != shown {
		return fmt.Sprintf("type %d is shown, not %d", shown, want)
	}
	for i := range p.SampleType {
		if d := differ(got[i], addUp(p, i)); d != "" {
			return fmt.Sprintf("type %d: %s", i, d)
		}
	}
	if !whole || !plain(p) || p.DropFrames != "" {
		return ""
	}
	return compareTop(p, body, shown, got[shown], t)
}

func compareTop(p *profile.Profile, body []byte, typ int, got table, t tally) string {
	path := filepath.Join(os.TempDir(), "diff-pprof-top."+strconv.Itoa(os.Getpid()))
	die(os.WriteFile(path, body, 0o600))
	defer os.Remove(path)
	rows, err := top(path, typ, p.SampleType[typ].Unit)
	if err != nil {
		t["-top: "+err.Error()]++
		return ""
	}
	t["-top agrees"]++
	return differ(got, table{got.total, rows})
}

func run(tables string, seed int64, n int, files []string) int {
	cmd := exec.Command(tables)
	in, err := cmd.StdinPipe()
	die(err)
	out, err := cmd.StdoutPipe()
	die(err)
	cmd.Stderr = os.Stderr
	die(cmd.Start())
	o := &ours{in, bufio.NewReaderSize(out, 1<<20)}
	r := rand.New(rand.NewSource(seed))
	t := tally{}
	failed := 0
	var bodies [][]byte
	for _, f := range files {
		bodies = append(bodies, raw(f))
	}
	for i := 0; i < n && failed < 40; i++ {
		var body []byte
		switch {
		case i < len(bodies):
			body = bodies[i]
		case i%2 == 0:
			body = made(r)
		case i%4 == 1:
			body = mutate(r, made(r))
		default:
			body = mutate(r, bodies[r.Intn(len(bodies))])
		}
		if r.Intn(4) == 0 {
			body = zip(body)
		}
		if d := compare(o, body, i < len(bodies) || i%10 == 0, t); d != "" {
			failed++
			path := filepath.Join(os.TempDir(), fmt.Sprintf("diff-pprof-%d-%d.pb", seed, i))
			die(os.WriteFile(path, body, 0o600))
			fmt.Printf("%s: %s\n", path, d)
		}
	}
	var keys []string
	for k := range t {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Printf("%8d %s\n", t[k], k)
	}
	in.Close()
	cmd.Wait()
	fmt.Printf("seed %d: %d not explained\n", seed, failed)
	if failed > 0 {
		return 1
	}
	return 0
}

func printTop(path string) {
	p, err := profile.ParseData(raw(path))
	die(err)
	typ, err := p.SampleIndexByName("")
	die(err)
	rows, err := top(path, typ, p.SampleType[typ].Unit)
	die(err)
	var lines []string
	for n, v := range rows {
		lines = append(lines, fmt.Sprintf("%d\t%d\t%s", v.flat, v.cum, n))
	}
	sort.Strings(lines)
	fmt.Println(strings.Join(lines, "\n"))
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "top":
		printTop(os.Args[2])
	case len(os.Args) > 5 && os.Args[1] == "run":
		seed, err := strconv.ParseInt(os.Args[3], 10, 64)
		die(err)
		n, err := strconv.Atoi(os.Args[4])
		die(err)
		os.Exit(run(os.Args[2], seed, n, os.Args[5:]))
	default:
		fmt.Fprintln(os.Stderr, "usage: pprof run TABLES SEED N FILE... | pprof top FILE")
		os.Exit(2)
	}
}
