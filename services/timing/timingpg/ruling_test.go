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
	for i, r := range want {
		change, err := s.InsertRuling(t.Context(), event, r, 77)
		if err != nil || change != int64(i+1) {
			t.Fatalf("insert %s: change %d, %v, want %d", r.ID, change, err, i+1)
		}
	}
	if _, err := s.InsertRuling(t.Context(), event, want[0], 78); !errors.Is(err, timing.ErrRulingIDReused) {
		t.Errorf("the same id: got %v, want %v", err, timing.ErrRulingIDReused)
	}
	if _, err := s.InsertRuling(t.Context(), "none", want[0], 78); !errors.Is(err, timing.ErrEventNotFound) {
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
		got, err = s.RulingsAt(ctx, tx, event)
		return err
	})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("rulings of a transaction: %v (-want +got):\n%s", err, diff)
	}
	found, ok, err := s.FindRuling(t.Context(), event, "a")
	if err != nil || !ok || found != (timing.RecordedRuling{Ruling: want[1], RecordedAt: 77, Change: 2}) {
		t.Errorf("found %+v, %v, %v", found, ok, err)
	}
	if _, ok, err := s.FindRuling(t.Context(), event, "b"); ok || err != nil {
		t.Errorf("found a ruling that was never made, %v", err)
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
	changes, errs := make(chan int64, n), make(chan error, n)
	for i := range n {
		go func() {
			id := ruling.ID(fmt.Sprint("r-", i/2))
			change, err := s.InsertRuling(t.Context(), event, ruling.Ruling{ID: id, Kind: ruling.Close}, 1)
			changes <- change
			errs <- err
		}()
	}
	var got []int64
	for range n {
		if change := <-changes; change != 0 {
			got = append(got, change)
		}
		if err := <-errs; err != nil && !errors.Is(err, timing.ErrRulingIDReused) {
			t.Error(err)
		}
	}
	slices.Sort(got)
	if want := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; !cmp.Equal(got, want) {
		t.Errorf("changes are %v, want %v", got, want)
	}
}
