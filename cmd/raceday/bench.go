package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime/pprof"

	"github.com/alecthomas/kong"

	"raceday/services/benchmark"
	"raceday/services/event"
	"raceday/services/registration"
	"raceday/services/scoring"
)

type benchCommand struct {
	All benchAllCommand `cmd:"" help:"Every bench in turn: half an hour."`

	Score      benchScoreCommand     `cmd:"" help:"Files scored offline; floor: reading the reads."`
	Ingest     benchIngestCommand    `cmd:"" help:"Reads published until all that follows is committed; floor: storing them."`
	Peak       benchPeakCommand      `cmd:"" help:"A mass start, ten times as fast as it is, and a rush of finishers, until all that follows is committed and watchers see it."`
	Watch      benchWatchCommand     `cmd:"" help:"Reads published until watchers see what they change; floor: the way without scorer, database and boards."`
	Standings  benchStandingsCommand `cmd:"" help:"The first 50 of an age group asked for by many while reads come; floor: empty calls."`
	Result     benchResultCommand    `cmd:"" help:"Results of entrants asked for by many while reads come; floor: empty calls."`
	Register   benchRegisterCommand  `cmd:"" help:"Persons registered until a race is sold out, then refused; floor: a transaction each. Vacancies meanwhile; floor: an empty call."`
	ScoreOrder benchOrderCommand     `cmd:"" name:"score-order" help:"A list kept while finishers arrive in random order; floor: lists of 1000."`
	Restart    benchRestartCommand   `cmd:"" help:"A scorer's process started until the first new read is committed; floor: reading the stored reads."`
	Rebuild    benchRebuildCommand   `cmd:"" help:"All that is derived computed again and compared; floor: reading the stored reads."`
	Growth     benchGrowthCommand    `cmd:"" help:"A read and an entry in a large field; floor: in a field of a hundredth."`
	Memory     benchMemoryCommand    `cmd:"" help:"The memory of a server's process that took in the reads of a large race (Linux); floor: the bytes of the reads."`
	Watchers   benchWatchersCommand  `cmd:"" help:"Thousands of watchers of one server while reads flow, until each sees what it watches, and the memory of each; floor: a server that only sends as much."`
	Rewind     benchRewindCommand    `cmd:"" help:"New reads until watchers see what they change, while mats send again all that they ever read; floor: without that."`
	Recompute  benchRecomputeCommand `cmd:"" help:"An event applied in which a mat's clock was off, until all that follows is committed; floor: reading the stored reads."`

	ScoreFloor   benchScoreFloorCommand   `cmd:"" hidden:""`
	WatchersAway benchWatchersAwayCommand `cmd:"" hidden:""`
}

// figures is how a bench measures and shows what it found.
type figures struct {
	JSON    bool   `name:"json" help:"Print the figures as JSON."`
	Profile string `placeholder:"FILE" help:"Write a processor profile of this process."`

	// ownSizes means that the bench measures what it does by itself, for which its reaches hold.
	ownSizes bool
}

// Validate refuses a bench that measures nothing.
func (f *figures) Validate(parsed *kong.Context) error {
	f.ownSizes = true
	for _, flag := range parsed.Selected().Flags {
		if flag.Target.Kind() == reflect.Int && flag.Target.Int() < 1 {
			return fmt.Errorf("--%s must be at least 1", flag.Name)
		}
		switch flag.Name {
		case "json", "profile", "runs": // how often it measures, and what it tells
		default:
			f.ownSizes = f.ownSizes && fmt.Sprint(flag.Target) == flag.Default
		}
	}
	return nil
}

// turns is how often a bench measures.
type turns struct {
	Runs int `default:"5" help:"Turns that are counted."`
}

// measure runs a bench and prints what it found.
func (f *figures) measure(t *terminal, bench func(benchmark.Show) (benchmark.Figures, error)) error {
	if f.Profile != "" {
		file, err := os.Create(f.Profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	shown := newProgress(t.stderr)
	found, err := bench(shown.show)
	shown.end()
	if t.ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if f.JSON {
		return f.write(t.stdout, found)
	}
	lines := found.String()
	for _, reach := range found.Reaches() {
		if f.ownSizes {
			lines += "\n  " + reach.String()
		}
	}
	if !f.ownSizes {
		lines += "\n  reaches hold for the sizes that a bench has by itself: nothing is met or missed"
	}
	_, err = fmt.Fprintln(t.stdout, lines)
	return err
}

// write writes what was found as JSON, with its reaches, and whether they hold.
func (f *figures) write(w io.Writer, found benchmark.Figures) error {
	data, err := json.Marshal(found)
	if err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if all["reaches"], err = json.Marshal(found.Reaches()); err != nil {
		return err
	}
	if all["own_sizes"], err = json.Marshal(f.ownSizes); err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(all)
}

// benchFormats are the product's own.
func benchFormats() benchmark.Formats {
	return benchmark.Formats{ParseEvent: event.Parse, WriteRoster: registration.WriteRoster}
}

type benchScoreCommand struct {
	figures
	turns
	Dir   string `type:"existingdir" placeholder:"DIR" help:"Folder with event.yaml, roster.csv, reads.csv.gz and rulings.csv; else they are made up."`
	Reads int    `default:"1000000" size:"" help:"About how many reads to make up, of 24000 entrants with at least one at each mat."`
}

// Run measures.
func (c *benchScoreCommand) Run(t *terminal) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.ScoreBench{
			Program: program, FloorCommand: []string{"bench", "score-floor"}, Load: loadDay, Formats: benchFormats(),
			Dir: c.Dir, Reads: c.Reads, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

// loadDay reads the files of a folder and returns what scores them in memory.
func loadDay(dir string) (score func(), count, entrants int, err error) {
	file := func(name string) source { return fileSource(filepath.Join(dir, name)) }
	rulings := file("rulings.csv")
	day := dayFiles{event: file("event.yaml"), roster: file("roster.csv"), reads: file("reads.csv.gz"), rulings: &rulings}
	facts, err := day.parseEvent()
	if err != nil {
		return nil, 0, 0, err
	}
	if err := day.parseOthers(&facts); err != nil {
		return nil, 0, 0, err
	}
	var reads []scoring.Numbered
	err = day.eachRead(facts.event, func(read *scoring.Numbered) { reads = append(reads, *read) })
	return func() {
		offline := scoring.NewOffline(facts.event)
		for i := range reads {
			offline.AddRead(&reads[i])
		}
		offline.SetRoster(facts.roster)
		offline.Score(facts.rulings)
	}, len(reads), len(facts.roster), err
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

type benchIngestCommand struct {
	figures
	turns
	Reads    int `default:"1000000" size:"" help:"About how many reads to publish in each turn."`
	Entrants int `default:"17000" size:"" help:"Entrants."`
}

// Run measures.
func (c *benchIngestCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.IngestBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchWatchCommand struct {
	figures
	turns
	Pace     int `default:"2000" help:"Reads a second."`
	Entrants int `default:"17000" size:"" help:"Entrants."`
}

// Run measures.
func (c *benchWatchCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.WatchBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants, ReadsPerSecond: c.Pace, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchRewindCommand struct {
	figures
	Reads    int `default:"1000000" size:"" help:"Reads that are stored and sent again."`
	Rewind   int `default:"50000" help:"Reads sent again a second."`
	Pace     int `default:"500" help:"New reads a second."`
	Entrants int `default:"17000" size:"" help:"Entrants."`
}

// Run measures.
func (c *benchRewindCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.RewindBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, RewindPerSecond: c.Rewind,
			LivePerSecond: c.Pace, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchRecomputeCommand struct {
	figures
	turns
	Reads    int `default:"100000" size:"" help:"About how many reads are stored."`
	Entrants int `default:"17000" size:"" help:"Entrants."`
}

// Run measures.
func (c *benchRecomputeCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.RecomputeBench{
			Start: t.startBenched, Formats: benchFormats(), Entrants: c.Entrants, Reads: c.Reads, Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}

type benchRegisterCommand struct {
	figures
	turns
	Callers  int `default:"2000" size:"" help:"Callers at once."`
	Places   int `default:"17000" size:"" help:"Places of the race."`
	Refusals int `default:"20000" size:"" help:"Registrations in each turn after the race is sold out."`
}

// Run measures.
func (c *benchRegisterCommand) Run(t *terminal) error {
	return c.measure(t, func(show benchmark.Show) (benchmark.Figures, error) {
		bench := benchmark.RegisterBench{
			Start: t.startBenched, Formats: benchFormats(), Callers: c.Callers, Places: c.Places, Refusals: c.Refusals,
			Runs: c.Runs, Show: show,
		}
		return bench.Run(t.ctx)
	})
}
