package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"raceday/services/benchmark"
	"raceday/services/event"
	"raceday/services/registration"
	"raceday/services/scoring"
)

type benchCommand struct {
	Score benchScoreCommand `cmd:"" help:"Files scored offline; floor: reading the reads."`

	ScoreFloor benchScoreFloorCommand `cmd:"" hidden:""`
}

// figures is how a bench shows what it found.
type figures struct {
	JSON bool `name:"json" help:"Print the figures as JSON."`
	Runs int  `default:"5" help:"Turns that are counted."`
}

// Validate refuses a bench that measures nothing.
func (f *figures) Validate() error {
	if f.Runs < 1 {
		return fmt.Errorf("--runs must be at least 1")
	}
	return nil
}

func (f *figures) print(w io.Writer, found fmt.Stringer) error {
	if f.JSON {
		return json.NewEncoder(w).Encode(found)
	}
	_, err := fmt.Fprintln(w, found)
	return err
}

// benchFormats are the product's own.
func benchFormats() benchmark.Formats {
	return benchmark.Formats{ParseEvent: event.Parse, WriteRoster: registration.WriteRoster}
}

type benchScoreCommand struct {
	figures
	Dir   string `type:"existingdir" placeholder:"DIR" help:"Folder with event.yaml, roster.csv, reads.csv.gz and rulings.csv; else they are made up."`
	Reads int    `default:"780000" help:"About how many reads to make up."`
}

// Run measures.
func (c *benchScoreCommand) Run(t *terminal) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	shown := newProgress(t.stderr)
	defer shown.end()
	bench := benchmark.ScoreBench{
		Program: program, FloorCommand: []string{"bench", "score-floor"}, Load: loadDay, Formats: benchFormats(),
		Dir: c.Dir, Reads: c.Reads, Runs: c.Runs, Show: shown.show,
	}
	found, err := bench.Run(t.ctx)
	if err != nil {
		return err
	}
	shown.end()
	return c.print(t.stdout, found)
}

// loadDay reads the files of a folder and returns what scores them in memory.
func loadDay(dir string) (score func() error, reads, entrants int, err error) {
	file := func(name string) source { return fileSource(filepath.Join(dir, name)) }
	rulings := file("rulings.csv")
	day := dayFiles{event: file("event.yaml"), roster: file("roster.csv"), reads: file("reads.csv.gz"), rulings: &rulings}
	facts, err := day.parse()
	if err != nil {
		return nil, 0, 0, err
	}
	var seen []scoring.Read
	err = day.eachRead(facts.event, func(read scoring.Read) { seen = append(seen, read) })
	return func() error {
		_, err := scoring.Score(facts.event, facts.roster, facts.rulings, func(each func(scoring.Read)) error {
			for i := range seen {
				each(seen[i])
			}
			return nil
		})
		return err
	}, len(seen), len(facts.roster), err
}

type benchScoreFloorCommand struct {
	File string `arg:"" help:"Reads (reads.csv.gz)."`
}

// Run does the least that scoring must do.
func (c *benchScoreFloorCommand) Run(t *terminal) error {
	reads, err := benchmark.ScoreFloor(c.File)
	if err == nil {
		_, err = fmt.Fprintln(t.stdout, reads)
	}
	return err
}
