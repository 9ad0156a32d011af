package timingpg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

func TestReadsOfChipsAt(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	add(t, s, newPosition(t, s), []timing.Read{
		read("line-b", 1, "C1", 1000), read("line-a", 1, "C1", 1001), read("line-a", 2, "C9", 1000), read("line-a", 3, "C2", 2000),
	})
	got, err := s.ReadsOfChipsAt(t.Context(), event, []race.Chip{"C1", "C2", "unread"}, []racetime.Instant{1000, 2000, 3000})
	want := []timing.Read{read("line-a", 3, "C2", 2000), read("line-b", 1, "C1", 1000)}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("got %v (-want +got):\n%s", err, diff)
	}
}
