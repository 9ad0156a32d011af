package timingnats

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

func bySeq(a, b timing.Read) int { return cmp.Or(cmp.Compare(a.Mat, b.Mat), cmp.Compare(a.Seq, b.Seq)) }

func TestPlayAtOnce(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(readsOf("line-a", 0, 250), readsOf("line-b", 7, 3), readsOf("line-a", 250, 1))
	told := 0
	if err := Play(t.Context(), p, want, 0, func(published int) { told = published }); err != nil {
		t.Fatal(err)
	}
	if told != len(want) || p.Acknowledged() != len(want) {
		t.Errorf("told of %d and %d acknowledged, want %d", told, p.Acknowledged(), len(want))
	}
	_, last, err := NewStreams(js, 1).StreamInfo(t.Context(), event)
	if err != nil || last != 4 {
		t.Errorf("took %d messages, %v, want 4", last, err)
	}
	got := withoutArrival(run(t, js, 1).until(t, 1, last))
	slices.SortFunc(got, bySeq)
	slices.SortFunc(want, bySeq)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("published reads (-want +got):\n%s", diff)
	}
}

func TestPlayKeepsTheSpacing(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	reads := readsOf("line-a", 0, 4)
	for i, after := range []time.Duration{30 * time.Second, 0, 5 * time.Second, 20 * time.Second} {
		reads[i].At = racetime.Instant(1_759_000_000_000_000).Add(after)
	}
	start := time.Now()
	if err := Play(t.Context(), p, reads, 100, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("30 s at a hundredfold speed took %v", took)
	}
	// 0 s and 5 s are 50 ms apart then, and travel together.
	got := run(t, js, 1).until(t, 1, 3)
	if len(got) != 4 || got[0].Seq != 1 || got[1].Seq != 2 || got[2].Seq != 3 || got[3].Seq != 0 {
		t.Errorf("got %+v, want them by instant in three messages", got)
	}
}

func TestPlayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, js := newStream(t)
	p, err := NewPublisher(t.Context(), js, event)
	if err != nil {
		t.Fatal(err)
	}
	reads := readsOf("line-a", 0, 2)
	reads[1].At = reads[0].At.Add(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	err = Play(ctx, p, reads, 1, func(int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
