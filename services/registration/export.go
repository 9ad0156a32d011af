package registration

import (
	"context"
	"fmt"
	"io"

	"raceday/services/rules/race"
)

// ExportRoster writes the roster of an event, of one race of it, or of one wave of that race, as a roster.csv, which
// ImportRoster reads without loss: the confirmed entries with a bib. It reads entries in pages and holds nothing
// meanwhile: a change of several entries, such as a swap of chips, may be there in part. Nothing is written before all is
// read. Faults: ErrRaceNotFound, ErrWaveUnknown, and one that says that there is no such event.
func (s *Service) ExportRoster(
	ctx context.Context, w io.Writer, id race.EventID, raceID race.ID, wave race.WaveID,
) error {
	event, _, err := s.event(ctx, id, true)
	if err != nil {
		return fmt.Errorf("export roster: %w", err)
	}
	r := event.Race(raceID)
	switch {
	case raceID != "" && r == nil:
		return ErrRaceNotFound
	case wave != "" && (r == nil || r.Wave(wave) == nil):
		return ErrWaveUnknown.With(ErrWaveUnknown.At("wave"))
	}
	var entrants []race.Entrant
	err = s.walk(ctx, id, raceID, 0, func(e *Entry) bool {
		if e.OnRoster() && (wave == "" || isIn(r, wave, e)) {
			entrants = append(entrants, e.Entrant)
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("export roster: %w", err)
	}
	return WriteRoster(w, event, entrants)
}

func isIn(r *race.Race, wave race.WaveID, e *Entry) bool {
	w := r.WaveOf(e.Wave, e.Bib)
	return w != nil && w.ID == wave
}

// walkPage is how many entries are read together.
const walkPage = 1000

// walk calls f with the entries of an event, or of one race of it, in order of entry, those after one, until it returns
// false. It reads them in pages.
func (s *Service) walk(
	ctx context.Context, event race.EventID, id race.ID, after race.EntrantID, f func(e *Entry) bool,
) error {
	for {
		entries, err := s.store.ListEntries(ctx, event, id, after, walkPage)
		if err != nil {
			return err
		}
		for i := range entries {
			if !f(&entries[i]) {
				return nil
			}
		}
		if len(entries) < walkPage {
			return nil
		}
		after = entries[len(entries)-1].ID
	}
}
