package standingsgrpc_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
	"raceday/services/standings"
)

func (b backend) Anomalies(
	_ context.Context, _ race.EventID, _ race.ID, kind anomaly.Kind,
) (version, change int64, found []standings.Anomaly, err error) {
	for _, a := range []anomaly.Anomaly{
		{Kind: anomaly.FalseStart, At: gun.Add(-time.Second), FromVisit: anomaly.Nowhere, Time: time.Second, DealtBy: "r1"},
		{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere},
		{Kind: anomaly.ImpossibleSegment, Visit: 2, At: gun.Add(time.Minute), FromAt: gun, Time: time.Minute},
		{Kind: anomaly.OthersLeg, Visit: 2, At: gun, FromVisit: anomaly.Nowhere, Leg: 3},
	} {
		if kind == "" || a.Kind == kind {
			found = append(found, standings.Anomaly{Race: "ten", Bib: "7", Anomaly: a})
		}
	}
	return 7, 3, found, nil
}

func (b backend) Conflicts(context.Context, race.EventID) ([]standings.ReadConflict, error) {
	return []standings.ReadConflict{{Mat: "line-a", Boot: "b2", Seq: 17, Reads: []standings.ConflictingRead{{Chip: "C1", At: gun}, {Chip: "C2", At: gun}}}}, nil
}

func (b backend) Wearers(context.Context, race.EventID, []race.Chip) (map[race.Chip]standings.Wearer, error) {
	return nil, nil
}

func (b backend) Rulings(context.Context, race.EventID) ([]ruling.Ruling, error) { return nil, nil }

func TestListAnomalies(t *testing.T) {
	t.Parallel()
	client := dial(t, tenKm())
	got, err := client.ListAnomalies(t.Context(), &standingsv1.ListAnomaliesRequest{EventId: "almaty-2025"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"total": 5, "open": 3, "version": 7, "anomalies": [
		{"kind": "ANOMALY_KIND_FALSE_START", "race": "ten", "bib": "7", "visit": 0, "point": "line#1", "at": "2025-09-28T01:59:59Z",
		 "time": "1s", "dealtBy": "r1"},
		{"kind": "ANOMALY_KIND_MISSING_POINT", "race": "ten", "bib": "7", "visit": 1, "point": "k5", "information": true},
		{"kind": "ANOMALY_KIND_IMPOSSIBLE_SEGMENT", "race": "ten", "bib": "7", "visit": 2, "point": "line#2", "at": "2025-09-28T02:01:00Z",
		 "fromVisit": 0, "fromPoint": "line#1", "fromAt": "2025-09-28T02:00:00Z", "time": "60s"},
		{"kind": "ANOMALY_KIND_OTHERS_LEG", "race": "ten", "bib": "7", "visit": 2, "point": "line#2", "at": "2025-09-28T02:00:00Z", "leg": 3},
		{"kind": "ANOMALY_KIND_IDENTITY_CONFLICT", "conflict": {"mat": "line-a", "boot": "b2", "seq": "17", "reads": [
			{"chip": "C1", "at": "2025-09-28T02:00:00Z"}, {"chip": "C2", "at": "2025-09-28T02:00:00Z"}]}}]}`, got)

	open, err := client.ListAnomalies(t.Context(), &standingsv1.ListAnomaliesRequest{
		EventId: "almaty-2025", Race: "ten", OpenOnly: true, PageSize: 1, Kind: standingsv1.AnomalyKind_ANOMALY_KIND_OTHERS_LEG,
	})
	if err != nil || len(open.GetAnomalies()) != 1 || open.GetTotal() != 1 || open.GetOpen() != 1 || open.GetNextPageToken() != "" {
		t.Errorf("got %v, %v, want the one on another's leg", open, err)
	}
	unknown, err := client.ListAnomalies(t.Context(), &standingsv1.ListAnomaliesRequest{EventId: "almaty-2025", Kind: 99})
	if err != nil || len(unknown.GetAnomalies()) != 0 {
		t.Errorf("of a kind that nobody knows: %v, %v", unknown, err)
	}
}

// The contract names the kinds as the rules do.
func TestKindsOfAnomalies(t *testing.T) {
	t.Parallel()
	names := map[string]bool{"UNSPECIFIED": true}
	for _, kind := range anomaly.Kinds() {
		names[string(kind)] = true
	}
	contract := map[string]bool{}
	for name := range standingsv1.AnomalyKind_value {
		contract[name[len("ANOMALY_KIND_"):]] = true
	}
	if diff := cmp.Diff(names, contract); diff != "" {
		t.Errorf("(-rules +contract)\n%s", diff)
	}
}
