package timingpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

func TestRepeatsAreDroppedAndConflictsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	position := newPosition(t, s)
	once := []timing.Read{
		read("line-a", 1, "C1", 1000), read("line-a", 2, "C2", 2000), read("line-b", 1, "C1", 1000),
		{Mat: "line-b", Boot: "", Seq: timing.MaxSeq, Chip: "C3", At: -1, RSSIDBm: math.MinInt32, HasRSSI: true, HasAntenna: true, ArrivedAt: 9},
	}
	position = add(t, s, position, append(once, once[0]))
	position = add(t, s, position, once)
	if diff := cmp.Diff(once, list(t, s, timing.ReadFilter{}), anyOrder()); diff != "" {
		t.Errorf("stored reads (-want +got):\n%s", diff)
	}
	if got := list(t, s, timing.ReadFilter{ConflictsOnly: true}); len(got) != 0 {
		t.Errorf("got conflicts %v, want none", got)
	}

	conflicts := []timing.Read{once[1], read("line-a", 2, "C2", 2001), read("line-a", 2, "C9", 2000)}
	add(t, s, position, conflicts[1:])
	if diff := cmp.Diff(conflicts, list(t, s, timing.ReadFilter{ConflictsOnly: true}), anyOrder()); diff != "" {
		t.Errorf("conflicts (-want +got):\n%s", diff)
	}
	if got, want := list(t, s, timing.ReadFilter{ConflictsOnly: true, Chip: "C9"}), conflicts[2:]; !cmp.Equal(got, want) {
		t.Errorf("conflicts of C9: got %v, want %v", got, want)
	}
}

func anyOrder() cmp.Option {
	return cmpopts.SortSlices(func(a, b timing.Read) bool {
		return fmt.Sprint(a.Mat, a.Boot, a.Seq, a.Chip, a.At) < fmt.Sprint(b.Mat, b.Boot, b.Seq, b.Chip, b.At)
	})
}

func TestFenceRefusesASecondScorer(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	from := newPosition(t, s)
	again, err := s.CreatePosition(t.Context(), event, created.Add(1_000_000))
	if err != nil || !cmp.Equal(again, from) {
		t.Fatalf("CreatePosition again is %+v, %v, want %+v", again, err, from)
	}
	to := add(t, s, from, []timing.Read{read("line-a", 1, "C1", 1000)})

	batch := &timing.Batch{StreamCreated: created, First: 1, Last: 1, Reads: []timing.Read{read("line-a", 2, "C1", 3000)}}
	if err := appendBatch(t.Context(), s, nil, batch, from, to); !errors.Is(err, timing.ErrFenced) {
		t.Errorf("second scorer: got %v, want %v", err, timing.ErrFenced)
	}
	if got := list(t, s, timing.ReadFilter{}); len(got) != 1 {
		t.Errorf("got reads %v, want those of the first scorer alone", got)
	}
	next := to
	next.Change, next.Version = 5, to.Version+1
	if err := appendBatch(t.Context(), s, nil, nil, to, next); err != nil {
		t.Fatalf("without a batch: %v", err)
	}
	if got, ok, err := s.Position(t.Context(), event); err != nil || !ok || !cmp.Equal(got, next) {
		t.Errorf("position is %+v, %v, %v, want %+v", got, ok, err, next)
	}
	for _, moved := range []timing.Position{to, {Event: event, Generation: 2, StreamCreated: created}, {Event: "other", Generation: 1}} {
		after := moved
		after.Version++
		if err := appendBatch(t.Context(), s, nil, nil, moved, after); !errors.Is(err, timing.ErrFenced) {
			t.Errorf("from %+v: got %v, want %v", moved, err, timing.ErrFenced)
		}
	}
}

func TestTwoScorersAtOnceMoveThePositionOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	from := newPosition(t, s)
	errs := make(chan error)
	for i := range uint64(4) {
		go func() {
			to := from
			to.Sequence, to.Version = 1, 1
			batch := &timing.Batch{StreamCreated: created, First: 1, Last: 1, Reads: []timing.Read{read("line-a", i, "C1", 1)}}
			errs <- appendBatch(t.Context(), s, nil, batch, from, to)
		}()
	}
	won := 0
	for range 4 {
		switch err := <-errs; {
		case err == nil:
			won++
		case !errors.Is(err, timing.ErrFenced):
			t.Errorf("got %v, want %v", err, timing.ErrFenced)
		}
	}
	if got := list(t, s, timing.ReadFilter{}); won != 1 || len(got) != 1 {
		t.Errorf("%d scorers won and %d reads are stored, want 1 and 1", won, len(got))
	}
}

func TestAppendRefusesWhatDoesNotFollow(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	from := newPosition(t, s)
	to := from
	to.Sequence, to.Version = 2, 1
	for _, test := range []struct {
		name  string
		batch *timing.Batch
		want  error
	}{
		{"messages without a batch", nil, timing.ErrGap},
		{"first message left out", &timing.Batch{StreamCreated: created, First: 2, Last: 2}, timing.ErrGap},
		{"last message left out", &timing.Batch{StreamCreated: created, First: 1, Last: 1}, timing.ErrGap},
		{"of another stream", &timing.Batch{StreamCreated: created.Add(1000), First: 1, Last: 2}, timing.ErrStreamReplaced},
	} {
		if err := appendBatch(t.Context(), s, nil, test.batch, from, to); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	if got, _, err := s.Position(t.Context(), event); err != nil || !cmp.Equal(got, from) {
		t.Errorf("position is %+v, %v, want %+v", got, err, from)
	}
}

func TestANewStreamBeginsAGeneration(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	old := add(t, s, newPosition(t, s), []timing.Read{read("line-a", 1, "C1", 1000)}, timing.Rejected{Sequence: 1, Index: -1})
	fresh := old
	fresh.Generation, fresh.StreamCreated, fresh.Sequence, fresh.Version = 2, created.Add(3_600_000_000_000), 0, old.Version+1
	if err := appendBatch(t.Context(), s, nil, nil, old, fresh); err != nil {
		t.Fatal(err)
	}
	if err := appendBatch(t.Context(), s, nil, nil, old, fresh); !errors.Is(err, timing.ErrFenced) {
		t.Errorf("a second scorer: got %v, want %v", err, timing.ErrFenced)
	}
	got := add(t, s, fresh, []timing.Read{read("line-a", 1, "C1", 1000)}, timing.Rejected{Sequence: 1, Index: -1})
	if found, ok, err := s.Position(t.Context(), event); err != nil || !ok || !cmp.Equal(found, got) {
		t.Errorf("position is %+v, %v, %v, want %+v", found, ok, err, got)
	}
	if got := list(t, s, timing.ReadFilter{}); len(got) != 1 {
		t.Errorf("got %d reads after the mat sent again, want 1", len(got))
	}
	if got, err := s.ListRejected(t.Context(), event, timing.RejectedID{}, 10); err != nil || len(got) != 2 {
		t.Errorf("got rejected %v, %v, want one of each generation", got, err)
	}
}

func TestRejectedMessagesAreKeptWithTheirBytes(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	// What a decoder makes of the worst subject and message must be storable.
	var batch timing.Batch
	batch.Decode(timing.Message{Subject: "reads.almaty-2025.\xff\x00", Data: []byte("\x00\xff"), Sequence: 1, ArrivedAt: 77})
	batch.Decode(timing.Message{Subject: "reads.almaty-2025.a", ContentType: "application/json", Data: []byte(`{"event":"\u0000"`), Sequence: 1, ArrivedAt: 78})
	batch.Rejected[1].Index = 0
	batch.Rejected = append(batch.Rejected, timing.Rejected{Subject: "reads.almaty-2025.a", Sequence: 1, Index: 499, Reason: "has no chip"})
	position := add(t, s, newPosition(t, s), nil, batch.Rejected...)
	add(t, s, position, []timing.Read{read("line-a", 1, "C1", 1)})
	found, err := s.ListRejected(t.Context(), event, timing.RejectedID{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]timing.Rejected, len(found))
	for i := range found {
		got[i] = found[i].Rejected
	}
	if diff := cmp.Diff(batch.Rejected, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	rest, err := s.ListRejected(t.Context(), event, found[0].ID(), 10)
	if err != nil || len(rest) != 2 {
		t.Errorf("behind the first: got %v, %v, want two", rest, err)
	}
}

func TestFactsAreAppendOnly(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	s := newStore(t, pool)
	add(t, s, newPosition(t, s), []timing.Read{read("line-a", 1, "C1", 1)})
	for _, statement := range []string{
		`UPDATE timing.reads SET chip = 'C2'`, `DELETE FROM timing.reads`, `TRUNCATE timing.reads`,
		`UPDATE timing.rulings SET reason = ''`, `DELETE FROM timing.rulings`, `TRUNCATE timing.rulings`,
		`DELETE FROM timing.rejected_messages`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: got no error", statement)
		}
	}
}

func TestEveryStoredReadComesBack(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	s := newStore(t, pool)
	reads := []timing.Read{
		read("line-a", 2, "C2", 1_759_000_000_123_456), read("line-a", 1, "C1", -9_000_000_000_000_000),
		{Mat: `q"1`, Boot: "a,b", Seq: 3, Chip: "0", At: 1_759_000_000_000_000, RSSIDBm: -58, HasRSSI: true, Antenna: 8, HasAntenna: true, ArrivedAt: 1},
	}
	add(t, s, newPosition(t, s), reads)
	type sighting struct {
		Mat  race.MatID
		Chip race.Chip
		At   racetime.Instant
	}
	want, got := map[sighting]int{}, map[sighting]int{}
	for _, r := range reads {
		want[sighting{r.Mat, r.Chip, r.At}]++
	}
	_, err := s.EachRead(t.Context(), event, func(s *Sighting) {
		got[sighting{s.Mat, s.Chip, s.At}]++
	})
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("EachRead gave %v, %v, want %v", got, err, want)
	}

	var file bytes.Buffer
	err = postgres.InTx(t.Context(), pool, func(ctx context.Context, tx pgx.Tx) error {
		return s.WriteReadsAt(ctx, tx, event, math.MaxInt64, &file)
	})
	if err != nil {
		t.Fatal(err)
	}
	const wantFile = `mat,boot,seq,chip,at,rssi,antenna
line-a,7,1,C1,1684-10-19T08:00:00Z,,
line-a,7,2,C2,2025-09-27T19:06:40.123456Z,,
"q""1","a,b",3,0,2025-09-27T19:06:40Z,-58,8
`
	if diff := cmp.Diff(wantFile, file.String()); diff != "" {
		t.Errorf("reads.csv (-want +got):\n%s", diff)
	}
	again, err := timing.ParseReads("reads.csv", &file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reads, again, anyOrder(), cmpopts.IgnoreFields(timing.Read{}, "ArrivedAt")); diff != "" {
		t.Errorf("reads written and parsed (-want +got):\n%s", diff)
	}
}

func TestReadsArePaged(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	var reads []timing.Read
	for i := range uint64(10) {
		reads = append(reads, read(race.MatID(fmt.Sprint("m", i%2)), i/2, "C1", racetime.Instant(i)))
	}
	add(t, s, newPosition(t, s), reads)
	var got []timing.Read
	for after := (*timing.Read)(nil); ; {
		page, err := s.ListReads(t.Context(), event, timing.ReadFilter{}, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page...)
		if len(page) < 3 {
			break
		}
		after = &page[2]
	}
	if diff := cmp.Diff(reads, got, anyOrder()); diff != "" || len(got) != 10 || got[4].Mat != "m0" || got[5].Mat != "m1" {
		t.Errorf("pages in order of mats (-want +got):\n%s\n%v", diff, got)
	}
	if got := list(t, s, timing.ReadFilter{Mat: "m1"}); len(got) != 5 {
		t.Errorf("got %d reads of m1, want 5", len(got))
	}
}

func TestRepeatsFromBeforeARestartAreDropped(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	reads := []timing.Read{read("line-a", 1, "C1", 1), read("line-a", 2, "C2", 2), read("line-b", 9, "C1", 3)}
	position := add(t, s, newPosition(t, s), reads)
	// Another process knows nothing of how far the mats have counted.
	restarted := New(s.pool)
	more := []timing.Read{reads[1], read("line-a", 3, "C3", 4), reads[2], read("line-b", 1, "C4", 5)}
	position = add(t, restarted, position, more, timing.Rejected{Sequence: position.Sequence + 1, Index: -1})
	add(t, restarted, position, append(reads, more...))
	if diff := cmp.Diff(append(reads, more[1], more[3]), list(t, s, timing.ReadFilter{}), anyOrder()); diff != "" {
		t.Errorf("stored reads (-want +got):\n%s", diff)
	}
	if got, err := s.ListRejected(t.Context(), event, timing.RejectedID{}, 10); err != nil || len(got) != 1 {
		t.Errorf("got rejected %v, %v, want one", got, err)
	}
}

// The set of reads is what is stored, in whatever order and however often they come, and whenever a process is replaced.
func TestTheSetOfReadsIsStored(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	s := newStore(t, pool)
	position := newPosition(t, s)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	want := map[timing.Read]bool{}
	for range 60 {
		if random.IntN(8) == 0 {
			s = New(pool)
		}
		reads := make([]timing.Read, random.IntN(40))
		for i := range reads {
			mat := race.MatID(fmt.Sprint("m", random.IntN(3)))
			reads[i] = read(mat, random.Uint64N(60), race.Chip(fmt.Sprint("C", random.IntN(2))), racetime.Instant(random.IntN(2)))
			want[reads[i]] = true
		}
		position = add(t, s, position, reads)
	}
	got := map[timing.Read]bool{}
	for _, r := range list(t, s, timing.ReadFilter{}) {
		got[r] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("seed %d: stored reads (-want +got):\n%s", seed, diff)
	}
}
