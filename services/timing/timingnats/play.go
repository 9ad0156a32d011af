package timingnats

import (
	"cmp"
	"context"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/timing"
)

// batchReads is how many reads of a mat travel together.
const batchReads = 100

// batchTime is how long a mat collects reads for one message when their spacing is kept.
const batchTime = 100 * time.Millisecond

// Play publishes recorded reads and returns when all are acknowledged or ctx ends. With speed 0 they go at once, in the
// order given; else in the order of their instants and as far apart, that many times faster. progress is told the
// number of reads handed over after each message.
func Play(ctx context.Context, p *Publisher, reads []timing.Read, speed float64, progress func(published int)) error {
	played := player{publisher: p, progress: progress, open: map[numbering][]timing.Read{}}
	if speed <= 0 || len(reads) == 0 {
		if err := played.add(ctx, reads); err != nil {
			return err
		}
		return p.Flush(ctx)
	}
	reads = slices.Clone(reads)
	slices.SortStableFunc(reads, func(a, b timing.Read) int { return cmp.Compare(a.At, b.At) })
	start := time.Now()
	begin := reads[0].At
	for len(reads) > 0 {
		first := tick(reads[0].At.Sub(begin), speed)
		n := 1
		for n < len(reads) && tick(reads[n].At.Sub(begin), speed) == first {
			n++
		}
		// No read goes before its time: a mat sends what it has collected.
		if !pause(ctx, time.Until(start.Add((first+1)*batchTime))) {
			return ctx.Err()
		}
		if err := played.add(ctx, reads[:n]); err != nil {
			return err
		}
		reads = reads[n:]
	}
	return p.Flush(ctx)
}

// numbering is what a mat counts its reads in.
type numbering struct {
	mat  race.MatID
	boot string
}

// player holds reads until enough of one mat have come together.
type player struct {
	publisher *Publisher
	progress  func(published int)
	open      map[numbering][]timing.Read
	// order is that in which the mats of open came.
	order     []numbering
	published int
}

// tick counts the times batchTime in a recorded time.
func tick(recorded time.Duration, speed float64) time.Duration {
	return time.Duration(float64(recorded)/speed) / batchTime
}

// add publishes reads, those of one mat together.
func (p *player) add(ctx context.Context, reads []timing.Read) error {
	for _, read := range reads {
		key := numbering{read.Mat, read.Boot}
		if len(p.open[key]) == 0 {
			p.order = append(p.order, key)
		}
		p.open[key] = append(p.open[key], read)
		if len(p.open[key]) < batchReads {
			continue
		}
		p.order = slices.DeleteFunc(p.order, func(other numbering) bool { return other == key })
		if err := p.publish(ctx, key); err != nil {
			return err
		}
	}
	for _, key := range p.order {
		if err := p.publish(ctx, key); err != nil {
			return err
		}
	}
	p.order = p.order[:0]
	return nil
}

func (p *player) publish(ctx context.Context, key numbering) error {
	reads := p.open[key]
	if err := p.publisher.Publish(ctx, reads); err != nil {
		return err
	}
	// Publish has encoded the reads, so that their place can be taken.
	p.open[key] = reads[:0]
	p.published += len(reads)
	p.progress(p.published)
	return nil
}

// pause waits, and reports false if ctx ended before the time was over.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
