package registrationpg

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// entryRow is a row of registration.entries as JSON, by the names of its columns: it is read, written and recorded in
// this one form.
type entryRow struct {
	Entrant   int64    `json:"entrant"`
	Reference string   `json:"reference"`
	Race      string   `json:"race"`
	State     string   `json:"state"`
	Bib       *string  `json:"bib"`
	Chips     []string `json:"chips"`
	personRow
	Wave          *string    `json:"wave"`
	Tags          []string   `json:"tags"`
	RequestID     *string    `json:"request_id"`
	RequestDigest *string    `json:"request_digest"`
	EnteredAt     time.Time  `json:"entered_at"`
	EnteredBy     string     `json:"entered_by"`
	Owner         string     `json:"owner"`
	ExpiresAt     *time.Time `json:"expires_at"`
	FeeMinor      int64      `json:"fee_minor"`
	CharityMinor  int64      `json:"charity_minor"`
	PaidMinor     int64      `json:"paid_minor"`
	ExpectedUS    *int64     `json:"expected_us"`
	SecondEntry   bool       `json:"second_entry"`
	JoinCode      *string    `json:"join_code"`
	CameFrom      *string    `json:"came_from"`
	WentTo        *string    `json:"went_to"`
	CheckedInAt   *time.Time `json:"checked_in_at"`
}

// memberRow is a row of registration.members as JSON.
type memberRow struct {
	Entrant int64    `json:"entrant,omitempty"`
	Number  int      `json:"number"`
	Leg     int      `json:"leg"`
	Bib     *string  `json:"bib"`
	Chips   []string `json:"chips"`
	personRow
}

// personRow is the columns that entries and members share.
type personRow struct {
	Name     string  `json:"name"`
	Sex      string  `json:"sex"`
	BirthDay *string `json:"birth_day"`
	AgeYears *int    `json:"age_years"`
	Country  string  `json:"country"`
	Club     string  `json:"club"`
	Category string  `json:"category"`
	// NameShown is empty, HIDDEN or FULL.
	NameShown string `json:"name_shown"`
}

// wholeEntry is an entry with its members.
type wholeEntry struct {
	Entry   entryRow
	Members []memberRow
}

func rowOf(e *registration.Entry) entryRow {
	row := entryRow{
		Entrant:   int64(e.ID),
		Reference: string(e.Reference),
		Race:      string(e.Race),
		State:     string(e.State),
		Bib:       optional(e.Bib),
		Chips:     list(e.Chips),
		personRow: personRowOf(e.Person),
		Wave:      optional(e.Wave),
		Tags:      list(e.Tags),
		RequestID: optional(e.RequestID),
		EnteredAt: e.EnteredAt,
		EnteredBy: e.EnteredBy, Owner: e.Owner, ExpiresAt: instant(e.ExpiresAt),
		FeeMinor: e.FeeMinor, CharityMinor: e.CharityMinor, PaidMinor: e.PaidMinor,
		SecondEntry: e.SecondEntry, JoinCode: optional(e.JoinCode), CameFrom: elsewhere(e.CameFrom),
		WentTo: elsewhere(e.WentTo), CheckedInAt: instant(e.CheckedInAt), ExpectedUS: microseconds(e.ExpectedTime),
	}
	if e.RequestID != "" {
		digest := `\x` + hex.EncodeToString(e.RequestDigest[:])
		row.RequestDigest = &digest
	}
	return row
}

func memberRowsOf(e *registration.Entry) []memberRow {
	rows := make([]memberRow, len(e.Members))
	for i, m := range e.Members {
		rows[i] = memberRow{
			Entrant: int64(e.ID), Number: i, Leg: m.Leg, Bib: optional(m.Bib), Chips: list(m.Chips),
			personRow: personRowOf(m.Person),
		}
	}
	return rows
}

func personRowOf(p race.Person) personRow {
	return personRow{
		Name: p.Name, Sex: p.Sex.String(), BirthDay: optional(p.BirthDay.String()), AgeYears: p.AgeYears,
		Country: p.Country, Club: p.Club, Category: p.Category, NameShown: namesShown[p.NameShown],
	}
}

// namesShown are the ways of showing a name as they are stored.
var namesShown = map[race.NameShown]string{race.NameByAge: "", race.NameHidden: "HIDDEN", race.NameInFull: "FULL"}

func nameShown(text string) race.NameShown {
	for shown, stored := range namesShown {
		if stored == text {
			return shown
		}
	}
	return race.NameHidden // A constraint keeps others out.
}

func (w *wholeEntry) entry() (registration.Entry, error) {
	row := &w.Entry
	person, err := row.person()
	if err != nil {
		return registration.Entry{}, fmt.Errorf("entry %s: %w", row.Reference, err)
	}
	e := registration.Entry{
		Entrant: race.Entrant{
			ID:     race.EntrantID(row.Entrant),
			Race:   race.ID(row.Race),
			Bib:    value[race.Bib](row.Bib),
			Chips:  present(row.Chips),
			Person: person,
			Wave:   value[race.WaveID](row.Wave),
			Tags:   present(row.Tags),
		},
		Reference: registration.Reference(row.Reference),
		State:     registration.State(row.State),
		RequestID: value[string](row.RequestID),
		EnteredAt: row.EnteredAt.UTC(),
		EnteredBy: row.EnteredBy, Owner: row.Owner, ExpiresAt: timeOf(row.ExpiresAt),
		FeeMinor: row.FeeMinor, CharityMinor: row.CharityMinor, PaidMinor: row.PaidMinor,
		SecondEntry: row.SecondEntry, JoinCode: value[registration.JoinCode](row.JoinCode),
		CameFrom: elsewhereOf(row.CameFrom), WentTo: elsewhereOf(row.WentTo), CheckedInAt: timeOf(row.CheckedInAt),
	}
	if row.ExpectedUS != nil {
		e.ExpectedTime = time.Duration(*row.ExpectedUS) * time.Microsecond
	}
	if row.RequestDigest != nil {
		digest, err := hex.DecodeString(strings.TrimPrefix(*row.RequestDigest, `\x`))
		if err != nil || len(digest) != len(e.RequestDigest) {
			return registration.Entry{}, fmt.Errorf("entry %s: its digest is no SHA-256", row.Reference)
		}
		e.RequestDigest = registration.Digest(digest)
	}
	for i := range w.Members {
		m := &w.Members[i]
		person, err := m.person()
		if err != nil {
			return registration.Entry{}, fmt.Errorf("entry %s, member %d: %w", row.Reference, i, err)
		}
		e.Members = append(e.Members, race.Member{
			Person: person, Leg: m.Leg, Bib: value[race.Bib](m.Bib), Chips: present(m.Chips),
		})
	}
	return e, nil
}

func (p *personRow) person() (race.Person, error) {
	sex, ok := race.ParseSex(p.Sex)
	if !ok {
		return race.Person{}, fmt.Errorf("its sex is not known")
	}
	person := race.Person{
		Name: p.Name, Sex: sex, AgeYears: p.AgeYears, Country: p.Country, Club: p.Club, Category: p.Category,
		NameShown: nameShown(p.NameShown),
	}
	if p.BirthDay != nil {
		day, err := civil.ParseDay(*p.BirthDay)
		if err != nil {
			return race.Person{}, fmt.Errorf("birth day: %w", err)
		}
		person.BirthDay = day
	}
	return person, nil
}

func entriesOf(rows []wholeEntry) ([]registration.Entry, error) {
	entries := make([]registration.Entry, len(rows))
	for i := range rows {
		var err error
		if entries[i], err = rows[i].entry(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// optional is NULL for empty text.
func optional[T ~string](text T) *string {
	if text == "" {
		return nil
	}
	s := string(text)
	return &s
}

func value[T ~string](text *string) T {
	if text == nil {
		return ""
	}
	return T(*text)
}

// list is never NULL.
func list(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}

// present is nil for no words, as a file's line without them.
func present(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	return words
}

// instant is NULL for the zero time.
func instant(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func timeOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

// elsewhere is NULL for no entry.
func elsewhere(e registration.Elsewhere) *string {
	if e.Reference == "" {
		return nil
	}
	text := string(e.Event) + "/" + string(e.Reference)
	return &text
}

func elsewhereOf(text *string) registration.Elsewhere {
	event, reference, _ := strings.Cut(value[string](text), "/")
	return registration.Elsewhere{Event: race.EventID(event), Reference: registration.Reference(reference)}
}

// microseconds is NULL for no time.
func microseconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	us := d.Microseconds()
	return &us
}

// dayOf is NULL for a day that is not known.
func dayOf(day civil.Day) *time.Time {
	if day.IsZero() {
		return nil
	}
	at := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC)
	return &at
}
