package benchmark

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"raceday/services/rehearsal"
	"raceday/services/rules/race"
)

// Formats are how the product reads and writes the files that a bench makes.
type Formats struct {
	// ParseEvent reads an event file.
	ParseEvent func(file []byte) (*race.Event, error)
	// WriteRoster writes entrants as a roster file.
	WriteRoster func(w io.Writer, event *race.Event, roster []race.Entrant) error
}

// seed makes every bench's data; another one makes other data of the same kind.
const seed = 2026

// day is a race day that was made up: who runs, and what the mats read of them.
type day struct {
	eventFile []byte
	event     *race.Event
	roster    []race.Entrant
	recording *rehearsal.Recording
}

// batchReads is the number of reads in a message.
const batchReads = 100

// newDay makes up a day of about so many reads under conditions of which the numbers of reads are its own.
func newDay(formats Formats, id race.EventID, entrants, reads int, conditions rehearsal.Conditions) (*day, error) {
	d, err := newField(formats, id, rehearsal.AlmatyFile(), entrants)
	if err != nil {
		return nil, err
	}
	conditions.MinReads, conditions.MaxReads = 1, 1
	crossings := rehearsal.Record(seed, d.event, d.roster, conditions).Reads()
	mean := float64(reads) / float64(crossings)
	conditions.MaxReads = max(1, int(math.Round(2*mean-1)))
	conditions.BatchReads, conditions.BatchTime = batchReads, 0
	d.recording = rehearsal.Record(seed, d.event, d.roster, conditions)
	return d, nil
}

// newField makes up who runs an event that is like the one in file and has an id of its own.
func newField(formats Formats, id race.EventID, file []byte, entrants int) (*day, error) {
	like, err := formats.ParseEvent(file)
	if err != nil {
		return nil, fmt.Errorf("parse the event: %w", err)
	}
	d := &day{eventFile: bytes.Replace(file, []byte("id: "+like.ID), []byte("id: "+id), 1)}
	if d.event, err = formats.ParseEvent(d.eventFile); err != nil {
		return nil, fmt.Errorf("parse the event: %w", err)
	}
	d.roster, err = rehearsal.NewField(seed, d.event, entrants, 0).Roster(d.event)
	if err != nil {
		return nil, fmt.Errorf("give out bibs: %w", err)
	}
	return d, nil
}
