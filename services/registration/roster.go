package registration

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"raceday/services/csvtable"
	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// ParseRoster reads a roster.csv for an event, in the order of its lines; a team's members are inside the team, by leg,
// reserves last. IDs are zero. Everything wrong with the file is returned as csvtable.Faults. [FORMATS.md, roster.csv]
func ParseRoster(file string, r io.Reader, event *race.Event) ([]race.Entrant, error) {
	roster, err := readRoster(file, r, event, nil)
	if err != nil {
		return nil, err
	}
	if err := roster.table.Err(); err != nil {
		return nil, err
	}
	return roster.entrants, nil
}

// rosterColumns are those of the file, in the order in which it is written.
func rosterColumns() csvtable.Columns {
	return csvtable.Columns{
		Required: []string{"race", "bib"},
		Optional: []string{
			"chips", "name", "sex", "birth_date", "age", "country", "club", "category", "wave", "team", "leg", "tags",
			"name_shown",
		},
	}
}

// roster is a file that has been read; its faults are the table's.
type roster struct {
	table    *csvtable.Reader
	event    *race.Event
	entrants []race.Entrant
	// lines tell where each entrant stands.
	lines []int
	// bibs and chips tell on which line each stands.
	bibs  map[race.Bib]int
	chips map[race.Chip]int
	teams map[race.Bib]int // index in entrants
	// legs tell on which line each leg of a team stands.
	legs map[teamLeg]int
	// warnings are of lines that are read all the same.
	warnings []Warning
	// members wait until every team is known: a member may stand before its team.
	members []memberLine
	column  rosterIndex
	// faulty marks the lines that are wrong already, so that nothing follows from them.
	faulty map[int]bool
}

// teamLeg is a leg of a team.
type teamLeg struct {
	team race.Bib
	leg  int
}

// lineOf returns the line that a member of an entry stands on, 0 where it is not known.
func (t *roster) lineOf(e *Entry, m *race.Member) int {
	if m.Bib != "" {
		return t.bibs[m.Bib]
	}
	if m.Leg == 0 {
		return 0 // There may be several reserves.
	}
	return t.legs[teamLeg{e.Bib, m.Leg}]
}

// rosterLine is an entrant and where it stands.
type rosterLine struct {
	entrant *race.Entrant
	line    int
}

// each goes through the entrants in the order of the file.
func (t *roster) each() iter.Seq[rosterLine] {
	return func(yield func(rosterLine) bool) {
		for i := range t.entrants {
			if !yield(rosterLine{&t.entrants[i], t.lines[i]}) {
				return
			}
		}
	}
}

// memberLine is a member, where it stands, and the team that it names.
type memberLine struct {
	line   int
	race   race.ID
	team   race.Bib
	member race.Member
	wave   race.WaveID
	tags   []string
}

// rosterIndex is the place of each column in a line, -1 where the file does not have it.
type rosterIndex struct {
	race, bib, chips, name, sex, birthDate, age, country, club, category, wave, team, leg, tags, nameShown int
}

// progressEvery is how many lines are read between two words of the progress.
const progressEvery = 1000

// readRoster reads all lines; progress, which may be nil, is told how many there are below the header. Its error means
// that nothing could be read; what is wrong with lines is in the table.
func readRoster(file string, r io.Reader, event *race.Event, progress func(lines int)) (*roster, error) {
	table, err := csvtable.NewReader(file, r, rosterColumns())
	if err != nil {
		return nil, err
	}
	t := &roster{
		table: table, event: event, bibs: map[race.Bib]int{}, chips: map[race.Chip]int{}, teams: map[race.Bib]int{},
		faulty: map[int]bool{}, legs: map[teamLeg]int{}, entrants: make([]race.Entrant, 0, 1<<8),
		column: rosterIndex{
			race: table.Column("race"), bib: table.Column("bib"), chips: table.Column("chips"), name: table.Column("name"),
			sex: table.Column("sex"), birthDate: table.Column("birth_date"), age: table.Column("age"),
			country: table.Column("country"), club: table.Column("club"), category: table.Column("category"),
			wave: table.Column("wave"), team: table.Column("team"), leg: table.Column("leg"), tags: table.Column("tags"),
			nameShown: table.Column("name_shown"),
		},
	}
	lines := 0
	for table.Next() {
		t.readLine()
		if lines++; progress != nil && lines%progressEvery == 0 {
			progress(lines)
		}
	}
	if progress != nil {
		progress(lines)
	}
	t.placeMembers()
	return t, nil
}

// bad records a fault of the current line.
func (t *roster) bad(column, reason string) { t.badLine(t.table.Line(), column, reason) }

func (t *roster) badLine(line int, column, reason string) {
	t.faulty[line] = true
	t.table.BadLine(line, column, reason)
}

func (t *roster) readLine() {
	r := t.race()
	team := t.table.Field(t.column.team)
	member := team != "" || r != nil && r.Team == nil && t.table.Field(t.column.leg) != ""
	person := t.person(r)
	bib := t.bib(team)
	chips := t.chipList()
	wave := t.wave(r)
	tags := words(t.text("tags", t.column.tags))
	if member {
		t.readMember(r, memberLine{
			line: t.table.Line(), team: race.Bib(team), wave: wave, tags: tags,
			member: race.Member{Person: person, Bib: bib, Chips: chips},
		})
		return
	}
	if t.table.Field(t.column.leg) != "" {
		t.bad("leg", "stands on a team's own line; a member's names its team")
	}
	if r == nil {
		return
	}
	if bib != "" && r.WaveOf(wave, bib) == nil && !t.faulty[t.table.Line()] {
		t.bad("wave", "is needed: no wave's range holds the bib and the race has several waves")
	}
	if r.Team != nil && bib != "" {
		t.teams[bib] = len(t.entrants)
	}
	if len(t.entrants) == cap(t.entrants) {
		// By itself a long slice grows by a quarter, and all that is in it is copied four times.
		t.entrants = slices.Grow(t.entrants, len(t.entrants))
	}
	t.entrants = append(t.entrants, race.Entrant{
		Race: r.ID, Bib: bib, Chips: chips, Person: person, Wave: wave, Tags: tags,
	})
	t.lines = append(t.lines, t.table.Line())
}

func (t *roster) race() *race.Race {
	id := t.table.Field(t.column.race)
	r := t.event.Race(race.ID(id))
	switch {
	case id == "":
		t.bad("race", "is missing")
	case r == nil:
		t.bad("race", quote(id)+" is no race of the event")
	}
	return r
}

// bib reads the line's bib; a member's may be missing, or the team's own, which then is the one bib of the team.
func (t *roster) bib(team string) race.Bib {
	text := t.table.Field(t.column.bib)
	if text == team && team != "" || text == "" && team != "" {
		return ""
	}
	if text == "" {
		t.bad("bib", "is missing")
		return ""
	}
	bib, err := race.ParseBib(text)
	if err != nil {
		t.bad("bib", quote(text)+" is "+err.Error())
		return ""
	}
	if first, twice := t.bibs[bib]; twice {
		t.bad("bib", quote(text)+" stands on line "+strconv.Itoa(first)+" already")
		return ""
	}
	t.bibs[bib] = t.table.Line()
	return bib
}

func (t *roster) chipList() []string {
	texts := words(t.table.Field(t.column.chips))
	for _, text := range texts {
		chip, err := race.ParseChip(text)
		if err != nil {
			t.bad("chips", quote(text)+" is "+err.Error())
			continue
		}
		if first, twice := t.chips[chip]; twice {
			t.bad("chips", quote(text)+" stands on line "+strconv.Itoa(first)+" already")
			continue
		}
		t.chips[chip] = t.table.Line()
	}
	return texts
}

func (t *roster) person(r *race.Race) race.Person {
	p := race.Person{
		Name:     t.text("name", t.column.name),
		Country:  t.text("country", t.column.country),
		Club:     t.text("club", t.column.club),
		Category: t.text("category", t.column.category),
	}
	var ok bool
	if p.Sex, ok = race.ParseSex(t.table.Field(t.column.sex)); !ok {
		t.bad("sex", quote(t.table.Field(t.column.sex))+" is not M, F or X")
	}
	if p.NameShown, ok = parseNameShown(t.table.Field(t.column.nameShown)); !ok {
		t.bad("name_shown", quote(t.table.Field(t.column.nameShown))+" is not HIDDEN or FULL")
	}
	if text := t.table.Field(t.column.birthDate); text != "" {
		p.BirthDay = t.birthDay(text)
	}
	if text := t.table.Field(t.column.age); text != "" {
		years, err := strconv.Atoi(text)
		switch {
		case err != nil || years < 0 || years > maxAgeYears:
			t.bad("age", quote(text)+" is not an age in years")
		case p.BirthDay.IsZero():
			p.AgeYears = &years
		case r != nil && !t.isAged(r, p, years):
			t.warnings = append(t.warnings, Warning{t.table.Line(), "age", "contradicts the birth date, which counts"})
		}
	}
	return p
}

// isAged reports whether somebody with a birth date is so old on the event's day, or when the race takes its ages.
func (t *roster) isAged(r *race.Race, p race.Person, years int) bool {
	byRace, _ := r.Years(p, t.event.Day)
	return years == byRace || years == age.Years(p.BirthDay, t.event.Day, r.Age.LeapDay)
}

func (t *roster) birthDay(text string) civil.Day {
	day, err := civil.ParseDay(text)
	switch {
	case err != nil:
		t.bad("birth_date", err.Error())
	case t.event.Day.Before(day):
		t.bad("birth_date", "is after the event's day")
	}
	return day
}

func (t *roster) text(column string, index int) string {
	text := t.table.Field(index)
	if !isText(text) {
		t.bad(column, "is not one line of UTF-8 of at most "+strconv.Itoa(maxTextRunes)+" characters")
	}
	return text
}

func (t *roster) wave(r *race.Race) race.WaveID {
	id := race.WaveID(t.table.Field(t.column.wave))
	if id != "" && r != nil && r.Wave(id) == nil {
		t.bad("wave", quote(string(id))+" is no wave of the race")
	}
	return id
}

func (t *roster) readMember(r *race.Race, m memberLine) {
	if r == nil {
		return
	}
	m.race = r.ID
	switch {
	case r.Team == nil && m.team == "":
		t.bad("leg", "stands in a race of persons")
		return
	case r.Team == nil:
		t.bad("team", "stands in a race of persons")
		return
	case t.table.Field(t.column.leg) != "":
		leg, err := strconv.Atoi(t.table.Field(t.column.leg))
		if err != nil || leg < 0 || leg > r.Team.Size {
			t.bad("leg", fmt.Sprintf("is not 1 to %d, or 0 for a reserve", r.Team.Size))
		}
		m.member.Leg = leg
	}
	t.members = append(t.members, m)
}

// placeMembers gives the members to their teams.
func (t *roster) placeMembers() {
	for _, m := range t.members {
		i, known := t.teams[m.team]
		if !known || t.entrants[i].Race != m.race {
			t.badLine(m.line, "team", quote(string(m.team))+" is the bib of no team of the race")
			continue
		}
		team := &t.entrants[i]
		if m.wave != "" && m.wave != team.Wave {
			t.badLine(m.line, "wave", "is not the one that stands on the team's line")
		}
		if len(m.tags) > 0 && !slices.Equal(m.tags, team.Tags) {
			t.badLine(m.line, "tags", "are not those that stand on the team's line")
		}
		if first, twice := t.legs[teamLeg{m.team, m.member.Leg}]; twice && m.member.Leg > 0 {
			t.badLine(m.line, "leg", "stands on line "+strconv.Itoa(first)+" already")
		}
		t.legs[teamLeg{m.team, m.member.Leg}] = m.line
		team.Members = append(team.Members, m.member)
	}
	for i := range t.entrants {
		sortByLeg(t.entrants[i].Members)
	}
}

// sortByLeg orders members as they run, reserves behind them.
func sortByLeg(members []race.Member) {
	slices.SortStableFunc(members, func(a, b race.Member) int {
		return cmp.Or(boolCompare(a.Leg == 0, b.Leg == 0), cmp.Compare(a.Leg, b.Leg))
	})
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// parseNameShown reads HIDDEN, FULL or nothing.
func parseNameShown(text string) (race.NameShown, bool) {
	switch text {
	case "":
		return race.NameByAge, true
	case "HIDDEN":
		return race.NameHidden, true
	case "FULL":
		return race.NameInFull, true
	}
	return race.NameByAge, false
}

// nameShownText writes what parseNameShown reads.
func nameShownText(n race.NameShown) string {
	switch n {
	case race.NameHidden:
		return "HIDDEN"
	case race.NameInFull:
		return "FULL"
	}
	return ""
}

// words divides at blanks and keeps each word once, nil for none.
func words(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Fields(text)
}

// quote shows text of a file, cut where it is long.
func quote(text string) string {
	if len(text) > 40 {
		text = strings.ToValidUTF8(text[:40], "") + "…"
	}
	return strconv.Quote(text)
}
