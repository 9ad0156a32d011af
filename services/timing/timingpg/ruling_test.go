package timingpg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/ruling"
	"raceday/services/timing"
)

func TestRulingsComeBackInTheOrderOfRecording(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	s := newStore(t, pool)
	want := []ruling.Ruling{
		{
			ID: "z", Race: "marathon", Bib: "7", Kind: ruling.Penalty, Target: "t", Point: "line#2", At: 1_759_000_000_123_456,
			Duration: 90*time.Second + time.Microsecond, Rule: "TR6", Reason: "why, \"so\"", By: "referee", DecidedAt: -5,
		},
		{ID: "a", Race: "half", Kind: ruling.Close},
		{ID: "m", Kind: ruling.Revoke, Target: "z"},
	}
	for i, insert := range []struct {
		rulings []ruling.Ruling
		changes []int64
	}{{want[:1], []int64{1}}, {want[1:], []int64{2, 3}}} {
		changes, err := s.InsertRulings(t.Context(), event, "timer-1", insert.rulings, 77)
		if diff := cmp.Diff(insert.changes, changes); err != nil || diff != "" {
			t.Fatalf("insert %d: %v (-want +got):\n%s", i, err, diff)
		}
	}
	// The first of the two is new, and must not stay where the other is refused.
	again := []ruling.Ruling{{ID: "new", Kind: ruling.Close}, want[0]}
	if _, err := s.InsertRulings(t.Context(), event, "timer-1", again, 78); !errors.Is(err, timing.ErrRulingIDReused) {
		t.Errorf("the same id: got %v, want %v", err, timing.ErrRulingIDReused)
	}
	if _, err := s.InsertRulings(t.Context(), "none", "timer-1", want[:1], 78); !errors.Is(err, timing.ErrEventNotFound) {
		t.Errorf("unknown event: got %v, want %v", err, timing.ErrEventNotFound)
	}

	got, err := s.RulingsSince(t.Context(), event, 0)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("rulings: %v (-want +got):\n%s", err, diff)
	}
	got, err = s.RulingsSince(t.Context(), event, 2)
	if diff := cmp.Diff(want[2:], got); err != nil || diff != "" {
		t.Errorf("rulings since 2: %v (-want +got):\n%s", err, diff)
	}
	err = postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) (err error) {
		got, err = s.RulingsAt(ctx, tx, event, 2)
		return err
	})
	if diff := cmp.Diff(want[:2], got); err != nil || diff != "" {
		t.Errorf("rulings up to change 2: %v (-want +got):\n%s", err, diff)
	}
	found, err := s.FindRulings(t.Context(), event, []ruling.ID{"m", "b", "a", "a"})
	wantFound := []timing.RecordedRuling{{Ruling: want[1], RecordedAt: 77, Change: 2}, {Ruling: want[2], RecordedAt: 77, Change: 3}}
	if diff := cmp.Diff(wantFound, found); err != nil || diff != "" {
		t.Errorf("found by id: %v (-want +got):\n%s", err, diff)
	}
	listed, err := s.ListRulings(t.Context(), event, timing.RulingFilter{Race: "half"}, 0, 10)
	if err != nil || len(listed) != 1 || listed[0].ID != "a" {
		t.Errorf("rulings of a race: %+v, %v", listed, err)
	}
}

func TestRulingsOfManyGetTheirOwnChanges(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	const n = 20
	changes, errs := make(chan []int64, n), make(chan error, n)
	for i := range n {
		go func() {
			id := ruling.ID(fmt.Sprint("r-", i/2))
			inserted, err := s.InsertRulings(t.Context(), event, "timer-1", []ruling.Ruling{{ID: id, Kind: ruling.Close}}, 1)
			changes <- inserted
			errs <- err
		}()
	}
	var got []int64
	for range n {
		got = append(got, <-changes...)
		if err := <-errs; err != nil && !errors.Is(err, timing.ErrRulingIDReused) {
			t.Error(err)
		}
	}
	slices.Sort(got)
	if want := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; !cmp.Equal(got, want) {
		t.Errorf("changes are %v, want %v", got, want)
	}
}
