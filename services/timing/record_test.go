package timing

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

func TestRecordRulingsTakesAllOrNone(t *testing.T) {
	t.Parallel()
	s, store := newService()
	dsq := func(id ruling.ID, bib race.Bib) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "marathon", Bib: bib, Kind: ruling.DSQ}
	}
	if _, _, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", dsq("before", "1")); err != nil {
		t.Fatal(err)
	}
	good := []ruling.Ruling{
		{ID: "u-1", Kind: ruling.Revoke, Target: "later"}, dsq("later", "7"), {ID: "u-2", Kind: ruling.Revoke, Target: "before"},
		dsq("before", "1"), dsq("later", "7"), dsq("", "8"),
	}
	bad := append(good[:len(good):len(good)],
		ruling.Ruling{ID: "u-3", Kind: ruling.Revoke, Target: "nosuch"}, dsq("later", "9"), dsq("before", "2"), dsq("b", ""))
	_, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", bad)
	want := []fault.Violation{
		{Path: "rulings[6].target", Reason: "RULING_UNKNOWN", Message: "the event has no ruling with this id"},
		ErrRulingIDReused.At("rulings[7].id"), ErrRulingIDReused.At("rulings[8].id"),
		{Path: "rulings[9].bib", Reason: "BIB_MISSING", Message: "a bib is needed"},
	}
	if diff := cmp.Diff(want, fault.Violations(err)); diff != "" || !errors.Is(err, ErrRulingInvalid) || len(store.rulings) != 1 {
		t.Errorf("a list with bad ones: got %v with %d recorded (-want +got):\n%s", err, len(store.rulings), diff)
	}

	recorded, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", good)
	if err != nil || recorded.New != 4 || len(store.rulings) != 5 {
		t.Fatalf("a good list: got %d new, %v, %d in all, want 4 and 5", recorded.New, err, len(store.rulings))
	}
	for i, want := range []ruling.ID{"before", "u-1", "later", "u-2"} {
		if got := store.rulings[i]; got.ID != want || got.Change != int64(i+1) || got.By != "referee" {
			t.Errorf("ruling %d is %+v, want %s by referee", i, got, want)
		}
	}
	again := good[:5]
	store.hide = true
	if recorded, err := s.RecordRulings(t.Context(), "another", "almaty-2025", again); err != nil || recorded.New != 0 {
		t.Errorf("again: got %d new, %v, want none", recorded.New, err)
	}
	if _, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", []ruling.Ruling{dsq("later", "9")}); !errors.Is(err, ErrRulingIDReused) {
		t.Errorf("another ruling of the id alone: got %v, want %v", err, ErrRulingIDReused)
	}
	if _, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", make([]ruling.Ruling, MaxRulings+1)); !errors.Is(err, ErrRulingsTooMany) {
		t.Errorf("too many: got %v, want %v", err, ErrRulingsTooMany)
	}
	if _, err := s.RecordRulings(t.Context(), "referee", "none", nil); !errors.Is(err, ErrEventNotFound) {
		t.Errorf("unknown event: got %v, want %v", err, ErrEventNotFound)
	}
}

// The event may lose a point or a wave after the ruling; who then repeats a call must get the same answer.
func TestARepeatIsNotCheckedAgainstTheEvent(t *testing.T) {
	t.Parallel()
	event := marathon()
	s, _ := newService()
	s.events = oneEvent{event}
	manual := ruling.Ruling{ID: "m", Race: "marathon", Bib: "7", Kind: ruling.ManualTime, Point: "k5", At: 5}
	if _, _, err := s.RecordRuling(t.Context(), "referee", event.ID, manual); err != nil {
		t.Fatal(err)
	}
	gun := Gun{RequestID: "g", Race: "marathon", Wave: "A"}
	first, _, err := s.FireGun(t.Context(), "starter", event.ID, gun)
	if err != nil {
		t.Fatal(err)
	}
	event.Races[0].Course[1].Point = "k7"
	event.Races[0].Waves[0].ID = "B"
	if _, outcome, err := s.RecordRuling(t.Context(), "referee", event.ID, manual); err != nil || outcome.New != 0 {
		t.Errorf("the ruling again: got new %v, %v, want what stands", outcome.New, err)
	}
	if again, _, err := s.FireGun(t.Context(), "starter", event.ID, gun); err != nil || again != first {
		t.Errorf("the gun again: got %+v, %v, want %+v", again, err, first)
	}
	manual.ID = "new"
	if _, _, err := s.RecordRuling(t.Context(), "referee", event.ID, manual); !errors.Is(err, ErrRulingInvalid) {
		t.Errorf("a new ruling at a point that is gone: got %v, want %v", err, ErrRulingInvalid)
	}
}
