package standings

import (
	"context"
	"fmt"
	"maps"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/rules/result"
)

// Mark says that a finish, or a leg of a relay, beats or equals its record.
type Mark struct {
	// Kind is record.Beats or record.Equals.
	Kind record.Kind
	// Official means that the newest version of a list of the race is OFFICIAL or AMENDED and ranks the finish, or the leg, with
	// the times that it has.
	Official bool
	// Record is what it is compared with.
	Record record.Record
}

// PublishedFinish is a finish in a list that is OFFICIAL or AMENDED, with what was shown of it.
type PublishedFinish struct {
	Race                 race.ID
	Bib                  race.Bib
	Gun, Penalty, Ranked string
}

// FasterThan asks for the finishes of a race that are not slower than a time from the gun, before penalties; with a leg, from 1,
// for those who ran it in no more than the time.
type FasterThan struct {
	Race race.ID
	Leg  int
	Time time.Duration
}

// marks are what finishes and legs of a race are marked by; nil where no record is known. They do not change.
type marks struct {
	byKey map[markKey]*recordMarks
	// published are the finishes in official lists that may beat a record, publishedLegs the legs.
	published     map[publishedTime]bool
	publishedLegs map[publishedLegTime]bool
}

// markKey is the key of a record within a race; leg is 0 for the whole course.
type markKey struct {
	leg int
	sex race.Sex
}

// recordMarks are the marks of one record, made once: rows with the same mark have the same pointer.
type recordMarks struct {
	record record.Record
	// beats and equals are first unofficial, then official.
	beats, equals [2]Mark
}

// publishedTime is what must still be shown of a finish for a list to have published it. Time is a person's from the gun, a
// team's by its legs and with penalties.
type publishedTime struct {
	bib           race.Bib
	time, penalty string
}

func newMarks(
	r *race.Race, standing map[record.Key]record.Record, published []PublishedFinish, publishedLegs []PublishedLeg,
) *marks {
	m := &marks{
		byKey: map[markKey]*recordMarks{}, published: map[publishedTime]bool{}, publishedLegs: map[publishedLegTime]bool{},
	}
	for _, key := range recordsKept(r) {
		for _, sex := range sexes {
			key.Sex = sex
			if stands, ok := standing[key]; ok {
				m.byKey[markKey{key.Leg, sex}] = &recordMarks{
					record: stands,
					beats:  [2]Mark{{record.Beats, false, stands}, {record.Beats, true, stands}},
					equals: [2]Mark{{record.Equals, false, stands}, {record.Equals, true, stands}},
				}
			}
		}
	}
	if len(m.byKey) == 0 {
		return nil
	}
	m.addPublishedLegs(r, publishedLegs)
	for _, p := range published {
		if p.Race == r.ID {
			shown := p.Gun
			if r.Team != nil {
				shown = p.Ranked
			}
			m.published[publishedTime{p.Bib, shown, p.Penalty}] = true
		}
	}
	return m
}

// of returns the mark of a result, nil where it has none.
func (m *marks) of(res *result.Result, r *race.Race) *Mark {
	if m == nil || res.Status != result.Finished {
		return nil
	}
	key, ok := m.byKey[markKey{sex: res.Sex}]
	if !ok {
		return nil
	}
	of := key.of(record.Compare(r, res, key.record.Time))
	if of == nil {
		return nil
	}
	shown := result.Shown(res.Gun, r)
	if r.Team != nil {
		shown = result.Shown(res.Time(race.Gun), r)
	}
	if m.published[publishedTime{res.Bib, shown, shownPenalty(res, r)}] {
		return &of[1]
	}
	return &of[0]
}

// of returns the marks of a kind; nil where what is slower has none.
func (m *recordMarks) of(kind record.Kind) *[2]Mark {
	switch kind {
	case record.Beats:
		return &m.beats
	case record.Equals:
		return &m.equals
	default:
		return nil
	}
}

// equal reports whether two marks say the same of every finish and leg.
func (m *marks) equal(o *marks) bool {
	if m == nil || o == nil {
		return m == o
	}
	same := func(a, b *recordMarks) bool { return a.record == b.record }
	return maps.EqualFunc(m.byKey, o.byKey, same) && maps.Equal(m.published, o.published) &&
		maps.Equal(m.publishedLegs, o.publishedLegs)
}

// keep takes over the marks of records that stay the same, so that rows stay the same too.
func (m *marks) keep(before *marks) {
	if m == nil || before == nil {
		return
	}
	for key, was := range before.byKey {
		if is, ok := m.byKey[key]; ok && is.record == was.record {
			m.byKey[key] = was
		}
	}
}

// SetMarks has the finishes of races marked by other records or official lists. Watches are told of rows whose mark changed.
func (b *Board) SetMarks(byRace map[race.ID]*marks) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, f := range b.fields {
		m := byRace[id]
		if f.marks.equal(m) {
			continue
		}
		m.keep(f.marks)
		f.marks, f.markedAt = m, b.version
		for _, l := range f.lists {
			l.terms.marks.Store(m)
			l.touch(b.version)
		}
		f.touch()
	}
}

// readMarks reads what the finishes of an event are marked by, and the stamp that it has at least.
func readMarks(ctx context.Context, store Store, event *race.Event) (map[race.ID]*marks, int64, error) {
	// What is entered or published meanwhile gives the next stamp.
	stamp, err := store.MarkStamp(ctx, event.ID)
	if err != nil {
		return nil, 0, fmt.Errorf("read the stamp of the marks of %s: %w", event.ID, err)
	}
	entries, err := store.CourseRecords(ctx, coursesOf(event))
	if err != nil {
		return nil, 0, fmt.Errorf("read the course records of %s: %w", event.ID, err)
	}
	standing := record.Standing(recordsOf(entries), event.ID, event.Day.Year)
	finishes, legs := fasterThan(event, standing)
	var published []PublishedFinish
	if finishes != nil {
		if published, err = store.PublishedFinishes(ctx, event.ID, finishes); err != nil {
			return nil, 0, fmt.Errorf("read the finishes in official lists of %s: %w", event.ID, err)
		}
	}
	var publishedLegs []PublishedLeg
	if legs != nil {
		if publishedLegs, err = store.PublishedLegs(ctx, event.ID, legs); err != nil {
			return nil, 0, fmt.Errorf("read the legs in official lists of %s: %w", event.ID, err)
		}
	}
	byRace := map[race.ID]*marks{}
	for i := range event.Races {
		r := &event.Races[i]
		byRace[r.ID] = newMarks(r, standing, published, publishedLegs)
	}
	return byRace, stamp, nil
}

// fasterThan returns the slowest of the records that finishes of each race, and those that each leg, are compared with.
func fasterThan(event *race.Event, standing map[record.Key]record.Record) (finishes, legs []FasterThan) {
	for i := range event.Races {
		for _, key := range recordsKept(&event.Races[i]) {
			var slowest time.Duration
			for _, sex := range sexes {
				key.Sex = sex
				slowest = max(slowest, standing[key].Time)
			}
			asked := FasterThan{event.Races[i].ID, key.Leg, slowest}
			switch {
			case slowest == 0: // there is none
			case key.Leg == 0:
				finishes = append(finishes, asked)
			default:
				legs = append(legs, asked)
			}
		}
	}
	return finishes, legs
}

// Shown writes the record as it is published.
func (m *Mark) Shown() string { return racetime.Format(m.Record.Time, time.Second) }
