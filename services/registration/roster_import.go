package registration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"time"

	"raceday/services/csvtable"
	"raceday/services/fault"
	"raceday/services/rules/race"
)

// RosterFile is a roster.csv to import.
type RosterFile struct {
	Event race.EventID
	// Content is read from its start, again if the event changes meanwhile.
	Content io.ReadSeeker
	// Replace withdraws the entries with a bib that the file does not name.
	Replace bool
}

// Imported counts what an import did.
type Imported struct {
	Added, Changed, Same int
	// Withdrawn are the bibs of the entries withdrawn by Replace, in their order.
	Withdrawn []race.Bib
}

// ImportRoster reads a roster.csv, all or nothing. A line with the race and bib of an entry changes the entry, a withdrawn
// one too; columns that the file does not have, and the members of a team of which it names none, stay as they are. Other
// lines make new entries. Lines are an organiser's facts: ages and windows of registration are not checked. Every bad line
// is a violation of ErrRosterInvalid. It returns ErrBusy, or a fault that says that there is no such event.
func (s *Service) ImportRoster(ctx context.Context, actor string, file RosterFile) (Imported, error) {
	for range competitions {
		done, err := s.importRoster(ctx, actor, file)
		if err == nil {
			return done, nil
		}
		if !errors.Is(err, ErrReferenceTaken) && !errors.Is(err, ErrEventChanged) {
			return Imported{}, rosterFault(err)
		}
	}
	return Imported{}, ErrBusy
}

// importRoster reads the file by the event as it stands and imports it, unless another version is applied meanwhile.
func (s *Service) importRoster(ctx context.Context, actor string, file RosterFile) (Imported, error) {
	event, version, err := s.events.EventVersion(ctx, file.Event)
	if err != nil {
		return Imported{}, err
	}
	if _, err := file.Content.Seek(0, io.SeekStart); err != nil {
		return Imported{}, fmt.Errorf("go to the start of the file: %w", err)
	}
	read, err := readRoster("roster.csv", file.Content, event)
	if err != nil {
		return Imported{}, err
	}
	parsed := slices.Clone(read.table.Faults())
	var done Imported
	err = s.store.InRaces(ctx, basisOf(event, version), func(ctx context.Context, tx Tx) error {
		entries, err := tx.Entries(ctx)
		if err != nil {
			return err
		}
		m := newMerge(read, entries, s.instant())
		m.run(file.Replace)
		if faults := slices.Concat(parsed, m.faults); len(faults) > 0 {
			slices.SortStableFunc(faults, func(a, b csvtable.Fault) int { return a.Line - b.Line })
			return faults
		}
		done = m.done
		if len(m.added)+len(m.changed) == 0 {
			return nil
		}
		return tx.Save(ctx, Changes{
			Added: m.added, Changed: m.changed,
			Cause: Cause{Action: ActionImportRoster, Actor: actor, At: s.instant()},
		})
	})
	return done, err
}

// rosterFault shows a file's faults as violations, each with its line and column.
func rosterFault(err error) error {
	faults, ok := errors.AsType[csvtable.Faults](err)
	if !ok {
		return fmt.Errorf("import roster: %w", err)
	}
	violations := make([]fault.Violation, len(faults))
	for i, f := range faults {
		path, reason := "file", "FILE_INVALID"
		if f.Line > 0 {
			path, reason = "line "+strconv.Itoa(f.Line), "LINE_INVALID"
		}
		if f.Column != "" {
			path += ": " + f.Column
		}
		violations[i] = fault.Violation{Path: path, Reason: reason, Message: f.Reason}
	}
	return ErrRosterInvalid.With(violations...)
}

// merge brings a file and the entries of an event together.
type merge struct {
	roster  *roster
	entries []Entry
	at      time.Time
	faults  csvtable.Faults
	done    Imported
	added   []Entry
	changed []Change
	// Who holds what, and how many entries each race has, when all is done.
	bibs   map[race.Bib]string
	chips  map[race.Chip]string
	people map[Digest]string
	places map[race.ID]int
	// before is how many entries each race has now.
	before map[race.ID]int
}

// rosterKey is what tells the lines of a roster apart.
type rosterKey struct {
	race race.ID
	bib  race.Bib
}

func newMerge(r *roster, entries []Entry, at time.Time) *merge {
	return &merge{
		roster: r, entries: entries, at: at,
		bibs: map[race.Bib]string{}, chips: map[race.Chip]string{}, people: map[Digest]string{},
		places: map[race.ID]int{}, before: map[race.ID]int{},
	}
}

func (m *merge) run(replace bool) {
	stored := make(map[rosterKey]int, len(m.entries))
	for i := range m.entries {
		key := rosterKey{m.entries[i].Race, m.entries[i].Bib}
		if before, ok := stored[key]; ok && m.entries[before].State == Confirmed {
			continue
		}
		stored[key] = i
	}
	named := make(map[int]bool, len(m.roster.lines))
	for i := range m.roster.lines {
		e := &m.roster.lines[i].entrant
		if at, ok := stored[rosterKey{e.Race, e.Bib}]; ok && e.Bib != "" {
			named[at] = true
		}
	}
	for i := range m.entries {
		if m.entries[i].State == Confirmed {
			m.before[m.entries[i].Race]++
		}
		if !named[i] {
			m.leave(m.entries[i], replace)
		}
	}
	for i := range m.roster.lines {
		line := &m.roster.lines[i]
		if m.roster.faulty[line.line] {
			continue
		}
		if at, ok := stored[rosterKey{line.entrant.Race, line.entrant.Bib}]; ok {
			m.change(line, m.entries[at])
		} else {
			m.add(line)
		}
	}
	slices.SortFunc(m.done.Withdrawn, race.CompareBibs)
	m.checkPlaces()
}

// leave keeps an entry that the file does not name, or withdraws it.
func (m *merge) leave(e Entry, replace bool) {
	if replace && e.OnRoster() {
		after := e
		after.State = Withdrawn
		m.changed = append(m.changed, Change{e, after})
		m.done.Withdrawn = append(m.done.Withdrawn, e.Bib)
		return
	}
	where := "an entry without a bib"
	if e.Bib != "" {
		where = "bib " + string(e.Bib) + " of race " + string(e.Race)
	}
	claims := e.Claims()
	for _, bib := range claims.Bibs {
		m.bibs[bib] = where
	}
	for _, chip := range claims.Chips {
		m.chips[chip] = where
	}
	for _, person := range claims.People {
		m.people[person] = where
	}
	if e.State == Confirmed {
		m.places[e.Race]++
	}
}

func (m *merge) add(line *rosterLine) {
	e := Entry{Entrant: line.entrant, Reference: newReference(), State: Confirmed, EnteredAt: m.at}
	m.claim(line, &e)
	m.added = append(m.added, e)
	m.done.Added++
}

func (m *merge) change(line *rosterLine, before Entry) {
	after := before
	after.State = Confirmed
	m.roster.column.fill(&after.Entrant, &line.entrant)
	m.claim(line, &after)
	if reflect.DeepEqual(before, after) {
		m.done.Same++
		return
	}
	m.changed = append(m.changed, Change{before, after})
	m.done.Changed++
}

// fill copies the columns that the file has.
func (x rosterIndex) fill(e, line *race.Entrant) {
	if x.chips >= 0 {
		e.Chips = line.Chips
	}
	if x.name >= 0 {
		e.Name = line.Name
	}
	if x.sex >= 0 {
		e.Sex = line.Sex
	}
	if x.birthDate >= 0 {
		e.BirthDay = line.BirthDay
	}
	if x.age >= 0 {
		e.AgeYears = line.AgeYears
	}
	if x.country >= 0 {
		e.Country = line.Country
	}
	if x.club >= 0 {
		e.Club = line.Club
	}
	if x.category >= 0 {
		e.Category = line.Category
	}
	if x.wave >= 0 {
		e.Wave = line.Wave
	}
	if x.tags >= 0 {
		e.Tags = line.Tags
	}
	knowOneAge(&e.Person)
	if len(line.Members) > 0 {
		e.Members = line.Members
	}
}

// claim records what the line's entry will hold, and the line as bad where somebody else holds it.
func (m *merge) claim(line *rosterLine, e *Entry) {
	m.places[e.Race]++
	claims := e.Claims()
	here := "line " + strconv.Itoa(line.line)
	for _, bib := range claims.Bibs {
		if where, taken := m.bibs[bib]; taken {
			m.bad(m.roster.bibs[bib], line, "bib", quote(string(bib))+" is taken by "+where)
		}
		m.bibs[bib] = here
	}
	for _, chip := range claims.Chips {
		if where, taken := m.chips[chip]; taken {
			m.bad(m.roster.chips[chip], line, "chips", quote(string(chip))+" is taken by "+where)
		}
		m.chips[chip] = here
	}
	for _, person := range claims.People {
		if where, taken := m.people[person]; taken {
			m.bad(0, line, "name", "this person is entered already: "+where)
		}
		m.people[person] = here
	}
}

// bad records a fault at the line where the mark stands, or at the entrant's.
func (m *merge) bad(at int, line *rosterLine, column, reason string) {
	if at == 0 {
		at = line.line
	}
	m.faults = append(m.faults, csvtable.Fault{File: "roster.csv", Line: at, Column: column, Reason: reason})
}

// checkPlaces compares the entries with the capacity of each race; a race that is over it already may stay as it is.
func (m *merge) checkPlaces() {
	for i := range m.roster.event.Races {
		r := &m.roster.event.Races[i]
		if n := m.places[r.ID]; r.Capacity > 0 && n > max(r.Capacity, m.before[r.ID]) {
			m.faults = append(m.faults, csvtable.Fault{
				File: "roster.csv", Reason: fmt.Sprintf("race %s: %d entries for %d places", r.ID, n, r.Capacity),
			})
		}
	}
}
