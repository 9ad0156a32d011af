package timing

import (
	"context"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Starts knows who has started.
type Starts interface {
	// StartsBefore counts the entrants of waves of a race whose start is before an instant.
	StartsBefore(
		ctx context.Context, event race.EventID, raceID race.ID, waves []race.WaveID, at racetime.Instant,
	) (int, error)
}

// countStarts counts the starts that new guns would make none. What is not told in time keeps nobody from recording a gun.
func (s *Service) countStarts(ctx context.Context, event *race.Event, outcomes []outcome) {
	ctx, cancel := context.WithTimeout(ctx, warnTime)
	defer cancel()
	for i := range outcomes {
		o := &outcomes[i]
		if !o.isNew || o.Kind != ruling.Gun {
			continue
		}
		count, err := s.starts.StartsBefore(ctx, event.ID, o.Race, wavesOfGun(event.Race(o.Race), &o.Ruling), o.At)
		if err == nil {
			o.startsBefore = count
		}
	}
}

// wavesOfGun returns the waves that a gun is of.
func wavesOfGun(of *race.Race, gun *ruling.Ruling) []race.WaveID {
	if gun.Target != "" {
		return []race.WaveID{race.WaveID(gun.Target)}
	}
	waves := make([]race.WaveID, len(of.Waves))
	for i := range of.Waves {
		waves[i] = of.Waves[i].ID
	}
	return waves
}
