package timingpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

func seqs(reads []timing.Read) (numbers []uint64) {
	for _, r := range reads {
		numbers = append(numbers, r.Seq)
	}
	return numbers
}

func positionAt(sequence uint64) timing.Position {
	return timing.Position{Event: event, Generation: 1, StreamCreated: created, Sequence: sequence, Version: int64(sequence)}
}

func inZone(p timing.Position) timing.Position {
	p.StreamCreated = p.StreamCreated.In(time.FixedZone("", 3600))
	return p
}

// Reads are known to be stored when the next append begins where theirs led to, and not before.
func TestOnlyWhatIsCommittedIsKnown(t *testing.T) {
	t.Parallel()
	reads := []timing.Read{read("a", 0, "C1", 10), read("a", 1, "C2", 20), read("a", 2, "C1", 30)}
	for _, c := range []struct {
		name            string
		from            timing.Position
		again           []timing.Read
		fresh, doubtful []uint64
	}{
		{"sent again after the commit", positionAt(1), reads, nil, nil},
		{"another instant under a number that is taken", positionAt(1), []timing.Read{read("a", 1, "C2", 21)}, nil, []uint64{1}},
		{"another chip under a number that is taken", positionAt(1), []timing.Read{read("a", 1, "C1", 20)}, nil, []uint64{1}},
		{"sent again, and the position is of another zone", inZone(positionAt(1)), reads, nil, nil},
		{"another mat", positionAt(1), []timing.Read{read("b", 1, "C2", 20)}, []uint64{1}, nil},
		{"twice in one batch", positionAt(1), []timing.Read{read("a", 7, "C9", 70), read("a", 7, "C9", 70)}, []uint64{7}, []uint64{7}},
		{"new ones among those sent again", positionAt(1), append([]timing.Read{read("a", 7, "C9", 70)}, reads...), []uint64{7}, nil},
		{"the commit failed, and the position is the one before", positionAt(0), reads, nil, []uint64{0, 1, 2}},
		{"the position is another run's", positionAt(2), reads, nil, []uint64{0, 1, 2}},
	} {
		m := newMemory()
		if fresh, doubtful := m.divide(positionAt(0), reads); len(fresh) != 3 || len(doubtful) != 0 {
			t.Errorf("at first: %d fresh, %d doubtful, want 3 and 0", len(fresh), len(doubtful))
		}
		m.wrote(positionAt(1), reads)
		fresh, doubtful := m.divide(c.from, c.again)
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
	n, spent := &numbers{}, &budget{}
	for _, seq := range []uint64{50_000, 1 << 62, timing.MaxSeq, 0, 49_999, 50_001} {
		n.add(spent, seq, 1, 10)
		if held, want := n.holds(seq, 1, 10), seq >= 49_999 && seq <= 50_001; held != want {
			t.Errorf("number %d is held: %t, want %t", seq, held, want)
		}
	}
	for i := range uint64(1000) { // milliseconds instead of numbers
		n.add(spent, 50_000+i*9_000, 1, 10)
	}
	if len(n.chips) > 20_000 {
		t.Errorf("%d places are held for a handful of reads", len(n.chips))
	}
}

// A mat that boots for ever and counts wildly spends one budget, and a mat that counts one by one is remembered all the same.
func TestManyBootsWithWildNumbersTakeNoMemory(t *testing.T) {
	t.Parallel()
	m := newMemory()
	remember := func(mat race.MatID, boot string, seq uint64) bool {
		n := m.numbersOf(mat, boot)
		n.add(&m.spent, seq, m.chipOf("C1"), 10)
		return n.holds(seq, m.chips["C1"], 10)
	}
	if !remember("good", "1", 0) {
		t.Error("the first read is not remembered")
	}
	for boot := range maxNumberings - 1 {
		far := uint64(maxNumbersApart - 1)
		remember("wild", fmt.Sprint(boot), far*uint64(boot%2)) // up or down
		remember("wild", fmt.Sprint(boot), far*uint64(1-boot%2))
	}
	for seq := range uint64(1000) {
		if !remember("good", "1", seq) {
			t.Fatalf("number %d of a mat that counts one by one is not remembered", seq)
		}
	}
	var known, places uint64
	for _, n := range m.numberings {
		known, places = known+n.known, places+uint64(len(n.chips))
	}
	if got, want := m.spent, (budget{known, places}); got != want {
		t.Errorf("spent %+v, want %+v", got, want)
	}
	if most := maxPlacesARead*known + maxSparePlaces; places > most {
		t.Errorf("%d places are held for %d reads, want at most %d", places, known, most)
	}
}

// A position that does not move would say that an append is committed which may have come to nothing.
func TestAStepThatDoesNotMoveIsRefused(t *testing.T) {
	t.Parallel()
	from := positionAt(1)
	to := inZone(from)
	for name, batch := range map[string]*timing.Batch{
		"no batch": nil, "an empty batch": {StreamCreated: created, First: 2, Last: 1},
	} {
		if err := checkStep(batch, from, to); !errors.Is(err, errNoStep) {
			t.Errorf("%s: got %v, want errNoStep", name, err)
		}
	}
	if err := checkStep(nil, from, timing.Position{
		Event: event, Generation: 1, StreamCreated: created, Sequence: 1, Change: 1, Version: 2,
	}); err != nil {
		t.Errorf("a change alone: %v", err)
	}
}

// Rows come in any order, and every one is known then.
func TestNumbersInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.Uint64Range(0, 3000), 1, 40, rapid.ID).Draw(t, "numbers")
		n, spent := &numbers{}, &budget{}
		for _, seq := range all {
			n.see(seq)
			n.add(spent, seq, uint32(seq+1), racetime.Instant(seq))
		}
		for seq := range uint64(3001) {
			if got, want := n.holds(seq, uint32(seq+1), racetime.Instant(seq)), slices.Contains(all, seq); got != want {
				t.Fatalf("number %d is held: %t, want %t", seq, got, want)
			}
		}
		if want := slices.Max(all); n.last != want {
			t.Errorf("the highest is %d, want %d", n.last, want)
		}
	})
}

var errUndo = errors.New("undo")

// What a transaction that came to nothing had appended is stored when it comes again, in the same run.
func TestReadsOfATransactionThatFailedComeAgain(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	memory, from := remembered(t, s), newPosition(t, s)
	from = addInRun(t, s, memory, from, []timing.Read{read("a", 1, "C1", 10)})
	again := []timing.Read{read("a", 1, "C1", 10), read("a", 2, "C1", 20)}
	to := from
	to.Sequence, to.Version = from.Sequence+1, from.Version+1
	batch := &timing.Batch{StreamCreated: created, First: to.Sequence, Last: to.Sequence, Reads: again}
	err := postgres.InTx(t.Context(), s.pool, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.Append(ctx, tx, memory, batch, from, to); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	position := addInRun(t, s, memory, from, again)
	addInRun(t, s, memory, position, again)
	if diff := cmp.Diff(again, list(t, s, timing.ReadFilter{}), anyOrder()); diff != "" {
		t.Errorf("stored reads (-want +got):\n%s", diff)
	}
}

// A scorer that lost the event is fenced, whatever it remembers; when it gets the event back it begins with what is stored.
func TestTwoRunsOnOneStore(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	old, position := remembered(t, s), newPosition(t, s)
	one, two := read("a", 1, "C1", 10), read("a", 2, "C2", 20)
	position = addInRun(t, s, old, position, []timing.Read{one})

	now := remembered(t, s)
	behind := addInRun(t, s, now, position, []timing.Read{one, two})
	batch := &timing.Batch{StreamCreated: created, First: behind.Sequence, Last: behind.Sequence, Reads: []timing.Read{two}}
	if err := appendBatch(t.Context(), s, old, batch, position, behind); !errors.Is(err, timing.ErrFenced) {
		t.Errorf("the old run appends: %v, want ErrFenced", err)
	}
	// Even at the right position an old memory stores nothing twice.
	last := behind
	last.Sequence, last.Version = behind.Sequence+1, behind.Version+1
	batch = &timing.Batch{StreamCreated: created, First: last.Sequence, Last: last.Sequence, Reads: []timing.Read{one, two}}
	if err := appendBatch(t.Context(), s, old, batch, behind, last); err != nil {
		t.Errorf("at the right position: %v", err)
	}
	addInRun(t, s, remembered(t, s), last, []timing.Read{two, one})
	if diff := cmp.Diff([]timing.Read{one, two}, list(t, s, timing.ReadFilter{}), anyOrder()); diff != "" {
		t.Errorf("stored reads (-want +got):\n%s", diff)
	}
}

// A batch large enough to be copied may hold a read twice, and one that is stored already.
func TestACopiedBatchWithRepeats(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	memory, position := remembered(t, s), newPosition(t, s)
	var many []timing.Read
	for i := range 2 * copied {
		many = append(many, read("a", uint64(i), race.Chip(fmt.Sprint("C", i%7)), racetime.Instant(i)))
	}
	position = addInRun(t, s, memory, position, many[:10])
	position = addInRun(t, s, memory, position, slices.Concat(many, many[copied:copied+3], many[5:8]))
	addInRun(t, s, memory, position, many)
	if n := len(everyRead(t, s)); n != len(many) {
		t.Errorf("%d reads are stored, want %d", n, len(many))
	}
}

func everyRead(t testing.TB, s *Store) (all []racetime.Instant) {
	t.Helper()
	_, err := s.EachRead(t.Context(), event, func(s *Sighting) { all = append(all, s.At) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A stream that was made anew brings everything again under another generation, and a boot that begins at 1 is another.
func TestAnotherGenerationAndAnotherBoot(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	memory, position := remembered(t, s), newPosition(t, s)
	one, two := read("a", 1, "C1", 10), read("a", 2, "C2", 20)
	position = addInRun(t, s, memory, position, []timing.Read{one, two})

	anew := position
	anew.Generation, anew.StreamCreated = position.Generation+1, created.Add(1_000_000)
	anew.Sequence, anew.Version = 1, position.Version+1
	booted := read("a", 1, "C1", 30)
	booted.Boot = "8"
	batch := &timing.Batch{StreamCreated: anew.StreamCreated, First: 1, Last: 1, Reads: []timing.Read{two, one, booted}}
	if err := appendBatch(t.Context(), s, memory, batch, position, anew); err != nil {
		t.Fatal(err)
	}
	addInRun(t, s, memory, anew, []timing.Read{booted, one})
	if diff := cmp.Diff([]timing.Read{one, two, booted}, list(t, s, timing.ReadFilter{}), anyOrder()); diff != "" {
		t.Errorf("stored reads (-want +got):\n%s", diff)
	}
}

// What was stored as of a version can be said for ever, however the reads were stored.
func TestReadsAsOfAVersion(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	var many []timing.Read
	for i := range copied {
		many = append(many, read("b", uint64(i), "C1", racetime.Instant(i)))
	}
	position := add(t, s, newPosition(t, s), []timing.Read{read("a", 2, "C2", 20)})
	first := position.Version
	position = add(t, s, position, []timing.Read{read("a", 1, "C1", 10), read("a", 2, "C2", 20)}) // a late one, and a repeat
	second := position.Version
	third := add(t, s, position, many).Version
	for version, want := range map[int64]int{first - 1: 0, first: 1, second: 2, third: 2 + copied} {
		var file bytes.Buffer
		err := postgres.InTx(t.Context(), s.pool, func(ctx context.Context, tx pgx.Tx) error {
			return s.WriteReadsAt(ctx, tx, event, version, &file)
		})
		if got := bytes.Count(file.Bytes(), []byte("\n")) - 1; err != nil || got != want {
			t.Errorf("as of version %d: %d reads, %v, want %d", version, got, err, want)
		}
	}
}
