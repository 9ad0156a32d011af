package standings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/official"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

func TestWhatIsOpenBeforeAListIsOfficial(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	closed := func(change func([]result.Result)) []result.Result {
		_, of := wholeDay()
		for i := range of {
			if of[i].Status == result.Started {
				of[i].Status = result.DNF
			}
		}
		change(of)
		return of
	}
	rows, err := standings.ListRows(event, closed(func([]result.Result) {}), "city", "sex/M")
	if err != nil {
		t.Fatal(err)
	}
	announced := standings.OfficialList{
		Event: event.ID, Race: "city", List: "sex/M", Number: 1, State: official.Provisional, Rows: rows,
	}
	for _, c := range []struct {
		name    string
		results []result.Result
		want    []string
	}{
		{"two are on the course", results, []string{"CHANGED_SINCE_ANNOUNCED", "RACE_NOT_CLOSED"}},
		{"as it was announced", closed(func([]result.Result) {}), nil},
		{"the winner was disqualified since", closed(func(of []result.Result) { of[7].Status = result.DSQ }), []string{"CHANGED_SINCE_ANNOUNCED"}},
		{"nobody ever saw one of them", closed(func(of []result.Result) { of[5].Status = result.Entered }),
			[]string{"CHANGED_SINCE_ANNOUNCED", "RACE_NOT_CLOSED"}},
		{"over time, which is in the status, and a false start, which is not", closed(func(of []result.Result) {
			of[0].Anomalies = []anomaly.Anomaly{{Kind: anomaly.OverTime, Visit: 3}, {Kind: anomaly.FalseStart, Visit: 0}}
		}), []string{"9 FALSE_START line#1"}},
	} {
		service := printing(t, &backend{event: event, version: 7, results: c.results}, &press{lists: []standings.OfficialList{announced}})
		open, err := service.OpenMatters(t.Context(), event.ID, "city", "sex/M")
		if diff := cmp.Diff(c.want, open); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
		}
	}
}

// Who was erased, or hid the name, since a list was published has no name in it any more.
func TestPublishedNamesAreForgotten(t *testing.T) {
	t.Parallel()
	event, results := wholeDay()
	list := standings.OfficialList{
		Event: event.ID, Race: "city", List: "sex/M", Number: 1, State: official.Official,
		Rows: []standings.OfficialRow{{Rank: 1, Bib: "10", Name: "As it was"}, {Rank: 2, Bib: "11", Name: "Erased"}, {Bib: "99", Name: "Withdrawn"}},
	}
	service := printing(t, &backend{event: event, version: 7, results: results}, &press{lists: []standings.OfficialList{list}})
	got, err := service.Published(t.Context(), event.ID, "city", "sex/M", 1)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range got.Rows {
		names = append(names, row.Name)
	}
	if diff := cmp.Diff([]string{"As it was", "", "Withdrawn"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
