package event

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
)

const twoRaces = `points:
  - {id: line}
  - {id: k5}
mats:
  - {id: k5-a, point: k5}
  - {id: k5-b, point: k5}
races:
  - id: marathon
    late_start: 1800s
    nordic: {}
    waves:
      - {id: A, gun: "2025-09-28T02:00:00Z", bibs: [1-999]}
    course:
      - {point: line, at_metres: 0}
      - {point: k5, at_metres: 5000}
      - {point: line, at_metres: 10000, cut_off: {after_gun: 6h}}
  - id: ten
    late_start: 1800s
    waves:
      - {id: A, gun: "2025-09-28T02:30:00Z", bibs: [1000-1999]}
    course:
      - {point: line, at_metres: 0}
      - {point: line, at_metres: 10000, cut_off: {after_gun: 2h}}
`

func TestDifferenceNamesTheFieldsThatChanged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// change are texts and what replaces them.
		change []string
		want   string
	}{
		{"nothing", nil, ""},
		{"a value swapped between two races", []string{"6h", "SWAP", "2h", "6h", "SWAP", "2h"},
			"races[marathon].course[line#2].cut_off.after_gun: 6h -> 2h\nraces[ten].course[line#2].cut_off.after_gun: 2h -> 6h"},
		{"one of two equal lines", []string{"late_start: 1800s\n    nordic", "late_start: 900s\n    nordic"},
			"races[marathon].late_start: 1800s -> 900s"},
		{"a field that is new", []string{"k5-a, point: k5", "k5-a, point: k5, clock_offset: 70s"}, "+ mats[k5-a].clock_offset: 70s"},
		{"a field that is gone", []string{", bibs: [1-999]", ""}, "- races[marathon].waves[A].bibs: [1-999]"},
		{"a course of records that is named", []string{"  - id: ten\n", "  - id: ten\n    record_course: almaty\n"},
			"+ races[ten].record_course: almaty"},
		{"an empty field that is gone", []string{"    nordic: {}\n", ""}, "- races[marathon].nordic: {}"},
		{"a value of a list", []string{"[1-999]", "[1-900, 950]"}, "races[marathon].waves[A].bibs: [1-999] -> [1-900, 950]"},
		{"a visit before others of its point", []string{"      - {point: k5, at_metres: 5000}\n", ""},
			"- races[marathon].course[k5].point: k5\n- races[marathon].course[k5].at_metres: 5000"},
		{"a mat that is new", []string{"  - {id: k5-b, point: k5}\n", "  - {id: k5-b, point: k5}\n  - {id: k5-c, point: k5}\n"},
			"+ mats[k5-c].id: k5-c\n+ mats[k5-c].point: k5"},
		{"lines that only moved", []string{"  - {id: k5-a, point: k5}\n", "", "  - {id: k5-b, point: k5}\n",
			"  - {id: k5-b, point: k5}\n  - {id: k5-a, point: k5}\n"}, "mats: order k5-a, k5-b -> k5-b, k5-a"},
	} {
		file := twoRaces
		for i := 0; i < len(c.change); i += 2 {
			if !strings.Contains(file, c.change[i]) {
				t.Fatalf("%s: %q is not in the file", c.name, c.change[i])
			}
			file = strings.Replace(file, c.change[i], c.change[i+1], 1)
		}
		before := Version{Event: &race.Event{}, Number: 1, File: []byte(twoRaces)}
		after := Version{Number: 2, File: []byte(file)}
		want := strings.TrimSuffix("version 2\n"+c.want, "\n")
		if diff := cmp.Diff(want, Difference(before, after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if got := Difference(Version{}, after); got != "version 2" {
			t.Errorf("of the first version: got %q", got)
		}
	}
}
