package scoring

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/passing"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

func TestEveryDifferenceIsNamed(t *testing.T) {
	t.Parallel()
	computed := result.Result{
		Race: "run", Bib: "7", Name: "Ann", Status: result.Finished, Gun: racetime.Known(time.Second),
		Passings: []passing.Passing{{Visit: 0, At: 1}, {Visit: 1, At: 2_000_000}},
		Legs:     []result.Leg{{Number: 1, MemberName: "Ben", Time: racetime.Known(time.Second)}},
	}
	stored := computed
	stored.Name, stored.Status = "Anna", result.Started
	stored.Gun = racetime.Optional{}
	stored.Passings = []passing.Passing{{Visit: 1, At: 1_000_000}, {Visit: 2, At: 3_000_000}}
	stored.Legs = nil
	want := []Difference{
		{"results", "run", "7", "name", "4 letters", "3 letters"},
		{"results", "run", "7", "status", "STARTED", "FINISHED"},
		{"results", "run", "7", "gun", "", "1s"},
		{"passings", "run", "7", "0", "", "1970-01-01T00:00:00.000001Z"},
		{"passings", "run", "7", "1", "1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z"},
		{"legs", "run", "7", "1", "", " in 1s, in all , not completed false, ranked false"},
		{"passings", "run", "7", "2", "1970-01-01T00:00:03Z", ""},
	}
	if diff := cmp.Diff(want, compareResults(&stored, &computed)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := compareResults(&computed, &computed); len(got) > 0 {
		t.Errorf("a result differs from itself: %v", got)
	}
}
