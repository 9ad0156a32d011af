// Package ruling holds what officials decide and which decisions stand.
package ruling

import (
	"strconv"
	"strings"
	"time"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// ID names a ruling in its event.
type ID string

// Kind is what a ruling does.
type Kind string

// The kinds, as rulings.csv writes them.
const (
	DSQ           Kind = "DSQ"
	DNS           Kind = "DNS"
	DNF           Kind = "DNF"
	Withdrawn     Kind = "WITHDRAWN"
	NotCompeting  Kind = "NOT_COMPETING"
	Penalty       Kind = "PENALTY"
	YellowCard    Kind = "YELLOW_CARD"
	RedCard       Kind = "RED_CARD"
	SplitCard     Kind = "SPLIT_CARD"
	CloseSheet    Kind = "CLOSE_SHEET"
	Gun           Kind = "GUN"
	StartWithWave Kind = "START_WITH_WAVE"
	ManualTime    Kind = "MANUAL_TIME"
	VoidRead      Kind = "VOID_READ"
	RankBefore    Kind = "RANK_BEFORE"
	Reviewed      Kind = "REVIEWED"
	Close         Kind = "CLOSE"
	Revoke        Kind = "REVOKE"
)

// Kinds returns all kinds in the order of FORMATS.md, which does not have three of them. REVIEWED: an official looked at an
// anomaly, and nothing else follows from it. SPLIT_CARD: the card with this id stands by itself, although another judge
// reported the same fault within a minute. CLOSE_SHEET: the judges of a race of Nordic walking have handed in all cards.
func Kinds() []Kind {
	return []Kind{DSQ, DNS, Withdrawn, NotCompeting, DNF, Penalty, YellowCard, RedCard, SplitCard, CloseSheet, Gun, StartWithWave, ManualTime,
		VoidRead, RankBefore, Reviewed, Close, Revoke}
}

// Ruling is one decision. The order of rulings is that of recording.
type Ruling struct {
	ID   ID
	Race race.ID
	Bib  race.Bib
	Kind Kind
	// Target is a wave (GUN, START_WITH_WAVE), another bib (RANK_BEFORE), the kind of an anomaly (REVIEWED), that of a
	// conflict followed by its identity (IDENTITY_CONFLICT line-a 1 17), or a ruling (SPLIT_CARD, REVOKE).
	Target string
	// Point may name a later visit of it: line#2, the start being the first.
	Point string
	// At is zero where the ruling has no instant.
	At       racetime.Instant
	Duration time.Duration
	// Rule is the number of the rule that was broken.
	Rule   string
	Reason string
	By     string
	// DecidedAt is information only; zero where it is not known.
	DecidedAt racetime.Instant
}

// Review returns what a REVIEWED says that an official looked at.
func (r *Ruling) Review() anomaly.Review {
	kind, identity, _ := strings.Cut(r.Target, " ")
	conflict, _ := anomaly.ParseIdentity(identity)
	return anomaly.Review{By: string(r.ID), Kind: anomaly.Kind(kind), Point: r.Point, Conflict: conflict}
}

// String writes all of a ruling in one line, for people: DSQ marathon 1042, rule TR16.8, "reason", by the referee, id a-17.
func (r Ruling) String() string {
	text := strings.Builder{}
	text.WriteString(string(r.Kind))
	add := func(before, value string) {
		if value != "" {
			text.WriteString(before + value)
		}
	}
	add(" ", string(r.Race))
	add(" ", string(r.Bib))
	add(", target ", r.Target)
	add(", point ", r.Point)
	if r.At != 0 {
		add(", at ", r.At.String())
	}
	if r.Duration != 0 {
		add(", ", r.Duration.String())
	}
	add(", rule ", r.Rule)
	if r.Reason != "" {
		add(", ", strconv.Quote(r.Reason))
	}
	add(", by ", r.By)
	if r.DecidedAt != 0 {
		add(", decided at ", r.DecidedAt.String())
	}
	add(", id ", string(r.ID))
	return text.String()
}
