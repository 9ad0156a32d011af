package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"raceday/services/csvtable"
	"raceday/services/event"
	"raceday/services/heap"
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
	Digests string `placeholder:"FILE" help:"Where to write the digest of each list (race,list,digest), as official show has it."`
}

const (
	// scoreMemory is about what a million reads take, in bytes.
	scoreMemory = 128 << 20
	// scoreHeap is up to what size the heap fills with garbage, in bytes, and scoreGarbage is GOGC at the most: nearly all that is
	// made is kept to the end, so that looking for garbage is in vain, but where there are very many reads.
	scoreHeap    = 1 << 30
	scoreGarbage = 10_000
)

// Validate refuses to write over what is read.
func (c *scoreCommand) Validate() error {
	for _, out := range []string{c.Results, c.Legs, c.Digests} {
		written, err := os.Stat(out)
		if err != nil {
			continue // It is not there yet.
		}
		for _, in := range []string{c.Event, c.Roster, c.Reads, c.Rulings} {
			if read, err := os.Stat(in); err == nil && read.Mode().IsRegular() && os.SameFile(read, written) {
				return fmt.Errorf("%s would be written over: it is read as well", out)
			}
		}
	}
	return nil
}

// Run scores the files.
func (c *scoreCommand) Run(t *terminal) error {
	defer t.fillWithGarbage(scoreHeap, scoreGarbage)()
	heap.UseLargePages(scoreMemory)
	day := dayFiles{event: fileSource(c.Event), roster: fileSource(c.Roster), reads: fileSource(c.Reads)}
	if c.Rulings != "" {
		rulings := fileSource(c.Rulings)
		day.rulings = &rulings
	}
	facts, results, err := day.score()
	if err != nil {
		return err
	}
	for _, misfit := range facts.misfits {
		fmt.Fprintf(t.stderr, "%v; the ruling does not fit the event and does only what it still can\n", misfit)
	}
	write := func(path string, write func(io.Writer, *race.Event, []result.Result) error) error {
		return writeFile(path, func(w io.Writer) error { return write(w, facts.event, results) })
	}
	if err := write(c.Results, standings.WriteResults); err != nil {
		return err
	}
	if c.Legs != "" {
		if err := write(c.Legs, standings.WriteLegs); err != nil {
			return err
		}
	}
	if c.Digests == "" {
		return nil
	}
	return write(c.Digests, standings.WriteDigests)
}

// source is a file, wherever it is.
type source struct {
	name string
	open func() (io.ReadCloser, error)
}

func fileSource(path string) source {
	return source{path, func() (io.ReadCloser, error) { return os.Open(path) }}
}

func bytesSource(name string, content []byte) source {
	return source{name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}
}

func (s source) read(take func(io.Reader) error) error {
	file, err := s.open()
	if err != nil {
		return err
	}
	defer file.Close()
	return take(file)
}

// dayFiles are the files of a race day; it may have no rulings.
type dayFiles struct {
	event, roster, reads source
	rulings              *source
}

// dayFacts are what the files say, but for the reads.
type dayFacts struct {
	event   *race.Event
	roster  []race.Entrant
	rulings []ruling.Ruling
	// misfits are the rulings that name what the event does not have.
	misfits csvtable.Faults
}

// score parses the files, the largest beside the others, and scores them.
func (d dayFiles) score() (facts dayFacts, results []result.Result, err error) {
	facts, err = d.parseEvent()
	if err != nil {
		return dayFacts{}, nil, err
	}
	offline := scoring.NewOffline(facts.event)
	read := make(chan error, 1)
	go func() { read <- d.eachRead(facts.event, offline.AddRead) }()
	err = d.parseOthers(&facts)
	offline.SetRoster(facts.roster)
	if err := errors.Join(err, <-read); err != nil {
		return dayFacts{}, nil, err
	}
	return facts, offline.Score(facts.rulings), nil
}

func (d dayFiles) parseEvent() (facts dayFacts, err error) {
	err = d.event.read(func(r io.Reader) error {
		file, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if facts.event, err = event.Parse(file); err != nil {
			return fmt.Errorf("%s:\n%w", d.event.name, err)
		}
		return nil
	})
	return facts, err
}

// parseOthers reads roster and rulings.
func (d dayFiles) parseOthers(facts *dayFacts) error {
	err := d.roster.read(func(r io.Reader) (err error) {
		facts.roster, err = registration.ParseRoster(d.roster.name, r, facts.event)
		return err
	})
	if d.rulings == nil {
		return err
	}
	return errors.Join(err, d.rulings.read(func(r io.Reader) (err error) {
		facts.rulings, facts.misfits, err = timing.ParseRulings(d.rulings.name, r, facts.event)
		return err
	}))
}

func (d dayFiles) eachRead(definition *race.Event, each func(*scoring.Numbered)) error {
	return d.reads.read(func(r io.Reader) error {
		var read scoring.Numbered
		return timing.EachRead(d.reads.name, r, definition, func(line *timing.Line) {
			read.Mat, read.Chip, read.At = line.Mat, line.Chip, line.At
			read.MatNumber, read.ChipNumber = line.MatNumber, line.ChipNumber
			each(&read)
		})
	})
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
