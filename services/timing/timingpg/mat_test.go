package timingpg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/timing"
)

func TestEachWholeReadComes(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	first, second := read("line-a", 1, "C1", 1_759_000_000_000_001), read("line-a", timing.MaxSeq, "C2", -62_135_596_800_000_000)
	second.Boot, second.ArrivedAt, second.RSSIDBm, second.HasRSSI = "2", 1_759_000_000_123_456, -70, true
	add(t, s, newPosition(t, s), []timing.Read{first, second})
	got := map[uint64]timing.Read{}
	if err := s.EachWholeRead(t.Context(), event, func(r *timing.Read) { got[r.Seq] = *r }); err != nil {
		t.Fatal(err)
	}
	second.RSSIDBm, second.HasRSSI = 0, false
	if diff := cmp.Diff(map[uint64]timing.Read{1: first, timing.MaxSeq: second}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.EachWholeRead(t.Context(), "none", func(*timing.Read) { t.Error("a read of another event") }); err != nil {
		t.Error(err)
	}
}
