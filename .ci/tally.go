// Command tally reads the events of go test -json and prints what a person wants to know of them: a line for each package,
// the output of what failed, what was skipped and why, and the lines that begin with "proof:". It counts tests and
// subtests; a package that fails without a failing test, as when it does not build, counts as a failed one. Its exit status
// is 1 where something failed, or where a shared case that is on this machine was skipped.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// sharedSkip is how tests say that they lack a shared case.
const sharedSkip = "shared cases are not on this machine"

func main() {
	countFile := flag.String("count", "", "file for the line that counts the tests")
	shared := flag.String("shared", "", "folder of the shared cases; where it exists none of them may be skipped")
	flag.Parse()
	ok, err := run(os.Stdin, os.Stdout, *countFile, *shared)
	if err != nil {
		fmt.Fprintf(os.Stderr, "tally: %v\n", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is a line of go test -json.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// unit is a test, or a package where test is empty.
type unit struct{ pkg, test string }

type tally struct {
	w                       io.Writer
	passed, failed, skipped int
	sharedSkipped           int
	// output is what the units wrote that have not ended yet; of builds under their import path.
	output map[unit][]string
	// tests and failures count those of each package.
	tests, failures map[string]int
}

func run(r io.Reader, w io.Writer, countFile, shared string) (ok bool, err error) {
	t := &tally{w: w, output: map[unit][]string{}, tests: map[string]int{}, failures: map[string]int{}}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, fmt.Errorf("read events: %w", err)
		}
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			fmt.Fprint(w, line) // The go command's own words.
			continue
		}
		t.take(e)
	}
	count := fmt.Sprintf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if err := os.WriteFile(countFile, []byte(count), 0o644); err != nil {
		return false, fmt.Errorf("keep the count: %w", err)
	}
	if _, err := os.Stat(shared); err == nil && t.sharedSkipped > 0 {
		fmt.Fprintf(w, "%d tests of shared cases were skipped although %s is there\n", t.sharedSkipped, shared)
		return false, nil
	}
	return t.failed == 0 && t.passed > 0, nil
}

func (t *tally) take(e event) {
	of := unit{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.w, e.Output)
	case "output":
		if _, proof, ok := strings.Cut(e.Output, "proof: "); ok && e.Test != "" {
			fmt.Fprintf(t.w, "     proof: %s\n", strings.TrimSpace(proof))
		}
		t.output[of] = append(t.output[of], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
		delete(t.output, of)
	}
}

func (t *tally) endTest(e event) {
	written := strings.Join(t.output[unit{e.Package, e.Test}], "")
	t.tests[e.Package]++
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		t.failures[e.Package]++
		fmt.Fprint(t.w, written)
	case "skip":
		t.skipped++
		if strings.Contains(written, sharedSkip) {
			t.sharedSkipped++
		}
		fmt.Fprint(t.w, written)
	}
}

func (t *tally) endPackage(e event) {
	switch {
	case e.Action == "fail":
		if t.failures[e.Package] == 0 {
			t.failed++
		}
		// What has not ended was cut off by a panic or the time limit, and its output says by which.
		for of, written := range t.output {
			if of.pkg == e.Package {
				fmt.Fprint(t.w, strings.Join(written, ""))
			}
		}
	case t.tests[e.Package] > 0:
		fmt.Fprintf(t.w, "ok   %-45s %4d tests %7.1f s\n", e.Package, t.tests[e.Package], e.Elapsed)
	}
}
