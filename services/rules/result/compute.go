package result

import (
	"slices"
	"strings"

	"raceday/services/rules/agegrade"
	"raceday/services/rules/civil"
	"raceday/services/rules/classification"
	"raceday/services/rules/entry"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/relay"
	"raceday/services/rules/ruling"
)

// Facts are what the result of one entrant follows from.
type Facts struct {
	EventDay civil.Day
	Race     *race.Race
	Entrant  *race.Entrant
	// Passings are those of the entrant, counted from Gun.
	Passings []passing.Passing
	// Sightings are of a team's members, where they wear chips.
	Sightings []passing.Sighting
	// GunAt is the gun that the entrant is counted from; zero where it is not known.
	GunAt  racetime.Instant
	OfRace ruling.OfRace
	Ruled  ruling.OfEntrant
}

// GunOf returns the gun that an entrant is counted from: its own wave's, or that of the wave that it was ruled to start
// with; zero where it is not known.
func GunOf(r *race.Race, e *race.Entrant, ofRace *ruling.OfRace, ruled *ruling.OfEntrant) racetime.Instant {
	if ruled.StartWithWave != "" {
		return ofRace.GunOf(r.Wave(ruled.StartWithWave))
	}
	return ofRace.GunOf(r.WaveOf(e.Wave, e.Bib))
}

// Compute returns the result of one entrant.
func Compute(f Facts) Result {
	e := f.Entrant
	res := Result{
		Entrant: e.ID, Race: e.Race, Bib: e.Bib, Chip: strings.Join(e.Chips, " "), Sex: e.Sex,
		// A team has no age, whatever its line of the roster says.
		Name:    e.ShownName(f.Race.Team == nil && entry.Minor(f.Race, e.Person, f.EventDay)),
		Country: e.Country, Club: e.Club, Category: e.Category,
		AgeGroup: classification.AgeGroup(f.Race, e, f.EventDay),
		GunAt:    f.GunAt, Passings: f.Passings,
		LeftCourse:  f.Ruled.Left,
		Penalty:     f.Ruled.Penalty,
		AgeStandard: f.ageStandard(),
		Before:      f.Ruled.Before,
	}
	if wave := f.Race.WaveOf(e.Wave, e.Bib); wave != nil {
		res.Wave = wave.ID
	}
	cards := ruling.VerdictOn(f.Ruled.Cards, f.Race.Nordic)
	res.Penalty += cards.Penalty
	legs := f.addLegs(&res)
	res.Status, res.Rule = f.status(&res, cards.Disqualified, legs)
	f.addTimes(&res, legs)
	for i := range res.Legs {
		res.Legs[i].Ranked = res.Legs[i].Ranked && res.Status != DSQ && res.Status != NotCompeting
	}
	res.Lists = f.lists(&res)
	return res
}

// status applies the precedence: ruling on the entrant, over time, FINISHED, then CLOSE. [FORMATS.md, results.csv]
func (f *Facts) status(res *Result, cards bool, legs relayOutcome) (Status, string) {
	_, finished := f.finishAt(res)
	switch {
	case f.Ruled.Status != "":
		return ruledStatus[f.Ruled.Status], f.Ruled.Rule
	case cards:
		return DSQ, ""
	case legs.notCompleted:
		return DNF, ""
	case finished && f.overTime(res):
		return overTimeStatus[f.Race.OverTime], ""
	case finished:
		return Finished, ""
	case len(res.Passings) > 0 && f.OfRace.Closed:
		return DNF, ""
	case len(res.Passings) > 0:
		return Started, ""
	case f.OfRace.Closed:
		return DNS, ""
	}
	return Entered, ""
}

var ruledStatus = map[ruling.Kind]Status{
	ruling.DSQ: DSQ, ruling.DNS: DNS, ruling.DNF: DNF, ruling.Withdrawn: Withdrawn, ruling.NotCompeting: NotCompeting,
}

var overTimeStatus = map[race.OverTime]Status{race.OverTimeOTL: OTL, race.OverTimeDNF: DNF, race.OverTimeDSQ: DSQ}

func (f *Facts) finishAt(res *Result) (racetime.Instant, bool) {
	if n := len(res.Passings); n > 0 && res.Passings[n-1].Visit == len(f.Race.Course)-1 {
		return res.Passings[n-1].At, true
	}
	return 0, false
}

// overTime reports whether a cut-off was missed anywhere. Exact times decide.
func (f *Facts) overTime(res *Result) bool {
	start, ok := res.StartAt()
	if !ok {
		start = f.GunAt
	}
	for _, p := range res.Passings {
		if f.Race.Course[p.Visit].CutOff.MissedBy(p.At, f.GunAt, start) > 0 {
			return true
		}
	}
	return false
}

// addTimes fills in the times of a finish that counts. [TR19.24]
func (f *Facts) addTimes(res *Result, legs relayOutcome) {
	finish, finished := f.finishAt(res)
	if !finished || res.Status != Finished && res.Status != OTL && res.Status != DSQ && res.Status != NotCompeting {
		return
	}
	res.Gun = racetime.Known(finish.Sub(f.GunAt))
	res.LegsTotal = legs.total
	if start, ok := res.StartAt(); ok {
		res.Net = racetime.Known(finish.Sub(start))
	} else if f.Race.NoStartRead == race.UseGun {
		res.Net = res.Gun
	}
}

// ageStandard returns the age standard of the distance where the race ranks by it. It is for running alone. [RULES.md,
// Lists, awards, championships]
func (f *Facts) ageStandard() racetime.Optional {
	graded := slices.ContainsFunc(f.Race.Classifications, func(c race.Classification) bool { return c.Score == race.ScoreAgeGrade })
	if !graded || f.Race.Team != nil || f.Race.Nordic != nil {
		return racetime.Optional{}
	}
	years, known := f.Race.Years(f.Entrant.Person, f.EventDay)
	if !known {
		return racetime.Optional{}
	}
	standard, ok := agegrade.Standard(f.Entrant.Sex, years, f.Race.DistanceMillimetres)
	return racetime.Optional{Time: standard, Known: ok}
}

// lists returns the lists that hold the entrant. Without a start read, the race's policy may take it out; without an age
// standard no list of age grades holds it.
func (f *Facts) lists(res *Result) []string {
	names := make([]string, len(f.Race.Classifications))
	_, started := res.StartAt()
	unread := len(res.Passings) > 0 && !started
	for i := range names {
		c := &f.Race.Classifications[i]
		if unread && (f.Race.NoStartRead == race.NotRanked || f.Race.NoStartRead == race.NoNetTime && c.Basis == race.Net) {
			continue
		}
		if c.Score == race.ScoreAgeGrade && !res.AgeStandard.Known {
			continue
		}
		names[i] = classification.List(c, f.Race, f.Entrant, f.EventDay)
	}
	return names
}

// relayOutcome is what a team's legs mean for its result.
type relayOutcome struct {
	total        racetime.Optional
	notCompleted bool
}

func (f *Facts) addLegs(res *Result) relayOutcome {
	if f.Race.Team == nil || len(f.Race.Team.Legs) == 0 {
		return relayOutcome{}
	}
	ends, _ := f.Race.LegEnds()
	arrivals := make([]relay.Arrival, len(ends))
	for _, p := range res.Passings {
		for leg, end := range ends {
			if p.Visit == end {
				arrivals[leg] = relay.Arrival{At: p.At, Seen: true}
			}
		}
	}
	missed := f.legsNotCompleted(ends)
	firstMissed := len(ends)
	res.Legs = make([]Leg, len(ends))
	for i, leg := range relay.Legs(f.Race, arrivals, f.GunAt, missed) {
		if leg.NotCompleted {
			firstMissed = min(firstMissed, i)
		}
		reference := i > firstMissed && f.Race.Team.MissedLeg == race.LaterLegsReference
		res.Legs[i] = Leg{
			Number: i + 1, Time: leg.Time, Cumulative: leg.Cumulative, NotCompleted: leg.NotCompleted,
			Ranked: leg.Time.Known && !reference,
		}
	}
	for i, runner := range relay.Runners(f.Race, arrivals, f.GunAt, f.Sightings) {
		if runner != i+1 {
			res.Legs[i].RanBy = runner
		}
	}
	for _, m := range f.Entrant.Members {
		if m.Leg >= 1 && m.Leg <= len(ends) {
			res.Legs[m.Leg-1].MemberBib = m.Bib
			res.Legs[m.Leg-1].MemberName = m.ShownName(entry.Minor(f.Race, m.Person, f.EventDay))
		}
	}
	return relayOutcome{total: res.Legs[len(ends)-1].Cumulative, notCompleted: firstMissed < len(ends)}
}

// legsNotCompleted returns the legs, from 0, that were ruled not completed by naming the point where they end.
func (f *Facts) legsNotCompleted(ends []int) map[int]bool {
	missed := map[int]bool{}
	for _, point := range f.Ruled.LegsNotCompleted {
		visit, ok := f.Race.VisitAt(point)
		for leg, end := range ends {
			if ok && end == visit {
				missed[leg] = true
			}
		}
	}
	return missed
}
