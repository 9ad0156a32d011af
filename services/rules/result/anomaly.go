package result

import (
	"slices"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
)

// Anomalies returns what officials should look at in the passings of the entrant, the oddities that were found with them and
// who ran the legs of its result.
func (f *Facts) Anomalies(event *race.Event, oddities []passing.Oddity, legs []Leg) []anomaly.Anomaly {
	return anomaly.Find(anomaly.Facts{
		Event: event, Race: f.Race, Passings: f.Passings, Oddities: append(oddities, f.swapped(oddities, legs)...), GunAt: f.GunAt,
		FirstGunAt: f.OfRace.FirstGun(f.Race), Closed: f.OfRace.Closed,
		StatusBy: string(f.Ruled.StatusBy), Reviews: f.Ruled.Reviews,
	})
}

// swapped returns the members who ran another's leg and are not seen to in the oddities: where legs come by the same points,
// each is where it may be.
func (f *Facts) swapped(oddities []passing.Oddity, legs []Leg) []passing.Oddity {
	var found []passing.Oddity
	for i := range legs {
		if legs[i].RanBy == 0 {
			continue
		}
		ends, _ := f.Race.LegEnds()
		o := passing.Oddity{Kind: passing.OnOthersLeg, To: passing.Passing{Visit: ends[i]}, Leg: legs[i].RanBy}
		if p := slices.IndexFunc(f.Passings, func(p passing.Passing) bool { return p.Visit == ends[i] }); p >= 0 {
			o.To = f.Passings[p]
		}
		if !slices.ContainsFunc(oddities, func(told passing.Oddity) bool {
			return told.Kind == o.Kind && (told.Leg == o.Leg || told.To.Visit == o.To.Visit)
		}) {
			found = append(found, o)
		}
	}
	return found
}
