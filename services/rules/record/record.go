// Package record knows what a course remembers: its records, and who won its past editions. It says which entries may be added
// to them, and which finishes, and which legs of relays, beat or equal a record. [RULES.md: course records belong to (course,
// distance, sex); those of legs to the leg as well]
package record

import (
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// Key is what a record is kept for.
type Key struct {
	Course race.CourseID
	// Leg is 0 for the whole course; the leg of a relay counts from 1, and the distance is then its own.
	Leg                 int
	DistanceMillimetres int64
	// Sex is a team's for a relay and its legs, whoever of the team ran.
	Sex race.Sex
}

// KeyOf returns whose record a finish of a race is compared with.
func KeyOf(r *race.Race, sex race.Sex) Key {
	return Key{Course: r.RecordsOf(), DistanceMillimetres: r.DistanceMillimetres, Sex: sex}
}

// LegKeyOf returns whose record a leg, from 1, of a race is compared with; false where the race has no such leg.
func LegKeyOf(r *race.Race, leg int, sex race.Sex) (Key, bool) {
	if r.Team == nil || leg < 1 || leg > len(r.Team.Legs) {
		return Key{}, false
	}
	return Key{Course: r.RecordsOf(), Leg: leg, DistanceMillimetres: r.Team.Legs[leg-1].LengthMillimetres, Sex: sex}, true
}

// Run is what somebody ran on a course in a year.
type Run struct {
	Key
	Year int
	// Time is the official one, in whole seconds.
	Time time.Duration
	// Name and Country are as they are published.
	Name, Country string
}

// Record is an entry among the records of a course. Entries are never changed: a later one of the same key stands instead.
type Record struct {
	Run
	// SetIn is the event that it was set in, whose finishes are compared with the record before; empty for a record from
	// elsewhere.
	SetIn race.EventID
	// Reason says why it replaces an entry that was not slower.
	Reason string
}

// Standing returns of each key the record that the finishes of an event are compared with, from all entries in their order: the
// latest that was not set in the event itself or in a year after its own.
func Standing(entries []Record, event race.EventID, year int) map[Key]Record {
	standing := map[Key]Record{}
	for _, r := range entries {
		if r.SetIn != event && r.Year <= year {
			standing[r.Key] = r
		}
	}
	return standing
}

// Kind is how a finish compares with a record.
type Kind int

// The kinds.
const (
	// Slower than the record, or no finish that counts for one.
	Slower Kind = iota
	Equals
	Beats
)

// Compare returns how an entrant's finish compares with a record. What counts is the official time: from the gun, a team's the
// sum of its legs, penalties included, rounded up as the race publishes it and then, since a record has whole seconds, to the
// next of those: an equal one equals the record, whatever the exact times were. Only who is FINISHED and in a list counts.
// [World Athletics TR19.24]
func Compare(of *race.Race, r *result.Result, standing time.Duration) Kind {
	exact := r.Time(race.Gun)
	if !exact.Known || !listed(r) {
		return Slower
	}
	return compare(wholeSeconds(of, exact.Time), standing)
}

// CompareLeg returns how a leg compares with a record of it. What counts is LegTime; only a leg that counts for leg ranks does.
func CompareLeg(of *race.Race, leg *result.Leg, standing time.Duration) Kind {
	official, counts := LegTime(of, leg)
	if !counts {
		return Slower
	}
	return compare(official, standing)
}

// LegTime returns the time of a leg in whole seconds that counts for a record: the exact one, rounded up as a finish is. What is
// shown of a leg, the difference of the shown cumulative times, may be a second less. It is false where the leg has no rank: its
// time is not known, its team is DSQ or NOT_COMPETING, or it is for reference only.
func LegTime(of *race.Race, leg *result.Leg) (time.Duration, bool) {
	if !leg.Ranked || !leg.Time.Known {
		return 0, false
	}
	return wholeSeconds(of, leg.Time.Time), true
}

func wholeSeconds(of *race.Race, exact time.Duration) time.Duration {
	return racetime.RoundUp(racetime.RoundUp(exact, of.Rounding), time.Second)
}

func compare(official, standing time.Duration) Kind {
	switch {
	case official < standing:
		return Beats
	case official == standing:
		return Equals
	}
	return Slower
}

// listed reports whether an entrant is in a list of the race: who finished without a start read may be in none.
func listed(r *result.Result) bool {
	for _, list := range r.Lists {
		if list != "" {
			return true
		}
	}
	return false
}
