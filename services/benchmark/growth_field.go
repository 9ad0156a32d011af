package benchmark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// growthFile is an event whose one race takes fields of any size: waves start all morning, so that there are starts, splits
// and finishes at all times.
const growthFile = `
id: growth
name: Growth
day: "2026-09-27"
time_zone: Asia/Almaty
currency: KZT
points: [{id: line}, {id: k5}, {id: k10}, {id: k15}]
mats: [{id: line-a, point: line}, {id: k5-a, point: k5}, {id: k10-a, point: k10}, {id: k15-a, point: k15}]
races:
  - id: half
    name: Half marathon
    format: HALF_MARATHON
    capacity: 999999
    registration: {hold: 35m}
    fees: [{amount: 20000}]
    waves:
      - {id: A, gun: "2026-09-27T07:00:00+05:00", bibs: ["100000-199999"]}
      - {id: B, gun: "2026-09-27T07:30:00+05:00", bibs: ["200000-299999"]}
      - {id: C, gun: "2026-09-27T08:00:00+05:00", bibs: ["300000-399999"]}
      - {id: D, gun: "2026-09-27T08:30:00+05:00", bibs: ["400000-499999"]}
      - {id: E, gun: "2026-09-27T09:00:00+05:00", bibs: ["500000-599999"]}
      - {id: F, gun: "2026-09-27T09:30:00+05:00", bibs: ["600000-699999"]}
      - {id: G, gun: "2026-09-27T10:00:00+05:00", bibs: ["700000-799999"]}
      - {id: H, gun: "2026-09-27T10:30:00+05:00", bibs: ["800000-899999"]}
    course:
      - {point: line, at_metres: 0}
      - {point: k5, at_metres: 5000}
      - {point: k10, at_metres: 10000}
      - {point: k15, at_metres: 15000}
      - {point: line, at_metres: 21097.5, cut_off: {after_start: 11100s}}
    classifications:
      - {id: overall, basis: GUN}
      - {id: sex, by: [SEX], basis: GUN}
      - {id: age, by: [SEX, AGE], bands: [18, 35, 40, 45, 50, 55, 60, 65, 70], basis: NET}
`

// crossing is a chip at a mat.
type crossing struct {
	mat, chip string
	at        time.Time
}

// growthField is a field of one size on a server of its own: that of one event, or of several alike.
type growthField struct {
	server   *Server
	entrants int
	events   []*growthEvent
	// parts are the day in its order.
	parts []growthPart
}

// growthPart is a part of a day: who comes by on the course, and who finishes.
type growthPart struct{ course, finish []crossing }

// growthEvent is an event and what has become of it so far.
type growthEvent struct {
	id race.EventID
	// messages counts those of all mats, seqs the reads of each.
	messages int
	seqs     map[string]uint64
	office   *frontend
	// entered counts those who entered while others ran.
	entered int
}

// newGrowthField opens events alike with so many entrants and makes up their day in parts. late is how many more will enter
// each.
func newGrowthField(
	ctx context.Context, s *Server, formats Formats, entrants, events, parts, late int,
) (*growthField, error) {
	f := &growthField{server: s, entrants: entrants, parts: make([]growthPart, parts)}
	var d *day
	for n := range events {
		id := race.EventID(fmt.Sprintf("growth-%d", n))
		var people []race.Person
		var err error
		if d, people, err = growthDay(formats, id, entrants, late); err != nil {
			return nil, err
		}
		if err := s.open(ctx, d, formats); err != nil {
			return nil, err
		}
		office := newFrontend([]*grpc.ClientConn{s.Conn}, people, id)
		f.events = append(f.events, &growthEvent{id: id, seqs: map[string]uint64{}, office: office})
	}
	f.record(d)
	return f, nil
}

// growthDay makes up who runs and who enters late.
func growthDay(formats Formats, id race.EventID, entrants, late int) (*day, []race.Person, error) {
	d := &day{eventFile: bytes.Replace([]byte(growthFile), []byte("id: growth"), []byte("id: "+id), 1)}
	var err error
	if d.event, err = formats.ParseEvent(d.eventFile); err != nil {
		return nil, nil, fmt.Errorf("parse the event: %w", err)
	}
	all := rehearsal.NewField(seed, d.event, entrants+late, 0)
	var people []race.Person
	for _, p := range all.Persons[entrants:] {
		people = append(people, p.Person)
	}
	all.Persons = all.Persons[:entrants]
	d.roster, err = all.Roster(d.event)
	return d, people, err
}

// record makes up who comes by where. On a perfect day the nth crossing of a chip is its nth visit.
func (f *growthField) record(d *day) {
	recording := rehearsal.Record(seed, d.event, d.roster, rehearsal.Conditions{BatchReads: 1})
	course, visits, n := len(d.event.Races[0].Course), map[string]int{}, 0
	for delivery := range recording.Deliveries() {
		read := delivery.Batch.GetReads()[0]
		c := crossing{delivery.Batch.GetMat(), read.GetChip(), read.GetAt().AsTime()}
		part := &f.parts[n*len(f.parts)/recording.Reads()]
		n++
		if visits[c.chip]++; visits[c.chip] == course {
			part.finish = append(part.finish, c)
		} else {
			part.course = append(part.course, c)
		}
	}
}

func (f *growthField) event(portion int) *growthEvent { return f.events[portion%len(f.events)] }

// catchUp stores what comes in a part of the day before that which is measured.
func (f *growthField) catchUp(ctx context.Context, m measured) error {
	if err := f.server.rest(ctx); err != nil {
		return err
	}
	part := &f.parts[m.part]
	course, _ := split(part.course, m.crossings*m.ofEvent(f))
	finish, _ := split(part.finish, m.finishes)
	before := slices.Concat(course, finish)
	slices.SortFunc(before, func(a, b crossing) int { return a.at.Compare(b.at) })
	for _, e := range f.events {
		if _, err := f.send(ctx, e, before, hasDerived); err != nil {
			return err
		}
	}
	return nil
}

// Nothing on the course shifts a rank: what follows is stored with the reads.
const hasStored = `
SELECT sequence >= @sequence
FROM timing.positions
WHERE event = @event
  AND retired_at IS NULL`

// read measures a portion of the reads on the course.
func (f *growthField) read(ctx context.Context, m measured, portion int) (time.Duration, error) {
	_, course := split(f.parts[m.part].course, m.crossings*m.ofEvent(f))
	first := portion / len(f.events) * m.crossings
	return f.send(ctx, f.event(portion), course[first:first+m.crossings], hasStored)
}

// finish measures the finishes, those of the first event.
func (f *growthField) finish(ctx context.Context, m measured) (took time.Duration, err error) {
	_, finish := split(f.parts[m.part].finish, m.finishes)
	for i, e := range f.events {
		sent, err := f.send(ctx, e, finish, hasDerived)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			took = sent
		}
	}
	return took, nil
}

// split takes the last n from crossings.
func split(crossings []crossing, n int) (before, last []crossing) {
	return crossings[:len(crossings)-n], crossings[len(crossings)-n:]
}

// send publishes what the mats read of crossings, and waits until it is stored with what a query asks for. It returns how
// long both took.
func (f *growthField) send(ctx context.Context, e *growthEvent, crossings []crossing, until string) (time.Duration, error) {
	messages, err := e.messagesOf(crossings)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := publish(ctx, f.server.JetStream, messages); err != nil {
		return 0, err
	}
	err = f.server.wait(ctx, until, pgx.StrictNamedArgs{"event": e.id, "sequence": e.messages})
	return time.Since(began), err
}

const (
	// readsEach is how often a chip is read that crosses a mat.
	readsEach = 4
	// betweenReads is the time between two of these reads.
	betweenReads = 100 * time.Millisecond
)

// messagesOf returns what mats send of crossings.
func (e *growthEvent) messagesOf(crossings []crossing) ([]*nats.Msg, error) {
	var batches []*timingv1.ReadBatch
	open := map[string]*timingv1.ReadBatch{}
	for _, c := range crossings {
		batch := open[c.mat]
		if batch == nil || len(batch.Reads)+readsEach > batchReads {
			batch = &timingv1.ReadBatch{Event: string(e.id), Mat: c.mat, Boot: liveBoot, FirstSeq: e.seqs[c.mat] + 1}
			open[c.mat], batches = batch, append(batches, batch)
		}
		for i := range readsEach {
			at := timestamppb.New(c.at.Add(time.Duration(i) * betweenReads))
			batch.Reads = append(batch.Reads, &timingv1.Read{Chip: c.chip, At: at})
		}
		e.seqs[c.mat] += readsEach
	}
	messages := make([]*nats.Msg, len(batches))
	for i, batch := range batches {
		data, err := proto.Marshal(batch)
		if err != nil {
			return nil, fmt.Errorf("encode reads: %w", err)
		}
		messages[i] = &nats.Msg{Subject: "reads." + string(e.id) + "." + batch.GetMat(), Data: data}
	}
	e.messages += len(messages)
	return messages, nil
}

// enter lets so many enter an event at once, and returns how long it took until all of them had a place.
func (e *growthEvent) enter(ctx context.Context, persons int) (time.Duration, error) {
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for person := e.entered; person < e.entered+persons; person++ {
		group.Go(func() error {
			full, err := e.office.enter(ctx, 0, person)
			if err == nil && full {
				err = errors.New("the race is full")
			}
			return err
		})
	}
	e.entered += persons
	err := group.Wait()
	return time.Since(began), err
}
