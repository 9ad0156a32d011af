package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// raceClock says what the race's time is while it passes faster than ours.
type raceClock struct {
	began time.Time
	from  time.Duration
	speed float64
}

func (c raceClock) now() time.Duration {
	return c.from + time.Duration(float64(time.Since(c.began))*c.speed)
}

// wait waits for a race time; false where ctx ended first.
func (c raceClock) wait(ctx context.Context, after time.Duration) bool {
	ahead := time.Duration(float64(after-c.from)/c.speed) - time.Since(c.began)
	return ahead <= 0 && ctx.Err() == nil || ahead > 0 && pause(ctx, ahead)
}

// race fires the guns, lets the mats publish, and shows who leads, until everything that was published is derived from.
func (t *teller) race(ctx context.Context) error {
	run := t.newRun()
	if off := t.recording.Offline; off.Mat != "" {
		t.print.line("Mat %s will be cut off from %s to %s of the race and send afterwards.\n",
			off.Mat, shownClock(off.From), shownClock(off.Until))
	}
	group, groupCtx := errgroup.WithContext(ctx)
	watching, stop := context.WithCancel(groupCtx)
	defer stop()
	for _, b := range run.boards {
		group.Go(func() error { return t.follow(watching, b) })
	}
	group.Go(func() error { return run.countAll(watching) })
	group.Go(func() error {
		run.show(watching)
		return nil
	})
	group.Go(func() error {
		defer stop()
		last, err := run.send(groupCtx)
		if err != nil || last == nil {
			return err
		}
		return t.untilStored(groupCtx, last)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	all, resent := t.recording.Messages()
	t.print.line("\n%s reads published in %s messages, %s of them sent twice; all are stored.",
		count(t.recording.Reads()), count(all), count(resent))
	return nil
}

// run is the race while it is on.
type run struct {
	*teller
	clock  raceClock
	guns   []gun
	boards []*board
	// published counts reads, those that are sent twice twice.
	published atomic.Int64
	// counts are those of the races when they were last read; nil before.
	counts atomic.Pointer[[]*standingsv1.RaceProgress]
}

// gun is that of one wave.
type gun struct {
	race  race.ID
	wave  race.WaveID
	at    racetime.Instant
	after time.Duration
}

func (t *teller) newRun() *run {
	r := &run{teller: t, boards: t.newBoards()}
	for i := range t.Event.Races {
		for _, wave := range t.Event.Races[i].Waves {
			if wave.Gun != 0 {
				r.guns = append(r.guns, gun{t.Event.Races[i].ID, wave.ID, wave.Gun, wave.Gun.Sub(t.recording.FirstGun)})
			}
		}
	}
	slices.SortStableFunc(r.guns, func(a, b gun) int { return cmp.Compare(a.after, b.after) })
	from, end := min(0, t.recording.Begin()), t.recording.End()
	if len(r.guns) > 0 {
		end = max(end, r.guns[len(r.guns)-1].after)
	}
	speed := t.Speed
	if speed <= 0 {
		speed = max(1, float64(end-from)/float64(usualLength))
	}
	r.clock = raceClock{began: time.Now(), from: from, speed: speed}
	return r
}

// matWindow is how many messages a mat keeps while it waits for one to be acknowledged.
const matWindow = 64

// send lets every mat publish on its own, each message in its time, and the last message of all when the others are safe.
// It returns the last message.
func (r *run) send(ctx context.Context) (last *timingv1.ReadBatch, err error) {
	mats, matsCtx := errgroup.WithContext(ctx)
	waiting := map[string]chan *timingv1.ReadBatch{}
	all, _ := r.recording.Messages()
	sent := 0
	for d := range r.recording.Deliveries() {
		if err = r.fireUntil(matsCtx, d.After); err != nil || !r.clock.wait(matsCtx, d.After) {
			break
		}
		if sent++; sent == all {
			last = d.Batch
			break
		}
		batches, ok := waiting[d.Batch.GetMat()]
		if !ok {
			batches = make(chan *timingv1.ReadBatch, matWindow)
			waiting[d.Batch.GetMat()] = batches
			mats.Go(func() error { return r.publishAll(matsCtx, batches) })
		}
		select {
		case batches <- d.Batch:
		case <-matsCtx.Done():
		}
	}
	for _, batches := range waiting {
		close(batches)
	}
	// A gun that could not be fired because a mat failed is the mat's error.
	if matErr := mats.Wait(); matErr != nil {
		return nil, matErr
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	if last != nil {
		if err := r.publish(ctx, last); err != nil {
			return nil, err
		}
	}
	return last, r.fireUntil(ctx, lastGun)
}

// lastGun is after every gun.
const lastGun = time.Duration(1<<63 - 1)

func (r *run) publishAll(ctx context.Context, batches <-chan *timingv1.ReadBatch) error {
	for batch := range batches {
		if err := r.publish(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) publish(ctx context.Context, batch *timingv1.ReadBatch) error {
	if err := r.Publish(ctx, batch); err != nil {
		return fmt.Errorf("publish reads of mat %s: %w", batch.GetMat(), err)
	}
	r.published.Add(int64(len(batch.GetReads())))
	return nil
}

// fireUntil fires the guns up to a race time, each in its own.
func (r *run) fireUntil(ctx context.Context, after time.Duration) error {
	for len(r.guns) > 0 && r.guns[0].after <= after {
		g := r.guns[0]
		r.guns = r.guns[1:]
		if !r.clock.wait(ctx, g.after) {
			return ctx.Err()
		}
		err := untilTaken(ctx, func(ctx context.Context) error {
			_, err := r.timing.FireGun(ctx, &timingv1.FireGunRequest{
				EventId: string(r.Event.ID), Race: string(g.race), Wave: string(g.wave),
				At: timestamppb.New(g.at.Time()), RequestId: fmt.Sprintf("gun-%s-%s", g.race, g.wave),
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("fire the gun of race %s, wave %s: %w", g.race, g.wave, err)
		}
	}
	return nil
}

const (
	// askAgain is between two questions whether something has come about, and catchUp how long it may take.
	askAgain = 200 * time.Millisecond
	catchUp  = 2 * time.Minute
)

var errNotStored = errors.New("the last reads are not stored yet")

// untilStored returns when a message is stored. Whoever stores a message has stored all that the stream took before it, with
// everything that follows from them.
func (t *teller) untilStored(ctx context.Context, last *timingv1.ReadBatch) error {
	return t.until(ctx, errNotStored, func(ctx context.Context) (bool, error) { return t.isStored(ctx, last) })
}

func (t *teller) isStored(ctx context.Context, batch *timingv1.ReadBatch) (bool, error) {
	n := len(batch.GetReads())
	seq := batch.GetFirstSeq() + uint64(n-1)
	request := &timingv1.ListReadsRequest{
		EventId: string(t.Event.ID), Mat: batch.GetMat(), Chip: batch.GetReads()[n-1].GetChip(), PageSize: pageSize,
	}
	for {
		page, err := t.timing.ListReads(ctx, request)
		if err != nil {
			return false, fmt.Errorf("list reads: %w", err)
		}
		for _, read := range page.GetReads() {
			if read.GetBoot() == batch.GetBoot() && read.GetSeq() == seq {
				return true, nil
			}
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return false, nil
		}
	}
}

// until asks until something is so; notYet is the error when it does not come about.
func (t *teller) until(ctx context.Context, notYet error, ask func(context.Context) (bool, error)) error {
	giveUp := time.Now().Add(catchUp)
	for {
		var so bool
		err := untilTaken(ctx, func(ctx context.Context) (err error) {
			so, err = ask(ctx)
			return err
		})
		switch {
		case err != nil || so:
			return err
		case time.Now().After(giveUp):
			return fmt.Errorf("after %v: %w", catchUp, notYet)
		case !pause(ctx, askAgain):
			return ctx.Err()
		}
	}
}

// shownClock writes a race time; before the first gun it has a minus.
func shownClock(after time.Duration) string {
	return racetime.Format(after.Truncate(time.Second), time.Second)
}
