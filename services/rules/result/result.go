// Package result turns the passings of one entrant and the rulings on it into times, legs and a status.
package result

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Status is where an entrant stands in a race.
type Status int

// The statuses. [FORMATS.md, results.csv]
const (
	Entered Status = iota + 1
	Started
	Finished
	DNS
	DNF
	OTL
	DSQ
	NotCompeting
	Withdrawn
)

var statusNames = [...]string{"", "ENTERED", "STARTED", "FINISHED", "DNS", "DNF", "OTL", "DSQ", "NOT_COMPETING", "WITHDRAWN"}

// String returns the status as results.csv writes it.
func (s Status) String() string { return statusNames[s] }

// ParseStatus returns the status that String writes so; false where there is none.
func ParseStatus(text string) (Status, bool) {
	i := slices.Index(statusNames[Entered:], text)
	return Entered + Status(i), i >= 0
}

// Result is all that is derived of one entrant, and what lists show of it; it never holds a date of birth.
type Result struct {
	Entrant race.EntrantID
	Race    race.ID
	Bib     race.Bib
	// Chip is as the roster has it, several separated by blanks.
	Chip string
	// Name is what is published of it, empty where it is hidden.
	Name     string
	Sex      race.Sex
	Country  string
	Club     string
	Category string
	// AgeGroup is of the first classification with ages, such as M35-39; empty where there is none.
	AgeGroup string
	Wave     race.WaveID
	Status   Status
	// Rule is the number behind a disqualification.
	Rule string
	// LeftCourse means that an official ruled that the entrant left the course or was never on it: DNF, DNS or WITHDRAWN.
	// Who is DNF by CLOSE, or a leg, may still be out there.
	LeftCourse bool
	// GunAt is the gun of the entrant's wave; zero where it has not been fired or named.
	GunAt racetime.Instant
	// Passings are in the order of the course; the first has visit 0 where the start was read.
	Passings []passing.Passing
	// Gun and Net are known when a finish counts.
	Gun, Net racetime.Optional
	// LegsTotal is a team's sum of legs; known when a finish counts and every leg has a time.
	LegsTotal racetime.Optional
	Penalty   time.Duration
	// AgeStandard is the age standard of the distance, known where a classification ranks by age grade and has one for
	// the entrant.
	AgeStandard racetime.Optional
	Legs        []Leg
	// Lists are the names of the lists that the entrant belongs to, one for each classification of the race in its
	// order; empty where it belongs to none.
	Lists []string
	// Before are the bibs that this one stands directly before in every list that holds both.
	Before []race.Bib
	// Anomalies are what officials should look at; see Facts.Anomalies. Lists do not show them.
	Anomalies []anomaly.Anomaly
}

// Leg is one leg of a relay.
type Leg struct {
	// Number counts from 1.
	Number int
	// MemberBib is of who is registered for the leg.
	MemberBib race.Bib
	// MemberName is what is published of it, empty where it is hidden.
	MemberName string
	// Time is unknown where an exchange around the leg was not seen or the leg not completed.
	Time racetime.Optional
	// Cumulative is the exact sum of the legs so far; unknown after a leg that was not completed.
	Cumulative   racetime.Optional
	NotCompleted bool
	// Ranked means that the leg's time counts for leg ranks.
	Ranked bool
	// RanBy is the leg that its runner is registered for, where the chips say that it is another one; else 0.
	RanBy int
}

// Runner returns the leg of which the registered member ran a leg of the team, the leg itself as a rule; false where the
// chips say that it is another one's.
func (r *Result) Runner(leg *Leg) (of *Leg, registered bool) {
	if leg.RanBy < 1 || leg.RanBy > len(r.Legs) {
		return leg, true
	}
	return &r.Legs[leg.RanBy-1], false
}

// StartAt returns the instant of the start; false where it was not read.
func (r *Result) StartAt() (racetime.Instant, bool) {
	if len(r.Passings) > 0 && r.Passings[0].Visit == 0 {
		return r.Passings[0].At, true
	}
	return 0, false
}

// shares is the whole that a share of the age standard is counted in, so fine that a microsecond more is a share more.
const shares = 1_000_000_000_000

// Score returns what a classification of the race ranks by, lowest first: its time, or for age grades the time as a
// share of the age standard, a trillionth counting as a microsecond. It is known for FINISHED entrants only.
func (r *Result) Score(c *race.Classification) racetime.Optional {
	return r.ScoreOf(c, r.Time(c.Basis))
}

// ScoreOf returns what a classification of the race would rank a time by, lowest first. Of a time that is not yet that of
// the whole distance the share of its standard means nothing, and still puts entrants who ran the same part of it in order.
func (r *Result) ScoreOf(c *race.Classification, t racetime.Optional) racetime.Optional {
	if c.Score != race.ScoreAgeGrade || !t.Known {
		return t
	}
	if !r.AgeStandard.Known {
		return racetime.Optional{}
	}
	// A passing that an official entered may lie before the gun or centuries after it.
	const most = math.MaxInt64 / int64(time.Microsecond)
	standard := uint64(r.AgeStandard.Time)
	high, low := bits.Mul64(uint64(max(t.Time, 0)), shares)
	share := uint64(most)
	if high < standard {
		share, _ = bits.Div64(high, low, standard)
	}
	return racetime.Known(time.Duration(min(share, uint64(most))) * time.Microsecond)
}

// Time returns the time that a classification of the race ranks by: its basis, or a team's sum of legs, plus
// penalties. It is known for FINISHED entrants only.
func (r *Result) Time(basis race.Basis) racetime.Optional {
	t := r.Gun
	switch {
	case len(r.Legs) > 0:
		t = r.LegsTotal
	case basis == race.Net:
		t = r.Net
	}
	if r.Status != Finished || !t.Known {
		return racetime.Optional{}
	}
	return racetime.Known(t.Time + r.Penalty)
}

// Equal reports whether two results are the same in everything.
func (r *Result) Equal(o *Result) bool {
	return r.EqualShown(o) && slices.Equal(r.Anomalies, o.Anomalies)
}

// EqualShown reports whether two results are the same in everything but anomalies, which no list shows.
func (r *Result) EqualShown(o *Result) bool {
	return r.EqualRow(o) && slices.Equal(r.Passings, o.Passings) && slices.Equal(r.Legs, o.Legs)
}

// EqualRow reports whether two results are the same in everything but passings, legs and anomalies.
func (r *Result) EqualRow(o *Result) bool {
	return r.Entrant == o.Entrant && r.Race == o.Race && r.Bib == o.Bib && r.Chip == o.Chip && r.Name == o.Name &&
		r.Sex == o.Sex && r.Country == o.Country && r.Club == o.Club && r.Category == o.Category &&
		r.AgeGroup == o.AgeGroup && r.Wave == o.Wave && r.Status == o.Status && r.Rule == o.Rule &&
		r.LeftCourse == o.LeftCourse &&
		r.GunAt == o.GunAt && r.Gun == o.Gun && r.Net == o.Net && r.LegsTotal == o.LegsTotal &&
		r.Penalty == o.Penalty && r.AgeStandard == o.AgeStandard && slices.Equal(r.Lists, o.Lists) &&
		slices.Equal(r.Before, o.Before)
}
