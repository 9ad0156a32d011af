package race

import (
	"time"

	"raceday/services/rules/age"
)

// Format is the template of rules that a race starts from.
type Format int

// The formats.
const (
	Other Format = iota
	Marathon
	HalfMarathon
	TenKm
	NordicWalking
	Ekiden
)

// Rules are the distance and the lowest age of a format, and who enters.
type Rules struct {
	// DistanceMillimetres is zero where the race must give it.
	DistanceMillimetres int64
	MinAgeYears         int
	// TeamSize is zero for persons; Other leaves it to the race.
	TeamSize int
	// LegMillimetres are the lengths of a relay's legs.
	LegMillimetres []int64
}

// Rules returns the format's rules. [FORMATS.md, the event file]
func (f Format) Rules() Rules {
	switch f {
	case Marathon:
		return Rules{DistanceMillimetres: 42_195_000, MinAgeYears: 18}
	case HalfMarathon:
		return Rules{DistanceMillimetres: 21_097_500, MinAgeYears: 18}
	case TenKm, NordicWalking:
		return Rules{DistanceMillimetres: 10_000_000, MinAgeYears: 15}
	case Ekiden:
		return Rules{
			DistanceMillimetres: 42_195_000, MinAgeYears: 16, TeamSize: 6,
			LegMillimetres: []int64{5_000_000, 10_000_000, 5_000_000, 10_000_000, 5_000_000, 7_195_000},
		}
	default:
		return Rules{}
	}
}

// The defaults of a race that says nothing else.
const (
	DefaultLateStart   = 1800 * time.Second
	DefaultFastestPace = 120 * time.Second
	DefaultCrossingGap = 30 * time.Second
	DefaultRounding    = time.Second
	DefaultProtestTime = 30 * time.Minute // TR8
	DefaultHold        = 35 * time.Minute
	DefaultOffer       = 24 * time.Hour
	DefaultYellowCard  = 30 * time.Second
	DefaultYellowToDSQ = 3
)

// DefaultClassifications are those of a race that names none.
func DefaultClassifications() []Classification {
	return []Classification{{ID: "overall"}, {ID: "sex", By: []By{BySex}}}
}

// New returns a race of a format with every default filled in; an event file overrides what it names.
func New(format Format) Race {
	rules := format.Rules()
	r := Race{
		Format:              format,
		DistanceMillimetres: rules.DistanceMillimetres,
		MinAgeYears:         rules.MinAgeYears,
		Registration:        Registration{Hold: DefaultHold, Offer: DefaultOffer},
		LateStart:           DefaultLateStart,
		FastestPace:         DefaultFastestPace,
		CrossingGap:         DefaultCrossingGap,
		Rounding:            DefaultRounding,
		ProtestTime:         DefaultProtestTime,
		Age:                 age.Rule{On: age.RaceDay, LeapDay: age.March1},
		Classifications:     DefaultClassifications(),
	}
	if format == NordicWalking {
		r.Nordic = &Nordic{YellowCard: DefaultYellowCard, YellowToDSQ: DefaultYellowToDSQ}
	}
	if rules.TeamSize > 0 {
		r.Team = &Team{Size: rules.TeamSize}
	}
	return r
}
