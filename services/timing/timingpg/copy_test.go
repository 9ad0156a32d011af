package timingpg

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

func TestManyReadsAreStoredOnceWhetherOrNotTheyAreNew(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	s := newStore(t, pool)
	position := newPosition(t, s)
	var many []timing.Read
	for i := range 2 * copied {
		r := read("line-a", uint64(i), race.Chip(fmt.Sprint("C", i%7)), racetime.Instant(i)*1000)
		if i%3 == 0 {
			r.RSSIDBm, r.HasRSSI, r.Antenna, r.HasAntenna = -60, true, 2, true
		}
		many = append(many, r)
	}
	position = add(t, s, position, many[:copied])
	// All again with as many new ones, and then a number with other content, to a run that stored none of them itself.
	position = add(t, s, position, many)
	conflict := slices.Clone(many)
	conflict[5].At++
	add(t, s, position, conflict)

	got := map[timing.Read]int{}
	if _, err := s.EachRead(t.Context(), event, func(s *Sighting) {
		got[timing.Read{Mat: s.Mat, Chip: s.Chip, At: s.At}]++
	}); err != nil {
		t.Fatal(err)
	}
	want := map[timing.Read]int{}
	for _, r := range append(many, conflict[5]) {
		want[timing.Read{Mat: r.Mat, Chip: r.Chip, At: r.At}]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(many[:10], slices.DeleteFunc(list(t, s, timing.ReadFilter{})[:11], func(r timing.Read) bool {
		return r == conflict[5]
	})); diff != "" {
		t.Errorf("with all that is known of them (-want +got):\n%s", diff)
	}
}
