package timingpg

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

func TestReadsOfChips(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	position := newPosition(t, s)
	used := read("line-a", 2, "C2", 2000)
	used.HasRSSI, used.RSSIDBm = true, -58
	other := read("line-a", 2, "C1", 2000)
	other.Boot = "8"
	add(t, s, position, []timing.Read{
		read("line-b", 1, "C1", 1000), used, read("line-a", 2, "C9", 2000), read("line-a", 3, "C9", 3000), other,
	})
	for _, c := range []struct {
		name  string
		chips []race.Chip
		want  []ChipRead
	}{
		{"none", nil, []ChipRead{}},
		{"two chips", []race.Chip{"C1", "C2", "unread"}, []ChipRead{{used, true}, {other, false}, {read("line-b", 1, "C1", 1000), false}}},
		{"the other content of the identity", []race.Chip{"C9"}, []ChipRead{{read("line-a", 2, "C9", 2000), true}, {read("line-a", 3, "C9", 3000), false}}},
	} {
		got, err := s.ReadsOfChips(t.Context(), event, c.chips)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
		}
	}
	if got, err := s.ReadsOfChips(t.Context(), "none", []race.Chip{"C1"}); err != nil || len(got) != 0 {
		t.Errorf("unknown event: got %v, %v", got, err)
	}
}

func TestListUnknownChips(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	add(t, s, newPosition(t, s), []timing.Read{
		read("line-a", 1, "C1", 1000), read("line-b", 1, "C1", 9000), read("line-a", 2, "C1", 5000),
		read("line-b", 2, "C2", 9000), read("line-a", 3, "C2", 9000), read("line-a", 4, "WORN", 9999), read("line-a", 5, "C3", -7),
	})
	want := []timing.UnknownChip{
		{Chip: "C1", Reads: 3, LastMat: "line-b", LastAt: 9000, FirstAt: 1000},
		{Chip: "C2", Reads: 2, LastMat: "line-a", LastAt: 9000, FirstAt: 9000},
		{Chip: "C3", Reads: 1, LastMat: "line-a", LastAt: -7, FirstAt: -7},
	}
	worn := []race.Chip{"WORN", "never read"}
	var got []timing.UnknownChip
	var after *timing.UnknownChipID
	for range len(want) + 1 {
		page, err := s.ListUnknownChips(t.Context(), event, worn, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, chip := range page {
			got = append(got, chip)
			after = &timing.UnknownChipID{LastAt: chip.LastAt, Chip: chip.Chip}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("page by page (-want +got):\n%s", diff)
	}
	whole, err := s.ListUnknownChips(t.Context(), event, nil, nil, 100)
	if err != nil || len(whole) != 4 || whole[0].Chip != "WORN" {
		t.Errorf("nobody wears a chip: got %v, %v, want four, the last read first", whole, err)
	}
}

// A hundred thousand reads of worn chips do not keep an official waiting.
func TestUnknownChipsAmongMany(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	const chips, each = 5000, 20
	position := newPosition(t, s)
	worn := make([]race.Chip, chips)
	var reads []timing.Read
	for i := range chips {
		worn[i] = race.Chip(fmt.Sprint("W", i))
		for k := range each {
			reads = append(reads, read("line-a", uint64(i*each+k+1), worn[i], racetime.Instant(i+1000*k)))
		}
	}
	reads = append(reads, read("line-a", chips*each+1, "LOST", 4))
	add(t, s, position, reads)
	got, err := s.ListUnknownChips(t.Context(), event, worn, nil, 100)
	want := []timing.UnknownChip{{Chip: "LOST", Reads: 1, LastMat: "line-a", LastAt: 4, FirstAt: 4}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	of, err := s.ReadsOfChips(t.Context(), event, worn[:2])
	if err != nil || len(of) != 2*each {
		t.Errorf("got %d reads, %v, want %d", len(of), err, 2*each)
	}
}
