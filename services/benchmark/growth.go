package benchmark

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
)

// GrowthBench measures whether a read and an entry cost more where the field is larger. Three fields, the largest, a tenth
// and a hundredth of it, have a server each, in a process of its own, and the same day. Of each part of the day as many
// reads are measured in every field, in the same portions and by turns; what else the larger fields read in that part is
// stored before. So that the smaller fields have enough, they are those of several events alike, a portion or some each.
//
// The reads are those on the course, of which passings and results follow: what they cost is all that the scorer's
// transaction writes. A finish shifts ranks, and with a larger field more of them, whoever writes them: that is bounded by
// the second in which they are written once, not by the field. It is measured apart, from the publishing of as many
// finishes in each field until every rank stands, and has no reach.
//
// Entries come through the call of a registration frontend, as many at once in each field.
//
// The floor is the smallest field.
type GrowthBench struct {
	// Start runs a server in a process of its own.
	Start   Start
	Formats Formats
	// Entrants are those of the largest field.
	Entrants int
	// Portions are measured in each run.
	Portions int
	Runs     int
	Show     Show
}

// enterAtOnce is how many enter in a portion.
const enterAtOnce = 50

// GrowthFigures are what a GrowthBench finds.
type GrowthFigures struct {
	// Fields are the smallest first.
	Fields []FieldFigures `json:"fields"`
	// Reads, Finishes and Entries are those that were measured in each field.
	Reads    int `json:"reads"`
	Finishes int `json:"finishes"`
	Entries  int `json:"entries"`
	// ReadTimesFloor and EntryTimesFloor are the largest field by the smallest: less is better.
	ReadTimesFloor  Ratio `json:"read_times_floor"`
	EntryTimesFloor Ratio `json:"entry_times_floor"`
	Runs            int   `json:"runs"`
}

// FieldFigures are those of one field.
type FieldFigures struct {
	Entrants int `json:"entrants"`
	// The microseconds of a read on the course, published until it is stored with what follows, and of an entry.
	ReadMicroseconds  float64 `json:"read_microseconds"`
	EntryMicroseconds float64 `json:"entry_microseconds"`
	// FinishMilliseconds pass until all ranks stand that the finishes of a run shift.
	FinishMilliseconds float64 `json:"finish_milliseconds"`
}

// String shows the figures on one line.
func (f GrowthFigures) String() string {
	var fields []string
	for _, field := range f.Fields {
		fields = append(fields, fmt.Sprintf("%d entrants: %.1f µs a read, %.0f µs an entry, ranks of finishes %.0f ms",
			field.Entrants, field.ReadMicroseconds, field.EntryMicroseconds, field.FinishMilliseconds))
	}
	return fmt.Sprintf("growth: %s: a read %v ×, an entry %v ×, in %d runs of altogether %d reads, %d entries and %d finishes each",
		strings.Join(fields, "; "), f.ReadTimesFloor, f.EntryTimesFloor, f.Runs, f.Reads, f.Entries, f.Finishes)
}

// Reaches returns what is to be met.
func (f GrowthFigures) Reaches() []Reach {
	return []Reach{
		atMost("times the floor's read", f.ReadTimesFloor.Median, 1.25),
		atMost("times the floor's entry", f.EntryTimesFloor.Median, 1.25),
	}
}

// Run measures.
func (b *GrowthBench) Run(ctx context.Context) (GrowthFigures, error) {
	return b.with(ctx, nil, b.Entrants/100, b.Entrants/10, b.Entrants)
}

// with starts a server for each further field and measures when all are there.
func (b *GrowthBench) with(ctx context.Context, fields []*growthField, further ...int) (figures GrowthFigures, err error) {
	if len(further) == 0 {
		return b.measure(ctx, fields)
	}
	events := eventsOf(b.Portions, b.Entrants/100, further[0])
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		b.Show("importing %d entrants", further[0])
		late := (b.Runs + 1) * enterAtOnce * b.Portions / events
		field, err := newGrowthField(ctx, &s, b.Formats, further[0], events, b.Runs+1, late)
		if err != nil {
			return err
		}
		figures, err = b.with(ctx, append(fields, field), further[1:]...)
		return err
	})
	return figures, err
}

// eventsOf returns how many events a field of so many entrants has: as many as go into the smallest field, as far as each can
// have the same number of the portions.
func eventsOf(portions, smallest, entrants int) int {
	events := max(1, portions*smallest/entrants)
	for portions%events > 0 {
		events--
	}
	return events
}

// cost is what a read and an entry of a run took in a field, and all its finishes.
type cost struct{ read, entry, finishes time.Duration }

func (b *GrowthBench) measure(ctx context.Context, fields []*growthField) (GrowthFigures, error) {
	figures, costs := GrowthFigures{Runs: b.Runs}, make([][]cost, len(fields))
	for run := range b.Runs + 1 {
		m := measuredOf(fields, run, b.Portions)
		b.Show("run %d of %d: what comes before", run, b.Runs)
		for _, f := range fields {
			if err := f.catchUp(ctx, m); err != nil {
				return figures, err
			}
		}
		b.Show("run %d of %d: what is measured", run, b.Runs)
		took, err := m.costs(ctx, fields)
		if err != nil {
			return figures, err
		}
		if run == 0 {
			continue
		}
		figures.Reads, figures.Finishes = figures.Reads+m.reads(), figures.Finishes+m.finishes
		figures.Entries += enterAtOnce * b.Portions
		for i := range fields {
			costs[i] = append(costs[i], took[i])
		}
	}
	var read, entry [][]time.Duration
	for i, f := range fields {
		read = append(read, each(costs[i], func(c cost) time.Duration { return c.read }))
		entry = append(entry, each(costs[i], func(c cost) time.Duration { return c.entry }))
		finishes := each(costs[i], func(c cost) time.Duration { return c.finishes })
		figures.Fields = append(figures.Fields, FieldFigures{
			Entrants: f.entrants, FinishMilliseconds: milliseconds(median(finishes)),
			ReadMicroseconds: microseconds(median(read[i])), EntryMicroseconds: microseconds(median(entry[i])),
		})
	}
	figures.ReadTimesFloor = turns{work: read[len(read)-1], floor: read[0]}.timesFloor()
	figures.EntryTimesFloor = turns{work: entry[len(entry)-1], floor: entry[0]}.timesFloor()
	return figures, nil
}

func each(costs []cost, of func(cost) time.Duration) []time.Duration {
	var times []time.Duration
	for _, c := range costs {
		times = append(times, of(c))
	}
	return times
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// measured is how much of a part of the day is measured in every field: the last of a part that its smallest field has.
type measured struct {
	part int
	// crossings are those on the course in each of the portions, finishes all.
	crossings, finishes int
	portions            int
}

func measuredOf(fields []*growthField, part, portions int) measured {
	m := measured{part, math.MaxInt, math.MaxInt, portions}
	for _, f := range fields {
		m.crossings = min(m.crossings, len(f.parts[part].course)/m.ofEvent(f))
		m.finishes = min(m.finishes, len(f.parts[part].finish))
	}
	return m
}

// ofEvent is how many of the portions are of each event of a field.
func (m measured) ofEvent(f *growthField) int { return m.portions / len(f.events) }

// reads is the number of reads in all portions.
func (m measured) reads() int { return m.crossings * m.portions * readsEach }

// costs measures every field, by turns.
func (m measured) costs(ctx context.Context, fields []*growthField) ([]cost, error) {
	costs := make([]cost, len(fields))
	for portion := range m.portions {
		for i, f := range fields {
			took, err := f.read(ctx, m, portion)
			if err != nil {
				return nil, err
			}
			costs[i].read += took
		}
	}
	for portion := range m.portions {
		for i, f := range fields {
			took, err := f.event(portion).enter(ctx, enterAtOnce)
			if err != nil {
				return nil, err
			}
			costs[i].entry += took
		}
	}
	for i, f := range fields {
		took, err := f.finish(ctx, m)
		if err != nil {
			return nil, err
		}
		costs[i] = cost{costs[i].read / time.Duration(m.reads()), costs[i].entry / time.Duration(enterAtOnce*m.portions), took}
	}
	return costs, nil
}
