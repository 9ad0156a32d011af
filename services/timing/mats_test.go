package timing

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// still is a stream in which nothing comes but what a test sends, or that cannot be reached, and what is stored of it.
type still struct {
	oneEvent
	mu             sync.Mutex
	away           bool
	opened, closed int
	// blind is how often the roster cannot be read; asked counts how often it was.
	blind, asked int
	roster       map[race.Chip]race.ID
	// scan is how long it takes to go through the reads.
	scan time.Duration
	// created, last and from are the stream's, and from where it was followed last.
	created    time.Time
	last, from uint64
	position   Position
	reads      []Read
	rejected   []RecordedRejected
	batches    chan *Batch
}

func (s *still) Position(context.Context, race.EventID) (Position, bool, error) {
	return s.position, s.position.Sequence > 0, nil
}

func (s *still) EachWholeRead(ctx context.Context, _ race.EventID, each func(*Read)) error {
	select {
	case <-time.After(s.scan):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, read := range s.reads {
		each(&read)
	}
	return nil
}

func (s *still) ListRejected(_ context.Context, _ race.EventID, after RejectedID, limit int) ([]RecordedRejected, error) {
	first := int(after.Sequence)
	return s.rejected[first:min(len(s.rejected), first+limit)], nil
}

func (s *still) Info(context.Context, race.EventID) (time.Time, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return time.Time{}, 0, errors.New("the stream is away")
	}
	return s.created, s.last, nil
}

func (s *still) Run(ctx context.Context, _ race.EventID, _ time.Time, from uint64, batches chan<- *Batch) error {
	s.mu.Lock()
	s.opened++
	s.from = from
	s.mu.Unlock()
	for {
		select {
		case b := <-s.batches:
			batches <- b
		case <-ctx.Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			s.closed++
			return nil
		}
	}
}

func (s *still) ChipRaces(context.Context, race.EventID) (map[race.Chip]race.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.blind > 0 && s.asked > 1 {
		s.blind--
		return nil, errors.New("the database is away")
	}
	return s.roster, nil
}

// watched runs mats over a still stream, and one who watches them, until the test ends, and returns where what was sent to
// that one goes, and a way to say that something changed. now is where its clock begins.
func (s *still) watched(t *testing.T, now racetime.Instant) (sent chan []MatState, changed chan struct{}) {
	t.Helper()
	began := time.Now()
	changed, sent = make(chan struct{}, 1), make(chan []MatState, 100)
	mats := NewMats(MatsDependencies{
		Events: s, Field: s, Facts: s, Stream: s, Log: slog.New(slog.DiscardHandler),
		Now:     func() time.Time { return now.Time().Add(time.Since(began)) },
		Changed: func(race.EventID) (<-chan struct{}, func()) { return changed, func() {} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- mats.Run(ctx) }()
	go func() {
		err := mats.Watch(ctx, "almaty-2025", func(states []MatState) error {
			sent <- states
			return nil
		})
		if errors.Is(err, context.Canceled) || errors.Is(err, ErrStopping) {
			err = nil
		}
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return sent, changed
}

func (s *still) want(t *testing.T, when string, opened, closed int) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened != opened || s.closed != closed {
		t.Errorf("%s: the stream was opened %d times and closed %d, want %d and %d", when, s.opened, s.closed, opened, closed)
	}
}

func TestMatsAreWatchedAsLongAsSomebodyAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &still{oneEvent: oneEvent{matDay()}}
		mats := NewMats(MatsDependencies{
			Events: s, Field: s, Facts: s, Stream: s, Log: slog.New(slog.DiscardHandler), Now: time.Now,
			Changed: func(race.EventID) (<-chan struct{}, func()) { return nil, func() {} },
		})
		asked, askedEnd := context.WithTimeout(t.Context(), time.Second)
		defer askedEnd()
		if _, err := mats.List(asked, "almaty-2025"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("before Run: %v, want no answer", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- mats.Run(ctx) }()
		list := func(wantErr error) {
			t.Helper()
			states, err := mats.List(t.Context(), "almaty-2025")
			if !errors.Is(err, wantErr) || err == nil && len(states) != 4 {
				t.Errorf("got %d mats, %v, want four or %v", len(states), err, wantErr)
			}
		}
		s.want(t, "nobody has asked", 0, 0)
		list(nil)
		time.Sleep(9 * time.Minute)
		list(nil)
		time.Sleep(9 * time.Minute)
		s.want(t, "asked again", 1, 0)
		time.Sleep(2 * time.Minute)
		s.want(t, "nobody asks", 1, 1)

		watching := make(chan error)
		watch, stopWatch := context.WithCancel(t.Context())
		go func() { watching <- mats.Watch(watch, "almaty-2025", func([]MatState) error { return nil }) }()
		time.Sleep(time.Hour)
		s.want(t, "somebody watches", 2, 1)
		stopWatch()
		if err := <-watching; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ends with %v", err)
		}
		time.Sleep(11 * time.Minute)
		s.want(t, "nobody watches", 2, 2)

		s.mu.Lock()
		s.away = true
		s.mu.Unlock()
		if _, err := mats.List(t.Context(), "almaty-2025"); err == nil {
			t.Error("a stream that is away gives an answer")
		}
		s.mu.Lock()
		s.away = false
		s.mu.Unlock()
		list(nil)
		go func() { watching <- mats.Watch(t.Context(), "almaty-2025", func([]MatState) error { return nil }) }()
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := <-watching; !errors.Is(err, ErrStopping) {
			t.Errorf("the watch ends with %v, want %v", err, ErrStopping)
		}
		list(ErrStopping)
	})
}

// The first caller gives up while the mats are opened; the second one gets its answer.
func TestWhoGivesUpLeavesTheMatsToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &still{oneEvent: oneEvent{matDay()}}
		mats := NewMats(MatsDependencies{
			Events: s, Field: s, Facts: s, Stream: s, Log: slog.New(slog.DiscardHandler), Now: time.Now,
			Changed: func(race.EventID) (<-chan struct{}, func()) { return nil, func() {} },
		})
		first, giveUp := context.WithCancel(t.Context())
		answers := make(chan error)
		ask := func(ctx context.Context) {
			_, err := mats.List(ctx, "almaty-2025")
			answers <- err
		}
		go ask(first)
		synctest.Wait()
		go ask(t.Context())
		synctest.Wait()
		giveUp()
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- mats.Run(ctx) }()
		if err := <-answers; err != nil {
			t.Errorf("who waited beside got %v", err)
		}
		cancel()
		<-ended
	})
}

// next returns how a mat does by the next message of it, and how long after began that came.
func next(t *testing.T, sent <-chan []MatState, mat race.MatID, began time.Time) (MatState, time.Duration) {
	t.Helper()
	for {
		states := <-sent
		if slices.ContainsFunc(states, func(s MatState) bool { return s.Mat == mat }) {
			return stateOf(t, states, mat), time.Since(began)
		}
	}
}

func TestWhatIsDueIsSeenWhenNobodySends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		event := matMetres()
		event.Mats[0].Until, event.Mats[0].ClockOffset = gunAt.Add(2*time.Hour+10*time.Second), 10*time.Second
		event.Mats = append(event.Mats, race.Mat{ID: "line-a", Point: "elsewhere", From: gunAt.Add(2*time.Hour + 10*time.Second)})
		var p tape
		for i := range 12 {
			p.see("line-a", chipOf(i), 10*time.Second).see("k5-a", chipOf(i), 25*time.Minute+time.Duration(i)*time.Second)
		}
		s := &still{oneEvent: oneEvent{event}, roster: wornChips(12), reads: p.batch.Reads}
		asked := gunAt.Add(25*time.Minute + 13*time.Second)
		sent, _ := s.watched(t, asked)
		began := time.Now()
		if mat, _ := next(t, sent, "k5-a", began); mat.ReadsPerMinute != 12 {
			t.Errorf("at first: %d reads a minute, want 12", mat.ReadsPerMinute)
		}
		// The reads arrived from 25:01 on, and pass out of the minute one by one until 26:12.
		var mat MatState
		var after time.Duration
		for after < time.Minute-time.Second {
			mat, after = next(t, sent, "k5-a", began)
		}
		if after > time.Minute || mat.ReadsPerMinute != 0 {
			t.Errorf("after %v: %d reads a minute, want 0 when a minute has passed", after, mat.ReadsPerMinute)
		}
		// The tenth runner passed k5 after 25:09, is expected at k10 after 50:08 from the start 0:00 and late a quarter later.
		for mat = (MatState{}); !mat.Silent; {
			mat, after = next(t, sent, "k10-a", began)
		}
		want := 25*time.Minute + 9*time.Second
		want += want + want/4
		if silentAt := asked.Add(after).Sub(gunAt); silentAt < want || silentAt > want+awaitPause+matPause {
			t.Errorf("k10 is silent after %v, want %v to %v", silentAt, want, want+awaitPause+matPause)
		}
		// An hour after they should have passed, nobody is overdue.
		for mat.Silent {
			mat, _ = next(t, sent, "k10-a", began)
		}
		// The mat at the line, whose clock is ahead, is moved.
		for mat = (MatState{}); mat.Point != "elsewhere"; {
			mat, after = next(t, sent, "line-a", began)
		}
		if moved := asked.Add(after).Sub(gunAt); moved < 2*time.Hour || moved > 2*time.Hour+10*time.Second+matPause {
			t.Errorf("the mat is moved after %v, want two hours", moved)
		}
	})
}

func TestARosterThatCannotBeReadIsReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p tape
		for i := range 12 {
			p.see("k10-a", chipOf(i), time.Minute)
		}
		s := &still{oneEvent: oneEvent{matDay()}, reads: p.batch.Reads}
		sent, changed := s.watched(t, gunAt.Add(time.Hour))
		began := time.Now()
		if mat, _ := next(t, sent, "k5-a", began); mat.Silent {
			t.Error("k5 is silent by chips that nobody wears")
		}
		s.mu.Lock()
		s.roster, s.blind = wornChips(12), 2
		s.mu.Unlock()
		changed <- struct{}{}
		mat, after := next(t, sent, "k5-a", began)
		if !mat.Silent || after < 2*matRetryTime || after > 2*matRetryTime+matPause {
			t.Errorf("after %v: silent %v, want it two seconds after the change", after, mat.Silent)
		}
	})
}

// A million reads may take longer than event and roster; that holds up no change of these.
func TestAfterALongScanChangesAreTakenAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p tape
		for i := range 12 {
			p.see("k10-a", chipOf(i), time.Minute)
		}
		s := &still{oneEvent: oneEvent{matDay()}, reads: p.batch.Reads, scan: 5 * time.Minute}
		sent, changed := s.watched(t, gunAt.Add(time.Hour))
		began := time.Now()
		if _, after := next(t, sent, "k5-a", began); after > s.scan+matPause {
			t.Errorf("mats are shown after %v, want that when the scan of %v ends", after, s.scan)
		}
		s.mu.Lock()
		s.roster = wornChips(12)
		s.mu.Unlock()
		changed <- struct{}{}
		mat, after := next(t, sent, "k5-a", began)
		if !mat.Silent || after > s.scan+2*matPause {
			t.Errorf("after %v: silent %v, want it a moment after the change", after, mat.Silent)
		}
	})
}

func TestACorrectedGunIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		event := func(gun racetime.Instant) oneEvent {
			event := matMetres()
			twoLines(event)
			event.Races[0].Waves = []race.Wave{{ID: "A", Gun: gun}}
			return oneEvent{event}
		}
		var p tape
		for i := range 12 {
			p.see("line-a", chipOf(i), time.Duration(i)*time.Second)
		}
		s := &still{oneEvent: event(gunAt.Add(2 * time.Hour)), roster: wornChips(12), reads: p.batch.Reads}
		sent, changed := s.watched(t, gunAt.Add(80*time.Minute))
		began := time.Now()
		if mat, _ := next(t, sent, "k5-a", began); mat.Silent || mat.Overdue != 0 {
			t.Errorf("before the gun: %+v, want nobody overdue", mat)
		}
		s.oneEvent = event(gunAt)
		changed <- struct{}{}
		mat, after := next(t, sent, "k5-a", began)
		if !mat.Silent || mat.Overdue != 12 || after > awaitPause+matPause {
			t.Errorf("after %v: silent %v with %d overdue, want it with 12", after, mat.Silent, mat.Overdue)
		}
		s.want(t, "the gun was corrected", 1, 0)
	})
}

func TestWhatIsStoredIsCountedWhateverBecameOfTheStream(t *testing.T) {
	t.Parallel()
	created := time.Date(2025, 9, 28, 1, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		created  time.Time
		last     uint64
		wantFrom uint64
	}{
		{"the stream goes on", created, 7, 8},
		{"two messages are not stored yet", created, 9, 8},
		{"the stream was made anew", created.Add(time.Hour), 0, 1},
		{"the stream lost its end", created, 6, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := (&tape{}).see("k5-a", "C1", 0).see("k5-a", "C2", time.Second)
			s := &still{
				oneEvent: oneEvent{matDay()}, reads: p.batch.Reads, batches: make(chan *Batch),
				created: c.created, last: c.last, position: Position{StreamCreated: created, Sequence: 7},
			}
			for i := range maxPageSize + 1 {
				s.rejected = append(s.rejected, RecordedRejected{Rejected: Rejected{
					Subject: "reads.almaty-2025.k5-a", Sequence: uint64(i + 1), Data: []byte{byte(i), byte(i >> 8)},
				}})
			}
			sent, _ := s.watched(t, gunAt.Add(time.Hour))
			if c.last >= c.wantFrom {
				// The mats send again what is stored, and one read more.
				p.see("k5-a", "C3", 2*time.Second)
				s.batches <- &Batch{First: c.wantFrom, Last: c.last, Reads: p.batch.Reads}
			}
			mat, _ := next(t, sent, "k5-a", time.Now())
			if mat.Reads != len(p.batch.Reads) || mat.Rejected != maxPageSize+1 || mat.Boots[0].Missing != 0 {
				t.Errorf("%s: got %+v, want %d reads and %d rejected", c.name, mat, len(p.batch.Reads), maxPageSize+1)
			}
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.from != c.wantFrom {
				t.Errorf("%s: followed from %d, want %d", c.name, s.from, c.wantFrom)
			}
		})
	}
}
