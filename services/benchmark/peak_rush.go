package benchmark

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rehearsal"
)

//go:embed peak.yaml
var peakFile []byte

// peakConditions are those of a field that all comes home. A mat sends what it has when that is a hundred reads or two
// seconds old.
func peakConditions() rehearsal.Conditions {
	return rehearsal.Conditions{
		MinReads: 2, MaxReads: 3, BackupEarly: 400 * time.Millisecond, BackupLate: 400 * time.Millisecond, BeforeGun: 0.08,
		BatchReads: batchReads, BatchTime: 2 * time.Second,
	}
}

// rushes are the messages of a race day in the order in which they are published, without those behind the peak of the finish.
type rushes struct {
	// early are those before the first gun, start those at the start.
	early, start []timed
	// before are those on the course and of who is home before the peak, finish those of the peak.
	before, finish []timed
}

// timed is a message that is due at a time after the first of its rush.
type timed struct {
	*nats.Msg
	due   time.Duration
	reads int
	// finishers have not been read at the finish before.
	finishers []change
}

// rushes makes up the race and divides what the mats sent.
func (b *PeakBench) rushes() (*day, *rushes, error) {
	d, err := newField(b.Formats, "bench-peak", peakFile, b.Entrants)
	if err != nil {
		return nil, nil, err
	}
	d.recording = rehearsal.Record(seed, d.event, d.roster, peakConditions())
	var r rushes
	var home []timed
	finished := d.finishes()
	for delivery := range d.recording.Deliveries() {
		data, err := proto.Marshal(delivery.Batch)
		if err != nil {
			return nil, nil, fmt.Errorf("encode reads: %w", err)
		}
		mat := delivery.Batch.GetMat()
		m := timed{Msg: &nats.Msg{Subject: "reads." + string(d.event.ID) + "." + mat, Data: data}, reads: len(delivery.Batch.GetReads())}
		switch {
		case delivery.After < 0:
			r.early = append(r.early, m)
		case strings.HasPrefix(mat, "start"):
			m.due = delivery.After * time.Duration(b.StartSeconds) / startSeconds
			r.start = append(r.start, m)
		case strings.HasPrefix(mat, "finish"):
			m.finishers = finished(delivery.Batch)
			home = append(home, m)
		default:
			r.before = append(r.before, m)
		}
	}
	peak := b.FinishersPerSecond * b.FinishSeconds
	before, home := firstFinishers(home, (len(d.roster)-peak)/2)
	r.before = append(r.before, before...)
	r.finish, _ = firstFinishers(home, peak)
	finishers := 0
	for i := range r.finish {
		r.finish[i].due = time.Duration(finishers) * time.Second / time.Duration(b.FinishersPerSecond)
		finishers += len(r.finish[i].finishers)
	}
	return d, &r, nil
}

// finishes returns what finds those in batches of the finish who were in none before.
func (d *day) finishes() func(*timingv1.ReadBatch) []change {
	bibs := map[string]string{} // of who is still out, by chip
	for i := range d.roster {
		bibs[d.roster[i].Chips[0]] = string(d.roster[i].Bib)
	}
	finish := int32(len(d.event.Races[0].Course) - 1)
	return func(batch *timingv1.ReadBatch) []change {
		var finishers []change
		for _, read := range batch.GetReads() {
			if bib, out := bibs[read.GetChip()]; out {
				finishers = append(finishers, change{bib, finish})
				delete(bibs, read.GetChip())
			}
		}
		return finishers
	}
}

// firstFinishers divides messages behind the one with the nth finisher.
func firstFinishers(messages []timed, n int) (first, rest []timed) {
	for i := range messages {
		if n <= 0 {
			return messages[:i], messages[i:]
		}
		n -= len(messages[i].finishers)
	}
	return messages, nil
}

func countFinishers(messages []timed) int {
	n := 0
	for i := range messages {
		n += len(messages[i].finishers)
	}
	return n
}
