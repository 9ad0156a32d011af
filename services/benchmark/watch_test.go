package benchmark

import (
	"testing"

	standingsv1 "raceday/proto/raceday/standings/v1"
)

func TestEveryReadOfTheWatchedDayIsTheNextVisit(t *testing.T) {
	t.Parallel()
	bench := WatchBench{Formats: formats(), Entrants: 300}
	d, err := bench.day()
	if err != nil {
		t.Fatal(err)
	}
	for _, mat := range d.event.Mats {
		if mat.Backup {
			t.Errorf("mat %s is a backup", mat.ID)
		}
	}
	flow, err := d.flow()
	if err != nil {
		t.Fatal(err)
	}
	courses := map[string]int{}
	for i := range d.roster {
		courses[string(d.roster[i].Bib)] = len(d.event.Race(d.roster[i].Race).Course)
	}
	last, changes := map[string]int32{}, 0
	for _, m := range flow {
		if len(m.changes) > watchBatchReads {
			t.Errorf("%d reads in a message", len(m.changes))
		}
		for _, c := range m.changes {
			changes++
			if c.visit != last[c.bib] || int(c.visit) >= courses[c.bib] {
				t.Errorf("bib %s: visit %d after %d", c.bib, c.visit, last[c.bib]-1)
			}
			last[c.bib]++
		}
	}
	if reads, _ := d.size(); changes != reads || reads == 0 {
		t.Errorf("%d changes of %d reads", changes, reads)
	}
	measured := 0
	for _, part := range parts(flow, 4) {
		measured += len(part)
	}
	if measured != len(flow) {
		t.Errorf("the parts hold %d of %d messages", measured, len(flow))
	}
}

func TestAChangeIsSeenOnce(t *testing.T) {
	t.Parallel()
	w := newWatch()
	row := func(bib string, visit int32) *standingsv1.WatchStandingsResponse {
		return &standingsv1.WatchStandingsResponse{Rows: []*standingsv1.Standing{{Bib: bib, LastVisit: visit}}}
	}
	w.see(row("1", 3)) // before anything was published
	w.publish([]change{{"1", 4}, {"2", 1}, {"1", 5}})
	for _, step := range []struct {
		update       *standingsv1.WatchStandingsResponse
		seen, unseen int
	}{
		{row("1", 3), 0, 3},
		{row("2", 1), 1, 2},
		{row("2", 1), 1, 2},
		{row("1", 5), 3, 0}, // both visits in one commit
	} {
		w.see(step.update)
		if len(w.took) != step.seen || w.unseen != step.unseen {
			t.Errorf("after %v: %d seen, %d unseen, want %d, %d", step.update, len(w.took), w.unseen, step.seen, step.unseen)
		}
	}
	w.publish([]change{{"3", 8}})
	w.see(&standingsv1.WatchStandingsResponse{Removed: []string{"3"}})
	if err := w.untilSeen(t.Context()); err != nil {
		t.Errorf("who was over time left the list: %v", err)
	}
}
