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

// Mark says that a finish beats or equals the record of the course.
type Mark struct {
	// Kind is record.Beats or record.Equals.
	Kind record.Kind
	// Official means that the newest version of a list of the race is OFFICIAL or AMENDED and ranks the finish with the times
	// that it has.
	Official bool
	// Record is what the finish is compared with.
	Record record.Record
}

// PublishedFinish is a finish in a list that is OFFICIAL or AMENDED, with what was shown of it.
type PublishedFinish struct {
	Race                 race.ID
	Bib                  race.Bib
	Gun, Penalty, Ranked string
}

// FasterThan asks for the finishes of a race that are not slower than a time from the gun, before penalties.
type FasterThan struct {
	Race race.ID
	Time time.Duration
}

// marks are what finishes of a race are marked by; nil where no course record is known. They do not change.
type marks struct {
	bySex map[race.Sex]*sexMarks
	// published are the finishes in official lists that may beat a record.
	published map[publishedTime]bool
}

// sexMarks are the marks of one record, made once: rows with the same mark have the same pointer.
type sexMarks struct {
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

func newMarks(r *race.Race, standing map[record.Key]record.Record, published []PublishedFinish) *marks {
	m := &marks{bySex: map[race.Sex]*sexMarks{}, published: map[publishedTime]bool{}}
	for _, sex := range []race.Sex{race.Female, race.Male, race.X} {
		if stands, ok := standing[record.KeyOf(r, sex)]; ok {
			m.bySex[sex] = &sexMarks{
				record: stands,
				beats:  [2]Mark{{record.Beats, false, stands}, {record.Beats, true, stands}},
				equals: [2]Mark{{record.Equals, false, stands}, {record.Equals, true, stands}},
			}
		}
	}
	if len(m.bySex) == 0 {
		return nil
	}
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
	sex, ok := m.bySex[res.Sex]
	if !ok {
		return nil
	}
	var of *[2]Mark
	switch record.Compare(r, res, sex.record.Time) {
	case record.Beats:
		of = &sex.beats
	case record.Equals:
		of = &sex.equals
	default:
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

// equal reports whether two marks say the same of every finish.
func (m *marks) equal(o *marks) bool {
	if m == nil || o == nil {
		return m == o
	}
	same := func(a, b *sexMarks) bool { return a.record == b.record }
	return maps.EqualFunc(m.bySex, o.bySex, same) && maps.Equal(m.published, o.published)
}

// keep takes over the marks of records that stay the same, so that rows stay the same too.
func (m *marks) keep(before *marks) {
	if m == nil || before == nil {
		return
	}
	for sex, was := range before.bySex {
		if is, ok := m.bySex[sex]; ok && is.record == was.record {
			m.bySex[sex] = was
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
	var faster []FasterThan
	for i := range event.Races {
		if slowest := slowestOf(&event.Races[i], standing); slowest > 0 {
			faster = append(faster, FasterThan{event.Races[i].ID, slowest})
		}
	}
	if faster == nil {
		return nil, stamp, nil
	}
	published, err := store.PublishedFinishes(ctx, event.ID, faster)
	if err != nil {
		return nil, 0, fmt.Errorf("read the finishes in official lists of %s: %w", event.ID, err)
	}
	byRace := map[race.ID]*marks{}
	for i := range event.Races {
		r := &event.Races[i]
		byRace[r.ID] = newMarks(r, standing, published)
	}
	return byRace, stamp, nil
}

// slowestOf returns the slowest of the records that finishes of a race are compared with; 0 where there is none.
func slowestOf(r *race.Race, standing map[record.Key]record.Record) (slowest time.Duration) {
	for _, sex := range []race.Sex{race.Female, race.Male, race.X} {
		slowest = max(slowest, standing[record.KeyOf(r, sex)].Time)
	}
	return slowest
}

// Shown writes the record as it is published.
func (m *Mark) Shown() string { return racetime.Format(m.Record.Time, time.Second) }
