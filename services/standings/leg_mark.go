package standings

import (
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/record"
	"raceday/services/rules/result"
)

// PublishedLeg is a leg with a rank in a list that is OFFICIAL or AMENDED.
type PublishedLeg struct {
	Race race.ID
	Bib  race.Bib
	// Leg counts from 1; Time is the exact one.
	Leg  int
	Time time.Duration
}

// publishedLegTime is what must still be known of a leg for a list to have published it: its time as records count it.
type publishedLegTime struct {
	bib  race.Bib
	leg  int
	time time.Duration
}

func (m *marks) addPublishedLegs(r *race.Race, published []PublishedLeg) {
	for _, p := range published {
		if p.Race != r.ID {
			continue
		}
		if official, ok := record.LegTime(r, &result.Leg{Ranked: true, Time: racetime.Known(p.Time)}); ok {
			m.publishedLegs[publishedLegTime{p.Bib, p.Leg, official}] = true
		}
	}
}

// ofLeg returns the mark of a team's leg, from 0, nil where it has none.
func (m *marks) ofLeg(team *result.Result, n int, r *race.Race) *Mark {
	if m == nil {
		return nil
	}
	key, ok := m.byKey[markKey{n + 1, team.Sex}]
	if !ok {
		return nil
	}
	of := key.of(record.CompareLeg(r, &team.Legs[n], key.record.Time))
	if of == nil {
		return nil
	}
	official, _ := record.LegTime(r, &team.Legs[n])
	if m.publishedLegs[publishedLegTime{team.Bib, n + 1, official}] {
		return &of[1]
	}
	return &of[0]
}
