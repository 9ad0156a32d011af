package rehearsal

import (
	"context"
	"io"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/timing"
)

// Reads returns the reads of the message, chips as the controller wrote them.
func (d Delivery) Reads() []timing.Read {
	reads := make([]timing.Read, len(d.Batch.GetReads()))
	for i, read := range d.Batch.GetReads() {
		reads[i] = timing.Read{
			Mat: race.MatID(d.Batch.GetMat()), Boot: d.Batch.GetBoot(), Seq: d.Batch.GetFirstSeq() + uint64(i),
			Chip: race.Chip(read.GetChip()), At: racetime.At(read.GetAt().AsTime()),
			RSSIDBm: read.GetRssi(), HasRSSI: true, Antenna: read.GetAntenna(), HasAntenna: true,
		}
	}
	return reads
}

// WriteReads writes the reads as a reads.csv in the order in which they arrive, those that are sent again once more.
func (r *Recording) WriteReads(w io.Writer) error {
	out := timing.NewReadsWriter(w)
	for d := range r.Deliveries() {
		for _, read := range d.Reads() {
			if err := out.Write(read); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// Play publishes the messages in the order in which they arrive and as far apart, speed times faster; at speed 0 at once. The
// reads of a message are publish's until it returns.
func (r *Recording) Play(ctx context.Context, speed float64, publish func(context.Context, []timing.Read) error) error {
	clock := raceClock{began: time.Now(), from: r.Begin(), speed: speed}
	for d := range r.Deliveries() {
		if speed > 0 && !clock.wait(ctx, d.After) {
			return ctx.Err()
		}
		if err := publish(ctx, d.Reads()); err != nil {
			return err
		}
	}
	return nil
}
