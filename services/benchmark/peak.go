package benchmark

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// PeakBench measures how a server stands the two rushes of a race day. In a mass start all entrants cross the line within six
// minutes, in an even flow, and what mats read is published ten times as fast as it comes about. At a peak of the finish some
// thousands come in close behind each other; half of the others are home by then, and stored. Four mats lie at either line, a
// primary one and three backups, and each reads everyone two or three times: ten times altogether.
//
// Somebody watches the whole of the race's first list all the time. Postgres is asked how far it is whenever a commit is told,
// and what it has counts from the answer on. There is no floor, for what is to be met are times.
type PeakBench struct {
	Start    Start
	Formats  Formats
	Entrants int
	// StartSeconds is how long the mass start takes, of startSeconds in reality.
	StartSeconds int
	// FinishersPerSecond come in for FinishSeconds.
	FinishersPerSecond, FinishSeconds int
	Show                              Show
}

// startSeconds is how long the entrants of the bench take over the line.
const startSeconds = 6 * 60

// PeakFigures are what a PeakBench finds.
type PeakFigures struct {
	Entrants int `json:"entrants"`
	// StartReads came in StartMessages, and were committed, with all that follows but ranks, within these milliseconds: so many
	// per cent of them, and the slowest, which is the longest backlog.
	StartReads               int     `json:"start_reads"`
	StartMessages            int     `json:"start_messages"`
	StartReadsPerSecond      float64 `json:"start_reads_per_second"`
	StartP50Milliseconds     float64 `json:"start_p50_milliseconds"`
	StartP99Milliseconds     float64 `json:"start_p99_milliseconds"`
	StartBacklogMilliseconds float64 `json:"start_backlog_milliseconds"`
	// The same of the finish.
	FinishReads               int     `json:"finish_reads"`
	FinishMessages            int     `json:"finish_messages"`
	FinishP50Milliseconds     float64 `json:"finish_p50_milliseconds"`
	FinishP99Milliseconds     float64 `json:"finish_p99_milliseconds"`
	FinishBacklogMilliseconds float64 `json:"finish_backlog_milliseconds"`
	// Of each of the Finishers, from the publishing of the first read at the finish until the ranks in all lists were committed
	// that follow from it, and until the watcher was told.
	Finishers                int     `json:"finishers"`
	FinishersPerSecond       float64 `json:"finishers_per_second"`
	RankP50Milliseconds      float64 `json:"rank_p50_milliseconds"`
	RankP99Milliseconds      float64 `json:"rank_p99_milliseconds"`
	RankLongestMilliseconds  float64 `json:"rank_longest_milliseconds"`
	BoardP50Milliseconds     float64 `json:"board_p50_milliseconds"`
	BoardP99Milliseconds     float64 `json:"board_p99_milliseconds"`
	BoardLongestMilliseconds float64 `json:"board_longest_milliseconds"`
}

// String shows the figures of the start and of the finish, each on one line.
func (f PeakFigures) String() string {
	return fmt.Sprintf("peak: start of %d entrants, %d reads in %d messages at %.0f reads/s: committed p50 %.1f ms, p99 %.1f ms, "+
		"backlog %.1f ms\n"+
		"peak: %d finishers at %.1f/s, %d reads in %d messages: committed p50 %.1f ms, p99 %.1f ms, backlog %.1f ms; ranks p50 %.0f "+
		"ms, p99 %.0f ms, longest %.0f ms; board p50 %.1f ms, p99 %.1f ms, longest %.1f ms",
		f.Entrants, f.StartReads, f.StartMessages, f.StartReadsPerSecond, f.StartP50Milliseconds, f.StartP99Milliseconds,
		f.StartBacklogMilliseconds, f.Finishers, f.FinishersPerSecond, f.FinishReads, f.FinishMessages, f.FinishP50Milliseconds,
		f.FinishP99Milliseconds, f.FinishBacklogMilliseconds, f.RankP50Milliseconds, f.RankP99Milliseconds, f.RankLongestMilliseconds,
		f.BoardP50Milliseconds, f.BoardP99Milliseconds, f.BoardLongestMilliseconds)
}

// Reaches returns what is to be met.
func (f PeakFigures) Reaches() []Reach {
	return []Reach{
		atMost("milliseconds of the longest backlog at the start", f.StartBacklogMilliseconds, 1000),
		atMost("milliseconds to the result at the start, p99", f.StartP99Milliseconds, 300),
		atMost("milliseconds of the longest backlog at the finish", f.FinishBacklogMilliseconds, 1000),
		atMost("milliseconds to the result at the finish, p99", f.FinishP99Milliseconds, 300),
		atMost("milliseconds to the rank, longest", f.RankLongestMilliseconds, 1200),
		atMost("milliseconds to the board, longest", f.BoardLongestMilliseconds, 100),
	}
}

// Run measures.
func (b *PeakBench) Run(ctx context.Context) (figures PeakFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *PeakBench) measure(ctx context.Context, s *Server) (PeakFigures, error) {
	b.Show("importing %d entrants", b.Entrants)
	d, r, err := b.rushes()
	if err != nil {
		return PeakFigures{}, err
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return PeakFigures{}, err
	}
	w := newWatch()
	rushing := &rushing{Server: s, event: d.event.ID, watch: w}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group, watching := errgroup.WithContext(watching)
	group.Go(func() error { return w.follow(watching, s, d.event.ID, d.event.Races[0].ID) })
	group.Go(func() error { return rushing.lookAtCommits(watching) })
	figures := PeakFigures{Entrants: len(d.roster)}
	group.Go(func() error {
		defer stop()
		select {
		case <-w.opened:
		case <-watching.Done():
			return watching.Err()
		}
		if err := b.start(watching, rushing, r, &figures); err != nil {
			return err
		}
		return b.finish(watching, rushing, r, &figures)
	})
	err = group.Wait()
	return figures, err
}

// start lets everybody start; those read before the gun warm up what is measured.
func (b *PeakBench) start(ctx context.Context, rushing *rushing, r *rushes, figures *PeakFigures) error {
	b.Show("storing who is read before the gun")
	if err := rushing.store(ctx, r.early); err != nil {
		return err
	}
	b.Show("all start within %d s", b.StartSeconds)
	found, err := rushing.send(ctx, r.start)
	if err != nil {
		return err
	}
	figures.StartReads, figures.StartMessages = found.reads, len(r.start)
	figures.StartReadsPerSecond = perSecond(found.reads, found.whole)
	figures.StartP50Milliseconds = milliseconds(percentile(found.committed, 50))
	figures.StartP99Milliseconds = milliseconds(percentile(found.committed, 99))
	figures.StartBacklogMilliseconds = milliseconds(percentile(found.committed, 100))
	return nil
}

// finish lets finishers come in.
func (b *PeakBench) finish(ctx context.Context, rushing *rushing, r *rushes, figures *PeakFigures) error {
	b.Show("storing who is home before the peak")
	if err := rushing.store(ctx, r.before); err != nil {
		return err
	}
	b.Show("%d finishers/s for %d s", b.FinishersPerSecond, b.FinishSeconds)
	found, err := rushing.send(ctx, r.finish)
	if err != nil {
		return err
	}
	if err := rushing.watch.untilSeen(ctx); err != nil {
		return err
	}
	if err := rushing.allRanked(ctx, countFinishers(r.before)+len(found.ranked)); err != nil {
		return err
	}
	board := rushing.watch.took
	figures.FinishReads, figures.FinishMessages = found.reads, len(r.finish)
	figures.FinishP50Milliseconds = milliseconds(percentile(found.committed, 50))
	figures.FinishP99Milliseconds = milliseconds(percentile(found.committed, 99))
	figures.FinishBacklogMilliseconds = milliseconds(percentile(found.committed, 100))
	figures.Finishers, figures.FinishersPerSecond = len(found.ranked), perSecond(len(found.ranked), found.whole)
	figures.RankP50Milliseconds = milliseconds(percentile(found.ranked, 50))
	figures.RankP99Milliseconds = milliseconds(percentile(found.ranked, 99))
	figures.RankLongestMilliseconds = milliseconds(percentile(found.ranked, 100))
	figures.BoardP50Milliseconds = milliseconds(percentile(board, 50))
	figures.BoardP99Milliseconds = milliseconds(percentile(board, 99))
	figures.BoardLongestMilliseconds = milliseconds(percentile(board, 100))
	return nil
}
