package ruling

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
)

// Problem is one thing wrong with a ruling.
type Problem struct {
	// Field is the ruling's field by its name in the contract: id, race, bib, kind, target, point, at or duration.
	Field string
	// Reason is stable and UPPER_SNAKE.
	Reason string
	// Message says the same to a person.
	Message string
}

// needs says which fields a kind uses; what it does not use may hold anything.
type needs struct {
	bib, noBib bool
	point      bool
	at         bool
	duration   bool
}

func needsOf(r Ruling) needs {
	switch r.Kind {
	case Reviewed:
		kind := r.Review().Kind
		// A conflict may be of chips that nobody wears; without a bib all of it was looked at.
		return needs{bib: kind != anomaly.IdentityConflict || r.Bib != ""}
	case Penalty:
		return needs{bib: true, duration: true}
	case YellowCard, RedCard, ManualTime, VoidRead:
		return needs{bib: true, point: true, at: true}
	case Gun:
		return needs{noBib: true, at: true}
	case Close, CloseSheet, Revoke:
		return needs{noBib: true}
	default:
		return needs{bib: true}
	}
}

// longestPenalty keeps a slip of the pen out, and sums of penalties far from where a Duration ends.
const longestPenalty = 24 * time.Hour

// Check returns all that is wrong with the ruling in itself, nil where nothing is: such a ruling means nothing on any event.
func Check(r Ruling) []Problem {
	var problems []Problem
	bad := func(field, reason, message string) { problems = append(problems, Problem{field, reason, message}) }

	if !ValidID(r.ID) {
		bad("id", "ID_INVALID", "not an id: 1 to 64 letters, digits and . _ : -, beginning with a letter or digit")
	}
	if !slices.Contains(Kinds(), r.Kind) {
		bad("kind", "KIND_UNKNOWN", "unknown ruling "+strconv.Quote(string(r.Kind)))
		return problems
	}
	if r.Race == "" && r.Kind != Revoke && !ofWholeConflict(r) {
		bad("race", "RACE_MISSING", "a race is needed")
	}
	checkNeeded(r, needsOf(r), bad)
	checkTarget(r, bad)
	return problems
}

// Vague returns what a new ruling must say beside: which of several anomalies was looked at. One without that may have been
// recorded once; it stays, and deals with nothing.
func Vague(r Ruling) []Problem {
	kind, identity, _ := strings.Cut(r.Target, " ")
	switch {
	case r.Kind != Reviewed:
		return nil
	case anomaly.Kind(kind).AtPoints() && r.Point == "":
		return []Problem{{"point", "POINT_MISSING", "a point is needed"}}
	case anomaly.Kind(kind) != anomaly.IdentityConflict:
		return nil
	}
	if _, ok := anomaly.ParseIdentity(identity); !ok {
		return []Problem{{"target", "CONFLICT_MISSING",
			"which conflict is needed: mat, boot and number, as in IDENTITY_CONFLICT line-a 1 17"}}
	}
	return nil
}

// Idle returns the fields that the ruling has and its kind does not take: nothing follows from them, so whoever wrote them
// may have meant another kind. What a rule number, a reason or a DecidedAt says is for the record and always taken.
func Idle(r Ruling) []Problem {
	takes := needsOf(r)
	switch r.Kind {
	case DNF, Reviewed:
		takes.point = true
	}
	target := false
	switch r.Kind {
	case Gun, StartWithWave, RankBefore, Reviewed, SplitCard, Revoke:
		target = true
	}
	var problems []Problem
	for _, field := range []struct {
		name, article string
		idle          bool
	}{
		{"target", "a target", r.Target != "" && !target},
		{"point", "a point", r.Point != "" && !takes.point},
		{"at", "an instant", r.At != 0 && !takes.at},
		{"duration", "a duration", r.Duration != 0 && !takes.duration},
	} {
		if field.idle {
			problems = append(problems, Problem{field.name, "FIELD_NOT_TAKEN",
				string(r.Kind) + " does not take " + field.article + ": nothing follows from it"})
		}
	}
	return problems
}

// Misfits returns what the ruling names and the event does not have, nil where there is nothing. A ruling that was recorded
// may come to misfit by a later version of the event: it stays, and does what it still can. Whether a bib is on the roster,
// or a revoked ruling was ever made, is not asked.
func Misfits(r Ruling, event *race.Event) []Problem {
	if r.Race == "" || !slices.Contains(Kinds(), r.Kind) {
		return nil
	}
	of := event.Race(r.Race)
	if of == nil {
		return []Problem{{"race", "RACE_UNKNOWN", "unknown race " + strconv.Quote(string(r.Race))}}
	}
	var problems []Problem
	bad := func(field, reason, message string) { problems = append(problems, Problem{field, reason, message}) }
	if (r.Kind == Gun || r.Kind == StartWithWave) && r.Target != "" && of.Wave(race.WaveID(r.Target)) == nil {
		bad("target", "WAVE_UNKNOWN", "unknown wave "+strconv.Quote(r.Target))
	}
	if r.Kind == CloseSheet && of.Nordic == nil {
		bad("race", "RACE_WITHOUT_CARDS", "only Nordic walking has a judges' sheet")
	}
	if r.Point != "" {
		fitPoint(r, of, event, bad)
	}
	return problems
}

// ValidID reports whether an id is 1 to 64 letters, digits and . _ : - that begin with a letter or digit.
func ValidID(id ID) bool {
	for i, c := range []byte(id) {
		letter := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("._:-", rune(c))) {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}

func checkNeeded(r Ruling, need needs, bad func(field, reason, message string)) {
	_, err := race.ParseBib(string(r.Bib))
	switch {
	case need.bib && r.Bib == "":
		bad("bib", "BIB_MISSING", "a bib is needed")
	case need.bib && err != nil:
		bad("bib", "BIB_INVALID", err.Error())
	case need.noBib && r.Bib != "":
		bad("bib", "BIB_NOT_ALLOWED", string(r.Kind)+" has no bib")
	}
	if need.point && r.Point == "" {
		bad("point", "POINT_MISSING", "a point is needed")
	}
	if need.at && r.At == 0 {
		bad("at", "AT_MISSING", "an instant is needed")
	}
	switch {
	case need.duration && r.Duration <= 0:
		bad("duration", "DURATION_MISSING", "a duration above zero is needed")
	case need.duration && r.Duration > longestPenalty:
		bad("duration", "DURATION_TOO_LONG", "more than 24 hours")
	}
}

func checkTarget(r Ruling, bad func(field, reason, message string)) {
	switch r.Kind {
	case StartWithWave:
		if r.Target == "" {
			bad("target", "TARGET_MISSING", "a wave is needed")
		}
	case RankBefore:
		_, err := race.ParseBib(r.Target)
		switch {
		case r.Target == "":
			bad("target", "TARGET_MISSING", "another bib is needed")
		case err != nil:
			bad("target", "BIB_INVALID", err.Error())
		case r.Target == string(r.Bib):
			bad("target", "BIB_ITSELF", "a bib cannot stand before itself")
		}
	case Reviewed:
		checkReviewed(r, bad)
	case SplitCard, Revoke:
		switch {
		case r.Target == "":
			bad("target", "TARGET_MISSING", "the id of a ruling is needed")
		case !ValidID(ID(r.Target)):
			bad("target", "ID_INVALID", "not the id of a ruling")
		case r.Target == string(r.ID):
			bad("target", "RULING_ITSELF", "a ruling cannot name itself")
		}
	}
}

// ofWholeConflict reports whether a ruling is the review of a conflict for all who wear its chips, or for nobody.
func ofWholeConflict(r Ruling) bool {
	return r.Kind == Reviewed && r.Bib == "" && r.Review().Kind == anomaly.IdentityConflict
}

func checkReviewed(r Ruling, bad func(field, reason, message string)) {
	kind, _, parted := strings.Cut(r.Target, " ")
	if !slices.Contains(anomaly.Kinds(), anomaly.Kind(kind)) || parted && anomaly.Kind(kind) != anomaly.IdentityConflict {
		bad("target", "ANOMALY_UNKNOWN", "not a kind of anomaly: "+strconv.Quote(r.Target))
	}
}

func fitPoint(r Ruling, of *race.Race, event *race.Event, bad func(field, reason, message string)) {
	switch r.Kind {
	case DNF:
		fitLegEnd(r, of, bad)
	case ManualTime, YellowCard, RedCard, Reviewed:
		if _, ok := of.VisitAt(r.Point); !ok {
			bad("point", "POINT_UNKNOWN", "the course has no visit "+strconv.Quote(r.Point))
		}
	case VoidRead:
		// A read is void wherever its mat lay, at whichever visit it would count.
		if !slices.Contains(event.Points, race.PointID(r.Point)) {
			bad("point", "POINT_UNKNOWN", "unknown point "+strconv.Quote(r.Point))
		}
	}
}

func fitLegEnd(r Ruling, of *race.Race, bad func(field, reason, message string)) {
	if of.Team == nil {
		bad("point", "POINT_NOT_ALLOWED", "only a leg of a relay is not completed at a point")
		return
	}
	visit, ok := of.VisitAt(r.Point)
	if !ok {
		bad("point", "POINT_UNKNOWN", "the course has no visit "+strconv.Quote(r.Point))
		return
	}
	if ends, _ := of.LegEnds(); !slices.Contains(ends, visit) {
		bad("point", "POINT_ENDS_NO_LEG", "no leg ends at "+strconv.Quote(r.Point))
	}
}
