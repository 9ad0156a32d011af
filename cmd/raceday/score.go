package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"raceday/services/event"
	"raceday/services/registration"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
	"raceday/services/scoring"
	"raceday/services/standings"
	"raceday/services/timing"
)

type scoreCommand struct {
	Event   string `required:"" placeholder:"FILE" help:"Event file (event.yaml)."`
	Roster  string `required:"" placeholder:"FILE" help:"Roster (roster.csv)."`
	Reads   string `required:"" placeholder:"FILE" help:"Reads (reads.csv or reads.csv.gz)."`
	Rulings string `placeholder:"FILE" help:"Rulings (rulings.csv)."`
	Results string `required:"" placeholder:"FILE" help:"Where to write results.csv."`
	Legs    string `placeholder:"FILE" help:"Where to write legs.csv."`
}

// Run scores the files.
func (c *scoreCommand) Run() error {
	definition, results, err := scoreFiles(c.Event, c.Roster, c.Reads, c.Rulings)
	if err != nil {
		return err
	}
	write := func(path string, write func(io.Writer, *race.Event, []result.Result) error) error {
		return writeFile(path, func(w io.Writer) error { return write(w, definition, results) })
	}
	if err := write(c.Results, standings.WriteResults); err != nil {
		return err
	}
	if c.Legs == "" {
		return nil
	}
	return write(c.Legs, standings.WriteLegs)
}

// scoreFiles scores a race day from its files; rulings may be empty.
func scoreFiles(eventPath, rosterPath, readsPath, rulingsPath string) (*race.Event, []result.Result, error) {
	file, err := os.ReadFile(eventPath)
	if err != nil {
		return nil, nil, err
	}
	definition, err := event.Parse(file)
	if err != nil {
		return nil, nil, fmt.Errorf("%s:\n%w", eventPath, err)
	}
	var roster []race.Entrant
	err = readFile(rosterPath, func(r io.Reader) error {
		roster, err = registration.ParseRoster(rosterPath, r, definition)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var rulings []ruling.Ruling
	if rulingsPath != "" {
		err = readFile(rulingsPath, func(r io.Reader) error {
			rulings, err = timing.ParseRulings(rulingsPath, r, definition)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	results, err := scoring.Score(definition, roster, rulings, func(each func(scoring.Read)) error {
		return readFile(readsPath, func(r io.Reader) error {
			return timing.EachRead(readsPath, r, definition, func(_ int, read timing.Read) {
				each(scoring.Read{Mat: read.Mat, Chip: read.Chip, At: read.At})
			})
		})
	})
	return definition, results, err
}

func readFile(path string, read func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return read(file)
}

// writeFile writes a file as a whole or not at all; to a device or pipe it writes as it goes.
func writeFile(path string, write func(io.Writer) error) error {
	part := path + ".part"
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		part = path
	}
	file, err := os.Create(part)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<16)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil && part != path {
		err = os.Rename(part, path)
	}
	if err != nil && part != path {
		_ = os.Remove(part)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
