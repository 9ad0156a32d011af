package standings

import (
	"context"
	"fmt"
	"slices"
	"time"

	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
)

// CourseRecord is an entry among the records of a course.
type CourseRecord struct {
	record.Record
	Entered
}

// Entered says which entry of all courses one is, and who made it when.
type Entered struct {
	// Number counts from 1 in the order of entry.
	Number int64
	Actor  string
	At     racetime.Instant
}

// Entering says who makes entries, when, and in whose event's audit they stand.
type Entering struct {
	Event race.EventID
	Actor string
	At    racetime.Instant
}

// Courses keeps what courses remember. Entries are never changed.
type Courses interface {
	// CourseRecords returns all entries among the records of courses, in their order.
	CourseRecords(ctx context.Context, courses []race.CourseID) ([]CourseRecord, error)
	// AddCourseRecords stores what add makes of the entries of these courses, and what was done in the audit; meanwhile nobody
	// else adds any. It returns add's errors as they are and may call it more than once.
	AddCourseRecords(
		ctx context.Context, by Entering, courses []race.CourseID, add func(before []record.Record) ([]record.Record, error),
	) ([]CourseRecord, error)
	// PastWinners returns all entries among the past winners of courses, in their order.
	PastWinners(ctx context.Context, courses []race.CourseID) ([]record.Winner, error)
	// AddPastWinners does for winners what AddCourseRecords does for records, and returns how many it stored.
	AddPastWinners(
		ctx context.Context, by Entering, courses []race.CourseID, add func(before []record.Winner) ([]record.Winner, error),
	) (int, error)
}

// The faults of entries.
var (
	ErrRecordsInvalid  = fault.New(fault.Invalid, "COURSE_RECORDS_INVALID", "the records cannot be entered so")
	ErrEditionsInvalid = fault.New(fault.Invalid, "EDITIONS_INVALID", "the winners cannot be entered so")
	ErrEntriesTooMany  = fault.New(fault.Invalid, "ENTRIES_TOO_MANY", "at most 1000 entries are taken at once")
)

// MaxEntries is how many entries are taken at once.
const MaxEntries = 1_000

// Import is what became of the entries of a file.
type Import struct {
	// Added are new; Stood had been made before.
	Added, Stood int
	// Unused are the courses, legs and distances, by their first entry, that no race of the event goes by.
	Unused []record.Key
}

// NewRecord is a record of the course of a race.
type NewRecord struct {
	Race race.ID
	// Leg is that of a relay, from 1; 0 for the whole course.
	Leg             int
	Sex             race.Sex
	Time            time.Duration
	Holder, Country string
	// Year is 0 for a record that was set in the event itself, whose finishes are then compared with the one before.
	Year   int
	Reason string
}

// RecordCourseRecord enters a record of the course of a race. The same again changes nothing and returns what was entered.
// Faults: one that says that there is no such event, ErrRaceNotFound, ErrLegNotFound, ErrRecordsInvalid.
func (s *Service) RecordCourseRecord(
	ctx context.Context, actor string, event race.EventID, n NewRecord,
) (CourseRecord, error) {
	definition, r, err := s.raceOf(ctx, event, n.Race)
	if err != nil {
		return CourseRecord{}, err
	}
	if r == nil {
		return CourseRecord{}, noRace(definition)
	}
	key := record.KeyOf(r, n.Sex)
	if n.Leg != 0 {
		var ok bool
		if key, ok = record.LegKeyOf(r, n.Leg, n.Sex); !ok {
			return CourseRecord{}, ErrLegNotFound.With(ErrLegNotFound.At("leg"))
		}
	}
	entry := record.Record{
		Run: record.Run{
			Key: key, Year: n.Year, Time: n.Time, Name: n.Holder, Country: n.Country,
		},
		Reason: n.Reason,
	}
	if n.Year == 0 {
		entry.Year, entry.SetIn = definition.Day.Year, event
	}
	added, err := s.addRecords(ctx, actor, definition, []record.Record{entry})
	if err != nil {
		return CourseRecord{}, err
	}
	if len(added) > 0 {
		return added[0], nil
	}
	entries, err := s.deps.Courses.CourseRecords(ctx, []race.CourseID{entry.Course})
	if err != nil {
		return CourseRecord{}, fmt.Errorf("read the records of %s: %w", entry.Course, err)
	}
	i := slices.IndexFunc(entries, func(e CourseRecord) bool { return e.Record == entry })
	if i < 0 {
		return CourseRecord{}, fmt.Errorf("the record of %s was entered and is not there", entry.Course)
	}
	return entries[i], nil
}

// ImportCourseRecords enters records, all or none. Those that were entered before change nothing. Faults: one that says that
// there is no such event, ErrRecordsInvalid, ErrEntriesTooMany.
func (s *Service) ImportCourseRecords(
	ctx context.Context, actor string, event race.EventID, entries []record.Record,
) (Import, error) {
	if len(entries) > MaxEntries {
		return Import{}, ErrEntriesTooMany
	}
	definition, err := s.deps.Events.EventAt(ctx, event, 0)
	if err != nil {
		return Import{}, fmt.Errorf("read the event %s: %w", event, err)
	}
	added, err := s.addRecords(ctx, actor, definition, entries)
	if err != nil {
		return Import{}, err
	}
	keys := make([]record.Key, len(entries))
	for i := range entries {
		keys[i] = entries[i].Key
	}
	return Import{Added: len(added), Stood: len(entries) - len(added), Unused: unusedOf(definition, keys)}, nil
}

func (s *Service) addRecords(
	ctx context.Context, actor string, event *race.Event, entries []record.Record,
) ([]CourseRecord, error) {
	courses := make([]race.CourseID, len(entries))
	for i := range entries {
		courses[i] = entries[i].Course
	}
	by, latest := s.entering(actor, event)
	return s.deps.Courses.AddCourseRecords(ctx, by, distinct(courses),
		func(before []record.Record) ([]record.Record, error) {
			added, problems := record.AddRecords(before, entries, latest)
			if len(problems) > 0 {
				return nil, ErrRecordsInvalid.With(violationsOf("records", "holder", problems)...)
			}
			return added, nil
		})
}

// entering returns who makes entries now, and the latest year that they may be of.
func (s *Service) entering(actor string, event *race.Event) (Entering, int) {
	now := s.deps.Now()
	return Entering{event.ID, actor, racetime.At(now)}, max(now.Year(), event.Day.Year)
}

// violationsOf names the fields at fault; name is what the field of the name is called.
func violationsOf(list, name string, problems []record.Problem) []fault.Violation {
	violations := make([]fault.Violation, len(problems))
	for i, p := range problems {
		field := p.Field
		if field == "name" {
			field = name
		}
		violations[i] = fault.Violation{Path: fmt.Sprintf("%s[%d].%s", list, p.Index, field), Reason: p.Reason, Message: p.Message}
	}
	return violations
}

// CourseRecords returns the records of the courses of one race, or of all where the id is empty, in the order of the event, a
// relay's before those of its legs, and of F, M, X: those that stand; with history all entries, each race's and leg's in their
// order. Faults: one that says that there is no such event, ErrRaceNotFound.
func (s *Service) CourseRecords(
	ctx context.Context, event race.EventID, raceID race.ID, history bool,
) ([]CourseRecord, error) {
	definition, _, err := s.raceOf(ctx, event, raceID)
	if err != nil {
		return nil, err
	}
	entries, err := s.deps.Courses.CourseRecords(ctx, coursesOf(definition))
	if err != nil {
		return nil, fmt.Errorf("read the course records of %s: %w", event, err)
	}
	var shown []CourseRecord
	for _, of := range coursesRun(definition, raceID) {
		var own []CourseRecord
		for _, e := range entries {
			if of == openKey(e.Key) {
				own = append(own, e)
			}
		}
		if !history {
			own = standingOf(own)
		}
		shown = append(shown, own...)
	}
	return shown, nil
}

// sexes are those that have records, in the order of lists.
var sexes = [...]race.Sex{race.Female, race.Male, race.X}

// standingOf returns the last entry of each sex.
func standingOf(entries []CourseRecord) []CourseRecord {
	var standing []CourseRecord
	for _, sex := range sexes {
		for i := len(entries) - 1; i >= 0; i-- {
			if entries[i].Sex == sex {
				standing = append(standing, entries[i])
				break
			}
		}
	}
	return standing
}

// raceOf returns the newest definition of an event and a race of it, nil where its id is empty. Faults: one that says that there
// is no such event, ErrRaceNotFound.
func (s *Service) raceOf(ctx context.Context, event race.EventID, raceID race.ID) (*race.Event, *race.Race, error) {
	definition, err := s.deps.Events.EventAt(ctx, event, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("read the event %s: %w", event, err)
	}
	r := definition.Race(raceID)
	if r == nil && raceID != "" {
		return nil, nil, noRace(definition)
	}
	return definition, r, nil
}

// coursesRun returns what records are kept for of one race, or of all where the id is empty, each once; their sex is open.
func coursesRun(event *race.Event, raceID race.ID) []record.Key {
	var courses []record.Key
	for i := range event.Races {
		if raceID != "" && event.Races[i].ID != raceID {
			continue
		}
		for _, of := range recordsKept(&event.Races[i]) {
			if !slices.Contains(courses, of) {
				courses = append(courses, of)
			}
		}
	}
	return courses
}

// recordsKept returns what records are kept for of a race: the whole course, then the legs of a relay; their sex is open.
func recordsKept(r *race.Race) []record.Key {
	kept := []record.Key{record.KeyOf(r, race.SexUnknown)}
	for leg := 1; ; leg++ {
		key, ok := record.LegKeyOf(r, leg, race.SexUnknown)
		if !ok {
			return kept
		}
		kept = append(kept, key)
	}
}

// openKey returns a key whose sex is open.
func openKey(k record.Key) record.Key {
	k.Sex = race.SexUnknown
	return k
}

// coursesOf returns the courses that the races of an event go by, each once.
func coursesOf(event *race.Event) []race.CourseID {
	var courses []race.CourseID
	for i := range event.Races {
		courses = append(courses, event.Races[i].RecordsOf())
	}
	return distinct(courses)
}

// unusedOf returns the courses, legs and distances that no race of an event goes by, in their order; their sex is open.
func unusedOf(event *race.Event, keys []record.Key) []record.Key {
	run := coursesRun(event, "")
	var unused []record.Key
	for _, k := range keys {
		k = openKey(k)
		if !slices.Contains(run, k) && !slices.Contains(unused, k) {
			unused = append(unused, k)
		}
	}
	return unused
}

func distinct(courses []race.CourseID) []race.CourseID {
	slices.Sort(courses)
	return slices.Compact(courses)
}

func recordsOf(entries []CourseRecord) []record.Record {
	records := make([]record.Record, len(entries))
	for i := range entries {
		records[i] = entries[i].Record
	}
	return records
}
