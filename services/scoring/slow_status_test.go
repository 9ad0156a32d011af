package scoring

import (
	"strconv"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// times is RULES.md, "Statuses", "Times" and "Ekiden", and FORMATS.md, "results.csv".
func (s slowScorer) times(res *slowResult, e *race.Entrant, r *race.Race, gun racetime.Instant) {
	start, hasStart := res.Passings[0]
	finish, finished := res.Passings[len(r.Course)-1]
	legNotCompleted := s.legs(res, e, r, gun)

	red, yellow := len(s.of(r, e.Bib, ruling.RedCard)), len(s.of(r, e.Bib, ruling.YellowCard))
	ruled := ""
	for _, d := range s.of(r, e.Bib, ruling.DSQ, ruling.DNS, ruling.Withdrawn, ruling.NotCompeting, ruling.DNF) {
		if d.Kind != ruling.DNF || d.Point == "" {
			ruled = string(d.Kind)
		}
	}
	closed := len(s.of(r, "", ruling.Close)) > 0
	switch {
	case ruled != "":
		res.Status = ruled
	case red > 0 || r.Nordic != nil && yellow >= r.Nordic.YellowToDSQ:
		res.Status = "DSQ"
	case legNotCompleted:
		res.Status = "DNF"
	case finished && s.missedCutOff(res, r, gun):
		res.Status = slowOverTime[r.OverTime]
	case finished:
		res.Status = "FINISHED"
	case len(res.Passings) > 0 && closed:
		res.Status = "DNF"
	case len(res.Passings) > 0:
		res.Status = "STARTED"
	case closed:
		res.Status = "DNS"
	default:
		res.Status = "ENTERED"
	}

	stands := map[string]bool{"FINISHED": true, "OTL": true, "DSQ": true, "NOT_COMPETING": true}
	if !finished || !stands[res.Status] {
		return
	}
	res.Gun = slowTime(finish - gun)
	switch {
	case hasStart:
		res.Net = slowTime(finish - start)
	case r.NoStartRead == race.UseGun:
		res.Net = res.Gun
	}
}

func slowTime(microseconds racetime.Instant) string {
	return strconv.FormatInt(int64(microseconds), 10)
}

var slowOverTime = map[race.OverTime]string{race.OverTimeOTL: "OTL", race.OverTimeDNF: "DNF", race.OverTimeDSQ: "DSQ"}

// missedCutOff: relative to the own start, to the gun, or by the clock, at any point; a time equal to a limit is in time.
func (s slowScorer) missedCutOff(res *slowResult, r *race.Race, gun racetime.Instant) bool {
	start, ok := res.Passings[0]
	if !ok {
		start = gun
	}
	for visit, at := range res.Passings {
		cutOff := r.Course[visit].CutOff
		if cutOff.AfterGun != 0 && at.Sub(gun) > cutOff.AfterGun || cutOff.AfterStart != 0 && at.Sub(start) > cutOff.AfterStart ||
			cutOff.Clock != 0 && at > cutOff.Clock {
			return true
		}
	}
	return false
}

// legs: leg 1 runs from the wave's gun; every other from the hand-over, or from the forced start if the hand-over is later.
// Where an exchange was not read, the legs around it are unknown and their sum is known. After a leg that was not completed
// the team has no total.
func (s slowScorer) legs(res *slowResult, e *race.Entrant, r *race.Race, gun racetime.Instant) (anyNotCompleted bool) {
	if r.Team == nil {
		return false
	}
	left, sum, sumKnown, exchangeRead := gun, time.Duration(0), true, true
	for i, end := range slowEnds(r) {
		leg := slowLeg{}
		notCompleted := false
		for _, d := range s.of(r, e.Bib, ruling.DNF) {
			visit, ok := slowVisit(r, d.Point)
			notCompleted = notCompleted || ok && visit == end
		}
		if notCompleted {
			anyNotCompleted, sumKnown = true, false
		}
		at, read := res.Passings[end]
		if read {
			sum += at.Sub(left)
			if exchangeRead && !notCompleted {
				leg.Time = slowTime(racetime.Instant(at.Sub(left).Microseconds()))
			}
			if sumKnown {
				leg.Cumulative = slowTime(racetime.Instant(sum.Microseconds()))
			}
			left = at
			if forced := r.Team.Legs[i].ForcedStart; forced != 0 && forced < at {
				left = forced
			}
		}
		exchangeRead = read
		res.Legs = append(res.Legs, leg)
	}
	return anyNotCompleted
}
