package registration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"raceday/services/csvtable"
	"raceday/services/fault"
	"raceday/services/rules/race"
)

// RosterFile is a roster.csv to import.
type RosterFile struct {
	Event race.EventID
	// Content is read from its start, again if the event changes meanwhile.
	Content io.ReadSeeker
	// Replace withdraws the entries with a bib that the file does not name; one that was checked in is a fault of the file,
	// and so is withdrawing everybody by naming none.
	Replace bool
	// Progress is told how many lines below the header were read, every thousand and at the end of the file; it may be nil.
	Progress func(lines int)
}

// Imported counts what an import did.
type Imported struct {
	Added, Changed, Same int
	// Withdrawn are the bibs of the entries withdrawn by Replace, in their order.
	Withdrawn []race.Bib
	// Warnings are in the order of the lines.
	Warnings []Warning
}

// Warning is a line that was imported and should be looked at.
type Warning struct {
	// Line counts from 1, the header.
	Line           int
	Column, Reason string
}

// ImportRoster reads a roster.csv, all or nothing. A line with the race and bib of a confirmed or withdrawn entry
// changes and confirms the entry; columns that the file does not have, and the members of a team of which it names none,
// stay as they are. Other lines make new entries. Lines are an organiser's facts: ages and windows of registration are
// not checked, no fee is owed. What does not fit the race as ListMisfits says it, an age that contradicts the birth date and
// a person who is entered twice are warnings. Every bad line is a violation of
// ErrRosterInvalid. It returns ErrBusy, or a fault that says that there is no such event.
func (s *Service) ImportRoster(ctx context.Context, actor string, file RosterFile) (Imported, error) {
	for range competitions {
		done, err := s.importRoster(ctx, actor, file)
		if err == nil {
			return done, nil
		}
		if !errors.Is(err, ErrOvertaken) {
			return Imported{}, rosterFault(err)
		}
	}
	return Imported{}, ErrBusy
}

// importRoster reads the file by the event as it stands and imports it, unless another version is applied meanwhile.
func (s *Service) importRoster(ctx context.Context, actor string, file RosterFile) (Imported, error) {
	event, version, err := s.event(ctx, file.Event, true)
	if err != nil {
		return Imported{}, err
	}
	if _, err := file.Content.Seek(0, io.SeekStart); err != nil {
		return Imported{}, fmt.Errorf("go to the start of the file: %w", err)
	}
	read, err := readRoster("roster.csv", file.Content, event, file.Progress)
	if err != nil {
		return Imported{}, err
	}
	parsed := slices.Clone(read.table.Faults())
	var done Imported
	err = s.store.InRaces(ctx, basisOf(event, version), func(ctx context.Context, tx Tx) error {
		entries, err := tx.Entries(ctx)
		if err != nil {
			return err
		}
		m := newMerge(read, entries, Cause{Action: ActionImportRoster, Actor: actor})
		held, err := open(ctx, tx, event, raceIDs(event), Question{IDs: m.unknown()})
		if err != nil {
			return err
		}
		m.run(held, file.Replace)
		if faults := slices.Concat(parsed, m.faults); len(faults) > 0 {
			slices.SortStableFunc(faults, func(a, b csvtable.Fault) int { return a.Line - b.Line })
			return faults
		}
		done = m.done
		return held.close(ctx)
	})
	return done, err
}

// raceIDs returns every race of an event.
func raceIDs(event *race.Event) []race.ID {
	ids := make([]race.ID, len(event.Races))
	for i := range event.Races {
		ids[i] = event.Races[i].ID
	}
	return ids
}

// rosterFault shows a file's faults as violations, each with its line and column.
func rosterFault(err error) error {
	faults, ok := errors.AsType[csvtable.Faults](err)
	if !ok {
		return fmt.Errorf("import roster: %w", err)
	}
	violations := make([]fault.Violation, len(faults))
	for i, f := range faults {
		path, reason := "file", "FILE_INVALID"
		if f.Line > 0 {
			path, reason = "line "+strconv.Itoa(f.Line), "LINE_INVALID"
		}
		if f.Column != "" {
			path += ": " + f.Column
		}
		violations[i] = fault.Violation{Path: path, Reason: reason, Message: f.Reason}
	}
	return ErrRosterInvalid.With(violations...)
}
