package benchmark

import (
	"context"

	"github.com/jackc/pgx/v5"

	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// StoredFigures are what a bench finds that works on stored reads.
type StoredFigures struct {
	Reads        int     `json:"reads"`
	Entrants     int     `json:"entrants"`
	Seconds      float64 `json:"seconds"`
	FloorSeconds float64 `json:"floor_seconds"`
	// TimesFloor is Seconds by FloorSeconds: less is better.
	TimesFloor Ratio `json:"times_floor"`
	Runs       int   `json:"runs"`
}

func storedFigures(d *day, times turns, runs int) StoredFigures {
	reads, _ := d.size()
	return StoredFigures{
		Reads: reads, Entrants: len(d.roster), Seconds: median(times.work).Seconds(), FloorSeconds: median(times.floor).Seconds(),
		TimesFloor: times.timesFloor(), Runs: runs,
	}
}

// store makes up a day of about so many reads and returns when they are stored and all that follows is committed.
func (s *Server) store(ctx context.Context, formats Formats, event race.EventID, entrants, reads int) (*day, error) {
	d, err := newStoredDay(formats, event, entrants, reads)
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, d, formats); err != nil {
		return nil, err
	}
	return d, s.publishDay(ctx, d)
}

func newStoredDay(formats Formats, event race.EventID, entrants, reads int) (*day, error) {
	conditions := rehearsal.Usual()
	conditions.Resent = 0 // so that reads are rows
	return newDay(formats, event, entrants, reads, conditions)
}

// publishDay publishes the reads of a day and returns when they are stored and all that follows is committed.
func (s *Server) publishDay(ctx context.Context, d *day) error {
	messages, err := d.messages(d.event.ID, "reads."+string(d.event.ID)+".")
	if err != nil {
		return err
	}
	if err := publish(ctx, s.JetStream, messages); err != nil {
		return err
	}
	return s.wait(ctx, hasDerived, pgx.StrictNamedArgs{"event": d.event.ID, "sequence": len(messages)})
}
