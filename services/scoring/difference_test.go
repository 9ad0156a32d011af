package scoring

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/anomaly"
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
		Anomalies: []anomaly.Anomaly{
			{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere},
			{Kind: anomaly.ImpossibleSegment, Visit: 2, At: 2_000_000, FromAt: 1_000_000, Time: time.Second},
		},
	}
	stored := computed
	stored.Name, stored.Status = "Anna", result.Started
	stored.Gun = racetime.Optional{}
	stored.Passings = []passing.Passing{{Visit: 1, At: 1_000_000}, {Visit: 2, At: 3_000_000}}
	stored.Legs = nil
	reviewed := computed.Anomalies[0]
	reviewed.DealtBy = "r1"
	stored.Anomalies = []anomaly.Anomaly{reviewed}
	want := []Difference{
		{"results", "run", "7", "name", "4 letters", "3 letters"},
		{"results", "run", "7", "status", "STARTED", "FINISHED"},
		{"results", "run", "7", "gun", "", "1s"},
		{"passings", "run", "7", "0", "", "1970-01-01T00:00:00.000001Z"},
		{"passings", "run", "7", "1", "1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z"},
		{"legs", "run", "7", "1", "", " in 1s, in all , not completed false, ranked false, run by that of 0"},
		{"anomalies", "run", "7", "0",
			`MISSING_POINT at 1, 1970-01-01T00:00:00Z, from -1, 1970-01-01T00:00:00Z, time 0s, leg 0, dealt with by "r1"`,
			`MISSING_POINT at 1, 1970-01-01T00:00:00Z, from -1, 1970-01-01T00:00:00Z, time 0s, leg 0, dealt with by ""`},
		{"anomalies", "run", "7", "1", "",
			`IMPOSSIBLE_SEGMENT at 2, 1970-01-01T00:00:02Z, from 0, 1970-01-01T00:00:01Z, time 1s, leg 0, dealt with by ""`},
		{"passings", "run", "7", "2", "1970-01-01T00:00:03Z", ""},
	}
	if diff := cmp.Diff(want, compareResults(&stored, &computed)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := compareResults(&computed, &computed); len(got) > 0 {
		t.Errorf("a result differs from itself: %v", got)
	}
}
