package notice

import (
	"fmt"
	"time"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// ToState returns the wire form of a result.
func ToState(r *result.Result) *standingsv1.EntrantState {
	state := &standingsv1.EntrantState{
		Entrant:   int64(r.Entrant),
		Race:      string(r.Race),
		Bib:       string(r.Bib),
		Chip:      r.Chip,
		Name:      r.Name,
		Sex:       r.Sex.String(),
		AgeGroup:  r.AgeGroup,
		Country:   r.Country,
		Club:      r.Club,
		Category:  r.Category,
		Wave:      string(r.Wave),
		Status:    ToStatus(r.Status),
		Rule:      r.Rule,
		GunAtUs:   int64(r.GunAt),
		GunUs:     r.Gun.Microseconds(),
		NetUs:     r.Net.Microseconds(),
		LegsUs:    r.LegsTotal.Microseconds(),
		PenaltyUs: r.Penalty.Microseconds(),
		Lists:     r.Lists,

		AgeStandardUs: r.AgeStandard.Microseconds(),
		LeftCourse:    r.LeftCourse,
	}
	if start, ok := r.StartAt(); ok {
		us := int64(start)
		state.StartAtUs = &us
	}
	for _, p := range r.Passings {
		state.Visits = append(state.Visits, &standingsv1.VisitState{Visit: int32(p.Visit), AtUs: int64(p.At)})
	}
	for _, l := range r.Legs {
		state.Legs = append(state.Legs, &standingsv1.LegState{
			Leg:          int32(l.Number),
			MemberBib:    string(l.MemberBib),
			MemberName:   l.MemberName,
			LegUs:        l.Time.Microseconds(),
			CumulativeUs: l.Cumulative.Microseconds(),
			NotCompleted: l.NotCompleted,
			Ranked:       l.Ranked,
			RanBy:        int32(l.RanBy),
		})
	}
	for _, bib := range r.Before {
		state.Before = append(state.Before, string(bib))
	}
	return state
}

// FromState returns the result behind its wire form. The start is that of the visits.
func FromState(state *standingsv1.EntrantState) (result.Result, error) {
	sex, ok := race.ParseSex(state.GetSex())
	if !ok {
		return result.Result{}, fmt.Errorf("entrant %d: %q is no sex", state.GetEntrant(), state.GetSex())
	}
	status, ok := fromStatus(state.GetStatus())
	if !ok {
		return result.Result{}, fmt.Errorf("entrant %d: %v is no status", state.GetEntrant(), state.GetStatus())
	}
	r := result.Result{
		Entrant:   race.EntrantID(state.GetEntrant()),
		Race:      race.ID(state.GetRace()),
		Bib:       race.Bib(state.GetBib()),
		Chip:      state.GetChip(),
		Name:      state.GetName(),
		Sex:       sex,
		Country:   state.GetCountry(),
		Club:      state.GetClub(),
		Category:  state.GetCategory(),
		AgeGroup:  state.GetAgeGroup(),
		Wave:      race.WaveID(state.GetWave()),
		Status:    status,
		Rule:      state.GetRule(),
		GunAt:     racetime.Instant(state.GetGunAtUs()),
		Gun:       racetime.FromMicroseconds(state.GunUs),
		Net:       racetime.FromMicroseconds(state.NetUs),
		LegsTotal: racetime.FromMicroseconds(state.LegsUs),
		Penalty:   time.Duration(state.GetPenaltyUs()) * time.Microsecond,
		Lists:     state.GetLists(),

		AgeStandard: racetime.FromMicroseconds(state.AgeStandardUs),
		LeftCourse:  state.GetLeftCourse(),
	}
	for _, v := range state.GetVisits() {
		r.Passings = append(r.Passings, passing.Passing{Visit: int(v.GetVisit()), At: racetime.Instant(v.GetAtUs())})
	}
	for _, l := range state.GetLegs() {
		r.Legs = append(r.Legs, result.Leg{
			Number:       int(l.GetLeg()),
			MemberBib:    race.Bib(l.GetMemberBib()),
			MemberName:   l.GetMemberName(),
			Time:         racetime.FromMicroseconds(l.LegUs),
			Cumulative:   racetime.FromMicroseconds(l.CumulativeUs),
			NotCompleted: l.GetNotCompleted(),
			Ranked:       l.GetRanked(),
			RanBy:        int(l.GetRanBy()),
		})
	}
	for _, bib := range state.GetBefore() {
		r.Before = append(r.Before, race.Bib(bib))
	}
	return r, nil
}

// ToStatus returns the wire form of a status.
func ToStatus(s result.Status) standingsv1.Status {
	// The two enumerations are in one order; a test walks them by name.
	return standingsv1.Status(s)
}

func fromStatus(s standingsv1.Status) (result.Status, bool) {
	return result.Status(s), s >= standingsv1.Status_STATUS_ENTERED && s <= standingsv1.Status_STATUS_WITHDRAWN
}
