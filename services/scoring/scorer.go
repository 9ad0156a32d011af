package scoring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// Position is how far the scorer of an event has come. All of it advances in one fenced UPDATE.
type Position struct {
	Event race.EventID
	// Generation counts the streams that the event has had.
	Generation int
	// StreamCreated tells the stream from another of the same name.
	StreamCreated time.Time
	// Sequence is the last message of the stream that was committed.
	Sequence uint64
	// Change is the last change of event, roster or rulings that was applied.
	Change int64
	// Version counts the commits.
	Version int64
}

// Batch is what the stream delivered for one commit.
type Batch struct {
	Reads []Read
	// Last is the stream sequence of its last message.
	Last uint64
	// Raw is the batch as its source gave it, for the store that appends it.
	Raw any
}

// Memory is which reads are stored, as the store that keeps them gave it, for the same store when it appends others.
type Memory any

// Commit is what one transaction writes.
type Commit struct {
	// From is the position that must still stand; To the one that follows it.
	From, To Position
	// Batch is nil where no messages were taken.
	Batch *Batch
	// Memory is that of the scorer's run; nil where it has none.
	Memory  Memory
	Changes Changes
	// Lists are the ranks that changed; they make all lists but those Behind exact at To.Version where Exact is set.
	Lists  []ListChange
	Exact  bool
	Behind []ListKey
}

// ErrFenced means that the position is not what this scorer last saw: another one is active.
var ErrFenced = errors.New("another scorer has moved the position")

// Facts are where the facts other than reads are kept. A change of 0 asks for all that stands.
type Facts interface {
	// Change returns the event's newest change number.
	Change(ctx context.Context, event race.EventID) (int64, error)
	// EventAt returns the event as it was after a change.
	EventAt(ctx context.Context, event race.EventID, change int64) (*race.Event, error)
	// RosterSince returns the roster lines that changed after change.
	RosterSince(ctx context.Context, event race.EventID, change int64) ([]race.Entrant, error)
	// RulingsSince returns the rulings recorded after change, in their order.
	RulingsSince(ctx context.Context, event race.EventID, change int64) ([]ruling.Ruling, error)
}

// Reads are where reads and positions are kept.
type Reads interface {
	// Position returns where the event's scorer stands; false where there was none yet.
	Position(ctx context.Context, event race.EventID) (Position, bool, error)
	// CreatePosition begins a stream at its first message.
	CreatePosition(ctx context.Context, event race.EventID, streamCreated time.Time) (Position, error)
	// EachRead hands over every stored read of the event, in no order; the read is each's until it returns. The memory is for
	// the commits that follow.
	EachRead(ctx context.Context, event race.EventID, each func(*Numbered)) (Memory, error)
}

// Stream is the stream of an event's read batches.
type Stream interface {
	// Info returns when the stream was created and its last sequence.
	Info(ctx context.Context, event race.EventID) (created time.Time, last uint64, err error)
	// Run delivers what lies in the stream that was created then, from a sequence on, until ctx ends.
	Run(ctx context.Context, event race.EventID, created time.Time, from uint64, batches chan<- Batch) error
}

// Results are where what is derived can be read.
type Results interface {
	// Results returns the stored results of an event, in no order.
	Results(ctx context.Context, event race.EventID) ([]result.Result, error)
}

// Store keeps what is derived.
type Store interface {
	// Ranks returns the stored ranks of an event, and the version up to which all of its lists are exact.
	Ranks(ctx context.Context, event race.EventID) (ranks map[ListKey][]Rank, exactTo int64, err error)
	// Commit writes all of a commit or nothing; ErrFenced where the position is not From.
	Commit(ctx context.Context, c Commit) error
}

// Notices tell the boards what a commit changed. They may be lost: a board that misses one reads from Postgres.
type Notices interface {
	Publish(c Commit, reload bool)
}

// Scorer keeps what is derived of events up to date with their facts. Run scores one event at a time; several may run
// for different events.
type Scorer struct {
	Facts   Facts
	Reads   Reads
	Stream  Stream
	Store   Store
	Results Results
	Notices Notices
	Log     *slog.Logger
	Now     func() time.Time
	// Changed returns a channel that receives when facts other than reads may have changed.
	Changed func(event race.EventID) (<-chan struct{}, func())
}

const (
	// ranksEvery is how often ranks are written while reads flow.
	ranksEvery = time.Second
	// pause is how long no read must come for ranks to be written at once.
	pause = 50 * time.Millisecond
	// changesEvery is how often changes are looked for that no notice told of.
	changesEvery = 5 * time.Second
)

// Run scores an event until outer ends, or until something fails: then it has to be begun again, from Postgres. Where a
// rebuild moved the position it begins again by itself.
func (s *Scorer) Run(outer context.Context, event race.EventID) error {
	for {
		begun := s.Now()
		err := s.run(outer, event)
		if !errors.Is(err, ErrFenced) || s.Now().Sub(begun) < changesEvery {
			return err // another scorer, not a rebuild
		}
		s.Log.InfoContext(outer, "the position was moved by another hand; reading everything again", "event", event)
	}
}

func (s *Scorer) run(outer context.Context, event race.EventID) error {
	changed, stop := s.Changed(event)
	defer stop()
	d, err := s.open(outer, event)
	if err != nil {
		return fmt.Errorf("open the scoring of %s: %w", event, err)
	}
	batches := make(chan Batch)
	begin := d.position // which moves on with the first commit
	group, ctx := errgroup.WithContext(outer)
	group.Go(func() error {
		return s.Stream.Run(ctx, event, begin.StreamCreated, begin.Sequence+1, batches)
	})
	group.Go(func() error { return d.run(ctx, batches, changed) })
	err = group.Wait()
	if outer.Err() != nil {
		return nil
	}
	return err
}

// open reads everything known of an event and brings what is stored up to date with it.
func (s *Scorer) open(ctx context.Context, event race.EventID) (*day, error) {
	position, recreated, err := s.position(ctx, event)
	if err != nil {
		return nil, err
	}
	d := &day{scorer: s, position: position, book: NewBook()}
	found, err := d.readAll(ctx)
	if err != nil {
		return nil, err
	}
	changes := d.compare(found.results)
	lists := d.ranks.Tell()
	if !recreated && found.change == position.Change && changes.Empty() && found.exactTo >= position.Version {
		d.exactTo = found.exactTo
		return d, nil
	}
	err = d.commit(ctx, Commit{Changes: changes, Lists: lists, Exact: true}, position.Sequence, found.change, true)
	return d, errors.Join(err, d.written())
}

// position returns where to go on from: behind the stored position, or at the first message of a stream that was
// created anew, never behind the old number in a new stream.
func (s *Scorer) position(ctx context.Context, event race.EventID) (position Position, recreated bool, err error) {
	created, last, err := s.Stream.Info(ctx, event)
	if err != nil {
		return Position{}, false, err
	}
	position, ok, err := s.Reads.Position(ctx, event)
	if err != nil {
		return Position{}, false, fmt.Errorf("read the position: %w", err)
	}
	if !ok {
		position, err = s.Reads.CreatePosition(ctx, event, created)
		return position, false, err
	}
	if position.StreamCreated.Equal(created) && last >= position.Sequence {
		return position, false, nil
	}
	s.Log.ErrorContext(ctx, "the stream of reads is not the one that the position belongs to: beginning at its first message",
		"event", event, "stream_created", created, "stream_last", last,
		"position_created", position.StreamCreated, "position_sequence", position.Sequence)
	next := position
	next.Generation++
	next.StreamCreated, next.Sequence = created, 0
	next.Version++
	if err := s.Store.Commit(ctx, Commit{From: position, To: next}); err != nil {
		return Position{}, false, fmt.Errorf("begin the new stream: %w", err)
	}
	return next, true, nil
}
