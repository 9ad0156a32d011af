package result

import (
	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
)

// Anomalies returns what officials should look at in the passings of the entrant and the oddities that were found with
// them.
func (f *Facts) Anomalies(event *race.Event, oddities []passing.Oddity) []anomaly.Anomaly {
	return anomaly.Find(anomaly.Facts{
		Event: event, Race: f.Race, Passings: f.Passings, Oddities: oddities, GunAt: f.GunAt,
		FirstGunAt: f.OfRace.FirstGun(f.Race), Closed: f.OfRace.Closed,
		StatusBy: string(f.Ruled.StatusBy), Reviews: f.Ruled.Reviews,
	})
}
