package timingpg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/timing"
)

func TestConflictsAreIdentitiesWithSeveralContents(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	if got, err := s.Conflicts(t.Context(), event); err != nil || len(got) != 0 {
		t.Errorf("before any read: %v, %v", got, err)
	}
	rebooted := read("line-a", 2, "C3", 3000)
	rebooted.Boot = "8"
	last := read("line-a", timing.MaxSeq, "C4", 9000)
	add(t, s, newPosition(t, s), []timing.Read{
		read("line-a", 1, "C1", 1000), read("line-a", 1, "C1", 1000), // a repeat
		read("line-b", 1, "C1", 1000), // another mat
		read("line-a", 2, "C2", 2000), read("line-a", 2, "C1", 2000), read("line-a", 2, "C2", 2001), rebooted,
		last, read("line-a", timing.MaxSeq, "C4", -1),
	})
	want := []Conflict{
		{"line-a", "7", 2, "C1", 2000}, {"line-a", "7", 2, "C2", 2000}, {"line-a", "7", 2, "C2", 2001},
		{"line-a", "7", timing.MaxSeq, "C4", -1}, {"line-a", "7", timing.MaxSeq, "C4", 9000},
	}
	got, err := s.Conflicts(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, err := s.Conflicts(t.Context(), "other"); err != nil || len(got) != 0 {
		t.Errorf("of another event: %v, %v", got, err)
	}
}
