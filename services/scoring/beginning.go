package scoring

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"raceday/services/rules/result"
)

// beginning is what a new day finds beside its facts.
type beginning struct {
	// change is the one up to which the facts other than reads are complete.
	change  int64
	reads   int
	results []result.Result
	ranks   map[ListKey][]Rank
	// exactTo is the version up to which all lists are exact.
	exactTo int64
}

// readAll takes in all facts, and returns them with what is stored of what follows from them. They are read beside each
// other, each as of a moment of its own, and none before the position: what was stored behind that moved it on, and then the
// fence lets no commit of this day through.
func (d *day) readAll(ctx context.Context) (beginning, error) {
	s, event := d.scorer, d.position.Event
	var b beginning
	var reads writtenReads
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if d.memory, err = s.Reads.EachRead(ctx, event, reads.add); err != nil {
			return fmt.Errorf("read the reads: %w", err)
		}
		return nil
	})
	group.Go(func() (err error) {
		b.change, err = d.read(ctx, 0)
		return err
	})
	group.Go(func() (err error) {
		if b.results, err = s.Results.Results(ctx, event); err != nil {
			return fmt.Errorf("read the results: %w", err)
		}
		if b.ranks, b.exactTo, err = s.Store.Ranks(ctx, event); err != nil {
			return fmt.Errorf("read the ranks: %w", err)
		}
		d.ranks = NewRanks(b.ranks)
		return nil
	})
	if err := group.Wait(); err != nil {
		return beginning{}, err
	}
	b.reads = reads.len()
	d.book.addWritten(&reads)
	return b, nil
}
