package main

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/access"
)

// The table in deploy/README.md is the one that is checked.
func TestTheDocumentSaysWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(file), "\n| method |")
	if !found {
		t.Fatal("there is no table")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	lines := strings.Split(table, "\n")
	var columns []access.Role
	for _, name := range cells(lines[0]) {
		columns = append(columns, access.Role(name))
	}
	documented := map[string][]access.Role{}
	for _, line := range lines[2:] {
		row := cells(strings.TrimPrefix(line, "|"))
		for method := range strings.SplitSeq(row[0], ", ") {
			for i, mark := range row[1:] {
				if mark == "x" {
					documented[method] = append(documented[method], columns[i])
				}
			}
		}
	}
	checked := map[string][]access.Role{}
	for method, allowed := range roles(allServices) {
		checked[path.Base(method)] = slices.DeleteFunc(slices.Clone(columns), func(r access.Role) bool { return !slices.Contains(allowed, r) })
	}
	if diff := cmp.Diff(checked, documented); diff != "" {
		t.Errorf("(-checked +documented):\n%s", diff)
	}
}

// cells returns the cells of a table's line behind its first bar.
func cells(line string) []string {
	var all []string
	for cell := range strings.SplitSeq(strings.TrimSuffix(line, "|"), "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}
