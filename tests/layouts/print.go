package main

import (
	"fmt"
	"slices"
	"strings"
)

const head = `/* gort/layout_table.c - where the fields stand, by Go version. Written by "make layouts"
 * (tests/layouts/generate.sh), not by hand. Each way a structure is laid out stands once, named
 * after the first row that has it; its numbers are in the order of layout_fields.h. */
#include "collectors/gort/layout_table.h"

/* clang-format off */
`

func printTable(rows []*layout, groups []group) {
	fmt.Print(head, "\n")
	names := make([][]string, len(rows))
	for _, g := range groups {
		printGroup(g, rows, names)
	}
	reasons := printReasons(rows)
	fmt.Println("const struct layout layout_table[] = {")
	for i, l := range rows {
		fmt.Printf("\t{ %q, %d, %d, %q, ARCH_%s, %s,\n", l.version, l.minor, l.patch, l.experiment,
			strings.ToUpper(l.arch), reasons[i])
		fmt.Printf("\t  %d, %d, %d, %d, %v, {\n", l.funcIDWrapper, l.counts, l.sub, l.minBits, l.labelsList)
		wrap("\t    ", names[i], ",", "")
		fmt.Println("\t  } },")
	}
	fmt.Printf("};\n\nconst size_t layout_table_rows = sizeof(layout_table) / sizeof(layout_table[0]);\n")
}

func printGroup(g group, rows []*layout, names [][]string) {
	seen := map[string]string{}
	for i, l := range rows {
		numbers := strings.Fields(strings.Trim(fmt.Sprint(l.at[g.from:g.upTo]), "[]"))
		key := strings.Join(numbers, " ")
		name := seen[key]
		if name == "" {
			name = l.macro(g.name)
			seen[key] = name
			fmt.Printf("#define %s \\\n", name)
			wrap("\t", numbers, ",", " \\")
		}
		names[i] = append(names[i], name)
	}
	fmt.Println()
}

func (l *layout) macro(name string) string {
	name += fmt.Sprintf("_1_%d", l.minor)
	if l.patch > 0 {
		name += fmt.Sprintf("_%d", l.patch)
	}
	if l.experiment != "" {
		name += "_" + strings.ToUpper(l.experiment)
	}
	if l.arch != "amd64" {
		name += "_" + strings.ToUpper(l.arch)
	}
	return name
}

func printReasons(rows []*layout) []string {
	names := make([]string, len(rows))
	for i, l := range rows {
		k := slices.IndexFunc(rows[:i], func(r *layout) bool { return slices.Equal(r.reasons, l.reasons) })
		if k >= 0 {
			names[i] = names[k]
			continue
		}
		names[i] = strings.ToLower(l.macro("reasons"))
		fmt.Printf("static const char *const %s[] = {\n", names[i])
		var quoted []string
		for _, r := range l.reasons {
			quoted = append(quoted, fmt.Sprintf("%q", r))
		}
		wrap("\t", append(quoted, "NULL"), ",", "")
		fmt.Printf("};\n\n")
	}
	return names
}

// Prints words with sep behind each in lines of less than 100 columns; all lines but the last end in more.
func wrap(indent string, words []string, sep, more string) {
	line := indent
	for _, w := range words {
		if len(line)+len(w)+len(sep+more)+7*strings.Count(line, "\t") > 100 {
			fmt.Println(strings.TrimRight(line, " ") + more)
			line = indent
		}
		line += w + sep + " "
	}
	line = strings.TrimRight(line, " ")
	if more != "" {
		line = strings.TrimSuffix(line, sep)
	}
	fmt.Println(line)
}
