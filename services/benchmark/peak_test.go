package benchmark

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
)

func TestRushesOfAPeak(t *testing.T) {
	t.Parallel()
	const entrants, perSecond, seconds = 400, 20, 5
	bench := PeakBench{
		Formats: formats(), Entrants: entrants, StartSeconds: 36, FinishersPerSecond: perSecond, FinishSeconds: seconds,
	}
	d, r, err := bench.rushes()
	if err != nil {
		t.Fatal(err)
	}
	started, home := readsOf(t, r.start), map[string]bool{}
	if len(started) != len(d.roster) || len(started) != entrants {
		t.Errorf("%d of %d entrants start", len(started), len(d.roster))
	}
	for chip, mats := range started {
		// Some of the second wave walk over the mats while the first one starts.
		if reads := len(mats); reads < 8 || reads > 2*12 || len(slices.Compact(slices.Sorted(slices.Values(mats)))) != 4 {
			t.Errorf("%s is read at the start by %v", chip, mats)
		}
	}
	for _, m := range r.before {
		for _, finisher := range m.finishers {
			home[finisher.bib] = true
		}
	}
	before, finishers := len(home), 0
	for _, m := range r.finish {
		if want := time.Duration(finishers) * time.Second / perSecond; m.due != want {
			t.Errorf("a message behind %d finishers is due after %v, want %v", finishers, m.due, want)
		}
		finishers += len(m.finishers)
		for _, finisher := range m.finishers {
			if home[finisher.bib] || finisher.visit != 2 {
				t.Errorf("bib %s comes in again, or at visit %d", finisher.bib, finisher.visit)
			}
			home[finisher.bib] = true
		}
	}
	if before < (entrants-perSecond*seconds)/2 || finishers < perSecond*seconds || len(home) == entrants {
		t.Errorf("%d finishers before the peak, %d in it, %d in all", before, finishers, len(home))
	}
	last := r.start[len(r.start)-1].due
	if !slices.IsSortedFunc(r.start, func(a, b timed) int { return int(a.due - b.due) }) || last < 35*time.Second || last > 37*time.Second {
		t.Errorf("the last message of the start is due after %v, or one before it later", last)
	}
	if len(r.early) == 0 {
		t.Error("nobody is read before the gun")
	}
}

// readsOf returns by chip which mats read it, each time.
func readsOf(t *testing.T, messages []timed) map[string][]string {
	mats := map[string][]string{}
	for _, m := range messages {
		var batch timingv1.ReadBatch
		if err := proto.Unmarshal(m.Data, &batch); err != nil {
			t.Fatal(err)
		}
		if len(batch.GetReads()) != m.reads {
			t.Errorf("a message of %d reads counts %d", len(batch.GetReads()), m.reads)
		}
		for _, read := range batch.GetReads() {
			mats[read.GetChip()] = append(mats[read.GetChip()], batch.GetMat())
		}
	}
	return mats
}

func TestWhatBecameOfARushIsFoundInLooks(t *testing.T) {
	t.Parallel()
	at := func(milliseconds int) time.Time { return time.UnixMilli(int64(milliseconds)) }
	looks := []look{
		{at(0), 7, 70, 70},
		{at(110), 8, 71, 70},
		{at(130), 10, 72, 70}, // two messages in one commit
		{at(140), 10, 73, 71}, // one list is exact, another behind
		{at(190), 10, 74, 74},
	}
	messages := []timed{
		{reads: 2, finishers: []change{{"1", 2}}},
		{reads: 1},
		{reads: 1, finishers: []change{{"2", 2}, {"3", 2}}},
	}
	var found rushed
	found.judge(messages, []time.Time{at(100), at(105), at(120)}, 7, looks)
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{10 * ms, 10 * ms, 25 * ms, 10 * ms}, found.committed); diff != "" {
		t.Errorf("committed (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]time.Duration{40 * ms, 70 * ms, 70 * ms}, found.ranked); diff != "" {
		t.Errorf("ranked (-want +got)\n%s", diff)
	}
	if found.reads != 4 {
		t.Errorf("%d reads, want 4", found.reads)
	}
}
