package event_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/event"
	"raceday/services/rehearsal/sharedcase"
)

// FuzzParse looks for files that make the parser panic, that it takes without reading them back, or whose faults have no
// place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(opening))
	f.Add(readFile(f, "testdata/almaty.yaml"))
	for _, name := range sharedCases() {
		if dir, ok := sharedcase.Find(f, name); ok {
			f.Add(readFile(f, dir+"/event.yaml"))
		}
	}
	for _, odd := range []string{
		"", "[", "{a: ", "- - -", "a: &b c\nd: *b", "<<: {id: a}", "? a", "!!int a: b", "--- \n---\n", "id: |\n  a\n", "%YAML 1.2\n---\n",
		"races: [{format: EKIDEN}]", "races: [{team: {size: 2, legs: [{}, {}]}}]", "id: \"\\xZZ\"", "a:\n  - b\n c", "\t", "id: 'a''b'",
	} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		e, err := event.Parse(file)
		if err != nil {
			faults, ok := errors.AsType[event.FileFaults](err)
			if !ok || len(faults) == 0 {
				t.Fatalf("error %v, want faults", err)
			}
			for _, fault := range faults {
				if fault.Line < 1 || fault.Reason == "" {
					t.Errorf("fault without a place or reason: %+v", fault)
				}
			}
			return
		}
		again, err := event.Parse(event.Format(e))
		if err != nil {
			t.Fatalf("canonical file: %v\n%s", err, event.Format(e))
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	})
}
