package timingnats

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

// day is an event whose definition may change.
type day struct {
	mu      sync.Mutex
	event   *race.Event
	changed chan struct{}
	// reads are stored, by no scorer that knows how far.
	reads []timing.Read
}

func (d *day) Position(context.Context, race.EventID) (timing.Position, bool, error) {
	return timing.Position{}, false, nil
}

func (d *day) EachWholeRead(_ context.Context, _ race.EventID, each func(*timing.Read)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.reads {
		each(&d.reads[i])
	}
	return nil
}

func (d *day) ListRejected(
	context.Context, race.EventID, timing.RejectedID, int,
) ([]timing.RecordedRejected, error) {
	return nil, nil
}

func (d *day) Event(_ context.Context, id race.EventID) (*race.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id != d.event.ID {
		return nil, timing.ErrEventNotFound
	}
	return d.event, nil
}

func (d *day) ChipRaces(context.Context, race.EventID) (map[race.Chip]race.ID, error) {
	return nil, nil
}

func (d *day) apply(event *race.Event) {
	d.mu.Lock()
	d.event = event
	d.mu.Unlock()
	d.changed <- struct{}{}
}

// following is the way from a real server to who watches the mats.
type following struct {
	*Source
	*Streams
}

func (f following) Info(ctx context.Context, event race.EventID) (time.Time, uint64, error) {
	if err := f.EnsureStream(ctx, event); err != nil {
		return time.Time{}, 0, err
	}
	return f.StreamInfo(ctx, event)
}

// line is an event with two mats at its finish, the clock of the second one off by so much.
func line(offset time.Duration) *race.Event {
	return &race.Event{ID: event, Mats: []race.Mat{
		{ID: "line-a", Point: "line"}, {ID: "line-b", Point: "line", Backup: true, ClockOffset: offset},
	}}
}

// watchMats runs mats over a real stream until the test ends.
func watchMats(t *testing.T) (*timing.Mats, jetstream.JetStream, *day) {
	t.Helper()
	_, js := newStream(t)
	d := &day{event: line(0), changed: make(chan struct{}, 1)}
	mats := timing.NewMats(timing.MatsDependencies{
		Events: d, Field: d, Facts: d, Stream: following{NewSource(js, discard()), NewStreams(js, 1)},
		Changed: func(race.EventID) (<-chan struct{}, func()) { return d.changed, func() {} },
		Log:     discard(), Now: time.Now,
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- mats.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return mats, js, d
}

func publishTogether(t *testing.T, js jetstream.JetStream, reads ...timing.Read) {
	t.Helper()
	p, err := NewPublisher(t.Context(), js, event)
	if err == nil {
		err = p.Publish(t.Context(), reads)
	}
	if err == nil {
		err = p.Flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// become lists the mats until a condition holds.
func become(t *testing.T, mats *timing.Mats, what string, holds func([]timing.MatState) bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); ; {
		states, err := mats.List(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		if holds(states) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the mats never have %s: %+v", what, states)
		}
	}
}

func reads(n int) func([]timing.MatState) bool {
	return func(states []timing.MatState) bool { return states[0].Reads == n }
}

func TestMatsAreFollowedFromTheFirstMessage(t *testing.T) {
	t.Parallel()
	mats, js, _ := watchMats(t)
	first := readsOf("line-a", 10, 500)
	publishTogether(t, js, first...)
	publishTogether(t, js, readsOf("spare", 1, 3)...)
	if _, err := js.Publish(t.Context(), timing.Subject(event, "line-b"), []byte("no batch")); err != nil {
		t.Fatal(err)
	}
	states, err := mats.List(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	// What lay in the stream is there at once.
	var got []string
	for _, s := range states {
		got = append(got, fmt.Sprint(s.Mat, " ", s.Reads, " ", s.Rejected, " ", s.Boots))
	}
	want := []string{"line-a 500 0 [{1 10 509 500 0}]", "line-b 0 1 []", "spare 3 0 [{1 1 3 3 0}]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	publishTogether(t, js, readsOf("line-a", 512, 2)...)
	become(t, mats, "502 reads", reads(502))
	publishTogether(t, js, first...)
	publishTogether(t, js, readsOf("spare", 4, 1)...)
	become(t, mats, "the spare's fourth read", func(states []timing.MatState) bool { return states[2].Reads == 4 })
	states, err = mats.List(t.Context(), event)
	if err != nil || states[0].Reads != 502 || states[0].Boots[0].Missing != 2 || states[0].Conflicts != 0 {
		t.Errorf("after all was sent again: %+v, %v, want 502 reads and 2 missing", states[0], err)
	}
	if _, err := mats.List(t.Context(), "none"); !errors.Is(err, timing.ErrEventNotFound) {
		t.Errorf("an event that is none: got %v, want %v", err, timing.ErrEventNotFound)
	}
}

func TestASlowWatcherHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	mats, js, _ := watchMats(t)
	publishTogether(t, js, readsOf("line-a", 1, 1)...)
	sent, goOn := make(chan []timing.MatState), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- mats.Watch(ctx, event, func(states []timing.MatState) error {
			sent <- states
			<-goOn
			return nil
		})
	}()
	if states := <-sent; len(states) != 2 || states[0].Reads != 1 {
		t.Errorf("first: %+v, want both mats and one read", states)
	}
	began := time.Now()
	for i := range 50 {
		publishTogether(t, js, readsOf("line-a", uint64(2+i), 1)...)
	}
	become(t, mats, "51 reads", reads(51))
	close(goOn)
	states := <-sent
	if len(states) != 1 || states[0].Mat != "line-a" || states[0].Reads != 51 {
		t.Errorf("then: %+v, want the one that changed with all of its reads", states)
	}
	if pause := time.Since(began); pause < 900*time.Millisecond {
		t.Errorf("the second message came %v after the first, want a second", pause)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the watch ends with %v", err)
	}
}

// The stream is counted again by a new version of the event, and the watch goes on.
func TestAKnownOffsetIsTakenOffAllReads(t *testing.T) {
	t.Parallel()
	mats, js, d := watchMats(t)
	const start racetime.Instant = 1_759_000_000_000_000
	for _, mat := range []race.MatID{"line-a", "line-b"} {
		batch := readsOf(mat, 1, 20)
		for i := range batch {
			batch[i].Chip, batch[i].At = race.Chip(fmt.Sprint("C", i)), start.Add(time.Duration(i)*time.Second)
			if mat == "line-b" {
				batch[i].At = batch[i].At.Add(70 * time.Second)
			}
		}
		publishTogether(t, js, batch...)
	}
	differs := func(want time.Duration) func([]timing.MatState) bool {
		return func(states []timing.MatState) bool {
			return states[1].Clock.Difference == want && states[1].Clock.Shared == 20
		}
	}
	become(t, mats, "a clock that is 70 s off", differs(70*time.Second))
	d.apply(line(69 * time.Second))
	become(t, mats, "a clock that is 1 s off", differs(time.Second))
	// A stream that is made anew begins anew, and what was stored of the one before is counted on.
	d.mu.Lock()
	d.reads = readsOf("line-a", 100, 7)
	d.mu.Unlock()
	if err := js.DeleteStream(t.Context(), streamName(event)); err != nil {
		t.Fatal(err)
	}
	become(t, mats, "the stored reads alone", func(states []timing.MatState) bool { return states[0].Reads == 7 && states[1].Reads == 0 })
	publishTogether(t, js, readsOf("line-a", 106, 3)...)
	become(t, mats, "nine reads", reads(9))
}
