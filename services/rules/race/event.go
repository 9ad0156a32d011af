// Package race holds what is run and by which rules: an event's points, mats and races, with the defaults and floors of
// each format, and who runs in it. It decides nothing about reads or results.
package race

import (
	"cmp"
	"time"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
	"raceday/services/rules/racetime"
)

// The ids of an event file: letters, digits and hyphens, 1 to 40, beginning with a letter or digit.
type (
	EventID          string
	ID               string
	PointID          string
	MatID            string
	WaveID           string
	ClassificationID string
	CourseID         string
)

// Event is one day of racing with all defaults filled in.
type Event struct {
	ID   EventID
	Name string
	// Day is the civil day on which ages are taken.
	Day civil.Day
	// TimeZone is an IANA name.
	TimeZone string
	// Currency is an ISO 4217 code, or empty.
	Currency string
	// Cancelled: the event does not take place; its entries may be deferred to another one.
	Cancelled bool
	Points    []PointID
	Mats      []Mat
	Races     []Race
}

// Race returns the race with this id, or nil.
func (e *Event) Race(id ID) *Race {
	for i := range e.Races {
		if e.Races[i].ID == id {
			return &e.Races[i]
		}
	}
	return nil
}

// Mat is a device at a point during a period; one device may have several periods.
type Mat struct {
	ID    MatID
	Point PointID
	// Backup mats count where no primary mat of the point saw the crossing.
	Backup bool
	// From and Until bound the period, From ≤ at < Until, as the mat wrote it; zero means open.
	From, Until racetime.Instant
	// ClockOffset is by how much the mat's clock runs ahead.
	ClockOffset time.Duration
}

// Holds reports whether the period holds an instant as the mat wrote it.
func (m Mat) Holds(at racetime.Instant) bool {
	return (m.From == 0 || m.From <= at) && (m.Until == 0 || at < m.Until)
}

// Race is a scored competition.
type Race struct {
	ID                  ID
	Name                string
	Format              Format
	DistanceMillimetres int64
	MinAgeYears         int
	// MaxAgeYears is zero for no upper limit.
	MaxAgeYears int
	// Capacity is the number of places; zero means without limit.
	Capacity     int
	Registration Registration
	Fees         []Fee
	Waves        []Wave
	LateStart    time.Duration
	NoStartRead  NoStartRead
	// Course is the visits in order; the first is the start, the last the finish.
	Course []Visit
	// FastestPace is the time per kilometre that no stretch is run faster than.
	FastestPace time.Duration
	CrossingGap time.Duration
	OverTime    OverTime
	Rounding    time.Duration
	// ProtestTime is how long protests are taken after a list was announced.
	ProtestTime     time.Duration
	Age             age.Rule
	Classifications []Classification
	Awards          []Award
	// Team is set for relays only.
	Team *Team
	// Nordic is set for Nordic walking only.
	Nordic *Nordic
	// Documents are those that an entrant shows before the bib is handed out.
	Documents []Document
	// RecordCourse is the course whose records the race goes by; empty where that is named as the race is. See RecordsOf.
	RecordCourse CourseID
}

// RecordsOf returns the course whose records and past winners the race goes by.
func (r *Race) RecordsOf() CourseID { return cmp.Or(r.RecordCourse, CourseID(r.ID)) }

// Wave returns the wave with this id, or nil.
func (r *Race) Wave(id WaveID) *Wave {
	for i := range r.Waves {
		if r.Waves[i].ID == id {
			return &r.Waves[i]
		}
	}
	return nil
}

// Registration is when entries are taken, zero meaning open, and how long a place is kept for whom.
type Registration struct {
	OpensAt, ClosesAt racetime.Instant
	// Hold is how long a place is held for whoever has not paid yet.
	Hold time.Duration
	// Offer is how long a freed place is offered to whoever waits for one.
	Offer time.Duration
	// Waitlist is how many may wait for a place of a full race; zero means that there is no waitlist.
	Waitlist int
	// TransferUntil is the last instant at which an entry may be passed on to another person or race; zero means
	// ClosesAt.
	TransferUntil racetime.Instant
}

// TransfersEnd returns the last instant at which an entry may be passed on; zero means without end.
func (r Registration) TransfersEnd() racetime.Instant {
	if r.TransferUntil != 0 {
		return r.TransferUntil
	}
	return r.ClosesAt
}

// DocumentType is a kind of paper that an entrant shows.
type DocumentType int

// The types of documents.
const (
	MedicalCertificate DocumentType = iota
	Consent
	Identity
)

// Document is what a race asks to see of the entrants of an age band.
type Document struct {
	Type DocumentType
	// FromAgeYears and ToAgeYears bound the band, both included; a ToAgeYears of zero is open.
	FromAgeYears, ToAgeYears int
}

// Fee is the price of an entry until an instant.
type Fee struct {
	// Until is zero for a fee without end.
	Until racetime.Instant
	// AmountMinor is in minor units of the event's currency.
	AmountMinor    int64
	CharityPercent int
}

// Wave is a group of entrants with a gun of its own.
type Wave struct {
	ID WaveID
	// Gun is zero where the event names none: the wave waits for a GUN ruling.
	Gun  racetime.Instant
	Bibs []BibRange
	// MaxEntrants is how many bibs are given out in the wave; zero means as many as its ranges hold.
	MaxEntrants int
}

// NoStartRead says what becomes of an entrant without a start read.
type NoStartRead int

// The policies for a missing start read.
const (
	UseGun NoStartRead = iota
	NoNetTime
	NotRanked
)

// Visit is the nth station of a course.
type Visit struct {
	Point         PointID
	AtMillimetres int64
	CutOff        CutOff
}

// CutOff is the latest time at a visit; a limit of zero is none.
type CutOff struct {
	AfterGun, AfterStart time.Duration
	Clock                racetime.Instant
}

// MissedBy returns by how much the limits are missed at an instant, the most where several are; zero where none is: a time
// equal to a limit is in time. The gun stands in for a start that was not read.
func (c CutOff) MissedBy(at, gun, start racetime.Instant) time.Duration {
	var over time.Duration
	if c.AfterGun != 0 {
		over = max(over, at.Sub(gun)-c.AfterGun)
	}
	if c.AfterStart != 0 {
		over = max(over, at.Sub(start)-c.AfterStart)
	}
	if c.Clock != 0 {
		over = max(over, at.Sub(c.Clock))
	}
	return over
}

// OverTime is what a finish after a missed cut-off becomes.
type OverTime int

// The statuses of a finish after a missed cut-off.
const (
	OverTimeOTL OverTime = iota
	OverTimeDNF
	OverTimeDSQ
)

// Classification makes lists of a race's finishers.
type Classification struct {
	ID    ClassificationID
	By    []By
	Basis Basis
	Bands age.Bands
	// Tag limits the classification to entrants that carry it.
	Tag   string
	Score Score
}

// By is a property that a classification divides by.
type By int

// The properties.
const (
	BySex By = iota
	ByAge
	ByCategory
	ByCountry
	ByClub
)

// Basis is the time that a classification ranks by.
type Basis int

// The bases. [World Athletics TR19.24: official time is gun time]
const (
	Gun Basis = iota
	Net
)

// Score is what a classification ranks on.
type Score int

// The scores.
const (
	ScoreTime Score = iota
	ScoreAgeGrade
)

// Award is a number of prizes in the lists of one classification.
type Award struct {
	Classification   ClassificationID
	Ranks            int
	Exclusive        bool
	MinimumFinishers int
}

// Team holds the rules of a relay.
type Team struct {
	Size, Reserves, MinWomen int
	Chip                     ChipHolder
	MissedLeg                MissedLeg
	Legs                     []Leg
	// Categories are those that a team may enter in; without any, every category is taken.
	Categories []TeamCategory
	// CompleteUntil is until when an incomplete team may hold a place; zero means that teams enter complete.
	CompleteUntil racetime.Instant
	// SubstituteUntil is the last instant at which a member may be replaced; zero means the first gun of the race.
	SubstituteUntil racetime.Instant
}

// TeamCategory is a kind of team, and what its regulars must be beside the race's own rules.
type TeamCategory struct {
	// Name is as the entries have it, such as WOMEN or CORPORATE.
	Name string
	// MinWomen and MinMen are among the regulars.
	MinWomen, MinMen int
}

// Category returns the category with this name, or nil.
func (t *Team) Category(name string) *TeamCategory {
	for i := range t.Categories {
		if t.Categories[i].Name == name {
			return &t.Categories[i]
		}
	}
	return nil
}

// ChipHolder says who wears the chip of a relay.
type ChipHolder int

// The holders.
const (
	TeamChip ChipHolder = iota
	MemberChip
)

// MissedLeg says what a leg that was not completed does to later ones.
type MissedLeg int

// The policies for a leg that was not completed.
const (
	TeamDNF MissedLeg = iota
	LaterLegsReference
)

// Leg is one member's stretch.
type Leg struct {
	// To is the point at whose next visit the leg ends.
	To                PointID
	LengthMillimetres int64
	// ForcedStart is when the next leg leaves at the latest; zero is none.
	ForcedStart racetime.Instant
}

// LegEnds returns the index in the course of the visit that each leg ends at; false when a leg's point does not follow.
func (r *Race) LegEnds() ([]int, bool) {
	ends := make([]int, 0, len(r.Team.Legs))
	visit := 0
	for _, leg := range r.Team.Legs {
		for visit++; visit < len(r.Course) && r.Course[visit].Point != leg.To; visit++ {
		}
		if visit >= len(r.Course) {
			return ends, false
		}
		ends = append(ends, visit)
	}
	return ends, true
}

// Nordic holds the rules of Nordic walking.
type Nordic struct {
	// YellowCard is the time that a yellow card adds.
	YellowCard time.Duration
	// YellowToDSQ is the number of yellow cards that disqualify.
	YellowToDSQ int
}
