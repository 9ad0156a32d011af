package registration

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"raceday/services/csvtable"
	"raceday/services/rules/race"
)

// merge brings a file and the entries of an event together.
type merge struct {
	roster  *roster
	held    *session
	entries []Entry
	// stored are the entries that a line can mean, by index.
	stored map[rosterKey]int
	cause  Cause
	faults csvtable.Faults
	done   Imported
	// Who holds what when all is done.
	bibs   map[race.Bib]string
	chips  map[race.Chip]string
	people map[Digest]holder
}

// rosterKey is what tells the lines of a roster apart.
type rosterKey struct {
	race race.ID
	bib  race.Bib
}

// holder is who a person is entered as.
type holder struct {
	where string
	// first: by an entry that is no second one.
	first bool
}

func newMerge(r *roster, entries []Entry, cause Cause) *merge {
	m := &merge{
		roster: r, entries: entries, stored: make(map[rosterKey]int, len(entries)), cause: cause,
		bibs: map[race.Bib]string{}, chips: map[race.Chip]string{}, people: map[Digest]holder{},
	}
	for i := range entries {
		e := &entries[i]
		if e.Bib == "" || e.State != Confirmed && e.State != Withdrawn {
			continue
		}
		key := rosterKey{e.Race, e.Bib}
		if before, ok := m.stored[key]; !ok || entries[before].State == Withdrawn {
			m.stored[key] = i
		}
	}
	return m
}

// find returns the entry that a line means.
func (m *merge) find(line rosterLine) (int, bool) {
	i, ok := m.stored[rosterKey{line.entrant.Race, line.entrant.Bib}]
	return i, ok
}

// unknown counts the lines that make a new entry.
func (m *merge) unknown() int {
	n := 0
	for line := range m.roster.each() {
		if _, ok := m.find(line); !ok {
			n++
		}
	}
	return n
}

// run decides what becomes of every entry and every line, and records it in the session, which must not be closed if there
// are faults.
func (m *merge) run(held *session, replace bool) {
	m.held = held
	m.done.Warnings = slices.Clone(m.roster.warnings)
	named := make(map[int]bool, len(m.roster.entrants))
	for line := range m.roster.each() {
		if at, ok := m.find(line); ok {
			named[at] = true
		}
	}
	for i := range m.entries {
		m.entries[i] = held.asNow(m.entries[i])
		if !named[i] {
			m.leave(&m.entries[i], replace)
		}
	}
	for line := range m.roster.each() {
		if m.roster.faulty[line.line] {
			continue
		}
		if at, ok := m.find(line); ok {
			m.change(line, &m.entries[at])
		} else {
			m.add(line)
		}
	}
	if len(m.roster.entrants) == 0 && len(m.done.Withdrawn) > 0 {
		m.bad(0, "", fmt.Sprintf("names no entry, and would withdraw all %d", len(m.done.Withdrawn)))
	}
	slices.SortFunc(m.done.Withdrawn, race.CompareBibs)
	slices.SortStableFunc(m.done.Warnings, func(a, b Warning) int { return cmp.Compare(a.Line, b.Line) })
	m.checkPlaces()
}

// leave keeps an entry that the file does not name, or withdraws it.
func (m *merge) leave(e *Entry, replace bool) {
	if replace && e.OnRoster() && !e.CheckedInAt.IsZero() {
		m.bad(0, "", whereStored(e)+" is missing, and was handed out already; name it, or withdraw it by hand")
		return
	}
	if replace && e.OnRoster() {
		after := *e
		after.State = Withdrawn
		m.held.record(e, after, m.cause)
		m.done.Withdrawn = append(m.done.Withdrawn, e.Bib)
		return
	}
	where, claims := whereStored(e), e.Claims()
	for _, bib := range claims.Bibs {
		m.bibs[bib] = where
	}
	for _, chip := range claims.Chips {
		m.chips[chip] = where
	}
	for _, person := range claims.People {
		m.hold(person, where, e)
	}
}

// whereStored names an entry without regard to the file.
func whereStored(e *Entry) string {
	if e.Bib == "" {
		return "entry " + string(e.Reference)
	}
	return "bib " + string(e.Bib) + " of race " + string(e.Race)
}

func whereLine(line int) string { return "line " + strconv.Itoa(line) }

func (m *merge) add(line rosterLine) {
	e := Entry{
		Entrant: *line.entrant, Reference: newReference(), State: Confirmed, EnteredAt: m.held.now, EnteredBy: m.cause.Actor,
	}
	e.ID = m.held.nextID()
	m.claim(line, &e, true)
	m.held.record(nil, e, m.cause)
	m.done.Added++
}

func (m *merge) change(line rosterLine, before *Entry) {
	after := *before
	after.State = Confirmed
	if after.OwedMinor() > 0 { // The organiser wants it to run all the same.
		after.FeeMinor, after.CharityMinor = after.PaidMinor, 0
	}
	m.roster.column.fill(&after.Entrant, line.entrant)
	m.claim(line, &after, false)
	if reflect.DeepEqual(*before, after) {
		m.done.Same++
		return
	}
	m.warnOfChips(line.line, before.Chips, after.Chips)
	for i := range line.entrant.Members {
		member := &line.entrant.Members[i]
		if was := m.roster.column.earlier(before.Members, member); was != nil && m.roster.column.chips >= 0 {
			m.warnOfChips(cmp.Or(m.roster.lineOf(&after, member), line.line), was.Chips, member.Chips)
		}
	}
	m.held.record(before, after, m.cause)
	m.done.Changed++
}

// warnOfChips notes that a line of the file takes chips from who wore them: an older file sets back what was swapped or
// handed out by hand since.
func (m *merge) warnOfChips(line int, before, after []string) {
	if len(before) == 0 || slices.Equal(before, after) {
		return
	}
	reason := "takes away the chips " + strings.Join(before, " ")
	if len(after) > 0 {
		reason = strings.Join(after, " ") + " replaces " + strings.Join(before, " ")
	}
	m.done.Warnings = append(m.done.Warnings, Warning{line, "chips", reason})
}

// claim records what the line's entry will hold, and the line as bad where somebody else holds a bib or a chip of it.
// Who is entered already is entered a second time.
func (m *merge) claim(line rosterLine, e *Entry, added bool) {
	claims := e.Claims()
	here := whereLine(line.line)
	for _, bib := range claims.Bibs {
		if where, taken := m.bibs[bib]; taken {
			m.taken(m.roster.bibs[bib], line, "bib", string(bib), where)
		}
		m.bibs[bib] = here
	}
	for _, chip := range claims.Chips {
		if where, taken := m.chips[chip]; taken {
			m.taken(m.roster.chips[chip], line, "chips", string(chip), where)
		}
		m.chips[chip] = here
	}
	inTeam := map[Digest]bool{}
	for _, person := range claims.People {
		if inTeam[person] {
			m.bad(line.line, "team", "has a member twice")
		}
		inTeam[person] = true
		if other, taken := m.people[person]; taken {
			warning := Warning{line.line, "name", "this person is entered already: " + other.where}
			m.done.Warnings = append(m.done.Warnings, warning)
			e.SecondEntry = e.SecondEntry || added || other.first
		}
	}
	for _, person := range claims.People {
		m.hold(person, here, e)
	}
	m.warn(line, e)
}

// warn notes what of a line's entry does not fit the race.
func (m *merge) warn(line rosterLine, e *Entry) {
	of := subject{m.roster.event.Race(e.Race), e.Category, e.Members}
	for _, p := range misfitsOf(m.roster.event, e) {
		if p.reason == "" {
			continue // Of the wave: the line is bad already.
		}
		at, column := line.line, strings.TrimPrefix(p.Field, "person.")
		var member int
		if n, _ := fmt.Sscanf(p.Field, "members[%d]", &member); n == 1 {
			column = p.Field[strings.LastIndexByte(p.Field, '.')+1:]
			at = cmp.Or(m.roster.lineOf(e, &e.Members[member]), at)
		}
		if column == "members" {
			column = "team"
		}
		m.done.Warnings = append(m.done.Warnings, Warning{at, column, of.message(p.reason)})
	}
}

// hold notes as who a person is entered.
func (m *merge) hold(person Digest, where string, e *Entry) {
	m.people[person] = holder{where: where, first: m.people[person].first || !e.SecondEntry}
}

// taken records that somebody else has what a line's entry would: at the line where it stands in the file, or at the
// entry's where the entry had it before.
func (m *merge) taken(at int, line rosterLine, column, text, where string) {
	if at == 0 {
		at = line.line
	}
	if where == whereLine(at) {
		where = whereStored(&Entry{Entrant: *line.entrant})
	}
	m.bad(at, column, quote(text)+" is taken by "+where)
}

func (m *merge) bad(line int, column, reason string) {
	m.faults = append(m.faults, csvtable.Fault{File: "roster.csv", Line: line, Column: column, Reason: reason})
}

// checkPlaces compares the entries that have a place with the capacity of each race.
func (m *merge) checkPlaces() {
	for i := range m.roster.event.Races {
		id := m.roster.event.Races[i].ID
		if places := m.held.places[id]; m.held.free(id) < 0 {
			m.faults = append(m.faults, csvtable.Fault{
				File: "roster.csv", Reason: fmt.Sprintf("race %s: %d entries for %d places", id, places.Taken, places.Capacity),
			})
		}
	}
}
