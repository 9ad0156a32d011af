package timingnats

import (
	"cmp"
	"context"
	"slices"
	"time"

	"raceday/services/rules/race"
	"raceday/services/timing"
)

const (
	// replayReads is how many reads of a mat travel in one message.
	replayReads = 100
	// replayTick is how long reads of a mat wait for others to travel with them, where spacing is kept.
	replayTick = 50 * time.Millisecond
)

// Replay publishes recorded reads and returns when all are acknowledged. With a speed above 0 it keeps their spacing, that
// many times as fast; with 0 it sends them at once, each mat's in their order. sent is told how many reads went out so
// far.
func Replay(ctx context.Context, p *Publisher, reads []timing.Read, speed float64, sent func(reads int)) error {
	if speed > 0 {
		reads = slices.Clone(reads)
		slices.SortStableFunc(reads, func(a, b timing.Read) int { return cmp.Compare(a.At, b.At) })
	}
	r := replay{publisher: p, waiting: map[device][]timing.Read{}, sent: sent}
	begin := time.Now()
	for i := range reads {
		if speed > 0 {
			due := begin.Add(time.Duration(float64(reads[i].At.Sub(reads[0].At)) / speed))
			if err := r.waitUntil(ctx, due); err != nil {
				return err
			}
		}
		if err := r.add(ctx, reads[i]); err != nil {
			return err
		}
	}
	if err := r.publishAll(ctx); err != nil {
		return err
	}
	return p.Flush(ctx)
}

// device is what numbers its reads by itself.
type device struct {
	mat  race.MatID
	boot string
}

type replay struct {
	publisher *Publisher
	// waiting are reads that others may travel with; order are their devices, the longest waiting first.
	waiting map[device][]timing.Read
	order   []device
	sent    func(reads int)
	count   int
}

func (r *replay) add(ctx context.Context, read timing.Read) error {
	d := device{read.Mat, read.Boot}
	if len(r.waiting[d]) == 0 {
		r.order = append(r.order, d)
	}
	r.waiting[d] = append(r.waiting[d], read)
	if len(r.waiting[d]) < replayReads {
		return nil
	}
	return r.publish(ctx, d)
}

func (r *replay) publish(ctx context.Context, d device) error {
	reads := r.waiting[d]
	r.waiting[d] = nil
	r.order = slices.DeleteFunc(r.order, func(other device) bool { return other == d })
	if err := r.publisher.Publish(ctx, reads); err != nil {
		return err
	}
	r.count += len(reads)
	r.sent(r.count)
	return nil
}

func (r *replay) publishAll(ctx context.Context) error {
	for len(r.order) > 0 {
		if err := r.publish(ctx, r.order[0]); err != nil {
			return err
		}
	}
	return nil
}

// waitUntil waits for the moment of the next read; what has waited for a tick goes out meanwhile.
func (r *replay) waitUntil(ctx context.Context, due time.Time) error {
	for {
		wait := time.Until(due)
		if wait <= 0 {
			return ctx.Err()
		}
		if wait > replayTick/10 && len(r.order) > 0 {
			if err := r.publishAll(ctx); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}
