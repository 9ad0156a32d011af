package timing

import (
	"context"
	"slices"
	"time"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Course knows who is on it.
type Course interface {
	// OnCourse returns who of a race is out on the course, the longest overdue first.
	OnCourse(ctx context.Context, event race.EventID, raceID race.ID) ([]oncourse.Entrant, error)
}

// StillOut is who was on the course when races were closed.
type StillOut struct {
	// Entrants are by race, in the order of the rulings, at most MaxStillOut.
	Entrants []oncourse.Entrant
	// Total counts those beyond MaxStillOut too.
	Total int
	// Unknown means that of a race nobody said in time who was out.
	Unknown bool
	// AskedAt is when; zero where no race was closed.
	AskedAt racetime.Instant
}

// MaxStillOut keeps an answer below what gRPC clients receive unless told otherwise, 4 MiB.
const MaxStillOut = 10_000

// courseTime is how long a CLOSE waits to learn who is still out.
const courseTime = 5 * time.Second

// stillOut asks for the races that are about to be closed. A board that is away keeps nobody from closing a race.
func (s *Service) stillOut(ctx context.Context, event race.EventID, outcomes []outcome) (out StillOut) {
	var races []race.ID
	for _, o := range outcomes {
		if o.isNew && o.Kind == ruling.Close && !slices.Contains(races, o.Race) {
			races = append(races, o.Race)
		}
	}
	if len(races) == 0 {
		return StillOut{}
	}
	ctx, cancel := context.WithTimeout(ctx, courseTime)
	defer cancel()
	for _, id := range races {
		entrants, err := s.course.OnCourse(ctx, event, id)
		out.Unknown = out.Unknown || err != nil
		out.Entrants = append(out.Entrants, entrants...)
	}
	out.Total, out.AskedAt = len(out.Entrants), racetime.At(s.now())
	out.Entrants = out.Entrants[:min(out.Total, MaxStillOut)]
	return out
}
