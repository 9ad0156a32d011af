package scoring

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// day is the scoring of one event, from its opening until something fails.
type day struct {
	scorer *Scorer
	// position is that of the last commit, which may still be being written: writing is what receives its outcome.
	position Position
	writing  chan error
	book     *Book
	ranks    *Ranks
	// memory is this run's own: another run begins with what is stored then.
	memory Memory
	// ranksAt is when all ranks had last been written, and exactTo the version up to which the lists are said to be exact.
	ranksAt time.Time
	exactTo int64
}

// read takes in the facts other than reads that are newer than change, and returns the change up to which they are
// complete: it is asked for first, and numbers commit in order. Lines and rulings may be newer already, which the next
// read finds again; the event is of that very change, so that the position tells which one the results are of.
func (d *day) read(ctx context.Context, change int64) (int64, error) {
	facts, id := d.scorer.Facts, d.position.Event
	newest, err := facts.Change(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("read the change number: %w", err)
	}
	if newest == change && change != 0 {
		return change, nil
	}
	event, err := facts.EventAt(ctx, id, newest)
	if err != nil {
		return 0, fmt.Errorf("read the event: %w", err)
	}
	roster, err := facts.RosterSince(ctx, id, change)
	if err != nil {
		return 0, fmt.Errorf("read the roster: %w", err)
	}
	rulings, err := facts.RulingsSince(ctx, id, change)
	if err != nil {
		return 0, fmt.Errorf("read the rulings: %w", err)
	}
	if !reflect.DeepEqual(event, d.book.Event()) {
		d.book.SetEvent(event)
	}
	d.book.SetEntrants(roster)
	d.book.AddRulings(rulings)
	return newest, nil
}

// compare returns how the computed results differ from the stored ones, and fills the lists.
func (d *day) compare(stored []result.Result) Changes {
	computed := d.book.Settle().Results // of everybody: the book is new
	was := make(map[race.EntrantID]*result.Result, len(stored))
	for i := range stored {
		was[stored[i].Entrant] = &stored[i]
	}
	var changes Changes
	for i := range computed {
		now := &computed[i].Now
		d.ranks.Update(d.book.Event(), nil, now)
		before := was[now.Entrant]
		delete(was, now.Entrant)
		if before == nil || !before.Equal(now) {
			changes.Results = append(changes.Results, Change{before, *now})
		}
	}
	for _, gone := range was {
		changes.Removed = append(changes.Removed, *gone)
	}
	return changes
}

// run takes in what comes until ctx ends.
func (d *day) run(ctx context.Context, batches <-chan Batch, changed <-chan struct{}) (err error) {
	defer func() { err = errors.Join(err, d.written()) }()
	look := time.NewTicker(changesEvery)
	defer look.Stop()
	quiet := time.NewTimer(pause)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err = <-d.writing:
			d.writing = nil
		case batch := <-batches:
			err = d.take(ctx, batch)
			quiet.Reset(pause)
		case <-changed:
			err = d.look(ctx)
		case <-look.C:
			err = d.look(ctx)
		case <-quiet.C:
			if d.exactTo < d.position.Version {
				err = d.commit(ctx, Commit{Lists: d.ranks.Tell(), Exact: true}, d.position.Sequence, d.position.Change, false)
			}
		}
		if err != nil {
			return err
		}
	}
}

// ranksAtOnce is about how many ranks are written beside a batch: more keep the next reads waiting.
const ranksAtOnce = 1000

// take commits a batch of reads and all that follows from it. The ranks wait for a pause, at most a second.
func (d *day) take(ctx context.Context, batch Batch) error {
	d.book.AddReads(batch.Reads)
	c := Commit{Batch: &batch, Changes: d.settle()}
	if d.ranks.Telling() || d.scorer.Now().Sub(d.ranksAt) >= ranksEvery {
		c.Lists = d.ranks.TellSome(ranksAtOnce)
		c.Exact, c.Behind = !d.ranks.Telling(), d.ranks.Behind()
	}
	return d.commit(ctx, c, batch.Last, d.position.Change, false)
}

// look commits what follows from changes of event, roster and rulings, with the ranks.
func (d *day) look(ctx context.Context) error {
	before := d.book.Event()
	change, err := d.read(ctx, d.position.Change)
	if err != nil || change == d.position.Change {
		return err
	}
	c := Commit{Changes: d.settle(), Exact: true}
	eventChanged := d.book.Event() != before
	if eventChanged { // another basis moves ranks though no result changes
		for _, now := range d.book.Results() {
			d.ranks.Update(d.book.Event(), nil, &now)
		}
	}
	c.Lists = d.ranks.Tell()
	return d.commit(ctx, c, d.position.Sequence, change, eventChanged)
}

// settle computes what new facts concern, and moves it in the lists.
func (d *day) settle() Changes {
	changes := d.book.Settle()
	for i := range changes.Results {
		d.ranks.Update(d.book.Event(), changes.Results[i].Was, &changes.Results[i].Now)
	}
	for i := range changes.Removed {
		d.ranks.Update(d.book.Event(), &changes.Removed[i], nil)
	}
	return changes
}

// commit begins to write a commit that leads to a sequence and a change, behind the one before, and then tells the boards.
// Its outcome is written's: meanwhile the next can be computed.
func (d *day) commit(ctx context.Context, c Commit, sequence uint64, change int64, reload bool) error {
	if err := d.written(); err != nil {
		return err
	}
	c.From, c.To, c.Memory = d.position, d.position, d.memory
	c.To.Sequence, c.To.Change = sequence, change
	c.To.Version++
	d.position = c.To
	if c.Exact {
		d.ranksAt = d.scorer.Now()
	}
	if c.Exact && len(c.Behind) == 0 {
		d.exactTo = c.To.Version
	}
	d.writing = make(chan error, 1)
	go func(outcome chan<- error) {
		err := d.scorer.Store.Commit(ctx, c)
		if err != nil {
			err = fmt.Errorf("commit version %d: %w", c.To.Version, err)
		} else {
			d.scorer.Notices.Publish(c, reload)
		}
		outcome <- err
	}(d.writing)
	return nil
}

// written waits until the last commit is written and returns its error.
func (d *day) written() error {
	if d.writing == nil {
		return nil
	}
	err := <-d.writing
	d.writing = nil
	return err
}
