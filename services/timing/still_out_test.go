package timing

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

// field is who is on the course as long as the race is not closed.
type field struct {
	out   []race.Bib
	store *facts
	away  bool
	asked int
}

func (f *field) OnCourse(ctx context.Context, _ race.EventID, raceID race.ID) ([]oncourse.Entrant, error) {
	f.asked++
	if _, ok := ctx.Deadline(); !ok {
		return nil, errors.New("a close could wait for ever")
	}
	if f.away {
		return nil, errors.New("standings are away")
	}
	for _, r := range f.store.rulings {
		if r.Kind == ruling.Close {
			return nil, nil
		}
	}
	var entrants []oncourse.Entrant
	for _, bib := range f.out {
		entrants = append(entrants, oncourse.Entrant{Race: raceID, Bib: bib})
	}
	return entrants, nil
}

func TestACloseIsAnsweredWithWhoIsStillOut(t *testing.T) {
	t.Parallel()
	s, store := newService()
	course := &field{out: []race.Bib{"7", "3"}, store: store}
	s.course = course
	record := func(r ruling.Ruling) Recording {
		t.Helper()
		_, recording, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", r)
		if err != nil {
			t.Fatal(err)
		}
		return recording
	}
	if got := record(ruling.Ruling{Race: "marathon", Bib: "7", Kind: ruling.DSQ}); got.StillOut.AskedAt != 0 || course.asked != 0 {
		t.Errorf("another ruling: got %+v after %d questions, want nobody asked", got, course.asked)
	}
	closing := ruling.Ruling{ID: "c", Race: "marathon", Kind: ruling.Close}
	got := record(closing)
	want := []oncourse.Entrant{{Race: "marathon", Bib: "7"}, {Race: "marathon", Bib: "3"}}
	if diff := cmp.Diff(want, got.Entrants); diff != "" || got.Unknown || got.AskedAt == 0 || got.New != 1 || got.Total != 2 {
		t.Errorf("closed: got %+v (-want +got):\n%s", got, diff)
	}
	if again := record(closing); again.New != 0 || again.AskedAt != 0 || course.asked != 1 {
		t.Errorf("the same close again: got %+v after %d questions, want nobody asked", again, course.asked)
	}
}

func TestAFileThatClosesARaceTwiceNamesEachEntrantOnce(t *testing.T) {
	t.Parallel()
	s, store := newService()
	course := &field{store: store}
	s.course = course
	for i := range MaxStillOut + 1 {
		course.out = append(course.out, race.Bib(fmt.Sprint(i)))
	}
	closing := func(id ruling.ID) ruling.Ruling { return ruling.Ruling{ID: id, Race: "marathon", Kind: ruling.Close} }
	got, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", []ruling.Ruling{closing("a"), closing("b")})
	if err != nil || got.New != 2 || course.asked != 1 || len(got.Entrants) != MaxStillOut || got.Total != MaxStillOut+1 {
		t.Errorf("got %d new and %d of %d out after %d questions, %v", got.New, len(got.Entrants), got.Total, course.asked, err)
	}
}

func TestARaceIsClosedEvenIfTheStandingsAreAway(t *testing.T) {
	t.Parallel()
	s, store := newService()
	s.course = &field{out: []race.Bib{"7"}, store: store, away: true}
	_, got, err := s.RecordRuling(t.Context(), "referee", "almaty-2025", ruling.Ruling{Race: "marathon", Kind: ruling.Close})
	if err != nil || got.New != 1 || !got.Unknown || len(got.Entrants) != 0 || len(store.rulings) != 1 {
		t.Errorf("got %+v, %v with %d recorded, want it closed and those out unknown", got, err, len(store.rulings))
	}
}
