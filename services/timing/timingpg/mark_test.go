package timingpg

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/timing"
)

func seqs(reads []timing.Read) (numbers []uint64) {
	for _, r := range reads {
		numbers = append(numbers, r.Seq)
	}
	return numbers
}

// Reads are known to be stored when the next append begins where theirs led to, and not before.
func TestOnlyWhatIsCommittedIsKnown(t *testing.T) {
	t.Parallel()
	reads := []timing.Read{read("a", 0, "C1", 10), read("a", 1, "C2", 20), read("a", 2, "C1", 30)}
	at := func(sequence uint64) timing.Position {
		return timing.Position{Event: event, Generation: 1, StreamCreated: created, Sequence: sequence, Version: int64(sequence)}
	}
	for _, c := range []struct {
		name            string
		from            timing.Position
		failed          bool
		again           []timing.Read
		fresh, doubtful []uint64
	}{
		{"sent again after the commit", at(1), false, reads, nil, nil},
		{"another instant under a number that is taken", at(1), false, []timing.Read{read("a", 1, "C2", 21)}, nil, []uint64{1}},
		{"another chip under a number that is taken", at(1), false, []timing.Read{read("a", 1, "C1", 20)}, nil, []uint64{1}},
		{"another mat", at(1), false, []timing.Read{read("b", 1, "C2", 20)}, []uint64{1}, nil},
		{"new ones among those sent again", at(1), false, append([]timing.Read{read("a", 7, "C9", 70)}, reads...), []uint64{7}, nil},
		{"the commit failed and the position is the one before", at(0), false, reads, []uint64{0, 1, 2}, nil},
		{"another scorer moved the position", at(2), false, reads, []uint64{0, 1, 2}, nil},
		{"the append failed", at(1), true, reads, []uint64{0, 1, 2}, nil},
	} {
		var m marks
		s := m.of(event)
		if fresh, doubtful := s.divide(at(0), reads); len(fresh) != 3 || len(doubtful) != 0 {
			t.Errorf("at first: %d fresh, %d doubtful, want 3 and 0", len(fresh), len(doubtful))
		}
		if s.wrote(at(1), reads); c.failed {
			s.failed()
		}
		fresh, doubtful := s.divide(c.from, c.again)
		if diff := cmp.Diff(c.fresh, seqs(fresh)); diff != "" {
			t.Errorf("%s: fresh (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.doubtful, seqs(doubtful)); diff != "" {
			t.Errorf("%s: doubtful (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestWildNumbersTakeNoMemory(t *testing.T) {
	t.Parallel()
	n := &numbers{first: 5}
	for _, seq := range []uint64{5, 1 << 62, timing.MaxSeq, 0, 4, 6} {
		one := read("a", seq, "C1", 10)
		n.add(&one, 1)
		if held, want := n.holds(&one, 1), seq == 5 || seq == 6; held != want {
			t.Errorf("number %d is held: %t, want %t", seq, held, want)
		}
	}
	if len(n.chips) > 2 {
		t.Errorf("%d numbers are held, want 2", len(n.chips))
	}
	for i := range uint64(1000) { // milliseconds instead of numbers
		one := read("a", 5+i*9_000, "C1", 10)
		n.add(&one, 1)
	}
	if len(n.chips) > 20_000 {
		t.Errorf("%d places are held for a handful of reads", len(n.chips))
	}
}

var errUndo = errors.New("undo")

// What a transaction that came to nothing had appended is stored when it comes again.
func TestReadsOfATransactionThatFailedComeAgain(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	from := add(t, s, newPosition(t, s), []timing.Read{read("a", 1, "C1", 10)})
	again := []timing.Read{read("a", 1, "C1", 10), read("a", 2, "C1", 20)}
	to := from
	to.Sequence, to.Version = from.Sequence+1, from.Version+1
	batch := &timing.Batch{StreamCreated: created, First: to.Sequence, Last: to.Sequence, Reads: again}
	err := postgres.InTx(t.Context(), s.pool, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.Append(ctx, tx, batch, from, to); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	position := add(t, s, from, again)
	add(t, s, position, again)
	if diff := cmp.Diff(again, list(t, s, timing.ReadFilter{}), anyOrder()); diff != "" {
		t.Errorf("stored reads (-want +got):\n%s", diff)
	}
}
