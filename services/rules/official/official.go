// Package official says when a list may be published as what: provisional, official after the time for protests, amended.
package official

import (
	"slices"

	"raceday/services/rules/racetime"
)

// State is what a published version of a list is.
type State string

// The states.
const (
	// Provisional lists are announced; protests are taken for a while. [TR8]
	Provisional State = "PROVISIONAL"
	// Official lists stand: the time for protests is over, and all that was open is dealt with or waived.
	Official State = "OFFICIAL"
	// Amended lists replace official ones, for a reason.
	Amended State = "AMENDED"
)

// Publication is a version of a list that is about to be published.
type Publication struct {
	As State
	At racetime.Instant
	// Reason is needed to amend.
	Reason   string
	SignedBy string
	// Before is what the last version is; empty where there is none.
	Before State
	// ProtestsUntil is the last instant for protests against the last version.
	ProtestsUntil racetime.Instant
	// Differs means that a row is other than in the last version.
	Differs bool
	// Open are the matters that nobody dealt with, and Waived those that whoever signs lets be, by their names.
	Open, Waived []string
}

// Problem is why a list cannot be published so.
type Problem struct {
	// Field is as, reason, signed_by or waived.
	Field string
	// Reason is stable and UPPER_SNAKE.
	Reason string
	// Message says the same to a person.
	Message string
}

// ProtestsOpen is the reason of a problem: the time for protests is not over.
const ProtestsOpen = "PROTESTS_OPEN"

// Check returns all that keeps a list from being published so, nil where nothing does.
func Check(p Publication) []Problem {
	var problems []Problem
	bad := func(field, reason, message string) { problems = append(problems, Problem{field, reason, message}) }
	if p.SignedBy == "" {
		bad("signed_by", "SIGNATURE_MISSING", "who signs is needed")
	}
	switch p.As {
	case Provisional:
		if p.Before == Official || p.Before == Amended {
			bad("as", "OFFICIAL_ALREADY", "the list is official; what changes is published as AMENDED")
		}
		return problems
	case Official:
		checkOfficial(p, bad)
	case Amended:
		checkAmended(p, bad)
	default:
		bad("as", "STATE_UNKNOWN", "a list is published as PROVISIONAL, OFFICIAL or AMENDED")
		return problems
	}
	for _, matter := range p.Open {
		if !slices.Contains(p.Waived, matter) {
			bad("waived", "MATTER_OPEN", matter+" is open: deal with it, or waive it by this name")
		}
	}
	for _, name := range p.Waived {
		if !slices.Contains(p.Open, name) {
			bad("waived", "MATTER_UNKNOWN", name+" is not open")
		}
	}
	return problems
}

func checkOfficial(p Publication, bad func(field, reason, message string)) {
	switch {
	case p.Before == "":
		bad("as", "NOT_ANNOUNCED", "the list was never announced; publish it as PROVISIONAL first")
	case p.Before != Provisional:
		bad("as", "OFFICIAL_ALREADY", "the list is official; what changes is published as AMENDED")
	case p.At < p.ProtestsUntil:
		bad("as", ProtestsOpen, "protests are taken until "+p.ProtestsUntil.String())
	}
}

func checkAmended(p Publication, bad func(field, reason, message string)) {
	switch {
	case p.Before != Official && p.Before != Amended:
		bad("as", "NOT_OFFICIAL", "the list is not official yet; publish it as PROVISIONAL, then as OFFICIAL")
	case !p.Differs:
		bad("as", "NOTHING_CHANGED", "the list is as it was published")
	}
	if p.Reason == "" {
		bad("reason", "REASON_MISSING", "why the list is amended is needed")
	}
}
