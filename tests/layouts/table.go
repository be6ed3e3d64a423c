// Table prints collectors/gort/layout_table.c from the DWARF of programs that different Go toolchains
// built. generate.sh runs it and gives it lines on its standard input, oldest first:
//
//	VERSION EXPERIMENT|- ARCH BINARY
//
// The first build of a minor version stands for all its patches; a later patch, or an experiment, gets a
// row of its own only where it differs from the row that layout_find would have taken without it.
package main

import (
	"bufio"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"log"
	"math/bits"
	"os"
	"regexp"
	"slices"
	"strings"
)

type field struct {
	types []string // spellings of the structure
	paths []string // spellings of the field; "" is the size
}

// A run of fields of one structure: one macro in the table, for each way it is laid out.
type group struct {
	name       string // G
	from, upTo int
}

type layout struct {
	version, experiment, arch string
	minor, patch              int
	at                        []int64
	reasons                   []string
	funcIDWrapper             int64
	counts, sub, minBits      int64
	labelsList                bool
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: table FIELDS.H <BUILDS >TABLE.C")
	}
	fields, groups := readFields(os.Args[1])
	rows := readBuilds(fields)
	printTable(keepDifferent(rows), groups)
}

func readFields(path string) ([]field, []group) {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	var fields []field
	var groups []group
	re := regexp.MustCompile(`(?m)^X\(LAYOUT_([A-Z]+)_\w+,\s*"([^"]+)",\s*"([^"]*)"\)`)
	for _, m := range re.FindAllStringSubmatch(string(text), -1) {
		if len(groups) == 0 || groups[len(groups)-1].name != m[1] {
			groups = append(groups, group{m[1], len(fields), len(fields)})
		}
		groups[len(groups)-1].upTo++
		fields = append(fields, field{strings.Split(m[2], "|"), strings.Split(m[3], "|")})
	}
	return fields, groups
}

func readBuilds(fields []field) []*layout {
	var rows []*layout
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		w := strings.Fields(in.Text())
		if len(w) != 4 {
			log.Fatalf("not VERSION EXPERIMENT ARCH BINARY: %q", in.Text())
		}
		l := &layout{arch: w[2]}
		if _, err := fmt.Sscanf(w[0]+".0", "1.%d.%d", &l.minor, &l.patch); err != nil {
			log.Fatalf("not a version: %q", w[0])
		}
		if w[1] != "-" {
			l.experiment = w[1]
		}
		l.read(w[3], fields)
		rows = append(rows, l)
	}
	return rows
}

func (l *layout) read(path string, fields []field) {
	file, err := elf.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	info, err := file.DWARF()
	if err != nil {
		log.Fatalf("%s: %v", path, err)
	}
	types, consts := describe(info)
	for _, f := range fields {
		l.at = append(l.at, f.offset(types))
	}
	l.reasons = waitReasons(file)
	l.labelsList = l.minor >= 24 // runtime/pprof/label.go, which this program does not contain
	l.funcIDWrapper = oneOf(consts, "internal/abi.FuncIDWrapper", "runtime.funcID_wrapper")
	l.sub = oneOf(consts, "runtime.timeHistNumSubBuckets")
	l.counts = l.sub * oneOf(consts, "runtime.timeHistNumBuckets", "runtime.timeHistNumSuperBuckets")
	// Durations below 1 << minBits ns share the first super-bucket (runtime/histogram.go).
	if n, ok := consts["runtime.timeHistMinBucketBits"]; ok {
		l.minBits = n - 1
	} else {
		l.minBits = int64(bits.Len64(uint64(l.sub)) - 1)
	}
}

// The structures by name, and the integer constants, of the units that matter. The linker gives all types
// to the unit "runtime".
func describe(info *dwarf.Data) (map[string]*dwarf.StructType, map[string]int64) {
	types, consts := map[string]*dwarf.StructType{}, map[string]int64{}
	for r := info.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			log.Fatal(err)
		}
		if e == nil {
			return types, consts
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		switch e.Tag {
		case dwarf.TagCompileUnit:
			if name != "runtime" && name != "internal/abi" {
				r.SkipChildren()
			}
			continue
		case dwarf.TagStructType:
			if t, err := info.Type(e.Offset); err == nil && types[name] == nil {
				types[name], _ = t.(*dwarf.StructType)
			}
		case dwarf.TagConstant:
			consts[name], _ = e.Val(dwarf.AttrConstValue).(int64)
		}
		if e.Children {
			r.SkipChildren()
		}
	}
}

func oneOf(consts map[string]int64, names ...string) int64 {
	for _, name := range names {
		if v, ok := consts[name]; ok {
			return v
		}
	}
	log.Fatalf("no constant %v", names)
	return 0
}

func (f *field) offset(types map[string]*dwarf.StructType) int64 {
	for _, name := range f.types {
		t := types[name]
		if t == nil {
			continue
		}
		for _, path := range f.paths {
			if path == "" {
				return t.ByteSize
			}
			if at, ok := walk(t, path); ok {
				return at
			}
		}
	}
	return -1
}

func walk(t *dwarf.StructType, path string) (int64, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	for _, f := range t.Field {
		if f.Name != name {
			continue
		}
		if !deeper {
			return f.ByteOffset, true
		}
		ft := f.Type
		for {
			td, ok := ft.(*dwarf.TypedefType)
			if !ok {
				break
			}
			ft = td.Type
		}
		if inner, ok := ft.(*dwarf.StructType); ok {
			at, found := walk(inner, rest)
			return f.ByteOffset + at, found
		}
		return 0, false
	}
	return 0, false
}

// The array of strings runtime.waitReasonStrings, as it stands in the file.
func waitReasons(file *elf.File) []string {
	symbols, err := file.Symbols()
	if err != nil {
		log.Fatal(err)
	}
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "runtime.waitReasonStrings" })
	if i < 0 {
		log.Fatal("no runtime.waitReasonStrings")
	}
	var reasons []string
	array := load(file, symbols[i].Value, symbols[i].Size)
	for ; len(array) >= 16; array = array[16:] {
		ptr, n := binary.LittleEndian.Uint64(array), binary.LittleEndian.Uint64(array[8:])
		reasons = append(reasons, string(load(file, ptr, n)))
	}
	return reasons
}

func load(file *elf.File, addr, n uint64) []byte {
	to := make([]byte, n)
	for _, p := range file.Progs {
		if n > 0 && p.Type == elf.PT_LOAD && p.Vaddr <= addr && addr+n <= p.Vaddr+p.Filesz {
			if _, err := p.ReadAt(to, int64(addr-p.Vaddr)); err != nil {
				log.Fatal(err)
			}
		}
	}
	return to
}

// What layout_find would take for l among the rows so far.
func (l *layout) find(rows []*layout) *layout {
	var best *layout
	for _, r := range rows {
		if r.arch == l.arch && r.minor == l.minor && r.patch <= l.patch &&
			(r.experiment == l.experiment || r.experiment == "") &&
			(best == nil || r.experiment >= best.experiment) {
			best = r
		}
	}
	return best
}

func (l *layout) same(r *layout) bool {
	return slices.Equal(l.at, r.at) && slices.Equal(l.reasons, r.reasons) &&
		l.funcIDWrapper == r.funcIDWrapper && l.counts == r.counts && l.sub == r.sub &&
		l.minBits == r.minBits && l.labelsList == r.labelsList
}

func keepDifferent(builds []*layout) []*layout {
	var rows []*layout
	for _, l := range builds {
		was := l.find(rows)
		if was != nil && l.same(was) {
			continue
		}
		switch {
		case was == nil:
			l.patch = 0
		case was.experiment != l.experiment: // as far back as the plain row that it differs from
			l.patch = was.patch
		}
		l.version = fmt.Sprintf("1.%d", l.minor)
		if l.patch > 0 {
			l.version += fmt.Sprintf(".%d", l.patch)
		}
		if l.experiment != "" {
			l.version += "-X:" + l.experiment
		}
		rows = append(rows, l)
	}
	return rows
}
